//! Volumes and snapshots, and root volumes that are replaced.

use std::collections::BTreeSet;

use reeve_twin::seed;
use serde_json::json;

use super::{Estate, text};
use crate::{
    aws::Aws,
    world::{REGION, Session, World},
};

fn volume(aws: &Aws, size: i64) -> String {
    let input = json!({"AvailabilityZone": "eu-west-1a", "Size": size, "VolumeType": "gp3"});
    let made = aws.call("ec2", "CreateVolume", input);
    assert_eq!(made["State"], "creating");
    let id = text(&made, "/VolumeId");
    aws.advance("PT10S");
    id
}

fn snapshot(aws: &Aws, volume: &str) -> String {
    text(&aws.call("ec2", "CreateSnapshot", json!({"VolumeId": volume})), "/SnapshotId")
}

#[test]
fn a_volume_is_attached_detached_and_deleted() {
    let estate = Estate::new();
    let instance = estate.instance();
    let id = volume(&estate.aws, 20);
    let attach = json!({"VolumeId": id, "InstanceId": instance, "Device": "/dev/sdf"});
    assert_eq!(text(&estate.ec2("AttachVolume", attach.clone()), "/State"), "attaching");
    estate.aws.advance("PT10S");
    assert_eq!(estate.volume(&id)["Attachments"][0]["State"], "attached");
    assert_eq!(estate.described(&instance)["BlockDeviceMappings"][1]["DeviceName"], "/dev/sdf");
    assert_eq!(estate.aws.refused("ec2", "AttachVolume", attach), "VolumeInUse");
    assert_eq!(estate.aws.refused("ec2", "DeleteVolume", json!({"VolumeId": id})), "VolumeInUse");
    let root = estate.root(&instance);
    let code = estate.aws.refused("ec2", "DetachVolume", json!({"VolumeId": root}));
    assert_eq!(code, "OperationNotPermitted");
    estate.ec2("DetachVolume", json!({"VolumeId": id}));
    estate.aws.advance("PT10S");
    assert_eq!(estate.volume(&id)["State"], "available");
    assert_eq!(
        estate.aws.refused("ec2", "DetachVolume", json!({"VolumeId": id})),
        "IncorrectState"
    );
    estate.ec2("DeleteVolume", json!({"VolumeId": id}));
    estate.aws.advance("PT10S");
    let code = estate.aws.refused("ec2", "DescribeVolumes", json!({"VolumeIds": [id]}));
    assert_eq!(code, "InvalidVolume.NotFound");
}

#[test]
fn a_volume_stays_in_its_zone() {
    let estate = Estate::new();
    let instance = estate.instance();
    let elsewhere = json!({"AvailabilityZone": "eu-west-1b", "Size": 1});
    let id = text(&estate.ec2("CreateVolume", elsewhere), "/VolumeId");
    estate.aws.advance("PT10S");
    let attach = json!({"VolumeId": id, "InstanceId": instance, "Device": "/dev/sdf"});
    assert_eq!(estate.aws.refused("ec2", "AttachVolume", attach), "InvalidVolume.ZoneMismatch");
}

#[test]
fn a_volume_grows_at_once_and_is_optimized_for_hours() {
    let aws = Aws::small();
    let id = volume(&aws, 100);
    let modify = json!({"VolumeId": id, "Size": 200});
    let modified = aws.call("ec2", "ModifyVolume", modify.clone());
    assert_eq!(text(&modified, "/VolumeModification/ModificationState"), "modifying");
    let state = || {
        let found = aws.call("ec2", "DescribeVolumesModifications", json!({"VolumeIds": [id]}));
        let last = &found["VolumesModifications"][0];
        (text(last, "/ModificationState"), last["Progress"].as_i64().unwrap())
    };
    aws.advance("PT30S");
    let size = || aws.call("ec2", "DescribeVolumes", json!({}))["Volumes"][0]["Size"].clone();
    assert_eq!((state().0.as_str(), size()), ("optimizing", json!(200)));
    assert_eq!(aws.refused("ec2", "ModifyVolume", modify), "IncorrectModificationState");
    aws.advance("PT30M");
    let (name, progress) = state();
    assert!(name == "optimizing" && (10..100).contains(&progress), "{name} {progress}");
    aws.advance("PT2H");
    assert_eq!(state(), ("completed".to_owned(), 100));
    for size in [300, 310, 320] {
        aws.call("ec2", "ModifyVolume", json!({"VolumeId": id, "Size": size}));
        aws.advance("PT4H");
    }
    // Four within a day are allowed.
    let fifth = json!({"VolumeId": id, "Size": 330});
    assert_eq!(aws.refused("ec2", "ModifyVolume", fifth), "VolumeModificationRateExceeded");
    aws.advance("PT12H");
    let less = json!({"VolumeId": id, "Size": 50});
    assert_eq!(aws.refused("ec2", "ModifyVolume", less), "InvalidParameterValue");
}

#[test]
fn a_snapshot_takes_time_by_size_and_makes_volumes_when_it_is_complete() {
    let aws = Aws::small();
    let id = snapshot(&aws, &volume(&aws, 100));
    let described = || {
        aws.call("ec2", "DescribeSnapshots", json!({"SnapshotIds": [id]}))["Snapshots"][0].clone()
    };
    assert_eq!(
        (described()["State"].as_str(), described()["Progress"].as_str()),
        (Some("pending"), Some("0%"))
    );
    let from = json!({"AvailabilityZone": "eu-west-1a", "SnapshotId": id});
    assert_eq!(aws.refused("ec2", "CreateVolume", from.clone()), "IncorrectState");
    aws.advance("PT2M");
    let progress = text(&described(), "/Progress");
    assert!(!["0%", "100%"].contains(&progress.as_str()), "{progress}");
    aws.advance("PT5M");
    assert_eq!(described()["State"], "completed");
    assert_eq!(aws.call("ec2", "CreateVolume", from)["Size"], 100);
    let small = json!({"AvailabilityZone": "eu-west-1a", "SnapshotId": id, "Size": 10});
    assert_eq!(aws.refused("ec2", "CreateVolume", small), "InvalidBlockDeviceMapping");
}

#[test]
fn a_shared_snapshot_is_seen_by_the_other_account_only() {
    let aws = Aws::small();
    let id = snapshot(&aws, &volume(&aws, 1));
    aws.advance("PT5M");
    let other = crate::world::MEMBER;
    let share = json!({"SnapshotId": id, "Attribute": "createVolumePermission", "OperationType": "add", "UserIds": [other]});
    aws.call("ec2", "ModifySnapshotAttribute", share);
    let member = aws.in_member_account();
    let seen = member.call("ec2", "DescribeSnapshots", json!({"SnapshotIds": [id]}));
    assert_eq!(seen["Snapshots"][0]["OwnerId"], crate::world::ACCOUNT);
    let own = member.call("ec2", "DescribeSnapshots", json!({"OwnerIds": ["self"]}));
    assert_eq!(own["Snapshots"], json!([]));
    let code = member.refused("ec2", "DeleteSnapshot", json!({"SnapshotId": id}));
    assert_eq!(code, "InvalidSnapshot.NotFound");
}

#[test]
fn a_snapshot_is_not_made_public_against_the_account() {
    let aws = Aws::small();
    let id = snapshot(&aws, &volume(&aws, 1));
    aws.advance("PT5M");
    aws.call("ec2", "EnableSnapshotBlockPublicAccess", json!({"State": "block-all-sharing"}));
    let public = json!({"SnapshotId": id, "CreateVolumePermission": {"Add": [{"Group": "all"}]}});
    let code = aws.refused("ec2", "ModifySnapshotAttribute", public.clone());
    assert_eq!(code, "OperationNotPermitted");
    aws.call("ec2", "DisableSnapshotBlockPublicAccess", json!({}));
    aws.call("ec2", "ModifySnapshotAttribute", public);
}

#[test]
fn encryption_by_default_encrypts_what_is_made_from_then_on() {
    let aws = Aws::small();
    let encrypted = |id: &str| {
        aws.call("ec2", "DescribeVolumes", json!({"VolumeIds": [id]}))["Volumes"][0]["Encrypted"]
            .clone()
    };
    let before = volume(&aws, 1);
    aws.call("ec2", "EnableEbsEncryptionByDefault", json!({}));
    let after = volume(&aws, 1);
    assert_eq!((encrypted(&before), encrypted(&after)), (json!(false), json!(true)));
}

#[test]
fn a_root_volume_is_replaced_by_its_launch_state() {
    let estate = Estate::new();
    let id = estate.instance();
    let old = estate.root(&id);
    let input = json!({"InstanceId": id, "DeleteReplacedRootVolume": true});
    let made = estate.ec2("CreateReplaceRootVolumeTask", input.clone());
    let task = text(&made, "/ReplaceRootVolumeTask/ReplaceRootVolumeTaskId");
    assert_eq!(text(&made, "/ReplaceRootVolumeTask/TaskState"), "pending");
    assert_eq!(estate.aws.refused("ec2", "CreateReplaceRootVolumeTask", input), "IncorrectState");
    let state = || {
        let asked = json!({"ReplaceRootVolumeTaskIds": [task]});
        let found = estate.ec2("DescribeReplaceRootVolumeTasks", asked);
        text(&found, "/ReplaceRootVolumeTasks/0/TaskState")
    };
    estate.aws.advance("PT30S");
    assert_eq!(state(), "in-progress");
    estate.aws.advance("PT2M");
    assert_eq!(state(), "succeeded");
    let new = estate.root(&id);
    assert_ne!(old, new);
    assert_eq!(estate.volume(&new)["Attachments"][0]["InstanceId"], id);
    let gone = estate.aws.refused("ec2", "DescribeVolumes", json!({"VolumeIds": [old]}));
    assert_eq!(gone, "InvalidVolume.NotFound");
}

#[test]
fn a_root_volume_that_was_replaced_takes_its_place_again() {
    let estate = Estate::new();
    let id = estate.instance();
    let old = estate.root(&id);
    estate.ec2("CreateReplaceRootVolumeTask", json!({ "InstanceId": id }));
    estate.aws.advance("PT3M");
    let between = estate.root(&id);
    let both = json!({"InstanceId": id, "VolumeId": old, "SnapshotId": "snap-0123456789abcdef0"});
    let operation = "CreateReplaceRootVolumeTask";
    assert_eq!(estate.aws.refused("ec2", operation, both), "InvalidParameterCombination");
    let used = json!({"InstanceId": id, "VolumeId": between});
    assert_eq!(estate.aws.refused("ec2", operation, used), "IncorrectState");
    estate.ec2(operation, json!({"InstanceId": id, "VolumeId": old}));
    estate.aws.advance("PT3M");
    assert_eq!(estate.root(&id), old);
    assert_eq!(estate.volume(&between)["State"], "available");
}

#[test]
fn every_instance_of_a_large_estate_has_a_volume_of_its_own() {
    let world = World::empty(1);
    let estate = seed::bulk(&world.twin, 1, 100);
    let session =
        Session { access_key_id: estate.access_key_id, token: None, region: REGION.to_owned() };
    let ec2 = |operation: &str, input| world.call_as(&session, "ec2", operation, input).unwrap();
    let found = ec2("DescribeInstances", json!({}));
    let mut pairs = BTreeSet::new();
    for reservation in found["Reservations"].as_array().unwrap() {
        for instance in reservation["Instances"].as_array().unwrap() {
            let volume = text(instance, "/BlockDeviceMappings/0/Ebs/VolumeId");
            pairs.insert((text(instance, "/InstanceId"), volume));
        }
    }
    assert_eq!(pairs.len(), 31);
    let volumes = ec2("DescribeVolumes", json!({}));
    let volumes = volumes["Volumes"].as_array().unwrap();
    let attached = volumes.iter().map(|volume| {
        assert_eq!(volume["VolumeId"], volume["Attachments"][0]["VolumeId"]);
        (text(volume, "/Attachments/0/InstanceId"), text(volume, "/VolumeId"))
    });
    assert_eq!(attached.collect::<BTreeSet<_>>(), pairs);
    // They stay together when something becomes of one of them.
    let (instance, volume) = pairs.first().unwrap();
    let filter = json!([{"Name": "attachment.instance-id", "Values": [instance]}]);
    let of_one = ec2("DescribeVolumes", json!({"Filters": filter}));
    assert_eq!(of_one["Volumes"].as_array().unwrap().len(), 1);
    let refused = world.call_as(&session, "ec2", "DeleteVolume", json!({"VolumeId": volume}));
    assert_eq!(refused.unwrap_err().code, "VolumeInUse");
    let snapshot = ec2("CreateSnapshot", json!({"VolumeId": volume}));
    assert_eq!(snapshot["VolumeId"], volume.as_str());
    ec2("TerminateInstances", json!({"InstanceIds": [instance]}));
    world.clock.set("2026-03-01T10:00:00Z".parse().unwrap());
    world.twin.advance();
    let gone = world.call_as(&session, "ec2", "DescribeVolumes", json!({"VolumeIds": [volume]}));
    assert_eq!(gone.unwrap_err().code, "InvalidVolume.NotFound");
    assert_eq!(ec2("DescribeVolumes", json!({}))["Volumes"].as_array().unwrap().len(), 30);
}

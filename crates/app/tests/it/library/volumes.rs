//! Volumes, and what is on them.

use serde_json::{Value, json};

use super::{LINUX, Scene, WINDOWS, on_aws, text};

async fn volume(scene: &Scene<'_>, size: i64) -> String {
    let input = json!({"AvailabilityZone": "eu-west-1a", "Size": size});
    let made = scene.call("ec2", "CreateVolume", input).await;
    scene.wait(1);
    text(&made["VolumeId"])
}

async fn size(scene: &Scene<'_>, volume: &str) -> Value {
    let found = scene.call("ec2", "DescribeVolumes", json!({"VolumeIds": [volume]})).await;
    found["Volumes"][0]["Size"].clone()
}

/// What a command writes on an instance.
async fn output(scene: &Scene<'_>, instance: &str, document: &str, command: &str) -> String {
    let input = json!({
        "DocumentName": document, "InstanceIds": [instance], "Parameters": {"commands": [command]},
    });
    let sent = scene.call("ssm", "SendCommand", input).await;
    scene.wait(2);
    let asked = json!({"CommandId": sent["Command"]["CommandId"], "InstanceId": instance});
    text(&scene.call("ssm", "GetCommandInvocation", asked).await["StandardOutputContent"])
}

#[test]
fn a_volume_is_extended_once_after_a_snapshot_and_never_shrinks() {
    on_aws(async |scene| {
        let id = volume(&scene, 8).await;
        let name = "Reeve-ExtendVolume";
        let parameters = json!({"VolumeId": id, "Size": 20});
        assert_eq!(
            scene.dry_run(name, parameters.clone()).await,
            ["ec2:CreateSnapshot", "ec2:ModifyVolume"]
        );
        scene.run(name, parameters.clone()).await;
        assert_eq!(size(&scene, &id).await, 20);
        let filter = json!({"Filters": [{"Name": "volume-id", "Values": [id]}]});
        let snapshots = scene.call("ec2", "DescribeSnapshots", filter).await;
        assert_eq!(snapshots["Snapshots"].as_array().unwrap().len(), 1);
        scene.run_again(name, parameters).await;
        let smaller = json!({"VolumeId": id, "Size": 10});
        scene.refused(name, smaller, "a volume cannot be made smaller").await;
    });
}

#[test]
fn a_file_system_on_linux_grows_with_its_volume() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let id = scene.root_volume(&instance).await;
        let parameters = json!({"VolumeId": id, "Size": 40});
        scene.run("Reeve-ExtendVolume", parameters.clone()).await;
        let shown = output(&scene, &instance, "AWS-RunShellScript", "df -h /").await;
        assert!(shown.contains(" 40G "), "{shown}");
        scene.run("Reeve-ExtendVolume", parameters).await;
        scene.run("Reeve-ExtendFileSystem", json!({ "VolumeId": id })).await;
        assert_eq!(output(&scene, &instance, "AWS-RunShellScript", "df -h /").await, shown);
    });
}

#[test]
fn a_file_system_can_be_left_as_it_is_and_be_grown_later() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let id = scene.root_volume(&instance).await;
        let parameters = json!({"VolumeId": id, "Size": 40, "GrowFileSystem": false});
        scene.run("Reeve-ExtendVolume", parameters.clone()).await;
        let before = output(&scene, &instance, "AWS-RunShellScript", "df -h /").await;
        assert!(!before.contains(" 40G "), "{before}");
        scene.run_again("Reeve-ExtendVolume", parameters).await;
        let told = scene.run("Reeve-ExtendFileSystem", json!({ "VolumeId": id })).await;
        assert!(told["growOnLinux.Output"].as_str().unwrap().contains(" 40G "), "{told}");
    });
}

#[test]
fn a_file_system_on_windows_grows_with_its_volume() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(WINDOWS).await;
        let id = scene.root_volume(&instance).await;
        let before = size(&scene, &id).await.as_i64().unwrap();
        let parameters = json!({"VolumeId": id, "Size": before + 20});
        scene.run("Reeve-ExtendVolume", parameters).await;
        let told = scene.run("Reeve-ExtendFileSystem", json!({ "VolumeId": id })).await;
        let document = "AWS-RunPowerShellScript";
        let shown = output(&scene, &instance, document, "Get-PSDrive C").await;
        assert_eq!(told["growOnWindows.Output"], shown.as_str());
        let letter = json!({"VolumeId": id, "DriveLetter": "cc"});
        scene.not_started("Reeve-ExtendFileSystem", letter, "DriveLetter").await;
    });
}

#[test]
fn nothing_is_extended_if_the_file_system_could_not_be() {
    on_aws(async |scene| {
        let instance = scene.instance(LINUX, None).await;
        let id = scene.root_volume(&instance).await;
        let because = "is not reached by Systems Manager";
        let parameters = json!({"VolumeId": id, "Size": 40});
        scene.refused("Reeve-ExtendVolume", parameters, because).await;
        scene.refused("Reeve-ExtendFileSystem", json!({ "VolumeId": id }), because).await;
        let alone = volume(&scene, 8).await;
        let alone = json!({ "VolumeId": alone });
        scene.refused("Reeve-ExtendFileSystem", alone, "is attached to no instance").await;
    });
}

#[test]
fn a_volume_that_nothing_has_is_deleted_and_its_snapshot_stays() {
    on_aws(async |scene| {
        let name = "Reeve-DeleteUnattachedVolume";
        let id = volume(&scene, 8).await;
        let told = scene.run(name, json!({ "VolumeId": id })).await;
        let snapshots = json!({"SnapshotIds": [told["snapshot.SnapshotId"]]});
        let snapshots = scene.call("ec2", "DescribeSnapshots", snapshots).await;
        assert_eq!(snapshots["Snapshots"][0]["State"], "completed");
        scene.wait(1);
        scene.refused(name, json!({ "VolumeId": id }), "InvalidVolume.NotFound").await;
        let instance = scene.instance(LINUX, None).await;
        let root = scene.root_volume(&instance).await;
        scene.refused(name, json!({ "VolumeId": root }), "is attached to").await;
    });
}

#[test]
fn a_root_volume_goes_back_to_its_snapshot_and_the_old_one_stays() {
    on_aws(async |scene| {
        let instance = scene.managed_instance(LINUX).await;
        let old = scene.root_volume(&instance).await;
        let parameters = json!({ "InstanceId": instance });
        let told = scene.run("Reeve-SnapshotRootVolume", parameters).await;
        let restore = json!({"InstanceId": instance, "SnapshotId": told["snapshot.SnapshotId"]});
        assert_eq!(
            scene.dry_run("Reeve-RestoreRootVolume", restore.clone()).await,
            ["ec2:CreateSnapshot", "ec2:CreateReplaceRootVolumeTask"]
        );
        let mark = "echo wrong > /etc/motd";
        output(&scene, &instance, "AWS-RunShellScript", mark).await;
        let told = scene.run("Reeve-RestoreRootVolume", restore.clone()).await;
        assert_eq!(told["lookAtVolume.VolumeId"], old.as_str());
        assert_ne!(scene.root_volume(&instance).await, old);
        let left = scene.call("ec2", "DescribeVolumes", json!({"VolumeIds": [old]})).await;
        assert_eq!(left["Volumes"][0]["State"], "available");
        let shown = output(&scene, &instance, "AWS-RunShellScript", "cat /etc/motd; echo .").await;
        assert!(!shown.contains("wrong"), "{shown}");
        scene.call("ec2", "StopInstances", json!({"InstanceIds": [instance]})).await;
        scene.wait(5);
        scene.refused("Reeve-RestoreRootVolume", restore, "start it first").await;
    });
}

#[test]
fn the_root_volume_of_a_member_of_a_group_is_not_replaced() {
    on_aws(async |scene| {
        let instance = scene.member().await;
        let told = scene.run("Reeve-SnapshotRootVolume", json!({ "InstanceId": instance })).await;
        let restore = json!({"InstanceId": instance, "SnapshotId": told["snapshot.SnapshotId"]});
        scene.refused("Reeve-RestoreRootVolume", restore, "Auto Scaling group web").await;
    });
}

#[test]
fn volumes_are_encrypted_from_now_on() {
    on_aws(async |scene| {
        scene.run("Reeve-EnableVolumeEncryption", json!({})).await;
        let found = scene.call("ec2", "GetEbsEncryptionByDefault", json!({})).await;
        assert_eq!(found["EbsEncryptionByDefault"], true);
        scene.run_again("Reeve-EnableVolumeEncryption", json!({})).await;
    });
}

#[test]
fn a_snapshot_is_public_no_more_and_stays_shared() {
    on_aws(async |scene| {
        let volume = volume(&scene, 8).await;
        let made = scene.call("ec2", "CreateSnapshot", json!({ "VolumeId": volume })).await;
        scene.wait(30);
        let id = made["SnapshotId"].clone();
        let share = json!({
            "SnapshotId": id, "Attribute": "createVolumePermission", "OperationType": "add",
            "GroupNames": ["all"], "UserIds": [crate::world::BANK],
        });
        scene.call("ec2", "ModifySnapshotAttribute", share).await;
        let name = "Reeve-WithdrawPublicSnapshot";
        let parameters = json!({ "SnapshotId": id });
        scene.run(name, parameters.clone()).await;
        let asked = json!({"SnapshotId": id, "Attribute": "createVolumePermission"});
        let found = scene.call("ec2", "DescribeSnapshotAttribute", asked).await;
        assert_eq!(found["CreateVolumePermissions"], json!([{"UserId": crate::world::BANK}]));
        scene.run_again(name, parameters).await;
    });
}

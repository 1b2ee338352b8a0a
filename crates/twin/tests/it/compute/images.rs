//! Images: public ones, those made from instances, copied and shared; launch templates.

use serde_json::{Value, json};

use super::{Estate, amazon_linux, text};
use crate::aws::Aws;

fn image(aws: &Aws, id: &str) -> Value {
    aws.call("ec2", "DescribeImages", json!({"ImageIds": [id]}))["Images"][0].clone()
}

#[test]
fn every_supported_system_has_a_public_image_with_the_same_id_each_time() {
    let aws = Aws::small();
    let list = |aws: &Aws| {
        aws.call("ec2", "DescribeImages", json!({"Owners": ["amazon"]}))["Images"].clone()
    };
    let images = list(&aws);
    assert!(images.as_array().unwrap().len() >= 20);
    assert_eq!(images, list(&Aws::seeded(7)));
    let windows = json!({"Filters": [{"Name": "platform", "Values": ["Windows"]}]});
    let found = aws.call("ec2", "DescribeImages", windows);
    assert_eq!(found["Images"].as_array().unwrap().len(), 5);
}

#[test]
fn an_image_of_an_instance_is_pending_until_its_snapshots_are_complete() {
    let estate = Estate::new();
    let id = estate.instance();
    let made =
        estate.ec2("CreateImage", json!({"InstanceId": id, "Name": "golden", "NoReboot": true}));
    let golden = text(&made, "/ImageId");
    assert_eq!(image(&estate.aws, &golden)["State"], "pending");
    let refused =
        estate.aws.refused("ec2", "RunInstances", estate.request(json!({"ImageId": golden})));
    assert_eq!(refused, "InvalidAMIID.Unavailable");
    let again = json!({"InstanceId": id, "Name": "golden"});
    assert_eq!(estate.aws.refused("ec2", "CreateImage", again), "InvalidAMIName.Duplicate");
    estate.aws.advance("PT5M");
    let described = image(&estate.aws, &golden);
    assert_eq!(described["State"], "available");
    let snapshot = text(&described, "/BlockDeviceMappings/0/Ebs/SnapshotId");
    let code = estate.aws.refused("ec2", "DeleteSnapshot", json!({"SnapshotId": snapshot}));
    assert_eq!(code, "InvalidSnapshot.InUse");
    estate.ec2("RunInstances", estate.request(json!({"ImageId": golden})));
    estate.ec2("DeregisterImage", json!({"ImageId": golden}));
    estate.ec2("DeleteSnapshot", json!({"SnapshotId": snapshot}));
}

#[test]
fn an_image_is_copied_to_another_region_with_its_snapshots() {
    let estate = Estate::new();
    let id = estate.instance();
    let made = estate.ec2("CreateImage", json!({"InstanceId": id, "Name": "golden"}));
    let golden = text(&made, "/ImageId");
    estate.aws.advance("PT5M");
    let there = estate.aws.in_region("eu-central-1");
    let copy = json!({"SourceImageId": golden, "SourceRegion": "eu-west-1", "Name": "golden", "Encrypted": true});
    let copied = text(&there.call("ec2", "CopyImage", copy), "/ImageId");
    there.advance("PT10M");
    let described = image(&there, &copied);
    assert_eq!(described["State"], "available");
    assert_eq!(described["BlockDeviceMappings"][0]["Ebs"]["Encrypted"], true);
}

#[test]
fn an_image_is_launched_by_whom_it_is_shared_with() {
    let estate = Estate::new();
    let id = estate.instance();
    let made = estate.ec2("CreateImage", json!({"InstanceId": id, "Name": "golden"}));
    let golden = text(&made, "/ImageId");
    estate.aws.advance("PT5M");
    let share =
        json!({"ImageId": golden, "LaunchPermission": {"Add": [{"UserId": crate::world::MEMBER}]}});
    estate.ec2("ModifyImageAttribute", share);
    let member = estate.aws.in_member_account();
    assert_eq!(image(&member, &golden)["OwnerId"], crate::world::ACCOUNT);
    let code = member.refused("ec2", "DeregisterImage", json!({"ImageId": golden}));
    assert_eq!(code, "InvalidAMIID.NotFound");
}

#[test]
fn launch_templates_have_versions_and_one_is_the_default() {
    let estate = Estate::new();
    let data =
        |kind: &str| json!({"ImageId": amazon_linux(&estate.aws, "x86_64"), "InstanceType": kind});
    let input = json!({"LaunchTemplateName": "web", "LaunchTemplateData": data("t3.micro")});
    estate.ec2("CreateLaunchTemplate", input.clone());
    let code = estate.aws.refused("ec2", "CreateLaunchTemplate", input);
    assert_eq!(code, "InvalidLaunchTemplateName.AlreadyExistsException");
    let next = json!({"LaunchTemplateName": "web", "SourceVersion": "1", "LaunchTemplateData": {"InstanceType": "t3.small"}});
    let made = estate.ec2("CreateLaunchTemplateVersion", next);
    assert_eq!(made["LaunchTemplateVersion"]["VersionNumber"], 2);
    let launched = |version: &str| {
        let template = json!({"LaunchTemplateName": "web", "Version": version});
        let input = json!({"LaunchTemplate": template, "SubnetId": estate.subnets[0], "MinCount": 1, "MaxCount": 1});
        text(&estate.ec2("RunInstances", input), "/Instances/0/InstanceType")
    };
    assert_eq!(
        (launched("$Default").as_str(), launched("$Latest").as_str()),
        ("t3.micro", "t3.small")
    );
    estate.ec2("ModifyLaunchTemplate", json!({"LaunchTemplateName": "web", "DefaultVersion": "2"}));
    assert_eq!(launched("$Default"), "t3.small");
    let shown = estate.ec2("DescribeLaunchTemplateVersions", json!({"LaunchTemplateName": "web"}));
    let numbers: Vec<_> = shown["LaunchTemplateVersions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["VersionNumber"].as_i64())
        .collect();
    assert_eq!(numbers, [Some(2), Some(1)]);
}

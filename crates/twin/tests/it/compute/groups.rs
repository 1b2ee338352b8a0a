//! Auto Scaling groups that keep their capacity.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Estate, amazon_linux, text};

struct Group(Estate);

impl Group {
    /// A group of this many instances, in service.
    fn of(size: i64) -> Self {
        let estate = Estate::new();
        let data =
            json!({"ImageId": amazon_linux(&estate.aws, "x86_64"), "InstanceType": "t3.micro"});
        estate.ec2(
            "CreateLaunchTemplate",
            json!({"LaunchTemplateName": "web", "LaunchTemplateData": data}),
        );
        let group = Self(estate);
        group.call(
            "CreateAutoScalingGroup",
            json!({
                "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "$Latest"},
                "MinSize": 0,
                "MaxSize": 6,
                "DesiredCapacity": size,
                "VPCZoneIdentifier": group.0.subnets.join(","),
                "Tags": [{"Key": "team", "Value": "harbour", "PropagateAtLaunch": true}],
            }),
        );
        group.0.aws.advance("PT3M");
        group
    }

    fn call(&self, operation: &str, mut input: Value) -> Value {
        input["AutoScalingGroupName"] = json!("web");
        self.0.aws.call("autoscaling", operation, input)
    }

    fn described(&self) -> Value {
        let names = json!({"AutoScalingGroupNames": ["web"]});
        self.0.aws.call("autoscaling", "DescribeAutoScalingGroups", names)["AutoScalingGroups"][0]
            .clone()
    }

    /// The ids of instances in a state.
    fn in_state(&self, state: &str) -> BTreeSet<String> {
        let described = self.described();
        let instances = described["Instances"].as_array().unwrap().iter();
        let wanted = instances.filter(|one| one["LifecycleState"] == state);
        wanted.map(|one| text(one, "/InstanceId")).collect()
    }
}

#[test]
fn a_group_launches_what_it_lacks_spread_over_zones_with_its_tags() {
    let group = Group::of(4);
    let serving = group.in_state("InService");
    assert_eq!(serving.len(), 4);
    let zones: Vec<String> = serving
        .iter()
        .map(|id| text(&group.0.described(id), "/Placement/AvailabilityZone"))
        .collect();
    assert_eq!(zones.iter().filter(|zone| *zone == "eu-west-1a").count(), 2);
    let described = group.0.described(serving.first().unwrap());
    let tags = described["Tags"].as_array().unwrap();
    assert!(tags.contains(&json!({"Key": "team", "Value": "harbour"})), "{tags:?}");
    assert!(tags.contains(&json!({"Key": "aws:autoscaling:groupName", "Value": "web"})));
    let activities = group.call("DescribeScalingActivities", json!({}));
    assert_eq!(activities["Activities"].as_array().unwrap().len(), 4);
    assert_eq!(activities["Activities"][0]["StatusCode"], "Successful");
}

#[test]
fn a_terminated_instance_is_replaced() {
    let group = Group::of(2);
    let before = group.in_state("InService");
    let gone = before.first().unwrap().clone();
    group.0.ec2("TerminateInstances", json!({"InstanceIds": [gone]}));
    group.0.aws.advance("PT10M");
    let after = group.in_state("InService");
    assert_eq!(after.len(), 2);
    assert!(!after.contains(&gone));
}

#[test]
fn a_group_does_nothing_about_health_while_the_process_is_suspended() {
    let group = Group::of(2);
    group.call("SuspendProcesses", json!({"ScalingProcesses": ["ReplaceUnhealthy"]}));
    let id = group.in_state("InService").first().unwrap().clone();
    let unhealthy = json!({"InstanceId": id, "HealthStatus": "Unhealthy"});
    group.0.aws.call("autoscaling", "SetInstanceHealth", unhealthy);
    group.0.aws.advance("PT10M");
    assert!(group.in_state("InService").contains(&id));
    group.call("ResumeProcesses", json!({}));
    group.0.aws.advance("PT10M");
    assert!(!group.in_state("InService").contains(&id));
    assert_eq!(group.in_state("InService").len(), 2);
}

#[test]
fn capacity_follows_what_is_desired_and_policies_change_it() {
    let group = Group::of(1);
    group.call("SetDesiredCapacity", json!({"DesiredCapacity": 3}));
    group.0.aws.advance("PT3M");
    assert_eq!(group.in_state("InService").len(), 3);
    group.call(
        "PutScalingPolicy",
        json!({
            "PolicyName": "down",
            "AdjustmentType": "ChangeInCapacity",
            "ScalingAdjustment": -2,
        }),
    );
    group.call("ExecutePolicy", json!({"PolicyName": "down"}));
    group.0.aws.advance("PT3M");
    assert_eq!(
        (group.in_state("InService").len(), &group.described()["DesiredCapacity"]),
        (1, &json!(1))
    );
    let beyond = json!({"AutoScalingGroupName": "web", "DesiredCapacity": 7});
    assert_eq!(group.0.aws.refused("autoscaling", "SetDesiredCapacity", beyond), "ValidationError");
}

#[test]
fn a_hook_holds_an_instance_until_it_is_told_to_go_on() {
    let group = Group::of(0);
    group.call(
        "PutLifecycleHook",
        json!({
            "LifecycleHookName": "warm",
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "HeartbeatTimeout": 600,
            "DefaultResult": "ABANDON",
        }),
    );
    group.call("SetDesiredCapacity", json!({"DesiredCapacity": 1}));
    group.0.aws.advance("PT2M");
    let id = group.in_state("Pending:Wait").first().unwrap().clone();
    group.call(
        "CompleteLifecycleAction",
        json!({
            "LifecycleHookName": "warm",
            "InstanceId": id,
            "LifecycleActionResult": "CONTINUE",
        }),
    );
    assert!(group.in_state("InService").contains(&id));
    group.call("SetDesiredCapacity", json!({"DesiredCapacity": 2}));
    group.0.aws.advance("PT2M");
    let other = group.in_state("Pending:Wait").first().unwrap().clone();
    group.0.aws.advance("PT15M");
    assert_eq!(group.0.state(&other), "terminated");
}

#[test]
fn an_instance_refresh_replaces_every_instance() {
    let group = Group::of(2);
    let before = group.in_state("InService");
    let started =
        group.call("StartInstanceRefresh", json!({"Preferences": {"MinHealthyPercentage": 50}}));
    let status = || {
        let found = group.call("DescribeInstanceRefreshes", json!({}));
        (
            text(&found, "/InstanceRefreshes/0/Status"),
            found["InstanceRefreshes"][0]["PercentageComplete"].as_i64().unwrap(),
        )
    };
    assert_eq!(status(), ("Pending".to_owned(), 0));
    let again = json!({"AutoScalingGroupName": "web"});
    assert_eq!(
        group.0.aws.refused("autoscaling", "StartInstanceRefresh", again),
        "InstanceRefreshInProgress"
    );
    group.0.aws.advance("PT1M");
    assert_eq!(status().0, "InProgress");
    group.0.aws.advance("PT20M");
    assert_eq!(status(), ("Successful".to_owned(), 100), "{started}");
    assert!(group.in_state("InService").is_disjoint(&before));
}

#[test]
fn an_instance_in_standby_keeps_running_outside_the_capacity() {
    let group = Group::of(2);
    let id = group.in_state("InService").first().unwrap().clone();
    let aside = json!({"InstanceIds": [id], "ShouldDecrementDesiredCapacity": true});
    group.call("EnterStandby", aside);
    group.0.aws.advance("PT5M");
    assert_eq!(group.in_state("Standby"), BTreeSet::from([id.clone()]));
    assert_eq!(
        (group.0.state(&id).as_str(), &group.described()["DesiredCapacity"]),
        ("running", &json!(1))
    );
    group.call("ExitStandby", json!({"InstanceIds": [id]}));
    assert_eq!(group.described()["DesiredCapacity"], 2);
}

#[test]
fn a_group_with_instances_is_deleted_only_by_force() {
    let group = Group::of(2);
    let plain = json!({"AutoScalingGroupName": "web"});
    assert_eq!(
        group.0.aws.refused("autoscaling", "DeleteAutoScalingGroup", plain),
        "ResourceInUse"
    );
    let ids = group.in_state("InService");
    group.call("DeleteAutoScalingGroup", json!({"ForceDelete": true}));
    assert_eq!(group.described()["Status"], "Delete in progress");
    group.0.aws.advance("PT5M");
    assert_eq!(group.described(), Value::Null);
    for id in ids {
        assert_eq!(group.0.state(&id), "terminated");
    }
}

#[test]
fn a_scheduled_action_changes_the_sizes_at_its_time_again_and_again() {
    let group = Group::of(1);
    group.call(
        "PutScheduledUpdateGroupAction",
        json!({
            "ScheduledActionName": "morning",
            "Recurrence": "0 12 * * *",
            "DesiredCapacity": 3,
        }),
    );
    group.0.aws.advance("PT1H");
    assert_eq!(group.described()["DesiredCapacity"], 1);
    group.0.aws.advance("PT2H");
    assert_eq!(
        (group.in_state("InService").len(), &group.described()["DesiredCapacity"]),
        (3, &json!(3))
    );
    group.call("SetDesiredCapacity", json!({"DesiredCapacity": 1}));
    let planned = group.call("DescribeScheduledActions", json!({}));
    let next = text(&planned, "/ScheduledUpdateGroupActions/0/StartTime");
    assert!(next.starts_with("2026-03-02T12:00:00"), "{next}");
    group.0.aws.advance("P1D");
    assert_eq!(group.described()["DesiredCapacity"], 3);
}

#[test]
fn a_launch_configuration_decides_about_public_addresses() {
    let estate = Estate::new();
    let image = amazon_linux(&estate.aws, "x86_64");
    let configuration = |further: Value| {
        let mut input = json!({
            "LaunchConfigurationName": "old", "ImageId": image, "InstanceType": "t3.micro",
        });
        input.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        input
    };
    let dedicated = configuration(json!({"PlacementTenancy": "dedicated"}));
    let code = estate.aws.refused("autoscaling", "CreateLaunchConfiguration", dedicated);
    assert_eq!(code, "NotImplemented");
    let public = configuration(json!({"AssociatePublicIpAddress": true}));
    estate.aws.call("autoscaling", "CreateLaunchConfiguration", public);
    estate.aws.call(
        "autoscaling",
        "CreateAutoScalingGroup",
        json!({
            "AutoScalingGroupName": "old", "LaunchConfigurationName": "old", "MinSize": 1, "MaxSize": 1,
            "VPCZoneIdentifier": estate.subnets[0],
        }),
    );
    estate.aws.advance("PT3M");
    let found = estate.ec2("DescribeInstances", json!({}));
    let instance = &found["Reservations"][0]["Instances"][0];
    assert!(instance["PublicIpAddress"].is_string(), "{instance}");
    assert_eq!(instance["SubnetId"], estate.subnets[0].as_str());
}

#[test]
fn a_launch_configuration_decides_about_public_addresses_in_the_default_vpc_too() {
    let estate = Estate::new();
    estate.ec2("CreateDefaultVpc", json!({}));
    let image = amazon_linux(&estate.aws, "x86_64");
    let input = json!({
        "LaunchConfigurationName": "private", "ImageId": image, "InstanceType": "t3.micro",
        "AssociatePublicIpAddress": false,
    });
    estate.aws.call("autoscaling", "CreateLaunchConfiguration", input);
    let input = json!({
        "AutoScalingGroupName": "zonal", "LaunchConfigurationName": "private", "MinSize": 1, "MaxSize": 1,
        "AvailabilityZones": ["eu-west-1b"],
    });
    estate.aws.call("autoscaling", "CreateAutoScalingGroup", input);
    estate.aws.advance("PT3M");
    let found = estate.ec2("DescribeInstances", json!({}));
    let instance = &found["Reservations"][0]["Instances"][0];
    assert_eq!(instance["Placement"]["AvailabilityZone"], "eu-west-1b", "{found}");
    // Subnets of the default VPC would have given it one.
    assert!(instance["PublicIpAddress"].is_null(), "{instance}");
}

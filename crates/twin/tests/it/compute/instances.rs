//! Instances: launched, stopped, started, rebooted, protected, terminated.

use reeve_twin::{Effect, FaultRule};
use serde_json::{Value, json};

use super::{Estate, amazon_linux, text};
use crate::aws::Aws;

#[test]
fn an_instance_is_pending_then_runs_then_passes_its_checks() {
    let estate = Estate::new();
    let made = estate.ec2(
        "RunInstances",
        estate.request(json!({
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]},
                {"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "web-root"}]},
            ],
        })),
    );
    let id = text(&made, "/Instances/0/InstanceId");
    assert_eq!(text(&made, "/Instances/0/State/Name"), "pending");
    assert_eq!(estate.checks(&id), ["not-applicable"; 3]);
    estate.aws.advance("PT45S");
    assert_eq!(estate.state(&id), "running");
    assert_eq!(estate.checks(&id), ["initializing"; 3]);
    estate.aws.advance("PT4M");
    assert_eq!(estate.checks(&id), ["ok"; 3]);
    let described = estate.described(&id);
    assert_eq!(text(&described, "/Tags/0/Value"), "web");
    assert!(text(&described, "/PrivateIpAddress").starts_with("10.0.1."), "{described}");
    let root = estate.volume(&estate.root(&id));
    assert_eq!((&root["State"], &root["Size"]), (&json!("in-use"), &json!(8)));
    assert_eq!(root["Tags"][0]["Value"], "web-root");
}

#[test]
fn a_stopped_instance_starts_again_and_a_terminated_one_does_not() {
    let estate = Estate::new();
    let id = estate.instance();
    let only = json!({"InstanceIds": [id]});
    let stopping = estate.ec2("StopInstances", only.clone());
    assert_eq!(text(&stopping, "/StoppingInstances/0/PreviousState/Name"), "running");
    assert_eq!(text(&stopping, "/StoppingInstances/0/CurrentState/Name"), "stopping");
    assert_eq!(estate.aws.refused("ec2", "StartInstances", only.clone()), "IncorrectInstanceState");
    estate.aws.advance("PT2M");
    assert_eq!(estate.state(&id), "stopped");
    assert_eq!(text(&estate.described(&id), "/StateReason/Code"), "Client.UserInitiatedShutdown");
    assert_eq!(estate.aws.refused("ec2", "RebootInstances", only.clone()), "IncorrectState");
    estate.ec2("StartInstances", only.clone());
    assert_eq!(estate.state(&id), "pending");
    assert_eq!(estate.aws.refused("ec2", "StopInstances", only.clone()), "IncorrectInstanceState");
    estate.aws.advance("PT1M");
    assert_eq!(estate.state(&id), "running");
    let root = estate.root(&id);
    estate.ec2("TerminateInstances", only.clone());
    assert_eq!(estate.state(&id), "shutting-down");
    estate.aws.advance("PT2M");
    assert_eq!(estate.state(&id), "terminated");
    assert_eq!(estate.aws.refused("ec2", "StartInstances", only.clone()), "IncorrectInstanceState");
    let gone = estate.aws.refused("ec2", "DescribeVolumes", json!({"VolumeIds": [root]}));
    assert_eq!(gone, "InvalidVolume.NotFound");
    estate.aws.advance("PT2H");
    assert_eq!(estate.aws.refused("ec2", "DescribeInstances", only), "InvalidInstanceID.NotFound");
}

#[test]
fn protection_keeps_an_instance_from_being_stopped_or_terminated() {
    let estate = Estate::new();
    let id = estate.instance();
    let only = json!({"InstanceIds": [id]});
    for (attribute, operation) in
        [("DisableApiStop", "StopInstances"), ("DisableApiTermination", "TerminateInstances")]
    {
        let set = |on: bool| json!({"InstanceId": id, attribute: {"Value": on}});
        estate.ec2("ModifyInstanceAttribute", set(true));
        let code = estate.aws.refused("ec2", operation, only.clone());
        assert_eq!(code, "OperationNotPermitted", "{operation}");
        assert_eq!(estate.state(&id), "running");
        estate.ec2("ModifyInstanceAttribute", set(false));
    }
    estate.ec2("TerminateInstances", only);
}

#[test]
fn what_cannot_be_launched_is_refused_in_ec2s_words() {
    let estate = Estate::new();
    let arm = amazon_linux(&estate.aws, "arm64");
    for (with, code) in [
        (json!({"ImageId": "ami-00000000000000000"}), "InvalidAMIID.NotFound"),
        (json!({"ImageId": "image"}), "InvalidAMIID.Malformed"),
        (json!({"ImageId": arm}), "InvalidParameterValue"),
        (json!({"InstanceType": "t3.enormous"}), "InvalidParameterValue"),
        (json!({"KeyName": "nobody"}), "InvalidKeyPair.NotFound"),
        (json!({"SubnetId": "subnet-00000000000000000"}), "InvalidSubnetID.NotFound"),
        (json!({"SecurityGroupIds": ["sg-00000000000000000"]}), "InvalidGroup.NotFound"),
        (json!({"MinCount": 3, "MaxCount": 2}), "InvalidParameterValue"),
        (json!({"MinCount": 0}), "InvalidParameterValue"),
        (json!({"UserData": "%%%"}), "InvalidParameterValue"),
        (json!({"DryRun": true}), "DryRunOperation"),
        (json!({"InstanceMarketOptions": {"MarketType": "spot"}}), "NotImplemented"),
        (
            json!({"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 4}}]}),
            "InvalidBlockDeviceMapping",
        ),
    ] {
        let refused = estate.aws.refused("ec2", "RunInstances", estate.request(with.clone()));
        assert_eq!(refused, code, "{with}");
    }
}

#[test]
fn instances_launched_together_share_a_reservation_and_pages_count_instances() {
    let estate = Estate::new();
    let token = json!({"MinCount": 3, "MaxCount": 3, "ClientToken": "once"});
    let first = estate.ec2("RunInstances", estate.request(token.clone()));
    let again = estate.ec2("RunInstances", estate.request(token));
    assert_eq!(first["ReservationId"], again["ReservationId"]);
    estate.ec2("RunInstances", estate.request(json!({"MinCount": 4, "MaxCount": 4})));
    let page = estate.ec2("DescribeInstances", json!({"MaxResults": 5}));
    let count = |page: &Value| -> usize {
        let reservations = page["Reservations"].as_array().unwrap();
        reservations.iter().map(|one| one["Instances"].as_array().unwrap().len()).sum()
    };
    assert_eq!(count(&page), 5);
    let rest =
        estate.ec2("DescribeInstances", json!({"MaxResults": 5, "NextToken": page["NextToken"]}));
    assert_eq!((count(&rest), rest.get("NextToken")), (2, None));
    let filters = json!([{"Name": "reservation-id", "Values": [first["ReservationId"]]}]);
    let found = estate.ec2("DescribeInstances", json!({"Filters": filters}));
    assert_eq!((found["Reservations"].as_array().unwrap().len(), count(&found)), (1, 3));
}

#[test]
fn an_instance_type_changes_only_while_stopped() {
    let estate = Estate::new();
    let id = estate.instance();
    let change = json!({"InstanceId": id, "InstanceType": {"Value": "m5.large"}});
    let code = estate.aws.refused("ec2", "ModifyInstanceAttribute", change.clone());
    assert_eq!(code, "IncorrectInstanceState");
    estate.ec2("StopInstances", json!({"InstanceIds": [id], "Force": true}));
    estate.aws.advance("PT1M");
    estate.ec2("ModifyInstanceAttribute", change);
    let shown = estate
        .ec2("DescribeInstanceAttribute", json!({"InstanceId": id, "Attribute": "instanceType"}));
    assert_eq!(text(&shown, "/InstanceType/Value"), "m5.large");
}

#[test]
fn an_instance_that_does_not_boot_is_impaired_and_recovers() {
    let estate = Estate::new();
    let id = estate.instance();
    estate.aws.advance("PT5M");
    assert_eq!(estate.checks(&id), ["ok"; 3]);
    let panics = Effect::JobFails("kernel panic".to_owned());
    estate
        .aws
        .twin()
        .faults()
        .add(FaultRule::every_call(panics).of_work("InstanceBoot").on_call(1));
    estate.ec2("RebootInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT5M");
    assert_eq!(estate.state(&id), "running");
    assert_eq!(estate.checks(&id), ["ok", "impaired", "ok"]);
    estate.ec2("RebootInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT5M");
    assert_eq!(estate.checks(&id), ["ok"; 3]);
}

#[test]
fn an_instance_that_never_starts_stays_pending() {
    let estate = Estate::new();
    let stuck = FaultRule::every_call(Effect::JobStuck).of_work("InstanceBoot");
    estate.aws.twin().faults().add(stuck);
    let made = estate.ec2("RunInstances", estate.request(json!({})));
    let id = text(&made, "/Instances/0/InstanceId");
    estate.aws.advance("P1D");
    assert_eq!(estate.state(&id), "pending");
    estate.ec2("TerminateInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT2M");
    assert_eq!(estate.state(&id), "terminated");
}

#[test]
fn detailed_monitoring_and_metadata_options_are_switched() {
    let estate = Estate::new();
    let id = estate.instance();
    let shown = estate.ec2("MonitorInstances", json!({"InstanceIds": [id]}));
    assert_eq!(text(&shown, "/InstanceMonitorings/0/Monitoring/State"), "pending");
    assert_eq!(text(&estate.described(&id), "/Monitoring/State"), "enabled");
    let options = json!({"InstanceId": id, "HttpTokens": "required", "HttpPutResponseHopLimit": 3});
    estate.ec2("ModifyInstanceMetadataOptions", options);
    let described = estate.described(&id);
    assert_eq!(text(&described, "/MetadataOptions/HttpTokens"), "required");
    assert_eq!(described["MetadataOptions"]["HttpPutResponseHopLimit"], 3);
    let wrong = json!({"InstanceId": id, "HttpPutResponseHopLimit": 65});
    let code = estate.aws.refused("ec2", "ModifyInstanceMetadataOptions", wrong);
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn instance_types_are_described_and_offered_in_every_zone() {
    let aws = Aws::small();
    let found = aws.call("ec2", "DescribeInstanceTypes", json!({"InstanceTypes": ["t3.micro"]}));
    assert_eq!(found["InstanceTypes"][0]["VCpuInfo"]["DefaultVCpus"], 2);
    let code = aws.refused("ec2", "DescribeInstanceTypes", json!({"InstanceTypes": ["t9.nano"]}));
    assert_eq!(code, "InvalidInstanceType");
    let filters = json!([{"Name": "instance-type", "Values": ["m6i.*"]}]);
    let input = json!({"LocationType": "availability-zone", "Filters": filters});
    let offered = aws.call("ec2", "DescribeInstanceTypeOfferings", input);
    assert_eq!(offered["InstanceTypeOfferings"].as_array().unwrap().len(), 12);
}

#[test]
fn failing_hardware_is_announced_and_the_instance_stopped_at_last() {
    let estate = Estate::new();
    let id = estate.instance();
    let fails = Effect::JobFails("system reachability".to_owned());
    estate.aws.twin().faults().add(FaultRule::every_call(fails).of_work("InstanceBoot").on_call(1));
    estate.ec2("RebootInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT5M");
    assert_eq!(estate.checks(&id), ["impaired", "ok", "ok"]);
    let status = estate.ec2("DescribeInstanceStatus", json!({"InstanceIds": [id]}));
    let event = text(&status, "/InstanceStatuses/0/Events/0/InstanceEventId");
    assert_eq!(text(&status, "/InstanceStatuses/0/Events/0/Code"), "instance-stop");
    let sooner =
        json!({"InstanceId": id, "InstanceEventId": event, "NotBefore": "2026-03-02T00:00:00Z"});
    estate.ec2("ModifyInstanceEventStartTime", sooner);
    estate.aws.advance("P1D");
    assert_eq!(estate.state(&id), "stopped");
    estate.ec2("StartInstances", json!({"InstanceIds": [id]}));
    estate.aws.advance("PT10M");
    assert_eq!(estate.checks(&id), ["ok"; 3]);
    estate.aws.advance("P20D");
    assert_eq!(estate.state(&id), "running");
}

#[test]
fn new_instances_follow_what_the_account_has_chosen_for_metadata() {
    let estate = Estate::new();
    let ubuntu = json!({"Filters": [{"Name": "name", "Values": ["ubuntu/*jammy*"]}]});
    let ubuntu = text(&estate.ec2("DescribeImages", ubuntu), "/Images/0/ImageId");
    let tokens = |with: Value| {
        let made = estate.ec2("RunInstances", estate.request(with));
        text(&made, "/Instances/0/MetadataOptions/HttpTokens")
    };
    assert_eq!(tokens(json!({"ImageId": ubuntu})), "optional");
    estate.ec2("ModifyInstanceMetadataDefaults", json!({"HttpTokens": "required"}));
    assert_eq!(tokens(json!({"ImageId": ubuntu})), "required");
    let asked = json!({"ImageId": ubuntu, "MetadataOptions": {"HttpTokens": "optional"}});
    assert_eq!(tokens(asked), "optional");
}

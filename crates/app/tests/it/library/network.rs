//! Networks: addresses, open rules, flow logs, and the detector of threats.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{LINUX, Scene, on_aws, text};

#[test]
fn only_an_address_that_is_idle_is_released() {
    on_aws(async |scene| {
        let name = "Reeve-ReleaseIdleAddress";
        let idle = scene.call("ec2", "AllocateAddress", json!({"Domain": "vpc"})).await;
        let used = scene.call("ec2", "AllocateAddress", json!({"Domain": "vpc"})).await;
        let instance = scene.instance(LINUX, None).await;
        let input = json!({"AllocationId": used["AllocationId"], "InstanceId": instance});
        scene.call("ec2", "AssociateAddress", input).await;
        scene.run(name, json!({"AllocationId": idle["AllocationId"]})).await;
        let busy = json!({"AllocationId": used["AllocationId"]});
        scene.refused(name, busy, "is associated").await;
        let left = scene.call("ec2", "DescribeAddresses", json!({})).await;
        assert_eq!(left["Addresses"].as_array().unwrap().len(), 1);
        assert_eq!(left["Addresses"][0]["AllocationId"], used["AllocationId"]);
        let gone = json!({"AllocationId": idle["AllocationId"]});
        scene.refused(name, gone, "InvalidAllocationID.NotFound").await;
    });
}

/// What a group lets in, as `tcp 22-22 0.0.0.0/0`.
async fn inward(scene: &Scene<'_>, group: &str) -> BTreeSet<String> {
    let filter = json!({"Filters": [{"Name": "group-id", "Values": [group]}]});
    let found = scene.call("ec2", "DescribeSecurityGroupRules", filter).await;
    let rules = found["SecurityGroupRules"].as_array().unwrap().clone();
    let inward = rules.iter().filter(|rule| rule["IsEgress"] == false);
    let shown = |rule: &Value| {
        let range = rule["CidrIpv4"].as_str().or(rule["CidrIpv6"].as_str()).unwrap();
        let (first, last) = (rule["FromPort"].to_string(), rule["ToPort"].to_string());
        format!("{} {first}-{last} {range}", rule["IpProtocol"].as_str().unwrap())
    };
    inward.map(shown).collect()
}

async fn group(scene: &Scene<'_>) -> String {
    let input = json!({"GroupName": "web", "Description": "web"});
    let group = text(&scene.call("ec2", "CreateSecurityGroup", input).await["GroupId"]);
    let permission = |protocol: &str, from: i64, to: i64, v4: &[&str], v6: &[&str]| {
        let v4: Vec<Value> = v4.iter().map(|cidr| json!({"CidrIp": cidr})).collect();
        let v6: Vec<Value> = v6.iter().map(|cidr| json!({"CidrIpv6": cidr})).collect();
        json!({"IpProtocol": protocol, "FromPort": from, "ToPort": to, "IpRanges": v4, "Ipv6Ranges": v6})
    };
    let permissions = [
        permission("tcp", 22, 22, &["0.0.0.0/0", "10.0.0.0/8"], &["::/0"]),
        permission("tcp", 3000, 4000, &["0.0.0.0/0"], &[]),
        permission("tcp", 443, 443, &["0.0.0.0/0"], &["::/0"]),
        permission("udp", 3389, 3389, &["192.0.2.0/24"], &[]),
        permission("icmp", -1, -1, &["0.0.0.0/0"], &[]),
    ];
    let input = json!({"GroupId": group, "IpPermissions": permissions});
    scene.call("ec2", "AuthorizeSecurityGroupIngress", input).await;
    group
}

#[test]
fn open_rules_are_revoked_at_the_ports_and_the_others_stay() {
    on_aws(async |scene| {
        let group = group(&scene).await;
        let name = "Reeve-RevokeOpenSecurityGroupRules";
        let parameters = json!({ "GroupId": group });
        let told = scene.run(name, parameters.clone()).await;
        assert_eq!(told["choose.RuleIds"].as_array().unwrap().len(), 3);
        let left = inward(&scene, &group).await;
        let left: Vec<&str> = left.iter().map(String::as_str).collect();
        assert_eq!(
            left,
            [
                "icmp -1--1 0.0.0.0/0",
                "tcp 22-22 10.0.0.0/8",
                "tcp 443-443 0.0.0.0/0",
                "tcp 443-443 ::/0",
                "udp 3389-3389 192.0.2.0/24",
            ]
        );
        scene.run_again(name, parameters).await;
        let wrong = json!({"GroupId": group, "Ports": ["ssh"]});
        scene.not_started(name, wrong, "Ports").await;
    });
}

async fn default_vpc(scene: &Scene<'_>) -> String {
    let found = scene.call("ec2", "DescribeVpcs", json!({})).await;
    text(&found["Vpcs"][0]["VpcId"])
}

#[test]
fn the_traffic_of_a_network_is_logged_once() {
    on_aws(async |scene| {
        let vpc = default_vpc(&scene).await;
        let name = "Reeve-EnableFlowLogs";
        let parameters = json!({ "VpcId": vpc });
        scene.run(name, parameters.clone()).await;
        let logs = scene.call("ec2", "DescribeFlowLogs", json!({})).await;
        assert_eq!(logs["FlowLogs"][0]["LogGroupName"], "/reeve/flow-logs");
        assert_eq!(logs["FlowLogs"][0]["FlowLogStatus"], "ACTIVE");
        let groups = json!({"logGroupNamePrefix": "/reeve/"});
        let groups = scene.call("logs", "DescribeLogGroups", groups).await;
        assert_eq!(groups["logGroups"][0]["retentionInDays"], 365);
        scene.run_again(name, parameters).await;
        let bucket = json!({"Bucket": "flows", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}});
        scene.call("s3", "CreateBucket", bucket).await;
        let stored = json!({"VpcId": vpc, "BucketArn": "arn:aws:s3:::flows"});
        scene.run(name, stored.clone()).await;
        scene.run_again(name, stored).await;
        let logs = scene.call("ec2", "DescribeFlowLogs", json!({})).await;
        assert_eq!(logs["FlowLogs"].as_array().unwrap().len(), 2);
        let none = json!({"VpcId": "vpc-0123456789abcdef0"});
        scene.begin(name, none).await;
        assert_eq!(super::latest(scene.app).await.execution.status, "Failed");
    });
}

#[test]
fn guard_duty_is_turned_on_and_on_again() {
    on_aws(async |scene| {
        let name = "Reeve-EnableGuardDuty";
        scene.run(name, json!({})).await;
        scene.run_again(name, json!({})).await;
        let detectors = scene.call("guardduty", "ListDetectors", json!({})).await;
        let id = detectors["DetectorIds"][0].clone();
        let off = json!({"DetectorId": id, "Enable": false});
        scene.call("guardduty", "UpdateDetector", off).await;
        scene.run(name, json!({})).await;
        let detector = scene.call("guardduty", "GetDetector", json!({ "DetectorId": id })).await;
        assert_eq!(detector["Status"], "ENABLED");
    });
}

//! How single resources are found again, for every type.

use std::fmt::Write as _;

use reeve_inventory::{Definition, Found, Lookup, Place, definitions};
use reeve_model::Value;

/// A page of each type's list, with one resource `one` and another.
const PAGES: &[(&str, &str)] = &[
    (
        "AWS::AutoScaling::AutoScalingGroup",
        r#"{"AutoScalingGroups":[{"AutoScalingGroupName":"one","AutoScalingGroupARN":"arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:u:autoScalingGroupName/one"},
            {"AutoScalingGroupName":"two","AutoScalingGroupARN":"arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:v:autoScalingGroupName/two"}]}"#,
    ),
    ("AWS::DynamoDB::Table", r#"{"TableNames":["one","two"]}"#),
    (
        "AWS::EC2::Instance",
        r#"{"Reservations":[{"Instances":[{"InstanceId":"one"}]},{"Instances":[{"InstanceId":"two"}]}]}"#,
    ),
    ("AWS::EC2::NatGateway", r#"{"NatGateways":[{"NatGatewayId":"one"},{"NatGatewayId":"two"}]}"#),
    (
        "AWS::EC2::VPNConnection",
        r#"{"VpnConnections":[{"VpnConnectionId":"one"},{"VpnConnectionId":"two"},
            {"VpnConnectionId":"three","State":"deleted"}]}"#,
    ),
    (
        "AWS::EFS::FileSystem",
        r#"{"FileSystems":[{"FileSystemId":"one"},
            {"FileSystemId":"two","FileSystemArn":"arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/as-given"}]}"#,
    ),
    ("AWS::EKS::Cluster", r#"{"clusters":["one","two"]}"#),
    (
        "AWS::ElasticLoadBalancing::LoadBalancer",
        r#"{"LoadBalancerDescriptions":[{"LoadBalancerName":"one"},{"LoadBalancerName":"two"}]}"#,
    ),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        r#"{"LoadBalancers":[{"LoadBalancerArn":"arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/one/1"},
            {"LoadBalancerArn":"arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/two/2"}]}"#,
    ),
    (
        "AWS::Elasticsearch::Domain",
        r#"{"DomainNames":[{"DomainName":"one","EngineType":"Elasticsearch"},{"DomainName":"two"}]}"#,
    ),
    (
        "AWS::FSx::FileSystem",
        r#"{"FileSystems":[{"FileSystemId":"one"},
            {"FileSystemId":"two","ResourceARN":"arn:aws:fsx:eu-west-1:111122223333:file-system/as-given"}]}"#,
    ),
    (
        "AWS::OpenSearch::Domain",
        r#"{"DomainNames":[{"DomainName":"one","EngineType":"OpenSearch"},{"DomainName":"two"}]}"#,
    ),
    (
        "AWS::RDS::DBCluster",
        r#"{"DBClusters":[{"DBClusterIdentifier":"one"},
            {"DBClusterIdentifier":"two","DBClusterArn":"arn:aws:rds:eu-west-1:111122223333:cluster:as-given"}]}"#,
    ),
    (
        "AWS::RDS::DBInstance",
        r#"{"DBInstances":[{"DBInstanceIdentifier":"one"},
            {"DBInstanceIdentifier":"two","DBInstanceArn":"arn:aws:rds:eu-west-1:111122223333:db:as-given"}]}"#,
    ),
    (
        "AWS::Redshift::Cluster",
        r#"{"Clusters":[{"ClusterIdentifier":"one","ClusterNamespaceArn":"arn:aws:redshift:eu-west-1:111122223333:namespace:u"},
            {"ClusterIdentifier":"two"}]}"#,
    ),
    ("AWS::S3::Bucket", r#"{"Buckets":[{"Name":"one"},{"Name":"two"}]}"#),
    ("AWS::Synthetics::Canary", r#"{"Canaries":[{"Name":"one"},{"Name":"two"}]}"#),
];

fn place() -> Place {
    Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

fn found(definition: &Definition) -> Vec<Found> {
    let name = definition.resource_type().as_str();
    let (_, page) = PAGES.iter().find(|(known, _)| *known == name).unwrap();
    definition.found(&place(), &Value::from_json(&serde_json::from_str(page).unwrap()))
}

#[test]
fn a_resource_is_looked_up_by_what_the_list_said_about_it() {
    let mut lines = String::new();
    for definition in definitions().iter() {
        let found = found(definition);
        writeln!(lines, "{}", definition.resource_type()).unwrap();
        for found in &found {
            writeln!(lines, "  {} {}", found.reference.id, found.reference.arn).unwrap();
        }
        let lookup = match definition.lookup(&found.first().unwrap().reference) {
            Lookup::Call(call) => {
                format!("{}:{} {}", call.service, call.operation, call.input.to_json())
            }
            Lookup::Item(item) => format!("as if listed: {}", item.to_json()),
        };
        writeln!(lines, "  -> {lookup}").unwrap();
    }
    insta::assert_snapshot!(lines, @"");
}

#[test]
fn an_item_made_up_for_a_lookup_is_the_resource_that_was_looked_up() {
    for definition in definitions().iter() {
        for found in found(definition) {
            if let Lookup::Item(item) = definition.lookup(&found.reference) {
                let again = definition.item(&place(), &item).unwrap();
                assert_eq!(again.reference, found.reference);
            }
        }
    }
}

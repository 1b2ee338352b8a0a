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
fn a_resource_has_the_arn_that_the_list_gives_or_else_one_put_together() {
    let mut lines = String::new();
    for found in definitions().iter().flat_map(found) {
        writeln!(lines, "{} {}", found.reference.id, found.reference.arn).unwrap();
    }
    insta::assert_snapshot!(lines, @r"
    one arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:u:autoScalingGroupName/one
    two arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:v:autoScalingGroupName/two
    one arn:aws:dynamodb:eu-west-1:111122223333:table/one
    two arn:aws:dynamodb:eu-west-1:111122223333:table/two
    one arn:aws:ec2:eu-west-1:111122223333:instance/one
    two arn:aws:ec2:eu-west-1:111122223333:instance/two
    one arn:aws:ec2:eu-west-1:111122223333:natgateway/one
    two arn:aws:ec2:eu-west-1:111122223333:natgateway/two
    one arn:aws:ec2:eu-west-1:111122223333:vpn-connection/one
    two arn:aws:ec2:eu-west-1:111122223333:vpn-connection/two
    one arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/one
    two arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/as-given
    one arn:aws:eks:eu-west-1:111122223333:cluster/one
    two arn:aws:eks:eu-west-1:111122223333:cluster/two
    one arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/one
    two arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/two
    arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/one/1 arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/one/1
    arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/two/2 arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/two/2
    one arn:aws:es:eu-west-1:111122223333:domain/one
    two arn:aws:es:eu-west-1:111122223333:domain/two
    one arn:aws:fsx:eu-west-1:111122223333:file-system/one
    two arn:aws:fsx:eu-west-1:111122223333:file-system/as-given
    one arn:aws:es:eu-west-1:111122223333:domain/one
    two arn:aws:es:eu-west-1:111122223333:domain/two
    one arn:aws:rds:eu-west-1:111122223333:cluster:one
    two arn:aws:rds:eu-west-1:111122223333:cluster:as-given
    one arn:aws:rds:eu-west-1:111122223333:db:one
    two arn:aws:rds:eu-west-1:111122223333:db:as-given
    one arn:aws:redshift:eu-west-1:111122223333:cluster:one
    two arn:aws:redshift:eu-west-1:111122223333:cluster:two
    one arn:aws:s3:::one
    two arn:aws:s3:::two
    one arn:aws:synthetics:eu-west-1:111122223333:canary:one
    two arn:aws:synthetics:eu-west-1:111122223333:canary:two
    ");
}

#[test]
fn a_resource_is_looked_up_by_what_the_list_said_about_it() {
    let mut lines = String::new();
    for definition in definitions().iter() {
        let found = found(definition);
        let lookup = match definition.lookup(&found.first().unwrap().reference) {
            Lookup::Call(call) => {
                format!("{}:{} {}", call.service, call.operation, call.input.to_json())
            }
            Lookup::Item(item) => format!("as if listed: {}", item.to_json()),
        };
        writeln!(lines, "{} by {lookup}", definition.resource_type()).unwrap();
    }
    insta::assert_snapshot!(lines, @r#"
    AWS::AutoScaling::AutoScalingGroup by autoscaling:DescribeAutoScalingGroups {"AutoScalingGroupNames":["one"]}
    AWS::DynamoDB::Table by as if listed: "one"
    AWS::EC2::Instance by ec2:DescribeInstances {"InstanceIds":["one"]}
    AWS::EC2::NatGateway by ec2:DescribeNatGateways {"NatGatewayIds":["one"]}
    AWS::EC2::VPNConnection by ec2:DescribeVpnConnections {"VpnConnectionIds":["one"]}
    AWS::EFS::FileSystem by efs:DescribeFileSystems {"FileSystemId":"one"}
    AWS::EKS::Cluster by as if listed: "one"
    AWS::ElasticLoadBalancing::LoadBalancer by elb:DescribeLoadBalancers {"LoadBalancerNames":["one"]}
    AWS::ElasticLoadBalancingV2::LoadBalancer by elbv2:DescribeLoadBalancers {"LoadBalancerArns":["arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/one/1"]}
    AWS::Elasticsearch::Domain by as if listed: {"DomainName":"one"}
    AWS::FSx::FileSystem by fsx:DescribeFileSystems {"FileSystemIds":["one"]}
    AWS::OpenSearch::Domain by as if listed: {"DomainName":"one"}
    AWS::RDS::DBCluster by rds:DescribeDBClusters {"DBClusterIdentifier":"one"}
    AWS::RDS::DBInstance by rds:DescribeDBInstances {"DBInstanceIdentifier":"one"}
    AWS::Redshift::Cluster by redshift:DescribeClusters {"ClusterIdentifier":"one"}
    AWS::S3::Bucket by as if listed: {"Name":"one"}
    AWS::Synthetics::Canary by synthetics:DescribeCanaries {"Names":["one"]}
    "#);
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

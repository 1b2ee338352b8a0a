//! The network, load balancing, certificates and buckets: what holds over time and between them.

use serde_json::{Value, json};

use crate::aws::Aws;

/// A VPC with a subnet in the first zone.
fn subnet(aws: &Aws, block: &str) -> (String, String) {
    let vpc = aws.call("ec2", "CreateVpc", json!({"CidrBlock": block}));
    let vpc = vpc["Vpc"]["VpcId"].as_str().unwrap().to_owned();
    let small = block.replace("/16", "/28");
    let subnet = aws.call("ec2", "CreateSubnet", json!({"VpcId": vpc, "CidrBlock": small}));
    (vpc, subnet["Subnet"]["SubnetId"].as_str().unwrap().to_owned())
}

fn free(aws: &Aws, subnet: &str) -> i64 {
    let found = aws.call("ec2", "DescribeSubnets", json!({"SubnetIds": [subnet]}));
    found["Subnets"][0]["AvailableIpAddressCount"].as_i64().unwrap()
}

#[test]
fn a_subnet_runs_out_of_addresses_and_gets_them_back() {
    let aws = Aws::small();
    let (_, subnet) = subnet(&aws, "10.1.0.0/16");
    let input = json!({"SubnetId": subnet});
    let mut interfaces = Vec::new();
    for left in (0..11).rev() {
        let made = aws.call("ec2", "CreateNetworkInterface", input.clone());
        interfaces.push(made["NetworkInterface"]["NetworkInterfaceId"].clone());
        assert_eq!(free(&aws, &subnet), left);
    }
    let code = aws.refused("ec2", "CreateNetworkInterface", input);
    assert_eq!(code, "InsufficientFreeAddressesInSubnet");
    aws.call("ec2", "DeleteNetworkInterface", json!({"NetworkInterfaceId": interfaces[3]}));
    assert_eq!(free(&aws, &subnet), 1);
}

#[test]
fn a_vpc_with_something_in_it_cannot_be_deleted() {
    let aws = Aws::small();
    let (vpc, subnet) = subnet(&aws, "10.1.0.0/16");
    let delete = || aws.refused("ec2", "DeleteVpc", json!({"VpcId": vpc}));
    assert_eq!(delete(), "DependencyViolation");
    aws.call("ec2", "DeleteSubnet", json!({"SubnetId": subnet}));
    let group = json!({"GroupName": "web", "Description": "web", "VpcId": vpc});
    let group = aws.call("ec2", "CreateSecurityGroup", group);
    assert_eq!(delete(), "DependencyViolation");
    aws.call("ec2", "DeleteSecurityGroup", json!({"GroupId": group["GroupId"]}));
    aws.call("ec2", "DeleteVpc", json!({"VpcId": vpc}));
    let filters = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}]});
    for (operation, member) in [
        ("DescribeSecurityGroups", "SecurityGroups"),
        ("DescribeRouteTables", "RouteTables"),
        ("DescribeNetworkAcls", "NetworkAcls"),
    ] {
        let left = aws.call("ec2", operation, filters.clone());
        assert!(left[member].as_array().is_none_or(Vec::is_empty), "{operation}: {left}");
    }
}

#[test]
fn a_nat_gateway_without_a_way_to_the_internet_fails() {
    let aws = Aws::small();
    let (_, subnet) = subnet(&aws, "10.1.0.0/16");
    let address = aws.call("ec2", "AllocateAddress", json!({}));
    let input = json!({"SubnetId": subnet, "AllocationId": address["AllocationId"]});
    let nat = aws.call("ec2", "CreateNatGateway", input);
    aws.advance("PT5M");
    let ids = json!({"NatGatewayIds": [nat["NatGateway"]["NatGatewayId"]]});
    let found = aws.call("ec2", "DescribeNatGateways", ids);
    assert_eq!(found["NatGateways"][0]["State"], "failed");
    assert_eq!(found["NatGateways"][0]["FailureCode"], "Gateway.NotAttached");
    aws.call("ec2", "ReleaseAddress", json!({"AllocationId": address["AllocationId"]}));
}

#[test]
fn a_peering_connection_that_nobody_accepts_expires() {
    let aws = Aws::small();
    let ((one, _), (other, _)) = (subnet(&aws, "10.1.0.0/16"), subnet(&aws, "10.2.0.0/16"));
    let status = |id: &Value| {
        let found = aws.call(
            "ec2",
            "DescribeVpcPeeringConnections",
            json!({"VpcPeeringConnectionIds": [id]}),
        );
        found["VpcPeeringConnections"][0]["Status"]["Code"].clone()
    };
    let made =
        aws.call("ec2", "CreateVpcPeeringConnection", json!({"VpcId": one, "PeerVpcId": other}));
    let id = &made["VpcPeeringConnection"]["VpcPeeringConnectionId"];
    assert_eq!(status(id), "pending-acceptance");
    aws.advance("P7DT1H");
    assert_eq!(status(id), "expired");
}

#[test]
fn flow_records_come_to_a_bucket_every_interval() {
    let aws = Aws::small();
    let (vpc, subnet) = subnet(&aws, "10.1.0.0/16");
    let place = json!({"LocationConstraint": aws.region()});
    aws.call("s3", "CreateBucket", json!({"Bucket": "flows", "CreateBucketConfiguration": place}));
    let endpoint = json!({
        "VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-1.ssm", "VpcEndpointType": "Interface", "SubnetIds": [subnet],
    });
    aws.call("ec2", "CreateVpcEndpoint", endpoint);
    let log = json!({
        "ResourceType": "VPC", "ResourceIds": [vpc], "TrafficType": "ALL", "MaxAggregationInterval": 60,
        "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows/net/",
    });
    let log = aws.call("ec2", "CreateFlowLogs", log);
    aws.advance("PT5M");
    let listed =
        aws.call("s3", "ListObjectsV2", json!({"Bucket": "flows", "Prefix": "net/AWSLogs/"}));
    assert_eq!(listed["KeyCount"], 5, "{listed}");
    aws.call("ec2", "DeleteFlowLogs", json!({"FlowLogIds": log["FlowLogIds"]}));
    aws.advance("PT5M");
    let listed = aws.call("s3", "ListObjectsV2", json!({"Bucket": "flows"}));
    assert_eq!(listed["KeyCount"], 5);
}

#[test]
fn a_lifecycle_rule_takes_old_versions_away_and_keeps_the_newest_of_them() {
    let aws = Aws::small();
    let place = json!({"LocationConstraint": aws.region()});
    aws.call("s3", "CreateBucket", json!({"Bucket": "cycle", "CreateBucketConfiguration": place}));
    let enabled = json!({"Bucket": "cycle", "VersioningConfiguration": {"Status": "Enabled"}});
    aws.call("s3", "PutBucketVersioning", enabled);
    let rule = json!({
        "ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 1},
    });
    let rules = json!({"Bucket": "cycle", "LifecycleConfiguration": {"Rules": [rule]}});
    aws.call("s3", "PutBucketLifecycleConfiguration", rules);
    for _ in 0..4 {
        aws.call("s3", "PutObject", json!({"Bucket": "cycle", "Key": "k"}));
    }
    let count = || {
        let listed = aws.call("s3", "ListObjectVersions", json!({"Bucket": "cycle"}));
        listed["Versions"].as_array().unwrap().len()
    };
    aws.advance("P2D");
    assert_eq!(count(), 4);
    aws.advance("P5D");
    assert_eq!(count(), 2);
}

#[test]
fn a_certificate_in_use_is_renewed_and_another_runs_out() {
    let aws = Aws::small();
    let request = |name: &str| {
        let made = aws.call(
            "acm",
            "RequestCertificate",
            json!({"DomainName": name, "ValidationMethod": "DNS"}),
        );
        made["CertificateArn"].as_str().unwrap().to_owned()
    };
    let (used, unused) = (request("used.example.com"), request("unused.example.com"));
    aws.advance("PT1H");
    let (_, subnet) = subnet(&aws, "10.1.0.0/16");
    let listener = json!({
        "Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 80, "SSLCertificateId": used,
    });
    let balancer = json!({"LoadBalancerName": "web", "Listeners": [listener], "Subnets": [subnet]});
    aws.call("elb", "CreateLoadBalancer", balancer);
    aws.advance("P400D");
    let status = |arn: &str| {
        aws.call("acm", "DescribeCertificate", json!({"CertificateArn": arn}))["Certificate"]["Status"].clone()
    };
    assert_eq!((status(&used), status(&unused)), (json!("ISSUED"), json!("EXPIRED")));
    assert_eq!(
        aws.refused("acm", "DeleteCertificate", json!({"CertificateArn": used})),
        "ResourceInUseException"
    );
}

#[test]
fn there_are_as_many_networks_as_the_quota_allows() {
    let aws = Aws::small();
    let make = |number: usize| {
        aws.try_call("ec2", "CreateVpc", json!({"CidrBlock": format!("10.{number}.0.0/16")}))
    };
    for number in 0..5 {
        make(number).unwrap();
    }
    assert_eq!(make(5).unwrap_err().0, "VpcLimitExceeded");
    let more = json!({"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE", "DesiredValue": 6});
    aws.call("service-quotas", "RequestServiceQuotaIncrease", more);
    assert_eq!(make(5).unwrap_err().0, "VpcLimitExceeded");
    aws.advance("PT1H");
    make(5).unwrap();
    assert_eq!(make(6).unwrap_err().0, "VpcLimitExceeded");
}

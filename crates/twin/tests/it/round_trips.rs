//! Every kind of resource is listed, tagged, read and untagged, through the codecs of its service.

use serde_json::{Value, json};

use crate::world::{RESOURCES, World, tags};

/// How one kind of resource is spoken about. `ARN!` and `ID!` stand for the resource's own.
struct RoundTrip {
    resource_type: &'static str,
    service: &'static str,
    /// Lists resources; where the first one's id is.
    list: (&'static str, Value, &'static str),
    /// Reads tags; where they are.
    read: (&'static str, Value, &'static str),
    tag: (&'static str, Value),
    untag: (&'static str, Value),
}

const KEY: &str = "ams:rt:a/b+c=é";
const VALUE: &str = "x & <y> 100% \"z\"";

#[test]
fn every_resource_is_listed_tagged_read_and_untagged() {
    for trip in trips() {
        check(&trip);
    }
}

#[test]
fn every_resource_type_has_a_round_trip() {
    let trips = trips();
    for (resource_type, _) in RESOURCES {
        assert!(trips.iter().any(|trip| trip.resource_type == resource_type), "{resource_type}");
    }
}

fn check(trip: &RoundTrip) {
    let world = World::one_of_each();
    let (_, id) = RESOURCES.iter().find(|(of_type, _)| *of_type == trip.resource_type).unwrap();
    let arn = world.put(trip.resource_type, id, [("Name", "first")]).to_string();
    let call = |operation: &str, input: &Value| {
        let input = input.to_string().replace("ARN!", &arn).replace("ID!", id);
        let input = serde_json::from_str(&input).unwrap();
        world
            .call(trip.service, operation, input)
            .unwrap_or_else(|error| panic!("{} {operation}: {error:?}", trip.service))
    };
    let read = || {
        let (operation, input, path) = &trip.read;
        tags(call(operation, input).pointer(path).unwrap_or(&Value::Null))
    };
    let (operation, input, path) = &trip.list;
    let listed = call(operation, input);
    let found = listed.pointer(path).and_then(Value::as_str);
    assert!(found == Some(*id) || found == Some(&arn), "{} {operation}: {listed}", trip.service);
    let before = [("Name".to_owned(), "first".to_owned())].into();
    assert_eq!(read(), before, "{} before", trip.service);
    call(trip.tag.0, &trip.tag.1);
    let both = [("Name".to_owned(), "first".to_owned()), (KEY.to_owned(), VALUE.to_owned())].into();
    assert_eq!(read(), both, "{} tagged", trip.service);
    assert_eq!(world.twin.tags(&arn.parse().unwrap()), Some(both), "{} stored", trip.service);
    call(trip.untag.0, &trip.untag.1);
    assert_eq!(read(), before, "{} untagged", trip.service);
}

fn trips() -> Vec<RoundTrip> {
    let mut trips = ec2();
    trips.extend(compute());
    trips.extend(databases());
    trips.extend(others());
    trips
}

fn added() -> Value {
    json!([{"Key": KEY, "Value": VALUE}])
}

fn ec2() -> Vec<RoundTrip> {
    let ec2 = |resource_type, list, read| RoundTrip {
        resource_type,
        service: "ec2",
        list,
        read,
        tag: ("CreateTags", json!({"Resources": ["ID!"], "Tags": added()})),
        untag: ("DeleteTags", json!({"Resources": ["ID!"], "Tags": [{"Key": KEY}]})),
    };
    vec![
        ec2(
            "AWS::EC2::Instance",
            (
                "DescribeInstances",
                json!({"MaxResults": 5}),
                "/Reservations/0/Instances/0/InstanceId",
            ),
            (
                "DescribeInstances",
                json!({"InstanceIds": ["ID!"]}),
                "/Reservations/0/Instances/0/Tags",
            ),
        ),
        ec2(
            "AWS::EC2::NatGateway",
            ("DescribeNatGateways", json!({}), "/NatGateways/0/NatGatewayId"),
            ("DescribeNatGateways", json!({"NatGatewayIds": ["ID!"]}), "/NatGateways/0/Tags"),
        ),
        ec2(
            "AWS::EC2::VPNConnection",
            ("DescribeVpnConnections", json!({}), "/VpnConnections/0/VpnConnectionId"),
            (
                "DescribeTags",
                json!({"Filters": [{"Name": "resource-id", "Values": ["ID!"]}]}),
                "/Tags",
            ),
        ),
    ]
}

fn compute() -> Vec<RoundTrip> {
    vec![
        RoundTrip {
            resource_type: "AWS::AutoScaling::AutoScalingGroup",
            service: "autoscaling",
            list: (
                "DescribeAutoScalingGroups",
                json!({}),
                "/AutoScalingGroups/0/AutoScalingGroupName",
            ),
            read: (
                "DescribeAutoScalingGroups",
                json!({"AutoScalingGroupNames": ["ID!"]}),
                "/AutoScalingGroups/0/Tags",
            ),
            tag: (
                "CreateOrUpdateTags",
                json!({"Tags": [{
                    "ResourceId": "ID!",
                    "ResourceType": "auto-scaling-group",
                    "Key": KEY,
                    "Value": VALUE,
                    "PropagateAtLaunch": true,
                }]}),
            ),
            untag: (
                "DeleteTags",
                json!({"Tags": [
                    {"ResourceId": "ID!", "ResourceType": "auto-scaling-group", "Key": KEY},
                ]}),
            ),
        },
        RoundTrip {
            resource_type: "AWS::EKS::Cluster",
            service: "eks",
            list: ("ListClusters", json!({}), "/clusters/0"),
            read: ("DescribeCluster", json!({"name": "ID!"}), "/cluster/tags"),
            tag: ("TagResource", json!({"resourceArn": "ARN!", "tags": {KEY: VALUE}})),
            untag: ("UntagResource", json!({"resourceArn": "ARN!", "tagKeys": [KEY]})),
        },
        RoundTrip {
            resource_type: "AWS::ElasticLoadBalancing::LoadBalancer",
            service: "elb",
            list: (
                "DescribeLoadBalancers",
                json!({}),
                "/LoadBalancerDescriptions/0/LoadBalancerName",
            ),
            read: (
                "DescribeTags",
                json!({"LoadBalancerNames": ["ID!"]}),
                "/TagDescriptions/0/Tags",
            ),
            tag: ("AddTags", json!({"LoadBalancerNames": ["ID!"], "Tags": added()})),
            untag: ("RemoveTags", json!({"LoadBalancerNames": ["ID!"], "Tags": [{"Key": KEY}]})),
        },
        RoundTrip {
            resource_type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
            service: "elbv2",
            list: ("DescribeLoadBalancers", json!({}), "/LoadBalancers/0/LoadBalancerArn"),
            read: ("DescribeTags", json!({"ResourceArns": ["ARN!"]}), "/TagDescriptions/0/Tags"),
            tag: ("AddTags", json!({"ResourceArns": ["ARN!"], "Tags": added()})),
            untag: ("RemoveTags", json!({"ResourceArns": ["ARN!"], "TagKeys": [KEY]})),
        },
    ]
}

fn databases() -> Vec<RoundTrip> {
    let rds = |resource_type, list| RoundTrip {
        resource_type,
        service: "rds",
        list,
        read: ("ListTagsForResource", json!({"ResourceName": "ARN!"}), "/TagList"),
        tag: ("AddTagsToResource", json!({"ResourceName": "ARN!", "Tags": added()})),
        untag: ("RemoveTagsFromResource", json!({"ResourceName": "ARN!", "TagKeys": [KEY]})),
    };
    let domain = |service, list, read| RoundTrip {
        resource_type: "AWS::OpenSearch::Domain",
        service,
        list,
        read,
        tag: ("AddTags", json!({"ARN": "ARN!", "TagList": added()})),
        untag: ("RemoveTags", json!({"ARN": "ARN!", "TagKeys": [KEY]})),
    };
    vec![
        rds(
            "AWS::RDS::DBInstance",
            ("DescribeDBInstances", json!({}), "/DBInstances/0/DBInstanceIdentifier"),
        ),
        rds(
            "AWS::RDS::DBCluster",
            ("DescribeDBClusters", json!({}), "/DBClusters/0/DBClusterIdentifier"),
        ),
        RoundTrip {
            resource_type: "AWS::DynamoDB::Table",
            service: "dynamodb",
            list: ("ListTables", json!({}), "/TableNames/0"),
            read: ("ListTagsOfResource", json!({"ResourceArn": "ARN!"}), "/Tags"),
            tag: ("TagResource", json!({"ResourceArn": "ARN!", "Tags": added()})),
            untag: ("UntagResource", json!({"ResourceArn": "ARN!", "TagKeys": [KEY]})),
        },
        RoundTrip {
            resource_type: "AWS::Redshift::Cluster",
            service: "redshift",
            list: ("DescribeClusters", json!({}), "/Clusters/0/ClusterIdentifier"),
            read: ("DescribeClusters", json!({"ClusterIdentifier": "ID!"}), "/Clusters/0/Tags"),
            tag: ("CreateTags", json!({"ResourceName": "ARN!", "Tags": added()})),
            untag: ("DeleteTags", json!({"ResourceName": "ARN!", "TagKeys": [KEY]})),
        },
        domain(
            "opensearch",
            ("ListDomainNames", json!({}), "/DomainNames/0/DomainName"),
            ("ListTags", json!({"ARN": "ARN!"}), "/TagList"),
        ),
        domain(
            "es",
            (
                "DescribeElasticsearchDomains",
                json!({"DomainNames": ["ID!"]}),
                "/DomainStatusList/0/DomainName",
            ),
            ("ListTags", json!({"ARN": "ARN!"}), "/TagList"),
        ),
    ]
}

fn others() -> Vec<RoundTrip> {
    vec![
        RoundTrip {
            resource_type: "AWS::S3::Bucket",
            service: "s3",
            list: ("ListBuckets", json!({}), "/Buckets/0/Name"),
            read: ("GetBucketTagging", json!({"Bucket": "ID!"}), "/TagSet"),
            tag: (
                "PutBucketTagging",
                json!({"Bucket": "ID!", "Tagging": {"TagSet": [
                    {"Key": "Name", "Value": "first"},
                    {"Key": KEY, "Value": VALUE},
                ]}}),
            ),
            untag: (
                "PutBucketTagging",
                json!({"Bucket": "ID!", "Tagging": {"TagSet": [{"Key": "Name", "Value": "first"}]}}),
            ),
        },
        RoundTrip {
            resource_type: "AWS::EFS::FileSystem",
            service: "efs",
            list: ("DescribeFileSystems", json!({}), "/FileSystems/0/FileSystemId"),
            read: ("ListTagsForResource", json!({"ResourceId": "ID!"}), "/Tags"),
            tag: ("TagResource", json!({"ResourceId": "ARN!", "Tags": added()})),
            untag: ("UntagResource", json!({"ResourceId": "ID!", "TagKeys": [KEY]})),
        },
        RoundTrip {
            resource_type: "AWS::FSx::FileSystem",
            service: "fsx",
            list: ("DescribeFileSystems", json!({}), "/FileSystems/0/FileSystemId"),
            read: ("ListTagsForResource", json!({"ResourceARN": "ARN!"}), "/Tags"),
            tag: ("TagResource", json!({"ResourceARN": "ARN!", "Tags": added()})),
            untag: ("UntagResource", json!({"ResourceARN": "ARN!", "TagKeys": [KEY]})),
        },
        RoundTrip {
            resource_type: "AWS::Synthetics::Canary",
            service: "synthetics",
            list: ("DescribeCanaries", json!({}), "/Canaries/0/Name"),
            read: ("ListTagsForResource", json!({"ResourceArn": "ARN!"}), "/Tags"),
            tag: ("TagResource", json!({"ResourceArn": "ARN!", "Tags": {KEY: VALUE}})),
            untag: ("UntagResource", json!({"ResourceArn": "ARN!", "TagKeys": [KEY]})),
        },
        RoundTrip {
            resource_type: "AWS::RDS::DBInstance",
            service: "resourcegroupstaggingapi",
            list: (
                "GetResources",
                json!({"ResourceTypeFilters": ["rds:db"]}),
                "/ResourceTagMappingList/0/ResourceARN",
            ),
            read: (
                "GetResources",
                json!({"ResourceARNList": ["ARN!"]}),
                "/ResourceTagMappingList/0/Tags",
            ),
            tag: ("TagResources", json!({"ResourceARNList": ["ARN!"], "Tags": {KEY: VALUE}})),
            untag: ("UntagResources", json!({"ResourceARNList": ["ARN!"], "TagKeys": [KEY]})),
        },
    ]
}

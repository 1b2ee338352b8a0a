//! Listings come in pages: whole, in order, and right while things change.

use std::collections::BTreeSet;

use reeve_twin::seed;
use serde_json::{Value, json};

use crate::world::{REGION, Session, World};

/// A paged listing: service and operation, page size member and size, where the items are, and the resource type that
/// must be listed wholly.
type Listing = (&'static str, &'static str, &'static str, u32, &'static str, &'static str);

const LISTINGS: [Listing; 15] = [
    (
        "autoscaling",
        "DescribeAutoScalingGroups",
        "MaxRecords",
        7,
        "/AutoScalingGroups",
        ":autoScalingGroup:",
    ),
    ("dynamodb", "ListTables", "Limit", 7, "/TableNames", ":table/"),
    ("ec2", "DescribeInstances", "MaxResults", 97, "/Reservations", ":instance/"),
    ("ec2", "DescribeNatGateways", "MaxResults", 5, "/NatGateways", ":natgateway/"),
    ("efs", "DescribeFileSystems", "MaxItems", 3, "/FileSystems", "elasticfilesystem"),
    ("eks", "ListClusters", "maxResults", 3, "/clusters", "arn:aws:eks:"),
    (
        "elb",
        "DescribeLoadBalancers",
        "PageSize",
        3,
        "/LoadBalancerDescriptions",
        ":loadbalancer/bulk",
    ),
    ("elbv2", "DescribeLoadBalancers", "PageSize", 13, "/LoadBalancers", ":loadbalancer/app/"),
    ("fsx", "DescribeFileSystems", "MaxResults", 3, "/FileSystems", "arn:aws:fsx:"),
    ("rds", "DescribeDBInstances", "MaxRecords", 20, "/DBInstances", ":db:"),
    (
        "rds",
        "DescribeDBClusters",
        "MaxRecords",
        20,
        "/DBClusters",
        "rds:eu-west-1:100000000000:cluster:",
    ),
    ("redshift", "DescribeClusters", "MaxRecords", 20, "/Clusters", "arn:aws:redshift:"),
    ("s3", "ListBuckets", "MaxBuckets", 9, "/Buckets", "arn:aws:s3:::"),
    ("synthetics", "DescribeCanaries", "MaxResults", 3, "/Canaries", "arn:aws:synthetics:"),
    (
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourcesPerPage",
        41,
        "/ResourceTagMappingList",
        "arn:",
    ),
];

#[test]
fn every_listing_shows_each_resource_once_in_order() {
    let (world, session, resources) = large();
    for (service, operation, size_member, size, items, marker) in LISTINGS {
        let found = walk(&world, &session, (service, operation), json!({size_member: size}), items);
        let unique: BTreeSet<&String> = found.iter().collect();
        assert_eq!(unique.len(), found.len(), "{service} {operation} repeats itself");
        let here = |arn: &&(String, bool)| {
            arn.0.contains(marker)
                && (service == "s3" || arn.0.contains(REGION) || arn.0.contains(":s3:"))
        };
        let expected = resources.iter().filter(here);
        let expected = if service == "resourcegroupstaggingapi" {
            // Its buckets are those of the Region, and never-tagged resources are not there.
            let elsewhere = s3_elsewhere(&world, &session);
            expected.filter(|(arn, tagged)| *tagged && !elsewhere.contains(arn)).count()
        } else {
            expected.count()
        };
        assert!(
            expected > usize::try_from(size).unwrap(),
            "{service} {operation} has one page only"
        );
        assert_eq!(found.len(), expected, "{service} {operation}");
    }
}

#[test]
fn what_goes_and_comes_between_pages_disturbs_no_other() {
    let world = World::empty(1);
    let names = ["a", "b", "c", "d", "e", "f"].map(|name| format!("table-{name}"));
    let arns: Vec<_> =
        names.iter().map(|name| world.put("AWS::DynamoDB::Table", name, [])).collect();
    let first = world.call("dynamodb", "ListTables", json!({"Limit": 3})).unwrap();
    assert_eq!(first["TableNames"], json!(names[..3]));
    world.twin.remove(&arns[0]);
    world.twin.remove(&arns[2]);
    world.put("AWS::DynamoDB::Table", "table-aa", []);
    world.put("AWS::DynamoDB::Table", "table-ee", []);
    let last = first["LastEvaluatedTableName"].clone();
    let rest =
        world.call("dynamodb", "ListTables", json!({"ExclusiveStartTableName": last})).unwrap();
    assert_eq!(rest["TableNames"], json!(["table-d", "table-e", "table-ee", "table-f"]));
}

#[test]
fn a_token_from_another_listing_is_refused() {
    let (world, session, _) = large();
    let page =
        world.call_as(&session, "ec2", "DescribeNatGateways", json!({"MaxResults": 5})).unwrap();
    let input = json!({"NextToken": page["NextToken"]});
    let error = world.call_as(&session, "ec2", "DescribeInstances", input).unwrap_err();
    assert_eq!(error.code, "InvalidParameterValue");
}

#[test]
fn the_tags_of_ec2_and_auto_scaling_come_in_pages_of_tags() {
    let (world, session, _) = large();
    for (service, size_member, size) in
        [("ec2", "MaxResults", 83), ("autoscaling", "MaxRecords", 11)]
    {
        let pages = json!({size_member: size});
        let tags = walk(&world, &session, (service, "DescribeTags"), pages, "/Tags");
        let unique: BTreeSet<&String> = tags.iter().collect();
        assert_eq!(unique.len(), tags.len(), "{service} repeats itself");
        let whole = walk(&world, &session, (service, "DescribeTags"), json!({}), "/Tags");
        assert_eq!(tags, whole, "{service}");
    }
}

/// An account with eight thousand resources in two Regions, a session in it, and every ARN with whether it has tags.
fn large() -> (World, Session, Vec<(String, bool)>) {
    let world = World::empty(1);
    let estate = seed::bulk(&world.twin, 1, 8000);
    let session =
        Session { access_key_id: estate.access_key_id, token: None, region: REGION.to_owned() };
    let resources = world.twin.resources().into_iter();
    (world, session, resources.map(|(arn, tags)| (arn, !tags.is_empty())).collect())
}

fn s3_elsewhere(world: &World, session: &Session) -> BTreeSet<String> {
    let input = json!({"BucketRegion": "us-east-1"});
    let buckets = world.call_as(session, "s3", "ListBuckets", input).unwrap();
    let names = buckets["Buckets"].as_array().unwrap().iter();
    names.map(|bucket| format!("arn:aws:s3:::{}", bucket["Name"].as_str().unwrap())).collect()
}

/// Follows a listing to its end as the service's paginator says, and returns the items as texts.
fn walk(
    world: &World,
    session: &Session,
    (service, operation): (&str, &str),
    mut input: Value,
    items: &str,
) -> Vec<String> {
    let (sent, received) = match (service, operation) {
        ("dynamodb", _) => ("ExclusiveStartTableName", "LastEvaluatedTableName"),
        ("elb" | "elbv2" | "efs", _) => ("Marker", "NextMarker"),
        ("rds" | "redshift", _) => ("Marker", "Marker"),
        ("eks", _) => ("nextToken", "nextToken"),
        ("s3", _) => ("ContinuationToken", "ContinuationToken"),
        ("resourcegroupstaggingapi", _) => ("PaginationToken", "PaginationToken"),
        _ => ("NextToken", "NextToken"),
    };
    let mut found = Vec::new();
    for _ in 0..1000 {
        let page = world.call_as(session, service, operation, input.clone()).unwrap();
        let items = page.pointer(items).and_then(Value::as_array).cloned().unwrap_or_default();
        found.extend(items.iter().map(Value::to_string));
        match page[received].as_str() {
            Some(token) if !token.is_empty() => input[sent] = token.into(),
            _ => return found,
        }
    }
    panic!("{service} {operation} does not end");
}

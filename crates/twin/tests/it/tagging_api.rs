//! The Resource Groups Tagging API sees what has, or had, tags.

use bytes::Bytes;
use reeve_model::WireRequest;
use serde_json::{Value, json};

use crate::world::{ACCOUNT, RESOURCES, Session, World, sign};

const API: &str = "resourcegroupstaggingapi";

fn arns(world: &World, input: Value) -> Vec<String> {
    let output = world.call(API, "GetResources", input).unwrap();
    let found = output["ResourceTagMappingList"].as_array().unwrap().iter();
    found.map(|mapping| mapping["ResourceARN"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_kind_that_has_tags_is_there() {
    let world = World::one_of_each();
    assert_eq!(arns(&world, json!({})).len(), RESOURCES.len());
}

#[test]
fn what_was_never_tagged_is_not_there_and_what_once_was_is() {
    let world = World::empty(1);
    let never = world.put("AWS::EC2::Instance", "i-01", []);
    let once = world.put("AWS::EC2::Instance", "i-02", [("a", "b")]);
    world.twin.set_tags(&once, [].into());
    assert_eq!(arns(&world, json!({})), [once.as_str()]);
    world.twin.set_tags(&never, [("a".to_owned(), "b".to_owned())].into());
    assert_eq!(arns(&world, json!({})).len(), 2);
}

#[test]
fn filters_go_by_service_type_make_and_tag() {
    let world = World::one_of_each();
    world.put("AWS::EC2::Instance", "i-02", [("Team", "a"), ("Name", "second")]);
    world.put("AWS::ElasticLoadBalancingV2::LoadBalancer", "net/edge/01", [("Team", "b")]);
    for (input, expected) in [
        (json!({"ResourceTypeFilters": ["ec2"]}), 4),
        (json!({"ResourceTypeFilters": ["ec2:instance"]}), 2),
        (json!({"ResourceTypeFilters": ["s3", "rds:db"]}), 2),
        (json!({"ResourceTypeFilters": ["elasticloadbalancing:loadbalancer"]}), 3),
        (json!({"ResourceTypeFilters": ["elasticloadbalancing:loadbalancer/net"]}), 1),
        (json!({"TagFilters": [{"Key": "Team"}]}), 2),
        (json!({"TagFilters": [{"Key": "Team", "Values": ["a", "c"]}]}), 1),
        (json!({"TagFilters": [{"Key": "Team"}, {"Key": "Name"}]}), 1),
    ] {
        assert_eq!(arns(&world, input.clone()).len(), expected, "{input}");
    }
}

#[test]
fn resources_fail_one_by_one() {
    let world = World::one_of_each();
    let (table, none) = (
        "arn:aws:dynamodb:eu-west-1:111122223333:table/Table",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/none",
    );
    let elsewhere = "arn:aws:dynamodb:us-east-1:111122223333:table/Table";
    let input = json!({"ResourceARNList": [none, table, elsewhere], "Tags": {"a": "b"}});
    let output = world.call(API, "TagResources", input).unwrap();
    let failed: Vec<&String> = output["FailedResourcesMap"].as_object().unwrap().keys().collect();
    assert_eq!(failed, [none, elsewhere]);
    assert_eq!(world.twin.tags(&table.parse().unwrap()).unwrap().get("a").unwrap(), "b");
}

#[test]
fn a_request_in_cbor_is_answered_in_cbor() {
    let world = World::one_of_each();
    // {"ResourceTypeFilters": ["s3"]}
    let mut body = vec![0xa1, 0x73];
    body.extend_from_slice(b"ResourceTypeFilters");
    body.extend_from_slice(&[0x81, 0x62]);
    body.extend_from_slice(b"s3");
    let wire = WireRequest {
        method: "POST".to_owned(),
        path: "/service/ResourceGroupsTaggingAPI_20170126/operation/GetResources".to_owned(),
        headers: vec![
            ("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()),
            ("content-type".to_owned(), "application/cbor".to_owned()),
        ],
        body,
        ..WireRequest::default()
    };
    let response = world.twin.handle(sign(&Session::user(ACCOUNT), "tagging", wire));
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor");
    let body: &Bytes = response.body();
    let mentions = |text: &[u8]| body.windows(text.len()).any(|window| window == text);
    assert!(mentions(b"arn:aws:s3:::bucket") && !mentions(b"arn:aws:ec2"));
    assert_eq!(body[0] >> 5, 5, "a map");
}

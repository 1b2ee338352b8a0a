//! The world as a file: whole, the same again, and refused if it is something else.

use reeve_time::Clock;
use reeve_twin::{Effect, FaultRule, Scenario, Twin};
use serde_json::json;

use crate::{aws::Aws, world::World};

fn saved(twin: &Twin) -> Vec<u8> {
    let mut file = Vec::new();
    twin.snapshot(&mut file).unwrap();
    file
}

#[test]
fn a_world_that_is_restored_goes_on_as_it_would_have() {
    let first = World::one_of_each();
    first.twin.faults().add(
        FaultRule::every_call(Effect::Throttle)
            .of("rds", "DescribeDBClusters")
            .with_probability(0.5),
    );
    let session = json!({"RoleArn": "arn:aws:iam::444455556666:role/reeve", "RoleSessionName": "ana", "ExternalId": "agreed"});
    first.call("sts", "AssumeRole", session.clone()).unwrap();
    let file = saved(&first.twin);

    let second = World {
        twin: Twin::new(first.clock.clone(), 99).without_signature_checks(),
        clock: first.clock.clone(),
    };
    second.twin.restore(file.as_slice()).unwrap();
    assert_eq!(second.twin.resources(), first.twin.resources());
    // The same calls have the same answers in both: random ids, dice and all.
    for world in [&first, &second] {
        let answers: Vec<_> =
            (0..20).map(|_| world.call("rds", "DescribeDBClusters", json!({})).is_ok()).collect();
        let token = world.call("sts", "AssumeRole", session.clone()).unwrap();
        world.call("dynamodb", "TagResource", json!({"ResourceArn": "arn:aws:dynamodb:eu-west-1:111122223333:table/Table", "Tags": [{"Key": "Answers", "Value": format!("{answers:?}").replace(['[', ']', ','], "")}, {"Key": "Token", "Value": token["Credentials"]["AccessKeyId"]}]})).unwrap();
    }
    assert_eq!(second.twin.resources(), first.twin.resources());
    assert_eq!(saved(&second.twin), saved(&first.twin));
}

#[test]
fn the_same_scenario_seed_and_calls_give_the_same_world_byte_for_byte() {
    let world = |seed| {
        let twin = Twin::new(Clock::manual("2026-03-02T08:00:00Z".parse().unwrap()), seed);
        Scenario::named("demo").unwrap().begin(&twin).unwrap();
        saved(&twin)
    };
    let (first, again, other) = (world(7), world(7), world(8));
    assert!(first == again, "two worlds of one seed differ");
    assert!(first != other, "the seed makes no difference");
}

#[test]
fn what_waits_to_happen_is_saved_with_the_world() {
    let aws = Aws::small();
    let scenario = "version: 1\nname: later\ndescription: x\nregions: [eu-west-1]\naccounts: [{id: \"111122223333\", name: management}]\nresources:\n  - {type: AWS::DynamoDB::Table, in: management/eu-west-1, name: t}\ntimeline:\n  - at: PT1H\n    tags: {arn: \"arn:aws:dynamodb:eu-west-1:111122223333:table/t\", add: {Late: \"yes\"}}\n";
    Scenario::parse("later", scenario).unwrap().begin(aws.twin()).unwrap();
    let file = saved(aws.twin());
    let later = Clock::manual("2026-03-01T09:00:00Z".parse().unwrap());
    let twin = Twin::new(later.clone(), 5);
    twin.restore(file.as_slice()).unwrap();
    later.set("2026-03-01T11:00:00Z".parse().unwrap());
    twin.advance();
    let tags =
        twin.tags(&"arn:aws:dynamodb:eu-west-1:111122223333:table/t".parse().unwrap()).unwrap();
    assert_eq!(tags.get("Late").map(String::as_str), Some("yes"));
}

#[test]
fn what_changed_lately_is_saved_with_the_world() {
    let aws = Aws::small();
    aws.call(
        "config",
        "PutConfigurationRecorder",
        json!({"ConfigurationRecorder": {
            "name": "default", "roleARN": "arn:aws:iam::111122223333:role/config",
            "recordingGroup": {"allSupported": true},
        }}),
    );
    aws.call(
        "s3",
        "CreateBucket",
        json!({"Bucket": "kept", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    );
    let channel = json!({"DeliveryChannel": {"name": "default", "s3BucketName": "kept"}});
    aws.call("config", "PutDeliveryChannel", channel);
    let recorder = json!({"ConfigurationRecorderName": "default"});
    aws.call("config", "StartConfigurationRecorder", recorder);
    aws.twin().faults().add(
        FaultRule::every_call(Effect::StaleReads(jiff::SignedDuration::from_secs(20)))
            .of("ec2", "DescribeVpcs"),
    );
    // A change that nobody was told of yet, and that readers do not see yet.
    aws.call("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let file = saved(aws.twin());
    aws.twin().restore(file.as_slice()).unwrap();
    assert!(saved(aws.twin()) == file, "a world saved, restored and saved is another file");
    assert_eq!(aws.call("ec2", "DescribeVpcs", json!({}))["Vpcs"], json!([]));
    aws.advance("PT10M");
    assert_eq!(aws.call("ec2", "DescribeVpcs", json!({}))["Vpcs"].as_array().unwrap().len(), 1);
    let listed =
        aws.call("config", "ListDiscoveredResources", json!({"resourceType": "AWS::EC2::VPC"}));
    assert_eq!(listed["resourceIdentifiers"].as_array().unwrap().len(), 1, "{listed}");
}

#[test]
fn a_file_that_is_no_snapshot_or_is_damaged_is_refused_and_changes_nothing() {
    let world = World::one_of_each();
    let before = world.twin.resources();
    let file = saved(&world.twin);
    let mut other_version = file.clone();
    other_version[10] = 77;
    for (damaged, said) in [
        (Vec::new(), "not a snapshot"),
        (b"something else entirely".to_vec(), "not a snapshot"),
        (other_version, "of version 77"),
        (file[..file.len() / 2].to_vec(), "damaged"),
    ] {
        let error = world.twin.restore(damaged.as_slice()).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(world.twin.resources(), before);
}

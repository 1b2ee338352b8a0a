//! `reeve twin`: scenarios, worlds that are kept, and copies of an estate.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use insta::assert_snapshot;
use reeve_time::Clock;
use reeve_twin::{Twin, seed};
use reeve_types::Tags;

use crate::harness::World;

/// What the ARNs of the types that Reeve knows have in them.
const KNOWN: [&str; 12] = [
    ":autoScalingGroup:",
    ":canary:",
    ":cluster/",
    ":cluster:",
    ":db:",
    ":domain/",
    ":file-system/",
    ":instance/",
    ":loadbalancer/",
    ":natgateway/",
    ":s3:::",
    ":table/",
];

/// The resources of the types that Reeve knows, but for the account that is not in the estate.
fn known(twin: &Twin) -> BTreeMap<String, Tags> {
    let others = ["777788889999", "harbour-staging-artifacts", "harbour-experiment-data"];
    let is_known = |arn: &str| KNOWN.iter().any(|part| arn.contains(part));
    let resources = twin.resources().into_iter();
    resources
        .filter(|(arn, _)| is_known(arn) && !others.iter().any(|other| arn.contains(other)))
        .collect()
}

#[test]
fn a_copy_of_the_estate_has_what_the_estate_has() {
    let world = World::new();
    let loaded = world.json("twin load --out copy.twin");
    assert_eq!(loaded["unknown"], serde_json::json!([]));
    let copy = Twin::new(Clock::system(), 1);
    copy.restore(File::open(world.home().join("copy.twin")).unwrap()).unwrap();
    assert_eq!(known(&copy), known(&world.twin));
    assert!(known(&copy).len() > 50, "{}", known(&copy).len());
    // Only reads were called.
    assert!(world.twin.calls().iter().all(|call| !call.is_change()));
}

#[test]
fn what_cannot_be_looked_at_is_said_and_the_rest_is_copied() {
    let world = World::new();
    let denied = reeve_twin::FaultRule::every_call(reeve_twin::Effect::Deny);
    world.twin.faults().add(denied.of("redshift", "DescribeClusters"));
    let shown = world.run("twin load");
    assert_eq!(shown.status, Some(3));
    assert!(
        shown.stderr.contains("AWS::Redshift::Cluster in 444455556666 eu-west-1"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("redshift:DescribeClusters"), "{}", shown.stderr);
}

#[test]
fn a_scenario_that_is_wrong_is_refused_before_it_begins() {
    let world = World::new();
    std::fs::write(world.home().join("wrong.yaml"), "version: 1\nnam: x\n").unwrap();
    let said = world.transcript(&[
        "twin validate wrong.yaml",
        "twin --scenario smal",
        "twin --snapshot wrong.yaml",
    ]);
    assert_snapshot!(said, @r"
    $ reeve twin validate wrong.yaml
    ! wrong.yaml:1:1: the key `regions` is missing
    ! wrong.yaml:1:1: the key `accounts` is missing
    ! wrong.yaml:1:1: the key `name` is missing
    ! wrong.yaml:1:1: the key `description` is missing
    ! wrong.yaml:2:1: nam: unknown key
    !   hint: did you mean `name`?
    ! nothing was done
    [exit 2]

    $ reeve twin --scenario smal
    ! error: no scenario `smal`: No such file or directory (os error 2)
    !   hint: did you mean `small`?
    [exit 2]

    $ reeve twin --snapshot wrong.yaml
    ! error: wrong.yaml: this is not a snapshot of a twin
    [exit 2]
    ");
}

#[test]
fn a_world_that_is_saved_goes_on_where_it_was() {
    let world = World::new();
    let twin = Twin::new(Clock::system(), 1);
    seed::small(&twin);
    let arn = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions".parse().unwrap();
    assert!(twin.set_tags(&arn, Tags::from([("Seen".to_owned(), "yes".to_owned())])));
    twin.snapshot(File::create(world.home().join("saved.twin")).unwrap()).unwrap();
    let mut served = world
        .command("--json twin --snapshot saved.twin --listen 127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    for line in BufReader::new(served.stdout.take().unwrap()).lines() {
        told.push_str(&line.unwrap());
        if told.ends_with('}') {
            break;
        }
    }
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let listed = Command::new(env!("CARGO_BIN_EXE_reeve"))
        .env_clear()
        .env("HOME", world.home())
        .env("AWS_ENDPOINT_URL", told["endpoint_url"].as_str().unwrap())
        .env("AWS_ACCESS_KEY_ID", told["access_key_id"].as_str().unwrap())
        .env("AWS_SECRET_ACCESS_KEY", told["secret_access_key"].as_str().unwrap())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args(["aws", "sts", "get-caller-identity", "--region", "eu-west-1", "--query", "Arn"])
        .output();
    served.kill().unwrap();
    served.wait().unwrap();
    let listed = listed.unwrap();
    let stdout = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(
        stdout.trim(),
        "\"arn:aws:iam::111122223333:user/reeve\"",
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
}

//! The process that moves an execution on is killed, and another one finishes it.

use serde_json::Value;

use crate::{
    crash::{
        Death::{self, AfterChange, BeforeChange},
        kill,
    },
    harness::World,
};

/// Changes that AWS knows by their token, changes that may be made again and changes that have to be looked for, a loop, a
/// branch, and waits.
const DOCUMENT: &str = "schemaVersion: '0.3'
mainSteps:
- name: volumes
  action: aws:loop
  inputs:
    Iterators: ['1', '2']
    Steps:
    - name: volume
      action: aws:executeAwsApi
      inputs: {Service: ec2, Api: CreateVolume, AvailabilityZone: eu-west-1a, Size: '{{ volumes.CurrentIteratorValue }}'}
      outputs: [{Name: Id, Selector: $.VolumeId, Type: String}]
    - {name: breath, action: 'aws:sleep', inputs: {Duration: PT1S}}
- name: role
  action: aws:executeAwsApi
  inputs: {Service: iam, Api: CreateRole, RoleName: killed, AssumeRolePolicyDocument: '{\"Version\":\"2012-10-17\",\"Statement\":[]}'}
  outputs: [{Name: RoleName, Selector: $.Role.RoleName, Type: String}]
- name: choose
  action: aws:branch
  inputs: {Choices: [{NextStep: tag, Variable: '{{ role.RoleName }}', StringEquals: killed}], Default: tag}
- name: tag
  action: aws:createTags
  inputs: {ResourceType: EC2, ResourceIds: ['{{ volume.Id }}'], Tags: [{Key: made, Value: by a runbook}]}
- name: snapshot
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: CreateSnapshot, VolumeId: '{{ volume.Id }}'}
- name: queue
  action: aws:executeAwsApi
  inputs: {Service: sqs, Api: CreateQueue, QueueName: killed}
";

/// How many changes it makes.
const CHANGES: usize = 6;

/// The execution was begun, and nobody moves it on yet.
pub(crate) fn begun(world: World) -> World {
    world.write("runbooks/Killed.yaml", DOCUMENT);
    let shown =
        world.run("runbook run Killed --detach --account production --region eu-west-1 --reason x");
    assert_eq!(shown.status, Some(0), "{shown}");
    world.twin.forget_calls();
    world
}

/// What was changed, and how each step ended.
type Finished = (Vec<String>, Vec<String>);

/// Sees to the end.
pub(crate) fn finished(world: &World) -> Finished {
    let shown = world.run("run watch latest");
    assert_eq!(shown.status, Some(0), "{shown}");
    assert_eq!(world.run("ledger verify").status, Some(0));
    finished_with(world, None)
}

/// The same, with what `run show` says of it if that was asked already.
pub(crate) fn finished_with(world: &World, detail: Option<Value>) -> Finished {
    let calls = world.twin.calls();
    let performed = calls.iter().filter(|call| call.is_change() && call.outcome.performed());
    let mut seen = std::collections::BTreeSet::new();
    // What has a token came again with it and changed nothing; creating the same queue or tag again changes nothing.
    let once = performed.filter(|call| {
        let is_new = seen.insert((call.operation.clone(), call.input.clone()));
        is_new || ["CreateRole", "CreateSnapshot"].contains(&call.operation.as_str())
    });
    let changes = once.map(|call| format!("{}:{}", call.service, call.operation)).collect();
    let detail = detail.unwrap_or_else(|| world.json("run show latest"));
    let records = detail["records"].as_array().unwrap().iter();
    let ended = records.filter(|record| record["kind"] == "step.ended");
    (changes, ended.map(|record| record["summary"].as_str().unwrap().to_owned()).collect())
}

/// How many of each kind of thing there are, besides what the estate began with.
pub(crate) fn made(world: &World) -> (usize, usize) {
    let resources = world.twin.resources();
    let count = |kind: &str| resources.iter().filter(|(arn, _)| arn.contains(kind)).count();
    (count(":volume/"), count(":snapshot/"))
}

fn is_finished_by_another(make: impl Fn() -> World, words: &str, deaths: &[Death]) {
    let undisturbed = begun(make());
    let expected = finished(&undisturbed);
    assert_eq!(expected.0.len(), CHANGES, "{expected:?}");
    for death in deaths {
        let world = begun(make());
        kill(&world, words, *death);
        assert_eq!(finished(&world), expected, "{words}: {death:?}");
        assert_eq!(made(&world), made(&undisturbed), "{words}: {death:?}");
    }
}

#[test]
fn an_execution_whose_watcher_is_killed_is_finished_by_the_next() {
    let deaths = [
        BeforeChange(1),
        AfterChange(1),
        AfterChange(2),
        AfterChange(3),
        AfterChange(4),
        AfterChange(5),
        BeforeChange(CHANGES),
        AfterChange(CHANGES),
    ];
    is_finished_by_another(World::new, "run watch latest", &deaths);
}

#[test]
fn an_execution_whose_server_is_killed_is_finished_by_another() {
    let deaths = [AfterChange(1), BeforeChange(3), AfterChange(5)];
    is_finished_by_another(World::new, "serve --listen 127.0.0.1:0", &deaths);
}

#[test]
fn an_execution_on_postgres_whose_server_is_killed_is_finished_by_another() {
    if World::on_postgres().is_none() {
        return;
    }
    let make = || World::on_postgres().unwrap();
    is_finished_by_another(make, "serve --listen 127.0.0.1:0", &[AfterChange(3), BeforeChange(5)]);
}

//! Runbooks rehearsed: run on a simulated copy of an account, which stays as it is.

use std::{io::Write as _, path::Path};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::harness::{World, files};

const WHERE: &str = "--account production --region eu-west-1";

/// Calls the simulated AWS that plays the real one.
fn call(world: &World, service: &str, operation: &str, input: &Value) -> Value {
    let words = format!("aws {service} {operation} --input '{input}' {WHERE} --yes");
    let shown = world.run(&words);
    assert_eq!(shown.status, Some(0), "{shown}");
    serde_json::from_str(&shown.stdout).unwrap_or_default()
}

/// What became of the account and the records meanwhile: nothing.
fn untouched(world: &World, doing: impl FnOnce() -> Value) -> Value {
    let records = |world: &World| (world.json("ledger"), world.json("run list"));
    let before = records(world);
    let database = || {
        let kept = files(&world.path("data"));
        kept.into_iter().find(|(path, _)| path.ends_with("reeve.db")).map(|(_, bytes)| bytes)
    };
    let bytes = database();
    world.twin.forget_calls();
    let view = doing();
    for call in world.twin.calls() {
        assert!(!call.is_change(), "{call:?}");
    }
    assert_eq!(database(), bytes);
    assert_eq!(records(world), before);
    view
}

fn rehearse(world: &World, words: &str) -> Value {
    untouched(world, || world.json(&format!("runbook rehearse {words} {WHERE}")))
}

/// The first instance that runs in the account.
fn instance(world: &World) -> String {
    let seen = call(world, "ec2", "DescribeInstances", &json!({}));
    let reservations = seen["Reservations"].as_array().unwrap();
    let mut instances = reservations.iter().flat_map(|one| one["Instances"].as_array().unwrap());
    let running = instances.find(|one| one["State"]["Name"] == "running").unwrap();
    running["InstanceId"].as_str().unwrap().to_owned()
}

/// The calls that changed something, or all of a kind.
fn whats(view: &Value, keep: impl Fn(&Value) -> bool) -> Vec<&str> {
    let calls = view["calls"].as_array().unwrap().iter().filter(|call| keep(call));
    calls.map(|call| call["what"].as_str().unwrap()).collect()
}

fn differences(view: &Value, id: &str) -> Vec<String> {
    let change = view["changes"].as_array().unwrap().iter().find(|change| change["id"] == id);
    let differences = change.unwrap_or_else(|| panic!("{id}: {:#}", view["changes"]));
    let differences = differences["differences"].as_array().unwrap();
    let told = |one: &Value| {
        format!("{}: {} -> {}", one["path"].as_str().unwrap(), one["before"], one["after"])
    };
    differences.iter().map(told).collect()
}

#[test]
fn an_instance_is_stopped_in_the_rehearsal_and_runs_on_in_the_account() {
    let world = World::new();
    let id = instance(&world);
    let view = rehearse(&world, &format!("Reeve-StopInstance -p InstanceIds={id}"));
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["world"]["missing"], json!([]));
    assert_eq!(view["world"]["differing"], json!([]));
    assert_eq!(whats(&view, |call| call["reads"] == false), ["ec2:StopInstances"]);
    assert!(view["seconds"].as_i64().unwrap() >= 5, "stopping takes its time: {}", view["seconds"]);
    let told = differences(&view, &id);
    assert!(told.contains(&"State.Name: \"running\" -> \"stopped\"".to_owned()), "{told:?}");
    assert_eq!(view["without_undo"], json!([]));
    let seen = call(&world, "ec2", "DescribeInstances", &json!({"InstanceIds": [id]}));
    assert_eq!(seen["Reservations"][0]["Instances"][0]["State"]["Name"], "running");
}

#[test]
fn a_volume_is_extended_as_large_as_it_really_is() {
    let world = World::new();
    let made = call(
        &world,
        "ec2",
        "CreateVolume",
        &json!({"AvailabilityZone": "eu-west-1a", "Size": 33, "VolumeType": "gp3"}),
    );
    world.twin.set_time(world.twin.now() + std::time::Duration::from_mins(1));
    let id = made["VolumeId"].as_str().unwrap();
    let view = rehearse(&world, &format!("Reeve-ExtendVolume -p VolumeId={id} -p Size=50"));
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["world"]["types"]["AWS::EC2::Volume"], 1);
    assert!(differences(&view, id).contains(&"Size: 33 -> 50".to_owned()));
    let why = &view["without_undo"][0];
    assert_eq!(why["what"], "ec2:ModifyVolume");
    assert!(!why["why"].as_str().unwrap().is_empty());
    // As in the account, a volume cannot be made smaller.
    let refused = rehearse(&world, &format!("Reeve-ExtendVolume -p VolumeId={id} -p Size=8"));
    assert_eq!(refused["status"], "Failed");
    assert_eq!(refused["changes"], json!([]));
}

/// Waits for hours, asks, and goes round.
const LONG: &str = "schemaVersion: '0.3'
description: Takes its time.
parameters:
  TableName: {type: String}
mainSteps:
- {name: rest, action: 'aws:sleep', inputs: {Duration: PT3H}}
- name: ask
  action: aws:approve
  inputs: {Approvers: [ben, 'arn:aws:iam::444455556666:user/carla'], MinRequiredApprovals: 2}
- {name: breathe, action: 'aws:pause', inputs: {}}
- name: each
  action: aws:loop
  inputs:
    Iterators: [one, two]
    IteratorDataType: String
    Steps:
    - name: tag
      action: aws:executeAwsApi
      inputs:
        Service: dynamodb
        Api: TagResource
        ResourceArn: 'arn:aws:dynamodb:eu-west-1:444455556666:table/{{ TableName }}'
        Tags: [{Key: 'Round', Value: '{{ each.CurrentIteratorValue }}'}]
";

#[test]
fn hours_pass_at_once_and_whoever_is_asked_has_answered() {
    let world = World::new();
    world.write("runbooks/Long.yaml", LONG);
    let view = rehearse(&world, "Long -p TableName=Sessions");
    assert_eq!(view["status"], "Success", "{view:#}");
    let hours = view["seconds"].as_i64().unwrap() / 3600;
    assert_eq!(hours, 3);
    let steps: Vec<(&str, usize)> = view["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["calls"].as_array().unwrap().len()))
        .collect();
    assert_eq!(
        steps,
        [("rest", 0), ("ask", 0), ("breathe", 0), ("each", 0), ("tag", 1), ("tag", 1),]
    );
    assert_eq!(view["steps"][0]["seconds"], 3 * 3600);
    let answers: Vec<(&str, &str)> = view["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["word"].as_str().unwrap(), one["by"].as_str().unwrap()))
        .collect();
    assert_eq!(answers, [("approve", "ben"), ("approve", "carla"), ("resume", "person:ana")]);
    let told = differences(&view, "Sessions");
    assert!(told.contains(&"Tags.Round: null -> \"two\"".to_owned()), "{told:?}");
    let arn = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions";
    assert!(!world.twin.tags(&arn.parse().unwrap()).unwrap().contains_key("Round"));
    let words = format!("runbook rehearse Long -p TableName=Sessions {WHERE}");
    assert_snapshot!(world.filtered(&world.run(&words).to_string()), @r#"
    Long in 444455556666 eu-west-1, rehearsed
    Success after 3 h
    nothing of it happened: it ran on a simulated copy, with 47 resources of 17 types

    what it did
      +0 s rest aws:sleep: Success after 3 h
      +3 h ask aws:approve: Success
          approve in the place of ben
          approve in the place of carla
      +3 h breathe aws:pause: Success
          resume in the place of person:ana
      +3 h each aws:loop: Success
      +3 h tag round 1 aws:executeAwsApi: Success
          calls dynamodb:TagResource {"ResourceArn":"arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions","Tags":[{"Key":"Round","Value":"one"}]}
            -> {}
      +3 h tag round 2 aws:executeAwsApi: Success
          calls dynamodb:TagResource {"ResourceArn":"arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions","Tags":[{"Key":"Round","Value":"two"}]}
            -> {}

    what is different then
      changed AWS::DynamoDB::Table Sessions
          Tags.Round: nothing -> two
    "#);
}

#[test]
fn a_setting_that_is_no_resource_is_loaded_as_it_is() {
    let world = World::new();
    let bucket = json!({"Bucket": "harbour-rehearsed", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}});
    call(&world, "s3", "CreateBucket", &bucket);
    let suspended =
        json!({"Bucket": "harbour-rehearsed", "VersioningConfiguration": {"Status": "Suspended"}});
    call(&world, "s3", "PutBucketVersioning", &suspended);
    let view = rehearse(&world, "Reeve-EnableBucketVersioning -p BucketName=harbour-rehearsed");
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["world"]["differing"], json!([]));
    let told = differences(&view, "harbour-rehearsed");
    assert!(
        told.contains(&"VersioningConfiguration.Status: \"Suspended\" -> \"Enabled\"".to_owned()),
        "{told:?}"
    );
}

#[test]
fn what_the_simulated_account_does_not_know_is_named() {
    let world = World::new();
    world.write(
        "runbooks/Strange.yaml",
        "schemaVersion: '0.3'
mainSteps:
- name: ask
  action: aws:executeAwsApi
  inputs: {Service: chime, Api: ListAccounts}
",
    );
    let denied = reeve_twin::FaultRule::every_call(reeve_twin::Effect::Deny);
    world.twin.faults().add(denied.of("redshift", "DescribeClusters"));
    let view = rehearse(&world, "Strange");
    assert_eq!(view["status"], "Failed");
    let missing = view["world"]["missing"].as_array().unwrap();
    let named = |text: &str| missing.iter().any(|one| one.as_str().unwrap().contains(text));
    assert!(named("AWS::Redshift::Cluster"), "{missing:?}");
    assert!(named("the twin does not perform chime:ListAccounts"), "{missing:?}");
    assert!(view["failure"].as_str().unwrap().contains("step `ask`"), "{}", view["failure"]);
}

#[test]
fn what_is_wrong_with_what_is_asked_for_is_said_before_anything_is_looked_at() {
    let world = World::new();
    world.json("run list");
    world.twin.forget_calls();
    assert_snapshot!(
        world.transcript(&[
            "runbook rehearse Reeve-StopInstanc --account production --region eu-west-1",
            "runbook rehearse Reeve-StopInstance --account production --region eu-west-1",
            "runbook rehearse Reeve-StopInstance --account nowhere -p InstanceIds=i-0123456789abcdef0",
            "runbook rehearse Reeve-StopInstance --account production --region eu-north-1 -p InstanceIds=i-0123456789abcdef0",
        ]),
        @r"
    $ reeve runbook rehearse Reeve-StopInstanc --account production --region eu-west-1
    ! error: there is no runbook and no file `Reeve-StopInstanc`; did you mean `Reeve-StopInstance`?
    !   hint: `reeve runbook list` shows the runbooks
    [exit 2]

    $ reeve runbook rehearse Reeve-StopInstance --account production --region eu-west-1
    ! error RV1015: parameter `InstanceIds` must be given
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook rehearse Reeve-StopInstance --account nowhere -p InstanceIds=i-0123456789abcdef0
    ! error: the estate has no account `nowhere`
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve runbook rehearse Reeve-StopInstance --account production --region eu-north-1 -p InstanceIds=i-0123456789abcdef0
    ! error RV1010: the estate does not look after eu-north-1 in account 444455556666
    [exit 2]
    "
    );
    assert_eq!(world.twin.calls().len(), 0);
}

const SCRIPT: &str = "schemaVersion: '0.3'
parameters:
  TableName: {type: String}
mainSteps:
- name: count
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: count
    InputPayload: {table: '{{ TableName }}'}
    Script: |
      import boto3
      def count(event, context):
          print('asking')
          client = boto3.client('dynamodb')
          arn = client.describe_table(TableName=event['table'])['Table']['TableArn']
          client.tag_resource(ResourceArn=arn, Tags=[{'Key': 'Counted', 'Value': 'yes'}])
          return {'arn': arn}
  outputs: [{Name: Arn, Selector: $.Payload.arn, Type: String}]
outputs: [count.Arn]
";

#[test]
fn a_script_really_runs_and_reaches_only_the_simulated_account() {
    let world = World::new();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    if !python.exists() {
        writeln!(std::io::stderr(), "not run, since there is no Python with boto3 in `.venv`").ok();
        return;
    }
    world.write("runbooks/Script.yaml", SCRIPT);
    let words = format!("runbook rehearse Script -p TableName=Sessions {WHERE} --json");
    let view = untouched(&world, || {
        let output = world.command(&words).env("REEVE_PYTHON", &python).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    });
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["calls"][0]["printed"], "asking\n");
    let script = whats(&view, |call| call["script"] == 1);
    assert_eq!(script, ["dynamodb:DescribeTable", "dynamodb:TagResource"]);
    assert_eq!(view["steps"][0]["calls"], json!([1, 2, 3]));
    let arn = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions";
    assert_eq!(view["outputs"]["count.Arn"], arn);
    assert!(differences(&view, "Sessions").contains(&"Tags.Counted: null -> \"yes\"".to_owned()));
    let why = &view["without_undo"][0]["why"];
    assert_eq!(why, "a script made it, and what was before is not kept");
}

#[test]
fn a_user_and_its_keys_are_loaded_because_the_runbook_names_them() {
    let world = World::new();
    call(&world, "iam", "CreateUser", &json!({"UserName": "old"}));
    let made = call(&world, "iam", "CreateAccessKey", &json!({"UserName": "old"}));
    let key = made["AccessKey"]["AccessKeyId"].as_str().unwrap();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    if !python.exists() {
        writeln!(std::io::stderr(), "not run, since there is no Python with boto3 in `.venv`").ok();
        return;
    }
    let words = format!(
        "runbook rehearse Reeve-DeactivateAccessKey -p UserName=old -p AccessKeyId={key} {WHERE} --json"
    );
    let view = untouched(&world, || {
        let output = world.command(&words).env("REEVE_PYTHON", &python).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    });
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["world"]["differing"], json!([]));
    assert_eq!(differences(&view, key), ["Status: \"Active\" -> \"Inactive\""]);
}

/// Runs another runbook, and tells somebody's server.
const FAMILY: &str = "schemaVersion: '0.3'
parameters:
  InstanceIds: {type: StringList}
mainSteps:
- {name: tell, action: 'aws:invokeWebhook', inputs: {IntegrationName: chat, Body: hello}}
- name: stop
  action: aws:executeAutomation
  inputs: {DocumentName: Reeve-StopInstance, RuntimeParameters: {InstanceIds: '{{ InstanceIds }}'}}
";

#[test]
fn runbooks_run_by_it_are_rehearsed_too_and_other_servers_are_not_asked() {
    let world = World::new();
    let id = instance(&world);
    world.write("runbooks/Family.yaml", FAMILY);
    let view = rehearse(&world, &format!("Family -p InstanceIds={id}"));
    assert_eq!(view["status"], "Success", "{view:#}");
    assert_eq!(view["calls"][0]["kind"], "webhook");
    assert_eq!(view["calls"][0]["supposed"], true);
    let steps: Vec<(&str, &str)> = view["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["runbook"].as_str().unwrap(), step["step"].as_str().unwrap()))
        .collect();
    let of = |runbook| steps.iter().filter(move |(of, _)| *of == runbook).map(|(_, step)| *step);
    assert_eq!(of("Family").collect::<Vec<_>>(), ["tell", "stop"]);
    assert!(of("Reeve-StopInstance").any(|step| step == "stop"), "{steps:?}");
    let told = differences(&view, &id);
    assert!(told.contains(&"State.Name: \"running\" -> \"stopped\"".to_owned()), "{told:?}");
}

#[test]
fn a_command_runs_on_a_machine_that_really_has_an_agent_and_on_no_other() {
    let world = World::new();
    let listed = call(&world, "ssm", "DescribeInstanceInformation", &json!({}));
    let known: Vec<&str> = listed["InstanceInformationList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["InstanceId"].as_str().unwrap())
        .collect();
    let run = |id: &str| {
        let words = "-p 'Commands=uname -r' -p Approvers=ana";
        rehearse(&world, &format!("Reeve-RunCommandWithApproval -p InstanceIds={id} {words}"))
    };
    let view = run(known[0]);
    assert_eq!(view["status"], "Success", "{view:#}");
    let is_command =
        |change: &Value| change["type"].as_str().unwrap().starts_with("AWS::SSM::Command");
    assert!(view["changes"].as_array().unwrap().iter().all(is_command), "{:#}", view["changes"]);
    let without = instance(&world);
    assert!(!known.contains(&without.as_str()), "another instance has to be without an agent");
    assert_eq!(run(&without)["status"], "Failed");
}

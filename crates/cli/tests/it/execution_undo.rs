//! Executions that are taken back, by command.

use crate::harness::World;

const TAG_TABLE: &str = "schemaVersion: '0.3'
description: Tags a table.
parameters:
  TableName: {type: String}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: DescribeTable, TableName: '{{ TableName }}'}
  outputs: [{Name: Arn, Selector: $.Table.TableArn, Type: String}]
- name: tag
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: TagResource, ResourceArn: '{{ look.Arn }}', Tags: [{Key: Owner, Value: web}]}
";

const UNTAG_TABLE: &str = "schemaVersion: '0.3'
parameters:
  lookArn: {type: String}
mainSteps:
- name: untag
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: UntagResource, ResourceArn: '{{ lookArn }}', TagKeys: [Owner]}
";

const RUN: &str =
    "runbook run Tag-Table --account production --region eu-west-1 -p TableName=Sessions";

fn world() -> World {
    let world = World::new();
    world.write("runbooks/Tag-Table.yaml", TAG_TABLE);
    world
}

fn owner(world: &World) -> Option<String> {
    let table = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions".parse().unwrap();
    world.twin.tags(&table).unwrap().get("Owner").cloned()
}

#[test]
fn an_execution_is_shown_asked_about_and_taken_back_once() {
    let world = world();
    let id = world.json(RUN)["id"].as_str().unwrap().to_owned();
    assert_eq!(owner(&world).as_deref(), Some("web"));
    let shown = world.run("run undo latest --dry-run");
    assert_eq!(shown.status, Some(0), "{shown}");
    assert!(shown.stdout.contains("dynamodb:UntagResource"), "{shown}");
    assert!(shown.stdout.contains("takes back dynamodb:TagResource of step tag"), "{shown}");
    let asked = world.run(&format!("undo {id}"));
    assert_eq!(asked.status, Some(2), "{asked}");
    assert!(asked.stderr.contains("there is no terminal to ask on"), "{asked}");
    assert_eq!(owner(&world).as_deref(), Some("web"));
    let undone = world.run(&format!("undo {id} --yes -m 'only trying'"));
    assert_eq!(undone.status, Some(0), "{undone}");
    assert!(undone.stdout.contains(&format!("takes back {id}")), "{undone}");
    assert_eq!(owner(&world), None);
    let again = world.run(&format!("undo {id} --yes"));
    assert_eq!(again.status, Some(1), "{again}");
    assert!(again.stderr.contains("RV1020"), "{again}");
    assert_eq!(world.json(&format!("run show {id}"))["undone_by"][0]["status"], "Success");
    // The undo is an execution like any other.
    let redone = world.run("run undo latest --yes");
    assert_eq!(redone.status, Some(0), "{redone}");
    assert_eq!(owner(&world).as_deref(), Some("web"));
}

#[test]
fn a_plan_is_no_execution() {
    let refused = world().run("undo latest --dry-run");
    assert_eq!(refused.status, Some(2), "{refused}");
    assert!(refused.stderr.contains("are for executions"), "{refused}");
}

#[test]
fn the_undo_that_a_document_declares_is_checked_shown_and_run() {
    let world = world();
    world.write("runbooks/Tag-Table.undo.yaml", &UNTAG_TABLE.replace("lookArn", "lookAnr"));
    for words in ["runbook lint Tag-Table.undo", RUN] {
        let wrong = world.run(words);
        assert_eq!(wrong.status, Some(2), "{wrong}");
        let said = format!("{}{}", wrong.stdout, wrong.stderr);
        assert!(said.contains("Tag-Table.undo:3:3: parameters.lookAnr"), "{wrong}");
    }
    world.write("runbooks/Tag-Table.undo.yaml", UNTAG_TABLE);
    let listed = world.json("runbook list")["items"].as_array().unwrap().clone();
    assert!(listed.iter().all(|item| item["name"] != "Tag-Table.undo"));
    assert_eq!(world.json("runbook show Tag-Table")["undo"], "Tag-Table.undo");
    assert_eq!(world.run(RUN).status, Some(0));
    let undone = world.run("run undo latest --yes");
    assert_eq!(undone.status, Some(0), "{undone}");
    assert!(undone.stderr.contains("by the runbook Tag-Table.undo"), "{undone}");
    assert_eq!(owner(&world), None);
}

#[test]
fn what_cannot_be_taken_back_is_named_before_the_run_starts() {
    let world = world();
    world.write("runbooks/Drop-Queue.yaml", "schemaVersion: '0.3'\nmainSteps:\n- {name: drop, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: PurgeQueue, QueueUrl: 'https://x'}}\n");
    world.write("runbooks/Outer.yaml", "schemaVersion: '0.3'\nmainSteps:\n- {name: inner, action: 'aws:executeAutomation', inputs: {DocumentName: Drop-Queue}}\n");
    let shown = world.json("runbook show Outer");
    assert_eq!(shown["without_undo"][0]["step"], "inner/drop");
    let run =
        world.run("runbook run Outer --account production --region eu-west-1 --detach --json");
    assert!(run.stderr.contains("cannot be taken back"), "{run}");
    let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["without_undo"][0]["step"], "inner/drop");
}

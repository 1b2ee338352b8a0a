//! Executions that are taken back on the simulated AWS: what was there before is there again, unless somebody changed it since.

use reeve_app::{
    App,
    executions::{NamedRunbook, Origin, StartRequest, UndoRequest, Word},
};
use reeve_aws::Target;
use reeve_store::{Entry, LedgerFilter, Limit};
use reeve_types::ExecutionId;
use serde_json::{Value, json};

use crate::{
    die::{Moment, live, live_long},
    executions::{ana, carry_out, latest, summaries},
    world::{SHOP, World, assert_ledger_is_intact},
};

const INSTANCE: &str = "i-0123456789abcdef0";
const ROWS: &str = "
    shop | instance | i-0123456789abcdef0 | Team=web Env=test
    shop | bucket   | harbour-orders      | Team=web
";

/// Changes what can be changed of an instance and a bucket, and makes a volume.
const CHANGE: &str = "schemaVersion: '0.3'
mainSteps:
- name: tag
  action: aws:createTags
  inputs: {ResourceIds: [i-0123456789abcdef0], ResourceType: EC2, Tags: [{Key: Env, Value: prod}, {Key: Owner, Value: '{ops}'}]}
- name: protect
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: ModifyInstanceAttribute, InstanceId: i-0123456789abcdef0, DisableApiTermination: {Value: true}}
- name: block
  action: aws:executeAwsApi
  inputs:
    Service: s3
    Api: PutPublicAccessBlock
    Bucket: harbour-orders
    PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
- name: stop
  action: aws:changeInstanceState
  inputs: {InstanceIds: [i-0123456789abcdef0], DesiredState: stopped}
- name: grow
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: ModifyInstanceAttribute, InstanceId: i-0123456789abcdef0, InstanceType: {Value: m5.xlarge}}
- name: make
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: CreateVolume, AvailabilityZone: eu-west-1a, Size: 4, VolumeType: gp3}
";

fn named(name: &str, text: &str) -> NamedRunbook {
    NamedRunbook::of_file(&format!("{name}.yaml"), text.to_owned())
}

async fn call(
    app: &App,
    (service, operation): (&str, &str),
    input: Value,
) -> Result<Value, String> {
    let target = Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "test".to_owned(),
        reason: None,
        role: None,
    };
    let input = app.client.read_input(&target, (service, operation), &input).unwrap();
    let answer = app.client.call(&target, service, operation, input).await;
    answer.map(|answer| answer.to_json()).map_err(|error| error.code().unwrap_or("?").to_owned())
}

/// What there is, as AWS tells, once everything that was begun has come to its end.
async fn state(app: &App) -> Value {
    app.clock.set(app.clock.now() + jiff::SignedDuration::from_mins(10));
    let ids = json!({"InstanceIds": [INSTANCE]});
    let seen = call(app, ("ec2", "DescribeInstances"), ids).await.unwrap();
    let instance = &seen["Reservations"][0]["Instances"][0];
    let mut tags: Vec<String> = instance["Tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| format!("{}={}", tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap()))
        .collect();
    tags.sort();
    let protection = json!({"InstanceId": INSTANCE, "Attribute": "disableApiTermination"});
    let protection = call(app, ("ec2", "DescribeInstanceAttribute"), protection).await.unwrap();
    let bucket = json!({"Bucket": "harbour-orders"});
    let block = call(app, ("s3", "GetPublicAccessBlock"), bucket).await;
    let volumes = call(app, ("ec2", "DescribeVolumes"), json!({})).await.unwrap();
    json!({
        "type": instance["InstanceType"],
        "state": instance["State"]["Name"],
        "tags": tags,
        "protected": protection["DisableApiTermination"]["Value"],
        "block": block.unwrap_or_else(|code| json!(code)),
        "volumes": volumes["Volumes"].as_array().map_or(0, Vec::len),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "parameters are written in place")]
fn request(runbook: NamedRunbook, parameters: Value) -> StartRequest {
    StartRequest {
        runbook,
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: parameters.as_object().unwrap().clone(),
        reason: "a test".to_owned(),
    }
}

/// Runs a runbook to its end.
async fn run(app: &App, runbook: NamedRunbook, parameters: Value) -> ExecutionId {
    let id = app.start_execution(&ana(), &request(runbook, parameters)).await.unwrap();
    carry_out(app).await;
    let detail = app.execution_detail(&id.to_string()).await.unwrap();
    assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
    id
}

/// Takes an execution back, as far as that goes; how the undo ended.
async fn undo(app: &App, id: ExecutionId) -> (ExecutionId, String) {
    let undo = app.undo_execution(&ana(), &id.to_string(), &UndoRequest::default()).await.unwrap();
    carry_out(app).await;
    let detail = app.execution_detail(&undo.to_string()).await.unwrap();
    let told = format!("{}: {:#?}", detail.execution.status, summaries(&detail));
    (undo, told)
}

/// What would be done and what would stay, one a line.
async fn planned(app: &App, id: ExecutionId) -> String {
    let view = app.plan_execution_undo(&id.to_string()).await.unwrap();
    let steps = view.steps.iter().map(|step| {
        let wait = step.waits_for.as_ref().map(|wait| format!(" once {wait}")).unwrap_or_default();
        format!("{}: {}{wait}", step.change.step, step.calls)
    });
    let left = view.left.iter().map(|left| format!("stays: {}: {}", left.change.change, left.why));
    let lines: Vec<String> = steps.chain(left).collect();
    lines.join("\n")
}

async fn kinds(app: &App) -> Vec<&'static str> {
    let page = app.store.ledger(&LedgerFilter::default(), None, Limit::default()).await.unwrap();
    page.items.iter().rev().map(Entry::kind).collect()
}

#[test]
fn what_was_there_before_is_there_again_and_the_undo_can_be_undone() {
    live_long(&World::new(ROWS), async |app| {
        let before = state(app).await;
        let id = run(app, named("Change", CHANGE), json!({})).await;
        let changed = state(app).await;
        assert_eq!(changed["type"], "m5.xlarge");
        assert_eq!(changed["volumes"].as_u64(), before["volumes"].as_u64().map(|many| many + 1));
        insta::assert_snapshot!(planned(app, id).await, @r"
        make: ec2:DeleteVolume once $.Volumes[*].State of ec2:DescribeVolumes is available
        grow: ec2:ModifyInstanceAttribute once $.Reservations[*].Instances[*].State.Name of ec2:DescribeInstances is stopped
        stop: ec2:StartInstances once $.Reservations[*].Instances[*].State.Name of ec2:DescribeInstances is stopped
        block: s3:DeletePublicAccessBlock
        protect: ec2:ModifyInstanceAttribute
        tag: ec2:DeleteTags
        tag: ec2:CreateTags
        ");
        let (taken, told) = undo(app, id).await;
        assert!(told.starts_with("Success"), "{told}");
        assert_eq!(state(app).await, before);

        let detail = app.execution_detail(&id.to_string()).await.unwrap();
        assert_eq!(detail.undone_by[0].id, taken.to_string());
        let detail = app.execution_detail(&taken.to_string()).await.unwrap();
        assert_eq!(detail.undoes, Some(id.to_string()));
        assert!(kinds(app).await.contains(&"execution.undo_started"));
        assert_ledger_is_intact(app).await;

        let again = app.undo_execution(&ana(), &id.to_string(), &UndoRequest::default()).await;
        let again = again.unwrap_err();
        assert_eq!(again.code, "RV1020");
        assert!(again.message.contains(&taken.to_string()), "{again}");

        let (_, told) = undo(app, taken).await;
        assert!(told.starts_with("Success"), "{told}");
        let mut redone = state(app).await;
        assert_eq!(redone["volumes"], before["volumes"], "a volume that was deleted is gone");
        redone["volumes"] = changed["volumes"].clone();
        assert_eq!(redone, changed);
    });
}

#[test]
fn an_undo_whose_worker_dies_is_finished_by_the_next_and_does_nothing_twice() {
    let (mut waits, mut died) = (1, true);
    while died {
        let world = World::new(ROWS);
        let (before, changes) = live_long(&world, async |app| {
            let before = state(app).await;
            let id = run(app, named("Change", CHANGE), json!({})).await;
            let begun = UndoRequest::default();
            app.undo_execution(&ana(), &id.to_string(), &begun).await.unwrap();
            (before, world.changes().len())
        });
        let moment = if waits % 2 == 0 { Moment::Asked } else { Moment::Answered };
        died = live(&world, (waits, moment), async |app| carry_out(app).await).is_none();
        live_long(&world, async |app| {
            carry_out(app).await;
            let detail = latest(app).await;
            assert_eq!(detail.execution.status, "Success", "{waits}: {:#?}", summaries(&detail));
            assert_eq!(state(app).await, before, "died at wait {waits}");
            assert_ledger_is_intact(app).await;
        });
        // Seven calls; one that was cut short may have come again, and changed nothing.
        let made = world.changes().len() - changes;
        assert!((7..=8).contains(&made), "died at wait {waits}: {made} calls");
        waits += 61;
    }
    assert!(waits > 100, "there were only {waits} waits to die at");
}

#[test]
fn what_somebody_changed_since_stays_and_the_rest_is_taken_back_by_undoing_again() {
    let world = World::new(ROWS);
    live_long(&world, async |app| {
        let before = state(app).await;
        let id = run(app, named("Change", CHANGE), json!({})).await;
        let smaller = json!({"InstanceId": INSTANCE, "InstanceType": {"Value": "m5.2xlarge"}});
        call(app, ("ec2", "ModifyInstanceAttribute"), smaller).await.unwrap();
        // Somebody took this back already.
        let bucket = json!({"Bucket": "harbour-orders"});
        call(app, ("s3", "DeletePublicAccessBlock"), bucket).await.unwrap();

        let (first, told) = undo(app, id).await;
        assert!(told.starts_with("Failed"), "{told}");
        assert!(told.contains("somebody changed it since, so it stays as it is"), "{told}");
        insta::assert_snapshot!(planned(app, id).await, @r"
        stop: ec2:StartInstances once $.Reservations[*].Instances[*].State.Name of ec2:DescribeInstances is stopped
        block: s3:DeletePublicAccessBlock
        protect: ec2:ModifyInstanceAttribute
        tag: ec2:DeleteTags
        tag: ec2:CreateTags
        stays: ec2:ModifyInstanceAttribute: somebody changed it since, so it stays as it is
        ");
        let (second, told) = undo(app, id).await;
        assert!(told.starts_with("Success"), "{told}");
        assert!(told.contains("it is as it was before already"), "{told}");
        assert_ne!(first, second);
        let mut now = state(app).await;
        assert_eq!(now["type"], "m5.2xlarge");
        now["type"] = before["type"].clone();
        assert_eq!(now, before);
        let refused = app.plan_execution_undo(&id.to_string()).await.unwrap_err();
        assert!(refused.message.contains(&second.to_string()), "{refused}");
    });
}

#[test]
fn what_somebody_deleted_since_is_nothing_to_take_back() {
    live_long(&World::new(ROWS), async |app| {
        let id = run(app, named("Change", CHANGE), json!({})).await;
        let volumes = call(app, ("ec2", "DescribeVolumes"), json!({})).await.unwrap();
        let made = volumes["Volumes"].as_array().unwrap().iter().find(|it| it["Size"] == 4);
        // Once it is available.
        app.clock.set(app.clock.now() + jiff::SignedDuration::from_mins(1));
        let gone = json!({"VolumeId": made.unwrap()["VolumeId"]});
        call(app, ("ec2", "DeleteVolume"), gone).await.unwrap();
        let (_, told) = undo(app, id).await;
        assert!(told.starts_with("Success"), "{told}");
        assert!(told.contains("nothing is left to take back"), "{told}");
    });
}

const PARENT: &str = "schemaVersion: '0.3'
mainSteps:
- {name: before, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateTags, Resources: [i-0123456789abcdef0], Tags: [{Key: Env, Value: one}]}}
- {name: child, action: 'aws:executeAutomation', inputs: {DocumentName: Child, RuntimeParameters: {Value: [two]}}}
- {name: after, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateTags, Resources: [i-0123456789abcdef0], Tags: [{Key: Env, Value: three}]}}
";

const CHILD: &str = "schemaVersion: '0.3'
parameters: {Value: {type: String}}
mainSteps:
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeInstances, InstanceIds: [i-0123456789abcdef0]}, outputs: [{Name: Zone, Selector: '$.Reservations[0].Instances[0].Placement.AvailabilityZone', Type: String}]}
- {name: tag, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateTags, Resources: [i-0123456789abcdef0], Tags: [{Key: Env, Value: '{{ Value }}'}]}}
";

const CHILD_UNDO: &str = "schemaVersion: '0.3'
parameters: {Value: {type: String}, lookZone: {type: String}, Note: {type: String, default: undone}}
mainSteps:
- {name: tag, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateTags, Resources: [i-0123456789abcdef0], Tags: [{Key: Env, Value: one}, {Key: Undone, Value: '{{ Value }} {{ lookZone }} {{ Note }}'}]}}
";

fn with_child() -> World {
    let mut world = World::new(ROWS);
    world.runbooks.add(named("Child", CHILD), Origin::Estate);
    world.runbooks.add(named("Parent", PARENT), Origin::Estate);
    world
}

#[test]
fn what_a_child_changed_is_taken_back_in_its_place() {
    live_long(&with_child(), async |app| {
        let before = state(app).await;
        let id = run(app, named("Parent", PARENT), json!({})).await;
        insta::assert_snapshot!(planned(app, id).await, @r"
        after: ec2:DeleteTags
        after: ec2:CreateTags
        tag: ec2:DeleteTags
        tag: ec2:CreateTags
        before: ec2:DeleteTags
        before: ec2:CreateTags
        ");
        let (undone, told) = undo(app, id).await;
        assert!(told.starts_with("Success"), "{told}");
        assert_eq!(state(app).await, before);
        let child = app.store.children(id, None, Limit::default()).await.unwrap().items.remove(0);
        let refused = app.plan_execution_undo(&child.id.to_string()).await.unwrap_err();
        assert!(refused.message.contains(&undone.to_string()), "{refused}");
    });
}

#[test]
fn a_document_is_taken_back_by_the_one_that_it_declares() {
    let mut world = with_child();
    world.runbooks.add(named("Child.undo", CHILD_UNDO), Origin::Estate);
    live_long(&world, async |app| {
        let child = run(app, named("Child", CHILD), json!({"Value": "own"})).await;
        let view = app.plan_execution_undo(&child.to_string()).await.unwrap();
        assert_eq!(view.declared.unwrap().document, "Child.undo");
        let (_, told) = undo(app, child).await;
        assert!(told.starts_with("Success"), "{told}");
        assert!(state(app).await["tags"].to_string().contains("Undone=own eu-west-1"));

        let parent = run(app, named("Parent", PARENT), json!({})).await;
        let (_, told) = undo(app, parent).await;
        assert!(told.starts_with("Success"), "{told}");
        let tags = state(app).await["tags"].to_string();
        assert!(tags.contains("Undone=two eu-west-1"), "{tags}");
        assert!(app.runbooks.iter().all(|(runbook, _)| runbook.name != "Child.undo"));
        assert!(app.runbooks.without_undo(app.runbooks.get("Child").unwrap()).is_empty());
    });
}

#[test]
fn what_has_not_ended_or_is_suspended_or_changed_nothing_is_not_taken_back() {
    let nap = "schemaVersion: '0.3'\nmainSteps: [{name: ask, action: 'aws:approve', inputs: {Approvers: [ana]}}]\n";
    live_long(&World::new(ROWS), async |app| {
        let ask =
            app.start_execution(&ana(), &request(named("Ask", nap), json!({}))).await.unwrap();
        carry_out(app).await;
        let name = ask.to_string();
        let waits = app.plan_execution_undo(&name).await.unwrap_err();
        assert!(waits.message.contains("has not ended"), "{waits}");
        app.tell_execution(&ana(), &name, (Word::Cancel, "")).await.unwrap();
        carry_out(app).await;
        assert!(app.plan_execution_undo(&name).await.unwrap().is_empty());
        let nothing = app.undo_execution(&ana(), &name, &UndoRequest::default()).await.unwrap_err();
        assert!(nothing.message.contains("nothing"), "{nothing}");

        let id = run(app, named("Change", CHANGE), json!({})).await.to_string();
        let other = UndoRequest { digest: Some("ab".repeat(32)), ..UndoRequest::default() };
        assert_eq!(app.undo_execution(&ana(), &id, &other).await.unwrap_err().code, "RV1020");
        app.suspend(&ana(), "a storm").await.unwrap();
        let still = app.undo_execution(&ana(), &id, &UndoRequest::default()).await.unwrap_err();
        assert_eq!(still.code, "RV1004");
    });
}

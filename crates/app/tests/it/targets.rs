//! Runbooks for several targets: limits, accounts and Regions, deaths, cancelling and pausing.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reeve_app::{
    App, Error,
    executions::{ExecutionDetail, NamedRunbook, SeveralRequest, StartRequest, Word, Worker},
};
use reeve_store::LedgerFilter;
use reeve_types::ExecutionId;
use serde_json::{Value, json};

use crate::{
    die::{Moment, live, live_long},
    executions::{ana, carry_out, latest, summaries},
    world::{BANK, SHOP, World, assert_ledger_is_intact},
};

/// Rests, then tags the instance. One whose id ends in `f` fails instead.
const TAG: &str = "schemaVersion: '0.3'
parameters:
  InstanceId: {type: 'AWS::EC2::Instance::Id'}
  Value: {type: String, default: 'yes'}
mainSteps:
- {name: rest, action: 'aws:sleep', onCancel: 'step:clean', inputs: {Duration: PT30S}}
- name: choose
  action: aws:branch
  inputs:
    Choices: [{NextStep: fail, Variable: '{{ InstanceId }}', EndsWith: f}]
    Default: tag
- {name: fail, action: 'aws:executeAwsApi', isEnd: true, inputs: {Service: ec2, Api: DescribeInstances, InstanceIds: [i-00000000000000000]}}
- {name: tag, action: 'aws:createTags', isEnd: true, inputs: {ResourceType: EC2, ResourceIds: ['{{ InstanceId }}'], Tags: [{Key: Done, Value: '{{ Value }}'}]}}
- {name: clean, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateTags, Resources: ['{{ InstanceId }}'], Tags: [{Key: Cancelled, Value: 'yes'}]}}
";

/// An instance of the shop, with the last two digits of its id.
fn id(number: usize) -> String {
    format!("i-0123456789abcde{number:02}")
}

fn fleet(count: usize) -> World {
    let mut rows: Vec<String> =
        (0..count).map(|number| format!("shop | instance | {} | Env=prod", id(number))).collect();
    rows.push("shop | instance | i-0123456789abcdeaa | Env=test".to_owned());
    rows.push("bank | instance | i-0123456789abcdebb | Env=prod".to_owned());
    World::new(&rows.join("\n"))
}

fn request() -> StartRequest {
    StartRequest {
        runbook: NamedRunbook::of_file("Tag.yaml", TAG.to_owned()),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: serde_json::Map::new(),
        reason: "a test".to_owned(),
    }
}

fn by_tag(concurrency: &str, errors: &str) -> SeveralRequest {
    SeveralRequest {
        target_parameter: Some("InstanceId".to_owned()),
        targets: vec![json!({"Key": "tag:Env", "Values": ["prod"]})],
        max_concurrency: Some(concurrency.to_owned()),
        max_errors: Some(errors.to_owned()),
        ..SeveralRequest::default()
    }
}

fn these(names: &[&str], concurrency: &str, errors: &str) -> SeveralRequest {
    let targets = vec![json!({"Key": "ParameterValues", "Values": names})];
    SeveralRequest { targets, ..by_tag(concurrency, errors) }
}

async fn start(app: &App, several: &SeveralRequest) -> ExecutionId {
    app.start_for_several(&ana(), &request(), several).await.unwrap()
}

async fn refused(app: &App, several: &SeveralRequest) -> Error {
    app.start_for_several(&ana(), &request(), several).await.unwrap_err()
}

/// Moves executions on as [`carry_out`] does. The most that ran at once.
async fn watched(app: &App) -> usize {
    let worker = Worker::new(app);
    let mut most = 0;
    loop {
        worker.finish_what_is_due().await;
        most = most.max(latest(app).await.targets.map_or(0, |counts| counts.running));
        let Some(due) = app.store.next_due().await.unwrap() else { return most };
        app.clock.set(app.clock.now().max(due) + SignedDuration::from_millis(1));
    }
}

fn statuses(detail: &ExecutionDetail) -> Vec<String> {
    let shown = |child: &reeve_app::executions::ChildView| {
        format!("{} {}", child.target.as_deref().unwrap_or("-"), child.status)
    };
    detail.children.iter().map(shown).collect()
}

/// The instances that have a tag.
fn tagged(world: &World, count: usize, tag: &str) -> usize {
    (0..count).filter(|number| world.tags(&id(*number)).contains(tag)).count()
}

#[test]
fn twelve_targets_by_tag_are_worked_on_three_at_once() {
    let world = fleet(12);
    live_long(&world, async |app| {
        start(app, &by_tag("3", "0")).await;
        assert_eq!(watched(app).await, 3);
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        assert_eq!(detail.execution.runbook, "Tag");
        assert_eq!(detail.children.len(), 12);
        assert_eq!(detail.targets.unwrap().success, 12);
        let output = detail.outputs["targets.Output"].as_array().unwrap();
        let children: Vec<&str> =
            detail.children.iter().filter_map(|child| child.id.as_deref()).collect();
        assert_eq!(output.iter().filter_map(Value::as_str).collect::<Vec<_>>(), children);
        assert_ledger_is_intact(app).await;
        // No child says that it ended while its parent still looks for it.
        assert!(app.store.told(detail.execution.id.parse().unwrap()).await.unwrap().is_empty());
    });
    assert_eq!(tagged(&world, 12, "Done=yes"), 12);
    assert!(!world.tags("i-0123456789abcdeaa").contains("Done"));
    assert!(!world.tags("i-0123456789abcdebb").contains("Done"));
}

#[test]
fn after_too_many_failures_no_further_target_is_begun() {
    let world = fleet(6);
    let names: Vec<String> = (0..6).map(id).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let with_bad =
        [names[0], "i-0123456789abcde9f", names[1], "i-0123456789abcde8f", names[2], names[3]];
    live_long(&world, async |app| {
        start(app, &these(&with_bad, "1", "1")).await;
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(
            statuses(&detail),
            [
                "i-0123456789abcde00 Success",
                "i-0123456789abcde9f Failed",
                "i-0123456789abcde01 Success",
                "i-0123456789abcde8f Failed",
                "i-0123456789abcde02 Pending",
                "i-0123456789abcde03 Pending",
            ]
        );
        assert_eq!(detail.execution.status, "Failed");
        let why = "targets: Failed: 6 targets: 2 succeeded, 2 failed, 2 not begun";
        assert!(summaries(&detail).contains(&why), "{:#?}", summaries(&detail));
    });
    assert_eq!(tagged(&world, 6, "Done=yes"), 2);
}

#[test]
fn two_accounts_in_two_regions_are_worked_on_with_limits_of_their_own() {
    let mut world = World::new(
        "shop | instance | i-0123456789abcde00 | Env=prod
         bank | instance | i-0123456789abcde01 | Env=prod",
    );
    world.edit("regions: [eu-west-1]", "regions: [eu-west-1, us-east-1]");
    let locations = |accounts: Value, errors: &str| SeveralRequest {
        target_locations: vec![json!({
            "Accounts": accounts, "Regions": ["eu-west-1", "us-east-1"],
            "TargetLocationMaxConcurrency": "2", "TargetLocationMaxErrors": errors,
        })],
        ..by_tag("10", "0")
    };
    live_long(&world, async |app| {
        let unknown = refused(app, &locations(json!(["999900001111"]), "0")).await;
        assert_eq!(unknown.message, "the estate has no account `999900001111`");
        start(app, &locations(json!([SHOP, BANK]), "4")).await;
        assert_eq!(watched(app).await, 2);
        let detail = latest(app).await;
        // There is nothing in the other Region, and a run for nothing is none that succeeded.
        assert_eq!(
            statuses(&detail),
            [
                "111122223333 eu-west-1 Success",
                "444455556666 eu-west-1 Success",
                "111122223333 us-east-1 Failed",
                "444455556666 us-east-1 Failed",
            ]
        );
        assert_eq!(detail.execution.status, "Failed");
        let name = detail.children[1].id.clone().unwrap();
        let of_bank = app.execution_detail(&name).await.unwrap();
        assert_eq!(of_bank.execution.account, BANK);
        assert_eq!(statuses(&of_bank), ["i-0123456789abcde01 Success"]);
    });
    assert!(world.tags("i-0123456789abcde01").contains("Done=yes"));
}

#[test]
fn a_worker_that_dies_amid_several_targets_is_replaced_and_each_is_worked_on_once() {
    let begun = fleet(4);
    live_long(&begun, async |app| {
        start(app, &by_tag("2", "0")).await;
    });
    for waits in (1..).step_by(5) {
        let world = begun.fork();
        let died = live(&world, (waits, Moment::Asked), async |app| carry_out(app).await).is_none();
        live_long(&world, async |app| {
            carry_out(app).await;
            let detail = latest(app).await;
            assert_eq!(detail.execution.status, "Success", "died at wait {waits}");
            assert_eq!(detail.children.len(), 4);
            let all = app.executions(&reeve_app::ExecutionQuery::default()).await.unwrap().items;
            assert_eq!(all.len(), 5, "died at wait {waits}");
            assert_ledger_is_intact(app).await;
        });
        let seen: BTreeSet<String> =
            world.changes().iter().map(|call| call.input.clone()).collect();
        assert_eq!(seen.len(), 4, "died at wait {waits}");
        if !died {
            assert!(waits > 20, "there were only {waits} waits to die at");
            return;
        }
    }
}

#[test]
fn a_whole_that_is_cancelled_cancels_its_targets_and_waits_for_what_they_still_do() {
    let world = fleet(6);
    live_long(&world, async |app| {
        start(app, &by_tag("2", "0")).await;
        Worker::new(app).finish_what_is_due().await;
        app.tell_execution(&ana(), "latest", (Word::Cancel, "")).await.unwrap();
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Cancelled", "{:#?}", summaries(&detail));
        assert_eq!(
            statuses(&detail)[..2],
            ["i-0123456789abcde00 Cancelled".to_owned(), "i-0123456789abcde01 Pending".to_owned()]
        );
        let every = LedgerFilter::default();
        let told = app.store.ledger(&every, None, reeve_store::Limit::default());
        let told = told.await.unwrap().items;
        let told = told.iter().filter(|entry| entry.kind() == "execution.told").count();
        assert_eq!(told, 2);
    });
    assert_eq!(tagged(&world, 6, "Cancelled=yes"), 1);
    assert_eq!(tagged(&world, 6, "Done=yes"), 0);
}

#[test]
fn a_target_that_is_cancelled_by_itself_leaves_the_others_alone() {
    let world = fleet(3);
    live_long(&world, async |app| {
        start(app, &by_tag("1", "0")).await;
        Worker::new(app).finish_what_is_due().await;
        let first = latest(app).await.children[0].id.clone().unwrap();
        app.tell_execution(&ana(), &first, (Word::Cancel, "")).await.unwrap();
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Cancelled");
        let counts = detail.targets.unwrap();
        assert_eq!((counts.cancelled, counts.success), (1, 2));
    });
}

#[test]
fn a_whole_that_is_paused_rests_with_its_targets_until_it_is_resumed() {
    let world = fleet(3);
    live_long(&world, async |app| {
        start(app, &by_tag("1", "0")).await;
        Worker::new(app).finish_what_is_due().await;
        app.tell_execution(&ana(), "latest", (Word::Pause, "lunch")).await.unwrap();
        let again = app.tell_execution(&ana(), "latest", (Word::Pause, "")).await.unwrap_err();
        assert_eq!(again.message, "the execution is paused already");
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Paused");
        assert_eq!(statuses(&detail)[0], "i-0123456789abcde00 Paused");
        assert!(summaries(&detail).contains(&"paused by person:ana: lunch"));
        let child = detail.children[0].id.clone().unwrap();
        let alone = app.tell_execution(&ana(), &child, (Word::Resume, "")).await.unwrap_err();
        assert!(alone.message.contains("resume that one"), "{alone}");
        // Whatever ran out meanwhile does nothing yet.
        app.clock.set(app.clock.now() + SignedDuration::from_hours(1));
        Worker::new(app).finish_what_is_due().await;
    });
    assert_eq!(tagged(&world, 3, "Done=yes"), 0);
    live_long(&world, async |app| {
        app.tell_execution(&ana(), "latest", (Word::Resume, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Success");
    });
    assert_eq!(tagged(&world, 3, "Done=yes"), 3);
}

#[test]
fn a_paused_whole_that_is_cancelled_ends() {
    let world = fleet(2);
    live_long(&world, async |app| {
        start(app, &by_tag("2", "0")).await;
        Worker::new(app).finish_what_is_due().await;
        app.tell_execution(&ana(), "latest", (Word::Pause, "")).await.unwrap();
        carry_out(app).await;
        app.tell_execution(&ana(), "latest", (Word::Cancel, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Cancelled");
    });
}

#[test]
fn what_cannot_be_wanted_is_refused_before_anything_begins() {
    let world = fleet(1);
    live_long(&world, async |app| {
        let none = refused(app, &SeveralRequest::default()).await;
        assert_eq!(none.code, "RV1010");
        let mut other = by_tag("3", "0");
        other.target_parameter = Some("Instance".to_owned());
        assert_eq!(refused(app, &other).await.code, "RV1015");
        let maps = SeveralRequest {
            target_maps: vec![json!({"Value": ["x"]})],
            ..SeveralRequest::default()
        };
        let missing = refused(app, &maps).await;
        assert_eq!(missing.message, "parameter `InstanceId` must be given");
        assert!(
            app.executions(&reeve_app::ExecutionQuery::default()).await.unwrap().items.is_empty()
        );
    });
}

#[test]
fn each_of_the_target_maps_has_parameters_of_its_own() {
    let world = fleet(2);
    let maps = vec![
        json!({"InstanceId": [id(0)], "Value": ["one"]}),
        json!({"InstanceId": [id(1)], "Value": ["two"]}),
    ];
    live_long(&world, async |app| {
        start(app, &SeveralRequest { target_maps: maps, ..SeveralRequest::default() }).await;
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Success");
    });
    assert!(world.tags(&id(0)).contains("Done=one"));
    assert!(world.tags(&id(1)).contains("Done=two"));
}

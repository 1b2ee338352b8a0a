//! Executions of runbooks on the simulated AWS: to their end, through deaths, and by what people say.

use std::collections::{BTreeMap, BTreeSet};

use reeve_app::{
    App, Context,
    executions::{ExecutionDetail, NamedRunbook, StartRequest, Word, Worker, parameters_from_text},
};
use reeve_runbook::Runbook;
use reeve_store::{Entry, LedgerFilter, Limit};
use reeve_twin::ServedCall;
use reeve_types::Actor;

use crate::{
    die::{Moment, live, live_long},
    world::{SHOP, World, assert_ledger_is_intact},
};

/// Branches, loops and waits over calls that change something: some thirty steps are run.
const VOLUMES: &str = "schemaVersion: '0.3'
parameters:
  Sizes: {type: StringList}
variables:
  made: {type: Integer, default: 0}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: DescribeVolumes}
- name: each
  action: aws:loop
  inputs:
    Iterators: '{{ Sizes }}'
    IteratorDataType: Integer
    Steps:
    - name: kind
      action: aws:branch
      inputs:
        Choices: [{NextStep: small, Variable: '{{ each.CurrentIteratorValue }}', NumericLesser: 3}]
        Default: large
    - name: small
      action: aws:executeAwsApi
      nextStep: count
      inputs: {Service: ec2, Api: CreateVolume, AvailabilityZone: eu-west-1a, Size: '{{ each.CurrentIteratorValue }}', VolumeType: gp2}
    - name: large
      action: aws:executeAwsApi
      inputs: {Service: ec2, Api: CreateVolume, AvailabilityZone: eu-west-1b, Size: '{{ each.CurrentIteratorValue }}', VolumeType: gp3}
    - {name: count, action: 'aws:updateVariable', inputs: {Name: 'variable:made', Value: '{{ each.CurrentIteration }}'}}
    - {name: rest, action: 'aws:sleep', inputs: {Duration: PT30S}}
- name: wait
  action: aws:waitForAwsResourceProperty
  inputs: {Service: ec2, Api: DescribeVolumes, PropertySelector: '$.Volumes[*].State', DesiredValues: [available]}
- name: secret
  action: aws:executeAwsApi
  inputs: {Service: secretsmanager, Api: CreateSecret, Name: 'made-{{ variable:made }}', SecretString: x}
- name: ask
  action: aws:approve
  inputs: {Approvers: ['person:ana']}
outputs: [wait.OutputPayload]
";

pub(crate) fn named(text: &str) -> NamedRunbook {
    NamedRunbook::of_file("test.yaml", text.to_owned())
}

pub(crate) fn ana() -> Context {
    Context::new(Actor::Person("ana".to_owned()))
}

async fn start(app: &App, text: &str, parameters: &[(&str, &str)]) {
    let runbook = Runbook::parse("test", text, reeve_runbook::Format::Yaml).unwrap().runbook;
    let given: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = StartRequest {
        runbook: named(text),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: parameters_from_text(&runbook, &given),
        reason: "a test".to_owned(),
    };
    app.start_execution(&ana(), &request).await.unwrap();
}

/// Moves executions on, and the clock to when they want to go on, until they have ended or wait for somebody.
pub(crate) async fn carry_out(app: &App) {
    let worker = Worker::new(app);
    loop {
        worker.finish_what_is_due().await;
        // It would wait for days before the approval comes too late.
        if latest(app).await.execution.status == "Waiting" {
            return;
        }
        match app.store.next_due().await.unwrap() {
            Some(due) => {
                app.clock.set(app.clock.now().max(due) + jiff::SignedDuration::from_millis(1));
            }
            None => return,
        }
    }
}

pub(crate) async fn latest(app: &App) -> ExecutionDetail {
    app.execution_detail("latest").await.unwrap()
}

pub(crate) fn summaries(detail: &ExecutionDetail) -> Vec<&str> {
    detail.records.iter().map(|record| record.summary.as_str()).collect()
}

/// What was changed, in order. A call that came again with its token changed nothing.
fn changes(world: &World) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let is_first = |call: &&ServedCall| seen.insert(call.input.clone());
    let calls = world.changes();
    let shown = |call: &ServedCall| format!("{}:{}", call.service, call.operation);
    calls.iter().filter(is_first).map(shown).collect()
}

#[test]
fn a_runbook_runs_to_its_end_and_the_ledger_tells_of_its_calls() {
    let world = World::new("");
    live_long(&world, async |app| {
        start(app, VOLUMES, &[("Sizes", "1,5")]).await;
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Waiting");
        app.tell_execution(&ana(), "latest", (Word::Approve, "go")).await.unwrap();
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        assert!(summaries(&detail).contains(&"approved by person:ana: go"));
        assert_ledger_is_intact(app).await;
        let ledger =
            app.store.ledger(&LedgerFilter::default(), None, Limit::default()).await.unwrap();
        let kinds: Vec<&str> = ledger.items.iter().rev().map(Entry::kind).collect();
        assert_eq!(
            kinds,
            [
                "execution.started",
                "execution.calls",
                "execution.calls",
                "execution.calls",
                "execution.told",
                "execution.ended"
            ]
        );
    });
    assert_eq!(
        changes(&world),
        ["ec2:CreateVolume", "ec2:CreateVolume", "secretsmanager:CreateSecret"]
    );
}

/// What came of it: how each step ended, and what was changed.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: String,
    steps: Vec<String>,
    changes: Vec<String>,
    /// The sizes of the volumes that there are.
    volumes: Vec<i64>,
}

fn outcome(world: &World) -> Outcome {
    let (status, steps) = live_long(world, async |app| {
        carry_out(app).await;
        assert_ledger_is_intact(app).await;
        let detail = latest(app).await;
        let ended = detail.records.iter().filter(|record| record.kind == "step.ended");
        (detail.execution.status.clone(), ended.map(|record| record.summary.clone()).collect())
    });
    Outcome { status, steps, changes: changes(world), volumes: volumes(world) }
}

/// The sizes of the volumes that there are, as AWS tells.
fn volumes(world: &World) -> Vec<i64> {
    live_long(world, async |app| {
        let target = reeve_aws::Target {
            account: Some(SHOP.parse().unwrap()),
            region: "eu-west-1".parse().unwrap(),
            actor: "test".to_owned(),
            reason: None,
            role: None,
        };
        let input = reeve_model::Value::object();
        let answer = app.client.call(&target, "ec2", "DescribeVolumes", input).await.unwrap();
        let volumes = answer.get("Volumes").unwrap().as_list().iter();
        let mut sizes: Vec<i64> =
            volumes.map(|volume| volume.get("Size").unwrap().as_i64().unwrap()).collect();
        sizes.sort_unstable();
        sizes
    })
}

/// Dies at every wait, but for those that are left out between two.
fn dies_at_waits(begun: &World, apart: usize, moment: Moment) {
    live_long(begun, async |app| start(app, VOLUMES, &[("Sizes", "1,5,2,9,4")]).await);
    let expected = outcome(&begun.fork());
    assert_eq!(expected.status, "Waiting");
    assert_eq!(expected.volumes, [1, 2, 4, 5, 9]);
    for waits in (1..).step_by(apart) {
        let world = begun.fork();
        let died = live(&world, (waits, moment), async |app| carry_out(app).await).is_none();
        assert_eq!(outcome(&world), expected, "died at wait {waits}");
        if !died {
            assert!(waits > 60, "there were only {waits} waits to die at");
            return;
        }
    }
}

#[test]
fn a_worker_that_dies_after_asking_for_something_is_replaced_and_nothing_is_done_twice() {
    dies_at_waits(&World::new(""), 3, Moment::Asked);
}

#[test]
fn a_worker_that_dies_before_it_learns_of_an_answer_is_replaced_and_nothing_is_done_twice() {
    dies_at_waits(&World::new(""), 3, Moment::Answered);
}

#[test]
fn a_worker_on_postgres_that_dies_is_replaced_and_nothing_is_done_twice() {
    let Some(begun) = on_postgres() else { return };
    dies_at_waits(&begun, 8, Moment::Asked);
}

fn on_postgres() -> Option<World> {
    tokio::runtime::Runtime::new().unwrap().block_on(World::new("").on_postgres())
}

#[test]
fn of_two_workers_each_execution_is_moved_by_one() {
    each_execution_is_moved_by_one(&World::new(""));
}

#[test]
fn of_two_workers_on_postgres_each_execution_is_moved_by_one() {
    let Some(world) = on_postgres() else { return };
    each_execution_is_moved_by_one(&world);
}

fn each_execution_is_moved_by_one(world: &World) {
    live_long(world, async |app| {
        for _ in 0..8 {
            start(app, VOLUMES, &[("Sizes", "1")]).await;
        }
        let (one, two) = (Worker::new(app), Worker::new(app));
        for _ in 0..200 {
            futures_util::join!(one.finish_what_is_due(), two.finish_what_is_due());
            let Some(due) = app.store.next_due().await.unwrap() else { break };
            app.clock.set(app.clock.now().max(due));
        }
    });
    let made = changes(world).iter().filter(|call| *call == "ec2:CreateVolume").count();
    assert_eq!(made, 8);
}

#[test]
fn what_may_not_be_done_twice_is_not_repeated_when_its_outcome_is_unknown() {
    let text = "schemaVersion: '0.3'
mainSteps:
- {name: queue, action: 'aws:executeAwsApi', inputs: {Service: sns, Api: Publish, TopicArn: 'arn:aws:sns:eu-west-1:111122223333:t', Message: x}}
";
    let begun = World::new("");
    live_long(&begun, async |app| start(app, text, &[]).await);
    let mut unknown = 0;
    for waits in 1..60 {
        let world = begun.fork();
        live(&world, (waits, Moment::Answered), async |app| carry_out(app).await);
        let outcome = outcome(&world);
        assert!(outcome.changes.len() <= 1, "published {:?}", outcome.changes);
        unknown += usize::from(outcome.steps.concat().contains("happened is not known"));
    }
    assert!(unknown > 0, "no life ended between the two records");
}

#[test]
fn while_everything_is_suspended_nothing_is_changed() {
    let world = World::new("");
    live_long(&world, async |app| {
        start(app, VOLUMES, &[("Sizes", "1")]).await;
        app.suspend(&ana(), "a storm").await.unwrap();
        Worker::new(app).finish_what_is_due().await;
        assert_eq!(latest(app).await.execution.status, "InProgress");
    });
    assert!(changes(&world).is_empty());
    live_long(&world, async |app| {
        app.resume(&ana()).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Waiting");
    });
}

#[test]
fn an_execution_that_is_cancelled_ends() {
    let world = World::new("");
    live_long(&world, async |app| {
        start(app, VOLUMES, &[("Sizes", "1")]).await;
        carry_out(app).await;
        app.tell_execution(&ana(), "latest", (Word::Cancel, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Cancelled");
        let over = app.tell_execution(&ana(), "latest", (Word::Approve, "")).await;
        assert_eq!(over.unwrap_err().code, "RV1014");
    });
}

#[test]
fn a_script_runs_with_its_payload_and_what_it_prints_is_kept() {
    let text = "schemaVersion: '0.3'
mainSteps:
- name: count
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: handler
    InputPayload: {Words: [a, b]}
    Script: |
      def handler(events, context):
          print('in', context['step'])
          return {'n': len(events['Words'])}
  outputs: [{Name: N, Selector: $.Payload.n, Type: Integer}]
outputs: [count.N]
";
    let world = World::new("");
    live_long(&world, async |app| {
        start(app, text, &[]).await;
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        assert_eq!(detail.outputs["count.N"], 2);
        let log = detail.records.iter().find(|record| record.kind == "log").unwrap();
        assert_eq!(log.detail, "in count\n");
    });
}

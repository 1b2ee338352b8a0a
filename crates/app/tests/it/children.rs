//! Executions that a step of another begins: one or several, to their end, too late, too deep, unreadable.

use http::Response;
use jiff::SignedDuration;
use reeve_app::{
    App,
    executions::{NamedRunbook, Origin, StartRequest, Word, Worker},
};
use reeve_store::{Leased, Limit, Move, Standing};
use serde_json::json;

use crate::{
    die::live_long,
    executions::{ana, carry_out, latest, summaries},
    world::{SHOP, World, answer},
};

/// Rests for a minute, then tags the instance.
const TAG: &str = "schemaVersion: '0.3'
parameters:
  InstanceId: {type: 'AWS::EC2::Instance::Id'}
mainSteps:
- {name: rest, action: 'aws:sleep', inputs: {Duration: PT60S}}
- {name: tag, action: 'aws:createTags', inputs: {ResourceType: EC2, ResourceIds: ['{{ InstanceId }}'], Tags: [{Key: Done, Value: 'yes'}]}}
";

/// Ends as soon as it begins.
const NOTHING: &str = "schemaVersion: '0.3'
variables: {n: {type: Integer, default: 0}}
mainSteps:
- name: choose
  action: aws:branch
  isEnd: true
  inputs: {Choices: [{NextStep: choose2, Variable: '{{ variable:n }}', NumericEquals: 1}]}
- {name: choose2, action: 'aws:sleep', inputs: {Duration: PT1S}}
";

const ONE: &str = "i-0123456789abcde01";
const TWO: &str = "i-0123456789abcde02";

fn fleet() -> World {
    World::new(&format!(
        "shop | instance | {ONE} | Env=prod
         shop | instance | {TWO} | Env=prod"
    ))
}

fn with_steps(steps: &str) -> String {
    format!("schemaVersion: '0.3'\nmainSteps:\n{steps}\n")
}

/// Opens the product with runbooks that others run by name.
fn live_with(world: &World, runbooks: &[(&str, &str)], does: impl AsyncFnOnce(&App)) {
    live_long(world, async |_| {
        let mut app = world.app().await;
        for (name, text) in runbooks {
            let named = NamedRunbook::of_file(&format!("{name}.yaml"), (*text).to_owned());
            app.runbooks.add(named, Origin::Estate);
        }
        does(&app).await;
        app.store.close().await;
    });
}

async fn start(app: &App, text: &str) {
    let request = StartRequest {
        runbook: NamedRunbook::of_file("Outer.yaml", text.to_owned()),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: serde_json::Map::new(),
        reason: String::new(),
    };
    app.start_execution(&ana(), &request).await.unwrap();
}

#[test]
fn a_step_runs_another_runbook_for_each_of_several_targets() {
    let world = fleet();
    let outer = with_steps(
        "- {name: run, action: 'aws:executeAutomation', inputs: {DocumentName: Tag, TargetParameterName: InstanceId, Targets: [{Key: 'tag:Env', Values: [prod]}], MaxConcurrency: '2'}}",
    );
    live_with(&world, &[("Tag", TAG)], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        let [whole] = detail.children.as_slice() else { panic!("{:?}", detail.children) };
        let whole = app.execution_detail(whole.id.as_deref().unwrap()).await.unwrap();
        assert_eq!(whole.targets.unwrap().success, 2);
    });
    assert!(world.tags(ONE).contains("Done=yes") && world.tags(TWO).contains("Done=yes"));
}

#[test]
fn an_execution_that_waits_for_another_is_woken_by_its_end_and_by_nothing_before() {
    let world = fleet();
    let outer = with_steps(&format!(
        "- {{name: run, action: 'aws:executeAutomation', inputs: {{DocumentName: Tag, RuntimeParameters: {{InstanceId: [{ONE}]}}}}}}\n\
         - {{name: none, action: 'aws:executeAutomation', inputs: {{DocumentName: Nothing}}}}"
    ));
    live_with(&world, &[("Tag", TAG), ("Nothing", NOTHING)], async |app| {
        start(app, &outer).await;
        let began = app.clock.now();
        Worker::new(app).finish_what_is_due().await;
        let due = app.store.next_due().await.unwrap().unwrap();
        let waits = due.duration_since(began).as_secs();
        assert!((55..=65).contains(&waits), "something wants to look after {waits} s");
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        assert_eq!(detail.children.len(), 2);
    });
}

#[test]
fn what_runs_for_a_step_that_takes_too_long_is_cancelled() {
    let world = fleet();
    let outer = with_steps(&format!(
        "- {{name: run, action: 'aws:executeAutomation', timeoutSeconds: 10, inputs: {{DocumentName: Tag, RuntimeParameters: {{InstanceId: {ONE}}}}}}}"
    ));
    live_with(&world, &[("Tag", TAG)], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "TimedOut", "{:#?}", summaries(&detail));
        assert_eq!(detail.children[0].status, "Cancelled");
    });
    assert!(!world.tags(ONE).contains("Done"));
}

#[test]
fn runbooks_that_run_themselves_come_to_an_end() {
    let world = fleet();
    let own =
        with_steps("- {name: run, action: 'aws:executeAutomation', inputs: {DocumentName: Own}}");
    live_with(&world, &[("Own", &own)], async |app| {
        start(app, &own).await;
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Failed");
        let all = app.executions(&reeve_app::ExecutionQuery::default()).await.unwrap().items;
        assert_eq!(all.len(), 6);
    });
}

#[test]
fn a_runbook_that_is_paused_finishes_nothing_new_and_tells_resume_from_that_of_its_step() {
    let world = fleet();
    let outer = with_steps(&format!(
        "- {{name: ask, action: 'aws:pause', inputs: {{}}}}\n\
         - {{name: tag, action: 'aws:createTags', inputs: {{ResourceType: EC2, ResourceIds: [{ONE}], Tags: [{{Key: Done, Value: 'yes'}}]}}}}"
    ));
    live_with(&world, &[], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Waiting");
        app.tell_execution(&ana(), "latest", (Word::Pause, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Paused");
        // The first word is for the whole, the second for the step.
        app.tell_execution(&ana(), "latest", (Word::Resume, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Waiting");
        app.tell_execution(&ana(), "latest", (Word::Resume, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Success");
    });
}

#[test]
fn a_step_that_has_taken_too_long_while_it_was_paused_has_timed_out() {
    let world = fleet();
    let outer = with_steps("- {name: ask, action: 'aws:pause', timeoutSeconds: 60, inputs: {}}");
    live_with(&world, &[], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        app.tell_execution(&ana(), "latest", (Word::Pause, "")).await.unwrap();
        carry_out(app).await;
        app.clock.set(app.clock.now() + SignedDuration::from_hours(1));
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "Paused");
        app.tell_execution(&ana(), "latest", (Word::Resume, "")).await.unwrap();
        carry_out(app).await;
        assert_eq!(latest(app).await.execution.status, "TimedOut");
    });
}

#[test]
fn the_members_of_a_resource_group_are_targets() {
    let mut world = fleet();
    world.answer_by(|twin, request| {
        if !request.uri().to_string().contains("list-group-resources") {
            return answer(twin.handle(request));
        }
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert!(body.contains("AWS::EC2::Instance") && body.contains("web"), "{body}");
        let arn = format!("arn:aws:ec2:eu-west-1:{SHOP}:instance/{TWO}");
        let found = json!({"Resources": [{"Identifier": {"ResourceArn": arn}}]});
        Ok(Response::builder()
            .header("content-type", "application/json")
            .body(found.to_string().into())
            .unwrap())
    });
    let outer = with_steps(
        "- {name: run, action: 'aws:executeAutomation', inputs: {DocumentName: Tag, TargetParameterName: InstanceId, Targets: [{Key: ResourceGroup, Values: [web]}]}}",
    );
    live_with(&world, &[("Tag", TAG)], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        let detail = latest(app).await;
        let whole = detail.children[0].id.as_deref().unwrap();
        let whole = app.execution_detail(whole).await.unwrap();
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&whole));
    });
    assert!(world.tags(TWO).contains("Done=yes") && !world.tags(ONE).contains("Done"));
}

#[test]
fn an_execution_that_cannot_be_read_is_set_aside_where_people_see_it() {
    let world = fleet();
    live_with(&world, &[], async |app| {
        start(app, TAG_ONE).await;
        let leased = app.store.claim_executions("other", reeve_app::executions::LEASE, 1).await;
        spoil(app, leased.unwrap().remove(0)).await;
        Worker::new(app).finish_what_is_due().await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Unreadable");
        assert!(summaries(&detail).iter().any(|line| line.contains("cannot be read")));
        assert_eq!(app.store.next_due().await.unwrap(), None, "it is not tried for ever");
        let every = reeve_store::LedgerFilter::default();
        let ledger = app.store.ledger(&every, None, Limit::default()).await.unwrap();
        assert!(ledger.items[0].event.summary().contains("was told to rest"));

        let answered = app.tell_execution(&ana(), "latest", (Word::Approve, "")).await.unwrap_err();
        assert!(answered.message.contains("`resume` has it tried again"), "{answered}");
        app.tell_execution(&ana(), "latest", (Word::Resume, "")).await.unwrap();
        Worker::new(app).finish_what_is_due().await;
        assert_eq!(latest(app).await.execution.status, "Unreadable");
        app.tell_execution(&ana(), "latest", (Word::Cancel, "")).await.unwrap();
        Worker::new(app).finish_what_is_due().await;
        assert_eq!(latest(app).await.execution.status, "Cancelled");
    });
}

const TAG_ONE: &str = "schemaVersion: '0.3'
mainSteps: [{name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}]
";

/// Writes a state that no program reads.
async fn spoil(app: &App, leased: Leased) {
    let standing = Standing {
        state: "{\"execution\": \"of the future\"}".to_owned(),
        status: "InProgress".to_owned(),
        step: None,
        due_at: Some(app.clock.now()),
        has_ended: false,
        records: Vec::new(),
    };
    let move_ = Move {
        id: leased.id,
        worker: "other".to_owned(),
        seen: leased.records,
        standing,
        taken: None,
        release: true,
        entries: Vec::new(),
    };
    app.store.move_execution(move_).await.unwrap();
}

#[test]
fn what_could_not_be_looked_at_before_a_change_is_written_down() {
    let mut world = fleet();
    world.answer_by(|twin, request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if !body.contains("DescribeTags") && !body.contains("DescribeInstance") {
            return answer(twin.handle(request));
        }
        let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>";
        Ok(Response::builder().status(403).body(denied.into()).unwrap())
    });
    let outer = with_steps(&format!(
        "- {{name: tag, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: CreateTags, Resources: [{ONE}], Tags: [{{Key: Done, Value: 'yes'}}]}}}}"
    ));
    live_with(&world, &[], async |app| {
        start(app, &outer).await;
        carry_out(app).await;
        let detail = latest(app).await;
        assert_eq!(detail.execution.status, "Success", "{:#?}", summaries(&detail));
        let intent = detail.records.iter().find(|record| record.kind == "calls").unwrap();
        let unread = intent.detail["unread"].as_object().unwrap();
        assert!(unread.values().all(|why| why["code"] == "UnauthorizedOperation"), "{unread:?}");
    });
}

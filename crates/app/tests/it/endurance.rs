//! Executions that are hindered in every way end as they would have otherwise, and change the same things once.
//!
//! One document of thirty steps (`endurance/thirty-steps.yaml`) is run undisturbed. Then it is run again and again, each time with
//! one thing going wrong somewhere: a worker that dies, an answer that is lost, a clock that jumps. What came
//! of it is compared with the undisturbed run: how it ended, how each step ended, what the simulated AWS was asked to change,
//! and what is there in the end.

mod clock_jumps;
mod deaths;
mod lost_answers;
mod two_workers;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use reeve_app::{
    App,
    executions::{ExecutionDetail, NamedRunbook, StartRequest, Word, Worker},
};
use reeve_aws::Target;
use reeve_twin::ServedCall;
use serde_json::{Value, json};

use crate::{
    die::live_long,
    executions::ana,
    world::{SHOP, World, assert_ledger_is_intact},
};

const DOCUMENT: &str = include_str!("endurance/thirty-steps.yaml");

/// How many cases are run side by side: each waits for its database most of the time.
const SIDE_BY_SIDE: usize = 4;

/// Changes that AWS does not know again, and that do something more when they are made again: each is made once, whatever happens.
const ONLY_ONCE: [&str; 2] = ["ec2:CreateSnapshot", "iam:CreateRole"];

/// How names begin that AWS makes up: there is one of each.
const MADE_UP: [&str; 4] = ["vol-", "snap-", "AROA", "made-2-"];

/// What is looked at in the end.
const LOOKS: [(&str, &str, &str); 9] = [
    ("ec2", "DescribeVolumes", "{}"),
    ("ec2", "DescribeSnapshots", r#"{"OwnerIds": ["self"]}"#),
    ("s3", "GetBucketVersioning", r#"{"Bucket": "thirty-steps"}"#),
    ("sqs", "ListQueues", "{}"),
    ("secretsmanager", "ListSecretVersionIds", r#"{"SecretId": "made-2"}"#),
    ("iam", "GetRole", r#"{"RoleName": "thirty-steps"}"#),
    ("iam", "ListRolePolicies", r#"{"RoleName": "thirty-steps"}"#),
    ("ssm", "GetParameter", r#"{"Name": "/thirty-steps/1"}"#),
    ("ssm", "GetParameter", r#"{"Name": "/thirty-steps/2"}"#),
];

/// The world in which the execution has begun and nobody has moved it on yet.
fn begun(world: World) -> World {
    live_long(&world, async |app| {
        start(app).await;
    });
    world.twin.forget_calls();
    world
}

/// The same with its records on PostgreSQL; `None` where there is none.
fn begun_on_postgres() -> Option<World> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(World::new("").on_postgres()).map(begun)
}

/// The world between two moves of the execution, when nobody works.
struct Stage {
    world: World,
    /// The changes that were made until then.
    earlier: Vec<ServedCall>,
}

/// The worlds that an undisturbed run comes through.
fn stages(begun: &World) -> Vec<Stage> {
    let mut stages = Vec::new();
    let mut stage = Stage { world: begun.fork(), earlier: Vec::new() };
    loop {
        let world = stage.world.fork_whole();
        let goes_on = live_long(&world, async |app| step_on(app, &Worker::new(app)).await);
        let earlier = [stage.earlier.clone(), world.changes()].concat();
        stages.push(stage);
        if !goes_on {
            return stages;
        }
        stage = Stage { world, earlier };
    }
}

async fn start(app: &App) {
    let request = StartRequest {
        runbook: NamedRunbook::of_file("thirty-steps.yaml", DOCUMENT.to_owned()),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: json!({"Sizes": [1, 5]}).as_object().unwrap().clone(),
        reason: "a test".to_owned(),
    };
    app.start_execution(&ana(), &request).await.unwrap();
}

/// The execution that was begun, and not one that it began.
pub(crate) async fn execution(app: &App) -> ExecutionDetail {
    let every = app.executions(&reeve_app::ExecutionQuery::default()).await.unwrap();
    let first = every.items.iter().find(|execution| execution.parent.is_none()).unwrap();
    app.execution_detail(&first.id).await.unwrap()
}

/// Moves executions on, the clock to when they want to go on, and says yes to who asks, until all have ended.
pub(crate) async fn see_to_the_end(app: &App) {
    let worker = Worker::new(app);
    while step_on(app, &worker).await {}
}

/// Moves executions on once. Whether there is more to come.
async fn step_on(app: &App, worker: &Worker<'_>) -> bool {
    worker.finish_what_is_due().await;
    let detail = execution(app).await;
    if detail.execution.has_ended() {
        return false;
    }
    // A worker that died may still have it: then it hears only when the time of that one has run out.
    let id = detail.execution.id.parse().unwrap();
    if detail.execution.status == "Waiting" && app.has_heard_everything(id).await.unwrap() {
        app.tell_execution(&ana(), &detail.execution.id, (Word::Approve, "go")).await.unwrap();
        return true;
    }
    let due = app.store.next_due().await.unwrap().expect("it waits for nothing");
    app.clock.set(app.clock.now().max(due) + jiff::SignedDuration::from_millis(1));
    true
}

/// What came of it all.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: String,
    outputs: Value,
    /// How each step ended, in order.
    steps: Vec<String>,
    /// How often each change was made; one that AWS knows again, or that does nothing more, counts once.
    changes: BTreeMap<String, usize>,
    /// Each resource with its tags, and what AWS tells of them.
    left: Vec<String>,
}

impl Outcome {
    /// Lives to the end of the execution, and looks.
    fn of(world: &World) -> Self {
        Self::after(&[], world)
    }

    /// The same, where these changes were made before.
    fn after(earlier: &[ServedCall], world: &World) -> Self {
        live_long(world, async |app| {
            see_to_the_end(app).await;
            Self::look(app, (earlier, world)).await
        })
    }

    /// The lines of one that the other has not, and the reverse.
    fn differences(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (self.lines(), other.lines());
        let more =
            ours.iter().filter(|line| !theirs.contains(line)).map(|line| format!("+ {line}"));
        let less =
            theirs.iter().filter(|line| !ours.contains(line)).map(|line| format!("- {line}"));
        more.chain(less).collect()
    }

    fn lines(&self) -> Vec<String> {
        let changes = self.changes.iter().map(|(change, count)| format!("{count} x {change}"));
        let end = format!("{} {}", self.status, self.outputs);
        let steps = self.steps.join("\n");
        [end, steps].into_iter().chain(changes).chain(self.left.iter().cloned()).collect()
    }

    /// Has the test fail where this is not what came of the undisturbed run.
    fn assert_is(&self, expected: &Self, why: &str) {
        let differences = self.differences(expected);
        assert!(self == expected, "{why}:\n{}", differences.join("\n"));
    }

    async fn look(app: &App, (earlier, world): (&[ServedCall], &World)) -> Self {
        assert_ledger_is_intact(app).await;
        let detail = execution(app).await;
        let ended = detail.records.iter().filter(|record| record.kind == "step.ended");
        let steps = ended.map(|record| record.summary.clone()).collect();
        let changes = changes(&[earlier, &world.changes()].concat());
        Self {
            status: detail.execution.status,
            outputs: Value::Object(detail.outputs),
            steps,
            changes,
            left: left(app, world).await,
        }
    }
}

fn changes(calls: &[ServedCall]) -> BTreeMap<String, usize> {
    let mut changes = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for call in calls {
        let name = format!("{}:{}", call.service, call.operation);
        let change = format!("{name} {}", call.input);
        // The same token is in the input of what AWS knows again by it.
        let is_new = seen.insert(change.clone());
        if is_new || ONLY_ONCE.contains(&name.as_str()) {
            *changes.entry(nameless(&change)).or_default() += 1;
        }
    }
    changes
}

async fn left(app: &App, world: &World) -> Vec<String> {
    let resources = world.twin.resources();
    let mut left: Vec<String> =
        resources.iter().map(|(arn, tags)| format!("{arn} {tags:?}")).collect();
    for (service, operation, input) in LOOKS {
        let input = serde_json::from_str(input).unwrap();
        let input = app.client.read_input(&target(), (service, operation), &input).unwrap();
        let answer = match app.client.call(&target(), service, operation, input).await {
            Ok(answer) => timeless(answer.to_json()).to_string(),
            Err(error) => error.to_string(),
        };
        left.push(format!("{service}:{operation} {answer}"));
    }
    left.iter().map(|text| nameless(text)).collect()
}

/// A text without the names that AWS makes up, and without tokens, which tell how often was looked before.
fn nameless(text: &str) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '-';
    let mut left = String::new();
    for word in text.split_inclusive(|letter| !is_part(letter)) {
        let (name, end) = word.split_at(word.rfind(is_part).map_or(0, |last| last + 1));
        let is_token = name.len() == 36 && name.matches('-').count() == 4;
        match MADE_UP.iter().find(|beginning| name.starts_with(**beginning)) {
            Some(beginning) => left.extend([beginning, end]),
            None => left.extend([if is_token { "TOKEN" } else { name }, end]),
        }
    }
    left
}

/// An answer without its times, which depend on how long everything took.
fn timeless(answer: Value) -> Value {
    match answer {
        Value::Object(members) => {
            let is_time = |name: &str| {
                name.ends_with("Time") || name.ends_with("Date") || name == "RequestId"
            };
            let members = members.into_iter().filter(|(name, _)| !is_time(name));
            members.map(|(name, value)| (name, timeless(value))).collect()
        }
        Value::Array(elements) => elements.into_iter().map(timeless).collect(),
        other => other,
    }
}

fn target() -> Target {
    Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "test".to_owned(),
        reason: None,
        role: None,
    }
}

/// Runs cases from the first on, some side by side, until one says that there are no more; how many there were.
///
/// A case that panics has the test fail.
fn every_case(case: impl Fn(usize) -> bool + Sync) -> usize {
    let (next, last) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number > last.load(Ordering::SeqCst) {
                        return;
                    }
                    if !case(number) {
                        last.fetch_min(number, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    last.into_inner()
}

#[test]
fn the_document_has_thirty_steps_and_runs_to_its_end() {
    let outcome = Outcome::of(&begun(World::new("")));
    assert_eq!(DOCUMENT.matches("name: ").count(), 30);
    assert_eq!(outcome.status, "Success", "{outcome:#?}");
    assert_eq!(outcome.outputs, json!({"last.Sizes": ["1"]}));
    let changed: usize = outcome.changes.values().sum();
    assert_eq!(changed, 14, "{:#?}", outcome.changes);
}

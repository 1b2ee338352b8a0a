//! Runs of canaries: on schedule, passed or failed, measured.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};

use super::{
    CANARY,
    canary::{PAGES, Schedule, TURN, names, schedule, set_state},
};
use crate::{
    call::{Answer, Call, PageSize},
    fault::Fate,
    metrics::{Metric, Site, source::float, statistic::Summary, stored::Point},
    page::Paging,
    store::Place,
    task::Task,
    value::value,
    world::World,
};

/// The task that begins a run.
pub(super) const DUE: &str = "synthetics:run";
/// The task that ends a run.
pub(super) const DONE: &str = "synthetics:run-done";
/// The inner fact with the runs of a canary, oldest first.
const RUNS: &str = "Runs";
/// As many runs are kept.
const MOST_RUNS: usize = 200;
const FIRST_AFTER: SignedDuration = SignedDuration::from_secs(3);
/// How long a run takes, in milliseconds.
const TAKES: (i64, i64) = (1_800, 9_000);
const NAMESPACE: &str = "CloudWatchSynthetics";

/// A canary runs from now on: its first run comes at once.
pub(super) fn schedule_first(world: &mut World, (place, name): (&Place, &str)) {
    let turn = world.uuid();
    world.set_inside(place, name, TURN, turn.as_str());
    let due = world.now() + FIRST_AFTER;
    world.schedule(due, Task::new(DUE, place, name).with(turn));
}

/// A run begins, and the next is scheduled.
pub(super) fn begin(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(canary) = world.get(place, name) else { return };
    let current = canary.inside.get(TURN).and_then(Value::as_str) == task.detail.as_str();
    let state = canary.fact("Status.State").unwrap_or_default();
    if !current || !(state == "RUNNING" || state == "UPDATING") {
        return;
    }
    let expression = canary.fact("Schedule.Expression").unwrap_or_default().to_owned();
    let whole = canary.value("Schedule.DurationInSeconds").and_then(Value::as_i64).unwrap_or(0);
    let started = canary.value("Timeline.LastStarted").and_then(Value::as_timestamp);
    let bucket = canary.fact("ArtifactS3Location").unwrap_or_default().to_owned();
    let now = world.now();
    let id = world.uuid();
    let run = value!({
        "Id": (id.as_str()), "ScheduledRunId": (id.as_str()), "RetryAttempt": 1, "Name": (name),
        "Status": {"State": "RUNNING"},
        "Timeline": {"Started": (now)},
        "ArtifactS3Location": (format!("{bucket}/canary/{}/{name}/{}", place.region, now.strftime("%Y/%m/%d"))),
    });
    world.change_inside(place, name, |inside| {
        // Taken out and put back: a copy of them at every run would make a year of runs last.
        let mut runs = match inside.remove(RUNS) {
            Some(Value::List(runs)) => runs,
            _ => Vec::new(),
        };
        runs.push(run);
        runs.drain(..runs.len().saturating_sub(MOST_RUNS));
        inside.insert(RUNS, Value::List(runs));
    });
    let takes = SignedDuration::from_millis(world.random_between(TAKES.0, TAKES.1));
    world.schedule(now + takes, Task::new(DONE, place, name).with(id));
    let over = started.filter(|_| whole > 0).map(|start| start + SignedDuration::from_secs(whole));
    match schedule(&expression) {
        Some(Schedule::Again(again)) => {
            let next = again.next_after(now, &TimeZone::UTC, now);
            match next.filter(|next| over.is_none_or(|over| *next < over)) {
                Some(next) => {
                    world.schedule(next, Task::new(DUE, place, name).with(task.detail.clone()));
                }
                None => set_state(world, (place, name), "STOPPED", &[("LastStopped", now)]),
            }
        }
        Some(Schedule::Once) | None => {
            set_state(world, (place, name), "STOPPED", &[("LastStopped", now)]);
        }
    }
}

/// A run ends.
pub(super) fn complete(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    if world.get(place, name).is_none() {
        return;
    }
    let failure = match world.fate(place, name, "CanaryRun") {
        Fate::Succeeds => None,
        Fate::Fails(reason) => Some(reason),
        Fate::Never => Some("Canary timed out".to_owned()),
    };
    let now = world.now();
    let mut started = now;
    world.change_inside(place, name, |inside| {
        let runs = inside.get_mut(RUNS);
        let Some(Value::List(runs)) = runs else { return };
        let is = |run: &&mut Value| run.get("Id").and_then(Value::as_str) == task.detail.as_str();
        let Some(run) = runs.iter_mut().rev().find(is).and_then(Value::as_object_mut) else {
            return;
        };
        started = ended(run, failure.as_deref(), now).unwrap_or(now);
    });
    let milliseconds = float(now.duration_since(started).as_secs()) * 1000.0
        + f64::from(now.duration_since(started).subsec_millis());
    let failed = failure.is_some();
    let measured = [
        ("SuccessPercent", "Percent", if failed { 0.0 } else { 100.0 }),
        ("Failed", "Count", if failed { 1.0 } else { 0.0 }),
        ("Duration", "Milliseconds", milliseconds),
    ];
    let site = Site::of(place);
    for (metric, unit, value) in measured {
        let metric =
            Metric::new(NAMESPACE, metric, vec![("CanaryName".to_owned(), name.to_owned())]);
        let point = Point {
            time: started.as_second(),
            values: Summary::of(value),
            unit: unit.to_owned(),
            high_resolution: false,
        };
        world.metrics.stored.put(&site, metric, &point);
    }
}

/// Writes how a run ended, and says when it began.
fn ended(run: &mut Object, failure: Option<&str>, now: Timestamp) -> Option<Timestamp> {
    let status = match failure {
        None => value!({"State": "PASSED", "TestResult": "PASSED"}),
        Some(reason) => value!({
            "State": "FAILED", "StateReason": (reason), "StateReasonCode": "CANARY_FAILURE", "TestResult": "FAILED",
        }),
    };
    run.insert("Status", status);
    let timeline = run.get_mut("Timeline").and_then(Value::as_object_mut)?;
    timeline.insert("Completed", now);
    let started = timeline.get("Started").and_then(Value::as_timestamp);
    if let Some(started) = started {
        timeline.insert("MetricTimestampForRunAndRetries", started);
    }
    started
}

fn runs_of(inside: &Object) -> &[Value] {
    inside.get(RUNS).map_or(&[], Value::as_list)
}

const RUN_PAGES: Paging =
    Paging { size: "MaxResults", bounds: PageSize { least: 1, most: 100, default: 100 }, ..PAGES };

/// `GetCanaryRuns`, the latest first.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    if call.text("DryRunId").is_some() || call.text("RunType") == Some("DRY_RUN") {
        return Err(call.invalid("Dry runs are not supported by the twin."));
    }
    let canary = call.find(world, &CANARY, call.required("Name")?)?;
    let all = runs_of(&canary.inside);
    let (size, start) = (RUN_PAGES.size(call)?, RUN_PAGES.start(call)?);
    let start = start.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let page: Value = all.iter().rev().skip(start).take(size).cloned().collect();
    let next = start + size;
    let more = (next < all.len()).then(|| next.to_string());
    let output = Object::from_iter([("CanaryRuns", page)]);
    Ok(call.fit(RUN_PAGES.finish(call, output, more.as_deref())))
}

/// `DescribeCanariesLastRun`: of those that ever ran.
pub(super) fn last(call: &Call, world: &mut World) -> Answer {
    let names = names(call)?;
    let keep = |name: &str, canary: &crate::store::Resource| {
        (names.is_empty() || names.contains(&name)) && !runs_of(&canary.inside).is_empty()
    };
    let show = |name: &str, canary: &crate::store::Resource, _: Object| {
        let run = runs_of(&canary.inside).last().cloned().unwrap_or_default();
        Value::from_iter([("CanaryName", Value::from(name)), ("LastRun", run)])
    };
    let listed = RUN_PAGES.list((call, world), (&CANARY, "CanariesLastRun"), keep, show)?;
    Ok(call.fit(listed))
}

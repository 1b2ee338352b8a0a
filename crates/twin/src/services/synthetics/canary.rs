//! Canaries: made, started, stopped, changed and deleted, each of which takes a while.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;

use super::{CANARY, runs};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::{Paging, plain},
    recipe::TagInput,
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

/// The task in which a canary reaches the state that it was on its way to.
pub(super) const SETTLED: &str = "synthetics:settled";
/// The inner fact that tells turns of a canary apart.
pub(super) const TURN: &str = "Turn";
const MOST_NAMES: usize = 5;

/// How long states on the way last.
const CREATING: SignedDuration = SignedDuration::from_secs(25);
const STARTING: SignedDuration = SignedDuration::from_secs(8);
const STOPPING: SignedDuration = SignedDuration::from_secs(12);
const UPDATING: SignedDuration = SignedDuration::from_secs(15);
const DELETING: SignedDuration = SignedDuration::from_secs(10);

const RUNTIMES: [(&str, &str); 6] = [
    ("syn-nodejs-puppeteer-10.0", "2025-05-13T00:00:00Z"),
    ("syn-nodejs-puppeteer-9.1", "2024-12-10T00:00:00Z"),
    ("syn-nodejs-puppeteer-9.0", "2024-07-23T00:00:00Z"),
    ("syn-nodejs-playwright-2.0", "2025-03-06T00:00:00Z"),
    ("syn-nodejs-playwright-1.0", "2024-11-21T00:00:00Z"),
    ("syn-python-selenium-5.0", "2025-03-06T00:00:00Z"),
];

const KEPT: [&str; 14] = [
    "ArtifactS3Location",
    "ExecutionRoleArn",
    "Schedule",
    "RunConfig",
    "SuccessRetentionPeriodInDays",
    "FailureRetentionPeriodInDays",
    "RuntimeVersion",
    "VpcConfig",
    "ProvisionedResourceCleanup",
    "BrowserConfigs",
    "ArtifactConfig",
    "KmsKeyArn",
    "VisualReference",
    "VisualReferences",
];

/// What a schedule says: once, or again and again.
pub(super) enum Schedule {
    Once,
    Again(ScheduleExpression),
}

/// Reads a schedule as canaries write it.
pub(super) fn schedule(expression: &str) -> Option<Schedule> {
    if expression.is_empty() || expression.starts_with("rate(0 ") {
        return Some(Schedule::Once);
    }
    let read = ScheduleExpression::parse_for_systems_manager(expression).ok()?;
    (!read.is_once()).then_some(Schedule::Again(read))
}

/// `CreateCanary`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?.to_owned();
    let well = name.len() <= 255
        && name.chars().all(|letter| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter)
        });
    if !well {
        return Err(call.invalid(format!("Invalid canary name: {name}")));
    }
    let place = call.place(&CANARY);
    if world.get(&place, &name).is_some() {
        return Err(call.invalid(format!("Canary with name {name} already exists.")));
    }
    if call.input.get("AddReplicaLocations").is_some() {
        return Err(call.invalid("AddReplicaLocations is not supported by the twin."));
    }
    check(call)?;
    let given = TagInput::Map("Tags").read(call);
    tagging::check(call, &given)?;
    let mut described = object! {
        "Status": {"State": "CREATING", "StateReasonCode": "CREATE_IN_PROGRESS"},
        "Timeline": {"Created": (call.now), "LastModified": (call.now)},
        "SuccessRetentionPeriodInDays": 31,
        "FailureRetentionPeriodInDays": 31,
        "RunConfig": {"TimeoutInSeconds": 60, "MemoryInMB": 1000, "ActiveTracing": false},
    };
    keep(call, &mut described, &place, &name);
    world.put(
        place.clone(),
        name.clone(),
        Resource::new(facts(described), Arc::new(given.into_iter().collect())),
    );
    soon(world, (&place, &name), CREATING, "READY");
    shown(call, world, &name)
}

fn check(call: &Call) -> Result<(), Failure> {
    if let Some(version) = call.text("RuntimeVersion")
        && !RUNTIMES.iter().any(|(known, _)| *known == version)
    {
        return Err(call.invalid(format!("Invalid runtime version: {version}")));
    }
    let expression = call.object("Schedule").and_then(|schedule| schedule.get("Expression"));
    if let Some(expression) = expression.and_then(Value::as_str)
        && schedule(expression).is_none()
    {
        return Err(call.invalid(format!("Invalid schedule expression: {expression}")));
    }
    Ok(())
}

fn keep(call: &Call, described: &mut Object, place: &Place, name: &str) {
    described.extend(call.given(KEPT));
    if let Some(schedule) = described.get_mut("Schedule").and_then(Value::as_object_mut)
        && !schedule.contains("DurationInSeconds")
    {
        schedule.insert("DurationInSeconds", 0);
    }
    let function = format!("cwsyn-{name}-{}", crate::kind::uuid_of(name));
    let lambda = format!("arn:aws:lambda:{}:{}:function:{function}:1", place.region, place.account);
    if let Some(code) = call.object("Code") {
        let handler = code.get("Handler").and_then(Value::as_str).unwrap_or("index.handler");
        let layer = format!("arn:aws:lambda:{}:{}:layer:{function}:1", place.region, place.account);
        described.insert("Code", value!({"SourceLocationArn": (layer), "Handler": (handler)}));
    }
    described.insert("EngineArn", lambda);
}

fn shown(call: &Call, world: &World, name: &str) -> Answer {
    let place = call.place(&CANARY);
    let canary = call.find(world, &CANARY, name)?;
    let description = place.describe(&CANARY, name, canary);
    Ok(call.fit(Value::from_iter([("Canary", description)])))
}

/// `GetCanary`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    if call.text("DryRunId").is_some() {
        return Err(call.invalid("Dry runs are not supported by the twin."));
    }
    shown(call, world, call.required("Name")?)
}

pub(super) const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (20, 20), "ValidationException");

/// The names that a call is about; none means all.
pub(super) fn names(call: &Call) -> Result<Vec<&str>, Failure> {
    let names = call.texts("Names");
    if names.len() > MOST_NAMES {
        return Err(call.invalid(format!("At most {MOST_NAMES} names can be given")));
    }
    Ok(names)
}

/// `DescribeCanaries`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let names = names(call)?;
    // Names that do not exist are left out, not refused.
    let keep = |name: &str, _: &_| names.is_empty() || names.contains(&name);
    PAGES.list((call, world), (&CANARY, "Canaries"), keep, plain).map(|found| call.fit(found))
}

fn conflict(name: &str, state: &str) -> Failure {
    let message =
        format!("Canary {name} is in state {state}, which does not allow this operation.");
    Failure::new("ConflictException", message).with_status(409)
}

fn state_of<'w>(call: &Call, world: &'w World, name: &str) -> Result<&'w str, Failure> {
    Ok(call.find(world, &CANARY, name)?.fact("Status.State").unwrap_or_default())
}

/// `UpdateCanary`.
pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let state = state_of(call, world, name)?.to_owned();
    if !["READY", "RUNNING", "STOPPED", "ERROR"].contains(&state.as_str()) {
        return Err(conflict(name, &state));
    }
    for member in ["AddReplicaLocations", "RemoveReplicaLocations", "DryRunId"] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported by the twin.")));
        }
    }
    check(call)?;
    let place = call.place(&CANARY);
    let now = call.now;
    world.change(&place, name, |facts| keep(call, facts, &place, name));
    set_state(world, (&place, name), "UPDATING", &[("LastModified", now)]);
    soon(world, (&place, name), UPDATING, &state);
    Ok(Value::object())
}

/// `StartCanary`.
pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let state = state_of(call, world, name)?.to_owned();
    if !["READY", "STOPPED", "ERROR"].contains(&state.as_str()) {
        return Err(conflict(name, &state));
    }
    let place = call.place(&CANARY);
    set_state(world, (&place, name), "STARTING", &[("LastStarted", call.now)]);
    soon(world, (&place, name), STARTING, "RUNNING");
    Ok(Value::object())
}

/// `StopCanary`.
pub(super) fn stop(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let state = state_of(call, world, name)?.to_owned();
    if !["RUNNING", "STARTING"].contains(&state.as_str()) {
        return Err(conflict(name, &state));
    }
    let place = call.place(&CANARY);
    set_state(world, (&place, name), "STOPPING", &[]);
    soon(world, (&place, name), STOPPING, "STOPPED");
    Ok(Value::object())
}

/// `DeleteCanary`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let state = state_of(call, world, name)?.to_owned();
    if !["READY", "STOPPED", "ERROR"].contains(&state.as_str()) {
        return Err(conflict(name, &state));
    }
    let place = call.place(&CANARY);
    set_state(world, (&place, name), "DELETING", &[]);
    soon(world, (&place, name), DELETING, "gone");
    Ok(Value::object())
}

/// Sets the state of a canary, and times of its life.
pub(super) fn set_state(
    world: &mut World,
    (place, name): (&Place, &str),
    state: &str,
    times: &[(&str, jiff::Timestamp)],
) {
    world.change(place, name, |facts| {
        facts.insert("Status", value!({"State": (state)}));
        if let Some(timeline) = facts.get_mut("Timeline").and_then(Value::as_object_mut) {
            for (member, time) in times {
                timeline.insert(*member, *time);
            }
        }
    });
}

fn soon(world: &mut World, (place, name): (&Place, &str), after: SignedDuration, state: &str) {
    let due = world.now() + after;
    world.schedule(due, Task::new(SETTLED, place, name).with(state));
}

/// A canary reaches the state that it was on its way to.
pub(super) fn settle(world: &mut World, task: &Task) {
    const WAYS: [(&str, &str); 4] = [
        ("CREATING", "READY"),
        ("STARTING", "RUNNING"),
        ("STOPPING", "STOPPED"),
        ("DELETING", "gone"),
    ];
    let (place, name) = (&task.place, task.id.as_str());
    let Some(canary) = world.get(place, name) else { return };
    let from = canary.fact("Status.State").unwrap_or_default();
    let to = task.detail.as_str().unwrap_or_default().to_owned();
    if from != "UPDATING" && !WAYS.contains(&(from, to.as_str())) {
        return;
    }
    let was_updating = from == "UPDATING";
    let now = world.now();
    match to.as_str() {
        "gone" => {
            world.remove(place, name);
        }
        "STOPPED" if !was_updating => set_state(world, (place, name), &to, &[("LastStopped", now)]),
        _ => set_state(world, (place, name), &to, &[]),
    }
    if to == "RUNNING" {
        runs::schedule_first(world, (place, name));
    }
}

/// `DescribeRuntimeVersions`.
pub(super) fn runtime_versions(call: &Call, _: &mut World) -> Answer {
    let versions = RUNTIMES.iter().map(|(name, released)| {
        let released: jiff::Timestamp = released.parse().unwrap_or_default();
        value!({"VersionName": (*name), "Description": "A runtime of canaries.", "ReleaseDate": (released)})
    });
    Ok(call.fit(Value::from_iter([("RuntimeVersions", versions.collect::<Value>())])))
}

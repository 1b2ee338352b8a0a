//! Deployments: they grow, bake, and are taken back when an alarm sounds or somebody stops them.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{
    profiles::{PROFILE, pass},
    strategies::strategy,
    things::{ENVIRONMENT, MISSING, PAGES, keep, shown, shown_of, unsupported, within},
    versions,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity},
    services::{Action, Part},
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&DEPLOYMENT],
    operations: &[
        ("StartDeployment", Action::Own(start)),
        ("GetDeployment", Action::Own(get)),
        ("ListDeployments", Action::Own(list)),
        ("StopDeployment", Action::Own(stop)),
    ],
    tasks: &[
        ("appconfig:grow", grow),
        ("appconfig:baked", baked),
        ("appconfig:watch", watch),
        ("appconfig:rolled-back", rolled_back),
    ],
};

/// A deployment, kept as `application/environment/00000001`.
pub(super) static DEPLOYMENT: Definition = Definition {
    resource_type: "AWS::AppConfig::Deployment",
    identity: &[("ApplicationId", Identity::Segment(0)), ("EnvironmentId", Identity::Segment(1))],
    missing: MISSING,
    ..Definition::OF
};

/// The least time that a step of a deployment takes, and how long it takes to go back.
const STEP: SignedDuration = SignedDuration::from_secs(5);
const ROLLBACK: SignedDuration = SignedDuration::from_secs(30);
/// How often the alarms of an environment are looked at.
const WATCH: SignedDuration = SignedDuration::from_secs(30);
/// For how long a complete deployment can be reverted.
const REVERTIBLE: SignedDuration = SignedDuration::from_hours(72);

fn number(found: &Resource, member: &str) -> f64 {
    found.value(member).and_then(Value::as_f64).unwrap_or(0.0)
}

fn whole(found: &Resource, member: &str) -> i64 {
    found.value(member).and_then(Value::as_i64).unwrap_or(0)
}

/// The key of a deployment's environment.
fn environment_of(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(environment, _)| environment)
}

fn set_environment(world: &mut World, place: &Place, id: &str, state: &str) {
    let place = place.beside(&ENVIRONMENT);
    world.set(&place, environment_of(id), "State", state);
}

/// Writes an event of a deployment, the newest first, and changes what else is said.
fn happen(
    world: &mut World,
    (place, id): (&Place, &str),
    event: (&str, &str, &str),
    facts: Object,
) {
    let now = world.now();
    let (kind, by, description) = event;
    let event = value!({
        "EventType": (kind), "TriggeredBy": (by), "Description": (description), "OccurredAt": (now)
    });
    world.change(place, id, |shown| {
        let log = shown.list("EventLog");
        let log: Value = std::iter::once(event).chain(log.iter().cloned()).collect();
        shown.insert("EventLog", log);
        for (member, value) in facts {
            shown.insert(member, value);
        }
    });
}

/// What a deployment says about its strategy and what it deploys.
fn about(call: &Call, world: &World, profile: &str, version: &Object) -> Result<Object, Failure> {
    let strategy = strategy(call, world, call.required("DeploymentStrategyId")?)?;
    let found = call.find(world, &PROFILE, profile)?;
    let mut facts: Object =
        call.given(["DeploymentStrategyId", "ConfigurationProfileId", "Description"]).collect();
    for member in
        ["DeploymentDurationInMinutes", "GrowthType", "GrowthFactor", "FinalBakeTimeInMinutes"]
    {
        facts.insert(member, strategy.get(member).cloned().unwrap_or_default());
    }
    for (member, fact) in [
        ("ConfigurationName", "Name"),
        ("ConfigurationLocationUri", "LocationUri"),
        ("KmsKeyArn", "KmsKeyArn"),
        ("KmsKeyIdentifier", "KmsKeyIdentifier"),
    ] {
        if let Some(value) = found.value(fact) {
            facts.insert(member, value.clone());
        }
    }
    facts.insert("ConfigurationVersion", version.get("Version").cloned().unwrap_or_default());
    if let Some(label) = version.get("VersionLabel") {
        facts.insert("VersionLabel", label.clone());
    }
    Ok(facts)
}

fn start(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["DynamicExtensionParameters", "KmsKeyIdentifier"])?;
    let environment = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    let profile = within(call, world, &PROFILE, "ConfigurationProfileId")?;
    let found = call.find(world, &ENVIRONMENT, &environment)?;
    let latest = found.inside.get("Latest").and_then(Value::as_i64).unwrap_or(0);
    let conflict = |message: String| Failure::new("ConflictException", message).with_status(409);
    if matches!(found.fact("State"), Some("DEPLOYING" | "ROLLING_BACK")) {
        return Err(conflict(format!("Deployment number {latest} is already in progress")));
    }
    if call.integer("LatestDeploymentNumber").is_some_and(|wanted| wanted != latest) {
        return Err(conflict(format!("The latest deployment number is {latest}")));
    }
    let version = versions::fetch(call, world, &profile, call.required("ConfigurationVersion")?)?;
    let content = version.get("Content").and_then(Value::as_blob).unwrap_or_default();
    pass(call, world, &profile, content)?;
    let mut facts = about(call, world, &profile, &version)?;
    let (place, now, next) = (call.place(&DEPLOYMENT), world.now(), latest + 1);
    facts.insert("DeploymentNumber", next);
    facts.insert("State", "DEPLOYING");
    facts.insert("PercentageComplete", Value::Float(0.0));
    facts.insert("StartedAt", now);
    let id = format!("{environment}/{next:08}");
    keep(call, world, (&DEPLOYMENT, &id), (facts, version))?;
    world.set_inside(&call.place(&ENVIRONMENT), &environment, "Latest", next);
    let event = ("DEPLOYMENT_STARTED", "USER", "Deployment started");
    happen(world, (&place, &id), event, Object::new());
    set_environment(world, &place, &id, "DEPLOYING");
    go_on(world, &place, &id);
    world.schedule(now + WATCH, Task::new("appconfig:watch", &place, &id));
    shown(call, world, &DEPLOYMENT, &id)
}

/// The percentage after `steps` steps.
fn percentage(found: &Resource, steps: u32) -> f64 {
    let factor = number(found, "GrowthFactor").max(1.0);
    let grown = if found.fact("GrowthType") == Some("EXPONENTIAL") {
        factor * 2.0_f64.powi(i32::try_from(steps).unwrap_or(32) - 1)
    } else {
        factor * f64::from(steps)
    };
    // What is left after the last whole step is not a step of its own if it is a rounding error.
    if grown > 99.99 { 100.0 } else { grown }
}

/// Has a deployment grow when its next step is due.
fn go_on(world: &mut World, place: &Place, id: &str) {
    let Some(found) = world.get(place, id) else { return };
    let steps = (1..=100).find(|steps| percentage(found, *steps) >= 100.0).unwrap_or(100);
    let duration = SignedDuration::from_mins(whole(found, "DeploymentDurationInMinutes"));
    let steps = i32::try_from(steps).unwrap_or(1).max(1);
    let due = world.now() + (duration / steps).max(STEP);
    world.schedule(due, Task::new("appconfig:grow", place, id));
}

fn is(world: &World, task: &Task, state: &str) -> bool {
    world.get(&task.place, &task.id).is_some_and(|found| found.fact("State") == Some(state))
}

fn grow(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if !is(world, task, "DEPLOYING") {
        return;
    }
    let Some(found) = world.get(place, id) else { return };
    let done = found.inside.get("Steps").and_then(Value::as_i64).unwrap_or(0) + 1;
    let percent = percentage(found, u32::try_from(done).unwrap_or(100));
    let minutes = whole(found, "FinalBakeTimeInMinutes");
    if percent >= 100.0 {
        match world.fate(place, id, "Deployment") {
            Fate::Succeeds => {}
            Fate::Fails(reason) => return roll_back(world, place, id, ("INTERNAL_ERROR", &reason)),
            Fate::Never => return,
        }
    }
    world.set_inside(place, id, "Steps", done);
    let description = format!("Deployment is {percent:.1}% complete");
    let percent_complete = object! { "PercentageComplete": (Value::Float(percent)) };
    let event = ("PERCENTAGE_UPDATED", "APPCONFIG", description.as_str());
    happen(world, (place, id), event, percent_complete);
    if percent < 100.0 {
        return go_on(world, place, id);
    }
    let event = ("BAKE_TIME_STARTED", "APPCONFIG", "Deployment bake time started");
    happen(world, (place, id), event, object! { "State": "BAKING" });
    let due = world.now() + SignedDuration::from_mins(minutes);
    world.schedule(due, Task::new("appconfig:baked", place, id));
}

fn baked(world: &mut World, task: &Task) {
    if !is(world, task, "BAKING") {
        return;
    }
    let now = world.now();
    let facts = object! { "State": "COMPLETE", "CompletedAt": (now) };
    let event = ("DEPLOYMENT_COMPLETED", "APPCONFIG", "Deployment completed");
    happen(world, (&task.place, &task.id), event, facts);
    set_environment(world, &task.place, &task.id, "READY_FOR_DEPLOYMENT");
}

/// An alarm of the environment that sounds.
fn alarm(world: &World, place: &Place, id: &str) -> Option<String> {
    let place = place.beside(&ENVIRONMENT);
    let monitors = world.get(&place, environment_of(id))?.value("Monitors")?.as_list();
    monitors.iter().filter_map(|one| one.get("AlarmArn")?.as_str()).find_map(|arn| {
        let (place, id) = world.store.locate(arn)?;
        let sounds = world.get(&place, &id)?.fact("StateValue") == Some("ALARM");
        sounds.then(|| arn.to_owned())
    })
}

fn watch(world: &mut World, task: &Task) {
    if !is(world, task, "DEPLOYING") && !is(world, task, "BAKING") {
        return;
    }
    if let Some(arn) = alarm(world, &task.place, &task.id) {
        let description = format!("CloudWatch alarm {arn} is in ALARM");
        return roll_back(world, &task.place, &task.id, ("CLOUDWATCH_ALARM", &description));
    }
    let due = world.now() + WATCH;
    world.schedule(due, Task::new("appconfig:watch", &task.place, &task.id));
}

fn roll_back(world: &mut World, place: &Place, id: &str, (by, description): (&str, &str)) {
    let event = ("ROLLBACK_STARTED", by, description);
    happen(world, (place, id), event, object! { "State": "ROLLING_BACK" });
    set_environment(world, place, id, "ROLLING_BACK");
    let due = world.now() + ROLLBACK;
    world.schedule(due, Task::new("appconfig:rolled-back", place, id).with(by));
}

fn rolled_back(world: &mut World, task: &Task) {
    if !is(world, task, "ROLLING_BACK") {
        return;
    }
    let by = task.detail.as_str().unwrap_or("APPCONFIG").to_owned();
    let now = world.now();
    let facts = object! {
        "State": "ROLLED_BACK", "PercentageComplete": (Value::Float(0.0)), "CompletedAt": (now)
    };
    let event = ("ROLLBACK_COMPLETED", by.as_str(), "Rollback completed");
    happen(world, (&task.place, &task.id), event, facts);
    set_environment(world, &task.place, &task.id, "ROLLED_BACK");
}

fn key_of(call: &Call, world: &World) -> Result<String, Failure> {
    let environment = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    let id = format!("{environment}/{:08}", call.integer("DeploymentNumber").unwrap_or(0));
    call.find(world, &DEPLOYMENT, &id)?;
    Ok(id)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = key_of(call, world)?;
    shown(call, world, &DEPLOYMENT, &id)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let environment = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    let mut all = shown_of(call, world, &DEPLOYMENT, &environment);
    all.reverse();
    PAGES.slice(call, "Items", all)
}

fn is_revertible(found: &Resource, now: Timestamp) -> bool {
    let completed = found.value("CompletedAt").and_then(Value::as_timestamp);
    completed.is_some_and(|completed| now <= completed + REVERTIBLE)
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let id = key_of(call, world)?;
    let place = call.place(&DEPLOYMENT);
    let found = call.find(world, &DEPLOYMENT, &id)?;
    match found.fact("State") {
        Some("DEPLOYING" | "BAKING") => {
            roll_back(world, &place, &id, ("USER", "Deployment stopped"));
        }
        Some("COMPLETE") if call.flag("AllowRevert") && is_revertible(found, call.now) => {
            let event = ("REVERT_COMPLETED", "USER", "Revert completed");
            happen(world, (&place, &id), event, object! { "State": "REVERTED" });
            set_environment(world, &place, &id, "REVERTED");
        }
        state => {
            let state = state.unwrap_or_default();
            let message = format!("Cannot stop a deployment that is in state {state}");
            return Err(call.invalid(message));
        }
    }
    shown(call, world, &DEPLOYMENT, &id)
}

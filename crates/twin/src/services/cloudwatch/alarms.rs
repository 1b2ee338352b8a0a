//! Metric alarms: put, delete, enable and disable their actions, set their state.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use serde_json::json;

use super::{
    COMPOSITE_ALARM, METRIC_ALARM, act, compile, composite, evaluate, history, metrics::site,
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::Kind,
    metrics::{Site, alarm::State, series::floor},
    recipe::TagInput,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

const MOST_AT_ONCE: usize = 100;
/// What a new alarm says before it was looked at.
pub(super) const INITIAL_REASON: &str = "Unchecked: Initial alarm creation";

/// What the caller says about an alarm and is kept as it is.
const KEPT: [&str; 17] = [
    "AlarmDescription",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
];

/// What changes how an alarm evaluates and is not simulated.
const UNSUPPORTED: [&str; 5] = [
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionConfiguration",
];

/// A refusal as alarm operations word it.
pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("ValidationError", message)
}

/// Where alarms of a kind are for a caller.
pub(super) fn place(site: &Site, kind: Kind) -> Place {
    Place { account: site.account.clone(), region: site.region.clone(), kind }
}

/// Where an alarm is, of whichever kind.
pub(super) fn locate(world: &World, site: &Site, name: &str) -> Option<Place> {
    let places = [&METRIC_ALARM, &COMPOSITE_ALARM].map(|kind| place(site, kind));
    places.into_iter().find(|place| world.get(place, name).is_some())
}

/// The state of an alarm, given by name or ARN.
pub(super) fn state_of(world: &World, site: &Site, named: &str) -> Option<State> {
    let name = name_of(named);
    let place = locate(world, site, name)?;
    State::parse(world.get(&place, name)?.fact("StateValue")?)
}

/// The name in a name or an ARN.
pub(super) fn name_of(named: &str) -> &str {
    match named.strip_prefix("arn:") {
        Some(arn) => arn.split_once(":alarm:").map_or(named, |(_, name)| name),
        None => named,
    }
}

/// `PutMetricAlarm`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    for member in UNSUPPORTED {
        if call.input.get(member).is_some() {
            return Err(invalid(format!("{member} is not supported by the twin.")));
        }
    }
    let name = call.required("AlarmName")?.to_owned();
    let site = site(call);
    if world.get(&place(&site, &COMPOSITE_ALARM), &name).is_some() {
        return Err(invalid("An alarm of another type with this name already exists."));
    }
    let described = described(call);
    compile::compile(&described).map_err(invalid)?;
    check_actions(call, &described)?;
    put_alarm(call, world, &METRIC_ALARM, described)?;
    world.metrics.watch.recompile(&site, &name);
    // A new alarm is looked at soon, whatever its period.
    let soon = floor(call.now.as_second(), 60) + 60;
    evaluate::enter(world, &site, &name, soon);
    Ok(Value::object())
}

fn described(call: &Call) -> Object {
    let mut described = Object::new();
    let lists = ["OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions"];
    for member in lists {
        described.insert(member, Value::List(Vec::new()));
    }
    described.insert("ActionsEnabled", true);
    for member in KEPT.into_iter().chain(["ActionsEnabled", "Metrics", "ThresholdMetricId"]) {
        if let Some(value) = call.input.get(member) {
            described.insert(member, value.clone());
        }
    }
    if let Some(Value::List(queries)) = described.get_mut("Metrics") {
        for query in queries.iter_mut().filter_map(Value::as_object_mut) {
            if !query.contains("ReturnData") {
                query.insert("ReturnData", true);
            }
        }
    }
    described
}

/// The services that an alarm can have act.
const ACTORS: [&str; 8] =
    ["sns", "automate", "autoscaling", "swf", "ssm", "ssm-incidents", "lambda", "aiops"];

fn check_actions(call: &Call, described: &Object) -> Result<(), Failure> {
    for member in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        let actions = call.texts(member);
        if actions.len() > 5 {
            let message = format!("The collection {member} must not have a size greater than 5.");
            return Err(invalid(message));
        }
        for action in actions {
            let parts: Vec<&str> = action.splitn(6, ':').collect();
            if !matches!(parts.as_slice(), ["arn", _, service, _, _, _] if ACTORS.contains(service))
            {
                return Err(invalid(format!("Invalid arn syntax: {action}")));
            }
            let on_instance = act::instance_action(action).is_some();
            if on_instance && described.contains("Metrics") {
                return Err(invalid("EC2 actions are not supported on alarms of metric math."));
            }
            let names_instance = |dimension: &Value| dimension.text("Name") == "InstanceId";
            if on_instance && !call.list("Dimensions").iter().any(names_instance) {
                return Err(invalid(
                    "EC2 actions are supported on alarms with dimension InstanceId only.",
                ));
            }
        }
    }
    Ok(())
}

/// Puts an alarm of either kind: its state stays if there was one of this name.
pub(super) fn put_alarm(
    call: &Call,
    world: &mut World,
    kind: Kind,
    mut described: Object,
) -> Result<(), Failure> {
    let site = site(call);
    let place = place(&site, kind);
    let name = call.required("AlarmName")?.to_owned();
    let present = world.get(&place, &name);
    let kept = [
        "StateValue",
        "StateReason",
        "StateReasonData",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
    ];
    for member in kept {
        if let Some(value) = present.and_then(|present| present.facts.get(member)) {
            described.insert(member, value.clone());
        }
    }
    let existed = present.is_some();
    if !existed {
        described.insert("StateValue", State::InsufficientData.text());
        described.insert("StateReason", INITIAL_REASON);
        described.insert("StateUpdatedTimestamp", call.now);
        described.insert("StateTransitionedTimestamp", call.now);
    }
    described.insert("AlarmConfigurationUpdatedTimestamp", call.now);
    let given = TagInput::List("Tags").read(call);
    tagging::check(call, &given)?;
    let tags = match present {
        // Tags given for an alarm that exists are ignored, as on AWS.
        Some(present) => Arc::clone(&present.tags),
        None => Arc::new(given.into_iter().collect()),
    };
    let inside = present.map(|present| Arc::clone(&present.inside)).unwrap_or_default();
    let mut resource = Resource::new(facts(described), tags);
    resource.inside = inside;
    let configuration = configuration_of(kind, &name, &resource);
    world.put(place.clone(), name.clone(), resource);
    configured(world, &place, (&name, if existed { "update" } else { "create" }), &configuration);
    Ok(())
}

fn configuration_of(kind: Kind, name: &str, alarm: &Resource) -> serde_json::Value {
    let mut configuration = act::configuration(kind, alarm);
    if let Some(members) = configuration.as_object_mut() {
        members.insert("alarmName".to_owned(), json!(name));
    }
    configuration
}

/// Tells history and EventBridge that an alarm was configured.
fn configured(
    world: &mut World,
    place: &Place,
    (name, operation): (&str, &str),
    configuration: &serde_json::Value,
) {
    let site = Site::of(place);
    let alarm_type = act::type_of(place.kind);
    let summary = format!("Alarm \"{name}\" {operation}d");
    let data = json!({"version": "1.0", "type": operation, "alarm": configuration});
    history::record(world, &site, (name, alarm_type), "ConfigurationUpdate", (summary, &data));
    let arn = place.arn_of(place.kind, name);
    let detail = json!({"alarmName": name, "operation": operation, "configuration": configuration});
    let event = Event::new("aws.cloudwatch", "CloudWatch Alarm Configuration Change", place);
    world.emit(event.about(arn).with(Value::from_json(&detail)));
}

/// `DeleteAlarms`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let names = names(call)?;
    let site = site(call);
    let mut places = Vec::new();
    for name in &names {
        let place = locate(world, &site, name).ok_or_else(|| {
            Failure::new("ResourceNotFound", format!("Alarm {name} does not exist"))
                .with_status(404)
        })?;
        places.push(place);
    }
    let composites = places.iter().filter(|place| place.kind == &COMPOSITE_ALARM).count();
    if composites > 0 && places.len() > 1 {
        return Err(invalid("A composite alarm can only be deleted alone."));
    }
    for name in &names {
        let parents = composite::parents(world, &site, name);
        let others: Vec<&String> =
            parents.iter().filter(|parent| !names.contains(&parent.as_str())).collect();
        if let Some(parent) = others.first() {
            let message = format!(
                "Cannot delete {name} as there are still composite alarm(s) depending on it: {parent}"
            );
            return Err(invalid(message));
        }
    }
    for (name, place) in names.iter().zip(&places) {
        let Some(gone) = world.remove(place, name) else { continue };
        world.metrics.watch.forget(&site, name);
        let configuration = configuration_of(place.kind, name, &gone);
        configured(world, place, (name, "delete"), &configuration);
    }
    Ok(Value::object())
}

fn names(call: &Call) -> Result<Vec<&str>, Failure> {
    let names = call.texts("AlarmNames");
    if names.len() > MOST_AT_ONCE {
        let message =
            format!("The collection AlarmNames must not have a size greater than {MOST_AT_ONCE}.");
        return Err(invalid(message));
    }
    Ok(names)
}

/// `EnableAlarmActions`.
pub(super) fn enable(call: &Call, world: &mut World) -> Answer {
    set_enabled(call, world, true)
}

/// `DisableAlarmActions`.
pub(super) fn disable(call: &Call, world: &mut World) -> Answer {
    set_enabled(call, world, false)
}

fn set_enabled(call: &Call, world: &mut World, enabled: bool) -> Answer {
    let site = site(call);
    for name in names(call)? {
        // Names that do not exist are passed over, as on AWS.
        let Some(place) = locate(world, &site, name) else { continue };
        let now = call.now;
        let changed = world.get(&place, name).is_some_and(|alarm| {
            alarm.value("ActionsEnabled").and_then(Value::as_bool) != Some(enabled)
        });
        if !changed {
            continue;
        }
        world.change(&place, name, |facts| {
            facts.insert("ActionsEnabled", enabled);
            facts.insert("AlarmConfigurationUpdatedTimestamp", now);
        });
        let Some(alarm) = world.get(&place, name) else { continue };
        let configuration = configuration_of(place.kind, name, alarm);
        configured(world, &place, (name, "update"), &configuration);
    }
    Ok(Value::object())
}

/// `SetAlarmState`.
pub(super) fn set_state(call: &Call, world: &mut World) -> Answer {
    let name = call.required("AlarmName")?;
    let site = site(call);
    let place = locate(world, &site, name)
        .ok_or_else(|| Failure::new("ResourceNotFound", "Unknown").with_status(404))?;
    let state = State::parse(call.required("StateValue")?)
        .ok_or_else(|| invalid("StateValue must be OK, ALARM or INSUFFICIENT_DATA."))?;
    let data = call.text("StateReasonData").unwrap_or_default();
    if !data.is_empty() && serde_json::from_str::<serde_json::Value>(data).is_err() {
        return Err(Failure::new("InvalidFormat", "StateReasonData was not valid JSON"));
    }
    let reason = call.required("StateReason")?.to_owned();
    act::transition(world, (&place, name), state, (reason, data.to_owned()));
    if place.kind == &METRIC_ALARM {
        // What was set lasts until the alarm is looked at again.
        let next = floor(call.now.as_second(), 60) + SignedDuration::from_mins(1).as_secs();
        evaluate::enter(world, &site, name, next);
    }
    Ok(Value::object())
}

//! Composite alarms: their state is a rule over the states of other alarms.

use jiff::tz::TimeZone;
use reeve_model::{Object, Value};

use super::{
    COMPOSITE_ALARM, METRIC_ALARM, act,
    alarms::{INITIAL_REASON, invalid, locate, name_of, place, put_alarm, state_of},
    metrics::site,
};
use crate::{
    call::{Answer, Call},
    metrics::{Site, alarm::State, rule::AlarmRule},
    task::Task,
    world::World,
};

/// The task in which a new or changed composite alarm is looked at.
pub(super) const TASK: &str = "cloudwatch:composite";
/// How deep composite alarms may name each other before it is taken for a loop.
const DEEPEST: usize = 20;
const DEPTH: &str = "Depth";

/// `PutCompositeAlarm`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    if call.input.get("ActionConfiguration").is_some() {
        return Err(invalid("ActionConfiguration is not supported by the twin."));
    }
    let name = call.required("AlarmName")?.to_owned();
    let site = site(call);
    if world.get(&place(&site, &METRIC_ALARM), &name).is_some() {
        return Err(invalid("An alarm of another type with this name already exists."));
    }
    let text = call.required("AlarmRule")?;
    let rule = AlarmRule::parse(text)
        .map_err(|error| invalid(format!("AlarmRule is not valid: {error}")))?;
    let own = |named: &&str| name_of(named) != name;
    if let Some(unknown) = rule
        .names()
        .iter()
        .filter(|named| own(named))
        .find(|named| locate(world, &site, name_of(named)).is_none())
    {
        return Err(invalid(format!(
            "Could not save the composite alarm as alarms {unknown} in the alarm rule do not exist."
        )));
    }
    let periods = ["ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"];
    if call.text("ActionsSuppressor").is_some() {
        if periods.iter().any(|period| call.integer(period).is_none_or(|seconds| seconds < 0)) {
            return Err(invalid(
                "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required if ActionsSuppressor is specified.",
            ));
        }
    } else if periods.iter().any(|period| call.integer(period).is_some()) {
        return Err(invalid("ActionsSuppressor is required if its periods are specified."));
    }
    put_alarm(call, world, &COMPOSITE_ALARM, described(call))?;
    let task = Task::new(TASK, &place(&site, &COMPOSITE_ALARM), &name);
    world.schedule(call.now, task);
    Ok(Value::object())
}

fn described(call: &Call) -> Object {
    let mut described = Object::new();
    for member in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        described.insert(member, Value::List(Vec::new()));
    }
    described.insert("ActionsEnabled", true);
    let kept = [
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmRule",
        "InsufficientDataActions",
        "OKActions",
        "ActionsSuppressor",
        "ActionsSuppressorWaitPeriod",
        "ActionsSuppressorExtensionPeriod",
    ];
    for member in kept {
        if let Some(value) = call.input.get(member) {
            described.insert(member, value.clone());
        }
    }
    described
}

/// Looks at one composite alarm.
pub(super) fn turn(world: &mut World, task: &Task) {
    let depth = task.detail.as_i64().and_then(|depth| usize::try_from(depth).ok()).unwrap_or(0);
    look(world, &Site::of(&task.place), &task.id, (None, depth));
}

/// An alarm changed its state: the composite alarms that name it are looked at.
pub(super) fn child_changed(world: &mut World, site: &Site, child: &str) {
    for parent in parents(world, site, child) {
        let place = place(site, &COMPOSITE_ALARM);
        let inside = world.get(&place, &parent).map(|alarm| &alarm.inside);
        let depth =
            inside.and_then(|inside| inside.get(DEPTH)).and_then(Value::as_i64).unwrap_or(0);
        let depth = usize::try_from(depth).unwrap_or(DEEPEST);
        look(world, site, &parent, (Some(child), depth));
    }
    super::suppress::suppressor_changed(world, site, child);
}

/// The composite alarms whose rules name an alarm.
pub(super) fn parents(world: &World, site: &Site, child: &str) -> Vec<String> {
    let shelf = world.shelf(&place(site, &COMPOSITE_ALARM)).iter();
    let names = |rule: &str| {
        AlarmRule::parse(rule)
            .is_ok_and(|rule| rule.names().iter().any(|named| name_of(named) == child))
    };
    shelf
        .filter(|(_, alarm)| alarm.fact("AlarmRule").is_some_and(names))
        .map(|(name, _)| name.clone())
        .collect()
}

fn look(world: &mut World, site: &Site, name: &str, (child, depth): (Option<&str>, usize)) {
    let place = place(site, &COMPOSITE_ALARM);
    let Some(alarm) = world.get(&place, name) else { return };
    if depth >= DEEPEST {
        return;
    }
    let Some(Ok(rule)) = alarm.fact("AlarmRule").map(AlarmRule::parse) else { return };
    let holds = rule.holds(&|named: &str| state_of(world, site, named));
    let state = if holds { State::Alarm } else { State::Ok };
    let present = alarm.fact("StateValue").and_then(State::parse);
    if present == Some(state) && alarm.fact("StateReason") != Some(INITIAL_REASON) {
        return;
    }
    let time = world.now().to_zoned(TimeZone::UTC).strftime("%A %d %B, %Y %H:%M:%S UTC");
    let trigger = child
        .map(str::to_owned)
        .or_else(|| rule.names().first().map(|named| name_of(named).to_owned()));
    let told = trigger.and_then(|child| {
        let kind = locate(world, site, &child)?.kind;
        let arn = kind.arn(&site.account, &site.region, &child);
        Some((arn, state_of(world, site, &child)?))
    });
    let (reason, data) = match told {
        Some((arn, child_state)) => (
            format!("{arn} transitioned to {} at {time}", child_state.text()),
            serde_json::json!({"triggeringAlarms": [{
                "arn": arn,
                "state": {"value": child_state.text(), "timestamp": super::reason::stamp(world.now())},
            }]})
            .to_string(),
        ),
        None => (format!("The alarm rule is {holds} at {time}"), String::new()),
    };
    let deeper = i64::try_from(depth + 1).unwrap_or(i64::MAX);
    world.set_inside(&place, name, DEPTH, deeper);
    act::transition(world, (&place, name), state, (reason, data));
    world.change_inside(&place, name, |inside| {
        inside.remove(DEPTH);
    });
}

//! Scheduled actions: a group's sizes change at a time, once or again and again.

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;
use reeve_types::Tags;

use super::{
    GROUP, PAGES, converge,
    members::{self, named, size, suspended},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::plain,
    services::ec2::compute::support::{number, resource, text},
    store::{Place, Resource},
    task::Task,
    value::object,
    world::World,
};

/// Scheduled actions, by group and name.
pub(crate) static ACTION: Definition = Definition {
    resource_type: "AWS::AutoScaling::ScheduledAction",
    arn: "arn:{partition}:autoscaling:{region}:{account}:scheduledUpdateGroupAction:{uuid}:autoScalingGroupName/{id}",
    identity: &[("ScheduledActionARN", Identity::Arn)],
    missing: Missing::new("ValidationError", "Scheduled action name not found: {id}"),
    ..Definition::OF
};

const SIZES: [&str; 3] = ["MinSize", "MaxSize", "DesiredCapacity"];

fn key(group: &str, name: &str) -> String {
    format!("{group}:scheduledActionName/{name}")
}

/// `PutScheduledUpdateGroupAction`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world)?.0;
    let name = call.required("ScheduledActionName")?;
    let mut facts = call.input.as_object().cloned().unwrap_or_default();
    if !SIZES.iter().any(|member| facts.contains(member)) {
        let message =
            "At least one of the following must be set: DesiredCapacity, MinSize, MaxSize";
        return Err(call.invalid(message));
    }
    if let Some(once) = facts.remove("Time") {
        facts.insert("StartTime", once);
    }
    let start = facts.get("StartTime").and_then(Value::as_timestamp);
    if call.text("Recurrence").is_none() && start.is_none() {
        return Err(call.invalid("Either StartTime or Recurrence must be specified"));
    }
    if start.is_some_and(|start| start <= call.now) {
        return Err(call.invalid("Given start time is in the past"));
    }
    let first = next(&facts, call.now).map_err(|problem| call.invalid(problem))?;
    let place = call.place(&ACTION);
    let key = key(&group, name);
    let turn =
        world.get(&place, &key).and_then(|known| number(&known.inside, "Turn")).unwrap_or(0) + 1;
    let made = resource(facts, Tags::new()).with_inside(object! { "Turn": turn });
    world.put(place.clone(), key.clone(), made);
    if let Some(first) = first {
        show_next(world, &place, &key, first);
        wait(world, &place, (&key, turn), first);
    }
    Ok(Value::object())
}

fn show_next(world: &mut World, place: &Place, key: &str, at: Timestamp) {
    world.change(place, key, |facts| {
        facts.insert("StartTime", at);
        facts.insert("Time", at);
    });
}

fn wait(world: &mut World, place: &Place, (key, turn): (&str, i64), at: Timestamp) {
    let task = Task::new("autoscaling:scheduled", place, key);
    world.schedule(at, task.with(object! { "Turn": turn }));
}

/// When an action is due next, after `now`.
fn next(facts: &Object, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let start = facts.get("StartTime").and_then(Value::as_timestamp);
    let recurrence = text(facts, "Recurrence");
    if recurrence.is_empty() {
        return Ok(start);
    }
    // The first time is the start itself, whatever recurs after it.
    if let Some(start) = start.filter(|start| *start > now) {
        return Ok(Some(start));
    }
    let zone = match text(facts, "TimeZone") {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).map_err(|_| format!("Invalid time zone {name}"))?,
    };
    let expression = expression(recurrence)
        .and_then(|text| ScheduleExpression::parse(&text).ok())
        .ok_or_else(|| format!("Given recurrence string: {recurrence} is invalid"))?;
    let found = expression.next_after(now, &zone, now);
    let end = facts.get("EndTime").and_then(Value::as_timestamp);
    Ok(found.filter(|at| end.is_none_or(|end| *at <= end)))
}

/// A recurrence, which is written as Unix writes it, as EventBridge writes schedules.
fn expression(recurrence: &str) -> Option<String> {
    let fields: Vec<&str> = recurrence.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    if *weekday == "*" {
        return Some(format!("cron({minute} {hour} {day} {month} ? *)"));
    }
    // One of the two days must be open; a week begins with day zero there and with day one here.
    let mut shifted = String::new();
    for letter in weekday.chars() {
        match letter.to_digit(10) {
            Some(digit) => shifted.push_str(&(digit % 7 + 1).to_string()),
            None => shifted.push(letter.to_ascii_uppercase()),
        }
    }
    (*day == "*").then(|| format!("cron({minute} {hour} ? {month} {shifted} *)"))
}

/// A scheduled action is due.
pub(super) fn due(world: &mut World, task: &Task) {
    let Some(action) = world.get(&task.place, &task.id) else { return };
    let turn = number(&action.inside, "Turn").unwrap_or(0);
    if task.detail.get("Turn").and_then(Value::as_i64) != Some(turn) {
        return;
    }
    let facts = action.facts.clone();
    let groups = task.place.beside(&GROUP);
    perform(world, &groups, &facts);
    match next(&facts, world.now()) {
        Ok(Some(at)) if at > world.now() => {
            show_next(world, &task.place, &task.id, at);
            wait(world, &task.place, (&task.id, turn), at);
        }
        // What is not to recur is done with.
        _ => {
            world.remove(&task.place, &task.id);
        }
    }
}

fn perform(world: &mut World, groups: &Place, action: &Object) {
    let name = text(action, "AutoScalingGroupName");
    let Some(group) = members::facts(world, groups, name) else { return };
    if suspended(&group, "ScheduledActions") {
        return;
    }
    let new = |member: &str| number(action, member).unwrap_or_else(|| size(&group, member));
    let (least, most) = (new("MinSize"), new("MaxSize"));
    let desired = new("DesiredCapacity").min(most).max(least);
    let before = size(&group, "DesiredCapacity");
    world.change(groups, name, |facts| {
        facts.insert("MinSize", least);
        facts.insert("MaxSize", most);
        facts.insert("DesiredCapacity", desired);
    });
    let why = format!(
        "a scheduled action update of AutoScalingGroup constraints to min: {least}, max: {most}, desired: {desired} changing the desired capacity from {before} to {desired}"
    );
    converge::soon(world, groups, name, &why);
}

/// `DescribeScheduledActions`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let (group, names) = (call.text("AutoScalingGroupName"), call.texts("ScheduledActionNames"));
    let keep = |_: &str, action: &Resource| {
        let start = action.facts.get("StartTime").and_then(Value::as_timestamp);
        group.is_none_or(|name| action.fact("AutoScalingGroupName") == Some(name))
            && (names.is_empty() || names.contains(&text(&action.facts, "ScheduledActionName")))
            && call.time("StartTime").is_none_or(|from| start >= Some(from))
            && call.time("EndTime").is_none_or(|until| start <= Some(until))
    };
    PAGES.list((call, world), (&ACTION, "ScheduledUpdateGroupActions"), keep, plain)
}

/// `DeleteScheduledAction`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let group = named(call, world)?.0;
    let name = call.required("ScheduledActionName")?;
    let gone = world.remove(&call.place(&ACTION), &key(&group, name));
    gone.map(|_| Value::object()).ok_or_else(|| -> Failure { ACTION.missing.failure(name) })
}

/// The scheduled actions of a deleted group go with it.
pub(super) fn forget(world: &mut World, place: &Place, group: &str) {
    let shelf = place.beside(&ACTION);
    let own: Vec<String> = world
        .shelf(&shelf)
        .iter()
        .filter(|(_, action)| action.fact("AutoScalingGroupName") == Some(group))
        .map(|(key, _)| key.clone())
        .collect();
    for key in own {
        world.remove(&shelf, &key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recurrences_become_schedules() {
        for (recurrence, expected) in [
            ("30 0 1 1,6,12 *", Some("cron(30 0 1 1,6,12 ? *)")),
            ("0 8 * * 1-5", Some("cron(0 8 ? * 2-6 *)")),
            ("0 8 * * mon", Some("cron(0 8 ? * MON *)")),
            ("0 8 1 * 1", None),
            ("0 8", None),
        ] {
            assert_eq!(expression(recurrence).as_deref(), expected, "{recurrence}");
        }
    }
}

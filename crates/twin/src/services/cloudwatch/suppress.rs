//! Suppressed actions of composite alarms: by an alarm, and for a while before and after it.
//!
//! When a composite alarm changes its state, it waits for its suppressor to go into ALARM. If it does, no actions are taken.
//! When the suppressor leaves ALARM, actions that are still owed wait for the extension period.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;

use super::{
    COMPOSITE_ALARM, act,
    alarms::{name_of, place, state_of},
};
use crate::{
    metrics::{Site, alarm::State},
    store::{Place, Resource},
    task::Task,
    world::World,
};

/// The task that ends a waiting or an extension period.
pub(super) const TASK: &str = "cloudwatch:suppression";
/// The inner fact that says until when a period lasts.
const UNTIL: &str = "SuppressedUntil";
/// The inner fact that says that actions for the present state are still to be taken.
const OWED: &str = "SuppressedActions";

/// A composite alarm changed its state: acts, or does not act yet.
pub(super) fn changed(world: &mut World, (place, name): (&Place, &str), state: State) {
    let Some(alarm) = world.get(place, name) else { return };
    let site = Site::of(place);
    let Some(suppressor) = alarm.fact("ActionsSuppressor") else {
        act::run(world, (place, name), state, "");
        return;
    };
    if state_of(world, &site, suppressor) == Some(State::Alarm) {
        suppress(world, (place, name), ("Alarm", None));
    } else if wait(alarm, "ActionsSuppressorWaitPeriod") > 0 && state == State::Alarm {
        let seconds = wait(alarm, "ActionsSuppressorWaitPeriod");
        suppress(world, (place, name), ("WaitPeriod", Some(seconds)));
    } else {
        release(world, (place, name));
        act::run(world, (place, name), state, "");
    }
}

/// An alarm changed its state that may be a suppressor.
pub(super) fn suppressor_changed(world: &mut World, site: &Site, suppressor: &str) {
    let place = place(site, &COMPOSITE_ALARM);
    let is_suppressed = |alarm: &Resource| {
        alarm.fact("ActionsSuppressor").is_some_and(|named| name_of(named) == suppressor)
    };
    let shelf = world.shelf(&place).iter().filter(|(_, alarm)| is_suppressed(alarm));
    let names: Vec<String> = shelf.map(|(name, _)| name.clone()).collect();
    let suppressing = state_of(world, site, suppressor) == Some(State::Alarm);
    for name in names {
        let Some(alarm) = world.get(&place, &name) else { continue };
        let by = alarm.fact("ActionsSuppressedBy").map(str::to_owned);
        match by.as_deref() {
            Some("WaitPeriod" | "ExtensionPeriod") if suppressing => {
                suppress(world, (&place, &name), ("Alarm", None));
            }
            Some("Alarm") if !suppressing => {
                let seconds = wait(alarm, "ActionsSuppressorExtensionPeriod");
                suppress(world, (&place, &name), ("ExtensionPeriod", Some(seconds)));
            }
            _ => {}
        }
    }
}

/// A period is over.
pub(super) fn turn(world: &mut World, task: &Task) {
    let Some(alarm) = world.get(&task.place, &task.id) else { return };
    let until = alarm.inside.get(UNTIL).and_then(Value::as_timestamp);
    if until != Some(task.due) {
        return;
    }
    let Some(state) = alarm.fact("StateValue").and_then(State::parse) else { return };
    let owed = alarm.inside.contains(OWED);
    release(world, (&task.place, &task.id));
    if owed {
        act::run(world, (&task.place, &task.id), state, "");
    }
}

fn wait(alarm: &Resource, member: &str) -> i64 {
    alarm.value(member).and_then(Value::as_i64).unwrap_or(0)
}

fn suppress(world: &mut World, (place, name): (&Place, &str), (by, seconds): (&str, Option<i64>)) {
    let until: Option<Timestamp> =
        seconds.map(|seconds| world.now() + SignedDuration::from_secs(seconds));
    let reason = match (by, until) {
        ("Alarm", _) => "Actions suppressed by alarm".to_owned(),
        (_, Some(until)) => format!("Actions suppressed by {by} until {until}"),
        (_, None) => format!("Actions suppressed by {by}"),
    };
    world.change(place, name, |facts| {
        facts.insert("ActionsSuppressedBy", by);
        facts.insert("ActionsSuppressedReason", reason);
    });
    world.change_inside(place, name, |inside| {
        inside.insert(OWED, true);
        match until {
            Some(until) => inside.insert(UNTIL, until),
            None => inside.remove(UNTIL),
        };
    });
    if let Some(until) = until {
        world.schedule(until, Task::new(TASK, place, name));
    }
}

fn release(world: &mut World, (place, name): (&Place, &str)) {
    world.change(place, name, |facts| {
        facts.remove("ActionsSuppressedBy");
        facts.remove("ActionsSuppressedReason");
    });
    world.change_inside(place, name, |inside| {
        inside.remove(OWED);
        inside.remove(UNTIL);
    });
}

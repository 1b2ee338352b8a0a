//! Rules that fire by the clock.

use jiff::tz::TimeZone;
use reeve_model::Value;
use reeve_time::ScheduleExpression;

use super::{Bus, DEFAULT, send_to_targets};
use crate::{store::Place, task::Task, world::World};

/// Has a rule fire when its schedule says, if it has one and is enabled.
pub(crate) fn plan(world: &mut World, place: &Place, rule: &str) {
    let Some(resource) = world.get(place, rule) else { return };
    if resource.fact("State") == Some("DISABLED") {
        return;
    }
    let Some(text) = resource.fact("ScheduleExpression").map(str::to_owned) else { return };
    let Ok(expression) = ScheduleExpression::parse(&text) else { return };
    let since = resource.inside.get("Since").and_then(Value::as_timestamp);
    let generation = resource.inside.get("Generation").cloned().unwrap_or_default();
    let now = world.now();
    if let Some(next) = expression.next_after(now, &TimeZone::UTC, since.unwrap_or(now)) {
        world.schedule(next, Task::new("events:schedule", place, rule).with(generation));
    }
}

/// The time has come: every target gets a scheduled event. Nothing happens if the rule was changed meanwhile.
pub(crate) fn fire(world: &mut World, task: &Task) {
    let Some(rule) = world.get(&task.place, &task.id) else { return };
    let same = rule.inside.get("Generation").cloned().unwrap_or_default() == task.detail;
    if !same || rule.fact("State") == Some("DISABLED") {
        return;
    }
    let (account, region) = (task.place.account.clone(), task.place.region.clone());
    let arn = task.place.kind.arn(&account, &region, &task.id);
    let event = reeve_events::Event {
        id: world.uuid(),
        account: account.to_string(),
        region: region.to_string(),
        time: task.due,
        source: "aws.events".to_owned(),
        detail_type: "Scheduled Event".to_owned(),
        resources: vec![arn],
        detail: serde_json::json!({}),
    };
    let bus = Bus { account, region, name: DEFAULT.to_owned() };
    send_to_targets(world, (&bus, &task.id), &event.to_json(), 0);
    plan(world, &task.place, &task.id);
}

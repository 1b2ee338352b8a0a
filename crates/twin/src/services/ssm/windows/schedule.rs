//! When windows open.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use reeve_model::{Object, Value};
use reeve_time::ScheduleExpression;

use super::{
    super::shared::{conditions, pages},
    WINDOW, targets,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    value::value,
    world::World,
};

static PAGES: Paging = pages(1, 100);
/// How many runs of a window are foretold.
const FORETOLD: usize = 100;

/// Refuses a window that could not open, or that closes before it opens.
pub(super) fn check(call: &Call, facts: &Object) -> Result<(), Failure> {
    let expression = ScheduleExpression::parse_for_systems_manager(facts.text("Schedule"))
        .map_err(|problem| call.invalid(format!("Schedule expression is not valid: {problem}")))?;
    zone(facts).ok_or_else(|| {
        call.invalid(format!("{} is not a time zone", facts.text("ScheduleTimezone")))
    })?;
    let number = |member: &str| facts.get(member).and_then(Value::as_i64).unwrap_or(0);
    if number("Cutoff") >= number("Duration") {
        return Err(
            call.invalid("Cutoff must be less than the duration of the maintenance window.")
        );
    }
    if number("ScheduleOffset") > 0 && !expression.is_cron() {
        return Err(call.invalid("ScheduleOffset can only be used with a cron expression."));
    }
    for member in ["StartDate", "EndDate"] {
        if !facts.text(member).is_empty() && date(facts, member).is_none() {
            return Err(call.invalid(format!("{member} is not a date in ISO-8601 format.")));
        }
    }
    Ok(())
}

fn zone(facts: &Object) -> Option<TimeZone> {
    match facts.text("ScheduleTimezone") {
        "" => Some(TimeZone::UTC),
        name => TimeZone::get(name).ok(),
    }
}

fn date(facts: &Object, member: &str) -> Option<Timestamp> {
    let text = facts.text(member);
    let zone = zone(facts)?;
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(zone).ok()?.timestamp())
    })
}

/// When a window opens next, later than a time; nothing if it is disabled or over.
pub(super) fn next(facts: &Object, after: Timestamp) -> Option<Timestamp> {
    if facts.get("Enabled").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let expression = ScheduleExpression::parse_for_systems_manager(facts.text("Schedule")).ok()?;
    let zone = zone(facts)?;
    let since = facts.get("ModifiedDate").and_then(Value::as_timestamp).unwrap_or(after);
    let offset = facts.get("ScheduleOffset").and_then(Value::as_i64).unwrap_or(0);
    let start = date(facts, "StartDate");
    let end = date(facts, "EndDate");
    // A day of the expression that passed before the window was made does not open it some days later.
    let earliest =
        after.max(since).max(start.map_or(after, |start| start - SignedDuration::from_secs(1)));
    let mut at = (earliest - SignedDuration::from_hours(24 * offset)).max(since);
    for _ in 0..400 {
        let hit = expression.next_after(at, &zone, since)?;
        let due = if offset > 0 {
            hit.to_zoned(zone.clone()).checked_add(offset.days()).ok()?.timestamp()
        } else {
            hit
        };
        if due > after && start.is_none_or(|start| due >= start) {
            return end.is_none_or(|end| due <= end).then_some(due);
        }
        at = hit;
    }
    None
}

/// A time as windows show it, in their own zone.
pub(super) fn written(facts: &Object, at: Timestamp) -> String {
    let zoned = at.to_zoned(zone(facts).unwrap_or(TimeZone::UTC));
    zoned.strftime("%Y-%m-%dT%H:%M%:z").to_string().replace("+00:00", "Z")
}

/// `DescribeMaintenanceWindowSchedule`.
pub(super) fn describe_schedule(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&WINDOW);
    let wanted = call.text("WindowId");
    if let Some(id) = wanted {
        call.find(world, &WINDOW, id)?;
    }
    if let Some((key, _)) = conditions(call, "Filters", ("Key", "Values")).first() {
        return Err(call.invalid(format!("The filter key {key} is not valid")));
    }
    let hit = targets::windows_of(world, &place, call.list("Targets"))?;
    let mut items = Vec::new();
    for (id, window) in world.shelf(&place) {
        let aimed = call.list("Targets").is_empty() || hit.contains(id);
        if !aimed || wanted.is_some_and(|wanted| wanted != id) {
            continue;
        }
        let mut at = call.now;
        for _ in 0..FORETOLD {
            let Some(due) = next(&window.facts, at) else { break };
            let name = window.facts.text("Name");
            let time = written(&window.facts, due);
            let key = format!("{:020}{id}", due.as_second());
            items.push((key, value!({"WindowId": id, "Name": name, "ExecutionTime": time})));
            at = due;
        }
    }
    PAGES.sort(call, "ScheduledWindowExecutions", items)
}

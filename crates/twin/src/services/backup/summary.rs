//! Summaries of jobs: how many reached which state on which day.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use reeve_model::{Object, Value};

use super::{PAGES, copy, days_later, job, restore};
use crate::{
    call::{Answer, Call},
    kind::Kind,
    recipe::Action,
    services::Part,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListBackupJobSummaries", Action::Own(backups)),
        ("ListCopyJobSummaries", Action::Own(copies)),
        ("ListRestoreJobSummaries", Action::Own(restores)),
    ],
    tasks: &[],
};

fn backups(call: &Call, world: &mut World) -> Answer {
    summarise(call, world, (&job::JOB, "State"), "BackupJobSummaries")
}

fn copies(call: &Call, world: &mut World) -> Answer {
    summarise(call, world, (&copy::JOB, "State"), "CopyJobSummaries")
}

fn restores(call: &Call, world: &mut World) -> Answer {
    summarise(call, world, (&restore::JOB, "Status"), "RestoreJobSummaries")
}

/// What jobs are counted by: day, state, resource type, message category. An empty one was not asked apart.
type Group = (Timestamp, String, String, String);

fn summarise(call: &Call, world: &World, (kind, state): (Kind, &str), member: &str) -> Answer {
    let period = call.text("AggregationPeriod").unwrap_or("FOURTEEN_DAYS");
    let days = match period {
        "ONE_DAY" => 1,
        "SEVEN_DAYS" => 7,
        _ => 14,
    };
    let today = call
        .now
        .round(
            jiff::TimestampRound::new()
                .smallest(Unit::Hour)
                .increment(24)
                .mode(jiff::RoundMode::Floor),
        )
        .unwrap_or(call.now);
    let first = days_later(today, -days);
    if call
        .text("AccountId")
        .is_some_and(|a| a != "ANY" && a != "AGGREGATE_ALL" && a != call.account().as_str())
    {
        return Ok(call.fit(Value::from_iter([(member, Value::List(Vec::new()))])));
    }
    let mut counts: BTreeMap<Group, i64> = BTreeMap::new();
    for found in world.shelf(&call.place(kind)).values() {
        let Some(created) = found.value("CreationDate").and_then(Value::as_timestamp) else {
            continue;
        };
        if created < first || created >= today {
            continue;
        }
        let day = days_later(first, created.duration_since(first).as_hours() / 24);
        let part = |asked: &str, path: &str| part(call.text(asked), found.fact(path));
        let (Some(state), Some(of_type), Some(category)) = (
            part("State", state),
            part("ResourceType", "ResourceType"),
            part("MessageCategory", "MessageCategory"),
        ) else {
            continue;
        };
        *counts.entry((day, state, of_type, category)).or_default() += 1;
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let skip = start.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let total = counts.len();
    let shown =
        counts.into_iter().skip(skip).take(size).map(|(group, count)| line(call, &group, count));
    let output = Object::from_iter([
        (member, shown.collect::<Value>()),
        ("AggregationPeriod", Value::from(period)),
    ]);
    let end = skip + size;
    let last = (end < total).then(|| end.to_string());
    Ok(call.fit(PAGES.finish(call, output, last.as_deref())))
}

/// What a job counts under: nothing if it does not count, an empty text if all count together.
fn part(asked: Option<&str>, found: Option<&str>) -> Option<String> {
    match asked {
        Some("AGGREGATE_ALL") => Some("AGGREGATE_ALL".to_owned()),
        None => Some(String::new()),
        Some("ANY") => Some(found.unwrap_or_default().to_owned()),
        Some(wanted) => (found == Some(wanted)).then(|| wanted.to_owned()),
    }
}

fn line(call: &Call, (day, state, of_type, category): &Group, count: i64) -> Value {
    let mut line = value!({
        "Region": (call.region.as_str()),
        "AccountId": (call.account().as_str()),
        "Count": (count),
        "StartTime": (*day),
        "EndTime": (days_later(*day, 1)),
    });
    if let Some(line) = line.as_object_mut() {
        for (member, value) in [
            ("State", state),
            ("Status", state),
            ("ResourceType", of_type),
            ("MessageCategory", category),
        ] {
            if !value.is_empty() {
                line.insert(member, value.as_str());
            }
        }
    }
    line
}

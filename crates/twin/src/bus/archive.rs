//! Events that are kept, and come again when asked for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use serde::{Deserialize, Serialize};

use super::{Bus, receive, send_to_targets};
use crate::{
    services::events::{ARCHIVE, RULE, bus_of_arn},
    task::Task,
    world::World,
};

/// How many events an archive keeps in the twin.
const MOST: usize = 50_000;

/// What archives hold, by the ARN of the archive: events as JSON with their times, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Archives(BTreeMap<String, Vec<(Timestamp, String)>>);

impl Archives {
    /// The events of an archive.
    pub(crate) fn events(&self, archive: &str) -> &[(Timestamp, String)] {
        self.0.get(archive).map_or(&[], Vec::as_slice)
    }

    /// Forgets an archive.
    pub(crate) fn forget(&mut self, archive: &str) {
        self.0.remove(archive);
    }

    /// Forgets what is older than a time.
    pub(crate) fn expire(&mut self, archive: &str, oldest: Timestamp) {
        if let Some(events) = self.0.get_mut(archive) {
            events.retain(|(at, _)| *at >= oldest);
        }
    }
}

/// Every archive of the bus whose pattern matches keeps the event. Replayed events are not archived again.
pub(super) fn keep(world: &mut World, bus: &Bus, event: &serde_json::Value) {
    if event.get("replay-name").is_some() {
        return;
    }
    let place = bus.place(&ARCHIVE);
    let mut wanted = Vec::new();
    for (id, archive) in world.store.shelf(&place) {
        let source = archive.fact("EventSourceArn").and_then(bus_of_arn);
        let of_bus = source.is_some_and(|source| source == bus.name);
        let pattern = archive.fact("EventPattern");
        let fits = pattern.is_none_or(|text| {
            world.messages.patterns.get(text).is_some_and(|pattern| pattern.matches(event))
        });
        if of_bus && fits {
            let days = archive.value("RetentionDays").and_then(Value::as_i64).unwrap_or(0);
            wanted.push((place.arn_of(&ARCHIVE, id), days));
        }
    }
    for (arn, days) in wanted {
        if days > 0 {
            let oldest = world.now() - SignedDuration::from_hours(24 * days);
            world.messages.archives.expire(&arn, oldest);
        }
        let now = world.now();
        let events = world.messages.archives.0.entry(arn).or_default();
        if events.len() == MOST {
            events.remove(0);
        }
        events.push((now, event.to_string()));
    }
}

/// A replay runs: its archive's events of the time wanted come again, in order.
pub(crate) fn replay(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    if found.fact("State") != Some("STARTING") {
        return;
    }
    let time = |member: &str| found.value(member).and_then(Value::as_timestamp);
    let (Some(from), Some(until)) = (time("EventStartTime"), time("EventEndTime")) else { return };
    let archive = found.fact("EventSourceArn").unwrap_or_default().to_owned();
    let destination = found.value("Destination").cloned().unwrap_or_default();
    let target = destination.text("Arn");
    let bus = Bus {
        account: task.place.account.clone(),
        region: task.place.region.clone(),
        name: bus_of_arn(target).unwrap_or_default().to_owned(),
    };
    let events: Vec<String> = world
        .messages
        .archives
        .events(&archive)
        .iter()
        .filter(|(at, _)| (from..until).contains(at))
        .map(|(_, event)| event.clone())
        .collect();
    let only = destination.list("FilterArns").to_vec();
    for event in events {
        let Ok(mut event) = serde_json::from_str::<serde_json::Value>(&event) else { continue };
        if let Some(members) = event.as_object_mut() {
            members.insert("replay-name".to_owned(), task.id.as_str().into());
        }
        if only.is_empty() {
            receive(world, &bus, &event, 0);
            continue;
        }
        for rule in super::matching(world, &bus, &event) {
            let arn = RULE.arn(&bus.account, &bus.region, &rule);
            if only.contains(&Value::from(arn)) {
                send_to_targets(world, (&bus, &rule), &event, 0);
            }
        }
    }
    let now = world.now();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("State", "COMPLETED");
        facts.insert("EventLastReplayedTime", until);
        facts.insert("ReplayEndTime", now);
    });
}

//! Delivers the world's events to the rules that want them.
//!
//! ```text
//! event ─► bus ─► rules whose pattern matches ─► targets, each with its own input
//!           └───► archives                         └─► again later, or to the target's dead-letter queue
//! ```
//!
//! An account without rules costs one look at an empty shelf.

mod archive;
mod input;
mod permission;
mod retry;
mod schedule;
mod target;

use std::{collections::BTreeMap, sync::Arc};

use reeve_events::Pattern;
use reeve_types::{AccountId, Region};

use crate::{
    event::Event,
    services::events::{ARCHIVE, RULE},
    store::Place,
    world::World,
};

pub(crate) use archive::{Archives, replay};
pub(crate) use input::check as check_input;
pub(crate) use permission::{Ask, permits};
pub(crate) use retry::retry;
pub(crate) use schedule::{fire as fire_schedule, plan as plan_schedule};

/// The bus to which services send their events.
pub(crate) const DEFAULT: &str = "default";

/// How many buses an event may pass through.
const MOST_HOPS: usize = 4;

/// Patterns by their text, so that each is compiled once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns(BTreeMap<String, Option<Arc<Pattern>>>);

impl Patterns {
    /// The compiled pattern; nothing if it is none.
    pub(crate) fn get(&mut self, text: &str) -> Option<Arc<Pattern>> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let compiled = Pattern::parse(text).ok().map(Arc::new);
        self.0.insert(text.to_owned(), compiled.clone());
        compiled
    }
}

/// A bus.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) name: String,
}

impl Bus {
    fn place(&self, kind: crate::kind::Kind) -> Place {
        Place { account: self.account.clone(), region: self.region.clone(), kind }
    }
}

/// Delivers one event to the targets of the rules that match it.
pub(crate) fn deliver(world: &mut World, event: &Event) {
    let bus = Bus {
        account: event.account.clone(),
        region: event.region.clone(),
        name: DEFAULT.to_owned(),
    };
    if is_deaf(world, &bus) {
        return;
    }
    let event = reeve_events::Event {
        id: event.id.clone(),
        account: event.account.to_string(),
        region: event.region.to_string(),
        time: event.time,
        source: event.source.clone(),
        detail_type: event.detail_type.clone(),
        resources: event.resources.clone(),
        detail: event.detail.to_json(),
    };
    receive(world, &bus, &event.to_json(), 0);
}

fn is_deaf(world: &World, bus: &Bus) -> bool {
    world.shelf(&bus.place(&RULE)).is_empty() && world.shelf(&bus.place(&ARCHIVE)).is_empty()
}

/// A bus gets an event, which has passed through so many others before.
pub(crate) fn receive(world: &mut World, bus: &Bus, event: &serde_json::Value, hops: usize) {
    if hops > MOST_HOPS || is_deaf(world, bus) {
        return;
    }
    archive::keep(world, bus, event);
    for rule in matching(world, bus, event) {
        send_to_targets(world, (bus, &rule), event, hops);
    }
}

/// Sends an event to every target of a rule.
fn send_to_targets(
    world: &mut World,
    (bus, rule): (&Bus, &str),
    event: &serde_json::Value,
    hops: usize,
) {
    let place = bus.place(&RULE);
    let Some(resource) = world.get(&place, rule) else { return };
    let targets = resource.inside.list("Targets").to_vec();
    let rule_arn = place.arn_of(&RULE, rule);
    for target in targets {
        let job = target::Job {
            place: place.clone(),
            rule_arn: rule_arn.clone(),
            body: input::body(&target, event, &rule_arn, world.now()),
            target,
            event: event.clone(),
            hops,
            attempts: 0,
        };
        retry::attempt(world, job);
    }
}

/// The rules of a bus that want an event.
fn matching(world: &mut World, bus: &Bus, event: &serde_json::Value) -> Vec<String> {
    let shelf = world.store.shelf(&bus.place(&RULE));
    let mut found = Vec::new();
    for (id, rule) in shelf {
        let enabled = rule.fact("State") != Some("DISABLED");
        if !enabled || rule.fact("EventBusName") != Some(&bus.name) {
            continue;
        }
        let Some(text) = rule.fact("EventPattern") else { continue };
        let pattern = world.messages.patterns.get(text);
        if pattern.is_some_and(|pattern| pattern.matches(event)) {
            found.push(id.clone());
        }
    }
    found
}

/// Whether some rule of an account's default bus could want an event of this source and kind: whether it is worth making.
pub(crate) fn could_match(
    world: &mut World,
    place: &Place,
    source: &str,
    detail_type: &str,
) -> bool {
    let bus = Bus {
        account: place.account.clone(),
        region: place.region.clone(),
        name: DEFAULT.to_owned(),
    };
    if !world.store.shelf(&bus.place(&ARCHIVE)).is_empty() {
        return true;
    }
    let messages = &mut world.messages;
    let shelf = world.store.shelf(&bus.place(&RULE));
    shelf.values().any(|rule| {
        let pattern = rule.fact("EventPattern").and_then(|text| messages.patterns.get(text));
        pattern.is_some_and(|pattern| {
            let could = |member: &str, value: &str| {
                pattern.required_texts(member).is_none_or(|texts| texts.contains(&value))
            };
            rule.fact("State") != Some("DISABLED")
                && could("source", source)
                && could("detail-type", detail_type)
        })
    })
}

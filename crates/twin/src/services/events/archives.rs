//! Archives of events, and replays.

use jiff::SignedDuration;
use reeve_model::Value;

use super::{ARCHIVE, EVENT_BUS, PAGES, REPLAY, bus_of_arn, check_pattern, empty};
use crate::{
    bus::DEFAULT,
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    store::{Resource, facts},
    task::Task,
    value::object,
    world::World,
};

/// How long a replay takes to begin.
const STARTING: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ArchiveName")?;
    let source = call.required("EventSourceArn")?;
    let place = call.place(&ARCHIVE);
    let bus = bus_of_arn(source).unwrap_or_default();
    if bus != DEFAULT && world.get(&call.place(&EVENT_BUS), bus).is_none() {
        return Err(EVENT_BUS.missing.failure(bus));
    }
    if let Some(pattern) = call.text("EventPattern") {
        check_pattern(pattern)?;
    }
    if world.get(&place, name).is_some() {
        let message = format!("Archive {name} already exists.");
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let mut said = object!(
        "EventSourceArn": (source),
        "State": "ENABLED",
        "RetentionDays": (call.integer("RetentionDays").unwrap_or(0)),
        "CreationTime": (call.now),
    );
    said.extend(call.given(["Description", "EventPattern", "KmsKeyIdentifier"]));
    world.put(place, name, Resource { facts: facts(said), ..Resource::default() });
    describe(call, world)
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ArchiveName")?;
    shown(call, world, name).map(|shown| call.fit(shown))
}

fn shown(call: &Call, world: &World, name: &str) -> Answer {
    let place = call.place(&ARCHIVE);
    let found = call.find(world, &ARCHIVE, name)?;
    let mut shown = described(&ARCHIVE, (&place.account, &place.region), name, found);
    let arn = place.arn_of(&ARCHIVE, name);
    let events = world.messages.archives.events(&arn);
    let size: usize = events.iter().map(|(_, event)| event.len()).sum();
    shown.insert("EventCount", i64::try_from(events.len()).unwrap_or(0));
    shown.insert("SizeBytes", i64::try_from(size).unwrap_or(0));
    Ok(shown.into())
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ArchiveName")?;
    call.find(world, &ARCHIVE, name)?;
    if let Some(pattern) = call.text("EventPattern") {
        check_pattern(pattern)?;
    }
    world.change(&call.place(&ARCHIVE), name, |facts| {
        facts.extend(call.given([
            "Description",
            "EventPattern",
            "RetentionDays",
            "KmsKeyIdentifier",
        ]));
    });
    describe(call, world)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ArchiveName")?;
    call.find(world, &ARCHIVE, name)?;
    let place = call.place(&ARCHIVE);
    world.remove(&place, name);
    world.messages.archives.forget(&ARCHIVE.arn(&place.account, &place.region, name));
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let prefix = call.text("NamePrefix").unwrap_or_default();
    let (source, state) = (call.text("EventSourceArn"), call.text("State"));
    let output = PAGES.list(
        (call, world),
        (&ARCHIVE, "Archives"),
        |name, archive| {
            name.starts_with(prefix)
                && source.is_none_or(|source| archive.fact("EventSourceArn") == Some(source))
                && state.is_none_or(|state| archive.fact("State") == Some(state))
        },
        |name, _, _| shown(call, world, name).unwrap_or_default(),
    )?;
    Ok(call.fit(output))
}

pub(super) fn start_replay(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ReplayName")?;
    let place = call.place(&REPLAY);
    if world.get(&place, name).is_some() {
        let message = format!("Replay {name} already exists.");
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let archive = call.id_of(&ARCHIVE, call.required("EventSourceArn")?);
    let source = call.find(world, &ARCHIVE, &archive)?.fact("EventSourceArn").map(str::to_owned);
    let destination = call.object("Destination").and_then(|given| given.get("Arn"));
    if destination.and_then(Value::as_str) != source.as_deref() {
        let message = "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.";
        return Err(call.invalid(message));
    }
    if call.time("EventEndTime") <= call.time("EventStartTime") {
        let message = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.";
        return Err(call.invalid(message));
    }
    let mut said = object!("State": "STARTING", "ReplayStartTime": (call.now));
    said.extend(call.given([
        "Description",
        "EventSourceArn",
        "Destination",
        "EventStartTime",
        "EventEndTime",
    ]));
    world.put(place.clone(), name, Resource { facts: facts(said), ..Resource::default() });
    world.schedule(call.now + STARTING, Task::new("events:replay", &place, name));
    replayed(call, world, name)
}

fn replayed(call: &Call, world: &World, name: &str) -> Answer {
    let place = call.place(&REPLAY);
    let found = call.find(world, &REPLAY, name)?;
    Ok(call.fit(described(&REPLAY, (&place.account, &place.region), name, found).into()))
}

pub(super) fn cancel_replay(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ReplayName")?;
    let state = call.find(world, &REPLAY, name)?.fact("State");
    if !matches!(state, Some("STARTING" | "RUNNING")) {
        let message = format!("Replay {name} is not in a valid state for this operation.");
        return Err(Failure::new("IllegalStatusException", message));
    }
    let now = call.now;
    world.change(&call.place(&REPLAY), name, |facts| {
        facts.insert("State", "CANCELLED");
        facts.insert("ReplayEndTime", now);
    });
    replayed(call, world, name)
}

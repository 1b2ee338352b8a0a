//! Events out: by stream, by filter, one by one.

use std::collections::{BTreeMap, BTreeSet};

use reeve_events::FilterPattern;
use reeve_model::{Object, Value};

use super::{LOG_GROUP, events, group, streams, writing::event_id};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    log_store::{LogEvent, Position},
    page::Paging,
    store::Place,
    value::object,
    world::World,
};

const MOST: usize = 10_000;

static PAGES: Paging = Paging::of("limit", "nextToken", (MOST, MOST), "InvalidParameterException");

/// The times of a call; `end` is the last millisecond.
fn times(call: &Call, end: i64) -> std::ops::RangeInclusive<i64> {
    call.integer("startTime").unwrap_or(i64::MIN)..=end
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let size = PAGES.size(call)?;
    // The end of a stream's events is not included, that of a filter is.
    let end = call.integer("endTime").map_or(i64::MAX, |end| end.saturating_sub(1));
    let found = events(world, &call.place(&LOG_GROUP), &name);
    let stream = found.streams.get(call.required("logStreamName")?).ok_or_else(streams::missing)?;
    let all = stream.between(times(call, end));
    let token = call.text("nextToken").map(|token| read_token(call, token)).transpose()?;
    let page: Vec<Position> = match token {
        Some((true, after)) => all.filter(|at| *at > after).take(size).collect(),
        None if call.flag("startFromHead") => all.take(size).collect(),
        backward => {
            let before = backward.map_or((i64::MAX, u64::MAX), |(_, before)| before);
            let mut page: Vec<Position> = all.rev().filter(|at| *at < before).take(size).collect();
            page.reverse();
            page
        }
    };
    let here = token.map_or((call.now.as_millisecond(), 0), |(_, at)| at);
    let (first, last) =
        (page.first().copied().unwrap_or(here), page.last().copied().unwrap_or(here));
    let shown: Vec<Value> = page
        .iter()
        .filter_map(|at| {
            let event = found.get(*at)?;
            Some(
                object!(
                    "timestamp": (at.0),
                    "message": (event.message.as_str()),
                    "ingestionTime": (event.ingested),
                )
                .into(),
            )
        })
        .collect();
    Ok(object!(
        "events": (shown),
        "nextForwardToken": (token_of('f', last)),
        "nextBackwardToken": (token_of('b', first)),
    )
    .into())
}

fn token_of(direction: char, at: Position) -> String {
    format!("{direction}/{}/s", event_id(at))
}

/// Whether a token goes forward, and from where.
fn read_token(call: &Call, token: &str) -> Result<(bool, Position), Failure> {
    let read = || {
        let (direction, rest) = token.split_once('/')?;
        let (time, arrival) = rest.strip_suffix("/s")?.split_at_checked(24)?;
        Some((direction == "f", (time.parse().ok()?, arrival.parse().ok()?)))
    };
    read().ok_or_else(|| call.invalid("The specified nextToken is invalid."))
}

pub(super) fn filter(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let pattern = FilterPattern::parse(call.text("filterPattern").unwrap_or_default())
        .map_err(|error| call.invalid(error.to_string()))?;
    let wanted: BTreeSet<&str> = call.texts("logStreamNames").into_iter().collect();
    let prefix = call.text("logStreamNamePrefix").unwrap_or_default();
    if !wanted.is_empty() && !prefix.is_empty() {
        let message =
            "logStreamNames and logStreamNamePrefix cannot be specified at the same time.";
        return Err(call.invalid(message));
    }
    let found = events(world, &call.place(&LOG_GROUP), &name);
    if wanted.iter().any(|stream| !found.streams.contains_key(*stream)) {
        return Err(streams::missing());
    }
    let end = call.integer("endTime").unwrap_or(i64::MAX);
    let mut rest = found.between(times(call, end)).filter(|(at, event)| {
        start.as_ref().is_none_or(|start| event_id(*at) > *start)
            && (wanted.is_empty() || wanted.contains(event.stream.as_str()))
            && event.stream.starts_with(prefix)
            && pattern.matches(&event.message)
    });
    let page: Vec<(Position, &LogEvent)> = rest.by_ref().take(size).collect();
    let shown: Vec<Value> = page
        .iter()
        .map(|(at, event)| {
            object!(
                "logStreamName": (event.stream.as_str()),
                "timestamp": (at.0),
                "message": (event.message.as_str()),
                "ingestionTime": (event.ingested),
                "eventId": (event_id(*at)),
            )
            .into()
        })
        .collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|(at, _)| event_id(*at));
    let output = object!("events": (shown), "searchedLogStreams": []);
    Ok(PAGES.finish(call, output, last.as_deref()))
}

/// What finds an event again.
pub(super) fn pointer(group: &str, at: Position) -> String {
    hex::encode(format!("{}{group}", event_id(at)))
}

pub(super) fn record(call: &Call, world: &mut World) -> Answer {
    let pointer = call.required("logRecordPointer")?;
    let read = || {
        let text = String::from_utf8(hex::decode(pointer).ok()?).ok()?;
        let (at, group) = text.split_at_checked(56)?;
        let (time, arrival) = at.split_at_checked(24)?;
        Some(((time.parse().ok()?, arrival.parse().ok()?), group.to_owned()))
    };
    let (at, name) = read().ok_or_else(|| call.invalid("Invalid log record pointer"))?;
    let place: Place = call.place(&LOG_GROUP);
    call.find(world, &LOG_GROUP, &name)?;
    let found = events(world, &place, &name);
    let event = found.get(at).ok_or_else(|| {
        Failure::new("ResourceNotFoundException", "The specified log record does not exist.")
    })?;
    let mut shown = Object::from_iter([
        ("@timestamp", at.0.to_string()),
        ("@ingestionTime", event.ingested.to_string()),
        ("@message", event.message.clone()),
        ("@logStream", event.stream.clone()),
        ("@log", format!("{}:{name}", place.account)),
    ]);
    for (field, value) in members(&event.message) {
        shown.insert(field.as_str(), value);
    }
    Ok(Value::from_iter([("logRecord", shown)]))
}

/// The members of a message that is JSON, as texts.
fn members(message: &str) -> Vec<(String, String)> {
    let parsed: Option<serde_json::Value> = serde_json::from_str(message).ok();
    let members = parsed.as_ref().and_then(serde_json::Value::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect()
}

pub(super) fn fields(call: &Call, world: &mut World) -> Answer {
    const AROUND: i64 = 15 * 60 * 1000;
    let name = group(call, world)?;
    let at = call.integer("time").map_or(call.now.as_millisecond() - AROUND, |time| time * 1000);
    let found = events(world, &call.place(&LOG_GROUP), &name);
    let (mut counts, mut all) = (BTreeMap::<String, i64>::new(), 0);
    for (_, event) in found.between(at - AROUND..=at + AROUND) {
        all += 1;
        let usual = ["@message", "@timestamp", "@ingestionTime", "@logStream", "@log"];
        let own = members(&event.message).into_iter().map(|(name, _)| name);
        for field in usual.into_iter().map(str::to_owned).chain(own) {
            *counts.entry(field).or_default() += 1;
        }
    }
    let mut sorted: Vec<(String, i64)> = counts.into_iter().collect();
    sorted.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    let shown: Vec<Value> = sorted
        .into_iter()
        .map(|(name, count)| object!("name": (name), "percent": (count * 100 / all)).into())
        .collect();
    Ok(Value::from_iter([("logGroupFields", shown)]))
}

//! Events in, and what follows: metrics and subscribers.

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use reeve_events::FilterPattern;
use reeve_model::{Object, Value};

use super::{LOG_GROUP, METRIC_FILTER, SUBSCRIPTION_FILTER, events, group, oldest, streams};
use crate::{
    call::{Answer, Call},
    log_store::{LogEvent, OVERHEAD, Position},
    store::Place,
    value::object,
    world::{Origin, World},
};

const DAY: i64 = 86_400_000;
const TOO_OLD: i64 = 14 * DAY;
const TOO_NEW: i64 = 2 * 3_600_000;
const LARGEST: usize = 1_048_576;
/// How many points one call of `PutMetricData` takes.
const POINTS: usize = 1000;

/// An event that was taken in.
struct Taken {
    position: Position,
    message: String,
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let stream = call.required("logStreamName")?;
    let place = call.place(&LOG_GROUP);
    if !events(world, &place, &name).streams.contains_key(stream) {
        return Err(streams::missing());
    }
    let given: Vec<(i64, &str)> = call
        .list("logEvents")
        .iter()
        .filter_map(|event| {
            Some((event.get("timestamp")?.as_i64()?, event.get("message")?.as_str()?))
        })
        .collect();
    check(call, &given)?;
    let now = call.now.as_millisecond();
    let kept_since = oldest(world, &place, &name);
    let (mut taken, mut rejected) = (Vec::new(), Object::new());
    let group = events(world, &place, &name);
    for (index, (at, message)) in (0_i64..).zip(&given) {
        if *at < kept_since {
            rejected.insert("expiredLogEventEndIndex", index + 1);
        } else if *at < now - TOO_OLD {
            rejected.insert("tooOldLogEventEndIndex", index + 1);
        } else if *at > now + TOO_NEW {
            if !rejected.contains("tooNewLogEventStartIndex") {
                rejected.insert("tooNewLogEventStartIndex", index);
            }
        } else {
            let message = (*message).to_owned();
            let event =
                LogEvent { stream: stream.to_owned(), message: message.clone(), ingested: now };
            taken.push(Taken { position: group.add(*at, event), message });
        }
    }
    emit_metrics(world, &place, &name, &taken);
    tell_subscribers(world, &place, (&name, stream), &taken);
    let mut output = object!("nextSequenceToken": (format!("{now:056}")));
    if !rejected.is_empty() {
        output.insert("rejectedLogEventsInfo", rejected);
    }
    Ok(output.into())
}

fn check(call: &Call, given: &[(i64, &str)]) -> Result<(), crate::failure::Failure> {
    if !given.is_sorted_by_key(|(at, _)| *at) {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(call.invalid(message));
    }
    if let (Some((first, _)), Some((last, _))) = (given.first(), given.last())
        && last - first > DAY
    {
        let message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return Err(call.invalid(message));
    }
    let size: usize = given.iter().map(|(_, message)| message.len() + OVERHEAD).sum();
    if size > LARGEST {
        return Err(
            call.invalid(format!("Upload too large: {size} bytes exceeds limit of {LARGEST}"))
        );
    }
    Ok(())
}

/// The filters of a group, of one kind.
fn filters(world: &World, place: &Place, kind: crate::kind::Kind, group: &str) -> Vec<Object> {
    let shelf = Place { kind, ..place.clone() };
    let prefix = format!("{group}:");
    let of_group = world.shelf(&shelf).range(prefix.clone()..);
    of_group
        .take_while(|(id, _)| id.starts_with(&prefix))
        .map(|(_, filter)| Object::clone(&filter.facts))
        .collect()
}

fn pattern_of(filter: &Object) -> Option<FilterPattern> {
    let text = filter.text("filterPattern");
    FilterPattern::parse(text).ok()
}

/// Every metric filter of the group measures the events.
fn emit_metrics(world: &mut World, place: &Place, group: &str, taken: &[Taken]) {
    for filter in filters(world, place, &METRIC_FILTER, group) {
        let Some(pattern) = pattern_of(&filter) else { continue };
        for transformation in filter.list("metricTransformations") {
            let text = |member: &str| transformation.get(member).and_then(Value::as_str);
            let points: Vec<Value> =
                taken.iter().filter_map(|event| point(&pattern, transformation, event)).collect();
            let namespace = text("metricNamespace").unwrap_or_default();
            for chunk in points.chunks(POINTS) {
                let input = object!("Namespace": (namespace), "MetricData": (chunk.to_vec()));
                let origin = Origin::at(place, "logs.amazonaws.com");
                if let Err(failure) = world.call(&origin, "cloudwatch", "PutMetricData", input) {
                    tracing::debug!(code = failure.code, "a metric filter could not measure");
                }
            }
        }
    }
}

fn point(pattern: &FilterPattern, transformation: &Value, event: &Taken) -> Option<Value> {
    let text = |member: &str| transformation.get(member).and_then(Value::as_str);
    let value = if pattern.matches(&event.message) {
        let wanted = text("metricValue").unwrap_or("1");
        let found = if wanted.starts_with('$') {
            pattern.value_of(&event.message, wanted)?
        } else {
            wanted.to_owned()
        };
        found.parse::<f64>().ok()?
    } else {
        transformation.get("defaultValue").and_then(Value::as_f64)?
    };
    let time = jiff::Timestamp::from_millisecond(event.position.0).ok()?;
    let mut point = object!(
        "MetricName": (text("metricName").unwrap_or_default()),
        "Timestamp": (time),
        "Value": (value),
        "Unit": (text("unit").unwrap_or("None")),
    );
    let dimensions = transformation.get("dimensions").and_then(Value::as_object);
    let dimensions: Vec<Value> = dimensions
        .into_iter()
        .flat_map(Object::iter)
        .filter_map(|(name, selector)| {
            let value = pattern.value_of(&event.message, selector.as_str()?)?;
            Some(object!("Name": (name.as_str()), "Value": (value)).into())
        })
        .collect();
    if !dimensions.is_empty() {
        point.insert("Dimensions", dimensions);
    }
    Some(point.into())
}

/// The id of an event, which sorts as events do.
pub(super) fn event_id(position: Position) -> String {
    format!("{:024}{:032}", position.0, position.1)
}

/// Every function that subscribes gets the events that its filter lets pass, compressed.
fn tell_subscribers(
    world: &mut World,
    place: &Place,
    (group, stream): (&str, &str),
    taken: &[Taken],
) {
    for filter in filters(world, place, &SUBSCRIPTION_FILTER, group) {
        let Some(pattern) = pattern_of(&filter) else { continue };
        let wanted: Vec<serde_json::Value> = taken
            .iter()
            .filter(|event| pattern.matches(&event.message))
            .map(|event| {
                serde_json::json!({
                    "id": event_id(event.position),
                    "timestamp": event.position.0,
                    "message": event.message,
                })
            })
            .collect();
        let destination = filter.text("destinationArn");
        if wanted.is_empty() {
            continue;
        }
        let data = serde_json::json!({
            "messageType": "DATA_MESSAGE",
            "owner": place.account.as_str(),
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": [filter.get("filterName").and_then(Value::as_str)],
            "logEvents": wanted,
        });
        let payload = serde_json::json!({"awslogs": {"data": STANDARD.encode(gzip(data.to_string().as_bytes()))}});
        let input = object!(
            "FunctionName": (destination),
            "InvocationType": "Event",
            "Payload": (payload.to_string().into_bytes()),
        );
        let origin = Origin::at(place, "logs.amazonaws.com");
        if let Err(failure) = world.call(&origin, "lambda", "Invoke", input) {
            tracing::debug!(code = failure.code, "a subscriber did not take log events");
        }
    }
}

/// Compresses; the same bytes give the same bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    // Writing to memory does not fail.
    written.unwrap_or_default()
}

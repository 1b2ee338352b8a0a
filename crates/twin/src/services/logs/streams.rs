//! Log streams.

use reeve_model::{Object, Value};

use super::{LOG_GROUP, PAGES, empty, events, group};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    log_store::Stream,
    value::object,
    world::World,
};

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let stream = call.required("logStreamName")?;
    if stream.contains([':', '*']) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{stream}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*"
        )));
    }
    let group = events(world, &call.place(&LOG_GROUP), &name);
    if group.streams.contains_key(stream) {
        let message = "The specified log stream already exists";
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let created = Stream { created: call.now.as_millisecond(), ..Stream::default() };
    group.streams.insert(stream.to_owned(), created);
    Ok(empty())
}

/// There is no such stream.
pub(super) fn missing() -> Failure {
    Failure::new("ResourceNotFoundException", "The specified log stream does not exist.")
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let group = events(world, &call.place(&LOG_GROUP), &name);
    let stream = call.required("logStreamName")?;
    if !group.streams.contains_key(stream) {
        return Err(missing());
    }
    group.remove_stream(stream);
    Ok(empty())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let place = call.place(&LOG_GROUP);
    let prefix = call.text("logStreamNamePrefix").unwrap_or_default();
    let by_time = call.text("orderBy") == Some("LastEventTime");
    if by_time && !prefix.is_empty() {
        return Err(call.invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let arn = place.arn_of(&LOG_GROUP, &name);
    let group = events(world, &place, &name);
    // Ordered by a text that sorts as the caller wants, so that a page begins after the last key shown.
    let mut keyed: Vec<(String, &String, &Stream)> = group
        .streams
        .iter()
        .filter(|(stream, _)| stream.starts_with(prefix))
        .map(|(stream, known)| {
            let last = known.span().map_or(0, |(_, last)| last);
            let key = if by_time { format!("{last:020} {stream}") } else { stream.clone() };
            (key, stream, known)
        })
        .collect();
    keyed.sort_by(|one, two| one.0.cmp(&two.0));
    let descending = call.flag("descending");
    if descending {
        keyed.reverse();
    }
    let later = |key: &String| match &start {
        None => true,
        Some(start) if descending => key < start,
        Some(start) => key > start,
    };
    let mut rest = keyed.into_iter().filter(|(key, ..)| later(key));
    let page: Vec<(String, &String, &Stream)> = rest.by_ref().take(size).collect();
    let shown: Vec<Value> =
        page.iter().map(|(_, stream, known)| show(&arn, stream, known)).collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|(key, ..)| key.as_str());
    Ok(PAGES.finish(call, Object::from_iter([("logStreams", shown)]), last))
}

fn show(group: &str, name: &str, stream: &Stream) -> Value {
    let mut shown = object!(
        "logStreamName": (name),
        "creationTime": (stream.created),
        "arn": (format!("{group}:log-stream:{name}")),
        "storedBytes": 0,
    );
    if let Some((first, last)) = stream.span() {
        shown.insert("firstEventTimestamp", first);
        shown.insert("lastEventTimestamp", last);
    }
    if let Some(last) = stream.last_ingestion {
        shown.insert("lastIngestionTime", last);
        shown.insert("uploadSequenceToken", format!("{last:056}"));
    }
    shown.into()
}

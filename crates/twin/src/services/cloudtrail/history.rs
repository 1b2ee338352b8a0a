//! The event history: what was done in an account and Region in the last ninety days, newest first.

use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    trail::{HISTORY, Record, event_source},
    value::object,
    world::World,
};

static PAGES: Paging = Paging::of("MaxResults", "NextToken", (50, 50), "InvalidNextTokenException");

pub(super) fn lookup(call: &Call, world: &mut World) -> Answer {
    if call.text("EventCategory").is_some() {
        let message = "the twin has no insights";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let size = PAGES.size(call).map_err(|_| {
        let message = "Invalid max results: it must be between 1 and 50.";
        Failure::new("InvalidMaxResultsException", message)
    })?;
    let before: Option<u64> = PAGES.start(call)?.and_then(|start| start.parse().ok());
    let attributes = call.list("LookupAttributes");
    if attributes.len() > 1 {
        let message = "You can only specify one lookup attribute at a time.";
        return Err(Failure::new("InvalidLookupAttributesException", message));
    }
    let oldest = call.now.saturating_sub(HISTORY).unwrap_or(call.now);
    let from = call.time("StartTime").map_or(oldest, |from| from.max(oldest));
    let until = call.time("EndTime").unwrap_or(call.now);
    if until < from {
        let message = "Invalid time range: the start time is after the end time.";
        return Err(Failure::new("InvalidTimeRangeException", message));
    }
    let seed = world.seed;
    let wanted = attributes.first();
    let mut rest = world
        .trail
        .since(0)
        .rev()
        .filter(|record| before.is_none_or(|before| record.number < before))
        .filter(|record| record.account == *call.account() && record.region == call.region)
        .filter(|record| (from..=until).contains(&record.time))
        .filter(|record| wanted.is_none_or(|wanted| has(record, wanted, seed)));
    let page: Vec<&Record> = rest.by_ref().take(size).collect();
    let last = page.last().filter(|_| rest.next().is_some()).map(|last| last.number.to_string());
    let events: Vec<Value> = page.iter().map(|record| show(record, seed)).collect();
    Ok(PAGES.finish(call, Object::from_iter([("Events", events)]), last.as_deref()))
}

/// Whether a record has what a lookup attribute says.
fn has(record: &Record, attribute: &Value, seed: u64) -> bool {
    let value = attribute.text("AttributeValue");
    match attribute.text("AttributeKey") {
        "EventId" => record.event_id(seed) == value,
        "EventName" => record.operation == value,
        "ReadOnly" => record.is_read.to_string() == value,
        "Username" => record.user_name() == value,
        "EventSource" => event_source(&record.service) == value,
        "AccessKeyId" => record.caller.access_key_id == value,
        "ResourceType" => record.resources().iter().any(|(kind, _)| kind == value),
        "ResourceName" => record.resources().iter().any(|(_, name)| name == value),
        _ => false,
    }
}

fn show(record: &Record, seed: u64) -> Value {
    let resources: Vec<Value> = record
        .resources()
        .into_iter()
        .map(|(kind, name)| object!("ResourceType": (kind), "ResourceName": (name)).into())
        .collect();
    let mut shown = object!(
        "EventId": (record.event_id(seed)),
        "EventName": (record.operation.as_str()),
        "ReadOnly": (record.is_read.to_string()),
        "EventTime": (record.time),
        "EventSource": (event_source(&record.service)),
        "Username": (record.user_name()),
        "Resources": (resources),
        "CloudTrailEvent": (record.written(seed).to_string()),
    );
    if !record.caller.access_key_id.is_empty() {
        shown.insert("AccessKeyId", record.caller.access_key_id.as_str());
    }
    shown.into()
}

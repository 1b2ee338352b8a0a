//! Events of one's own, and patterns tried.

use reeve_model::Value;

use super::{EVENT_BUS, bus_of_arn, check_pattern};
use crate::{
    bus::{Bus, DEFAULT, receive},
    call::{Answer, Call},
    failure::Failure,
    store::Place,
    value::object,
    world::World,
};

/// The most that the entries of one call may have together.
const LARGEST: usize = 1_048_576;

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let entries = call.list("Entries");
    let size: usize = entries.iter().map(size_of).sum();
    if size > LARGEST {
        let message = "Total size of the entries in the request is over the limit.";
        return Err(call.invalid(message));
    }
    let (mut answers, mut failed) = (Vec::new(), 0_i64);
    let mut accepted = Vec::new();
    for entry in entries {
        match read(call, world, entry) {
            Ok((bus, event)) => {
                answers.push(Value::from_iter([("EventId", event.id.as_str())]));
                accepted.push((bus, event));
            }
            Err(failure) => {
                failed += 1;
                answers.push(
                    object!("ErrorCode": (failure.code), "ErrorMessage": (failure.message)).into(),
                );
            }
        }
    }
    for (bus, event) in accepted {
        receive(world, &bus, &event.to_json(), 0);
    }
    Ok(object!("FailedEntryCount": (failed), "Entries": (answers)).into())
}

fn size_of(entry: &Value) -> usize {
    let text = |member: &str| entry.get(member).and_then(Value::as_str).map_or(0, str::len);
    let resources = entry.list("Resources");
    let resources: usize = resources.iter().filter_map(Value::as_str).map(str::len).sum();
    let time = if entry.get("Time").is_some() { 14 } else { 0 };
    text("Source") + text("DetailType") + text("Detail") + resources + time
}

fn read(
    call: &Call,
    world: &mut World,
    entry: &Value,
) -> Result<(Bus, reeve_events::Event), Failure> {
    let text = |member: &str| {
        entry.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
            let message = format!(
                "Parameter {member} is not valid. Reason: {member} is a required argument."
            );
            Failure::new("InvalidArgument", message)
        })
    };
    let (source, detail_type, detail) = (text("Source")?, text("DetailType")?, text("Detail")?);
    if source.starts_with("aws.") {
        let message = "Not authorized for the source.";
        return Err(Failure::new("NotAuthorizedForSourceException", message));
    }
    let detail: serde_json::Value = serde_json::from_str(detail)
        .ok()
        .filter(serde_json::Value::is_object)
        .ok_or_else(|| Failure::new("MalformedDetail", "Detail is malformed."))?;
    let bus = bus_of(call, world, entry)?;
    let resources = entry.list("Resources");
    let event = reeve_events::Event {
        id: world.uuid(),
        account: call.account().to_string(),
        region: call.region.to_string(),
        time: entry.get("Time").and_then(Value::as_timestamp).unwrap_or(call.now),
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        resources: resources.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        detail,
    };
    Ok((bus, event))
}

/// The bus of an entry, by name or ARN; that of another account must let this one in.
fn bus_of(call: &Call, world: &World, entry: &Value) -> Result<Bus, Failure> {
    let named = entry.get("EventBusName").and_then(Value::as_str).unwrap_or(DEFAULT);
    let name = bus_of_arn(named).unwrap_or(named).to_owned();
    let mut parts = named.split(':').skip(3);
    let region = parts.next().and_then(|region| region.parse().ok());
    let account = parts.next().and_then(|account| account.parse().ok());
    let bus = Bus {
        account: account.unwrap_or_else(|| call.account().clone()),
        region: region.unwrap_or_else(|| call.region.clone()),
        name,
    };
    let place =
        Place { account: bus.account.clone(), region: bus.region.clone(), kind: &EVENT_BUS };
    if bus.name != DEFAULT && world.get(&place, &bus.name).is_none() {
        return Err(EVENT_BUS.missing.failure(&bus.name));
    }
    Ok(bus)
}

pub(super) fn test(call: &Call, _: &mut World) -> Answer {
    let pattern = call.required("EventPattern")?;
    check_pattern(pattern)?;
    let event: serde_json::Value = serde_json::from_str(call.required("Event")?)
        .map_err(|_| call.invalid("Parameter Event is not valid."))?;
    for member in ["id", "account", "source", "time", "region", "resources", "detail-type"] {
        if event.get(member).is_none() {
            return Err(call.invalid(format!(
                "Parameter Event is not valid. Reason: {member} is a required field."
            )));
        }
    }
    let matches =
        reeve_events::Pattern::parse(pattern).is_ok_and(|pattern| pattern.matches(&event));
    Ok(Value::from_iter([("Result", Value::from(matches))]))
}

//! Which records a trail wants.

use reeve_model::{Object, Value};

use super::{TRAIL, trails::found};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::Resource,
    trail::{Record, event_source},
    value::{object, value},
    world::World,
};

/// Whether a trail's selectors choose a record; without any, all management events.
pub(super) fn select(trail: &Resource, record: &Record) -> bool {
    let Some(selectors) = trail.inside.get("Selectors") else { return true };
    if let Some(simple) = selectors.get("EventSelectors") {
        return simple.as_list().iter().any(|selector| {
            let excluded = selector.get("ExcludeManagementEventSources");
            let excluded = excluded.map_or(&[][..], Value::as_list).iter();
            let kind = selector.get("ReadWriteType").and_then(Value::as_str).unwrap_or("All");
            let source = event_source(&record.service);
            selector.get("IncludeManagementEvents").and_then(Value::as_bool).unwrap_or(true)
                && matches!(
                    (kind, record.is_read),
                    ("All", _) | ("ReadOnly", true) | ("WriteOnly", false)
                )
                && !excluded.filter_map(Value::as_str).any(|one| one == source)
        });
    }
    let advanced = selectors.list("AdvancedEventSelectors");
    advanced.iter().any(|selector| {
        let fields = selector.list("FieldSelectors");
        fields.iter().all(|field| chooses(field, record))
    })
}

/// Whether one field selector of an advanced selector chooses a record.
fn chooses(field: &Value, record: &Record) -> bool {
    let found = match field.text("Field") {
        "eventCategory" => "Management".to_owned(),
        "readOnly" => record.is_read.to_string(),
        "eventSource" => event_source(&record.service),
        "eventName" => record.operation.clone(),
        "userIdentity.arn" => record.caller.arn.clone(),
        _ => return false,
    };
    let any = |member: &str, test: fn(&str, &str) -> bool| {
        field.get(member).map(|values| {
            values.as_list().iter().filter_map(Value::as_str).any(|value| test(&found, value))
        })
    };
    let begins = |found: &str, value: &str| found.starts_with(value);
    let ends = |found: &str, value: &str| found.ends_with(value);
    any("Equals", |found, value| found == value).unwrap_or(true)
        && any("StartsWith", begins).unwrap_or(true)
        && any("EndsWith", ends).unwrap_or(true)
        && !any("NotEquals", |found, value| found == value).unwrap_or(false)
        && !any("NotStartsWith", begins).unwrap_or(false)
        && !any("NotEndsWith", ends).unwrap_or(false)
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "TrailName")?;
    let (simple, advanced) = (call.list("EventSelectors"), call.list("AdvancedEventSelectors"));
    if simple.is_empty() == advanced.is_empty() {
        let message =
            "You must specify either EventSelectors or AdvancedEventSelectors, but not both.";
        return Err(Failure::new("InvalidEventSelectorsException", message));
    }
    let member = if advanced.is_empty() { "EventSelectors" } else { "AdvancedEventSelectors" };
    let kept = call.input.get(member).cloned().unwrap_or_default();
    let selectors = Object::from_iter([(member, kept)]);
    let mut output = selectors.clone();
    world.set_inside(&place, &name, "Selectors", selectors);
    output.insert("TrailARN", place.arn_of(&TRAIL, &name));
    Ok(output.into())
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "TrailName")?;
    let trail = world.get(&place, &name).ok_or_else(|| TRAIL.missing.failure(&name))?;
    let usual = || {
        let selector = value!({
            "ReadWriteType": "All",
            "IncludeManagementEvents": true,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        });
        object!("EventSelectors": (vec![selector]))
    };
    let kept = trail.inside.get("Selectors").and_then(Value::as_object).cloned();
    let mut output = kept.unwrap_or_else(usual);
    output.insert("TrailARN", place.arn_of(&TRAIL, &name));
    Ok(output.into())
}

pub(super) fn put_insight(call: &Call, world: &mut World) -> Answer {
    if call.text("EventDataStore").is_some() {
        let message = "the twin has no insights of event data stores";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let (place, name) = found(call, world, "TrailName")?;
    let selectors = call.input.get("InsightSelectors").cloned().unwrap_or_default();
    let shown = selectors.clone();
    world.change_inside(&place, &name, |inside| {
        if selectors.as_list().is_empty() {
            inside.remove("Insights");
        } else {
            inside.insert("Insights", selectors);
        }
    });
    let arn = place.arn_of(&TRAIL, &name);
    Ok(object!("TrailARN": (arn), "InsightSelectors": (shown)).into())
}

pub(super) fn get_insight(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "TrailName")?;
    let trail = world.get(&place, &name).ok_or_else(|| TRAIL.missing.failure(&name))?;
    let arn = place.arn_of(&TRAIL, &name);
    let Some(selectors) = trail.inside.get("Insights") else {
        let message = format!(
            "Trail {arn} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again."
        );
        return Err(Failure::new("InsightNotEnabledException", message));
    };
    Ok(object!("TrailARN": (arn), "InsightSelectors": (selectors.clone())).into())
}

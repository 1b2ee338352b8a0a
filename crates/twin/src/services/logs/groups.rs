//! Log groups.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{LOG_GROUP, METRIC_FILTER, PAGES, SUBSCRIPTION_FILTER, empty, events, group, name_of};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    store::{Place, Resource, facts},
    tagging,
    value::object,
    world::World,
};

/// The lengths of time, in days, for which events can be kept.
const RETENTIONS: [i64; 23] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653, 0,
];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("logGroupName")?;
    let valid = |character: char| character.is_ascii_alphanumeric() || "_-/.#".contains(character);
    if !name.chars().all(valid) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
        )));
    }
    let place = call.place(&LOG_GROUP);
    if world.get(&place, name).is_some() {
        let message = "The specified log group already exists";
        return Err(Failure::new("ResourceAlreadyExistsException", message));
    }
    let tags = tagging::checked(call, tagging::mapped(call, "tags"))?;
    let mut said = object!(
        "created": (call.now),
        "logGroupClass": (call.text("logGroupClass").unwrap_or("STANDARD")),
    );
    said.extend(call.given(["kmsKeyId", "deletionProtectionEnabled"]));
    world.put(place, name, Resource::new(facts(said), Arc::new(tags)));
    Ok(empty())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let place = call.place(&LOG_GROUP);
    let protected =
        world.get(&place, &name).and_then(|found| found.value("deletionProtectionEnabled"));
    if protected.and_then(Value::as_bool) == Some(true) {
        let message = "The log group cannot be deleted because deletion protection is enabled.";
        return Err(Failure::new("ValidationException", message));
    }
    world.remove(&place, &name);
    world.logs.forget(&LOG_GROUP.arn(&place.account, &place.region, &name));
    let prefix = format!("{name}:");
    for kind in [&METRIC_FILTER, &SUBSCRIPTION_FILTER] {
        let shelf = Place { kind, ..place.clone() };
        let gone: Vec<String> =
            world.shelf(&shelf).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
        for id in gone {
            world.remove(&shelf, &id);
        }
    }
    Ok(empty())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let (prefix, part) = (call.text("logGroupNamePrefix"), call.text("logGroupNamePattern"));
    if prefix.is_some() && part.is_some() {
        let message =
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(call.invalid(message));
    }
    let wanted: Vec<&str> = call.texts("logGroupIdentifiers").into_iter().map(name_of).collect();
    let class = call.text("logGroupClass");
    let part = part.map(str::to_lowercase);
    let output = PAGES.list(
        (call, world),
        (&LOG_GROUP, "logGroups"),
        |name, group| {
            prefix.is_none_or(|prefix| name.starts_with(prefix))
                && part.as_ref().is_none_or(|part| name.to_lowercase().contains(part))
                && (wanted.is_empty() || wanted.contains(&name))
                && class.is_none_or(|class| group.fact("logGroupClass") == Some(class))
        },
        |_, _, description| description.into(),
    )?;
    let Value::Object(mut output) = output else { return Ok(output) };
    let groups = output.remove("logGroups").unwrap_or_default();
    let groups: Vec<Value> =
        groups.as_list().iter().map(|group| complete(call, world, group)).collect();
    output.insert("logGroups", groups);
    Ok(call.fit(output.into()))
}

/// A description with what is counted.
fn complete(call: &Call, world: &mut World, description: &Value) -> Value {
    let Some(mut shown) = description.as_object().cloned() else { return Value::Null };
    let name = shown.text("logGroupName").to_owned();
    let created = shown.remove("created").as_ref().and_then(Value::as_timestamp);
    shown.insert("creationTime", created.map_or(0, jiff::Timestamp::as_millisecond));
    let arn = shown.text("logGroupArn").to_owned();
    shown.insert("arn", format!("{arn}:*"));
    let prefix = format!("{name}:");
    let filters = world.shelf(&call.place(&METRIC_FILTER));
    let count = filters.keys().filter(|id| id.starts_with(&prefix)).count();
    shown.insert("metricFilterCount", i64::try_from(count).unwrap_or(0));
    shown.insert("storedBytes", events(world, &call.place(&LOG_GROUP), &name).bytes());
    if !shown.contains("logGroupClass") {
        shown.insert("logGroupClass", "STANDARD");
    }
    shown.into()
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let pattern = call.text("logGroupNamePattern");
    let pattern = pattern.map(regex_lite::Regex::new).transpose();
    let pattern =
        pattern.map_err(|_| call.invalid("logGroupNamePattern is not a valid pattern"))?;
    let class = call.text("logGroupClass");
    let place = call.place(&LOG_GROUP);
    let output = PAGES.list(
        (call, world),
        (&LOG_GROUP, "logGroups"),
        |name, group| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
                && class.is_none_or(|class| group.fact("logGroupClass") == Some(class))
        },
        |name, group, _| {
            let shown = described(&LOG_GROUP, (&place.account, &place.region), name, group);
            shown.into()
        },
    )?;
    Ok(call.fit(output))
}

fn change(call: &Call, world: &mut World, change: impl FnOnce(&mut Object)) -> Answer {
    let name = match call.text("resourceIdentifier") {
        Some(identifier) => {
            let name = name_of(identifier).to_owned();
            call.find(world, &LOG_GROUP, &name)?;
            name
        }
        None => group(call, world)?,
    };
    world.change(&call.place(&LOG_GROUP), &name, change);
    Ok(empty())
}

pub(super) fn put_retention(call: &Call, world: &mut World) -> Answer {
    let days = call.integer("retentionInDays").unwrap_or(0);
    if days == 0 || !RETENTIONS.contains(&days) {
        let known: Vec<String> =
            RETENTIONS.iter().filter(|days| **days > 0).map(ToString::to_string).collect();
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            known.join(", ")
        )));
    }
    change(call, world, |facts| {
        facts.insert("retentionInDays", days);
    })
}

pub(super) fn delete_retention(call: &Call, world: &mut World) -> Answer {
    change(call, world, |facts| {
        facts.remove("retentionInDays");
    })
}

pub(super) fn associate_key(call: &Call, world: &mut World) -> Answer {
    let key = call.required("kmsKeyId")?;
    change(call, world, |facts| {
        facts.insert("kmsKeyId", key);
    })
}

pub(super) fn disassociate_key(call: &Call, world: &mut World) -> Answer {
    change(call, world, |facts| {
        facts.remove("kmsKeyId");
    })
}

pub(super) fn protect(call: &Call, world: &mut World) -> Answer {
    let protected = call.flag("deletionProtectionEnabled");
    change(call, world, |facts| {
        facts.insert("deletionProtectionEnabled", protected);
    })
}

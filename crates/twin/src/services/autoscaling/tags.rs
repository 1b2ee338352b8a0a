//! Tags of groups: each also says whether the group's instances inherit it.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::{GROUP, PAGES, missing};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::propagated_tag,
    store::Resource,
    tagging,
    world::World,
};

/// Filters by name, with their values.
pub(super) type Filters<'c> = Vec<(&'c str, Vec<&'c str>)>;

/// `DescribeTags`.
pub(super) fn describe_tags(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let filters = filters(call, &["auto-scaling-group", "key", "value", "propagate-at-launch"])?;
    let after = start.as_deref().and_then(|position| position.split_once('\0'));
    let mut shown = Vec::new();
    let mut last = None;
    let from = after.map_or("", |(group, _)| group);
    let shelf = world.store.shelf(&call.place(&GROUP));
    for (name, group) in shelf.range::<str, _>((Bound::Included(from), Bound::Unbounded)) {
        for (key, value) in group.tags.iter() {
            let position = (name.as_str(), key.as_str());
            let tag = [name.as_str(), key, value, propagates(group, key)];
            if after.is_some_and(|after| position <= after) || !passes(&filters, tag) {
                continue;
            }
            if shown.len() == size {
                let output = Object::from_iter([("Tags", Value::List(shown))]);
                let last = last.map(|(name, key): (&str, &str)| format!("{name}\0{key}"));
                return Ok(PAGES.finish(call, output, last.as_deref()));
            }
            last = Some(position);
            shown.push(propagated_tag(name, key, value, group));
        }
    }
    Ok(Value::from_iter([("Tags", Value::List(shown))]))
}

fn propagates(group: &Resource, key: &str) -> &'static str {
    if group.propagated.contains(key) { "true" } else { "false" }
}

fn passes(filters: &Filters<'_>, [name, key, value, propagates]: [&str; 4]) -> bool {
    filters.iter().all(|(filter, values)| match *filter {
        "auto-scaling-group" => values.contains(&name),
        "key" => values.contains(&key),
        "value" => values.contains(&value),
        _ => values.iter().any(|wanted| wanted.eq_ignore_ascii_case(propagates)),
    })
}

/// The filters of a request, refused if one is not known.
pub(super) fn filters<'c>(call: &'c Call, known: &[&str]) -> Result<Filters<'c>, Failure> {
    let mut filters = Vec::new();
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        let by_tag = name.starts_with("tag:") && known.contains(&"tag-key");
        if !known.contains(&name) && !by_tag {
            return Err(call.invalid(format!("Filter type {name} is not correct.")));
        }
        let values = filter.list("Values");
        filters.push((name, values.iter().filter_map(Value::as_str).collect()));
    }
    Ok(filters)
}

/// `CreateOrUpdateTags`. Tags of several groups may come in one call: all are checked before one is written.
pub(super) fn create_tags(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&GROUP);
    let mut changed = Vec::new();
    for (name, tags) in by_group(call, world)? {
        let group = world.store.get(&place, &name).ok_or_else(|| missing(&name))?;
        let added: Vec<(String, String)> =
            tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect();
        let mut propagated = group.propagated.clone();
        for tag in tags {
            let key = text(tag, "Key");
            if tag.flag("PropagateAtLaunch") {
                propagated.insert(key);
            } else {
                propagated.remove(&key);
            }
        }
        changed.push((name, tagging::with(call, group, &added)?, propagated));
    }
    for (name, tags, propagated) in changed {
        if let Some(group) = world.store.get_mut(&place, &name) {
            group.propagated = propagated;
            group.set_tags(tags);
        }
    }
    Ok(Value::object())
}

/// `DeleteTags`.
pub(super) fn delete_tags(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&GROUP);
    for (name, tags) in by_group(call, world)? {
        let keys: Vec<&str> =
            tags.iter().filter_map(|tag| tag.get("Key").and_then(Value::as_str)).collect();
        let group = world.store.get_mut(&place, &name).ok_or_else(|| missing(&name))?;
        let tags = tagging::without(call, group, &keys)?;
        group.set_tags(tags);
    }
    Ok(Value::object())
}

/// The tags of the request by group, groups in the order they first occur.
fn by_group<'c>(call: &'c Call, world: &World) -> Result<Vec<(String, Vec<&'c Value>)>, Failure> {
    let mut groups: Vec<(String, Vec<&Value>)> = Vec::new();
    for tag in call.list("Tags") {
        if text(tag, "ResourceType") != "auto-scaling-group" {
            return Err(call.invalid("Resource type must be specified as auto-scaling-group"));
        }
        let name = text(tag, "ResourceId");
        if call.resource(world, &GROUP, &name).is_none() {
            return Err(missing(&name));
        }
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, tags)) => tags.push(tag),
            None => groups.push((name, vec![tag])),
        }
    }
    Ok(groups)
}

fn text(tag: &Value, member: &str) -> String {
    tag.text(member).to_owned()
}

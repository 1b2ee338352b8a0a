//! EC2's tag operations, which take any mix of resources by id. All or nothing: one unknown id refuses the call.

use std::ops::Bound;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::PAGES;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{self, Kind},
    pattern::matches,
    services::{Action, Part},
    store::Place,
    tagging,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeTags", Action::Own(describe)),
        ("CreateTags", Action::Own(create)),
        ("DeleteTags", Action::Own(delete)),
    ],
    tasks: &[],
};

/// `CreateTags`.
fn create(call: &Call, world: &mut World) -> Answer {
    let resources = named(call, world)?;
    let tags = tagging::listed(call, "Tags");
    if tags.is_empty() {
        return Err(absent("Tag"));
    }
    let mut changed = Vec::new();
    for (place, id) in resources {
        let resource =
            world.store.get(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
        changed.push((tagging::with(call, resource, &tags)?, place, id));
    }
    apply(call, world, changed)
}

/// `DeleteTags`: by key, by key and value, or all that the user may delete.
fn delete(call: &Call, world: &mut World) -> Answer {
    let resources = named(call, world)?;
    let wanted = call.list("Tags");
    let keys: Vec<&str> =
        wanted.iter().filter_map(|tag| tag.get("Key").and_then(Value::as_str)).collect();
    let mut changed = Vec::new();
    for (place, id) in resources {
        let resource =
            world.store.get(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
        // Refuses reserved keys; what is really deleted may depend on values too.
        let mut tags = tagging::without(call, resource, &keys)?;
        if wanted.is_empty() {
            tags.retain(|key, _| key.starts_with(tagging::RESERVED));
        }
        for tag in wanted {
            let key = tag.text("Key");
            let value = tag.get("Value").and_then(Value::as_str);
            if let (Some(value), Some(current)) = (value, resource.tags.get(key))
                && value != current
            {
                tags.insert(key.to_owned(), current.clone());
            }
        }
        changed.push((tags, place, id));
    }
    apply(call, world, changed)
}

/// `DescribeTags`, ordered by kind, resource and key.
fn describe(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let filters = filters(call)?;
    let after = start.as_deref().and_then(parse_position);
    let mut shown = Vec::new();
    let mut last = None;
    for (turn, kind) in call.service.kinds().enumerate() {
        let name = type_name(kind);
        let place = call.place(kind);
        let from = match &after {
            Some((done, _, _)) if turn < *done => continue,
            Some((done, id, _)) if turn == *done => *id,
            _ => "",
        };
        for (id, resource) in
            world.store.shelf(&place).range::<str, _>((Bound::Included(from), Bound::Unbounded))
        {
            for (key, value) in resource.tags.iter() {
                let position = (turn, id.as_str(), key.as_str());
                let tag = Tag { id, kind: name, key, value };
                if after.is_some_and(|after| position <= after) || !tag.passes(&filters) {
                    continue;
                }
                if shown.len() == size {
                    return Ok(finish(call, shown, last.as_ref()));
                }
                last = Some(position);
                shown.push(tag.show());
            }
        }
    }
    Ok(finish(call, shown, None))
}

/// A kind as EC2 calls it: what its ARNs have before the id.
fn type_name(kind: Kind) -> &'static str {
    let resource = kind.arn.rsplit(':').next().unwrap_or_default();
    resource.strip_suffix("/{id}").unwrap_or(resource)
}

type Position<'p> = (usize, &'p str, &'p str);

fn finish(call: &Call, shown: Vec<Value>, last: Option<&Position<'_>>) -> Value {
    let position = last.map(|(turn, id, key)| format!("{turn} {id} {key}"));
    PAGES.finish(call, Object::from_iter([("Tags", Value::List(shown))]), position.as_deref())
}

fn parse_position(text: &str) -> Option<Position<'_>> {
    let (turn, rest) = text.split_once(' ')?;
    let (id, key) = rest.split_once(' ')?;
    Some((turn.parse().ok()?, id, key))
}

struct Tag<'t> {
    id: &'t str,
    kind: &'static str,
    key: &'t str,
    value: &'t str,
}

impl Tag<'_> {
    fn show(&self) -> Value {
        Value::from_iter([
            ("Key", self.key),
            ("ResourceId", self.id),
            ("ResourceType", self.kind),
            ("Value", self.value),
        ])
    }

    fn passes(&self, filters: &[(&str, Vec<&str>)]) -> bool {
        filters.iter().all(|(name, patterns)| {
            let any = |text: &str| patterns.iter().any(|pattern| matches(pattern, text));
            match *name {
                "resource-id" => any(self.id),
                "resource-type" => any(self.kind),
                "key" => any(self.key),
                "value" => any(self.value),
                tag => tag.strip_prefix("tag:") == Some(self.key) && any(self.value),
            }
        })
    }
}

fn filters(call: &Call) -> Result<Vec<(&str, Vec<&str>)>, Failure> {
    let mut filters = Vec::new();
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        if !["resource-id", "resource-type", "key", "value"].contains(&name)
            && !name.starts_with("tag:")
        {
            return Err(call.invalid(format!("The filter '{name}' is invalid")));
        }
        let values = filter.list("Values");
        filters.push((name, values.iter().filter_map(Value::as_str).collect()));
    }
    Ok(filters)
}

fn named(call: &Call, world: &World) -> Result<Vec<(Place, String)>, Failure> {
    let ids = call.texts("Resources");
    if ids.is_empty() {
        return Err(absent("ResourceId"));
    }
    let mut named = Vec::new();
    for id in ids {
        let kind = kind::of_prefixed(call.service.kinds(), id)
            .ok_or_else(|| Failure::new("InvalidID", format!("The ID '{id}' is not valid")))?;
        let place = call.place(kind);
        world.store.get(&place, id).ok_or_else(|| kind.missing.failure(id))?;
        named.push((place, id.to_owned()));
    }
    Ok(named)
}

fn absent(parameter: &str) -> Failure {
    let message = format!("The request must contain the parameter {parameter}");
    Failure::new("MissingParameter", message)
}

fn apply(call: &Call, world: &mut World, changed: Vec<(Tags, Place, String)>) -> Answer {
    if call.flag("DryRun") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Failure::new("DryRunOperation", message).with_status(412));
    }
    for (tags, place, id) in changed {
        if let Some(resource) = world.store.get_mut(&place, &id) {
            resource.set_tags(tags);
        }
    }
    Ok(Value::object())
}

//! Amazon EC2 Auto Scaling: groups. Each tag also says whether the group's instances inherit it.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, Scope, TagForm, describe, propagated_tag},
    page::{Paging, plain},
    store::Resource,
    tagging::{self, TagErrors},
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "autoscaling",
    signing_name: "autoscaling",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "autoscaling",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "ValidationError",
        too_many: "LimitExceeded",
        duplicate: "ValidationError",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&GROUP],
    operations: &[
        ("DescribeAutoScalingGroups", Action::Own(describe_groups)),
        ("DescribeTags", Action::Own(describe_tags)),
        ("CreateOrUpdateTags", Action::Own(create_tags)),
        ("DeleteTags", Action::Own(delete_tags)),
    ],
    tasks: &[],
};

/// AWS::AutoScaling::AutoScalingGroup.
pub(crate) static GROUP: Definition = Definition {
    resource_type: "AWS::AutoScaling::AutoScalingGroup",
    tagging_type: "autoscaling:autoScalingGroup",
    arn: "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:{uuid}:autoScalingGroupName/{id}",
    prefix: "",
    identity: &[("AutoScalingGroupName", Identity::Id), ("AutoScalingGroupARN", Identity::Arn)],
    tags: TagForm::Propagated("Tags"),
    scope: Scope::Regional,
    missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
    sample: Some(|sample| sample.auto_scaling_group()),
};

const PAGES: Paging = Paging {
    size: "MaxRecords",
    bounds: PageSize { least: 1, most: 100, default: 50 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "InvalidNextToken",
};

type Filters<'c> = Vec<(&'c str, Vec<&'c str>)>;

fn describe_groups(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("AutoScalingGroupNames");
    if !names.is_empty() {
        // Names that do not exist are left out, not refused.
        let owner = (call.account(), &call.region);
        let found = names.into_iter().filter_map(|name| {
            let group = call.resource(world, &GROUP, name)?;
            Some(Value::from(describe(&GROUP, owner, name, group)))
        });
        return Ok(Value::from_iter([("AutoScalingGroups", found.collect::<Value>())]));
    }
    let filters = filters(call, &["tag-key", "tag-value"])?;
    let keep = |_: &str, group: &Resource| {
        filters.iter().all(|(name, values)| match *name {
            "tag-key" => group.tags.keys().any(|key| values.contains(&key.as_str())),
            "tag-value" => group.tags.values().any(|value| values.contains(&value.as_str())),
            tag => {
                let value = tag.strip_prefix("tag:").and_then(|key| group.tags.get(key));
                value.is_some_and(|value| values.contains(&value.as_str()))
            }
        })
    };
    PAGES.list((call, world), (&GROUP, "AutoScalingGroups"), keep, plain)
}

fn describe_tags(call: &Call, world: &mut World) -> Answer {
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

fn filters<'c>(call: &'c Call, known: &[&str]) -> Result<Filters<'c>, Failure> {
    let mut filters = Vec::new();
    for filter in call.list("Filters") {
        let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
        let by_tag = name.starts_with("tag:") && known.contains(&"tag-key");
        if !known.contains(&name) && !by_tag {
            return Err(call.invalid(format!("Filter type {name} is not correct.")));
        }
        let values = filter.get("Values").map_or(&[][..], Value::as_list);
        filters.push((name, values.iter().filter_map(Value::as_str).collect()));
    }
    Ok(filters)
}

/// Tags of several groups may come in one call: all are checked before one is written.
fn create_tags(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&GROUP);
    let mut changed = Vec::new();
    for (name, tags) in by_group(call, world)? {
        let group = world.store.get(&place, &name).ok_or_else(|| missing(&name))?;
        let added: Vec<(String, String)> =
            tags.iter().map(|tag| (text(tag, "Key"), text(tag, "Value"))).collect();
        let mut propagated = group.propagated.clone();
        for tag in tags {
            let key = text(tag, "Key");
            if tag.get("PropagateAtLaunch").and_then(Value::as_bool).unwrap_or(false) {
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

fn delete_tags(call: &Call, world: &mut World) -> Answer {
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
    tag.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn missing(name: &str) -> Failure {
    let message = format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found");
    Failure::new("ValidationError", message)
}

//! Amazon Redshift: clusters. Descriptions carry the tags.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, TagForm, describe, tag_pair},
    page::{Paging, plain},
    store::Resource,
    tagging::{self, TagErrors},
    world::World,
};

mod cluster;
mod group;
mod snapshot;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "redshift",
    signing_name: "redshift",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "redshift",
    invalid: "InvalidParameterValue",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "InvalidTagFault",
        too_many: "TagLimitExceededFault",
        duplicate: "InvalidTagFault",
    },
    parts: &[&PART, &cluster::PART, &snapshot::PART, &group::PART],
};

static PART: Part = Part {
    kinds: &[&CLUSTER],
    operations: &[
        ("DescribeClusters", Action::Own(describe_clusters)),
        ("DescribeTags", Action::Own(describe_tags)),
        ("CreateTags", Action::Own(tag)),
        ("DeleteTags", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::Redshift::Cluster`.
pub(crate) static CLUSTER: Definition = Definition {
    resource_type: "AWS::Redshift::Cluster",
    tagging_type: "redshift:cluster",
    arn: "arn:{partition}:redshift:{region}:{account}:cluster:{id}",
    identity: &[("ClusterIdentifier", Identity::Id)],
    tags: TagForm::List("Tags"),
    sample: Some(|sample| sample.warehouse()),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("MaxRecords", "Marker", (100, 100), "InvalidParameterValue").with_least(20);

fn describe_clusters(call: &Call, world: &mut World) -> Answer {
    if let Some(id) = call.text("ClusterIdentifier") {
        let cluster = call.resource(world, &CLUSTER, id).ok_or_else(|| {
            let message = format!("Cluster {id} not found.");
            Failure::new("ClusterNotFound", message).with_status(404)
        })?;
        let owner = (call.account(), &call.region);
        let description = describe(&CLUSTER, owner, id, cluster);
        return Ok(Value::from_iter([("Clusters", Value::List(vec![description.into()]))]));
    }
    let (keys, values) = (call.texts("TagKeys"), call.texts("TagValues"));
    let keep = |_: &str, cluster: &Resource| {
        let asked = !keys.is_empty() || !values.is_empty();
        let found = cluster.tags.iter().any(|(key, value)| wanted(&keys, &values, key, value));
        !asked || found
    };
    PAGES.list((call, world), (&CLUSTER, "Clusters"), keep, plain)
}

fn describe_tags(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let only = call.text("ResourceName").map(|_| named(call, world)).transpose()?;
    let (keys, values) = (call.texts("TagKeys"), call.texts("TagValues"));
    let after = start.as_deref().and_then(|position| position.split_once('\0'));
    let from = after.map_or("", |(id, _)| id);
    let mut shown = Vec::new();
    let mut last = None;
    let typed = call.text("ResourceType").is_none_or(|wanted| wanted == "cluster");
    let shelf = world.store.shelf(&call.place(&CLUSTER));
    for (id, cluster) in
        shelf.range::<str, _>((Bound::Included(from), Bound::Unbounded)).filter(|_| typed)
    {
        if only.as_ref().is_some_and(|only| only != id) {
            continue;
        }
        for (key, value) in cluster.tags.iter() {
            let position = (id.as_str(), key.as_str());
            if after.is_some_and(|after| position <= after) || !wanted(&keys, &values, key, value) {
                continue;
            }
            if shown.len() == size {
                let output = Object::from_iter([("TaggedResources", Value::List(shown))]);
                let last = last.map(|(id, key): (&str, &str)| format!("{id}\0{key}"));
                return Ok(PAGES.finish(call, output, last.as_deref()));
            }
            last = Some(position);
            shown.push(Value::from_iter([
                ("Tag", tag_pair(key, value)),
                ("ResourceName", call.arn_of(&CLUSTER, id).into()),
                ("ResourceType", "cluster".into()),
            ]));
        }
    }
    Ok(Value::from_iter([("TaggedResources", Value::List(shown))]))
}

fn wanted(keys: &[&str], values: &[&str], key: &str, value: &str) -> bool {
    (keys.is_empty() || keys.contains(&key)) && (values.is_empty() || values.contains(&value))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&CLUSTER);
    let cluster = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, cluster, &tagging::listed(call, "Tags"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&CLUSTER);
    let cluster = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, cluster, &call.texts("TagKeys"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<String, Failure> {
    let arn = call.required("ResourceName")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("Invalid ARN: {arn}")));
    }
    let id = call.own_id(world, &CLUSTER, arn).ok_or_else(|| missing(call))?;
    call.resource(world, &CLUSTER, &id).map(|_| id.clone()).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceName").unwrap_or_default();
    Failure::new("ResourceNotFoundFault", format!("Resource {arn} was not found.")).with_status(404)
}

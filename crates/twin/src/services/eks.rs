//! Amazon EKS: clusters. A listing has names only; a description carries the tags.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Kind, TagForm, tag_map},
    page::Paging,
    store::Place,
    tagging::{self, TagErrors},
    world::World,
};

mod addon;
mod cluster;
mod member;
mod nodegroup;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "eks",
    signing_name: "eks",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "eks",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&PART, &cluster::PART, &nodegroup::PART, &addon::PART],
};

static PART: Part = Part {
    kinds: &[&CLUSTER],
    operations: &[
        ("ListClusters", Action::Own(list_clusters)),
        ("DescribeCluster", Action::Own(describe_cluster)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::EKS::Cluster`.
pub(crate) static CLUSTER: Definition = Definition {
    resource_type: "AWS::EKS::Cluster",
    tagging_type: "eks:cluster",
    arn: "arn:{partition}:eks:{region}:{account}:cluster/{id}",
    identity: &[("name", Identity::Id), ("arn", Identity::Arn)],
    tags: TagForm::Map("tags"),
    sample: Some(|sample| sample.kubernetes_cluster()),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("maxResults", "nextToken", (100, 100), "InvalidParameterException");

fn list_clusters(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let shelf = world.store.shelf(&call.place(&CLUSTER));
    let mut rest = shelf.range::<str, _>((after, Bound::Unbounded)).map(|(name, _)| name);
    let names: Vec<&String> = rest.by_ref().take(size).collect();
    let last = names.last().filter(|_| rest.next().is_some()).map(|name| name.as_str());
    let clusters: Value = names.iter().map(|name| Value::from(*name)).collect();
    Ok(PAGES.finish(call, Object::from_iter([("clusters", clusters)]), last))
}

fn describe_cluster(call: &Call, world: &mut World) -> Answer {
    let (name, found) = cluster::named(call, world, "name")?;
    Ok(Value::from_iter([("cluster", call.describe(&CLUSTER, &name, found))]))
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, name) = named(call, world)?;
    let cluster = world.get(&place, &name).ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("tags", tag_map(&cluster.tags))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, name) = named(call, world)?;
    let cluster = world.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, cluster, &tagging::mapped(call, "tags"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, name) = named(call, world)?;
    let cluster = world.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, cluster, &call.texts("tagKeys"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("resourceArn")?;
    if !arn.starts_with("arn:") {
        let message = format!("Invalid parameter at 'resourceArn': '{arn}'");
        return Err(Failure::new("BadRequestException", message));
    }
    let kinds: [Kind; 3] = [&CLUSTER, &nodegroup::NODEGROUP, &addon::ADDON];
    let own =
        kinds.into_iter().find_map(|kind| Some((call.place(kind), call.own_id(world, kind, arn)?)));
    own.ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("resourceArn").unwrap_or_default();
    Failure::new("NotFoundException", format!("The resource '{arn}' was not found"))
        .with_status(404)
}

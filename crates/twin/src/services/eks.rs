//! Amazon EKS: clusters. A listing has names only; a description carries the tags.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, describe, tag_map},
    page::Paging,
    state::State,
    tagging::{self, TagErrors},
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "eks",
    signing_name: "eks",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "eks",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    operations: &[
        ("ListClusters", list_clusters),
        ("DescribeCluster", describe_cluster),
        ("ListTagsForResource", list_tags),
        ("TagResource", tag),
        ("UntagResource", untag),
    ],
};

const PAGES: Paging = Paging {
    size: "maxResults",
    bounds: PageSize { least: 1, most: 100, default: 100 },
    token: "nextToken",
    next: "nextToken",
    bad_token: "InvalidParameterException",
};

fn list_clusters(call: &Call, state: &mut State) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let shelf = state.store.shelf(&call.place(Kind::KubernetesCluster));
    let mut rest = shelf.range::<str, _>((after, Bound::Unbounded)).map(|(name, _)| name);
    let names: Vec<&String> = rest.by_ref().take(size).collect();
    let last = names.last().filter(|_| rest.next().is_some()).map(|name| name.as_str());
    let clusters: Value = names.iter().map(|name| Value::from(*name)).collect();
    Ok(PAGES.finish(call, Object::from_iter([("clusters", clusters)]), last))
}

fn describe_cluster(call: &Call, state: &mut State) -> Answer {
    let name = call.required("name")?;
    let cluster = call.resource(state, Kind::KubernetesCluster, name).ok_or_else(|| {
        let message = format!("No cluster found for name: {name}.");
        Failure::new("ResourceNotFoundException", message).with_status(404)
    })?;
    let owner = (call.account(), &call.region);
    let description = describe(Kind::KubernetesCluster, owner, name, cluster);
    Ok(Value::from_iter([("cluster", description)]))
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let cluster = call.resource(state, Kind::KubernetesCluster, &name);
    let cluster = cluster.ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("tags", tag_map(&cluster.tags))]))
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let place = call.place(Kind::KubernetesCluster);
    let cluster = state.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, cluster, &tagging::mapped(call, "tags"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let place = call.place(Kind::KubernetesCluster);
    let cluster = state.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, cluster, &call.texts("tagKeys"))?;
    cluster.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, state: &State) -> Result<String, Failure> {
    let arn = call.required("resourceArn")?;
    if !arn.starts_with("arn:") {
        let message = format!("Invalid parameter at 'resourceArn': '{arn}'");
        return Err(Failure::new("BadRequestException", message));
    }
    call.own_id(state, Kind::KubernetesCluster, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("resourceArn").unwrap_or_default();
    Failure::new("NotFoundException", format!("The resource '{arn}' was not found"))
        .with_status(404)
}

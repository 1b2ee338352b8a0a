//! Amazon RDS: database instances and clusters. Descriptions carry the tags.

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, describe, tag_list},
    page::{Paging, plain},
    state::State,
    store::{Place, Resource},
    tagging::{self, TagErrors},
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "rds",
    signing_name: "rds",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "rds",
    invalid: "InvalidParameterValue",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    operations: &[
        ("DescribeDBInstances", describe_instances),
        ("DescribeDBClusters", describe_clusters),
        ("ListTagsForResource", list_tags),
        ("AddTagsToResource", tag),
        ("RemoveTagsFromResource", untag),
    ],
};

const PAGES: Paging = Paging {
    size: "MaxRecords",
    bounds: PageSize { least: 20, most: 100, default: 100 },
    token: "Marker",
    next: "Marker",
    bad_token: "InvalidParameterValue",
};

/// A filter's name and the fact it looks at; an empty path is the id itself.
type FilterPath = (&'static str, &'static str);

const INSTANCE_FILTERS: [FilterPath; 4] = [
    ("db-instance-id", ""),
    ("db-cluster-id", "DBClusterIdentifier"),
    ("dbi-resource-id", "DbiResourceId"),
    ("engine", "Engine"),
];

const CLUSTER_FILTERS: [FilterPath; 3] = [
    ("db-cluster-id", ""),
    ("db-cluster-resource-id", "DbClusterResourceId"),
    ("engine", "Engine"),
];

fn describe_instances(call: &Call, state: &mut State) -> Answer {
    match call.text("DBInstanceIdentifier") {
        Some(wanted) => describe_one(call, state, Kind::DatabaseInstance, wanted),
        None => describe_page(call, state, Kind::DatabaseInstance),
    }
}

fn describe_clusters(call: &Call, state: &mut State) -> Answer {
    match call.text("DBClusterIdentifier") {
        Some(wanted) => describe_one(call, state, Kind::DatabaseCluster, wanted),
        None => describe_page(call, state, Kind::DatabaseCluster),
    }
}

fn describe_one(call: &Call, state: &State, kind: Kind, wanted: &str) -> Answer {
    let id = call.own_id(state, kind, wanted).unwrap_or_else(|| wanted.to_lowercase());
    let database = call.resource(state, kind, &id).ok_or_else(|| missing(kind, wanted))?;
    let description = describe(kind, (call.account(), &call.region), &id, database);
    Ok(Value::from_iter([(member(kind), Value::List(vec![description.into()]))]))
}

fn describe_page(call: &Call, state: &State, kind: Kind) -> Answer {
    let known: &[FilterPath] =
        if kind == Kind::DatabaseInstance { &INSTANCE_FILTERS } else { &CLUSTER_FILTERS };
    let mut filters = Vec::new();
    for filter in call.list("Filters") {
        let name = filter.get("Name").and_then(Value::as_str).unwrap_or_default();
        let (_, path) = known
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| call.invalid(format!("Unrecognized filter name: {name}")))?;
        filters.push((*path, filter.get("Values").map_or(&[][..], Value::as_list)));
    }
    let keep = |id: &str, database: &Resource| {
        filters.iter().all(|(path, values)| {
            let fact = if path.is_empty() { Some(id) } else { database.fact(path) };
            values.iter().any(|value| value.as_str() == fact)
        })
    };
    PAGES.list((call, state), (kind, member(kind)), keep, plain)
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let (place, id) = tagged(call, state)?;
    let database = state.store.get(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    Ok(Object::from_iter([("TagList", tag_list(&database.tags))]).into())
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let (place, id) = tagged(call, state)?;
    let database = state.store.get_mut(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    let tags = tagging::with(call, database, &tagging::listed(call, "Tags"))?;
    database.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let (place, id) = tagged(call, state)?;
    let database = state.store.get_mut(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    let tags = tagging::without(call, database, &call.texts("TagKeys"))?;
    database.set_tags(tags);
    Ok(Value::object())
}

fn tagged(call: &Call, state: &State) -> Result<(Place, String), Failure> {
    let arn = call.required("ResourceName")?;
    let own = [Kind::DatabaseInstance, Kind::DatabaseCluster]
        .into_iter()
        .find_map(|kind| Some((call.place(kind), call.own_id(state, kind, arn)?)));
    own.ok_or_else(|| call.invalid(format!("Invalid resource name: {arn}")))
}

fn member(kind: Kind) -> &'static str {
    if kind == Kind::DatabaseInstance { "DBInstances" } else { "DBClusters" }
}

fn missing(kind: Kind, id: &str) -> Failure {
    if kind == Kind::DatabaseInstance {
        Failure::new("DBInstanceNotFound", format!("DBInstance {id} not found.")).with_status(404)
    } else {
        let message = format!("DBCluster {id} not found.");
        Failure::new("DBClusterNotFoundFault", message).with_status(404)
    }
}

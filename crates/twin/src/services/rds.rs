//! Amazon RDS: database instances and clusters, their snapshots, groups, events and maintenance.
//!
//! ```text
//! creating ─► backing-up ─► available ─► modifying │ rebooting │ upgrading │ stopping ─► stopped ─► starting ─► available
//!                                            └► deleting ─► gone, perhaps with a final snapshot
//! ```

use reeve_model::{Object, Value};

use super::{Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Kind, TagForm, describe, tag_list},
    page::Paging,
    recipe::{Action, List},
    store::{Place, Resource},
    tagging::{self, TagErrors},
    world::World,
};

mod catalog;
mod change;
mod cluster;
mod daily;
mod engine;
mod event;
mod given;
mod group;
mod instance;
mod life;
mod logs;
mod maintenance;
mod parameter;
mod point_in_time;
mod secret;
mod snapshot;
mod subscription;
mod window;

pub(in crate::services) use group::{check_subnets, subnets};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "rds",
    signing_name: "rds",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "rds",
    invalid: "InvalidParameterValue",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    parts: &[
        &PART,
        &instance::PART,
        &life::PART,
        &daily::PART,
        &change::PART,
        &cluster::PART,
        &snapshot::PART,
        &point_in_time::PART,
        &group::PART,
        &parameter::PART,
        &event::PART,
        &subscription::PART,
        &maintenance::PART,
        &engine::PART,
        &logs::PART,
    ],
};

static PART: Part = Part {
    kinds: &[&DATABASE_CLUSTER, &DATABASE_INSTANCE],
    operations: &[
        ("DescribeDBInstances", Action::Own(describe_instances)),
        ("DescribeDBClusters", Action::Own(describe_clusters)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("AddTagsToResource", Action::Own(tag)),
        ("RemoveTagsFromResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::RDS::DBInstance`.
pub(crate) static DATABASE_INSTANCE: Definition = Definition {
    resource_type: "AWS::RDS::DBInstance",
    tagging_type: "rds:db",
    arn: "arn:{partition}:rds:{region}:{account}:db:{id}",
    identity: &[("DBInstanceIdentifier", Identity::Id), ("DBInstanceArn", Identity::Arn)],
    tags: TagForm::List("TagList"),
    sample: Some(|sample| sample.database_instance()),
    ..Definition::OF
};

/// `AWS::RDS::DBCluster`.
pub(crate) static DATABASE_CLUSTER: Definition = Definition {
    resource_type: "AWS::RDS::DBCluster",
    tagging_type: "rds:cluster",
    arn: "arn:{partition}:rds:{region}:{account}:cluster:{id}",
    identity: &[("DBClusterIdentifier", Identity::Id), ("DBClusterArn", Identity::Arn)],
    tags: TagForm::List("TagList"),
    sample: Some(|sample| sample.database_cluster()),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("MaxRecords", "Marker", (100, 100), "InvalidParameterValue").with_least(20);

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

fn describe_instances(call: &Call, world: &mut World) -> Answer {
    daily::watch(call, world);
    match call.text("DBInstanceIdentifier") {
        Some(wanted) => describe_one(call, world, &DATABASE_INSTANCE, wanted),
        None => describe_page(call, world, &DATABASE_INSTANCE),
    }
}

fn describe_clusters(call: &Call, world: &mut World) -> Answer {
    daily::watch(call, world);
    match call.text("DBClusterIdentifier") {
        Some(wanted) => describe_one(call, world, &DATABASE_CLUSTER, wanted),
        None => describe_page(call, world, &DATABASE_CLUSTER),
    }
}

fn describe_one(call: &Call, world: &World, kind: Kind, wanted: &str) -> Answer {
    let id = call.own_id(world, kind, wanted).unwrap_or_else(|| wanted.to_lowercase());
    let database = call.resource(world, kind, &id).ok_or_else(|| missing(kind, wanted))?;
    let description = call.describe(kind, &id, database);
    let description = instance::shown(call, database, description);
    Ok(Value::from_iter([(member(kind), Value::List(vec![description.into()]))]))
}

fn describe_page(call: &Call, world: &World, kind: Kind) -> Answer {
    let known: &[FilterPath] =
        if kind == &DATABASE_INSTANCE { &INSTANCE_FILTERS } else { &CLUSTER_FILTERS };
    let mut filters = Vec::new();
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        let (_, path) = known
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| call.invalid(format!("Unrecognized filter name: {name}")))?;
        filters.push((*path, filter.list("Values")));
    }
    let keep = |id: &str, database: &Resource| {
        filters.iter().all(|(path, values)| {
            let fact = if path.is_empty() { Some(id) } else { database.fact(path) };
            values.iter().any(|value| value.as_str() == fact)
        })
    };
    let show = |_: &str, database: &Resource, description| {
        instance::shown(call, database, description).into()
    };
    PAGES.list((call, world), (kind, member(kind)), keep, show)
}

/// Lists, or shows the one that is named, which then must exist.
pub(in crate::services) fn one_or_list(
    call: &Call,
    world: &mut World,
    (list, member): (&'static List, &str),
) -> Answer {
    let Some(wanted) = call.text(member) else { return Action::List(list).perform(call, world) };
    let exact = call.id_of(list.kind, wanted);
    let lower = exact.to_lowercase();
    let id = if call.resource(world, list.kind, &exact).is_some() { exact } else { lower };
    let found = call.find(world, list.kind, &id)?;
    let shown = describe(list.kind, (call.account(), &call.region), &id, found);
    Ok(call.fit(Value::from_iter([(list.member, Value::List(vec![shown.into()]))])))
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, id) = tagged(call, world)?;
    let database = world.store.get(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    Ok(Object::from_iter([("TagList", tag_list(&database.tags))]).into())
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = tagged(call, world)?;
    let database = world.store.get_mut(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    let tags = tagging::with(call, database, &tagging::listed(call, "Tags"))?;
    database.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = tagged(call, world)?;
    let database = world.store.get_mut(&place, &id).ok_or_else(|| missing(place.kind, &id))?;
    let tags = tagging::without(call, database, &call.texts("TagKeys"))?;
    database.set_tags(tags);
    Ok(Value::object())
}

fn tagged(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("ResourceName")?;
    let kinds: [Kind; 9] = [
        &DATABASE_INSTANCE,
        &DATABASE_CLUSTER,
        &snapshot::SNAPSHOT,
        &snapshot::CLUSTER_SNAPSHOT,
        &group::SUBNET_GROUP,
        &parameter::PARAMETER_GROUP,
        &parameter::CLUSTER_PARAMETER_GROUP,
        &group::OPTION_GROUP,
        &subscription::SUBSCRIPTION,
    ];
    let own =
        kinds.into_iter().find_map(|kind| Some((call.place(kind), call.own_id(world, kind, arn)?)));
    own.ok_or_else(|| call.invalid(format!("Invalid resource name: {arn}")))
}

fn member(kind: Kind) -> &'static str {
    if kind == &DATABASE_INSTANCE { "DBInstances" } else { "DBClusters" }
}

fn missing(kind: Kind, id: &str) -> Failure {
    if kind == &DATABASE_INSTANCE {
        Failure::new("DBInstanceNotFound", format!("DBInstance {id} not found.")).with_status(404)
    } else if kind == &DATABASE_CLUSTER {
        let message = format!("DBCluster {id} not found.");
        Failure::new("DBClusterNotFoundFault", message).with_status(404)
    } else {
        kind.missing.failure(id)
    }
}

/// When a daily window such as `04:00-04:30` next begins.
pub(super) fn next_day(window: &str, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
    window::next_day(window, after)
}

/// When a weekly maintenance window next begins.
pub(super) fn next_maintenance(window: &str, after: jiff::Timestamp) -> jiff::Timestamp {
    window::next_week(window, after).unwrap_or(after)
}

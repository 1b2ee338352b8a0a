//! Snapshots of clusters.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{CLUSTER, PAGES, cluster};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, TagForm},
    page::plain,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SNAPSHOT],
    operations: &[
        ("CreateClusterSnapshot", Action::Own(create)),
        ("DescribeClusterSnapshots", Action::Own(list)),
        ("DeleteClusterSnapshot", Action::Own(delete)),
        ("ModifyClusterSnapshot", Action::Own(modify)),
        ("RestoreFromClusterSnapshot", Action::Own(restore)),
    ],
    tasks: &[("redshift:snapshot-available", |world, task| LIFE.pass(world, task))],
};

static LIFE: Lifecycle = Lifecycle {
    member: "Status",
    passing: &[("creating", "redshift:snapshot-available", Some("available"))],
    ..Lifecycle::OF
};

/// A snapshot: its id is the cluster's, a slash, and its name.
pub(super) static SNAPSHOT: Definition = Definition {
    resource_type: "AWS::Redshift::ClusterSnapshot",
    tagging_type: "redshift:snapshot",
    arn: "arn:{partition}:redshift:{region}:{account}:snapshot:{id}",
    identity: &[
        ("ClusterIdentifier", Identity::Segment(0)),
        ("SnapshotIdentifier", Identity::Segment(1)),
        ("SnapshotArn", Identity::Arn),
        ("OwnerAccount", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    ..Definition::OF
};

/// Takes a snapshot: its name and type.
pub(super) fn take(
    world: &mut World,
    place: &Place,
    source: &str,
    (name, kind): (&str, &str),
    tags: Tags,
) -> Result<String, Failure> {
    let id = format!("{source}/{}", name.to_lowercase());
    let place_of = place.beside(&SNAPSHOT);
    if find(world, &place_of, name).is_some() {
        return Err(Failure::new(
            "ClusterSnapshotAlreadyExists",
            format!("Snapshot {name} already exists."),
        ));
    }
    let Some(found) = world.get(place, source) else { return Ok(id) };
    let mut described = Object::new();
    described.extend(found.facts.pick([
        "NodeType",
        "NumberOfNodes",
        "MasterUsername",
        "DBName",
        "ClusterVersion",
        "AvailabilityZone",
        "Encrypted",
        "KmsKeyId",
        "VpcId",
        "ClusterCreateTime",
        "EnhancedVpcRouting",
    ]));
    let mut inside = Object::new();
    inside.insert("Source", Object::clone(&found.facts));
    let nodes = found.value("NumberOfNodes").and_then(Value::as_i64).unwrap_or(1);
    let now = world.now();
    described.insert("Status", "creating");
    described.insert("SnapshotType", kind);
    described.insert("SnapshotCreateTime", now);
    described.insert("Port", 5439_i64);
    described.insert("ManualSnapshotRetentionPeriod", -1_i64);
    described.insert(
        "TotalBackupSizeInMegaBytes",
        20_480.0 * f64::from(i32::try_from(nodes).unwrap_or(1)),
    );
    world.put(
        place_of.clone(),
        id.as_str(),
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    LIFE.enter(world, &place_of, &id, ("creating", 120));
    Ok(id)
}

fn find(world: &World, place: &Place, name: &str) -> Option<String> {
    let wanted = format!("/{}", name.to_lowercase());
    world.shelf(place).keys().find(|id| id.ends_with(&wanted)).cloned()
}

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let name = call.required("SnapshotIdentifier")?;
    let missing = || {
        Failure::new("ClusterSnapshotNotFound", format!("Snapshot {name} not found."))
            .with_status(404)
    };
    let id = find(world, &call.place(&SNAPSHOT), name).ok_or_else(missing)?;
    let found = call.resource(world, &SNAPSHOT, &id).ok_or_else(missing)?;
    Ok((id, found))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&SNAPSHOT, "Snapshot"), id)
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (source, found) = cluster::named(call, world)?;
    if !matches!(found.fact("ClusterStatus"), Some("available" | "paused")) {
        return Err(cluster::wrong_state(format!("Cluster {source} is not available.")));
    }
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let name = call.required("SnapshotIdentifier")?;
    let tags: Tags = given.into_iter().collect();
    let id = take(world, &call.place(&CLUSTER), &source, (name, "manual"), tags)?;
    if let Some(days) = call.integer("ManualSnapshotRetentionPeriod") {
        world.set(&call.place(&SNAPSHOT), &id, "ManualSnapshotRetentionPeriod", days);
    }
    answer(call, world, &id)
}

fn list(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    let only = match call.text("SnapshotIdentifier") {
        Some(_) => Some(named(call, world)?.0),
        None => None,
    };
    let keep = |id: &str, one: &Resource| {
        only.as_deref().is_none_or(|only| only == id)
            && call
                .text("ClusterIdentifier")
                .is_none_or(|cluster| id.split('/').next() == Some(cluster))
            && call.text("SnapshotType").is_none_or(|kind| one.fact("SnapshotType") == Some(kind))
    };
    PAGES.list((call, world), (&SNAPSHOT, "Snapshots"), keep, plain).map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("SnapshotType") == Some("automated") {
        let message = "Automated snapshots cannot be deleted.";
        return Err(Failure::new("InvalidClusterSnapshotState", message));
    }
    let mut output = answer(call, world, &id)?;
    if let Some(shown) =
        output.as_object_mut().and_then(|o| o.get_mut("Snapshot")).and_then(Value::as_object_mut)
    {
        shown.insert("Status", "deleted");
    }
    world.remove(&call.place(&SNAPSHOT), &id);
    Ok(output)
}

fn modify(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    if let Some(days) = call.integer("ManualSnapshotRetentionPeriod") {
        world.set(&call.place(&SNAPSHOT), &id, "ManualSnapshotRetentionPeriod", days);
    }
    answer(call, world, &id)
}

fn restore(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("available") {
        let message = format!("Snapshot {id} is not available.");
        return Err(Failure::new("InvalidClusterSnapshotState", message));
    }
    let mut source =
        found.inside.get("Source").and_then(Value::as_object).cloned().unwrap_or_default();
    for member in ["Endpoint", "ClusterCreateTime", "PendingModifiedValues"] {
        source.remove(member);
    }
    for member in
        ["NodeType", "NumberOfNodes", "AvailabilityZone", "PubliclyAccessible", "KmsKeyId"]
    {
        if let Some(value) = call.input.get(member) {
            source.insert(member, value.clone());
        }
    }
    source.insert("PendingModifiedValues", Object::new());
    cluster::begin(call, world, source)
}

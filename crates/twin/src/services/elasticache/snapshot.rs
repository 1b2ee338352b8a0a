//! Snapshots of cache clusters and replication groups.

use reeve_model::{Object, Value};

use super::{PAGES, cluster::CLUSTER, replication::REPLICATION_GROUP};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::{Action, Lifecycle},
    services::{
        Part,
        automated::{self, Automated},
        rds,
    },
    store::{Place, Resource, facts},
    value::value,
    world::World,
};

/// When a snapshot was begun.
const CREATED: &str = "NodeSnapshots.0.SnapshotCreateTime";

pub(super) static PART: Part = Part {
    kinds: &[&SNAPSHOT],
    operations: &[
        ("CreateSnapshot", Action::Own(create)),
        ("DescribeSnapshots", Action::Own(list)),
        ("DeleteSnapshot", Action::Own(delete)),
    ],
    tasks: &[
        ("elasticache:snapshot-available", |world, task| LIFE.pass(world, task)),
        (OF_CLUSTERS.task, |world, task| OF_CLUSTERS.turn(world, task)),
        (OF_GROUPS.task, |world, task| OF_GROUPS.turn(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "SnapshotStatus",
    passing: &[("creating", "elasticache:snapshot-available", Some("available"))],
    ..Lifecycle::OF
};

/// The daily snapshots of clusters that are not in a replication group.
pub(super) static OF_CLUSTERS: Automated = Automated {
    kind: &CLUSTER,
    task: "elasticache:automatic-of-cluster",
    days: |one| if one.fact("ReplicationGroupId").is_some() { 0 } else { limit(one) },
    is_ready: |one| {
        one.fact("CacheClusterStatus") == Some("available")
            && one.fact("Engine") != Some("memcached")
    },
    ..DAILY
};

/// The daily snapshots of replication groups.
pub(super) static OF_GROUPS: Automated = DAILY;

const DAILY: Automated = Automated {
    kind: &REPLICATION_GROUP,
    task: "elasticache:automatic-of-group",
    plan: |one| one.fact("SnapshotWindow").unwrap_or("03:00-04:00").to_owned(),
    next: rds::next_day,
    days: limit,
    is_ready: |one| one.fact("Status") == Some("available"),
    back_up: |world, place, id| {
        let name = format!("automatic.{id}-{}", world.now().strftime("%Y-%m-%d-%H-%M"));
        // There is at most one a minute, and only of what can have them.
        let _ = take(world, place, id, (&name, "automated"));
    },
    forget: |world, place, id, before| {
        let snapshots = Place { kind: &SNAPSHOT, ..place.clone() };
        let is_group = place.kind == &REPLICATION_GROUP;
        let of = if is_group { "ReplicationGroupId" } else { "CacheClusterId" };
        let is_one = |_: &str, one: &Resource| {
            one.fact("SnapshotSource") == Some("automated") && one.fact(of) == Some(id)
        };
        for old in automated::older(world, &snapshots, (CREATED, before), is_one) {
            world.remove(&snapshots, &old);
        }
    },
};

fn limit(one: &Resource) -> i64 {
    one.value("SnapshotRetentionLimit").and_then(Value::as_i64).unwrap_or(0)
}

/// A snapshot.
pub(super) static SNAPSHOT: Definition = Definition {
    resource_type: "AWS::ElastiCache::Snapshot",
    tagging_type: "elasticache:snapshot",
    arn: "arn:{partition}:elasticache:{region}:{account}:snapshot:{id}",
    identity: &[("SnapshotName", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new("SnapshotNotFoundFault", "{id} not found.").with_status(404),
    ..Definition::OF
};

/// Takes a snapshot: its name and who wanted it.
pub(super) fn take(
    world: &mut World,
    place: &Place,
    id: &str,
    (name, by): (&str, &str),
) -> Result<(), Failure> {
    let snapshots = place.beside(&SNAPSHOT);
    if world.get(&snapshots, name).is_some() {
        return Err(Failure::new("SnapshotAlreadyExistsFault", format!("{name} already exists.")));
    }
    let Some(found) = world.get(place, id).cloned() else { return Ok(()) };
    if found.fact("Engine") == Some("memcached") {
        let message = "Snapshots are not supported for this engine.";
        return Err(Failure::new("SnapshotFeatureNotSupportedFault", message));
    }
    let mut described = Object::new();
    described.extend(found.facts.pick([
        "CacheNodeType",
        "Engine",
        "EngineVersion",
        "NumCacheNodes",
        "CacheSubnetGroupName",
        "AutoMinorVersionUpgrade",
        "SnapshotRetentionLimit",
        "SnapshotWindow",
        "PreferredMaintenanceWindow",
        "CacheClusterCreateTime",
        "AutomaticFailover",
    ]));
    let is_group = place.kind == &REPLICATION_GROUP;
    described.insert(if is_group { "ReplicationGroupId" } else { "CacheClusterId" }, id);
    described.insert("SnapshotStatus", "creating");
    described.insert("SnapshotSource", by);
    let now = world.now();
    described.insert(
        "NodeSnapshots",
        value!([{"CacheClusterId": id, "CacheNodeId": "0001", "SnapshotCreateTime": (now)}]),
    );
    world.put(snapshots.clone(), name, Resource::new(facts(described), std::sync::Arc::default()));
    LIFE.enter(world, &snapshots, name, ("creating", 240));
    Ok(())
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let found = call.find(world, &SNAPSHOT, id)?;
    let shown = call.describe(&SNAPSHOT, id, found);
    Ok(call.fit(Value::from_iter([("Snapshot", shown)])))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("SnapshotName")?;
    let (place, id) = match (call.text("ReplicationGroupId"), call.text("CacheClusterId")) {
        (Some(id), None) => (call.place(&REPLICATION_GROUP), id.to_lowercase()),
        (None, Some(id)) => (call.place(&CLUSTER), id.to_lowercase()),
        _ => {
            return Err(
                call.invalid("Exactly one of ReplicationGroupId and CacheClusterId must be given")
            );
        }
    };
    call.find(world, place.kind, &id)?;
    take(world, &place, &id, (name, "manual"))?;
    answer(call, world, name)
}

fn list(call: &Call, world: &mut World) -> Answer {
    OF_CLUSTERS.watch(call, world);
    OF_GROUPS.watch(call, world);
    if let Some(name) = call.text("SnapshotName") {
        call.find(world, &SNAPSHOT, name)?;
    }
    let keep = |id: &str, one: &Resource| {
        call.text("SnapshotName").is_none_or(|name| name == id)
            && call
                .text("ReplicationGroupId")
                .is_none_or(|group| one.fact("ReplicationGroupId") == Some(group))
            && call
                .text("CacheClusterId")
                .is_none_or(|cluster| one.fact("CacheClusterId") == Some(cluster))
    };
    PAGES.list((call, world), (&SNAPSHOT, "Snapshots"), keep, plain).map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("SnapshotName")?;
    let mut output = answer(call, world, name)?;
    if let Some(shown) =
        output.as_object_mut().and_then(|o| o.get_mut("Snapshot")).and_then(Value::as_object_mut)
    {
        shown.insert("SnapshotStatus", "deleting");
    }
    world.remove(&call.place(&SNAPSHOT), name);
    Ok(output)
}

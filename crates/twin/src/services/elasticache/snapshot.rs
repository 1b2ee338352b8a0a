//! Snapshots of cache clusters and replication groups.

use reeve_model::{Object, Value};

use super::{PAGES, cluster::CLUSTER, replication::REPLICATION_GROUP};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Place, Resource, facts},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SNAPSHOT],
    operations: &[
        ("CreateSnapshot", Action::Own(create)),
        ("DescribeSnapshots", Action::Own(list)),
        ("DeleteSnapshot", Action::Own(delete)),
    ],
    tasks: &[("elasticache:snapshot-available", |world, task| LIFE.pass(world, task))],
};

static LIFE: Lifecycle = Lifecycle {
    member: "SnapshotStatus",
    passing: &[("creating", "elasticache:snapshot-available", Some("available"))],
    ..Lifecycle::OF
};

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

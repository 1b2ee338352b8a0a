//! Instances and clusters restored: from a snapshot, or to a point in time.

use reeve_model::{Object, Value};

use super::{
    DATABASE_INSTANCE, cluster, event, given, instance, life,
    snapshot::{CLUSTER_SNAPSHOT, SNAPSHOT},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    recipe::Action,
    services::Part,
    task::later,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("RestoreDBInstanceFromDBSnapshot", Action::Own(from_snapshot)),
        ("RestoreDBInstanceToPointInTime", Action::Own(to_time)),
        ("RestoreDBClusterFromSnapshot", Action::Own(cluster_from_snapshot)),
    ],
    tasks: &[],
};

/// What is not restored with an instance.
const OWN: [&str; 8] = [
    "Endpoint",
    "InstanceCreateTime",
    "MasterUserSecret",
    "ReadReplicaDBInstanceIdentifiers",
    "ReadReplicaSourceDBInstanceIdentifier",
    "SecondaryAvailabilityZone",
    "AutomaticRestartTime",
    "StatusInfos",
];

fn restored(call: &Call, world: &World, source: &Object) -> Result<Object, Failure> {
    let mut described = source.clone();
    for member in OWN {
        described.remove(member);
    }
    described.insert("DBInstanceStatus", "creating");
    described.insert("PendingModifiedValues", Object::new());
    given::put(call, world, &mut described)?;
    instance::place_in_zones(call, &mut described);
    Ok(described)
}

fn from_snapshot(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let id = instance::new_name(call, world, "DBInstanceIdentifier")?;
    let name = call
        .text("DBSnapshotIdentifier")
        .ok_or_else(|| call.invalid("DBSnapshotIdentifier must be provided"))?;
    let name = call.id_of(&SNAPSHOT, name).to_lowercase();
    let snapshot = call.find(world, &SNAPSHOT, &name)?;
    if snapshot.fact("Status") != Some("available") {
        return Err(Failure::new(
            "InvalidDBSnapshotState",
            format!("Snapshot {name} is not available."),
        ));
    }
    let source =
        snapshot.inside.get("Source").and_then(Value::as_object).cloned().unwrap_or_default();
    let described = restored(call, world, &source)?;
    instance::begin(call, world, (&id, described), instance::tags(call)?);
    let place = call.place(&DATABASE_INSTANCE);
    event::say(world, &place, &id, ("RDS-EVENT-0043", "restoration", "Restored from snapshot"));
    instance::answer(call, world, &id)
}

fn to_time(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let id = instance::new_name(call, world, "TargetDBInstanceIdentifier")?;
    let (source, found) = instance::named(call, world, "SourceDBInstanceIdentifier")?;
    let days = found.value("BackupRetentionPeriod").and_then(Value::as_i64).unwrap_or(0);
    if days == 0 {
        let message = format!(
            "Point in time restore is not enabled for {source}: automated backups are off."
        );
        return Err(Failure::new("PointInTimeRestoreNotEnabled", message));
    }
    let latest = later(call.now, -300);
    let time = call.time("RestoreTime");
    if time.is_some() == call.flag("UseLatestRestorableTime") {
        let message = "Exactly one of RestoreTime and UseLatestRestorableTime must be given.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let earliest = found.value("InstanceCreateTime").and_then(Value::as_timestamp);
    let earliest = earliest.map(|made| made.max(later(call.now, -days * 86_400)));
    if time.is_some_and(|time| time > latest || earliest.is_some_and(|earliest| time < earliest)) {
        return Err(Failure::new(
            "InvalidRestoreFault",
            "The specified instance cannot be restored to the time specified",
        ));
    }
    let time = time.unwrap_or(latest);
    let described = restored(call, world, &life::recalled(found, time))?;
    instance::begin(call, world, (&id, described), instance::tags(call)?);
    let place = call.place(&DATABASE_INSTANCE);
    event::say(
        world,
        &place,
        &id,
        ("RDS-EVENT-0019", "restoration", "Restored to a point in time"),
    );
    instance::answer(call, world, &id)
}

fn cluster_from_snapshot(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let name = call.required("SnapshotIdentifier")?;
    let name = call.id_of(&CLUSTER_SNAPSHOT, name).to_lowercase();
    let snapshot = call.find(world, &CLUSTER_SNAPSHOT, &name)?;
    if snapshot.fact("Status") != Some("available") {
        let message = format!("Snapshot {name} is not available.");
        return Err(Failure::new("InvalidDBClusterSnapshotStateFault", message));
    }
    let mut source =
        snapshot.inside.get("Source").and_then(Value::as_object).cloned().unwrap_or_default();
    source.remove("MasterUserSecret");
    source.insert("DBClusterMembers", Value::List(Vec::new()));
    cluster::begin(call, world, source)
}

//! What happens to instances with time: made, started, stopped, rebooted, backed up every day.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    DATABASE_INSTANCE, daily, event,
    instance::{self, answer, named, wrong_state},
    parameter, secret, snapshot,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    recipe::Action,
    services::Part,
    store::{Place, Resource},
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("StartDBInstance", Action::Own(start)),
        ("StopDBInstance", Action::Own(stop)),
        ("RebootDBInstance", Action::Own(reboot)),
    ],
    tasks: &[
        ("rds:instance-created", created),
        ("rds:instance-available", available),
        ("rds:instance-stopped", stopped),
        ("rds:instance-restart", restart),
        ("rds:instance-rebooted", rebooted),
        ("rds:instance-gone", gone),
    ],
};

/// How long an instance shows that it is being backed up.
pub(super) const BACKUP_SECONDS: i64 = 90;
const STOP_SECONDS: i64 = 150;
const START_SECONDS: i64 = 240;
const REBOOT_SECONDS: i64 = 45;
/// How long an instance may stay stopped.
const MOST_STOPPED_SECONDS: i64 = 7 * 86_400;
/// How far back a restore may go at most.
const MOST_KEPT_SECONDS: i64 = 35 * 86_400;

fn status(world: &World, place: &Place, id: &str) -> String {
    world.get(place, id).and_then(|r| r.fact("DBInstanceStatus")).unwrap_or_default().to_owned()
}

pub(super) fn set_status(world: &mut World, place: &Place, id: &str, status: &str) {
    world.set(place, id, "DBInstanceStatus", status);
}

/// An instance is in this state for so many seconds, and then available.
pub(super) fn work(world: &mut World, place: &Place, id: &str, (status, seconds): (&str, i64)) {
    set_status(world, place, id, status);
    let due = later(world.now(), seconds);
    let task = Task::new("rds:instance-available", place, id).with(value!({"From": (status)}));
    world.schedule(due, task);
}

fn created(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if status(world, place, id) != "creating" {
        return;
    }
    let now = world.now();
    let Some(found) = world.get(place, id) else { return };
    let endpoint = found.inside.get("Endpoint").cloned().unwrap_or_default();
    let backs_up = found.value("BackupRetentionPeriod").and_then(Value::as_i64).unwrap_or(0) > 0;
    let is_member = found.fact("DBClusterIdentifier").is_some();
    world.change(place, id, |facts| {
        facts.insert("InstanceCreateTime", now);
        facts.insert("Endpoint", endpoint);
    });
    event::say(world, place, id, ("RDS-EVENT-0005", "creation", "DB instance created"));
    if backs_up && !is_member {
        event::say(world, place, id, ("RDS-EVENT-0001", "backup", "Backing up DB instance"));
        let name = daily::automated_name(world, id);
        let take = snapshot::Take { name: &name, kind: "automated", tags: Tags::new() };
        // The first backup of an instance is a snapshot that cannot already exist.
        let _ = snapshot::take(world, place, id, &take);
        work(world, place, id, ("backing-up", BACKUP_SECONDS));
    } else {
        set_status(world, place, id, "available");
    }
}

fn available(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let was = task.detail.text("From");
    if status(world, place, id) != was {
        return;
    }
    set_status(world, place, id, "available");
    let said = match was {
        "backing-up" => ("RDS-EVENT-0002", "backup", "Finished DB Instance backup"),
        "starting" => ("RDS-EVENT-0088", "notification", "DB instance started"),
        "failing-over" => ("RDS-EVENT-0049", "failover", "Multi-AZ instance failover completed"),
        _ => return,
    };
    event::say(world, place, id, said);
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    if found.fact("DBInstanceStatus") != Some("available") {
        return Err(wrong_state(&id));
    }
    let has_replicas = !found.list("ReadReplicaDBInstanceIdentifiers").is_empty();
    if has_replicas || found.fact("ReadReplicaSourceDBInstanceIdentifier").is_some() {
        let message = "Cannot stop or start a read replica or an instance that has one.";
        return Err(Failure::new("InvalidDBInstanceState", message));
    }
    if found.fact("DBClusterIdentifier").is_some() {
        let message = "Cannot stop or start a DB instance that is a member of a DB cluster.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let place = call.place(&DATABASE_INSTANCE);
    if let Some(name) = call.text("DBSnapshotIdentifier") {
        snapshot::take(
            world,
            &place,
            &id,
            &snapshot::Take { name, kind: "manual", tags: Tags::new() },
        )?;
    }
    set_status(world, &place, &id, "stopping");
    world.schedule(later(call.now, STOP_SECONDS), Task::new("rds:instance-stopped", &place, &id));
    answer(call, world, &id)
}

fn stopped(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if status(world, place, id) != "stopping" {
        return;
    }
    let restart = later(world.now(), MOST_STOPPED_SECONDS);
    world.change(place, id, |facts| {
        facts.insert("DBInstanceStatus", "stopped");
        facts.insert("AutomaticRestartTime", restart);
    });
    event::say(world, place, id, ("RDS-EVENT-0087", "notification", "DB instance stopped"));
    world.schedule(restart, Task::new("rds:instance-restart", place, id));
}

/// AWS starts an instance again when it has been stopped for seven days.
fn restart(world: &mut World, task: &Task) {
    let due = world
        .get(&task.place, &task.id)
        .and_then(|r| r.value("AutomaticRestartTime")?.as_timestamp());
    if status(world, &task.place, &task.id) == "stopped" && due == Some(task.due) {
        let said = (
            "RDS-EVENT-0154",
            "notification",
            "DB instance is being started due to it exceeding the maximum allowed time being stopped.",
        );
        event::say(world, &task.place, &task.id, said);
        begin_start(world, &task.place, &task.id);
    }
}

fn begin_start(world: &mut World, place: &Place, id: &str) {
    world.change(place, id, |facts| {
        facts.remove("AutomaticRestartTime");
    });
    work(world, place, id, ("starting", START_SECONDS));
}

fn start(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    if found.fact("DBInstanceStatus") != Some("stopped") {
        return Err(Failure::new(
            "InvalidDBInstanceState",
            format!("Instance {id} is not in stopped state."),
        ));
    }
    begin_start(world, &call.place(&DATABASE_INSTANCE), &id);
    answer(call, world, &id)
}

fn reboot(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    if !matches!(
        found.fact("DBInstanceStatus"),
        Some("available" | "storage-full" | "incompatible-parameters")
    ) {
        return Err(wrong_state(&id));
    }
    let fails_over = call.flag("ForceFailover");
    if fails_over && found.value("MultiAZ").and_then(Value::as_bool) != Some(true) {
        let message = "A failover cannot be forced for a DB instance that is not Multi-AZ.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let place = call.place(&DATABASE_INSTANCE);
    set_status(world, &place, &id, "rebooting");
    if fails_over {
        event::say(
            world,
            &place,
            &id,
            ("RDS-EVENT-0013", "failover", "Multi-AZ instance failover started."),
        );
    }
    let task =
        Task::new("rds:instance-rebooted", &place, &id).with(value!({"Failover": (fails_over)}));
    world.schedule(later(call.now, REBOOT_SECONDS), task);
    answer(call, world, &id)
}

fn rebooted(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if status(world, place, id) != "rebooting" {
        return;
    }
    let fails_over = task.detail.flag("Failover");
    world.change(place, id, |facts| {
        facts.insert("DBInstanceStatus", "available");
        if fails_over {
            let first = facts.get("AvailabilityZone").cloned().unwrap_or_default();
            let second = facts.get("SecondaryAvailabilityZone").cloned().unwrap_or_default();
            facts.insert("AvailabilityZone", second);
            facts.insert("SecondaryAvailabilityZone", first);
        }
    });
    parameter::in_sync(world, place, id);
    event::say(world, place, id, ("RDS-EVENT-0004", "availability", "DB instance shutdown"));
    event::say(world, place, id, ("RDS-EVENT-0006", "availability", "DB instance restarted"));
    if fails_over {
        event::say(
            world,
            place,
            id,
            ("RDS-EVENT-0049", "failover", "Multi-AZ instance failover completed"),
        );
    }
}

fn gone(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if status(world, place, id) != "deleting" {
        return;
    }
    event::say(world, place, id, ("RDS-EVENT-0003", "deletion", "DB instance deleted"));
    instance::leave(world, place, id);
    secret::forget(world, place, id);
    world.remove(place, id);
    if task.detail.get("KeepBackups").and_then(Value::as_bool) != Some(true) {
        snapshot::remove_automated(world, place, id, None);
    }
}

/// Keeps what an instance was until now, for restores to a time before.
pub(super) fn remember(world: &mut World, place: &Place, id: &str) {
    let Some(found) = world.get(place, id) else { return };
    let was = value!({"Until": (world.now()), "Facts": (Object::clone(&found.facts))});
    let oldest = later(world.now(), -MOST_KEPT_SECONDS);
    world.change_inside(place, id, |inside| {
        let mut history = inside.list("History").to_vec();
        history.retain(|one| {
            one.get("Until").and_then(Value::as_timestamp).is_some_and(|until| until > oldest)
        });
        history.push(was);
        inside.insert("History", Value::List(history));
    });
}

/// What an instance was at a time.
pub(super) fn recalled(found: &Resource, time: Timestamp) -> Object {
    let history = found.inside.list("History");
    let then = history.iter().find(|one| {
        one.get("Until").and_then(Value::as_timestamp).is_some_and(|until| until > time)
    });
    let then = then.and_then(|one| one.get("Facts")).and_then(Value::as_object);
    then.unwrap_or(&found.facts).clone()
}

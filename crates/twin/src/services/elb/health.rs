//! The health of instances behind a load balancer, checked at its interval.

use reeve_model::{Object, Value};

use crate::{
    fleet, services::ec2::compute::INSTANCE, store::Place, task::Task, value::object, world::World,
};

pub(super) const CHECK: &str = "elb:health-check";
/// What `inside` of a load balancer says while its checks run.
const CHECKING: &str = "Checking";

/// The health of the instances of a load balancer, by instance: `State`, `Reason`, `Description`, `Good`, `Bad`.
pub(super) fn kept(world: &World, place: &Place, name: &str) -> Object {
    let kept = world.get(place, name).and_then(|found| found.inside.get("Health"));
    kept.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Has the instances of a load balancer checked from now on, if they are not already.
pub(super) fn begin(world: &mut World, name: &str, place: &Place) {
    if world.get(place, name).is_none_or(|found| found.inside.contains(CHECKING)) {
        return;
    }
    world.set_inside(place, name, CHECKING, true);
    schedule(world, name, place);
}

fn number(world: &World, place: &Place, (name, path): (&str, &str), usual: i64) -> i64 {
    world.get(place, name).and_then(|found| found.value(path)?.as_i64()).unwrap_or(usual)
}

fn schedule(world: &mut World, name: &str, place: &Place) {
    let interval = number(world, place, (name, "HealthCheck.Interval"), 30).max(5);
    let due =
        world.now().checked_add(jiff::SignedDuration::from_secs(interval)).unwrap_or(world.now());
    world.schedule(due, Task::new(CHECK, place, name));
}

/// The ids of the instances behind a load balancer.
pub(super) fn instances(world: &World, place: &Place, name: &str) -> Vec<String> {
    let list = world.get(place, name).and_then(|found| found.value("Instances"));
    let list = list.map_or(&[][..], Value::as_list);
    list.iter().filter_map(|one| Some(one.get("InstanceId")?.as_str()?.to_owned())).collect()
}

/// One round of checks.
pub(super) fn check(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let instances = instances(world, place, name);
    if instances.is_empty() {
        world.change_inside(place, name, |inside| {
            inside.remove(CHECKING);
        });
        return;
    }
    let before = kept(world, place, name);
    let enough = (
        number(world, place, (name, "HealthCheck.HealthyThreshold"), 10),
        number(world, place, (name, "HealthCheck.UnhealthyThreshold"), 2),
    );
    let mut after = Object::new();
    for id in instances {
        let old = before.get(&id).and_then(Value::as_object).cloned().unwrap_or_else(first);
        let checked = checked(world, place, (&id, &old), enough);
        after.insert(id, checked);
    }
    if after != before {
        world.set_inside(place, name, "Health", after);
    }
    schedule(world, name, place);
}

/// What an instance is that was not checked yet.
pub(super) fn first() -> Object {
    object!(
        "State": "OutOfService",
        "ReasonCode": "ELB",
        "Description": "Instance registration is still in progress.",
        "Good": 0,
        "Bad": 0,
    )
}

fn checked(
    world: &World,
    place: &Place,
    (id, old): (&str, &Object),
    (good_enough, bad_enough): (i64, i64),
) -> Object {
    let instances = place.beside(&INSTANCE);
    let state =
        world.get(&instances, id).and_then(|one| one.fact("State.Name")).unwrap_or("terminated");
    let count = |member: &str| old.get(member).and_then(Value::as_i64).unwrap_or(0);
    let out = |why: &str, bad: i64| object!("State": "OutOfService", "ReasonCode": "Instance", "Description": why, "Good": 0, "Bad": bad);
    if state != "running" && state != "pending" {
        let why = if state == "terminated" {
            "Instance is in terminated state."
        } else {
            "Instance is in stopped state."
        };
        return out(why, bad_enough);
    }
    if fleet::is_serving(world, &instances, id) {
        let good = count("Good").saturating_add(1).min(good_enough);
        let is_in = old.text("State") == "InService";
        if is_in || good >= good_enough {
            return object!("State": "InService", "ReasonCode": "N/A", "Description": "N/A", "Good": good, "Bad": 0);
        }
        let mut same = old.clone();
        same.insert("Good", good);
        same.insert("Bad", 0);
        return same;
    }
    let bad = count("Bad").saturating_add(1).min(bad_enough);
    if bad >= bad_enough {
        return out(
            "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.",
            bad,
        );
    }
    let mut same = old.clone();
    same.insert("Good", 0);
    same.insert("Bad", bad);
    same
}

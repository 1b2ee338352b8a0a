//! Targets: registered with a group, checked, drained, gone.

use reeve_model::{Object, Value};

use super::{TARGET_GROUP, attribute, health, support::named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::ec2::compute::INSTANCE,
    store::{Place, Resource},
    task::{Task, later},
    value::value,
    world::World,
};

/// The targets in a call, each with its port: the group's if it says none.
fn given(call: &Call, group: &Resource) -> Vec<Object> {
    let usual = group.value("Port").cloned();
    let targets = call.list("Targets").iter().filter_map(Value::as_object);
    let read = targets.map(|target| {
        let mut read = Object::new();
        read.extend(target.pick(["Id", "Port", "AvailabilityZone"]));
        if let Some(port) = usual.clone().filter(|_| !read.contains("Port")) {
            read.insert("Port", port);
        }
        read
    });
    read.collect()
}

fn id_of(target: &Object) -> &str {
    target.text("Id")
}

fn same(one: &Object, other: &Object) -> bool {
    id_of(one) == id_of(other) && one.get("Port") == other.get("Port")
}

pub(super) fn register(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&TARGET_GROUP, "TargetGroupArn"))?;
    let place = call.place(&TARGET_GROUP);
    let group = call.find(world, &TARGET_GROUP, &id)?.clone();
    let mut targets = health::targets(&group);
    for target in given(call, &group) {
        check(call, world, &group, id_of(&target))?;
        let again = targets.iter().position(|known| same(known, &target));
        let is_draining = |known: &Object| known.text("State") == "draining";
        match again {
            Some(at) if targets.get(at).is_some_and(is_draining) => {
                targets.remove(at);
            }
            Some(_) => continue,
            None => {}
        }
        let first = health::first(world, &place, (&id, &target));
        targets.push(first);
    }
    health::keep(world, &place, &id, targets);
    health::begin(world, &place, &id);
    Ok(Value::object())
}

/// Refuses what cannot be a target of this group.
fn check(call: &Call, world: &World, group: &Resource, id: &str) -> Result<(), Failure> {
    let invalid = |message: String| Failure::new("InvalidTarget", message);
    match group.fact("TargetType") {
        Some("instance") => {
            let place = Place { kind: &INSTANCE, ..call.place(&TARGET_GROUP) };
            let instance = world.get(&place, id);
            let instance = instance.ok_or_else(|| {
                invalid(format!(
                    "The following targets are not in a running state or cannot be found: '{id}'"
                ))
            })?;
            if instance.fact("State.Name") != Some("running") {
                return Err(invalid(format!(
                    "The following targets are not in a running state and cannot be registered: '{id}'"
                )));
            }
            if instance.fact("VpcId") != group.fact("VpcId") {
                return Err(invalid(format!(
                    "The following targets are not in the target group VPC: '{id}'"
                )));
            }
            Ok(())
        }
        Some("ip") if id.parse::<std::net::IpAddr>().is_err() => {
            Err(call.invalid(format!("The IP address '{id}' is not a valid IP address")))
        }
        Some("lambda" | "alb") if !id.starts_with("arn:") => {
            Err(call.invalid(format!("'{id}' is not a valid ARN")))
        }
        _ => Ok(()),
    }
}

pub(super) fn deregister(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&TARGET_GROUP, "TargetGroupArn"))?;
    let place = call.place(&TARGET_GROUP);
    let group = call.find(world, &TARGET_GROUP, &id)?.clone();
    let with_port = |target: &Object| {
        call.list("Targets").iter().any(|asked| {
            asked.get("Id").and_then(Value::as_str) == Some(id_of(target))
                && asked.get("Port").is_none_or(|port| target.get("Port") == Some(port))
        })
    };
    let mut targets = health::targets(&group);
    let delay = attribute::value(world, &place, (&id, "deregistration_delay.timeout_seconds"));
    let delay = delay.parse::<i64>().unwrap_or(300);
    let mut leaving = Vec::new();
    targets.retain_mut(|target| {
        if !with_port(target) {
            return true;
        }
        // What takes no traffic has nothing to finish.
        if target.text("State") == "unused" {
            return false;
        }
        *target = health::draining(target);
        leaving.push(value!({"Id": (id_of(target)), "Port": (target.get("Port").cloned().unwrap_or_default())}));
        true
    });
    health::keep(world, &place, &id, targets);
    for target in leaving {
        world
            .schedule(later(call.now, delay), Task::new(health::DRAINED, &place, &id).with(target));
    }
    Ok(Value::object())
}

pub(super) fn describe_health(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, (&TARGET_GROUP, "TargetGroupArn"))?;
    let group = call.find(world, &TARGET_GROUP, &id)?;
    let targets = health::targets(group);
    let asked = call.list("Targets");
    let mut shown = Vec::new();
    if asked.is_empty() {
        shown.extend(targets.iter().map(|target| health::shown(group, target)));
    }
    for wanted in asked {
        let wanted_id = wanted.text("Id");
        let fits = |target: &&Object| {
            id_of(target) == wanted_id
                && wanted.get("Port").is_none_or(|port| target.get("Port") == Some(port))
        };
        let found: Vec<Value> =
            targets.iter().filter(fits).map(|target| health::shown(group, target)).collect();
        if found.is_empty() {
            shown.push(health::unregistered(wanted_id));
        }
        shown.extend(found);
    }
    Ok(Value::from_iter([("TargetHealthDescriptions", Value::List(shown))]))
}

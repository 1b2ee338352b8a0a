//! Health: what EC2 and load balancers say of a group's instances, and what the group does about it.

use reeve_model::{Object, Value};

use super::{
    GROUP, activity, balancers, converge,
    members::{self, entries, named, state_of, suspended},
};
use crate::{
    call::{Answer, Call},
    services::ec2::compute::{
        INSTANCE, checks,
        support::{after, number, text, written},
    },
    store::Place,
    task::Task,
    value::value,
    world::World,
};

/// How often a group looks at its instances.
const LOOK: i64 = 60;

/// Begins to look at a group's instances, again and again.
pub(super) fn begin(world: &mut World, place: &Place, group: &str) {
    let due = after(world, LOOK);
    world.schedule(due, Task::new("autoscaling:health", &place.beside(&GROUP), group));
}

/// A group looks at the health of its instances.
pub(super) fn look(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(facts) = members::facts(world, place, name) else { return };
    begin(world, place, name);
    if !suspended(&facts, "HealthCheck") {
        for entry in entries(&facts) {
            let id = text(&entry, "InstanceId").to_owned();
            if state_of(&entry) == "InService" && text(&entry, "HealthStatus") == "Healthy" {
                let problem = problem(world, (place, name), &facts, &id);
                if let Some(problem) = problem {
                    mark(world, (place, name, &id), &problem);
                }
            }
        }
    }
    replace_unhealthy(world, place, name);
    notice_gap(world, place, name);
}

/// What is wrong with an instance, as activities say it.
fn problem(
    world: &mut World,
    (place, name): (&Place, &str),
    facts: &Object,
    id: &str,
) -> Option<String> {
    let how = match members::machine_state(world, place, id).as_str() {
        "running" | "pending" => None,
        _ => Some("an EC2 health check indicating it has been terminated or stopped"),
    };
    if how.is_some() || in_grace(world, (place, name), facts, id) {
        return how.map(str::to_owned);
    }
    let impaired = world.get(&place.beside(&INSTANCE), id).is_some_and(checks::is_impaired);
    if impaired {
        return Some("an EC2 instance status checks failure".to_owned());
    }
    let by_balancer = text(facts, "HealthCheckType").contains("ELB");
    (by_balancer && balancers::is_unhealthy(world, place, facts, id))
        .then(|| "an ELB system health check failure".to_owned())
}

/// Whether an instance is so new that its health does not count yet.
fn in_grace(world: &World, (place, name): (&Place, &str), facts: &Object, id: &str) -> bool {
    let grace = number(facts, "HealthCheckGracePeriod").unwrap_or(0);
    let group = world.get(place, name);
    let since = group.and_then(|group| group.inside.get("InService")?.get(id)?.as_timestamp());
    since.is_some_and(|since| world.now().as_second() - since.as_second() < grace)
}

fn mark(world: &mut World, at: (&Place, &str, &str), problem: &str) {
    members::change(world, at, |entry| {
        entry.insert("HealthStatus", "Unhealthy");
    });
    let (place, group, id) = at;
    let cause = format!(
        "At {} an instance was taken out of service in response to {problem}.",
        written(world.now())
    );
    world.change_inside(place, group, |inside| {
        let mut causes =
            inside.get("Unhealthy").and_then(Value::as_object).cloned().unwrap_or_default();
        causes.insert(id, cause);
        inside.insert("Unhealthy", causes);
    });
}

/// Ends what is unhealthy; convergence launches others in its place.
fn replace_unhealthy(world: &mut World, place: &Place, name: &str) {
    let Some(facts) = members::facts(world, place, name) else { return };
    if suspended(&facts, "ReplaceUnhealthy") || suspended(&facts, "Terminate") {
        return;
    }
    for entry in entries(&facts) {
        let id = text(&entry, "InstanceId");
        if state_of(&entry) != "InService" || text(&entry, "HealthStatus") != "Unhealthy" {
            continue;
        }
        let group = world.get(place, name);
        let cause = group
            .and_then(|group| group.inside.get("Unhealthy")?.get(id)?.as_str())
            .unwrap_or("an instance was taken out of service in response to a user health-check.")
            .to_owned();
        converge::terminate(world, (place, name, id), &cause);
    }
}

/// A group whose capacity is not what it should be looks at itself.
fn notice_gap(world: &mut World, place: &Place, name: &str) {
    let Some(facts) = members::facts(world, place, name) else { return };
    let active = entries(&facts).iter().filter(|entry| members::counts(entry)).count();
    let known = facts.contains("Instances")
        && world
            .get(place, name)
            .is_some_and(|group| group.inside.contains("InService") || active > 0);
    if known && i64::try_from(active).unwrap_or(0) != members::size(&facts, "DesiredCapacity") {
        converge::soon(world, place, name, "the group was not at its desired capacity");
    }
}

/// `SetInstanceHealth`.
pub(super) fn set(call: &Call, world: &mut World) -> Answer {
    let id = call.required("InstanceId")?.to_owned();
    let place = call.place(&GROUP);
    let group = members::group_of(world, &place, &id).ok_or_else(|| {
        call.invalid(format!(
            "Instance Id not found - No managed instance found for instance ID {id}"
        ))
    })?;
    let status = call.required("HealthStatus")?;
    if !["Healthy", "Unhealthy"].contains(&status) {
        return Err(call.invalid("Valid instance health states are: [Healthy, Unhealthy]."));
    }
    let facts = members::facts(world, &place, &group).unwrap_or_default();
    let respects = call.input.get("ShouldRespectGracePeriod").and_then(Value::as_bool);
    let spared = respects.unwrap_or(true)
        && status == "Unhealthy"
        && in_grace(world, (&place, &group), &facts, &id);
    if !spared {
        members::change(world, (&place, &group, &id), |entry| {
            entry.insert("HealthStatus", status);
        });
        if status == "Unhealthy" {
            mark(world, (&place, &group, &id), "a user health-check");
        }
    }
    Ok(Value::object())
}

/// `SetInstanceProtection`.
pub(super) fn protect(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?.0;
    let ids = super::hooks::ids_in(call, world, &name)?;
    let place = call.place(&GROUP);
    let protected = call.flag("ProtectedFromScaleIn");
    for id in &ids {
        members::change(world, (&place, &name, id), |entry| {
            entry.insert("ProtectedFromScaleIn", protected);
        });
    }
    Ok(Value::object())
}

/// `TerminateInstanceInAutoScalingGroup`.
pub(super) fn terminate(call: &Call, world: &mut World) -> Answer {
    super::groups::refuse(call, &["InstanceIds", "AutoScalingGroupName"])?;
    let id = call.required("InstanceId")?.to_owned();
    let place = call.place(&GROUP);
    let group = members::group_of(world, &place, &id).ok_or_else(|| {
        call.invalid(format!(
            "Instance Id not found - No managed instance found for instance ID {id}"
        ))
    })?;
    let mut cause = format!(
        "At {} instance {id} was taken out of service in response to a user request.",
        written(world.now())
    );
    if call.flag("ShouldDecrementDesiredCapacity") {
        let facts = members::facts(world, &place, &group).unwrap_or_default();
        let before = members::size(&facts, "DesiredCapacity");
        super::groups::shrink(call, world, (&group, 1))?;
        cause = format!(
            "At {} instance {id} was taken out of service in response to a user request, shrinking the capacity from {before} to {}.",
            written(world.now()),
            before - 1
        );
    }
    let activity = converge::terminate(world, (&place, &group, &id), &cause);
    converge::soon(
        world,
        &place,
        &group,
        "an instance was terminated in response to a user request",
    );
    Ok(value!({"Activity": (activity::shown(world, &place, &activity))}))
}

//! Instances of groups on their way: from pending into service, and from service to their end.

use reeve_model::Value;

use super::{
    GROUP, activity, balancers, converge, hooks,
    members::{self, state_of},
};
use crate::{
    services::ec2::compute::support::{after, part},
    store::Place,
    task::Task,
    value::object,
    world::World,
};

/// How often a group looks at an instance that is on its way.
const LOOK: i64 = 10;

/// Has a group look at an instance soon.
pub(super) fn watch(world: &mut World, (place, group, id): (&Place, &str, &str)) {
    let due = after(world, LOOK);
    let task = Task::new("autoscaling:instance", &place.beside(&GROUP), group);
    world.schedule(due, task.with(object! { "InstanceId": id }));
}

/// A group looks at an instance that is on its way.
pub(super) fn look(world: &mut World, task: &Task) {
    let id = part(&task.detail, "InstanceId").to_owned();
    let at = (&task.place, task.id.as_str(), id.as_str());
    let Some(facts) = members::facts(world, at.0, at.1) else { return };
    let Some(entry) = members::entry(&facts, &id) else { return };
    let machine = members::machine_state(world, at.0, &id);
    match state_of(&entry) {
        "Pending" => match machine.as_str() {
            "pending" => watch(world, at),
            "running" => {
                if !hooks::hold(world, at, hooks::LAUNCHING) {
                    into_service(world, at);
                }
            }
            _ => {
                let message = "Instance failed to launch.";
                finish(world, at, ("Failed", message, "EC2 Instance Launch Unsuccessful"));
                members::remove(world, at);
                let why = "an instance failed to launch";
                converge::soon(world, at.0, at.1, why);
            }
        },
        "Terminating" | "Terminating:Proceed" => {
            if machine == "terminated" {
                finish(world, at, ("Successful", "", "EC2 Instance Terminate Successful"));
                members::remove(world, at);
                let why = "an instance was terminated";
                converge::soon(world, at.0, at.1, why);
            } else {
                watch(world, at);
            }
        }
        _ => {}
    }
}

/// An instance goes into service.
pub(super) fn into_service(world: &mut World, at: (&Place, &str, &str)) {
    let (place, group, id) = at;
    members::set_state(world, at, "InService");
    let now = world.now();
    world.change_inside(place, group, |inside| {
        let mut since =
            inside.get("InService").and_then(Value::as_object).cloned().unwrap_or_default();
        since.insert(id, now);
        inside.insert("InService", since);
    });
    balancers::register(world, (place, group), &[id.to_owned()]);
    finish(world, at, ("Successful", "", "EC2 Instance Launch Successful"));
}

/// Ends the activity about an instance and tells of it.
fn finish(
    world: &mut World,
    (place, _, id): (&Place, &str, &str),
    (status, message, kind): (&str, &str, &str),
) {
    if let Some(activity) = activity::of_instance(world, place, id) {
        activity::end(world, place, &activity, (status, message));
        activity::announce(world, place, (&activity, id), kind);
    }
}

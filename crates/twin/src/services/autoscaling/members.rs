//! The instances of a group, as the group knows them: an entry each, with where it is in its life.

use reeve_model::{Object, Value};

use super::{GROUP, missing};
use crate::{
    call::Call,
    failure::Failure,
    services::ec2::compute::{
        INSTANCE,
        support::{list, number, part, text, truth},
    },
    store::{Place, Resource},
    value::object,
    world::World,
};

/// A group of the caller.
pub(super) fn find<'w>(call: &Call, world: &'w World, name: &str) -> Result<&'w Resource, Failure> {
    world.get(&call.place(&GROUP), name).ok_or_else(|| missing(name))
}

/// The group that a request names.
pub(super) fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let name = call.required("AutoScalingGroupName")?;
    Ok((name.to_owned(), find(call, world, name)?))
}

/// The facts of a group; nothing if it is gone.
pub(super) fn facts(world: &World, place: &Place, name: &str) -> Option<Object> {
    world.get(place, name).map(|group| Object::clone(&group.facts))
}

/// The entries of a group.
pub(super) fn entries(facts: &Object) -> Vec<Object> {
    list(facts, "Instances").iter().filter_map(Value::as_object).cloned().collect()
}

/// The entry of an instance.
pub(super) fn entry(facts: &Object, id: &str) -> Option<Object> {
    entries(facts).into_iter().find(|entry| text(entry, "InstanceId") == id)
}

/// Where an instance is in its life.
pub(super) fn state_of(entry: &Object) -> &str {
    text(entry, "LifecycleState")
}

/// Whether an instance counts as capacity: not one that leaves, left, or is put aside.
pub(super) fn counts(entry: &Object) -> bool {
    matches!(state_of(entry), "Pending" | "Pending:Wait" | "Pending:Proceed" | "InService")
}

/// A whole number of a group.
pub(super) fn size(facts: &Object, member: &str) -> i64 {
    number(facts, member).unwrap_or(0)
}

/// Whether a process of a group is suspended.
pub(super) fn suspended(facts: &Object, process: &str) -> bool {
    list(facts, "SuspendedProcesses").iter().any(|known| part(known, "ProcessName") == process)
}

/// Changes an entry.
pub(super) fn change(
    world: &mut World,
    (place, group, id): (&Place, &str, &str),
    change: impl Fn(&mut Object),
) {
    world.change(place, group, |facts| {
        if let Some(Value::List(entries)) = facts.get_mut("Instances") {
            let entries = entries.iter_mut().filter_map(Value::as_object_mut);
            entries.filter(|entry| text(entry, "InstanceId") == id).for_each(change);
        }
    });
}

/// Sets where an instance is in its life.
pub(super) fn set_state(world: &mut World, at: (&Place, &str, &str), state: &str) {
    change(world, at, |entry| {
        entry.insert("LifecycleState", state);
    });
}

/// Adds an entry.
pub(super) fn add(world: &mut World, place: &Place, group: &str, entry: Object) {
    world.change(place, group, |facts| {
        let mut entries = list(facts, "Instances").to_vec();
        entries.push(entry.into());
        facts.insert("Instances", entries);
    });
}

/// Takes an entry away.
pub(super) fn remove(world: &mut World, (place, group, id): (&Place, &str, &str)) {
    world.change(place, group, |facts| {
        let mut entries = list(facts, "Instances").to_vec();
        entries.retain(|entry| part(entry, "InstanceId") != id);
        facts.insert("Instances", entries);
    });
}

/// The group that an instance is in.
pub(super) fn group_of(world: &World, place: &Place, id: &str) -> Option<String> {
    let shelf = world.shelf(place);
    let found = shelf.iter().find(|(_, group)| entry(&group.facts, id).is_some());
    found.map(|(name, _)| name.clone())
}

/// A new entry of an instance, in a state.
pub(super) fn made(
    world: &World,
    place: &Place,
    (group, id): (&Object, &str),
    state: &str,
) -> Object {
    let instance = world.get(&place.beside(&INSTANCE), id);
    let fact = |path: &str| {
        instance.and_then(|instance| instance.fact(path)).unwrap_or_default().to_owned()
    };
    let mut entry = object! {
        "InstanceId": id,
        "InstanceType": (fact("InstanceType")),
        "AvailabilityZone": (fact("Placement.AvailabilityZone")),
        "LifecycleState": state,
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": (truth(group, "NewInstancesProtectedFromScaleIn").unwrap_or(false)),
    };
    if let Some(template) = group.get("LaunchTemplate") {
        entry.insert("LaunchTemplate", template.clone());
    }
    if let Some(configuration) = group.get("LaunchConfigurationName") {
        entry.insert("LaunchConfigurationName", configuration.clone());
    }
    entry
}

/// The state that EC2 has an instance in; `terminated` if it does not know it.
pub(super) fn machine_state(world: &World, place: &Place, id: &str) -> String {
    let instance = world.get(&place.beside(&INSTANCE), id);
    let state = instance.and_then(|instance| instance.fact("State.Name"));
    state.unwrap_or("terminated").to_owned()
}

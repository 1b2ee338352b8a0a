//! The volumes of instances that were not launched: scenarios make instances as they are described, and their volumes
//! follow from that.
//!
//! Where instances are made alike by the thousand, they share one description, and so do their volumes. In it the text
//! `{own}` stands for the id of the other of the two, whose digits are the same. It is put in when one of them is
//! described, and before it is changed or somebody names it.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{
    INSTANCE, VOLUME, attachment,
    instance::state_of,
    lifecycle::InstanceState,
    support::{list, part, resource, text},
};
use crate::{call::Call, fleet, kind::Kind, store::Place, world::World};

/// What stands for the id of an instance's volume, or of a volume's instance, in a description that many share.
const OWN: &str = "{own}";

/// The volume or instance with the digits of another.
fn twin_id(kind: Kind, id: &str) -> String {
    let digits = id.split_once('-').map_or(id, |(_, digits)| digits);
    format!("{}{digits}", kind.prefix)
}

/// Puts the id of its volume into an instance's description.
pub(super) fn own_volume(id: &str, instance: &mut Object) {
    attachment::each(instance, "BlockDeviceMappings", |mapping| {
        let ebs = mapping.get_mut("Ebs").and_then(Value::as_object_mut);
        if let Some(ebs) = ebs.filter(|ebs| text(ebs, "VolumeId") == OWN) {
            ebs.insert("VolumeId", twin_id(&VOLUME, id));
        }
    });
}

/// Puts the id of its instance, and its own, into a volume's description.
pub(super) fn own_instance(id: &str, volume: &mut Object) {
    attachment::each(volume, "Attachments", |attachment| {
        if text(attachment, "InstanceId") == OWN {
            attachment.insert("InstanceId", twin_id(&INSTANCE, id));
            attachment.insert("VolumeId", id);
        }
    });
}

/// The id of an instance's volume that one of its mappings names.
pub(crate) fn volume_of(instance: &str, mapping: &Value) -> String {
    match part(mapping, "Ebs.VolumeId") {
        OWN => twin_id(&VOLUME, instance),
        other => other.to_owned(),
    }
}

/// Makes an instance's description one that many share, each with a volume of its own.
pub(crate) fn share_volume(instance: &mut Object) {
    attachment::each(instance, "BlockDeviceMappings", |mapping| {
        if let Some(ebs) = mapping.get_mut("Ebs").and_then(Value::as_object_mut) {
            ebs.insert("VolumeId", OWN);
        }
    });
}

/// The volume that each of many instances of one description has, described as all of them share it.
pub(crate) fn shared_volume(instance: &Object) -> Option<Object> {
    list(instance, "BlockDeviceMappings").first().map(|mapping| described(instance, OWN, mapping))
}

/// Gives the instances and volumes that a call names descriptions of their own.
pub(super) fn settle_named(call: &Call, world: &mut World) {
    let mut named = BTreeSet::new();
    find_ids(&call.input, &mut named);
    for id in named {
        for kind in [&INSTANCE, &VOLUME] {
            // An instance and its volume, whichever of the two is named.
            let (place, id) = (call.place(kind), twin_id(kind, &id));
            if world.get(&place, &id).is_some_and(|found| is_shared(&found.facts)) {
                world.change(&place, &id, |_| {});
            }
        }
    }
}

fn is_shared(facts: &Object) -> bool {
    list(facts, "BlockDeviceMappings").iter().any(|one| part(one, "Ebs.VolumeId") == OWN)
        || list(facts, "Attachments").iter().any(|one| part(one, "InstanceId") == OWN)
}

fn find_ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("i-") || text.starts_with("vol-") => {
            found.insert(text.clone());
        }
        Value::List(elements) => elements.iter().for_each(|element| find_ids(element, found)),
        Value::Object(members) => members.iter().for_each(|(_, member)| find_ids(member, found)),
        _ => {}
    }
}

/// Makes the volumes of an instance that has none yet.
pub(crate) fn settle(world: &mut World, place: &Place, id: &str) {
    let Some(instance) = world.get(&place.beside(&INSTANCE), id) else { return };
    let facts = instance.facts.clone();
    if state_of(&facts) == InstanceState::Terminated {
        return;
    }
    let volumes = place.beside(&VOLUME);
    for mapping in list(&facts, "BlockDeviceMappings") {
        let volume = volume_of(id, mapping);
        if !volume.is_empty() && world.get(&volumes, &volume).is_none() {
            let made = resource(described(&facts, id, mapping), reeve_types::Tags::new());
            world.put(volumes.clone(), volume, made);
        }
    }
}

/// The same for every instance of the caller in the Region called, unless what the call is about is there.
pub(super) fn settle_all(call: &Call, world: &mut World) {
    settle_named(call, world);
    let (instances, volumes) = (call.place(&INSTANCE), call.place(&VOLUME));
    if call.text("VolumeId").is_some_and(|id| world.get(&volumes, id).is_some()) {
        return;
    }
    let lacks = |mapping: &Value| {
        let volume = part(mapping, "Ebs.VolumeId");
        !volume.is_empty() && volume != OWN && world.get(&volumes, volume).is_none()
    };
    let unsettled: Vec<String> = world
        .shelf(&instances)
        .iter()
        .filter(|(_, instance)| list(&instance.facts, "BlockDeviceMappings").iter().any(lacks))
        .map(|(id, _)| id.clone())
        .collect();
    for id in unsettled {
        settle(world, &instances, &id);
    }
}

/// A volume as an instance has it.
fn described(instance: &Object, id: &str, mapping: &Value) -> Object {
    let fact = |path: &str| mapping.path(path).cloned().unwrap_or_default();
    let attachment = Value::from_iter([
        ("AttachTime", fact("Ebs.AttachTime")),
        ("DeleteOnTermination", fact("Ebs.DeleteOnTermination")),
        ("Device", fact("DeviceName")),
        ("InstanceId", Value::from(id)),
        ("State", Value::from("attached")),
        ("VolumeId", fact("Ebs.VolumeId")),
    ]);
    Object::from_iter([
        ("Attachments", Value::List(vec![attachment])),
        ("AvailabilityZone", Value::from(text(instance, "Placement.AvailabilityZone"))),
        ("CreateTime", fact("Ebs.AttachTime")),
        ("Encrypted", Value::from(false)),
        ("Iops", Value::from(3000)),
        ("MultiAttachEnabled", Value::from(false)),
        ("Size", Value::from(fleet::usual_size(text(instance, "PlatformDetails")))),
        ("SnapshotId", Value::from("")),
        ("State", Value::from("in-use")),
        ("Throughput", Value::from(125)),
        ("VolumeType", Value::from("gp3")),
    ])
}

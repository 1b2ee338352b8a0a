//! The volumes of instances that were not launched: scenarios make instances as they are described, and their volumes
//! follow from that.

use reeve_model::{Object, Value};

use super::{
    INSTANCE, VOLUME,
    instance::state_of,
    lifecycle::InstanceState,
    support::{list, part, resource, text},
};
use crate::{call::Call, fleet, store::Place, world::World};

/// Makes the volumes of an instance that has none yet.
pub(crate) fn settle(world: &mut World, place: &Place, id: &str) {
    let Some(instance) = world.get(&place.beside(&INSTANCE), id) else { return };
    let facts = instance.facts.clone();
    if state_of(&facts) == InstanceState::Terminated {
        return;
    }
    let volumes = place.beside(&VOLUME);
    for mapping in list(&facts, "BlockDeviceMappings") {
        let volume = part(mapping, "Ebs.VolumeId");
        if !volume.is_empty() && world.get(&volumes, volume).is_none() {
            let made = resource(described(&facts, id, mapping), reeve_types::Tags::new());
            world.put(volumes.clone(), volume.to_owned(), made);
        }
    }
}

/// The same for every instance of the caller in the Region called, unless what the call is about is there.
pub(super) fn settle_all(call: &Call, world: &mut World) {
    let (instances, volumes) = (call.place(&INSTANCE), call.place(&VOLUME));
    if call.text("VolumeId").is_some_and(|id| world.get(&volumes, id).is_some()) {
        return;
    }
    let lacks = |mapping: &Value| {
        let volume = part(mapping, "Ebs.VolumeId");
        !volume.is_empty() && world.get(&volumes, volume).is_none()
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

//! Volumes and instances together. Both sides say so: the volume's `Attachments`, the instance's `BlockDeviceMappings`.

use reeve_model::{Object, Value};

use super::{
    instance::{self, INSTANCE},
    lifecycle::InstanceState,
    support::{between, list, part, refuse, text},
    volume::{self, VOLUME},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::Place,
    task::Task,
    world::World,
};

/// One volume on one instance.
#[derive(Debug, Clone)]
pub(super) struct Attachment<'a> {
    pub(super) volume: &'a str,
    pub(super) instance: &'a str,
    pub(super) device: &'a str,
    pub(super) delete_on_termination: bool,
}

/// Writes an attachment on both sides.
pub(super) fn join(world: &mut World, place: &Place, attachment: &Attachment<'_>, state: &str) {
    let now = world.now();
    let Attachment { volume, instance, device, delete_on_termination } = *attachment;
    let on_volume = Value::from_iter([
        ("AttachTime", Value::from(now)),
        ("Device", Value::from(device)),
        ("InstanceId", Value::from(instance)),
        ("State", Value::from(state)),
        ("VolumeId", Value::from(volume)),
        ("DeleteOnTermination", Value::from(delete_on_termination)),
    ]);
    world.change(&place.beside(&VOLUME), volume, |facts| {
        facts.insert("State", "in-use");
        facts.insert("Attachments", vec![on_volume]);
    });
    let ebs = Value::from_iter([
        ("AttachTime", Value::from(now)),
        ("DeleteOnTermination", Value::from(delete_on_termination)),
        ("Status", Value::from(state)),
        ("VolumeId", Value::from(volume)),
    ]);
    let mapping = Value::from_iter([("DeviceName", Value::from(device)), ("Ebs", ebs)]);
    world.change(&place.beside(&INSTANCE), instance, |facts| {
        let mut mappings = list(facts, "BlockDeviceMappings").to_vec();
        mappings.retain(|other| part(other, "DeviceName") != device);
        mappings.push(mapping);
        facts.insert("BlockDeviceMappings", mappings);
    });
}

/// Takes an attachment away on both sides; the volume becomes available.
pub(super) fn part_from(world: &mut World, place: &Place, volume: &str, instance: &str) {
    world.change(&place.beside(&VOLUME), volume, |facts| {
        facts.insert("State", "available");
        facts.insert("Attachments", Value::List(Vec::new()));
    });
    world.change(&place.beside(&INSTANCE), instance, |facts| {
        let mut mappings = list(facts, "BlockDeviceMappings").to_vec();
        mappings.retain(|mapping| part(mapping, "Ebs.VolumeId") != volume);
        facts.insert("BlockDeviceMappings", mappings);
    });
}

/// Sets the state of an attachment on both sides.
pub(super) fn mark(
    world: &mut World,
    place: &Place,
    (volume, instance): (&str, &str),
    state: &str,
) {
    world.change(&place.beside(&VOLUME), volume, |facts| {
        each(facts, "Attachments", |attachment| {
            attachment.insert("State", state);
        });
    });
    world.change(&place.beside(&INSTANCE), instance, |facts| {
        each(facts, "BlockDeviceMappings", |mapping| {
            if let Some(ebs) = mapping.get_mut("Ebs").and_then(Value::as_object_mut)
                && text(ebs, "VolumeId") == volume
            {
                ebs.insert("Status", state);
            }
        });
    });
}

/// Changes every object of a list.
pub(super) fn each(facts: &mut Object, member: &str, mut change: impl FnMut(&mut Object)) {
    if let Some(Value::List(elements)) = facts.get_mut(member) {
        elements.iter_mut().filter_map(Value::as_object_mut).for_each(&mut change);
    }
}

/// `AttachVolume`.
pub(super) fn attach(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["EbsCardIndex"])?;
    let (volume, instance) = (call.required("VolumeId")?, call.required("InstanceId")?);
    let device = call.required("Device")?;
    let (volume_facts, instance_facts) =
        (&volume::find(call, world, volume)?.facts, &instance::find(call, world, instance)?.facts);
    if !list(volume_facts, "Attachments").is_empty() {
        let message = format!("{volume} is already attached to an instance");
        return Err(Failure::new("VolumeInUse", message));
    }
    if text(volume_facts, "State") != "available" {
        let message = format!("Volume '{volume}' is not 'available'.");
        return Err(Failure::new("IncorrectState", message));
    }
    let state = instance::state_of(instance_facts);
    if !matches!(state, InstanceState::Running | InstanceState::Stopped) {
        let message = format!("Instance '{instance}' is not 'running'.");
        return Err(Failure::new("IncorrectState", message));
    }
    let zone = text(volume_facts, "AvailabilityZone");
    if zone != text(instance_facts, "Placement.AvailabilityZone") {
        let message = format!(
            "The volume '{volume}' is not in the same availability zone as instance '{instance}'"
        );
        return Err(Failure::new("InvalidVolume.ZoneMismatch", message));
    }
    let mappings = list(instance_facts, "BlockDeviceMappings");
    if mappings.iter().any(|mapping| part(mapping, "DeviceName") == device) {
        let message = format!(
            "Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        );
        return Err(call.invalid(message));
    }
    let place = call.place(&VOLUME);
    let attachment = Attachment { volume, instance, device, delete_on_termination: false };
    join(world, &place, &attachment, "attaching");
    let due = between(world, 1, 4);
    let detail = Value::from_iter([("InstanceId", instance)]);
    world.schedule(due, Task::new("ec2:volume-attached", &place, volume).with(detail));
    shown(call, world, volume)
}

/// The attachment of a volume as attach and detach answer it.
fn shown(call: &Call, world: &World, volume: &str) -> Answer {
    let facts = &volume::find(call, world, volume)?.facts;
    list(facts, "Attachments").first().cloned().ok_or_else(|| VOLUME.missing.failure(volume))
}

/// An attachment is complete.
pub(super) fn attached(world: &mut World, task: &Task) {
    let instance = part(&task.detail, "InstanceId").to_owned();
    if attachment_state(world, &task.place, &task.id) != "attaching" {
        return;
    }
    mark(world, &task.place, (&task.id, &instance), "attached");
    volume::announce(world, &task.place, &task.id, ("attachVolume", "attached", ""));
}

fn attachment_state(world: &World, place: &Place, volume: &str) -> String {
    let attachments = world.get(place, volume).map(|volume| list(&volume.facts, "Attachments"));
    let first = attachments.and_then(<[Value]>::first);
    first.map(|attachment| part(attachment, "State").to_owned()).unwrap_or_default()
}

/// `DetachVolume`.
pub(super) fn detach(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    let volume = call.required("VolumeId")?;
    let facts = &volume::find(call, world, volume)?.facts;
    let Some(attachment) = list(facts, "Attachments").first() else {
        let state = text(facts, "State");
        let message = format!("Volume '{volume}' is in the '{state}' state.");
        return Err(Failure::new("IncorrectState", message));
    };
    let instance = part(attachment, "InstanceId").to_owned();
    let device = part(attachment, "Device");
    let other = call.text("InstanceId").is_some_and(|wanted| wanted != instance)
        || call.text("Device").is_some_and(|wanted| wanted != device);
    if other {
        let wanted = call.text("InstanceId").unwrap_or(&instance);
        let message = format!(
            "The volume, '{volume}' is not attached to instance '{wanted}' as device '{}'",
            call.text("Device").unwrap_or(device)
        );
        return Err(Failure::new("InvalidAttachment.NotFound", message));
    }
    let machine = world.get(&call.place(&INSTANCE), &instance);
    let is_root = machine.is_some_and(|machine| text(&machine.facts, "RootDeviceName") == device);
    let state = machine.map(|machine| instance::state_of(&machine.facts));
    if is_root && state.is_some_and(|state| state != InstanceState::Stopped) {
        let message = format!("Unable to detach root volume '{volume}' from instance '{instance}'");
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let place = call.place(&VOLUME);
    mark(world, &place, (volume, &instance), "detaching");
    let due = if call.flag("Force") { between(world, 1, 2) } else { between(world, 2, 8) };
    let detail = Value::from_iter([("InstanceId", instance)]);
    world.schedule(due, Task::new("ec2:volume-detached", &place, volume).with(detail));
    shown(call, world, volume)
}

/// A volume has been detached.
pub(super) fn detached(world: &mut World, task: &Task) {
    let instance = part(&task.detail, "InstanceId").to_owned();
    if attachment_state(world, &task.place, &task.id) != "detaching" {
        return;
    }
    part_from(world, &task.place, &task.id, &instance);
    volume::announce(world, &task.place, &task.id, ("detachVolume", "detached", ""));
}

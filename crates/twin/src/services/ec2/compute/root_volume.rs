//! Replacing the root volume of a running instance.
//!
//! ```text
//! pending (the new volume is made) ─► in-progress (old off, new on, reboot) ─► succeeded
//!                                                                        └──► failed
//! ```

use reeve_model::{Object, Value};

use super::{
    attachment::{self, Attachment},
    image,
    instance::{self, INSTANCE, state_of},
    lifecycle::InstanceState,
    listing::Listing,
    machine, snapshot,
    support::{
        between, list, number, only_for, part, refuse, resource, specified, text, truth, written,
    },
    volume::{self, VOLUME, Wanted},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing, TagForm},
    store::Place,
    task::Task,
    value::{object, value},
    world::World,
};

/// Replacements of root volumes.
pub(crate) static TASK: Definition = Definition {
    resource_type: "AWS::EC2::ReplaceRootVolumeTask",
    tagging_type: "ec2:replace-root-volume-task",
    arn: "arn:{partition}:ec2:{region}:{account}:replace-root-volume-task/{id}",
    prefix: "replacevol-",
    identity: &[("ReplaceRootVolumeTaskId", Identity::Id)],
    tags: TagForm::List("Tags"),
    missing: Missing::new(
        "InvalidReplaceRootVolumeTaskId.NotFound",
        "The replace root volume task ID '{id}' does not exist",
    ),
    ..Definition::OF
};

/// `DescribeReplaceRootVolumeTasks`.
pub(super) const TASKS: Listing = Listing {
    kind: &TASK,
    output: "ReplaceRootVolumeTasks",
    ids: "ReplaceRootVolumeTaskIds",
    malformed: "InvalidReplaceRootVolumeTaskId.Malformed",
    filters: &[("instance-id", "InstanceId")],
};

/// `CreateReplaceRootVolumeTask`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["VolumeInitializationRate"])?;
    only_for(call, &["replace-root-volume-task"])?;
    let id = call.required("InstanceId")?;
    let facts = instance::find(call, world, id)?.facts.clone();
    if state_of(&facts) != InstanceState::Running {
        let message = format!("The instance '{id}' is not in the 'running' state.");
        return Err(Failure::new("IncorrectInstanceState", message));
    }
    let busy = world.shelf(&call.place(&TASK)).values().any(|task| {
        task.fact("InstanceId") == Some(id)
            && matches!(task.fact("TaskState"), Some("pending" | "in-progress"))
    });
    if busy {
        let message = format!("A replace root volume task is already in progress for '{id}'.");
        return Err(Failure::new("IncorrectState", message));
    }
    let (snapshot, image) = (call.text("SnapshotId"), call.text("ImageId"));
    if [snapshot, image, call.text("VolumeId")].iter().flatten().count() > 1 {
        let message = "You can specify only one of a snapshot, an image and a volume.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let replacement = replacement(call, world, &facts)?;
    let place = call.place(&TASK);
    let task = format!("replacevol-0{}", world.random_hex(16));
    let mut described = object! {
        "InstanceId": id,
        "TaskState": "pending",
        "StartTime": (written(call.now)),
        "DeleteReplacedRootVolume": (call.flag("DeleteReplacedRootVolume")),
    };
    if let Some(image) = image {
        described.insert("ImageId", image);
    }
    if let Some(snapshot) = snapshot {
        described.insert("SnapshotId", snapshot);
    }
    let tags = specified(call, "replace-root-volume-task")?;
    let made = resource(described, tags).with_inside(replacement);
    let shown = place.describe(&TASK, &task, &made);
    world.put(place.clone(), task.clone(), made);
    let due = between(world, 10, 25);
    world.schedule(due, Task::new("ec2:root-replacing", &place, &task));
    Ok(value!({"ReplaceRootVolumeTask": shown}))
}

/// What takes the place of the root volume: a volume that is there, or what one is to be made of.
fn replacement(call: &Call, world: &mut World, facts: &Object) -> Result<Object, Failure> {
    let old = root_of(world, &call.place(&INSTANCE), facts);
    let zone = text(facts, "Placement.AvailabilityZone");
    if let Some(id) = call.text("VolumeId") {
        let given = volume::find(call, world, id)?.facts.clone();
        if text(&given, "State") != "available" {
            let message = format!("The volume '{id}' is not 'available'.");
            return Err(Failure::new("IncorrectState", message));
        }
        if text(&given, "AvailabilityZone") != zone {
            let message = format!("The volume '{id}' is not in the same availability zone.");
            return Err(Failure::new("InvalidVolume.ZoneMismatch", message));
        }
        if truth(&old, "Encrypted") == Some(true) && truth(&given, "Encrypted") != Some(true) {
            let message = format!("The volume '{id}' must be encrypted, as the root volume is.");
            return Err(call.invalid(message));
        }
        return Ok(object! { "VolumeId": id });
    }
    let from = source(call, world, facts)?;
    let wanted = Wanted {
        zone,
        size: number(&old, "Size"),
        volume_type: text(&old, "VolumeType"),
        iops: number(&old, "Iops").filter(|_| text(&old, "VolumeType") != "gp2"),
        throughput: number(&old, "Throughput"),
        encrypted: truth(&old, "Encrypted").filter(|encrypted| *encrypted),
        key: text(&old, "KmsKeyId"),
        snapshot: &from,
    };
    Ok(object! { "Volume": (volume::settle(call, world, wanted)?) })
}

/// The snapshot that the new volume is made from: one named, an image's, or the one that the old volume came from.
fn source(call: &Call, world: &World, facts: &Object) -> Result<String, Failure> {
    if let Some(snapshot) = call.text("SnapshotId") {
        snapshot::usable(call, world, snapshot)?;
        return Ok(snapshot.to_owned());
    }
    if let Some(id) = call.text("ImageId") {
        let image = image::usable(call, world, id)?;
        for member in ["Architecture", "PlatformDetails", "VirtualizationType"] {
            if text(&image.facts, member) != text(facts, member) {
                let message = format!(
                    "The specified image '{id}' does not have the same {member} as the instance."
                );
                return Err(call.invalid(message));
            }
        }
        let root = text(&image.facts, "RootDeviceName");
        let mapping = list(&image.facts, "BlockDeviceMappings")
            .iter()
            .find(|mapping| part(mapping, "DeviceName") == root);
        return Ok(mapping
            .map(|found| part(found, "Ebs.SnapshotId").to_owned())
            .unwrap_or_default());
    }
    let old = root_of(world, &call.place(&INSTANCE), facts);
    let from = text(&old, "SnapshotId").to_owned();
    if from.is_empty() || snapshot::usable(call, world, &from).is_err() {
        let message = "The snapshot of the launch state of the root volume is no longer available.";
        return Err(Failure::new("InvalidSnapshot.NotFound", message));
    }
    Ok(from)
}

fn root_id(facts: &Object) -> String {
    let root = text(facts, "RootDeviceName");
    let mappings = list(facts, "BlockDeviceMappings").iter();
    let found = mappings.into_iter().find(|mapping| part(mapping, "DeviceName") == root);
    found.map(|mapping| part(mapping, "Ebs.VolumeId").to_owned()).unwrap_or_default()
}

fn root_of(world: &World, place: &Place, facts: &Object) -> Object {
    let volume = world.get(&place.beside(&VOLUME), &root_id(facts));
    volume.map(|volume| Object::clone(&volume.facts)).unwrap_or_default()
}

/// The new volume has been made: the old one comes off.
pub(super) fn replacing(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    let instance = text(&found.facts, "InstanceId").to_owned();
    let instances = task.place.beside(&INSTANCE);
    let runs = world
        .get(&instances, &instance)
        .is_some_and(|instance| state_of(&instance.facts) == InstanceState::Running);
    if !runs {
        finish(world, task, "failed");
        return;
    }
    world.set(&task.place, &task.id, "TaskState", "in-progress");
    let due = between(world, 30, 75);
    world.schedule(due, Task::new("ec2:root-replaced", &task.place, &task.id));
}

/// The new volume is on and the machine has booted from it, or not.
pub(super) fn replaced(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    let (facts, inside) = (found.facts.clone(), found.inside.clone());
    let instances = task.place.beside(&INSTANCE);
    let id = text(&facts, "InstanceId");
    let Some(machine_facts) = world.get(&instances, id).map(|found| found.facts.clone()) else {
        finish(world, task, "failed");
        return;
    };
    match world.fate(&task.place, &task.id, "ReplaceRootVolumeTask") {
        Fate::Never => return,
        Fate::Fails(_) => {
            finish(world, task, "failed");
            return;
        }
        Fate::Succeeds => {}
    }
    let old = root_id(&machine_facts);
    attachment::part_from(world, &task.place, &old, id);
    volume::announce(world, &task.place.beside(&VOLUME), &old, ("detachVolume", "detached", ""));
    machine::root_kept(world, &instances, id, &old);
    let volumes = task.place.beside(&VOLUME);
    let given = text(&inside, "VolumeId");
    let new = if given.is_empty() {
        let volume = inside.get("Volume").and_then(Value::as_object).cloned().unwrap_or_default();
        let tags = world.get(&volumes, &old).map(|old| (*old.tags).clone()).unwrap_or_default();
        let new = volume::make(world, &volumes, (volume, tags), "in-use");
        volume::announce(world, &volumes, &new, ("createVolume", "available", ""));
        new
    } else {
        given.to_owned()
    };
    let device = text(&machine_facts, "RootDeviceName");
    let attachment = Attachment { volume: &new, instance: id, device, delete_on_termination: true };
    attachment::join(world, &task.place, &attachment, "attached");
    if truth(&facts, "DeleteReplacedRootVolume") == Some(true) {
        volume::begin_delete(world, &volumes, &old);
    }
    if !text(&facts, "ImageId").is_empty() {
        world.set(&instances, id, "ImageId", text(&facts, "ImageId"));
    }
    match (given, text(&facts, "SnapshotId")) {
        ("", "") => machine::root_replaced(world, &instances, id),
        ("", snapshot) => machine::root_restored(world, &instances, id, snapshot),
        (volume, _) => machine::root_returned(world, &instances, id, volume),
    }
    super::checks::recover(world, &instances, id);
    finish(world, task, "succeeded");
}

fn finish(world: &mut World, task: &Task, state: &str) {
    let now = written(world.now());
    world.change(&task.place, &task.id, |facts| {
        facts.insert("TaskState", state);
        facts.insert("CompleteTime", now);
    });
}

//! Elastic Volumes: a volume is made larger or faster while it is used.
//!
//! ```text
//! ModifyVolume ─► modifying ─► optimizing (the new size counts from here) ─► completed
//! ```

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    listing::Listing,
    machine,
    support::{after, list, number, part, refuse, resource, text, written},
    volume::{self, VOLUME},
    volume_types::{Performance, VolumeType},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    task::Task,
    world::World,
};

/// The last modification of a volume, by the volume's id.
pub(crate) static MODIFICATION: Definition = Definition {
    resource_type: "AWS::EC2::VolumeModification",
    arn: "arn:{partition}:ec2:{region}:{account}:volume-modification/{id}",
    identity: &[("VolumeId", Identity::Id)],
    missing: Missing::new(
        "InvalidVolumeModification.NotFound",
        "Modification for volume '{id}' does not exist.",
    ),
    ..Definition::OF
};

/// `DescribeVolumesModifications`.
pub(super) const MODIFICATIONS: Listing = Listing {
    kind: &MODIFICATION,
    output: "VolumesModifications",
    ids: "VolumeIds",
    malformed: "",
    filters: &[
        ("modification-state", "ModificationState"),
        ("original-iops", "OriginalIops"),
        ("original-size", "OriginalSize"),
        ("original-volume-type", "OriginalVolumeType"),
        ("start-time", "StartTime"),
        ("target-iops", "TargetIops"),
        ("target-size", "TargetSize"),
        ("target-volume-type", "TargetVolumeType"),
        ("volume-id", "VolumeId"),
    ],
};

/// How many modifications of a volume may begin within a day.
const MOST_A_DAY: usize = 4;
const DAY: i64 = 24 * 3600;
/// When modifications of a volume began within the last day, oldest first.
const BEGAN: &str = "Began";
/// How long the storage moves, for each GiB: about six hours for a TiB.
const SECONDS_PER_GIB: i64 = 21;
const STEPS: i64 = 10;

/// `ModifyVolume`.
pub(super) fn modify(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["MultiAttachEnabled"])?;
    let id = call.required("VolumeId")?.to_owned();
    let facts = &volume::find(call, world, &id)?.facts;
    if !matches!(text(facts, "State"), "available" | "in-use") {
        let message = format!("The volume '{id}' is in the '{}' state.", text(facts, "State"));
        return Err(Failure::new("IncorrectState", message));
    }
    let mut began = refuse_too_soon(call, world, &id)?;
    began.push(Value::from(call.now));
    let old_size = number(facts, "Size").unwrap_or(1);
    let old_type = text(facts, "VolumeType");
    let size = call.integer("Size").unwrap_or(old_size);
    if size < old_size {
        let message = "New size cannot be smaller than existing size";
        return Err(call.invalid(message));
    }
    let new_type = call.text("VolumeType").unwrap_or(old_type);
    let same = new_type == old_type;
    let kept = |member: &str, wanted: Option<i64>| {
        wanted.or_else(|| number(facts, member).filter(|_| same && old_type != "gp2"))
    };
    let asked = Performance {
        iops: kept("Iops", call.integer("Iops")),
        throughput: kept("Throughput", call.integer("Throughput")),
    };
    let settled = VolumeType::named(new_type)?.settle(size, asked)?;
    let mut record = Object::from_iter([
        ("ModificationState", Value::from("modifying")),
        ("OriginalSize", Value::from(old_size)),
        ("OriginalVolumeType", Value::from(old_type)),
        ("TargetSize", Value::from(size)),
        ("TargetVolumeType", Value::from(new_type)),
        ("OriginalMultiAttachEnabled", Value::from(false)),
        ("TargetMultiAttachEnabled", Value::from(false)),
        ("Progress", Value::from(0)),
        ("StartTime", Value::from(call.now)),
    ]);
    for (member, old, new) in [
        ("Iops", number(facts, "Iops"), settled.iops),
        ("Throughput", number(facts, "Throughput"), settled.throughput),
    ] {
        if let Some(old) = old {
            record.insert(format!("Original{member}").as_str(), old);
        }
        if let Some(new) = new {
            record.insert(format!("Target{member}").as_str(), new);
        }
    }
    let place = call.place(&MODIFICATION);
    let made = resource(record, reeve_types::Tags::new())
        .with_inside(Object::from_iter([(BEGAN, Value::List(began))]));
    let shown = place.describe(&MODIFICATION, &id, &made);
    world.put(place.clone(), id.clone(), made);
    let due = after(world, 5);
    world.schedule(due, Task::new("ec2:volume-modified", &place, &id));
    Ok(Value::from_iter([("VolumeModification", shown)]))
}

/// When the volume's modifications of the last day began; refused if it takes no further one now.
fn refuse_too_soon(call: &Call, world: &World, id: &str) -> Result<Vec<Value>, Failure> {
    let Some(last) = world.get(&call.place(&MODIFICATION), id) else { return Ok(Vec::new()) };
    let state = text(&last.facts, "ModificationState");
    if matches!(state, "modifying" | "optimizing") {
        let state = state.to_uppercase();
        let message = format!("Volume {id} cannot be modified in modification state {state}");
        return Err(Failure::new("IncorrectModificationState", message));
    }
    let mut began = list(&last.inside, BEGAN).to_vec();
    let second = |time: &Value| time.as_timestamp().map_or(0, Timestamp::as_second);
    began.retain(|time| call.now.as_second() - second(time) < DAY);
    match began.first() {
        Some(first) if began.len() >= MOST_A_DAY => {
            let next = Timestamp::from_second(second(first) + DAY).unwrap_or(call.now);
            let message = format!(
                "You've reached the maximum modification rate per volume limit. \
                 The next modification can begin at {}.",
                written(next)
            );
            Err(Failure::new("VolumeModificationRateExceeded", message))
        }
        _ => Ok(began),
    }
}

/// A modification takes its next step.
pub(super) fn step(world: &mut World, task: &Task) {
    let volumes = task.place.beside(&VOLUME);
    let Some(record) = world.get(&task.place, &task.id) else { return };
    let record = record.facts.clone();
    if world.get(&volumes, &task.id).is_none() {
        world.remove(&task.place, &task.id);
        return;
    }
    match text(&record, "ModificationState") {
        "modifying" => {
            tell_machine(world, task, &record);
            world.change(&volumes, &task.id, |facts| {
                for member in ["Size", "VolumeType", "Iops", "Throughput"] {
                    match record.get(&format!("Target{member}")) {
                        Some(value) => facts.insert(member, value.clone()),
                        None => facts.remove(member),
                    };
                }
            });
            progress(world, task, ("optimizing", 0));
            volume::announce(world, &volumes, &task.id, ("modifyVolume", "optimizing", ""));
        }
        "optimizing" => {
            let done = number(&record, "Progress").unwrap_or(0) + 100 / STEPS;
            if done < 100 {
                progress(world, task, ("optimizing", done));
                return;
            }
            progress(world, task, ("completed", 100));
            volume::announce(world, &volumes, &task.id, ("modifyVolume", "completed", ""));
        }
        _ => {}
    }
}

/// The machine sees a larger disk; its file system stays as it was until somebody extends it.
fn tell_machine(world: &mut World, task: &Task, record: &Object) {
    let volumes = task.place.beside(&VOLUME);
    let volume = world.get(&volumes, &task.id);
    let attached = volume.and_then(|volume| volume.facts.get("Attachments")?.as_list().first());
    let instance = attached.map(|attachment| part(attachment, "InstanceId").to_owned());
    let before = number(record, "OriginalSize").unwrap_or(1);
    let grows = number(record, "TargetSize").is_some_and(|after| after > before);
    if let Some(instance) = instance.filter(|_| grows) {
        machine::volume_resized(world, &task.place, &instance, &task.id, before);
    }
}

fn progress(world: &mut World, task: &Task, (state, done): (&str, i64)) {
    let now = world.now();
    let mut size = 1;
    world.change(&task.place, &task.id, |facts| {
        facts.insert("ModificationState", state);
        facts.insert("Progress", done);
        if state == "completed" {
            facts.insert("EndTime", now);
        }
        size = number(facts, "TargetSize").unwrap_or(1);
    });
    if state != "completed" {
        let due = after(world, (size * SECONDS_PER_GIB / STEPS).max(6));
        world.schedule(due, Task::new("ec2:volume-modified", &task.place, &task.id));
    }
}

//! New material for keys: every so many days, or on demand. Old material still decrypts.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;

use super::{KEY, Key, check_usable, key, keys, page};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    services::{Action, Part},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("EnableKeyRotation", Action::Own(enable)),
        ("DisableKeyRotation", Action::Own(disable)),
        ("GetKeyRotationStatus", Action::Own(status)),
        ("RotateKeyOnDemand", Action::Own(on_demand)),
        ("ListKeyRotations", Action::Own(list)),
    ],
    tasks: &[("kms:key-rotated", rotated), ("kms:key-rotated-on-demand", rotated_on_demand)],
};

const ON_DEMAND_TAKES: SignedDuration = SignedDuration::from_mins(2);
const MOST_ON_DEMAND: usize = 10;

fn rotating(call: &Call, world: &mut World) -> Result<Key, Failure> {
    let key = keys::own(call, world)?;
    check_usable(world, &key)?;
    if key.resource(world)?.fact("KeySpec") != Some("SYMMETRIC_DEFAULT") {
        let message = format!("You cannot rotate {} because of its KeySpec.", key.arn());
        return Err(Failure::new("UnsupportedOperationException", message));
    }
    Ok(key)
}

fn days_later(from: Timestamp, days: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(from)
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let key = rotating(call, world)?;
    let days = call.integer("RotationPeriodInDays").unwrap_or(365);
    if !(90..=2560).contains(&days) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{days}' at 'rotationPeriodInDays' failed to satisfy constraint: Member must \
             have value between 90 and 2560"
        )));
    }
    let next = days_later(call.now, days);
    world.set_inside(&key.place, &key.id, "Rotation", object! {"Days": (days), "Next": (next)});
    world.schedule(next, Task::new("kms:key-rotated", &key.place, &key.id));
    Ok(Value::object())
}

fn disable(call: &Call, world: &mut World) -> Answer {
    let key = rotating(call, world)?;
    world.change_inside(&key.place, &key.id, |inside| {
        inside.remove("Rotation");
    });
    Ok(Value::object())
}

fn status(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    let resource = key.resource(world)?;
    let mut output = object! {"KeyId": (key.arn())};
    let rotation = resource.inside.get("Rotation");
    output.insert("KeyRotationEnabled", rotation.is_some());
    if let Some(rotation) = rotation {
        output.insert("RotationPeriodInDays", rotation.get("Days").cloned().unwrap_or_default());
        output.insert("NextRotationDate", rotation.get("Next").cloned().unwrap_or_default());
    }
    if let Some(began) = resource.inside.get("OnDemand") {
        output.insert("OnDemandRotationStartDate", began.clone());
    }
    Ok(output.into())
}

/// Gives a key new material.
fn rotate(world: &mut World, task: &Task, kind: &str) {
    let (material, now) = (world.random_hex(64), world.now());
    world.change_inside(&task.place, &task.id, |inside| {
        let mut materials = inside.list("Material").to_vec();
        materials.push(material.into());
        inside.insert("Material", materials);
        let mut rotations = inside.list("Rotations").to_vec();
        rotations.push(value!({"RotationDate": (now), "RotationType": (kind)}));
        inside.insert("Rotations", rotations);
    });
    let arn = task.place.arn_of(&KEY, &task.id);
    let event = Event::new("aws.kms", "KMS CMK Rotation", &task.place).about(arn);
    world.emit(event.with(value!({"key-id": (task.id.as_str())})));
}

fn rotated(world: &mut World, task: &Task) {
    let now = world.now();
    let Some(key) = world.get(&task.place, &task.id) else { return };
    let rotation = key.inside.get("Rotation");
    let next = rotation.and_then(|it| it.get("Next")?.as_timestamp());
    let days = rotation.and_then(|it| it.get("Days")?.as_i64()).unwrap_or(365);
    // Only the turn that was planned last counts.
    if next != Some(task.due) {
        return;
    }
    if key.fact("KeyState") == Some("Enabled") {
        rotate(world, task, "AUTOMATIC");
    }
    let next = days_later(now, days);
    world.set_inside(&task.place, &task.id, "Rotation", object! {"Days": (days), "Next": (next)});
    world.schedule(next, Task::new("kms:key-rotated", &task.place, &task.id));
}

fn on_demand(call: &Call, world: &mut World) -> Answer {
    let key = rotating(call, world)?;
    let inside = &key.resource(world)?.inside;
    if inside.get("OnDemand").is_some() {
        let message = "A previous on-demand rotation is in progress.";
        return Err(Failure::new("ConflictException", message));
    }
    let rotations = inside.list("Rotations").iter();
    let asked = rotations.filter(|it| it.text("RotationType") == "ON_DEMAND");
    if asked.count() >= MOST_ON_DEMAND {
        let message = "You have exceeded the number of on-demand rotations of this key.";
        return Err(Failure::new("LimitExceededException", message));
    }
    world.set_inside(&key.place, &key.id, "OnDemand", call.now);
    let due = call.now.saturating_add(ON_DEMAND_TAKES).unwrap_or(call.now);
    world.schedule(due, Task::new("kms:key-rotated-on-demand", &key.place, &key.id));
    Ok(value!({"KeyId": (key.arn())}))
}

fn rotated_on_demand(world: &mut World, task: &Task) {
    if world.get(&task.place, &task.id).is_none() {
        return;
    }
    rotate(world, task, "ON_DEMAND");
    world.change_inside(&task.place, &task.id, |inside| {
        inside.remove("OnDemand");
    });
}

fn list(call: &Call, world: &mut World) -> Answer {
    let key = key(call, world, "KeyId")?;
    let rotations = key.resource(world)?.inside.list("Rotations");
    let entries = rotations.iter().enumerate().map(|(place, rotation)| {
        let mut shown = rotation.as_object().cloned().unwrap_or_default();
        shown.insert("KeyId", key.arn());
        (format!("{place:04}"), shown.into())
    });
    page(call, "Rotations", entries.collect())
}

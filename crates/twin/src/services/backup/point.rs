//! Recovery points: what backups leave in vaults, and what becomes of them with time.
//!
//! `CREATING ─► COMPLETED ─► (cold storage) ─► deleted`, or `EXPIRED` when its time is over and something holds it.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    PAGES, days_later, event, hold, narrow, not_found, refused, rule,
    source::{self, Found},
    vault::{self, VAULT},
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{self, Definition},
    page::plain,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&POINT],
    operations: &[
        ("DescribeRecoveryPoint", Action::Own(show)),
        ("ListRecoveryPointsByBackupVault", Action::Own(list_by_vault)),
        ("ListRecoveryPointsByResource", Action::Own(list_by_resource)),
        ("UpdateRecoveryPointLifecycle", Action::Own(update_lifecycle)),
        ("DeleteRecoveryPoint", Action::Own(delete)),
        ("GetRecoveryPointRestoreMetadata", Action::Own(metadata)),
    ],
    tasks: &[("backup:point-due", due)],
};

/// A recovery point. Its id is the last part of its ARN if AWS Backup itself holds it, and else the whole ARN of what
/// holds it.
pub(super) static POINT: Definition = Definition {
    resource_type: "AWS::Backup::RecoveryPoint",
    tagging_type: "backup:recovery-point",
    arn: "arn:{partition}:backup:{region}:{account}:recovery-point:{id}",
    ..Definition::OF
};

/// The key of a recovery point by its ARN.
pub(super) fn id_of(arn: &str) -> String {
    match kind::parse_arn(arn) {
        Some((kind, parsed)) if kind == &POINT => parsed.id.to_owned(),
        _ => arn.to_owned(),
    }
}

/// The recovery points of a vault.
pub(super) fn in_vault<'w>(
    world: &'w World,
    place: &Place,
    vault: &'w str,
) -> impl Iterator<Item = (&'w String, &'w Resource)> + use<'w> {
    let shelf = world.shelf(&place.beside(&POINT));
    shelf.iter().filter(move |(_, point)| point.fact("BackupVaultName") == Some(vault))
}

/// Enters the recovery point of a job that has begun to run.
pub(super) fn begin(world: &mut World, place: &Place, job: &str, found: &Found) {
    let Some(from) = world.get(place, job).cloned() else { return };
    let fact = |member: &str| from.facts.get(member).cloned().unwrap_or_default();
    let arn = from.fact("RecoveryPointArn").unwrap_or_default();
    let vault = place.beside(&VAULT);
    let key = world
        .get(&vault, from.fact("BackupVaultName").unwrap_or_default())
        .and_then(|vault| vault.fact("EncryptionKeyArn"));
    let mut described = object! {
        "RecoveryPointArn": (arn),
        "BackupVaultName": (fact("BackupVaultName")),
        "BackupVaultArn": (fact("BackupVaultArn")),
        "ResourceArn": (fact("ResourceArn")),
        "ResourceType": (fact("ResourceType")),
        "IamRoleArn": (fact("IamRoleArn")),
        "Status": "CREATING",
        "CreationDate": (fact("CreationDate")),
        "InitiationDate": (fact("InitiationDate")),
        "BackupSizeInBytes": (fact("BackupSizeInBytes")),
        "IsEncrypted": true,
        "StorageClass": "WARM",
        "IsParent": false,
        "VaultType": "BACKUP_VAULT",
        "EncryptionKeyArn": (key.map_or(Value::Null, Value::from)),
    };
    described.extend(from.facts.pick(["CreatedBy", "ResourceName"]));
    if let Some(lifecycle) = from.facts.get("RecoveryPointLifecycle") {
        described.insert("Lifecycle", lifecycle.clone());
    }
    let inside = object! {
        "Held": (from.inside.get("Held").cloned().unwrap_or_default()),
        "Metadata": (source::restore_metadata(world, found)),
    };
    // What another service holds has its tags there.
    let tags = match source::held_kind(from.inside.get("Held").unwrap_or(&Value::Null)) {
        Some(_) => Tags::new(),
        None => {
            let extra = from.inside.get("Rule").and_then(|rule| rule.get("RecoveryPointTags"));
            let extra = extra.and_then(Value::as_object).cloned().unwrap_or_default();
            source::backup_tags(world, found, from.fact("ResourceArn").unwrap_or_default(), &extra)
        }
    };
    let point = Resource::new(facts(described), tags.into()).with_inside(inside);
    let points = place.beside(&POINT);
    let id = id_of(arn);
    world.put(points.clone(), id.clone(), point);
    event::say(world, &points, &id, "Recovery Point");
}

/// The recovery point of a job is complete.
pub(super) fn complete(world: &mut World, place: &Place, job: &str) {
    let Some(arn) =
        world.get(place, job).and_then(|job| job.fact("RecoveryPointArn")).map(str::to_owned)
    else {
        return;
    };
    let points = place.beside(&POINT);
    let (id, now) = (id_of(&arn), world.now());
    world.change(&points, &id, |facts| {
        facts.insert("Status", "COMPLETED");
        facts.insert("CompletionDate", now);
    });
    calculate(world, &points, &id);
    event::say(world, &points, &id, "Recovery Point");
}

/// Works out when a recovery point moves and goes, and has it happen.
pub(super) fn calculate(world: &mut World, place: &Place, id: &str) {
    let Some(point) = world.get(place, id) else { return };
    let Some(created) = point.value("CreationDate").and_then(Value::as_timestamp) else { return };
    let (cold, delete) = rule::lifecycle_times(point.facts.get("Lifecycle"), created);
    let supports_cold = matches!(point.fact("ResourceType"), Some("EFS" | "DynamoDB" | "EBS"));
    let cold = cold.filter(|_| supports_cold);
    let mut calculated = Object::new();
    for (member, at) in [("MoveToColdStorageAt", cold), ("DeleteAt", delete)] {
        if let Some(at) = at {
            calculated.insert(member, at);
        }
    }
    world.change(place, id, |facts| {
        if calculated.is_empty() {
            facts.remove("CalculatedLifecycle");
        } else {
            facts.insert("CalculatedLifecycle", calculated);
        }
    });
    for at in [cold, delete].into_iter().flatten() {
        world.schedule(at.max(world.now()), Task::new("backup:point-due", place, id));
    }
}

/// Takes away the recovery point of a job that came to nothing.
pub(super) fn discard(world: &mut World, place: &Place, arn: &str) {
    let points = place.beside(&POINT);
    let Some(point) = world.remove(&points, &id_of(arn)) else { return };
    let held = point.inside.get("Held").cloned().unwrap_or_default();
    // What cannot be deleted is left behind, as it is by AWS.
    let _ = source::delete(world, place, &held);
}

/// When a recovery point's time has come: colder, or gone.
fn due(world: &mut World, task: &Task) {
    let (place, id, now) = (&task.place, task.id.as_str(), world.now());
    let Some(point) = world.get(place, id) else { return };
    let at = |member: &str| {
        let time = point.value("CalculatedLifecycle")?.get(member)?.as_timestamp()?;
        (time <= now).then_some(time)
    };
    let (cold, delete) = (at("MoveToColdStorageAt"), at("DeleteAt"));
    if delete.is_some() {
        return expire(world, place, id);
    }
    if cold.is_some() && point.fact("StorageClass") == Some("WARM") {
        world.set(place, id, "StorageClass", "COLD");
        event::say(world, place, id, "Recovery Point");
    }
}

fn expire(world: &mut World, place: &Place, id: &str) {
    let Some(point) = world.get(place, id).cloned() else { return };
    let held = point.inside.get("Held").cloned().unwrap_or_default();
    let kept = if hold::holds(world, place, &point) {
        Some("Recovery point is under legal hold".to_owned())
    } else {
        source::delete(world, place, &held).err().map(|failure| failure.message)
    };
    match kept {
        None => {
            world.set(place, id, "Status", "DELETED");
            event::say(world, place, id, "Recovery Point");
            world.remove(place, id);
        }
        Some(reason) => {
            world.change(place, id, |facts| {
                facts.insert("Status", "EXPIRED");
                facts.insert("StatusMessage", reason);
            });
            event::say(world, place, id, "Recovery Point");
            // It is tried again every day.
            let tomorrow = days_later(world.now(), 1);
            world.schedule(tomorrow, Task::new("backup:point-due", place, id));
        }
    }
}

/// The recovery point that a call names, in the vault that it names.
pub(super) fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let (vault, _) = vault::named(call, world)?;
    let arn = call.required("RecoveryPointArn")?;
    let id = id_of(arn);
    let point = call.resource(world, &POINT, &id);
    let point = point.filter(|point| point.fact("BackupVaultName") == Some(&vault));
    Ok((id, point.ok_or_else(|| not_found(format!("Cannot find recovery point. {arn}")))?))
}

fn show(call: &Call, world: &mut World) -> Answer {
    let (id, point) = named(call, world)?;
    Ok(call.fit(call.describe(&POINT, &id, point).into()))
}

fn list_by_vault(call: &Call, world: &mut World) -> Answer {
    let (vault, _) = vault::named(call, world)?;
    let keep = |_: &str, point: &Resource| {
        point.fact("BackupVaultName") == Some(&vault) && narrow::fits(call, point)
    };
    let listed = PAGES.list((call, world), (&POINT, "RecoveryPoints"), keep, plain);
    listed.map(|output| call.fit(output))
}

fn list_by_resource(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["ManagedByAWSBackupOnly"])?;
    let wanted = call.required("ResourceArn")?;
    let keep = |_: &str, point: &Resource| point.fact("ResourceArn") == Some(wanted);
    let show = |_: &str, _: &Resource, mut description: Object| {
        let size = description.get("BackupSizeInBytes").cloned().unwrap_or_default();
        description.insert("BackupSizeBytes", size);
        description.into()
    };
    let listed = PAGES.list((call, world), (&POINT, "RecoveryPoints"), keep, show);
    listed.map(|output| call.fit(output))
}

fn update_lifecycle(call: &Call, world: &mut World) -> Answer {
    let (id, point) = named(call, world)?;
    let lifecycle = call.input.get("Lifecycle").cloned().unwrap_or_else(Value::object);
    if let Some(wrong) = rule::wrong_lifecycle(&lifecycle) {
        return Err(call.invalid(wrong));
    }
    if point.fact("StorageClass") == Some("COLD")
        && lifecycle.get("MoveToColdStorageAfterDays").is_some()
    {
        return Err(call.invalid("Recovery point is already in cold storage"));
    }
    let (_, vault) = vault::named(call, world)?;
    if let Some(forbidden) = vault::lock_forbids(vault, Some(&lifecycle)) {
        return Err(refused(forbidden));
    }
    let place = call.place(&POINT);
    world.set(&place, &id, "Lifecycle", lifecycle);
    calculate(world, &place, &id);
    event::say(world, &place, &id, "Recovery Point");
    let point = call.find(world, &POINT, &id)?;
    Ok(call.fit(call.describe(&POINT, &id, point).into()))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, point) = named(call, world)?;
    let (_, vault) = vault::named(call, world)?;
    if vault.flag("Locked") {
        let message = "Recovery point cannot be deleted (Backup vault configured with Lock)";
        return Err(refused(message));
    }
    let place = call.place(&POINT);
    if hold::holds(world, &place, point) {
        return Err(refused("Recovery point cannot be deleted because it is under legal hold"));
    }
    if point.fact("Status") == Some("CREATING") {
        return Err(refused("Recovery point cannot be deleted while it is being created"));
    }
    let held = point.inside.get("Held").cloned().unwrap_or_default();
    source::delete(world, &place, &held).map_err(|failure| refused(failure.message))?;
    world.set(&place, &id, "Status", "DELETING");
    event::say(world, &place, &id, "Recovery Point");
    world.remove(&place, &id);
    Ok(Value::object())
}

fn metadata(call: &Call, world: &mut World) -> Answer {
    let (_, point) = named(call, world)?;
    let kept = |member: &str| point.facts.get(member).cloned().unwrap_or_default();
    Ok(value!({
        "BackupVaultArn": (kept("BackupVaultArn")),
        "RecoveryPointArn": (kept("RecoveryPointArn")),
        "ResourceType": (kept("ResourceType")),
        "RestoreMetadata": (point.inside.get("Metadata").cloned().unwrap_or_else(Value::object)),
    }))
}

/// When a recovery point was made.
pub(super) fn created(point: &Resource) -> Option<Timestamp> {
    point.value("CreationDate").and_then(Value::as_timestamp)
}

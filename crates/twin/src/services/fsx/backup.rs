//! Backups of file systems.

use reeve_model::Value;
use reeve_types::Tags;

use super::{
    FILE_SYSTEM,
    file_system::{configuration, named},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, TagForm},
    page::plain,
    recipe::{Action, Lifecycle},
    services::{
        Part,
        automated::{self, Automated},
        rds,
    },
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&BACKUP],
    operations: &[
        ("CreateBackup", Action::Own(create)),
        ("DescribeBackups", Action::Own(list)),
        ("DeleteBackup", Action::Own(delete)),
    ],
    tasks: &[
        ("fsx:backup-available", |world, task| LIFE.pass(world, task)),
        (AUTOMATED.task, |world, task| AUTOMATED.turn(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "Lifecycle",
    passing: &[("CREATING", "fsx:backup-available", Some("AVAILABLE"))],
    then: |world, task, _| _ = world.set(&task.place, &task.id, "ProgressPercent", 100_i64),
};

/// The daily backups of file systems.
pub(super) static AUTOMATED: Automated = Automated {
    kind: &FILE_SYSTEM,
    task: "fsx:automatic-backup",
    plan: |one| {
        setting(one, "DailyAutomaticBackupStartTime").as_str().unwrap_or("05:00").to_owned()
    },
    next: |plan, after| rds::next_day(&format!("{plan}-{plan}"), after),
    days: |one| setting(one, "AutomaticBackupRetentionDays").as_i64().unwrap_or(0),
    is_ready: |one| one.fact("Lifecycle") == Some("AVAILABLE"),
    back_up: |world, place, id| {
        begin(world, place, id, "AUTOMATIC", Tags::new());
    },
    forget: |world, place, id, before| {
        let backups = Place { kind: &BACKUP, ..place.clone() };
        let is_one = |_: &str, one: &Resource| {
            one.fact("Type") == Some("AUTOMATIC") && one.fact("FileSystem.FileSystemId") == Some(id)
        };
        for old in automated::older(world, &backups, ("CreationTime", before), is_one) {
            world.remove(&backups, &old);
        }
    },
};

/// A member of the configuration that belongs to the file system's type.
fn setting<'o>(system: &'o Resource, member: &str) -> &'o Value {
    let of_type = configuration(system.fact("FileSystemType").unwrap_or_default());
    system.value(&format!("{of_type}.{member}")).unwrap_or(&Value::Null)
}

/// A backup of a file system.
pub(super) static BACKUP: Definition = Definition {
    resource_type: "AWS::FSx::Backup",
    tagging_type: "fsx:backup",
    arn: "arn:{partition}:fsx:{region}:{account}:backup/{id}",
    prefix: "backup-",
    identity: &[
        ("BackupId", Identity::Id),
        ("ResourceARN", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    ..Definition::OF
};

/// Begins a backup, and returns its id.
pub(super) fn begin(
    world: &mut World,
    place: &Place,
    system: &str,
    of_type: &str,
    tags: Tags,
) -> String {
    let Some(found) = world.get(place, system) else { return String::new() };
    let shown = place.describe(&FILE_SYSTEM, system, found);
    let gib = found.value("StorageCapacity").and_then(Value::as_i64).unwrap_or(32);
    let now = world.now();
    let described = object! {
        "Lifecycle": "CREATING",
        "Type": (of_type),
        "ProgressPercent": 0_i64,
        "CreationTime": (now),
        "FileSystem": (shown),
        "ResourceType": "FILE_SYSTEM",
        "SizeInBytes": (gib * 107_374_182),
    };
    let id = format!("backup-{}", world.random_hex(17));
    let backups = place.beside(&BACKUP);
    world.put(backups.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    LIFE.enter(world, &backups, &id, ("CREATING", 120 + (gib / 4).min(3600)));
    id
}

fn create(call: &Call, world: &mut World) -> Answer {
    if call.text("VolumeId").is_some() {
        return Err(call.invalid("VolumeId is not supported here"));
    }
    let (system, found) = named(call, world, "FileSystemId")?;
    if found.fact("Lifecycle") != Some("AVAILABLE") {
        return Err(call.invalid("The file system is not available"));
    }
    let busy = world.shelf(&call.place(&BACKUP)).values().any(|one| {
        one.fact("Lifecycle") == Some("CREATING")
            && one.fact("FileSystem.FileSystemId") == Some(system.as_str())
    });
    if busy {
        let message = format!("Another backup of file system '{system}' is in progress.");
        return Err(Failure::new("BackupInProgress", message));
    }
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let of_type = if call.caller.invoked_by.is_some() { "AWS_BACKUP" } else { "USER_INITIATED" };
    let id = begin(world, &call.place(&FILE_SYSTEM), &system, of_type, given.into_iter().collect());
    call.answer(world, (&BACKUP, "Backup"), &id)
}

fn list(call: &Call, world: &mut World) -> Answer {
    AUTOMATED.watch(call, world);
    let ids = call.texts("BackupIds");
    let missing =
        |id: &str| Failure::new("BackupNotFound", format!("Backup '{id}' does not exist."));
    if let Some(id) = ids.iter().find(|id| call.resource(world, &BACKUP, id).is_none()) {
        return Err(missing(id));
    }
    let keep = |id: &str, one: &Resource| {
        (ids.is_empty() || ids.contains(&id))
            && call.list("Filters").iter().all(|filter| {
                let found = match filter.get("Name").and_then(Value::as_str) {
                    Some("file-system-id") => one.fact("FileSystem.FileSystemId"),
                    Some("backup-type") => one.fact("Type"),
                    Some("file-system-type") => one.fact("FileSystem.FileSystemType"),
                    _ => None,
                };
                filter.list("Values").iter().any(|value| value.as_str() == found)
            })
    };
    super::PAGES
        .list((call, world), (&BACKUP, "Backups"), keep, plain)
        .map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupId")?;
    let missing = || Failure::new("BackupNotFound", format!("Backup '{id}' does not exist."));
    let found = call.resource(world, &BACKUP, id).ok_or_else(missing)?;
    if found.fact("Type") == Some("AWS_BACKUP") && call.caller.invoked_by.is_none() {
        return Err(call.invalid("Backups made by AWS Backup can only be deleted in AWS Backup"));
    }
    world.remove(&call.place(&BACKUP), id);
    Ok(value!({"BackupId": (id), "Lifecycle": "DELETED"}))
}

//! File systems of `FSx`: made, grown and deleted over minutes.

use reeve_model::{Object, Value};

use super::{FILE_SYSTEM, backup};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{self},
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Resource, facts},
    tagging,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateFileSystem", Action::Own(create)),
        ("CreateFileSystemFromBackup", Action::Own(from_backup)),
        ("UpdateFileSystem", Action::Own(update)),
        ("DeleteFileSystem", Action::Own(delete)),
    ],
    tasks: &[
        ("fsx:available", |world, task| LIFE.pass(world, task)),
        ("fsx:gone", |world, task| LIFE.pass(world, task)),
        ("fsx:updated", updated),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "Lifecycle",
    passing: &[("CREATING", "fsx:available", Some("AVAILABLE")), ("DELETING", "fsx:gone", None)],
    then: |world, task, was| {
        if was.fact("Lifecycle") == Some("DELETING") {
            backup::AUTOMATED.gone(world, &task.place, &task.id);
        }
    },
};

const CREATE_SECONDS: i64 = 900;
const UPDATE_SECONDS: i64 = 1200;
const DELETE_SECONDS: i64 = 300;

pub(super) fn named<'w>(
    call: &Call,
    world: &'w World,
    member: &str,
) -> Result<(String, &'w Resource), Failure> {
    let id = call.required(member)?;
    let missing =
        || Failure::new("FileSystemNotFound", format!("File system '{id}' does not exist."));
    Ok((id.to_owned(), call.resource(world, &FILE_SYSTEM, id).ok_or_else(missing)?))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&FILE_SYSTEM, "FileSystem"), id)
}

/// The configuration member of each type of file system.
pub(super) fn configuration(of_type: &str) -> &'static str {
    match of_type {
        "WINDOWS" => "WindowsConfiguration",
        "LUSTRE" => "LustreConfiguration",
        "ONTAP" => "OntapConfiguration",
        _ => "OpenZFSConfiguration",
    }
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["FileSystemTypeVersion", "NetworkType"])?;
    let of_type = call.required("FileSystemType")?;
    let capacity = call
        .integer("StorageCapacity")
        .ok_or_else(|| call.invalid("StorageCapacity must be given"))?;
    let least = match of_type {
        "WINDOWS" => 32,
        "LUSTRE" => 1200,
        "ONTAP" => 1024,
        "OPENZFS" => 64,
        _ => return Err(call.invalid(format!("Invalid file system type: {of_type}"))),
    };
    if capacity < least {
        return Err(
            call.invalid(format!("StorageCapacity must be at least {least} GiB for {of_type}"))
        );
    }
    let member = configuration(of_type);
    let mut inner = call.object(member).cloned().unwrap_or_default();
    if of_type != "LUSTRE" && inner.get("ThroughputCapacity").is_none() {
        return Err(call.invalid(format!("{member}.ThroughputCapacity must be given")));
    }
    for (name, usual) in [
        // Lustre is for what is worked on: nothing is kept unless somebody says so.
        ("AutomaticBackupRetentionDays", Value::from(if of_type == "LUSTRE" { 0_i64 } else { 30 })),
        ("DailyAutomaticBackupStartTime", Value::from("05:00")),
        ("WeeklyMaintenanceStartTime", Value::from("7:02:00")),
        ("DeploymentType", Value::from("SINGLE_AZ_1")),
    ] {
        if !inner.contains(name) {
            inner.insert(name, usual);
        }
    }
    let mut described = object! {
        "FileSystemType": (of_type),
        "StorageCapacity": (capacity),
        "StorageType": (call.text("StorageType").unwrap_or("SSD")),
        "SubnetIds": (call.list("SubnetIds").to_vec()),
    };
    described.insert(member, inner);
    described.extend(call.given_texts(["KmsKeyId"]));
    begin(call, world, described)
}

fn begin(call: &Call, world: &mut World, mut described: Object) -> Answer {
    let subnets = call.texts("SubnetIds");
    let subnet = subnets.first().copied().unwrap_or_default();
    if let Some(kind) = kind::named("AWS::EC2::Subnet") {
        let unknown = subnets.iter().find(|subnet| call.resource(world, kind, subnet).is_none());
        if let Some(unknown) = unknown {
            let message = format!("The subnet ID '{unknown}' does not exist");
            return Err(Failure::new("InvalidNetworkSettings", message));
        }
        if let Some(vpc) = call.resource(world, kind, subnet).and_then(|one| one.fact("VpcId")) {
            described.insert("VpcId", vpc);
        }
    }
    let id = format!("fs-{}", world.random_hex(17));
    described.insert("Lifecycle", "CREATING");
    described.insert("CreationTime", call.now);
    described.insert("DNSName", format!("{id}.fsx.{}.amazonaws.com", call.region));
    described.insert("NetworkInterfaceIds", value!([(format!("eni-{}", world.random_hex(17)))]));
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let place = call.place(&FILE_SYSTEM);
    world.put(place.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    let seconds = CREATE_SECONDS + world.random_between(0, 300);
    LIFE.enter(world, &place, &id, ("CREATING", seconds));
    backup::AUTOMATED.watch(call, world);
    answer(call, world, &id)
}

fn from_backup(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["FileSystemTypeVersion", "NetworkType"])?;
    let id = call.required("BackupId")?;
    let missing = || Failure::new("BackupNotFound", format!("Backup '{id}' does not exist."));
    let found = call.resource(world, &backup::BACKUP, id).ok_or_else(missing)?;
    if found.fact("Lifecycle") != Some("AVAILABLE") {
        return Err(Failure::new("BackupBeingCopied", format!("Backup '{id}' is not available.")));
    }
    let mut described =
        found.value("FileSystem").and_then(Value::as_object).cloned().unwrap_or_default();
    for member in ["FileSystemId", "ResourceARN", "OwnerId", "Tags", "AdministrativeActions"] {
        described.remove(member);
    }
    described.insert("SubnetIds", call.list("SubnetIds").to_vec());
    let of_type = described.text("FileSystemType");
    let member = configuration(of_type);
    if let Some(given) = call.object(member).cloned() {
        let mut all = described.get(member).and_then(Value::as_object).cloned().unwrap_or_default();
        all.extend(given);
        described.insert(member, all);
    }
    described.extend(call.given_texts(["StorageType", "KmsKeyId"]));
    if let Some(capacity) = call.integer("StorageCapacity") {
        described.insert("StorageCapacity", capacity);
    }
    begin(call, world, described)
}

fn update(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["FileSystemTypeVersion", "NetworkType"])?;
    let (id, found) = named(call, world, "FileSystemId")?;
    if found.fact("Lifecycle") != Some("AVAILABLE") {
        return Err(call.invalid("The file system is not available"));
    }
    let of_type = found.fact("FileSystemType").unwrap_or_default().to_owned();
    let has = found.value("StorageCapacity").and_then(Value::as_i64).unwrap_or(0);
    let wanted = call.integer("StorageCapacity");
    if wanted.is_some_and(|capacity| capacity < has + has / 10) {
        return Err(call.invalid(
            "StorageCapacity must be at least 10 percent greater than the current capacity",
        ));
    }
    let given = call.object(configuration(&of_type)).cloned();
    let place = call.place(&FILE_SYSTEM);
    world.change(&place, &id, |facts| {
        let mut target = Object::new();
        if let Some(capacity) = wanted {
            target.insert("StorageCapacity", capacity);
        }
        if let Some(given) = given {
            let member = configuration(&of_type);
            let mut all = facts.get(member).and_then(Value::as_object).cloned().unwrap_or_default();
            all.extend(given.clone());
            facts.insert(member, all);
            target.insert(member, given);
        }
        let action = value!({
            "AdministrativeActionType": "FILE_SYSTEM_UPDATE", "RequestTime": (call.now),
            "Status": "PENDING", "TargetFileSystemValues": (target),
        });
        facts.insert("AdministrativeActions", Value::List(vec![action]));
    });
    world.schedule(later(call.now, UPDATE_SECONDS), Task::new("fsx:updated", &place, &id));
    backup::AUTOMATED.watch(call, world);
    answer(call, world, &id)
}

fn updated(world: &mut World, task: &Task) {
    world.change(&task.place, &task.id, |facts| {
        let capacity = facts
            .get("AdministrativeActions")
            .and_then(|actions| actions.path("0.TargetFileSystemValues.StorageCapacity"))
            .cloned();
        if let Some(capacity) = capacity {
            facts.insert("StorageCapacity", capacity);
        }
        if let Some(Value::List(actions)) = facts.get_mut("AdministrativeActions") {
            for action in actions.iter_mut().filter_map(Value::as_object_mut) {
                action.insert("Status", "COMPLETED");
            }
        }
    });
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "FileSystemId")?;
    if matches!(found.fact("Lifecycle"), Some("CREATING" | "DELETING")) {
        return Err(call.invalid("The file system cannot be deleted in its present state"));
    }
    let is_windows = found.fact("FileSystemType") == Some("WINDOWS");
    let skips = call.input.path("WindowsConfiguration.SkipFinalBackup").and_then(Value::as_bool)
        == Some(true);
    let place = call.place(&FILE_SYSTEM);
    let mut output = object! {"FileSystemId": (id.as_str()), "Lifecycle": "DELETING"};
    if is_windows && !skips {
        let last = backup::begin(world, &place, &id, "USER_INITIATED", reeve_types::Tags::new());
        output.insert("WindowsResponse", value!({"FinalBackupId": (last)}));
    }
    LIFE.enter(world, &place, &id, ("DELETING", DELETE_SECONDS));
    Ok(output.into())
}

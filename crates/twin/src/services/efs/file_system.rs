//! File systems: made, changed and deleted; their policies, lifecycles and backups.

use reeve_model::{Object, Value};

use super::{FILE_SYSTEM, missing, mount_target, shown};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateFileSystem", Action::Own(create)),
        ("UpdateFileSystem", Action::Own(update)),
        ("UpdateFileSystemProtection", Action::Own(protect)),
        ("DeleteFileSystem", Action::Own(delete)),
        ("PutFileSystemPolicy", Action::Own(put_policy)),
        ("DescribeFileSystemPolicy", Action::Own(show_policy)),
        ("DeleteFileSystemPolicy", Action::Own(delete_policy)),
        ("PutLifecycleConfiguration", Action::Own(put_lifecycle)),
        ("DescribeLifecycleConfiguration", Action::Own(show_lifecycle)),
        ("PutBackupPolicy", Action::Own(put_backup)),
        ("DescribeBackupPolicy", Action::Own(show_backup)),
    ],
    tasks: &[
        ("efs:available", |world, task| LIFE.pass(world, task)),
        ("efs:gone", |world, task| LIFE.pass(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "LifeCycleState",
    passing: &[
        ("creating", "efs:available", Some("available")),
        ("updating", "efs:available", Some("available")),
        ("deleting", "efs:gone", None),
    ],
    ..Lifecycle::OF
};

/// An error, with its code also as a member as EFS has it.
pub(super) fn failure(code: &str, message: impl Into<String>, status: u16) -> Failure {
    let message = message.into();
    Failure::new(code, message.clone())
        .with_status(status)
        .with_detail("ErrorCode", code)
        .with_detail("Message", message)
}

/// The file system that a call names.
pub(super) fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let wanted = call.required("FileSystemId")?;
    let id = call.id_of(&FILE_SYSTEM, wanted);
    let found = call.resource(world, &FILE_SYSTEM, &id).ok_or_else(|| missing(wanted))?;
    Ok((id, found))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let Some(found) = call.resource(world, &FILE_SYSTEM, id) else { return Ok(Value::object()) };
    let description = call.describe(&FILE_SYSTEM, id, found);
    Ok(call.fit(shown(call, id, (found, description))))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let token = call.required("CreationToken")?.to_owned();
    let same = world
        .shelf(&call.place(&FILE_SYSTEM))
        .iter()
        .find(|(_, one)| one.fact("CreationToken") == Some(&token));
    if let Some((id, _)) = same {
        let message = format!("File system '{id}' already exists with creation token '{token}'");
        return Err(failure("FileSystemAlreadyExists", message, 409)
            .with_detail("FileSystemId", id.as_str()));
    }
    let mode = call.text("ThroughputMode").unwrap_or("bursting");
    if (mode == "provisioned") != call.input.get("ProvisionedThroughputInMibps").is_some() {
        return Err(call.invalid("ProvisionedThroughputInMibps must be given with ThroughputMode provisioned, and only then."));
    }
    let mut described = object! {
        "CreationToken": (token),
        "CreationTime": (call.now),
        "LifeCycleState": "creating",
        "NumberOfMountTargets": 0_i64,
        "SizeInBytes": {"Value": 6144_i64, "ValueInIA": 0_i64, "ValueInStandard": 6144_i64},
        "PerformanceMode": (call.text("PerformanceMode").unwrap_or("generalPurpose")),
        "Encrypted": (call.flag("Encrypted")),
        "ThroughputMode": (mode),
        "FileSystemProtection": {"ReplicationOverwriteProtection": "ENABLED"},
    };
    described.extend(call.given(["KmsKeyId", "ProvisionedThroughputInMibps"]));
    described.extend(call.given_texts(["AvailabilityZoneName"]));
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let mut inside = Object::new();
    if call.flag("Backup") {
        inside.insert("Backup", "ENABLED");
    }
    let id = format!("fs-{}", world.random_hex(17));
    let place = call.place(&FILE_SYSTEM);
    let made = Resource::new(facts(described), tags.into()).with_inside(inside);
    world.put(place.clone(), id.as_str(), made);
    LIFE.enter(world, &place, &id, ("creating", 6));
    answer(call, world, &id)
}

fn is_available(found: &Resource) -> Result<(), Failure> {
    match found.fact("LifeCycleState") {
        Some("available") => Ok(()),
        state => {
            let message = format!("File system is {}", state.unwrap_or_default());
            Err(failure("IncorrectFileSystemLifeCycleState", message, 409))
        }
    }
}

fn update(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    is_available(found)?;
    let place = call.place(&FILE_SYSTEM);
    world.change(&place, &id, |facts| {
        facts.extend(call.given(["ThroughputMode", "ProvisionedThroughputInMibps"]));
        if facts.text("ThroughputMode") != "provisioned" {
            facts.remove("ProvisionedThroughputInMibps");
        }
    });
    LIFE.enter(world, &place, &id, ("updating", 10));
    answer(call, world, &id)
}

fn protect(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    let wanted = call.text("ReplicationOverwriteProtection").unwrap_or("ENABLED");
    let shown = value!({"ReplicationOverwriteProtection": (wanted)});
    world.set(&call.place(&FILE_SYSTEM), &id, "FileSystemProtection", shown.clone());
    Ok(shown)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if mount_target::of_system(world, &call.place(&mount_target::MOUNT_TARGET), &id) > 0 {
        let message = format!("File system {id} has mount targets and cannot be deleted");
        return Err(failure("FileSystemInUse", message, 409));
    }
    is_available(found)?;
    LIFE.enter(world, &call.place(&FILE_SYSTEM), &id, ("deleting", 8));
    Ok(Value::object())
}

fn keep(
    call: &Call,
    world: &mut World,
    member: &str,
    value: Option<Value>,
) -> Result<String, Failure> {
    let (id, _) = named(call, world)?;
    world.change_inside(&call.place(&FILE_SYSTEM), &id, |inside| match value {
        Some(value) => {
            inside.insert(member, value);
        }
        None => {
            inside.remove(member);
        }
    });
    Ok(id)
}

fn put_policy(call: &Call, world: &mut World) -> Answer {
    let policy = call.required("Policy")?;
    if serde_json::from_str::<serde_json::Value>(policy).is_err() {
        return Err(failure("InvalidPolicyException", "The policy is not valid JSON", 400));
    }
    let id = keep(call, world, "Policy", Some(Value::from(policy)))?;
    Ok(value!({"FileSystemId": (id), "Policy": (policy)}))
}

fn show_policy(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    let policy = found.inside.get("Policy").cloned();
    let policy = policy.ok_or_else(|| {
        failure("PolicyNotFound", format!("No policy found for file system {id}"), 404)
    })?;
    Ok(value!({"FileSystemId": (id), "Policy": (policy)}))
}

fn delete_policy(call: &Call, world: &mut World) -> Answer {
    keep(call, world, "Policy", None)?;
    Ok(Value::object())
}

fn put_lifecycle(call: &Call, world: &mut World) -> Answer {
    let policies = Value::List(call.list("LifecyclePolicies").to_vec());
    keep(call, world, "Lifecycle", Some(policies.clone()))?;
    Ok(value!({"LifecyclePolicies": (policies)}))
}

fn show_lifecycle(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let policies = found.inside.list("Lifecycle").to_vec();
    Ok(value!({"LifecyclePolicies": (policies)}))
}

fn put_backup(call: &Call, world: &mut World) -> Answer {
    let status = call
        .input
        .path("BackupPolicy.Status")
        .and_then(Value::as_str)
        .unwrap_or("ENABLED")
        .to_owned();
    keep(call, world, "Backup", Some(Value::from(status.as_str())))?;
    Ok(value!({"BackupPolicy": {"Status": (status)}}))
}

fn show_backup(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    let status = found.inside.get("Backup").cloned();
    let status = status.ok_or_else(|| {
        failure("PolicyNotFound", format!("No backup policy found for file system {id}"), 404)
    })?;
    Ok(value!({"BackupPolicy": {"Status": (status)}}))
}

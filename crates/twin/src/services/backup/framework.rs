//! Frameworks of AWS Backup Audit Manager: controls, and whether resources keep to them.

use reeve_model::{Object, Value};

use super::PAGES;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, Describe, List, NewId, TagInput, Update},
    services::Part,
    task::Task,
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FRAMEWORK],
    operations: &[
        ("CreateFramework", Action::Create(&CREATE)),
        ("DescribeFramework", Action::Describe(&SHOW)),
        ("ListFrameworks", Action::List(&LIST)),
        ("UpdateFramework", Action::Own(update)),
        ("DeleteFramework", Action::Delete(&DELETE)),
    ],
    tasks: &[("backup:framework-deployed", deployed)],
};

/// `AWS::Backup::Framework`.
pub(super) static FRAMEWORK: Definition = Definition {
    resource_type: "AWS::Backup::Framework",
    tagging_type: "backup:framework",
    arn: "arn:{partition}:backup:{region}:{account}:framework:{id}",
    identity: &[("FrameworkName", Identity::Id), ("FrameworkArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Framework {id} does not exist"),
    ..Definition::OF
};

const CONTROLS: [&str; 12] = [
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN",
    "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK",
    "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED",
    "BACKUP_RECOVERY_POINT_ENCRYPTED",
    "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK",
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION",
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_ACCOUNT",
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK",
    "BACKUP_LAST_RECOVERY_POINT_CREATED",
    "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET",
    "BACKUP_RESOURCES_INSIDE_LOGICALLY_AIR_GAPPED_VAULT",
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN_EXCLUSIVELY",
];

static CREATE: Create = Create {
    kind: &FRAMEWORK,
    id: NewId::Member("FrameworkName"),
    keep: KEPT,
    facts: made,
    tags: TagInput::Map("FrameworkTags"),
    exists: ("AlreadyExistsException", "Framework {id} already exists"),
    check: |call, _, _| check(call),
    then: deploy,
    ..Create::OF
};

const KEPT: &[(&str, &str)] = &[
    ("FrameworkDescription", "FrameworkDescription"),
    ("FrameworkControls", "FrameworkControls"),
    ("IdempotencyToken", "IdempotencyToken"),
];

static SHOW: Describe = Describe { kind: &FRAMEWORK, id: "FrameworkName", ..Describe::OF };

static LIST: List = List {
    kind: &FRAMEWORK,
    member: "Frameworks",
    paging: &PAGES,
    show: Some(|_, _, _, mut description| {
        let controls = description.get("FrameworkControls").map_or(0, |list| list.as_list().len());
        description.insert("NumberOfControls", i64::try_from(controls).unwrap_or(0));
        description.into()
    }),
    ..List::OF
};

static UPDATE: Update =
    Update { kind: &FRAMEWORK, id: "FrameworkName", keep: KEPT, then: deploy, ..Update::OF };

static DELETE: Delete = Delete { kind: &FRAMEWORK, id: "FrameworkName", ..Delete::OF };

fn made(call: &Call, _: &mut World) -> Object {
    object! {
        "CreationTime": (call.now),
        "DeploymentStatus": "CREATE_IN_PROGRESS",
        "FrameworkStatus": "INACTIVE",
    }
}

fn check(call: &Call) -> Result<(), Failure> {
    for control in call.list("FrameworkControls") {
        let name = control.get("ControlName").and_then(Value::as_str).unwrap_or_default();
        if !CONTROLS.contains(&name) {
            return Err(call.invalid(format!("Invalid control name: {name}")));
        }
    }
    Ok(())
}

fn deploy(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    let place = call.place(&FRAMEWORK);
    let due = super::later(call.now, 60);
    world.schedule(due, Task::new("backup:framework-deployed", &place, id));
    Ok(())
}

fn deployed(world: &mut World, task: &Task) {
    world.change(&task.place, &task.id, |facts| {
        facts.insert("DeploymentStatus", "COMPLETED");
        facts.insert("FrameworkStatus", "ACTIVE");
    });
}

fn update(call: &Call, world: &mut World) -> Answer {
    check(call)?;
    let output = Action::Update(&UPDATE).perform(call, world)?;
    let id = call.id_of(&FRAMEWORK, call.required("FrameworkName")?);
    world.change(&call.place(&FRAMEWORK), &id, |facts| {
        facts.insert("DeploymentStatus", "UPDATE_IN_PROGRESS");
    });
    Ok(output)
}

//! What windows are for: their targets, and their tasks.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{
    super::shared::{TEN_TO_HUNDRED, conditions, pages, targeted, texts},
    WINDOW, identity, tell,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind, Missing},
    page::Paging,
    recipe::{Create, NewId},
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

static PAGES: Paging = pages(1, 100);

/// A target of a window.
pub(super) static TARGET: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindowTarget",
    arn: "arn:{partition}:ssm:{region}:{account}:windowtarget/{id}",
    identity: &[("WindowTargetId", Identity::Id)],
    missing: Missing::new("DoesNotExistException", "Maintenance window target {id} does not exist"),
    ..Definition::OF
};

/// A task of a window.
pub(super) static TASK: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindowTask",
    arn: "arn:{partition}:ssm:{region}:{account}:windowtask/{id}",
    identity: &[("WindowTaskId", Identity::Id)],
    missing: Missing::new("DoesNotExistException", "Maintenance window task {id} does not exist"),
    ..Definition::OF
};

pub(super) static REGISTER_TARGET: Create = Create {
    kind: &TARGET,
    id: NewId::Uuid,
    check: |call, world, _| {
        if call.text("ResourceType") == Some("RESOURCE_GROUP") {
            let message = "the twin does not implement targets that are resource groups";
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
        call.find(world, &WINDOW, call.required("WindowId")?).map(|_| ())
    },
    then: |call, world, id| {
        let detail = object! {"window-target-id": id, "status": "REGISTERED"};
        let window = call.required("WindowId")?.to_owned();
        let kind = "Maintenance Window Target Registration Notification";
        tell(world, &call.place(&WINDOW), &window, kind, detail);
        Ok(())
    },
    ..Create::OF
};

pub(super) static REGISTER_TASK: Create = Create {
    kind: &TASK,
    id: NewId::Uuid,
    facts: |call, _| {
        let mut facts = Object::new();
        let mut unless = |member: &'static str, value: Value| {
            if call.input.get(member).is_none() {
                facts.insert(member, value);
            }
        };
        unless("Priority", 1_i64.into());
        unless("MaxConcurrency", "1".into());
        unless("MaxErrors", "0".into());
        unless("Targets", Value::List(Vec::new()));
        unless("TaskParameters", Value::object());
        facts
    },
    check: check_task,
    then: |call, world, id| {
        let detail = object! {"window-task-id": id, "status": "REGISTERED"};
        let window = call.required("WindowId")?.to_owned();
        let kind = "Maintenance Window Task Registration Notification";
        tell(world, &call.place(&WINDOW), &window, kind, detail);
        Ok(())
    },
    ..Create::OF
};

fn check_task(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    let window = call.required("WindowId")?;
    call.find(world, &WINDOW, window)?;
    if call.object("AlarmConfiguration").is_some() {
        let message = "the twin does not implement AlarmConfiguration of tasks";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let targets = call.list("Targets");
    if targets.is_empty() && call.text("TaskType") == Some("RUN_COMMAND") {
        return Err(call.invalid("Targets are required for tasks of type RUN_COMMAND."));
    }
    for target in targets {
        if target.text("Key") != "WindowTargetIds" {
            continue;
        }
        for id in texts(target, "Values") {
            let known = world.get(&call.place(&TARGET), id);
            if known.and_then(|known| known.fact("WindowId")) != Some(window) {
                return Err(TARGET.missing.failure(id));
            }
        }
    }
    Ok(())
}

/// A target or task of the window that the caller names.
fn found<'w>(
    call: &Call,
    world: &'w World,
    (kind, member): (Kind, &str),
) -> Result<(String, &'w Resource), Failure> {
    let (window, id) = (call.required("WindowId")?, call.required(member)?);
    call.find(world, &WINDOW, window)?;
    let found = call.find(world, kind, id)?;
    if found.fact("WindowId") == Some(window) {
        Ok((id.to_owned(), found))
    } else {
        Err(kind.missing.failure(id))
    }
}

fn changed(
    call: &Call,
    world: &mut World,
    (kind, id): (Kind, &str),
    keep: &[&'static str],
) -> Answer {
    let replaces = call.flag("Replace");
    let input = call.input.clone();
    world.change(&call.place(kind), id, |facts| {
        for member in keep {
            match input.get(member) {
                Some(value) => {
                    facts.insert(*member, value.clone());
                }
                None if replaces && !matches!(*member, "Targets" | "TaskArn") => {
                    facts.remove(member);
                }
                None => {}
            }
        }
    });
    let updated = call.find(world, kind, id)?;
    Ok(call.fit(call.describe(kind, id, updated).into()))
}

pub(super) fn update_target(call: &Call, world: &mut World) -> Answer {
    let (id, _) = found(call, world, (&TARGET, "WindowTargetId"))?;
    changed(call, world, (&TARGET, &id), &["Targets", "OwnerInformation", "Name", "Description"])
}

pub(super) fn update_task(call: &Call, world: &mut World) -> Answer {
    const KEEP: &[&str] = &[
        "Targets",
        "TaskArn",
        "ServiceRoleArn",
        "TaskParameters",
        "TaskInvocationParameters",
        "Priority",
        "MaxConcurrency",
        "MaxErrors",
        "LoggingInfo",
        "Name",
        "Description",
        "CutoffBehavior",
    ];
    let (id, _) = found(call, world, (&TASK, "WindowTaskId"))?;
    changed(call, world, (&TASK, &id), KEEP)
}

pub(super) fn get_task(call: &Call, world: &mut World) -> Answer {
    let (id, task) = found(call, world, (&TASK, "WindowTaskId"))?;
    Ok(call.fit(call.describe(&TASK, &id, task).into()))
}

pub(super) fn describe_targets(call: &Call, world: &mut World) -> Answer {
    list(call, world, (&TARGET, "Targets"))
}

pub(super) fn describe_tasks(call: &Call, world: &mut World) -> Answer {
    list(call, world, (&TASK, "Tasks"))
}

fn list(call: &Call, world: &World, (kind, member): (Kind, &str)) -> Answer {
    let window = call.required("WindowId")?;
    call.find(world, &WINDOW, window)?;
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let mut items = Vec::new();
    for (id, resource) in world.shelf(&call.place(kind)) {
        if resource.fact("WindowId") != Some(window) {
            continue;
        }
        let mut shown = call.describe(kind, id, resource);
        if let Some(task_type) = shown.get("TaskType").cloned() {
            shown.insert("Type", task_type);
        }
        let mut fits = true;
        for (key, values) in &wanted {
            fits &= match *key {
                "Type" | "OwnerInformation" | "WindowTargetId" | "WindowTaskId" | "TaskArn" => {
                    values.contains(&shown.text(key))
                }
                "Priority" => {
                    let priority = shown.get("Priority").and_then(Value::as_i64).unwrap_or(1);
                    values.contains(&priority.to_string().as_str())
                }
                "TaskType" => values.contains(&shown.text("Type")),
                _ => return Err(call.invalid(format!("The filter key {key} is not valid"))),
            };
        }
        if fits {
            items.push((id.clone(), shown.into()));
        }
    }
    TEN_TO_HUNDRED.sort(call, member, items)
}

pub(super) fn deregister_target(call: &Call, world: &mut World) -> Answer {
    let (id, target) = found(call, world, (&TARGET, "WindowTargetId"))?;
    let window = target.fact("WindowId").unwrap_or_default().to_owned();
    let uses = |task: &Resource| {
        let targets = task.list("Targets");
        targets.iter().any(|target| texts(target, "Values").contains(&id.as_str()))
    };
    if call.flag("Safe") && world.shelf(&call.place(&TASK)).values().any(uses) {
        let message = "The target is still referenced in a task.";
        return Err(Failure::new("TargetInUseException", message));
    }
    world.remove(&call.place(&TARGET), &id);
    let detail = object! {"window-target-id": (id.as_str()), "status": "DEREGISTERED"};
    let kind = "Maintenance Window Target Registration Notification";
    tell(world, &call.place(&WINDOW), &window, kind, detail);
    Ok(value!({"WindowId": window, "WindowTargetId": id}))
}

pub(super) fn deregister_task(call: &Call, world: &mut World) -> Answer {
    let (id, task) = found(call, world, (&TASK, "WindowTaskId"))?;
    let window = task.fact("WindowId").unwrap_or_default().to_owned();
    world.remove(&call.place(&TASK), &id);
    let detail = object! {"window-task-id": (id.as_str()), "status": "DEREGISTERED"};
    let kind = "Maintenance Window Task Registration Notification";
    tell(world, &call.place(&WINDOW), &window, kind, detail);
    Ok(value!({"WindowId": window, "WindowTaskId": id}))
}

/// Takes away what a window had.
pub(super) fn forget(world: &mut World, place: &Place, window: &str) {
    for kind in [&TARGET, &TASK] {
        let here = Place { kind, ..place.clone() };
        let mine =
            world.shelf(&here).iter().filter(|(_, one)| one.fact("WindowId") == Some(window));
        let mine: Vec<String> = mine.map(|(id, _)| id.clone()).collect();
        for id in mine {
            world.remove(&here, &id);
        }
    }
}

/// The windows that have a target in common with some targets.
pub(super) fn windows_of(
    world: &World,
    place: &Place,
    targets: &[Value],
) -> Result<BTreeSet<String>, Failure> {
    let wanted = targeted(world, place, targets)?;
    let here = place.beside(&TARGET);
    let mut windows = BTreeSet::new();
    for target in world.shelf(&here).values() {
        let own = target.list("Targets");
        let hit = own == targets || !targeted(world, place, own)?.is_disjoint(&wanted);
        if hit && let Some(window) = target.fact("WindowId") {
            windows.insert(window.to_owned());
        }
    }
    Ok(windows)
}

pub(super) fn windows_for(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&WINDOW);
    let windows = windows_of(world, &place, call.list("Targets"))?;
    let items = windows.into_iter().map(|id| {
        let shown = identity(world, &place, &id);
        (id, shown)
    });
    PAGES.sort(call, "WindowIdentities", items.collect())
}

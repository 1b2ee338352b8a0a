//! Maintenance that AWS wants done: minor versions that have been superseded, to be applied at once or in the window.

use reeve_model::{Object, Value};

use super::{DATABASE_CLUSTER, DATABASE_INSTANCE, catalog, window};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    recipe::Action,
    services::Part,
    store::Resource,
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribePendingMaintenanceActions", Action::Own(list)),
        ("ApplyPendingMaintenanceAction", Action::Own(apply)),
    ],
    tasks: &[],
};

const ACTION: &str = "db-upgrade";

/// The newest version of the same major to which AWS would upgrade an instance by itself.
fn target(found: &Resource) -> Option<&'static str> {
    if found.value("AutoMinorVersionUpgrade").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    let upgrades = catalog::upgrades(found.fact("Engine")?, found.fact("EngineVersion")?);
    upgrades.into_iter().filter(|(_, is_major)| !is_major).map(|(version, _)| version).next_back()
}

fn details(call: &Call, found: &Resource) -> Option<Value> {
    let version = target(found)?;
    let mut detail = value!({
        "Action": (ACTION),
        "Description": (format!("Automatic minor version upgrade to {} {version}", found.fact("Engine").unwrap_or_default())),
    });
    let opted = found.inside.get("OptIn").and_then(Value::as_str);
    let window = found.fact("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30");
    if let (Some(detail), Some(opted)) = (detail.as_object_mut(), opted) {
        detail.insert("OptInStatus", opted);
        let is_prompt = opted == "immediate";
        let at = if is_prompt { Some(call.now) } else { window::next_week(window, call.now) };
        if let Some(at) = at {
            detail.insert("CurrentApplyDate", at);
        }
    }
    Some(detail)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = call.text("ResourceIdentifier");
    let mut shown = Vec::new();
    let kinds: [Kind; 2] = [&DATABASE_CLUSTER, &DATABASE_INSTANCE];
    for kind in kinds {
        for (id, found) in world.shelf(&call.place(kind)) {
            let arn = call.arn_of(kind, id);
            if wanted.is_some_and(|wanted| wanted != arn) {
                continue;
            }
            if let Some(detail) = details(call, found) {
                shown.push(value!({"ResourceIdentifier": (arn), "PendingMaintenanceActionDetails": [(detail)]}));
            }
        }
    }
    Ok(Object::from_iter([("PendingMaintenanceActions", Value::List(shown))]).into())
}

fn apply(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("ResourceIdentifier")?;
    let missing = || {
        Failure::new("ResourceNotFoundFault", format!("Resource {arn} not found.")).with_status(404)
    };
    let (place, id) = world
        .store
        .locate(arn)
        .filter(|(place, _)| place == &call.place(place.kind))
        .ok_or_else(missing)?;
    let found = world.get(&place, &id).ok_or_else(missing)?;
    let version = target(found).filter(|_| call.text("ApplyAction") == Some(ACTION));
    let version =
        version.ok_or_else(|| call.invalid("There is no such pending maintenance action"))?;
    let opt = call.required("OptInType")?;
    let window = found.fact("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30");
    let due = match opt {
        "immediate" => Some(later(call.now, 15)),
        "next-maintenance" => window::next_week(window, call.now),
        "undo-opt-in" => None,
        _ => return Err(call.invalid(format!("Invalid opt-in type: {opt}"))),
    };
    let is_instance = place.kind == &DATABASE_INSTANCE;
    world.change_inside(&place, &id, |inside| match due {
        Some(_) => {
            inside.insert("OptIn", opt);
        }
        None => {
            inside.remove("OptIn");
        }
    });
    world.change(&place, &id, |facts| {
        if due.is_some() {
            facts.insert("PendingModifiedValues", value!({"EngineVersion": (version)}));
        } else {
            facts.insert("PendingModifiedValues", Object::new());
        }
    });
    if let Some(due) = due.filter(|_| is_instance) {
        world.schedule(due, Task::new("rds:apply-changes", &place, &id));
    }
    let detail = world.get(&place, &id).and_then(|found| details(call, found));
    let actions: Value = detail.into_iter().collect();
    Ok(value!({"ResourcePendingMaintenanceActions": {
        "ResourceIdentifier": (arn), "PendingMaintenanceActionDetails": (actions),
    }}))
}

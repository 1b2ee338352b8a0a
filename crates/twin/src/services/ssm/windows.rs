//! Maintenance windows: when, on what, and what is to be done.

mod executions;
mod run;
mod schedule;
mod targets;

pub(super) use executions::EXECUTIONS;

use reeve_model::{Object, Value};
use serde_json::json;

use super::shared::{TEN_TO_HUNDRED, conditions};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, NewId, TagInput},
    services::Part,
    store::Place,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&WINDOW, &targets::TARGET, &targets::TASK],
    operations: &[
        ("CreateMaintenanceWindow", Action::Create(&CREATE)),
        ("UpdateMaintenanceWindow", Action::Own(update)),
        ("GetMaintenanceWindow", Action::Own(get)),
        ("DescribeMaintenanceWindows", Action::Own(describe_windows)),
        ("DeleteMaintenanceWindow", Action::Delete(&DELETE)),
        ("DescribeMaintenanceWindowSchedule", Action::Own(schedule::describe_schedule)),
        ("DescribeMaintenanceWindowsForTarget", Action::Own(targets::windows_for)),
        ("RegisterTargetWithMaintenanceWindow", Action::Create(&targets::REGISTER_TARGET)),
        ("UpdateMaintenanceWindowTarget", Action::Own(targets::update_target)),
        ("DescribeMaintenanceWindowTargets", Action::Own(targets::describe_targets)),
        ("DeregisterTargetFromMaintenanceWindow", Action::Own(targets::deregister_target)),
        ("RegisterTaskWithMaintenanceWindow", Action::Create(&targets::REGISTER_TASK)),
        ("UpdateMaintenanceWindowTask", Action::Own(targets::update_task)),
        ("GetMaintenanceWindowTask", Action::Own(targets::get_task)),
        ("DescribeMaintenanceWindowTasks", Action::Own(targets::describe_tasks)),
        ("DeregisterTaskFromMaintenanceWindow", Action::Own(targets::deregister_task)),
    ],
    tasks: &[("ssm:window", run::open), ("ssm:window-watch", run::watch)],
};

/// A maintenance window. Inside: `Revision`, by which its present schedule is told from earlier ones.
pub(super) static WINDOW: Definition = Definition {
    resource_type: "AWS::SSM::MaintenanceWindow",
    tagging_type: "ssm:maintenancewindow",
    arn: "arn:{partition}:ssm:{region}:{account}:maintenancewindow/{id}",
    prefix: "mw-",
    identity: &[("WindowId", Identity::Id)],
    missing: Missing::new("DoesNotExistException", "Maintenance window {id} does not exist"),
    sample: Some(|sample| {
        json!({
            "Name": sample.id,
            "Schedule": "cron(0 3 ? * SUN *)",
            "ScheduleTimezone": "Etc/UTC",
            "Duration": 4,
            "Cutoff": 1,
            "AllowUnassociatedTargets": false,
            "Enabled": true,
            "CreatedDate": sample.created(),
            "ModifiedDate": sample.created(),
        })
    }),
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &WINDOW,
    id: NewId::Prefixed("mw-0", 16),
    keep: KEEP,
    facts: |call, _| object! {"Enabled": true, "CreatedDate": (call.now), "ModifiedDate": (call.now)},
    tags: TagInput::List("Tags"),
    check: |call, _, _| schedule::check(call, call.input.as_object().unwrap_or(&Object::new())),
    then: |call, world, id| {
        reschedule(world, &call.place(&WINDOW), id);
        Ok(())
    },
    ..Create::OF
};

const KEEP: &[(&str, &str)] = &[
    ("Name", "Name"),
    ("Description", "Description"),
    ("StartDate", "StartDate"),
    ("EndDate", "EndDate"),
    ("Schedule", "Schedule"),
    ("ScheduleTimezone", "ScheduleTimezone"),
    ("ScheduleOffset", "ScheduleOffset"),
    ("Duration", "Duration"),
    ("Cutoff", "Cutoff"),
    ("AllowUnassociatedTargets", "AllowUnassociatedTargets"),
];

static DELETE: Delete = Delete {
    kind: &WINDOW,
    id: "WindowId",
    then: |call, world, id| {
        targets::forget(world, &call.place(&WINDOW), id);
        Ok(())
    },
    ..Delete::OF
};

/// A window that a scenario made has its next run planned.
pub(crate) fn settle(world: &mut World, place: &Place, id: &str) {
    reschedule(world, place, id);
}

/// The window's next run is planned anew.
fn reschedule(world: &mut World, place: &Place, id: &str) {
    world.change_inside(place, id, |inside| {
        let revision = inside.get("Revision").and_then(Value::as_i64).unwrap_or(0) + 1;
        inside.insert("Revision", revision);
    });
    run::plan(world, place, id);
}

fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.required("WindowId")?.to_owned();
    let window = call.find(world, &WINDOW, &id)?;
    let replaces = call.flag("Replace");
    let mut facts = Object::clone(&window.facts);
    let was_enabled = facts.get("Enabled").and_then(Value::as_bool);
    if replaces {
        for required in ["Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets"] {
            if call.input.get(required).is_none() {
                return Err(call.invalid(format!("{required} is required when Replace is true")));
            }
        }
        for optional in
            ["Description", "StartDate", "EndDate", "ScheduleTimezone", "ScheduleOffset"]
        {
            facts.remove(optional);
        }
    }
    for (member, _) in KEEP.iter().chain(&[("Enabled", "Enabled")]) {
        if let Some(value) = call.input.get(member) {
            // An empty date takes the date away.
            if value.as_str() == Some("") {
                facts.remove(member);
            } else {
                facts.insert(*member, value.clone());
            }
        }
    }
    schedule::check(call, &facts)?;
    facts.insert("ModifiedDate", call.now);
    let place = call.place(&WINDOW);
    let enabled = facts.get("Enabled").and_then(Value::as_bool);
    world.change(&place, &id, |old| *old = facts);
    if enabled != was_enabled {
        let status = if enabled == Some(true) { "ENABLED" } else { "DISABLED" };
        tell(
            world,
            &place,
            &id,
            "Maintenance Window State-change Notification",
            object! {"status": status},
        );
    }
    reschedule(world, &place, &id);
    let updated = call.find(world, &WINDOW, &id)?;
    Ok(call.fit(call.describe(&WINDOW, &id, updated).into()))
}

/// Tells the bus about a window.
fn tell(world: &mut World, place: &Place, window: &str, kind: &str, mut detail: Object) {
    detail.insert("window-id", window);
    let arn = place.arn_of(&WINDOW, window);
    world.emit(Event::new("aws.ssm", kind, place).about(arn).with(detail));
}

/// A window as it is shown, with the time of its next run.
fn shown(call: &Call, world: &World, id: &str) -> Result<Object, Failure> {
    let window = call.find(world, &WINDOW, id)?;
    let mut shown = call.describe(&WINDOW, id, window);
    if let Some(next) = schedule::next(&window.facts, call.now) {
        shown.insert("NextExecutionTime", schedule::written(&window.facts, next));
    }
    Ok(shown)
}

fn get(call: &Call, world: &mut World) -> Answer {
    Ok(call.fit(shown(call, world, call.required("WindowId")?)?.into()))
}

fn describe_windows(call: &Call, world: &mut World) -> Answer {
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let place = call.place(&WINDOW);
    let mut items = Vec::new();
    for id in world.shelf(&place).keys() {
        let shown = shown(call, world, id)?;
        let enabled = shown.flag("Enabled").to_string();
        let mut fits = true;
        for (key, values) in &wanted {
            fits &= match *key {
                "Name" => values.contains(&shown.text("Name")),
                "Enabled" => values.iter().any(|value| value.eq_ignore_ascii_case(&enabled)),
                _ => return Err(call.invalid(format!("The filter key {key} is not valid"))),
            };
        }
        if fits {
            items.push((id.clone(), shown.into()));
        }
    }
    TEN_TO_HUNDRED.sort(call, "WindowIdentities", items)
}

/// The name of a window.
fn name(world: &World, place: &Place, id: &str) -> String {
    let here = place.beside(&WINDOW);
    world.get(&here, id).and_then(|window| window.fact("Name")).unwrap_or_default().to_owned()
}

/// An identity of a window in a listing.
fn identity(world: &World, place: &Place, id: &str) -> Value {
    value!({"WindowId": id, "Name": (name(world, place, id))})
}

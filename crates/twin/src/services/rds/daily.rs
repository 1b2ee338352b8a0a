//! Automated backups: one a day in the backup window of every instance and every cluster, kept as long as it says.

use reeve_model::Value;
use reeve_types::Tags;

use super::{DATABASE_CLUSTER, DATABASE_INSTANCE, event, life, snapshot, window};
use crate::{
    call::Call,
    kind::Kind,
    services::Part,
    store::{Place, Resource},
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[], tasks: &[("rds:backup-window", backup_window)] };

const KINDS: [Kind; 2] = [&DATABASE_INSTANCE, &DATABASE_CLUSTER];

/// Databases that nobody made by a call are backed up daily too, from when somebody first looks at the Region.
pub(super) fn watch(call: &Call, world: &mut World) {
    for kind in KINDS {
        let place = call.place(kind);
        let unwatched: Vec<String> = world
            .shelf(&place)
            .iter()
            .filter(|(_, one)| one.inside.get("Daily").is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in unwatched {
            schedule(world, &place, &id);
        }
    }
}

/// What an automated snapshot of now is called.
pub(super) fn automated_name(world: &World, id: &str) -> String {
    format!("rds:{id}-{}", world.now().strftime("%Y-%m-%d-%H-%M"))
}

/// Enters the next automated backup of an instance or a cluster.
pub(super) fn schedule(world: &mut World, place: &Place, id: &str) {
    let Some(found) = world.get(place, id) else { return };
    let text = window_of(found).to_owned();
    if let Some(due) = window::next_day(&text, world.now()) {
        let task = Task::new("rds:backup-window", place, id).with(value!({"Window": (text)}));
        world.schedule(due, task);
        world.set_inside(place, id, "Daily", due);
    }
}

fn window_of(found: &Resource) -> &str {
    found.fact("PreferredBackupWindow").unwrap_or("03:30-04:00")
}

fn backup_window(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(found) = world.get(place, id) else { return };
    if task.detail.get("Window").and_then(Value::as_str) != Some(window_of(found)) {
        // The window was moved: its own turn is on the agenda.
        return;
    }
    if found.inside.get("Daily").and_then(Value::as_timestamp) != Some(task.due) {
        // The window was moved and moved back: there is one turn a day.
        return;
    }
    let days = found.value("BackupRetentionPeriod").and_then(Value::as_i64).unwrap_or(0);
    // Members are backed up with their cluster.
    let is_member = found.fact("DBClusterIdentifier").is_some();
    let status = found.fact("DBInstanceStatus").or_else(|| found.fact("Status"));
    if days > 0 && !is_member && status == Some("available") {
        back_up(world, place, id);
        let before = later(world.now(), -days * 86_400);
        snapshot::remove_automated(world, place, id, Some(before));
    }
    schedule(world, place, id);
}

fn back_up(world: &mut World, place: &Place, id: &str) {
    let name = automated_name(world, id);
    let take = snapshot::Take { name: &name, kind: "automated", tags: Tags::new() };
    let is_instance = place.kind == &DATABASE_INSTANCE;
    if is_instance {
        event::say(world, place, id, ("RDS-EVENT-0001", "backup", "Backing up DB instance"));
    }
    let begun = snapshot::take(world, place, id, &take).is_ok();
    if begun && is_instance {
        life::work(world, place, id, ("backing-up", life::BACKUP_SECONDS));
    }
}

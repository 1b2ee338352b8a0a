//! Automated backups of what is not a relational database: taken when their time comes, kept for as many days as said.
//!
//! ```text
//! made, changed, looked at ─► watch ─► turn: back up, forget what is too old ─► next turn …
//! ```
//!
//! What a scenario made without a call is backed up from when somebody first looks at its Region.

use jiff::Timestamp;
use reeve_model::Value;

use crate::{
    call::Call,
    kind::Kind,
    store::{Place, Resource},
    task::{Task, later},
    world::World,
};

/// When the next turn of a resource is, as far as its inside says.
const NEXT: &str = "AutomatedBackup";
/// What the schedule was when that was written.
const PLAN: &str = "AutomatedBackupPlan";
const DAY: i64 = 86_400;

/// How a kind of resource is backed up by itself.
#[derive(Debug)]
pub(super) struct Automated {
    pub(super) kind: Kind,
    pub(super) task: &'static str,
    /// What says when turns are; another text means other times.
    pub(super) plan: fn(&Resource) -> String,
    /// The turn after a time, by what the plan says.
    pub(super) next: fn(&str, Timestamp) -> Option<Timestamp>,
    /// For how many days backups are kept; none are made if that is zero.
    pub(super) days: fn(&Resource) -> i64,
    /// Whether it is in a state in which it can be backed up.
    pub(super) is_ready: fn(&Resource) -> bool,
    pub(super) back_up: fn(&mut World, &Place, &str),
    /// Removes the automated backups of a resource that were made before a time.
    pub(super) forget: fn(&mut World, &Place, &str, Timestamp),
}

impl Automated {
    /// Enters the next turn of every resource of the kind where the caller is that has none, or whose plan was changed.
    pub(super) fn watch(&self, call: &Call, world: &mut World) {
        let place = call.place(self.kind);
        let is_entered = |one: &Resource| {
            one.inside.get(PLAN).and_then(Value::as_str) == Some((self.plan)(one).as_str())
        };
        let unwatched = world.shelf(&place).iter().filter(|(_, one)| !is_entered(one));
        let unwatched: Vec<String> = unwatched.map(|(id, _)| id.clone()).collect();
        for id in unwatched {
            self.enter(world, &place, &id);
        }
    }

    fn enter(&self, world: &mut World, place: &Place, id: &str) {
        let Some(plan) = world.get(place, id).map(self.plan) else { return };
        let due = (self.next)(&plan, world.now());
        world.change_inside(place, id, |inside| {
            inside.insert(PLAN, plan);
            match due {
                Some(due) => inside.insert(NEXT, due),
                None => inside.remove(NEXT),
            };
        });
        if let Some(due) = due {
            world.schedule(due, Task::new(self.task, place, id));
        }
    }

    /// One turn of one resource.
    pub(super) fn turn(&self, world: &mut World, task: &Task) {
        let (place, id) = (&task.place, task.id.as_str());
        let Some(found) = world.get(place, id) else { return };
        if found.inside.get(NEXT).and_then(Value::as_timestamp) != Some(task.due) {
            // The plan was changed: another turn is on the agenda.
            return;
        }
        let days = (self.days)(found);
        if days > 0 && (self.is_ready)(found) {
            (self.back_up)(world, place, id);
        }
        // With none to be kept, those that there are go as well.
        (self.forget)(world, place, id, later(world.now(), -days * DAY));
        self.enter(world, place, id);
    }

    /// The resource is gone, and its automated backups with it.
    pub(super) fn gone(&self, world: &mut World, place: &Place, id: &str) {
        (self.forget)(world, place, id, Timestamp::MAX);
    }
}

/// The backups of a kind that a test picks and that were made before a time, by id.
pub(super) fn older(
    world: &World,
    backups: &Place,
    (created, before): (&str, Timestamp),
    is_one: impl Fn(&str, &Resource) -> bool,
) -> Vec<String> {
    let made = |one: &Resource| one.value(created).and_then(Value::as_timestamp);
    let all = world.shelf(backups).iter();
    all.filter(|(id, one)| is_one(id, one) && made(one).is_none_or(|made| made < before))
        .map(|(id, _)| id.clone())
        .collect()
}

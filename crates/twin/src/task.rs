//! What is to happen later: every duration of the world is a task on its agenda.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};

use crate::{kind, store::Place, world::World};

/// Performs a task. The world may have changed since it was scheduled: handlers look before they act.
pub(crate) type TaskHandler = fn(&mut World, &Task);

/// One thing to happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    /// When.
    pub(crate) due: Timestamp,
    /// What, by the name under which a service declares its handler, such as `ec2:volume-available`.
    pub(crate) name: String,
    /// Where.
    pub(crate) place: Place,
    /// To which resource.
    pub(crate) id: String,
    /// Whatever else its handler wants to know.
    pub(crate) detail: Value,
}

impl Task {
    /// A task for one resource.
    pub(crate) fn new(name: &str, place: &Place, id: &str) -> Self {
        Self {
            due: Timestamp::UNIX_EPOCH,
            name: name.to_owned(),
            place: place.clone(),
            id: id.to_owned(),
            detail: Value::Null,
        }
    }

    /// The same with something more for its handler to know.
    #[must_use]
    pub(crate) fn with(mut self, detail: impl Into<Value>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// A time some seconds later.
pub(crate) fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(from)
}

/// Everything that is to happen, in the order in which it will: by time, then as scheduled.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Agenda {
    scheduled: u64,
    #[serde(with = "entries")]
    tasks: BTreeMap<(Timestamp, u64), Task>,
}

impl Agenda {
    /// Enters a task.
    pub(crate) fn enter(&mut self, due: Timestamp, mut task: Task) {
        task.due = due;
        self.scheduled += 1;
        self.tasks.insert((due, self.scheduled), task);
    }

    /// Takes the first task that is due by `now`.
    pub(crate) fn next_due(&mut self, now: Timestamp) -> Option<Task> {
        let first = self.tasks.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next task is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.tasks.first_key_value().map(|((due, _), _)| *due)
    }
}

/// Maps whose keys are not texts are kept as lists.
mod entries {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Task;

    type Tasks = BTreeMap<(Timestamp, u64), Task>;

    pub(super) fn serialize<S: Serializer>(tasks: &Tasks, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(tasks.iter().map(|((_, number), task)| (number, task)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tasks, D::Error> {
        let tasks = Vec::<(u64, Task)>::deserialize(from)?;
        Ok(tasks.into_iter().map(|(number, task)| ((task.due, number), task)).collect())
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.account.as_str(), self.region.as_str(), self.kind.resource_type).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let (account, region, kind) = <(String, String, String)>::deserialize(from)?;
        let account: AccountId = account.parse().map_err(D::Error::custom)?;
        let region: Region = region.parse().map_err(D::Error::custom)?;
        let unknown = || D::Error::custom(format!("the twin has no resources of type `{kind}`"));
        Ok(Self { account, region, kind: kind::named(&kind).ok_or_else(unknown)? })
    }
}

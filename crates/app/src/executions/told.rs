//! What executions are told: what people say to them, and what they tell each other.

use std::collections::HashSet;

use jiff::Timestamp;
use reeve_runbook::{Event, Status};
use reeve_store::NewRecord;
use reeve_types::ExecutionId;
use serde::{Deserialize, Serialize};

use super::drive::{Driver, to_json};
use crate::Error;

/// What an execution is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Told {
    /// Something about the execution, whatever its runbook is.
    Notice(Notice),
    /// Something that its runbook takes.
    Event(Event),
}

/// Something about an execution, whatever its runbook is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Notice {
    /// An execution that it waits for has ended.
    ChildEnded { child: String, status: Status },
    /// An operator wants it to rest.
    Paused { by: String, comment: String, at: Timestamp },
    /// An operator wants it to go on.
    Resumed { by: String, comment: String, at: Timestamp },
    /// The execution that waits for it rests.
    ParentPaused,
    /// The execution that waits for it goes on.
    ParentResumed,
}

/// Whether an execution rests because an operator wants it to.
///
/// What is under way is finished, and nothing else is begun. Time goes on meanwhile: a wait that has run out is over when the
/// execution goes on, and a step that has taken too long by then has timed out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    /// Who wants it to rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    /// Whether the execution that waits for it rests.
    #[serde(default)]
    pub(super) with_parent: bool,
}

impl Hold {
    /// Whether it rests.
    pub(super) fn is_held(&self) -> bool {
        self.by.is_some() || self.with_parent
    }

    /// Whether it does not.
    pub(super) fn is_free(&self) -> bool {
        !self.is_held()
    }

    /// Takes what was told, if it is about resting. Whether it is.
    pub(super) fn take(&mut self, told: &Told) -> bool {
        match told {
            Told::Notice(Notice::Paused { by, .. }) => self.by = Some(by.clone()),
            Told::Notice(Notice::Resumed { .. }) => self.by = None,
            Told::Notice(Notice::ParentPaused) => self.with_parent = true,
            Told::Notice(Notice::ParentResumed) => self.with_parent = false,
            // Who wants it to end does not want it to rest.
            Told::Event(Event::Cancelled { .. }) => *self = Self::default(),
            Told::Notice(Notice::ChildEnded { .. }) | Told::Event(_) => return false,
        }
        true
    }
}

impl Driver<'_> {
    /// Takes something about this execution.
    pub(super) fn take_notice(&mut self, notice: &Notice) -> Result<(), Error> {
        let was_held = self.stored.hold.is_held();
        self.stored.hold.take(&Told::Notice(notice.clone()));
        if let Notice::ChildEnded { child, status } = notice {
            self.take_end(child, *status);
        }
        self.records.push(NewRecord { kind: "told".to_owned(), data: to_json(notice)? });
        let is_held = self.stored.hold.is_held();
        if was_held != is_held {
            let notice = if is_held { Notice::ParentPaused } else { Notice::ParentResumed };
            for child in self.running_children() {
                self.tell(child, &Told::Notice(notice.clone()))?;
            }
        }
        Ok(())
    }

    /// Whether it rests now. What was begun by a worker that died is finished first.
    pub(super) fn rests(&self) -> bool {
        let is_ended = self.stored.execution.status().is_final();
        let finishes_first = self.was_interrupted && !self.is_for_children();
        self.stored.hold.is_held() && !is_ended && !finishes_first
    }

    /// Tells another execution something, in the transaction of the next move.
    pub(super) fn tell(&mut self, id: ExecutionId, told: &Told) -> Result<(), Error> {
        self.along.tells.push((id, to_json(told)?));
        Ok(())
    }

    fn running_children(&self) -> Vec<ExecutionId> {
        let unique: HashSet<ExecutionId> = self.children_under_way().into_iter().collect();
        let mut children: Vec<ExecutionId> = unique.into_iter().collect();
        children.sort_unstable();
        children
    }
}

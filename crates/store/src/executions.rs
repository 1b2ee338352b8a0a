//! Executions of runbooks: beginning them, leasing them to workers, moving them on, and reading them.
//!
//! An execution is moved by one worker at a time, which holds a lease on it; a worker that dies loses its leases when they
//! run out. What a worker writes is refused if another has the execution by then, or if something was recorded that it has
//! not seen: a worker that was away for too long does nothing twice.

mod along;
mod attachments;
mod children;
mod heed;
mod lease;
mod pulse;
mod read;
mod together;
mod undo;
mod write;

use jiff::Timestamp;
use reeve_types::{AccountId, Actor, ExecutionId, Region};

use crate::error::{StoreError, damaged};
pub use along::Along;
pub use attachments::RunbookAttachment;
pub use heed::Heeded;
pub(crate) use heed::Heeding;
pub(crate) use lease::Claim;
pub use lease::Leased;
pub use pulse::Pulse;
pub use read::{ExecutionFilter, ExecutionSummary};
pub(crate) use together::are_different;
pub use undo::{NewUndo, UndoSummary};
pub use write::Move;
pub(crate) use write::{Advance, Beginning, Telling};

/// An execution that begins.
#[derive(Debug, Clone)]
pub struct NewExecution {
    /// Its id.
    pub id: ExecutionId,
    /// The name of the runbook.
    pub runbook: String,
    /// The document.
    pub document: RunbookDocument,
    /// The account it runs in.
    pub account: AccountId,
    /// The Region it runs in.
    pub region: Region,
    /// The execution that waits for it.
    pub parent: Option<ExecutionId>,
    /// Who began it.
    pub started_by: Actor,
    /// Why.
    pub reason: String,
    /// Where it stands, and what has happened to it already.
    pub standing: Standing,
}

/// A document that executions are begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunbookDocument {
    /// The SHA-256 of its text, in lower-case hexadecimal.
    pub digest: String,
    /// `yaml` or `json`.
    pub format: String,
    /// Its text.
    pub text: String,
}

/// Where an execution stands after something happened to it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its state, as JSON.
    pub state: String,
    /// Its status, in the words of the service.
    pub status: String,
    /// The step that is under way.
    pub step: Option<String>,
    /// When it wants to go on.
    pub due_at: Option<Timestamp>,
    /// Whether it will not go on any more.
    pub has_ended: bool,
    /// What happened to it.
    pub records: Vec<NewRecord>,
}

/// Something that happened to an execution.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// What kind of thing, such as `event` or `note`.
    pub kind: String,
    /// What, as JSON.
    pub data: String,
}

/// Something that happened to an execution, in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// Its place, from 1 without gaps.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: String,
    /// What, as JSON.
    pub data: String,
}

/// The database holds something that cannot be read.
fn unreadable(error: impl std::fmt::Display) -> StoreError {
    damaged(error.to_string())
}

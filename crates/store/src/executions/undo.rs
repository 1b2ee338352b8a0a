//! Executions that take others back.

use reeve_types::ExecutionId;

use super::unreadable;
use crate::{
    Store,
    committer::Writer,
    error::{Doing as _, StoreError},
};

const NOTE: &str = "INSERT INTO execution_undos (undo, execution, plan) VALUES ($1, $2, $3)";

/// What takes an execution back or has: then no other may.
const IN_THE_WAY: &str = "SELECT u.undo FROM execution_undos u JOIN executions e ON e.id = u.undo \
     WHERE u.execution = $1 AND (e.ended_at IS NULL OR e.status = 'Success') ORDER BY u.undo LIMIT 1";

const UNDOS: &str = "SELECT u.undo, u.plan, e.status, e.ended_at \
     FROM execution_undos u JOIN executions e ON e.id = u.undo \
     WHERE u.execution = $1 ORDER BY u.undo";

const PLAN: &str =
    "SELECT execution, plan FROM execution_undos WHERE undo = $1 AND plan IS NOT NULL";

/// What an execution that begins takes back.
#[derive(Debug, Clone)]
pub struct NewUndo {
    /// The execution that its undo was asked for.
    pub execution: ExecutionId,
    /// The executions that ran within it, and are taken back with it.
    pub within: Vec<ExecutionId>,
    /// What is known of each of its steps, as JSON.
    pub plan: String,
}

/// An execution that takes another back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoSummary {
    /// Its id.
    pub undo: ExecutionId,
    /// What is known of each of its steps, as JSON, if it is this execution that its undo was asked for.
    pub plan: Option<String>,
    /// Its status, in the words of the service.
    pub status: String,
    /// Whether it has ended.
    pub has_ended: bool,
}

type UndoRow = (String, Option<String>, String, Option<i64>);

impl UndoSummary {
    /// Whether it takes the execution back, or has: another one may only be begun if it did not.
    pub fn holds(&self) -> bool {
        !self.has_ended || self.status == "Success"
    }
}

impl Store {
    /// The executions that take another back, oldest first.
    pub async fn undos_of(&self, id: ExecutionId) -> Result<Vec<UndoSummary>, StoreError> {
        let rows: Vec<UndoRow> = sqlx::query_as(UNDOS)
            .bind(id.to_string())
            .fetch_all(self.readers())
            .await
            .doing("read what takes an execution back")?;
        let read = |(undo, plan, status, ended): UndoRow| {
            let undo = undo.parse().map_err(unreadable)?;
            Ok(UndoSummary { undo, plan, status, has_ended: ended.is_some() })
        };
        rows.into_iter().map(read).collect()
    }

    /// The execution that this one takes back, if it is an undo, and what is known of each of its steps.
    pub async fn undone_by(
        &self,
        undo: ExecutionId,
    ) -> Result<Option<(ExecutionId, String)>, StoreError> {
        let row: Option<(String, String)> = sqlx::query_as(PLAN)
            .bind(undo.to_string())
            .fetch_optional(self.readers())
            .await
            .doing("read what an execution takes back")?;
        row.map(|(execution, plan)| Ok((execution.parse().map_err(unreadable)?, plan))).transpose()
    }
}

impl Writer<'_> {
    /// Refuses an undo if another takes one of the executions back, or has. Nothing may have been written for it yet.
    pub(super) async fn check_undo(&mut self, undo: &NewUndo) -> Result<(), StoreError> {
        for execution in [undo.execution].iter().chain(&undo.within) {
            let other: Option<String> = sqlx::query_scalar(IN_THE_WAY)
                .bind(execution.to_string())
                .fetch_optional(&mut *self.connection)
                .await
                .doing("look who takes an execution back")?;
            if let Some(other) = other {
                let undo = other.parse().map_err(unreadable)?;
                return Err(StoreError::AlreadyUndone { execution: *execution, undo });
            }
        }
        Ok(())
    }

    /// Notes what an execution takes back.
    pub(super) async fn note_undo(
        &mut self,
        id: ExecutionId,
        undo: &NewUndo,
    ) -> Result<(), StoreError> {
        let within = undo.within.iter().map(|execution| (*execution, None));
        for (execution, plan) in [(undo.execution, Some(&undo.plan))].into_iter().chain(within) {
            sqlx::query(NOTE)
                .bind(id.to_string())
                .bind(execution.to_string())
                .bind(plan)
                .execute(&mut *self.connection)
                .await
                .doing("note what an execution takes back")?;
        }
        Ok(())
    }
}

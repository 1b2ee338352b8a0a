//! What one execution does to others when it is moved: it begins them, or tells them something, in the same transaction.
//!
//! A worker that dies can so never have begun an execution that the one which wants it knows nothing of, and the end of one
//! is never unknown to the one that waits for it.

use reeve_types::ExecutionId;

use super::{Beginning, NewExecution};
use crate::{committer::Writer, entry::NewEntry, error::StoreError};

/// What one execution does to others.
#[derive(Debug, Default)]
pub struct Along {
    /// Executions that begin, and what the ledger says of each.
    pub begins: Vec<(NewExecution, Vec<NewEntry>)>,
    /// What others are told, if they have not ended, as JSON.
    pub tells: Vec<(ExecutionId, String)>,
}

/// The same, ready to be written.
#[derive(Debug, Default)]
pub(super) struct PreparedAlong {
    begins: Vec<Beginning>,
    tells: Vec<(ExecutionId, String)>,
}

impl Along {
    pub(super) fn prepared(self) -> Result<PreparedAlong, StoreError> {
        let begins = self.begins.into_iter();
        let begins = begins.map(|(execution, entries)| Beginning::new(execution, entries));
        Ok(PreparedAlong { begins: begins.collect::<Result<_, _>>()?, tells: self.tells })
    }
}

impl PreparedAlong {
    /// About how many rows it writes.
    pub(super) fn rows(&self) -> usize {
        self.begins.iter().map(Beginning::rows).sum::<usize>() + self.tells.len()
    }
}

impl Writer<'_> {
    /// Does to other executions what belongs to the move of one.
    pub(super) async fn along(&mut self, along: &PreparedAlong) -> Result<(), StoreError> {
        for beginning in &along.begins {
            self.begin(beginning).await?;
        }
        for (id, data) in &along.tells {
            self.tell_running(*id, data).await?;
        }
        Ok(())
    }
}

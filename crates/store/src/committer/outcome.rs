//! What became of a transaction whose connection was lost.
//!
//! ```text
//! lost before COMMIT was sent ──► nothing was written ──────────────► written again
//! lost after  COMMIT was sent ──► is its last entry in the ledger? ─┬► yes: it was committed, and is answered
//!                                 (asked under the write lock)      ├► no: written again
//!                                                                   └► nobody answers: the outcome is unknown
//! ```
//!
//! The question is asked under the write lock, since the server may still be at the lost transaction: it holds that lock
//! until it has committed or given up, and only then is the answer final. An entry is known by its hash, which covers all
//! entries before it: only the same words, by the same actor, in the same microsecond, at the same place, have the same.
//!
//! A transaction without entries has only written what was observed, which comes to the same when it is written twice.

use std::time::Duration;

use sqlx::Connection as _;

use super::{Committer, Outcome, Work};
use crate::{
    error::{Doing as _, StoreError, Trouble, trouble},
    ledger::Tail,
};

/// How long is waited before each new try to reach the server: eleven seconds in all, so that a restart goes unnoticed.
const PAUSES: [u64; 8] = [0, 100, 200, 400, 800, 1600, 3200, 5000];

/// The answer to each request of a group.
pub(crate) type Answers = Vec<Result<Outcome, StoreError>>;

/// Why a transaction was not seen to be committed.
pub(crate) enum Failure {
    /// Nothing was written.
    NotWritten(StoreError),
    /// The connection was lost while it was committed: these are its answers if it was, and the end of the ledger then.
    InDoubt(Answers, Option<Tail>),
}

impl Failure {
    /// What a failed commit means.
    pub(crate) fn of_commit(error: sqlx::Error, answers: Answers, end: Option<Tail>) -> Self {
        // An answer means that the transaction is over, unless it was the last that the server said.
        let is_answer = matches!(error, sqlx::Error::Database(_));
        if is_answer && trouble(&error) != Trouble::Unreachable {
            return Self::NotWritten(StoreError::database("commit a transaction", error));
        }
        tracing::warn!(%error, "the database was lost while it committed");
        Self::InDoubt(answers, end)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::NotWritten(error)
    }
}

impl Committer {
    /// Writes `works` in one transaction. An error means that none of them was written, unless it is
    /// [`StoreError::OutcomeUnknown`].
    pub(super) async fn transact(&mut self, works: &[&Work]) -> Result<Answers, StoreError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let lost = match self.attempt(works).await {
                Ok(answers) => return Ok(answers),
                Err(Failure::NotWritten(error @ StoreError::Unreachable { .. })) => error,
                Err(Failure::NotWritten(error)) => return Err(error),
                Err(Failure::InDoubt(answers, end)) => {
                    if self.was_committed(end).await? {
                        return Ok(answers);
                    }
                    unreachable()
                }
            };
            let Some(pause) = pauses.next() else { return Err(lost) };
            wait(pause).await;
        }
    }

    /// Finds out whether the transaction was committed that made `end` the end of the ledger.
    async fn was_committed(&mut self, end: Option<Tail>) -> Result<bool, StoreError> {
        let Some(end) = end else { return Ok(false) };
        for pause in PAUSES {
            wait(pause).await;
            match self.look_for(&end).await {
                Ok(found) => {
                    tracing::info!(entry = end.sequence, found, "looked for what was in doubt");
                    return Ok(found);
                }
                Err(error) => tracing::warn!(%error, "cannot look for what is in doubt"),
            }
        }
        Err(StoreError::OutcomeUnknown)
    }

    async fn look_for(&mut self, end: &Tail) -> Result<bool, StoreError> {
        let mut connection = self.database.writer().await.doing("open the database again")?;
        let begin = self.database.dialect().begin();
        let mut transaction = connection.begin_with(begin).await.doing("begin a transaction")?;
        let found = end.is_in_ledger(&mut transaction).await?;
        transaction.rollback().await.doing("end a transaction")?;
        self.connection = Some(connection);
        Ok(found)
    }
}

async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// What the others of a group are told when its server could not be reached.
pub(super) fn unreachable() -> StoreError {
    let source = std::io::Error::new(std::io::ErrorKind::NotConnected, "there is no connection");
    StoreError::Unreachable { source: sqlx::Error::Io(source) }
}

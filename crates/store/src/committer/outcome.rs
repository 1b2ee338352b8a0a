//! What became of a transaction whose connection was lost.
//!
//! ```text
//! lost before COMMIT was sent ──► nothing was written ─────────────► written again
//! lost after  COMMIT was sent ──► is its mark in the database? ────┬► yes: it was committed, and is answered
//!                                 (asked under the write lock)     ├► no: written again
//!                                                                  └► nobody answers: the outcome is unknown
//! ```
//!
//! Each transaction on a server leaves a mark: the number that it has among those of its process. It is written together
//! with its beginning, so that it costs no message of its own, and it is there if and only if all the rest is. The ledger
//! would not do: a worker may be given work, or an execution moved, without an entry; and either must not happen twice.
//!
//! The question is asked under the write lock, since the server may still be at the lost transaction: it holds that lock
//! until it has committed or given up, and only then is the answer final.

use std::time::Duration;

use reeve_time::{Clock, IdGenerator};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::{Committer, Outcome, Work};
use crate::{
    dialect::Dialect,
    error::{Doing as _, StoreError, Trouble, trouble},
};

/// How long is waited before each new try to reach the server: eleven seconds in all, so that a restart goes unnoticed.
const PAUSES: [u64; 8] = [0, 100, 200, 400, 800, 1600, 3200, 5000];

const MARKED: &str = "SELECT transaction FROM writers WHERE id = $1";

/// The answer to each request of a group.
pub(crate) type Answers = Vec<Result<Outcome, StoreError>>;

/// What tells a transaction of this process from all others.
#[derive(Debug)]
pub(crate) struct Mark {
    writer: String,
    transaction: i64,
}

impl Mark {
    /// The mark of a process that has written nothing.
    pub(crate) fn new(clock: &Clock) -> Self {
        Self { writer: IdGenerator::random().uuid(clock.now()).to_string(), transaction: 0 }
    }

    /// How the next transaction begins: with the write lock, and with its mark where it may be in doubt.
    pub(super) fn next(&mut self, dialect: Dialect, at: i64) -> AssertSqlSafe<String> {
        self.transaction += 1;
        let begin = dialect.begin();
        let Self { writer, transaction } = self;
        AssertSqlSafe(match dialect {
            Dialect::Sqlite => begin.to_owned(),
            // An id and two numbers of ours, in a message that takes no values.
            Dialect::Postgres => format!(
                "{begin}; INSERT INTO writers (id, transaction, at) VALUES ('{writer}', {transaction}, {at}) \
                 ON CONFLICT (id) DO UPDATE SET transaction = excluded.transaction, at = excluded.at"
            ),
        })
    }

    /// Whether the transaction that began last was committed.
    async fn is_in(&self, connection: &mut AnyConnection) -> Result<bool, StoreError> {
        let marked: Option<i64> = sqlx::query_scalar(MARKED)
            .bind(self.writer.as_str())
            .fetch_optional(connection)
            .await
            .doing("look for the mark of a transaction")?;
        Ok(marked == Some(self.transaction))
    }
}

/// Why a transaction was not seen to be committed.
pub(crate) enum Failure {
    /// Nothing was written.
    NotWritten(StoreError),
    /// The connection was lost while it was committed: these are its answers if it was.
    InDoubt(Answers),
}

impl Failure {
    /// What a failed commit means.
    pub(super) fn of_commit(error: sqlx::Error, answers: Answers, dialect: Dialect) -> Self {
        // An answer means that the transaction is over, unless it was the last that the server said.
        let is_answer = matches!(error, sqlx::Error::Database(_));
        let is_over = is_answer && trouble(&error) != Trouble::Unreachable;
        if is_over || dialect == Dialect::Sqlite {
            return Self::NotWritten(StoreError::database("commit a transaction", error));
        }
        tracing::warn!(%error, "the database was lost while it committed");
        Self::InDoubt(answers)
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
                Err(Failure::InDoubt(answers)) => {
                    if self.was_committed().await? {
                        return Ok(answers);
                    }
                    unreachable()
                }
            };
            let Some(pause) = pauses.next() else { return Err(lost) };
            wait(pause).await;
        }
    }

    /// Finds out whether the last transaction was committed.
    async fn was_committed(&mut self) -> Result<bool, StoreError> {
        for pause in PAUSES {
            wait(pause).await;
            match self.look_for_mark().await {
                Ok(found) => {
                    tracing::info!(found, "looked for the transaction that was in doubt");
                    return Ok(found);
                }
                Err(error) => tracing::warn!(%error, "cannot look for what is in doubt"),
            }
        }
        Err(StoreError::OutcomeUnknown)
    }

    async fn look_for_mark(&mut self) -> Result<bool, StoreError> {
        let mut connection = self.database.writer().await.doing("open the database again")?;
        let begin = self.database.dialect().begin();
        let mut transaction = connection.begin_with(begin).await.doing("begin a transaction")?;
        let found = self.mark.is_in(&mut transaction).await?;
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

//! Verifying the ledger: is it, from its first entry to its head, what was written?
//!
//! The entries are read in order, and each is hashed again. The first one that is not what it should be is named: an
//! edit changes the hash, a gap or a swap breaks the order or the link to the entry before, and an end that was cut off
//! falls short of the recorded head. Whoever can rewrite the whole chain and its head can only be found out with a head
//! that was noted elsewhere: that is what [`Verification::head`] is for.
//!
//! All is read in one transaction, so that what others append meanwhile is not taken for a change. Once the chain is found
//! intact, the plans are compared with it ([`crate::verify_plans`]).

use futures_util::TryStreamExt as _;
use sqlx::{AnyConnection, Connection as _};

use crate::{
    Store,
    chain::{GENESIS, Link},
    connection::{Access, Database},
    error::{Trouble, postgres_hint, trouble},
    location::DatabaseLocation,
    verify_plans::first_strange_plan,
};

pub(crate) const ENTRIES: &str = "SELECT sequence, at, actor, kind, plan_id, action_number, account, region, data, \
            previous_hash, hash \
     FROM ledger ORDER BY sequence";

const HEAD: &str = "SELECT sequence, hash FROM ledger_head WHERE id = 1";

type Row = (
    i64,
    i64,
    String,
    String,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    String,
    String,
    String,
);

/// What verifying the ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many entries are as they were written, from the first on.
    pub entries: u64,
    /// The hash of the last of them.
    pub head: Option<String>,
    /// The first thing that is wrong, if anything is.
    pub problem: Option<Problem>,
}

/// Where the ledger is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The place of the entry.
    pub sequence: u64,
    /// What is wrong.
    pub message: String,
}

/// Why the ledger could not be verified at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the ledger in `{database}`")]
pub struct VerifyError {
    database: String,
    source: sqlx::Error,
}

impl VerifyError {
    /// What the person who reads the message can do about it.
    pub fn hint(&self) -> &'static str {
        match trouble(&self.source) {
            Trouble::Unreachable => "see whether its server runs",
            Trouble::Busy => "see which other process uses the database",
            _ => postgres_hint(&self.source).unwrap_or("restore the records from a backup"),
        }
    }
}

impl Verification {
    /// Whether the ledger is what was written.
    pub fn is_intact(&self) -> bool {
        self.problem.is_none()
    }
}

impl Store {
    /// Verifies the whole ledger, and the plans against it.
    pub async fn verify(&self) -> Result<Verification, VerifyError> {
        verify_ledger(self.location()).await
    }
}

/// Verifies the ledger at `location`, and the plans against it, read-only and whatever else is wrong there.
pub async fn verify_ledger(
    location: impl Into<DatabaseLocation>,
) -> Result<Verification, VerifyError> {
    verify(&Database::new(location.into())).await
}

async fn verify(database: &Database) -> Result<Verification, VerifyError> {
    let failed = |source| VerifyError { database: database.location().database(), source };
    let mut connection = match database.reader(Access::Read).await {
        Ok(connection) => connection,
        // On a medium that cannot be written to, a write-ahead log cannot be shared, and need not be.
        Err(_) if database.location().folder().is_some() => {
            database.reader(Access::Immutable).await.map_err(failed)?
        }
        Err(source) => return Err(failed(source)),
    };
    let snapshot = database.dialect().snapshot();
    let mut snapshot = connection.begin_with(snapshot).await.map_err(failed)?;
    let mut chain = Chain::default();
    let problem = match chain.follow(&mut snapshot).await {
        Ok(problem) => problem,
        // Not one entry could be read: there is nothing to say about the ledger.
        Err(source) if chain.sequence == 0 => return Err(failed(source)),
        Err(error) => Some(chain.problem_after(format!("the next entry cannot be read: {error}"))),
    };
    let problem = match problem {
        None => chain.compare(head(&mut snapshot).await.map_err(failed)?),
        found => found,
    };
    let entries = u64::try_from(chain.sequence).unwrap_or_default();
    let problem = match problem {
        None => first_strange_plan(&mut snapshot, entries).await.map_err(failed)?,
        found => found,
    };
    Ok(Verification { entries, head: (chain.sequence > 0).then_some(chain.hash), problem })
}

async fn head(connection: &mut AnyConnection) -> Result<Option<(i64, String)>, sqlx::Error> {
    sqlx::query_as(HEAD).fetch_optional(connection).await
}

/// The part of the chain that is intact so far.
struct Chain {
    sequence: i64,
    hash: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self { sequence: 0, hash: GENESIS.to_owned() }
    }
}

impl Chain {
    /// Follows the entries to the end, or to the first that is wrong.
    async fn follow(
        &mut self,
        connection: &mut AnyConnection,
    ) -> Result<Option<Problem>, sqlx::Error> {
        let mut rows = sqlx::query_as::<_, Row>(ENTRIES).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            if let Err(problem) = self.take(row) {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    /// Takes the next entry into the chain.
    fn take(&mut self, row: Row) -> Result<(), Problem> {
        let (
            sequence,
            at,
            actor,
            kind,
            plan_id,
            action_number,
            account,
            region,
            data,
            previous_hash,
            hash,
        ) = row;
        if sequence != self.sequence + 1 {
            let message = if self.sequence == 0 {
                format!("it is missing: the ledger begins with entry {sequence}")
            } else {
                format!("it is missing: entry {} is followed by entry {sequence}", self.sequence)
            };
            return Err(self.problem_after(message));
        }
        let link = Link {
            sequence,
            at,
            actor: &actor,
            kind: &kind,
            plan_id: plan_id.as_deref(),
            action_number,
            account: account.as_deref(),
            region: region.as_deref(),
            data: &data,
            previous_hash: &previous_hash,
        };
        if link.hash() != hash {
            return Err(self.problem_after("it was altered: its hash does not fit what it says"));
        }
        if previous_hash != self.hash {
            let message =
                "it does not follow from the entry before: one of them was replaced or moved";
            return Err(self.problem_after(message));
        }
        *self = Self { sequence, hash };
        Ok(())
    }

    /// Compares the end of the chain with the recorded head.
    fn compare(&self, head: Option<(i64, String)>) -> Option<Problem> {
        let message = match head {
            None => "the ledger's head is missing, so its end cannot be checked".to_owned(),
            Some((sequence, hash)) if sequence == self.sequence => {
                if hash == self.hash {
                    return None;
                }
                return Some(Problem {
                    sequence: u64::try_from(sequence).unwrap_or_default(),
                    message: "it is not the entry that the ledger's head was recorded for"
                        .to_owned(),
                });
            }
            Some((sequence, _)) if sequence > self.sequence => {
                format!("it is missing: the ledger was cut off, its head is entry {sequence}")
            }
            Some((sequence, _)) => {
                format!("the ledger goes on beyond its recorded head, entry {sequence}")
            }
        };
        Some(self.problem_after(message))
    }

    fn problem_after(&self, message: impl Into<String>) -> Problem {
        let sequence = u64::try_from(self.sequence).unwrap_or_default() + 1;
        Problem { sequence, message: message.into() }
    }
}

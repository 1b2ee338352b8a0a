//! What can go wrong once the store is open.

use reeve_types::{ExecutionId, PlanId};
use sqlx::postgres::PgDatabaseError;

use crate::serialize::DocumentError;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such plan.
    #[error("no plan has the id `{id}`")]
    PlanNotFound {
        /// The id that was asked for.
        id: String,
    },
    /// Several plans fit what was asked for.
    #[error("`{text}` may mean any of {}", .candidates.join(", "))]
    AmbiguousPlan {
        /// The text that was asked for.
        text: String,
        /// Some of the plans that fit.
        candidates: Vec<String>,
    },
    /// The plan stands elsewhere than the caller thought; nothing was written.
    #[error("{plan}: {reason}")]
    Conflict {
        /// The plan.
        plan: PlanId,
        /// Why the event cannot happen now.
        reason: String,
    },
    /// There is no such execution, or several fit what was asked for.
    #[error("no single execution fits `{text}`")]
    ExecutionNotFound {
        /// The text that was asked for.
        text: String,
    },
    /// The execution has ended; nothing was written.
    #[error("{execution} has ended")]
    ExecutionOver {
        /// The execution.
        execution: ExecutionId,
    },
    /// The execution is being taken back already, or was; nothing was written.
    #[error("{undo} takes {execution} back")]
    AlreadyUndone {
        /// The execution.
        execution: ExecutionId,
        /// The execution that takes it back.
        undo: ExecutionId,
    },
    /// Another worker has the execution by now, or it was moved meanwhile; nothing was written.
    #[error("{execution} is in other hands")]
    NotLeased {
        /// The execution.
        execution: ExecutionId,
    },
    /// What was to be written contradicts itself; nothing was written.
    #[error("{reason}")]
    Invalid {
        /// How it does.
        reason: String,
    },
    /// The disk or the quota is full; nothing was written.
    #[error("the disk that holds the database is full")]
    DiskFull,
    /// Another process kept the database locked for too long; nothing was written.
    #[error("another process keeps the database locked")]
    Busy,
    /// The database's server does not answer; nothing was written.
    #[error("the database cannot be reached")]
    Unreachable {
        /// What came of trying.
        source: sqlx::Error,
    },
    /// The connection was lost while the request was committed, and it could not be found out since whether it was.
    #[error("the database was lost while it committed: whether anything was written is not known")]
    OutcomeUnknown,
    /// The database cannot be written to.
    #[error("the database can only be read")]
    ReadOnly,
    /// The database does not hold what it must hold.
    #[error("the database is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// A stored document cannot be read.
    #[error("cannot read {what}")]
    Document {
        /// Which document.
        what: String,
        /// What is wrong with it.
        source: DocumentError,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The engine's lock was lost with the connection that held it: another process may have it by now.
    #[error("the engine's lock was lost: the database closed the connection that held it")]
    LockLost,
    /// The lock file cannot be used.
    #[error("cannot use the lock file `{path}`")]
    Lock {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that the database said.
    #[error("cannot {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        source: sqlx::Error,
    },
}

impl StoreError {
    /// What the database said while something was being done.
    pub(crate) fn database(doing: &'static str, source: sqlx::Error) -> Self {
        match trouble(&source) {
            Trouble::Busy => Self::Busy,
            Trouble::ReadOnly => Self::ReadOnly,
            Trouble::Full => Self::DiskFull,
            Trouble::Corrupt | Trouble::NotADatabase => Self::Damaged { what: source.to_string() },
            Trouble::Unreachable => Self::Unreachable { source },
            Trouble::CannotOpen | Trouble::Other => Self::Database { doing, source },
        }
    }

    /// Whether the same request may succeed later without anyone changing it.
    pub fn retryable(&self) -> bool {
        match self {
            Self::DiskFull | Self::Busy | Self::Unreachable { .. } | Self::LockLost => true,
            Self::PlanNotFound { .. }
            | Self::AmbiguousPlan { .. }
            | Self::Conflict { .. }
            | Self::ExecutionNotFound { .. }
            | Self::ExecutionOver { .. }
            | Self::AlreadyUndone { .. }
            | Self::NotLeased { .. }
            | Self::Invalid { .. }
            | Self::ReadOnly
            | Self::Damaged { .. }
            | Self::Document { .. }
            | Self::Closed
            | Self::OutcomeUnknown
            | Self::Lock { .. }
            | Self::Database { .. } => false,
        }
    }

    /// What the person who reads the message can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DiskFull => Some("free some space; the store goes on by itself"),
            Self::Busy => Some("see which other process uses the database"),
            Self::Unreachable { .. } => {
                Some("see whether its server runs; the store goes on by itself")
            }
            Self::OutcomeUnknown => Some("look at the ledger before you ask for the same again"),
            Self::Damaged { .. } | Self::Document { .. } => {
                Some("check it with `reeve ledger verify`, then restore the database from a backup")
            }
            Self::PlanNotFound { .. } => {
                Some("the list of plans shows their ids; `latest` is the newest one")
            }
            Self::AmbiguousPlan { .. } => Some("give more of the plan's id"),
            Self::ExecutionNotFound { .. } => Some(
                "`reeve run list` shows the ids; the end of an id is enough, and `latest` is the newest",
            ),
            Self::Conflict { .. }
            | Self::ExecutionOver { .. }
            | Self::AlreadyUndone { .. }
            | Self::NotLeased { .. }
            | Self::Invalid { .. }
            | Self::ReadOnly
            | Self::Closed
            | Self::LockLost
            | Self::Lock { .. }
            | Self::Database { .. } => None,
        }
    }
}

/// What a database says is wrong, as far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Busy,
    ReadOnly,
    Corrupt,
    Full,
    CannotOpen,
    NotADatabase,
    /// The connection was lost, or there never was one.
    Unreachable,
    Other,
}

/// Sorts a database error by what can be done about it.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                postgres_trouble(&code)
            } else {
                sqlite_trouble(&code)
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => {
            Trouble::Unreachable
        }
        _ => Trouble::Other,
    }
}

/// SQLite's result codes: the low byte is the primary code; the rest says more than is needed here.
fn sqlite_trouble(code: &str) -> Trouble {
    match code.parse::<i32>().unwrap_or_default() & 0xff {
        5 | 6 => Trouble::Busy,
        8 => Trouble::ReadOnly,
        11 => Trouble::Corrupt,
        13 => Trouble::Full,
        14 => Trouble::CannotOpen,
        26 => Trouble::NotADatabase,
        _ => Trouble::Other,
    }
}

/// PostgreSQL's SQLSTATE codes: the first two letters are the class.
fn postgres_trouble(code: &str) -> Trouble {
    match code {
        // A lock that was waited for too long; a deadlock and a conflict, which a statement of the store never causes alone.
        "55P03" | "40P01" | "40001" => Trouble::Busy,
        // A server that follows another one.
        "25006" => Trouble::ReadOnly,
        "XX001" | "XX002" => Trouble::Corrupt,
        "53100" => Trouble::Full,
        // The server stops, crashed or starts; took too many connections; or gave up on a transaction that stalled.
        "57P01" | "57P02" | "57P03" | "57P05" | "53300" | "25P03" | "25P04" => Trouble::Unreachable,
        code if code.starts_with("08") => Trouble::Unreachable,
        _ => Trouble::Other,
    }
}

/// What to do about what a server says to whoever it does not know, or has nothing for.
pub(crate) fn postgres_hint(source: &sqlx::Error) -> Option<&'static str> {
    let code = source.as_database_error()?.code()?;
    match &*code {
        "28P01" | "28000" => Some(
            "see which user and password the URL, PGUSER, PGPASSWORD and the password file give, and what \
             the server's `pg_hba.conf` asks for",
        ),
        "3D000" => Some("make the database first: `createdb`"),
        "42501" => Some("let the user own the database, or its schema: tables are made there"),
        "42P01" => Some("see whether it is the right database: it has no such table"),
        _ => None,
    }
}

/// Says what was being done when the database objected.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::database(doing, source))
    }
}

/// Says that the database holds something that it never should.
pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_the_same_trouble_on_both_databases() {
        for (sqlite, postgres, expected) in [
            ("5", "55P03", Trouble::Busy),
            ("517", "40P01", Trouble::Busy),
            ("8", "25006", Trouble::ReadOnly),
            ("267", "XX001", Trouble::Corrupt),
            ("13", "53100", Trouble::Full),
            // A constraint; and a code of PostgreSQL that is a number.
            ("1555", "23505", Trouble::Other),
            ("1", "57014", Trouble::Other),
        ] {
            assert_eq!(sqlite_trouble(sqlite), expected, "{sqlite}");
            assert_eq!(postgres_trouble(postgres), expected, "{postgres}");
        }
        for lost in ["57P01", "57P02", "57P03", "53300", "08006", "08P01", "25P03"] {
            assert_eq!(postgres_trouble(lost), Trouble::Unreachable, "{lost}");
        }
    }
}

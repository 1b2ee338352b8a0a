//! What can go wrong once the store is open.

use reeve_types::{ExecutionId, PlanId};

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
    #[error("the disk that holds the data folder is full")]
    DiskFull,
    /// Another process kept the database locked for too long; nothing was written.
    #[error("another process keeps the database locked")]
    Busy,
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
    /// Whether the same request may succeed later without anyone changing it.
    pub fn retryable(&self) -> bool {
        match self {
            Self::DiskFull | Self::Busy => true,
            Self::PlanNotFound { .. }
            | Self::AmbiguousPlan { .. }
            | Self::Conflict { .. }
            | Self::ExecutionNotFound { .. }
            | Self::ExecutionOver { .. }
            | Self::NotLeased { .. }
            | Self::Invalid { .. }
            | Self::ReadOnly
            | Self::Damaged { .. }
            | Self::Document { .. }
            | Self::Closed
            | Self::Lock { .. }
            | Self::Database { .. } => false,
        }
    }

    /// What the person who reads the message can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DiskFull => Some("free some space; the store goes on by itself"),
            Self::Busy => Some("see which other process uses the data folder"),
            Self::Damaged { .. } | Self::Document { .. } => Some(
                "check it with `reeve ledger verify`, then restore the data folder from a backup",
            ),
            Self::PlanNotFound { .. } => {
                Some("the list of plans shows their ids; `latest` is the newest one")
            }
            Self::AmbiguousPlan { .. } => Some("give more of the plan's id"),
            Self::ExecutionNotFound { .. } => Some(
                "`reeve run list` shows the ids; the end of an id is enough, and `latest` is the newest",
            ),
            Self::Conflict { .. }
            | Self::ExecutionOver { .. }
            | Self::NotLeased { .. }
            | Self::Invalid { .. }
            | Self::ReadOnly
            | Self::Closed
            | Self::Lock { .. }
            | Self::Database { .. } => None,
        }
    }
}

/// What SQLite says in its primary result codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    Busy,
    ReadOnly,
    Corrupt,
    Full,
    CannotOpen,
    NotADatabase,
    Other,
}

/// Sorts a database error by what can be done about it.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    let sqlx::Error::Database(error) = error else { return Trouble::Other };
    let code = error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
    // The low byte is the primary code; the rest says more than is needed here.
    match code & 0xff {
        5 | 6 => Trouble::Busy,
        8 => Trouble::ReadOnly,
        11 => Trouble::Corrupt,
        13 => Trouble::Full,
        14 => Trouble::CannotOpen,
        26 => Trouble::NotADatabase,
        _ => Trouble::Other,
    }
}

/// Says what was being done when the database objected.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| match trouble(&source) {
            Trouble::Busy => StoreError::Busy,
            Trouble::ReadOnly => StoreError::ReadOnly,
            Trouble::Full => StoreError::DiskFull,
            Trouble::Corrupt | Trouble::NotADatabase => {
                StoreError::Damaged { what: source.to_string() }
            }
            Trouble::CannotOpen | Trouble::Other => StoreError::Database { doing, source },
        })
    }
}

/// Says that the database holds something that it never should.
pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

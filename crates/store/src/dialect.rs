//! What SQLite and PostgreSQL do not say alike.
//!
//! Everything else is one text for both. What is here is short, and each difference has its reason:
//!
//! - **How a writer begins.** Before it reads anything, so that what it reads cannot change before it writes: SQLite's
//!   write lock, which there is only one of, and a lock of our own making on PostgreSQL. There it is an advisory one and
//!   not the row of the ledger's head, since it also keeps migrations apart, before there is any row.
//! - **How readers of several statements begin**, to see one state of the database.
//! - **How the places of many values are written.** See [`crate::batch`].

use sqlx::AnyConnection;

/// The database engine that a connection speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Write,
    Read,
}

/// A commit returns only when it is on the disk. The log is cut back once it was large.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864";

/// A reader that tries to write is a mistake.
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON";

/// A commit returns only when it is on the server's disk at least. A process that stalls within a transaction, or a
/// machine that goes away, must not keep the others from writing for as long as TCP would wait for it.
const POSTGRES_WRITER: &str = "SET application_name = 'reeve writer'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 10; \
     SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
     SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'";

const POSTGRES_READER: &str =
    "SET application_name = 'reeve reader'; SET default_transaction_read_only = on";

impl Dialect {
    /// The dialect of `connection`.
    pub(crate) fn of(connection: &AnyConnection) -> Self {
        if connection.backend_name() == "PostgreSQL" { Self::Postgres } else { Self::Sqlite }
    }

    /// How a transaction that writes begins: alone.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            // The first number is `REEV` in ASCII, and says whose locks these are; the second is the lock for writing. The
            // statement after this one is the first that looks at the tables, whatever the server's default isolation is.
            Self::Postgres => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; \
                 SELECT pg_advisory_xact_lock(1380271446, 1)"
            }
        }
    }

    /// How a transaction begins whose statements all see one state of the database.
    pub(crate) fn snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What is said first on a new connection.
    pub(crate) fn settings(self, purpose: Purpose) -> &'static str {
        match (self, purpose) {
            (Self::Sqlite, Purpose::Write) => SQLITE_WRITER,
            (Self::Sqlite, Purpose::Read) => SQLITE_READER,
            (Self::Postgres, Purpose::Write) => POSTGRES_WRITER,
            (Self::Postgres, Purpose::Read) => POSTGRES_READER,
        }
    }

    /// A statement whose places are written as `?`, as this database reads them. It must have no other `?`.
    pub(crate) fn places(self, text: String) -> String {
        match self {
            Self::Sqlite => text,
            Self::Postgres => numbered(&text),
        }
    }
}

fn numbered(text: &str) -> String {
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (part, number) in parts.zip(1..) {
        numbered.push_str(&format!("${number}"));
        numbered.push_str(part);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_only_where_they_must_be() {
        let text = "SELECT a FROM t WHERE b = ? AND c IN (?, ?)";
        assert_eq!(Dialect::Sqlite.places(text.to_owned()), text);
        assert_eq!(
            Dialect::Postgres.places(text.to_owned()),
            "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)"
        );
    }
}

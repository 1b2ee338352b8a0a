//! Why the records cannot be opened, and what to do about it.

use std::{io, path::PathBuf};

use sqlx::migrate::MigrateError;

use crate::{
    error::{Trouble, postgres_hint, trouble},
    location::DatabaseLocation,
};

/// Why the records cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder cannot be made or entered.
    #[error("cannot use `{path}` as data folder")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database's server does not answer.
    #[error("the database `{}` cannot be reached", .location.database())]
    Unreachable {
        /// The database.
        location: DatabaseLocation,
        /// What came of trying.
        source: sqlx::Error,
    },
    /// The database cannot be written to.
    #[error("the database `{}` cannot be written to", .location.database())]
    ReadOnly {
        /// The database.
        location: DatabaseLocation,
    },
    /// The disk is full.
    #[error("the disk that holds the database `{}` is full", .location.database())]
    DiskFull {
        /// The database.
        location: DatabaseLocation,
    },
    /// Another process keeps the database locked.
    #[error("another process keeps the database `{}` locked", .location.database())]
    Busy {
        /// The database.
        location: DatabaseLocation,
    },
    /// The file is something else.
    #[error("`{}` is not a database", .location.database())]
    NotADatabase {
        /// The database.
        location: DatabaseLocation,
    },
    /// The database is damaged.
    #[error("the database `{}` is damaged: {detail}", .location.database())]
    Damaged {
        /// The database.
        location: DatabaseLocation,
        /// What was found.
        detail: String,
    },
    /// The ledger does not end where it was last written.
    #[error("the ledger in `{}` is damaged: {detail}", .location.database())]
    Ledger {
        /// The database.
        location: DatabaseLocation,
        /// What was found.
        detail: String,
    },
    /// A newer version of Reeve wrote the database.
    #[error(
        "the database `{}` was written by a newer version of Reeve (schema {version})",
        .location.database()
    )]
    Newer {
        /// The database.
        location: DatabaseLocation,
        /// The schema version that this program does not know.
        version: i64,
    },
    /// The file system cannot hold a database that several processes use.
    #[error("the file system of `{}` does not support a write-ahead log", .location.database())]
    FileSystem {
        /// The database.
        location: DatabaseLocation,
    },
    /// The database cannot hold every letter.
    #[error("the database `{}` is encoded in {encoding}, not in UTF8", .location.database())]
    Encoding {
        /// The database.
        location: DatabaseLocation,
        /// Its encoding.
        encoding: String,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema of `{}` up to date", .location.database())]
    Migration {
        /// The database.
        location: DatabaseLocation,
        /// What went wrong.
        source: MigrateError,
    },
    /// Anything else that the database said.
    #[error("cannot open the database `{}`", .location.database())]
    Database {
        /// The database.
        location: DatabaseLocation,
        /// What it said.
        source: sqlx::Error,
    },
}

impl OpenError {
    /// What the person who reads the message can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Folder { .. } => "choose a folder that you may write to",
            Self::Unreachable { .. } => {
                "see whether its server runs, and takes connections from this machine"
            }
            Self::ReadOnly { location } => match location.folder() {
                Some(_) => {
                    "make the file and its folder writable, or run as the user who owns them"
                }
                None => "name the server that takes writes, not one that follows it",
            },
            Self::DiskFull { .. } => "free some space and start again",
            Self::Busy { .. } => "see which other process uses the database",
            Self::NotADatabase { location } | Self::Damaged { location, .. } => {
                return Some(repair(location));
            }
            Self::Ledger { .. } => {
                "`reeve ledger verify` names the first entry that is wrong; keep the database as \
                 evidence and restore it from a backup"
            }
            Self::Newer { .. } => "use that version, or a backup from before it",
            Self::FileSystem { .. } => "put the data folder on a local disk",
            Self::Encoding { .. } => {
                "make one with `createdb --encoding UTF8 --template template0`"
            }
            Self::Database { source, .. } => return postgres_hint(source).map(str::to_owned),
            Self::Migration { .. } => return None,
        };
        Some(hint.to_owned())
    }

    pub(super) fn from_database(location: &DatabaseLocation, source: sqlx::Error) -> Self {
        let location = location.clone();
        match trouble(&source) {
            Trouble::Busy => Self::Busy { location },
            Trouble::ReadOnly | Trouble::CannotOpen => Self::ReadOnly { location },
            Trouble::Full => Self::DiskFull { location },
            Trouble::Corrupt => Self::Damaged { location, detail: source.to_string() },
            Trouble::NotADatabase => Self::NotADatabase { location },
            Trouble::Unreachable => Self::Unreachable { location, source },
            Trouble::Other => Self::Database { location, source },
        }
    }

    pub(super) fn from_migration(location: &DatabaseLocation, error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => {
                Self::Newer { location: location.clone(), version }
            }
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                Self::from_database(location, source)
            }
            source => Self::Migration { location: location.clone(), source },
        }
    }
}

fn repair(location: &DatabaseLocation) -> String {
    let database = location.database();
    match location.folder() {
        Some(_) => format!(
            "nothing was changed; check it with `sqlite3 {database} \"PRAGMA integrity_check\"` and `reeve ledger \
             verify`, then move the data folder aside and restore it from a backup"
        ),
        None => "nothing was changed; check it with `pg_amcheck` and `reeve ledger verify`, then restore it from \
                 a backup"
            .to_owned(),
    }
}

//! Opening: the folder, the file, its health, its schema.
//!
//! A database that is not in order is left exactly as it is, and the error says how to check it and how to go on. Nothing
//! is ever repaired or deleted here: whoever runs Reeve decides what to do about evidence.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use reeve_time::Clock;
use sqlx::{AnyConnection, Connection as _, migrate::MigrateError};

use crate::{
    Store,
    connection::{BEGIN, Database},
    error::{Trouble, trouble},
    ledger, migrations,
};

/// The database's file in the data folder.
pub(crate) const FILE: &str = "reeve.db";

const QUICK_CHECK: &str = "PRAGMA quick_check(3)";
const WRITE_AHEAD: &str = "PRAGMA journal_mode = WAL";

/// Why the data folder cannot be opened.
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
    /// The database cannot be written to.
    #[error("the database `{path}` cannot be written to")]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("the disk that holds the database `{path}` is full")]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Another process keeps the database locked.
    #[error("another process keeps the database `{path}` locked")]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{path}` is not a database")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database is damaged.
    #[error("the database `{path}` is damaged: {detail}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The ledger does not end where it was last written.
    #[error("the ledger in `{path}` is damaged: {detail}")]
    Ledger {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer version of Reeve wrote the database.
    #[error("the database `{path}` was written by a newer version of Reeve (schema {version})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema version that this program does not know.
        version: i64,
    },
    /// The file system cannot hold a database that several processes use.
    #[error("the file system of `{path}` does not support a write-ahead log")]
    FileSystem {
        /// The database.
        path: PathBuf,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema of `{path}` up to date")]
    Migration {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        source: MigrateError,
    },
    /// Anything else that the database said.
    #[error("cannot open the database `{path}`")]
    Database {
        /// The database.
        path: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
}

impl OpenError {
    /// What the person who reads the message can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Folder { .. } => Some("choose a folder that you may write to".to_owned()),
            Self::ReadOnly { .. } => {
                Some("make the file and its folder writable, or run as the user who owns them".to_owned())
            }
            Self::DiskFull { .. } => Some("free some space and start again".to_owned()),
            Self::Busy { .. } => Some("see which other process uses the data folder".to_owned()),
            Self::NotADatabase { path } | Self::Damaged { path, .. } => Some(repair(path)),
            Self::Ledger { .. } => Some(
                "`reeve ledger verify` names the first entry that is wrong; keep the data folder as \
                 evidence and restore it from a backup"
                    .to_owned(),
            ),
            Self::Newer { .. } => Some("use that version, or a backup from before it".to_owned()),
            Self::FileSystem { .. } => Some("put the data folder on a local disk".to_owned()),
            Self::Migration { .. } | Self::Database { .. } => None,
        }
    }

    fn from_database(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        match trouble(&source) {
            Trouble::Busy => Self::Busy { path },
            Trouble::ReadOnly | Trouble::CannotOpen => Self::ReadOnly { path },
            Trouble::Full => Self::DiskFull { path },
            Trouble::Corrupt => Self::Damaged { path, detail: source.to_string() },
            Trouble::NotADatabase => Self::NotADatabase { path },
            Trouble::Other => Self::Database { path, source },
        }
    }

    fn from_migration(path: &Path, error: MigrateError) -> Self {
        let path = path.to_owned();
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { path, version },
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                Self::from_database(&path, source)
            }
            source => Self::Migration { path, source },
        }
    }
}

impl Store {
    /// Opens the database in the data folder `folder`, making both if they are missing.
    ///
    /// The folder and the file are for their owner only. Needs a Tokio runtime; what is appended is stamped by `clock`.
    pub async fn open(folder: &Path, clock: Clock) -> Result<Self, OpenError> {
        let folder = make_folder(folder)?;
        let path = folder.join(FILE);
        make_file(&path)?;
        let database = Database::new(path.clone());
        let failed = |source| OpenError::from_database(&path, source);
        let mut writer = database.writer().await.map_err(failed)?;
        if let Err(error) = prepare(&mut writer, &path).await {
            // Waited for, so that a process that ends now leaves no files of an open database beside a damaged one. The
            // error that counts is the first one.
            writer.close().await.ok();
            return Err(error);
        }
        let readers = database.readers().map_err(failed)?;
        Ok(Self::start(folder, database, writer, readers, clock))
    }
}

fn repair(path: &Path) -> String {
    let path = path.display();
    format!(
        "nothing was changed; check it with `sqlite3 {path} \"PRAGMA integrity_check\"` and `reeve ledger \
         verify`, then move the data folder aside and restore it from a backup"
    )
}

fn make_folder(folder: &Path) -> Result<PathBuf, OpenError> {
    let failed = |source| OpenError::Folder { path: folder.to_owned(), source };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)?;
    folder.canonicalize().map_err(failed)
}

/// Makes the file before the database does, so that it is never readable by others. Its companions copy its mode.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            Err(OpenError::DiskFull { path: path.to_owned() })
        }
        Err(_) => Err(OpenError::ReadOnly { path: path.to_owned() }),
    }
}

/// Checks the database, and brings it up to date if it is whole.
async fn prepare(writer: &mut AnyConnection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_database(path, source);
    check(writer, path).await?;
    write_ahead(writer, path).await?;
    migrate(writer, path).await?;
    // In one transaction: others may append meanwhile.
    let mut snapshot = writer.begin().await.map_err(failed)?;
    let loose_end = ledger::loose_end(&mut snapshot).await.map_err(failed)?;
    snapshot.rollback().await.map_err(failed)?;
    match loose_end {
        None => Ok(()),
        Some(detail) => Err(OpenError::Ledger { path: path.to_owned(), detail }),
    }
}

/// Reads the whole database: about a second for each gigabyte. Whether it was damaged since it was last read cannot be
/// known without that, and no command shall work on damaged records.
async fn check(writer: &mut AnyConnection, path: &Path) -> Result<(), OpenError> {
    let findings: Vec<String> = sqlx::query_scalar(QUICK_CHECK)
        .fetch_all(writer)
        .await
        .map_err(|source| OpenError::from_database(path, source))?;
    if findings.iter().map(String::as_str).eq(["ok"]) {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), detail: findings.join("; ") })
}

async fn write_ahead(writer: &mut AnyConnection, path: &Path) -> Result<(), OpenError> {
    let mode: String = sqlx::query_scalar(WRITE_AHEAD)
        .fetch_one(writer)
        .await
        .map_err(|source| OpenError::from_database(path, source))?;
    if mode == "wal" { Ok(()) } else { Err(OpenError::FileSystem { path: path.to_owned() }) }
}

/// Runs every missing migration in one transaction, which also keeps two processes from migrating at once.
///
/// Mostly none is missing, and then nobody is kept from writing.
async fn migrate(writer: &mut AnyConnection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_database(path, source);
    if migrations::is_current(writer).await.map_err(failed)? {
        return Ok(());
    }
    let mut transaction = writer.begin_with(BEGIN).await.map_err(failed)?;
    migrations::sqlite()
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| OpenError::from_migration(path, error))?;
    transaction.commit().await.map_err(failed)
}

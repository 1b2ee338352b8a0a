//! Opening: the folder or the server, its health, its schema.
//!
//! A database that is not in order is left exactly as it is, and the error says how to check it and how to go on. Nothing
//! is ever repaired or deleted here: whoever runs Reeve decides what to do about evidence.

mod error;
mod folder;
mod server;

use reeve_time::Clock;
use sqlx::{AnyConnection, Connection as _};

pub use self::error::OpenError;
use crate::{
    Store,
    connection::Database,
    dialect::Dialect,
    ledger,
    location::{DatabaseLocation, Kind},
    migrations,
};

impl Store {
    /// Opens the records at `location`, making what is missing of them: a folder, a file, the tables of a database.
    ///
    /// A folder and its files are for their owner only. Needs a Tokio runtime; what is appended is stamped by `clock`.
    pub async fn open(
        location: impl Into<DatabaseLocation>,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        open(location.into(), clock).await
    }
}

async fn open(location: DatabaseLocation, clock: Clock) -> Result<Store, OpenError> {
    let location = match location.kind() {
        Kind::Folder(folder) => folder::make(folder)?,
        Kind::Postgres { .. } => location,
    };
    let database = Database::new(location.clone());
    let failed = |source| OpenError::from_database(&location, source);
    let mut writer = database.writer().await.map_err(failed)?;
    if let Err(error) = prepare(&mut writer, &location).await {
        // Waited for, so that a process that ends now leaves no files of an open database beside a damaged one. The
        // error that counts is the first one.
        writer.close().await.ok();
        return Err(error);
    }
    if database.dialect() == Dialect::Postgres {
        server::forget_writers(&mut writer, &location, clock.now()).await?;
    }
    let readers = database.readers().map_err(failed)?;
    Ok(Store::start(database, writer, readers, clock))
}

/// Checks the database, and brings it up to date if it is whole.
async fn prepare(writer: &mut AnyConnection, location: &DatabaseLocation) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_database(location, source);
    let dialect = Dialect::of(writer);
    match dialect {
        Dialect::Sqlite => folder::check(writer, location).await?,
        Dialect::Postgres => server::check(writer, location).await?,
    }
    migrate(writer, location).await?;
    // In one transaction: others may append meanwhile.
    let mut snapshot = writer.begin_with(dialect.snapshot()).await.map_err(failed)?;
    let loose_end = ledger::loose_end(&mut snapshot).await.map_err(failed)?;
    snapshot.rollback().await.map_err(failed)?;
    match loose_end {
        None => Ok(()),
        Some(detail) => Err(OpenError::Ledger { location: location.clone(), detail }),
    }
}

/// Runs every missing migration in one transaction, which also keeps two processes from migrating at once.
///
/// Mostly none is missing, and then nobody is kept from writing.
async fn migrate(writer: &mut AnyConnection, location: &DatabaseLocation) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_database(location, source);
    if migrations::is_current(writer).await.map_err(failed)? {
        return Ok(());
    }
    let dialect = Dialect::of(writer);
    let mut transaction = writer.begin_with(dialect.begin()).await.map_err(failed)?;
    migrations::of(dialect)
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| OpenError::from_migration(location, error))?;
    transaction.commit().await.map_err(failed)
}

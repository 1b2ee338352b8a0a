//! Connections: one that writes, several that read.
//!
//! The rest of the room sees only `AnyConnection` and `AnyPool`, so that the statements stay portable; what is special
//! to SQLite is here and in [`crate::open`].

use std::{path::Path, path::PathBuf, str::FromStr as _, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{
    AnyConnection, AnyPool, ConnectOptions as _, Connection as _,
    any::{AnyConnectOptions, AnyPoolOptions},
};

/// How a transaction that writes begins: it takes the write lock at once, so that what it reads cannot change before it
/// writes.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// How many connections read beside the one that writes.
const READERS: u32 = 4;

/// A commit returns only when it is on the disk. The log is cut back once it was large.
const WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; \
     PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864";

/// A reader that tries to write is a mistake.
const READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON";

/// What stays as it is in the path part of a database's URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Where the database is, and how to connect to it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    path: PathBuf,
    /// The most pages it may grow to: how tests fill the disk.
    #[cfg(test)]
    pub(crate) page_limit: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

/// Whether a connection may change the database.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    Write,
    Read,
    /// For a database on a medium that cannot be written to at all.
    Immutable,
}

impl Database {
    pub(crate) fn new(path: PathBuf) -> Self {
        sqlx::any::install_default_drivers();
        Self {
            path,
            #[cfg(test)]
            page_limit: std::sync::Arc::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection that writes.
    pub(crate) async fn writer(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect_with(&self.options(Access::Write)?).await?;
        sqlx::raw_sql(WRITER).execute(&mut connection).await?;
        #[cfg(test)]
        self.limit_pages(&mut connection).await?;
        Ok(connection)
    }

    /// Opens a connection that only reads, whatever the state of the database is.
    pub(crate) async fn reader(&self, access: Access) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect_with(&self.options(access)?).await?;
        sqlx::raw_sql(READER).execute(&mut connection).await?;
        Ok(connection)
    }

    /// The connections that read.
    pub(crate) fn readers(&self) -> Result<AnyPool, sqlx::Error> {
        // They are opened for writing, as a reader of a write-ahead log takes part in its locking, and then refuse to.
        let options = self.options(Access::Write)?;
        let pool = AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(READER).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(pool)
    }

    fn options(&self, access: Access) -> Result<AnyConnectOptions, sqlx::Error> {
        let path = self.path.to_string_lossy();
        let path = utf8_percent_encode(&path, PATH);
        let mode = match access {
            Access::Write => "mode=rw",
            Access::Read => "mode=ro",
            Access::Immutable => "mode=ro&immutable=true",
        };
        let options = AnyConnectOptions::from_str(&format!("sqlite://{path}?{mode}"))?;
        Ok(options.disable_statement_logging())
    }

    #[cfg(test)]
    async fn limit_pages(&self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let limit = self.page_limit.load(std::sync::atomic::Ordering::SeqCst);
        if limit > 0 {
            let pragma = format!("PRAGMA max_page_count = {limit}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(pragma)).execute(connection).await?;
        }
        Ok(())
    }
}

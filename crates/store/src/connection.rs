//! Connections: one that writes, several that read.
//!
//! The rest of the room sees only `AnyConnection` and `AnyPool`, so that the statements stay portable; what is special
//! to a database engine is here, in [`crate::dialect`], in [`crate::open`] and in [`crate::lock`].

use std::{path::Path, str::FromStr as _, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::{
    AnyConnection, AnyPool, ConnectOptions as _, Connection as _,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use crate::{
    dialect::{Dialect, Purpose},
    location::{DatabaseLocation, FILE, Kind},
};

/// How many connections read beside the one that writes.
const READERS: u32 = 4;

/// What stays as it is in the path part of a database's URL.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Where the database is, and how to connect to it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    location: DatabaseLocation,
    /// The most pages it may grow to: how tests fill the disk.
    #[cfg(test)]
    pub(crate) page_limit: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

/// Whether a connection may change the database.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    Write,
    Read,
    /// For a file on a medium that cannot be written to at all.
    Immutable,
}

impl Database {
    pub(crate) fn new(location: DatabaseLocation) -> Self {
        sqlx::any::install_default_drivers();
        Self {
            location,
            #[cfg(test)]
            page_limit: std::sync::Arc::default(),
        }
    }

    pub(crate) fn location(&self) -> &DatabaseLocation {
        &self.location
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.location.kind() {
            Kind::Folder(_) => Dialect::Sqlite,
            Kind::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Opens a connection that writes.
    pub(crate) async fn writer(&self) -> Result<AnyConnection, sqlx::Error> {
        let connection = self.connect(self.dialect().settings(Purpose::Write)).await?;
        #[cfg(test)]
        let connection = self.limit_pages(connection).await?;
        Ok(connection)
    }

    /// Opens a connection that begins with `settings`.
    pub(crate) async fn connect(
        &self,
        settings: &'static str,
    ) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect_with(&self.options(Access::Write)?).await?;
        sqlx::raw_sql(settings).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Opens a connection that only reads, whatever the state of the database is.
    pub(crate) async fn reader(&self, access: Access) -> Result<AnyConnection, sqlx::Error> {
        let mut connection = AnyConnection::connect_with(&self.options(access)?).await?;
        let settings = self.dialect().settings(Purpose::Read);
        sqlx::raw_sql(settings).execute(&mut connection).await?;
        Ok(connection)
    }

    /// The connections that read.
    pub(crate) fn readers(&self) -> Result<AnyPool, sqlx::Error> {
        // They are opened for writing, as a reader of a write-ahead log takes part in its locking, and then refuse to.
        let options = self.options(Access::Write)?;
        let dialect = self.dialect();
        let pool = AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(30))
            // A file does not go away; a server may have been started anew since.
            .test_before_acquire(dialect == Dialect::Postgres)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let settings = dialect.settings(Purpose::Read);
                    sqlx::raw_sql(settings).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        Ok(pool)
    }

    fn options(&self, access: Access) -> Result<AnyConnectOptions, sqlx::Error> {
        let options = match self.location.kind() {
            Kind::Folder(folder) => file_options(&folder.join(FILE), access)?,
            Kind::Postgres { options, .. } => (**options).clone(),
        };
        Ok(options.disable_statement_logging())
    }

    #[cfg(test)]
    async fn limit_pages(
        &self,
        mut connection: AnyConnection,
    ) -> Result<AnyConnection, sqlx::Error> {
        let limit = self.page_limit.load(std::sync::atomic::Ordering::SeqCst);
        if limit > 0 {
            let pragma = format!("PRAGMA max_page_count = {limit}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(pragma)).execute(&mut connection).await?;
        }
        Ok(connection)
    }
}

fn file_options(path: &Path, access: Access) -> Result<AnyConnectOptions, sqlx::Error> {
    let path = path.to_string_lossy();
    let path = utf8_percent_encode(&path, PATH);
    let mode = match access {
        Access::Write => "mode=rw",
        Access::Read => "mode=ro",
        Access::Immutable => "mode=ro&immutable=true",
    };
    AnyConnectOptions::from_str(&format!("sqlite://{path}?{mode}"))
}

//! Numbered migrations, embedded in the program.
//!
//! A migration that was ever shipped is never edited: its checksum is recorded in the database and compared at each
//! start. Add the next file for each database and one line in each list here: a version means the same tables on both.

use std::borrow::Cow;

use sqlx::{
    AnyConnection, SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::dialect::Dialect;

const SQLITE: [(i64, &str, &str); 5] = [
    (1, "initial", include_str!("../migrations/sqlite/0001_initial.sql")),
    (2, "actions by arn", include_str!("../migrations/sqlite/0002_actions_by_arn.sql")),
    (3, "executions", include_str!("../migrations/sqlite/0003_executions.sql")),
    (4, "undo of executions", include_str!("../migrations/sqlite/0004_execution_undos.sql")),
    (5, "attachments", include_str!("../migrations/sqlite/0005_attachments.sql")),
];

const POSTGRES: [(i64, &str, &str); 5] = [
    (1, "initial", include_str!("../migrations/postgres/0001_initial.sql")),
    (2, "actions by arn", include_str!("../migrations/postgres/0002_actions_by_arn.sql")),
    (3, "executions", include_str!("../migrations/postgres/0003_executions.sql")),
    (4, "undo of executions", include_str!("../migrations/postgres/0004_execution_undos.sql")),
    (5, "attachments", include_str!("../migrations/postgres/0005_attachments.sql")),
];

const SQLITE_HISTORY_TABLE: &str =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";

const POSTGRES_HISTORY_TABLE: &str = "SELECT count(to_regclass('_sqlx_migrations'))";

/// One that failed half-way is none that this program knows.
const HISTORY: &str = "SELECT CASE WHEN success THEN version ELSE -1 END, checksum FROM _sqlx_migrations \
     ORDER BY version";

/// The migrations for a database.
pub(crate) fn of(dialect: Dialect) -> Migrator {
    let list = match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
    };
    let migrations = list.map(|(version, description, text)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            SqlStr::from_static(text),
            false,
        )
    });
    Migrator::with_migrations(migrations.into())
}

/// Whether exactly the migrations that this program knows were run, by a look that takes no lock for writing.
pub(crate) async fn is_current(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let dialect = Dialect::of(connection);
    let history_table = match dialect {
        Dialect::Sqlite => SQLITE_HISTORY_TABLE,
        Dialect::Postgres => POSTGRES_HISTORY_TABLE,
    };
    let tables: i64 = sqlx::query_scalar(history_table).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(false);
    }
    let run: Vec<(i64, Vec<u8>)> = sqlx::query_as(HISTORY).fetch_all(connection).await?;
    let known = of(dialect);
    let known = known.iter().map(|migration| (migration.version, &*migration.checksum));
    Ok(run.iter().map(|(version, checksum)| (*version, checksum.as_slice())).eq(known))
}

//! Numbered migrations, embedded in the program.
//!
//! A migration that was ever shipped is never edited: its checksum is recorded in the database and compared at each
//! start. Add the next file and one line here.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

const SQLITE: [(i64, &str, &str); 2] = [
    (1, "initial", include_str!("../migrations/sqlite/0001_initial.sql")),
    (2, "actions by arn", include_str!("../migrations/sqlite/0002_actions_by_arn.sql")),
];

/// The migrations for SQLite.
pub(crate) fn sqlite() -> Migrator {
    let migrations = SQLITE.map(|(version, description, text)| {
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

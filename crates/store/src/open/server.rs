//! The server of PostgreSQL: whether it can keep what it is given.
//!
//! Its pages are its own to check (`initdb --data-checksums`, `pg_amcheck`): there is no reading all of them at each start.

use jiff::{SignedDuration, Timestamp};
use sqlx::AnyConnection;

use super::OpenError;
use crate::location::DatabaseLocation;

const SETTINGS: &str = "SELECT current_setting('server_encoding'), current_setting('fsync')";

/// See [`crate::committer`].
const FORGET_WRITERS: &str = "DELETE FROM writers WHERE at < $1";

/// A process that has not written for so long has no transaction in doubt.
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Checks the settings that records depend on.
pub(super) async fn check(
    writer: &mut AnyConnection,
    location: &DatabaseLocation,
) -> Result<(), OpenError> {
    let (encoding, fsync): (String, String) = sqlx::query_as(SETTINGS)
        .fetch_one(writer)
        .await
        .map_err(|source| OpenError::from_database(location, source))?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding { location: location.clone(), encoding });
    }
    if fsync != "on" {
        tracing::warn!(database = %location, "the server runs with `fsync = off`: what it was given is lost when its machine stops");
    }
    Ok(())
}

/// Forgets the marks of processes that are long gone.
pub(super) async fn forget_writers(
    writer: &mut AnyConnection,
    location: &DatabaseLocation,
    now: Timestamp,
) -> Result<(), OpenError> {
    let before = now.as_microsecond().saturating_sub(IDLE.as_secs().saturating_mul(1_000_000));
    sqlx::query(FORGET_WRITERS)
        .bind(before)
        .execute(writer)
        .await
        .map_err(|source| OpenError::from_database(location, source))?;
    Ok(())
}

//! The server of PostgreSQL: whether it can keep what it is given.
//!
//! Its pages are its own to check (`initdb --data-checksums`, `pg_amcheck`): there is no reading all of them at each start.

use sqlx::AnyConnection;

use super::OpenError;
use crate::location::DatabaseLocation;

const SETTINGS: &str = "SELECT current_setting('server_encoding'), current_setting('fsync')";

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

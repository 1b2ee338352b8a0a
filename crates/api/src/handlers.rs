//! The operations, one file per subject, each a use case and its view.

pub(crate) mod accounts;
pub(crate) mod events;
pub(crate) mod executions;
pub(crate) mod ledger;
pub(crate) mod overview;
pub(crate) mod plans;
pub(crate) mod resources;
pub(crate) mod runbooks;
pub(crate) mod runs;
pub(crate) mod suspension;

use axum::Json;
use serde::Deserialize;

use crate::error::Failure;

/// What every handler returns.
pub(crate) type Answer<T> = Result<Json<T>, Failure>;

/// A body that holds only a comment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    #[serde(default)]
    pub(crate) comment: String,
}

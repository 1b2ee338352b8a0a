//! Why a rehearsal could not be.

use std::io;

use reeve_aws::ConfigError;
use reeve_store::{OpenError, StoreError};

/// Why a rehearsal could not be.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// What was asked for is wrong, or the estate could not be looked at.
    #[error(transparent)]
    App(#[from] reeve_app::Error),
    /// The simulated account could not be served on this machine, or its records have no place.
    #[error("the simulated account could not be made on this machine")]
    Machine(#[from] io::Error),
    /// The way to the simulated account is not what a client accepts.
    #[error(transparent)]
    Client(#[from] ConfigError),
    /// The records of the rehearsal could not be begun.
    #[error(transparent)]
    Records(#[from] OpenError),
    /// The records of the rehearsal could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records of the rehearsal make no sense.
    #[error("what happened in the rehearsal cannot be read")]
    Unreadable(#[from] serde_json::Error),
}

//! The first call of a service in a new process: the catalog, the service's model, the connection.

use anyhow::{Result, anyhow};
use reeve_model::{Value, catalog};
use reeve_time::Stopwatch;
use serde::{Deserialize, Serialize};

use crate::aws::calls;

/// How long the first call took, in seconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct First {
    /// Opening the catalog.
    pub(super) catalog: f64,
    /// Opening the service.
    pub(super) service: f64,
    /// All of it, from nothing to the answer.
    pub(super) whole: f64,
}

/// Calls once.
pub(super) async fn measure(endpoint: &str, service: &str, operation: &str) -> Result<First> {
    let watch = Stopwatch::start();
    catalog().check()?;
    let opened_catalog = watch.elapsed().as_secs_f64();
    catalog().service(service)?;
    let opened_service = watch.elapsed().as_secs_f64();
    let client = calls::client(endpoint, None)?;
    let answer = client.call(&calls::target()?, service, operation, Value::object()).await;
    answer.map_err(|error| anyhow!("{error}"))?;
    Ok(First {
        catalog: opened_catalog,
        service: opened_service - opened_catalog,
        whole: watch.elapsed().as_secs_f64(),
    })
}

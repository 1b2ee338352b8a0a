//! Pages of instances, one after the other: how many resources a second, and whether memory stays where it is.

use std::pin::pin;

use anyhow::{Result, anyhow, ensure};
use futures_util::StreamExt as _;
use reeve_model::Value;
use reeve_time::Stopwatch;
use serde::{Deserialize, Serialize};

use crate::{
    aws::{calls, samples::PAGE},
    measure::peak_memory,
};

/// What streaming so many resources took.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Streamed {
    pub(super) resources: usize,
    /// In seconds.
    pub(super) elapsed: f64,
    /// In bytes.
    pub(super) peak_memory: u64,
}

/// Streams so many resources. Memory is measured as the most a process ever had, so each size has its own.
pub(super) async fn measure(endpoint: &str, resources: usize) -> Result<Streamed> {
    let (client, target) = (calls::client(endpoint, None)?, calls::target()?);
    let input = Value::from_iter([("MaxResults", 1000)]);
    let pages = client.pages(&target, "ec2", "DescribeInstances", input);
    let mut pages = pin!(pages.take(resources / PAGE));
    let (mut seen, watch) = (0, Stopwatch::start());
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| anyhow!("{error}"))?;
        seen += page.get("Reservations").map_or(0, |reservations| reservations.as_list().len());
    }
    ensure!(seen == resources, "only {seen} of {resources} resources came");
    let elapsed = watch.elapsed().as_secs_f64();
    Ok(Streamed { resources, elapsed, peak_memory: peak_memory()? })
}

//! What executions cost that wait.

use std::time::Duration;

use anyhow::Result;
use reeve_app::executions::Worker;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::engine::{Engine, document};
use crate::world::{processor_seconds, resident};

/// How long it is looked what they cost.
const WHILE: Duration = Duration::from_secs(5);

/// What they cost.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    /// How much more memory the process has with them than without.
    pub(super) megabytes: f64,
    /// How much of one processor they need.
    pub(super) processor_percent: f64,
}

pub(super) async fn measure(executions: usize) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(folder.path()).await?;
    engine.start(&engine.publishing(1), 1).await?;
    engine.finish().await?;
    let process = std::process::id();
    let before = resident(process)?;
    let sleep = serde_json::json!({
        "name": "Sleep", "action": "aws:sleep", "inputs": { "Duration": "P7D" },
    });
    engine.start(&document(&[sleep]), executions).await?;
    let worker = Worker::new(&engine.app);
    let changed = Notify::new();
    let measured = async {
        while engine.app.store.next_due().await?.is_some_and(|due| due <= engine.app.clock.now()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let megabytes = resident(process)? - before;
        let spent = processor_seconds(process)?;
        tokio::time::sleep(WHILE).await;
        let spent = processor_seconds(process)? - spent;
        let processor_percent = spent / WHILE.as_secs_f64() * 100.0;
        Ok(Cost { megabytes, processor_percent })
    };
    tokio::select! {
        () = worker.run(&changed) => anyhow::bail!("the worker stopped"),
        cost = measured => cost,
    }
}

//! How soon another worker goes on with what a killed one had.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, ensure};
use reeve_app::{ExecutionQuery, executions::Worker};
use reeve_time::Stopwatch;
use reeve_types::ExecutionId;
use tokio::sync::Notify;

use super::engine::Engine;

/// How many executions the killed worker has.
const EXECUTIONS: usize = 50;

/// Each has far more to do than is done until then.
const STEPS: usize = 200;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The seconds between the death of a worker and the last of its executions going on.
pub(super) async fn measure() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(folder.path()).await?;
    engine.start(&engine.publishing(STEPS), EXECUTIONS).await?;
    let executions = all(&engine).await?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["executions", "worker"])
        .arg(folder.path())
        .spawn()
        .context("cannot start a worker")?;
    let watch = Stopwatch::start();
    while records(&engine, &executions).await?.iter().any(|(_, records)| *records < 5) {
        ensure!(watch.elapsed() < Duration::from_mins(1), "the worker did not begin");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    child.kill()?;
    child.wait()?;
    let watch = Stopwatch::start();
    let left = records(&engine, &executions).await?;
    let worker = Worker::new(&engine.app);
    let changed = Notify::new();
    let went_on = async {
        loop {
            let now = records(&engine, &executions).await?;
            let have = left
                .iter()
                .zip(&now)
                .all(|((id, before), (same, records))| id == same && records > before);
            if have {
                return anyhow::Ok(watch.elapsed().as_secs_f64());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = worker.run(&changed) => anyhow::bail!("the worker stopped"),
        seconds = went_on => seconds,
    }
}

/// Moves executions on until it is killed.
pub(super) async fn work(folder: &Path) -> Result<()> {
    let engine = Engine::open(folder).await?;
    Worker::new(&engine.app).run(&Notify::new()).await;
    Ok(())
}

/// The executions.
async fn all(engine: &Engine) -> Result<Vec<ExecutionId>> {
    let query = ExecutionQuery { limit: Some(EXECUTIONS), ..ExecutionQuery::default() };
    let page = engine.app.executions(&query).await?;
    page.items.iter().map(|execution| Ok(execution.id.parse()?)).collect()
}

/// How many records each has.
async fn records(engine: &Engine, executions: &[ExecutionId]) -> Result<Vec<(ExecutionId, u64)>> {
    let pulses = engine.app.store.execution_pulses(executions).await?;
    let mut records: Vec<_> = pulses.into_iter().map(|(id, pulse)| (id, pulse.records)).collect();
    records.sort_unstable();
    Ok(records)
}

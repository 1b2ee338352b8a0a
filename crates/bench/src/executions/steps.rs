//! Steps a second: of many executions, of one alone, and what the disk allows.

use std::{fs::File, io::Write as _, path::Path};

use anyhow::Result;
use reeve_app::ExecutionQuery;
use reeve_time::Stopwatch;

use super::{Rate, engine::Engine};

/// How many steps an execution has that is alone.
const ALONE: usize = 500;

/// How many records are written and synced one after another.
const SYNCS: u32 = 500;

pub(super) async fn measure(executions: usize, steps: usize) -> Result<Rate> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::open(folder.path()).await?;
    // One run beforehand, so that models are read and credentials fetched.
    rate(&engine, (1, 1)).await?;
    let many = rate(&engine, (executions, steps)).await?;
    let alone = rate(&engine, (1, ALONE)).await?;
    let syncs = Some(syncs(folder.path())?);
    Ok(Rate { many, alone, syncs })
}

async fn rate(engine: &Engine, (executions, steps): (usize, usize)) -> Result<f64> {
    engine.start(&engine.publishing(steps), executions).await?;
    let watch = Stopwatch::start();
    engine.finish().await?;
    let seconds = watch.elapsed().as_secs_f64();
    let query = ExecutionQuery { status: Some("Failed".to_owned()), ..ExecutionQuery::default() };
    let failed = engine.app.executions(&query).await?;
    anyhow::ensure!(failed.items.is_empty(), "executions failed: {:?}", failed.items);
    Ok(f64::from(u32::try_from(executions * steps)?) / seconds)
}

/// What one file takes, each record synced before the next.
fn syncs(folder: &Path) -> Result<f64> {
    let mut file = File::create(folder.join("synced"))?;
    let watch = Stopwatch::start();
    for _ in 0..SYNCS {
        file.write_all(&[b'.'; 1024])?;
        file.sync_data()?;
    }
    Ok(f64::from(SYNCS) / watch.elapsed().as_secs_f64())
}

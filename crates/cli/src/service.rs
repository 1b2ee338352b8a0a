//! Performing plans from the command line, beside a server or without one.
//!
//! Only one process performs effects. A command that wants a plan performed does it itself if no other process is at it,
//! and otherwise watches the records until the other one has done it; if that one dies, the command takes over.

use std::time::Duration;

use anyhow::Result;
use reeve_app::{App, Error, Stopped, views::PlanSummary};
use reeve_care::progress::Step;
use reeve_types::PlanId;

use crate::progress;

/// How often the records are looked at while another process performs the plan.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Waits until a plan that is being applied or undone has come to its end, doing the work if nobody else does.
pub(crate) async fn follow(app: &App, plan: &PlanSummary) -> Result<PlanSummary> {
    let id: PlanId = plan.id.parse()?;
    let total = plan.undo_tally.as_ref().unwrap_or(&plan.tally).open;
    let bar = progress::bar(u64::try_from(total).unwrap_or_default(), "performing");
    let watch = |_: PlanId, _: u32, _: &Step| bar.inc(1);
    loop {
        match app.perform(id, &watch).await? {
            Some(Stopped::Suspended) => {
                bar.finish_and_clear();
                return Err(suspended(app).await?.into());
            }
            Some(Stopped::Finished | Stopped::Idle) => break,
            None => {
                let now = app.plan_summary(id).await?;
                if !matches!(now.phase, "applying" | "undoing") {
                    break;
                }
                let open = now.undo_tally.as_ref().unwrap_or(&now.tally).open;
                bar.set_position(u64::try_from(total.saturating_sub(open)).unwrap_or_default());
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
    bar.finish_and_clear();
    Ok(app.plan_summary(id).await?)
}

/// Performs what was left unfinished, or may start at once, unless another process is at it.
pub(crate) async fn finish_unfinished(app: &App) -> Result<()> {
    let bar = progress::bar(0, "performing");
    let watch = |_: PlanId, _: u32, _: &Step| bar.inc(1);
    app.perform_unfinished(&watch).await?;
    bar.finish_and_clear();
    Ok(())
}

async fn suspended(app: &App) -> Result<Error> {
    let suspension = app.suspension().await?;
    Ok(suspension.map_or_else(
        || Error::suspended("someone", "meanwhile resumed: try again"),
        |suspension| Error::suspended(suspension.by, &suspension.reason),
    ))
}

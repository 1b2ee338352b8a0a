//! What a server does by itself: runs controllers at their intervals, performs plans, moves executions of runbooks on.
//!
//! Both loops are safe to repeat: a nudge only makes them look sooner than their timer would. They run until they are
//! dropped; wherever that is, the ledger says where to go on.

use std::time::Duration;

use reeve_care::progress::Step;
use reeve_types::{Actor, PlanId};
use tokio::sync::{Mutex, Notify, mpsc};

use crate::{App, Context, RunRequest, executions::Worker};

/// How often unfinished plans are looked for when nobody nudges.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs the controllers: soon after the start, then at the estate's interval, and whenever someone asks for it, on their
/// behalf.
pub async fn run_controllers(
    app: &App,
    wanted: &Mutex<mpsc::Receiver<Context>>,
    plans_changed: &Notify,
) {
    let mut wanted = wanted.lock().await;
    let mut context = Context::new(Actor::Reeve);
    loop {
        match app.run(&context, &RunRequest::default(), &|_| {}).await {
            Ok(_) => plans_changed.notify_one(),
            Err(error) => tracing::error!(error.code = error.code, "the run failed: {error}"),
        }
        // Whichever comes first.
        let asked = tokio::time::timeout(app.estate.resource_tagger.every, wanted.recv()).await;
        context = asked.ok().flatten().unwrap_or_else(|| Context::new(Actor::Reeve));
    }
}

/// Moves executions of runbooks on until `stop` comes to its end, and what is under way then to its next record.
pub async fn run_runbooks(app: &App, changed: &Notify, stop: impl Future<Output = ()>) {
    Worker::new(app).run_until(changed, stop).await;
}

/// Performs plans that were approved, and what was left unfinished.
pub async fn perform_plans(app: &App, changed: &Notify) {
    let watch = |plan: PlanId, number: u32, step: &Step| {
        tracing::info!(plan.id = %plan, action.number = number, "action ended: {step:?}");
    };
    loop {
        let nudged = changed.notified();
        if let Err(error) = app.perform_unfinished(&watch).await {
            tracing::debug!(error.code = error.code, "performing plans failed: {error}");
        }
        tokio::time::timeout(LOOK_EVERY, nudged).await.ok();
    }
}

//! The workers of a server: one that moves executions on by what the estate folder says now, and those before it, until what
//! they had begun is done.

use std::{sync::Arc, time::Duration};

use reeve_app::{App, background};
use tokio::{
    sync::{Mutex, Notify, watch},
    task::JoinSet,
};

use crate::output::say;

/// How long a server that is stopped waits for what its executions have begun. Service managers wait for half a minute.
const PATIENCE: Duration = Duration::from_secs(20);

/// After how long it says that it waits.
const QUIET: Duration = Duration::from_secs(1);

/// The workers of a server.
pub(super) struct Executions {
    /// Tells every worker that there is to begin nothing more.
    stop: watch::Sender<()>,
    workers: Mutex<JoinSet<()>>,
}

impl Executions {
    pub(super) fn new() -> Self {
        Self { stop: watch::Sender::new(()), workers: Mutex::default() }
    }

    /// Moves executions on from now.
    /// `changed` has them look at once.
    pub(super) async fn move_on(&self, app: &Arc<App>, changed: &Arc<Notify>) {
        let (app, changed) = (Arc::clone(app), Arc::clone(changed));
        let mut stop = self.stop.subscribe();
        let work = async move {
            let stopped = async {
                // An error says that the server is gone.
                stop.changed().await.ok();
            };
            background::run_runbooks(&app, &changed, stopped).await;
        };
        let mut workers = self.workers.lock().await;
        while workers.try_join_next().is_some() {}
        workers.spawn(work);
    }

    /// Has the workers begin nothing more.
    pub(super) fn stop(&self) {
        self.stop.send_replace(());
    }

    /// Waits until what they have begun is done, or for as long as that may take.
    pub(super) async fn finish(&self) {
        self.stop();
        let mut workers = self.workers.lock().await;
        let mut all = async || while workers.join_next().await.is_some() {};
        if tokio::time::timeout(QUIET, all()).await.is_ok() {
            return;
        }
        let seconds = PATIENCE.as_secs();
        say(&format!(
            "waiting up to {seconds} s for what executions have begun; ctrl-c again ends at once"
        ));
        if tokio::time::timeout(PATIENCE, all()).await.is_err() {
            say("what executions had begun is left: of scripts nobody knows whether they are done");
        }
    }
}

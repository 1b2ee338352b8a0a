//! Workers: they lease executions that are due and move them on, as many side by side as is allowed.
//!
//! Any number of workers share the records, in one process or several. A worker says again and again that it lives; what
//! one that died had is taken over by the others when its lease runs out.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::SignedDuration;
use reeve_runbook::Runbook;
use reeve_store::Leased;
use tokio::sync::Notify;

use super::{
    aside,
    drive::{self, Driver},
};
use crate::{App, Error};

/// How long a worker that says nothing keeps what it has.
pub const LEASE: SignedDuration = SignedDuration::from_millis(1800);

/// How often a worker says that it lives.
const RENEW_EVERY: Duration = Duration::from_millis(500);

/// How often a worker looks for something to do when nobody nudges it.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How many executions a worker moves side by side.
const SIDE_BY_SIDE: usize = 128;

/// How many runbooks are kept read.
const KEPT_RUNBOOKS: usize = 256;

/// Moves executions on.
pub struct Worker<'a> {
    app: &'a App,
    name: String,
    side_by_side: usize,
    runbooks: Mutex<HashMap<String, Arc<Runbook>>>,
    /// Whether it is to begin nothing more.
    stopping: AtomicBool,
}

impl<'a> Worker<'a> {
    /// A worker of a name that no other has.
    pub fn new(app: &'a App) -> Self {
        let id = app.ids.uuid(app.clock.now());
        let name = format!("worker-{id}");
        let (runbooks, stopping) = (Mutex::default(), AtomicBool::new(false));
        Self { app, name, side_by_side: SIDE_BY_SIDE, runbooks, stopping }
    }

    /// The same, but it moves one execution after the other, so that what they do has an order.
    #[must_use]
    pub fn one_by_one(mut self) -> Self {
        self.side_by_side = 1;
        self
    }

    /// Moves executions on until nothing is due any more.
    pub async fn finish_what_is_due(&self) {
        loop {
            let leased = self.claim(self.side_by_side).await;
            if leased.is_empty() {
                return;
            }
            let under_way: FuturesUnordered<_> =
                leased.into_iter().map(|leased| self.move_on(leased)).collect();
            under_way.collect::<()>().await;
        }
    }

    /// Moves executions on until it is dropped. `changed` has it look at once.
    pub async fn run(&self, changed: &Notify) {
        self.run_until(changed, std::future::pending::<()>()).await;
    }

    /// Moves executions on until `stop` comes to its end. Then it begins nothing more, but what is under way by then (a script, a
    /// call) is waited for and recorded, since nobody would know what came of it otherwise; and what it has is given back.
    pub async fn run_until<T>(&self, changed: &Notify, stop: impl Future<Output = T>) -> T {
        let mut stop = pin!(stop);
        let mut under_way = FuturesUnordered::new();
        let mut renewal = tokio::time::interval(RENEW_EVERY);
        let mut stopped = None;
        loop {
            match stopped.take() {
                Some(output) if under_way.is_empty() => return output,
                Some(output) => stopped = Some(output),
                None => {
                    let free = self.side_by_side.saturating_sub(under_way.len());
                    for leased in while_moving(&mut under_way, self.claim(free)).await {
                        under_way.push(self.move_on(leased));
                    }
                }
            }
            tokio::select! {
                output = &mut stop, if stopped.is_none() => {
                    self.stopping.store(true, Ordering::Relaxed);
                    stopped = Some(output);
                }
                Some(()) = under_way.next() => {}
                _ = renewal.tick(), if !under_way.is_empty() => {
                    while_moving(&mut under_way, self.renew()).await;
                }
                () = changed.notified(), if stopped.is_none() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Something to do, if there is something.
    async fn claim(&self, most: usize) -> Vec<Leased> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        if most == 0 {
            return Vec::new();
        }
        let claimed = async {
            // Looking costs nothing; leasing takes the lock.
            let due = self.app.store.next_due().await?;
            if due.is_none_or(|due| due > self.app.clock.now()) {
                return Ok(Vec::new());
            }
            self.app.store.claim_executions(&self.name, LEASE, most).await
        };
        claimed.await.unwrap_or_else(|error: reeve_store::StoreError| {
            tracing::warn!(%error, "no executions could be leased");
            Vec::new()
        })
    }

    async fn renew(&self) {
        if let Err(error) = self.app.store.renew_leases(&self.name, LEASE).await {
            tracing::warn!(%error, "the leases were not kept");
        }
    }

    /// Moves one on until it rests.
    async fn move_on(&self, leased: Leased) {
        let id = leased.id;
        if let Err(error) = self.try_move_on(leased).await {
            // Its lease runs out, and then it is tried again.
            tracing::warn!(execution.id = %id, error.code = error.code, "not moved on: {error}");
        }
    }

    async fn try_move_on(&self, leased: Leased) -> Result<(), Error> {
        let set_aside = |error| aside::set_aside(self.app, &self.name, &leased, error);
        let runbook = match self.runbook(&leased).await {
            Err(error) if error.is_unreadable() => return set_aside(&error).await,
            runbook => runbook?,
        };
        let stored = match drive::from_json(&leased.state) {
            Err(error) => return set_aside(&error).await,
            Ok(stored) => stored,
        };
        let mut driver =
            Driver::new(self.app, (&self.name, &self.stopping), (leased, stored), runbook);
        match driver.drive().await {
            Err(error) if error.is_unreadable() => {
                aside::set_aside(self.app, &self.name, &driver.leased, &error).await
            }
            driven => driven,
        }
    }

    /// The runbook of an execution, read once.
    async fn runbook(&self, leased: &Leased) -> Result<Arc<Runbook>, Error> {
        let kept = self.kept().get(&leased.digest).cloned();
        if let Some(runbook) = kept {
            return Ok(runbook);
        }
        let runbook =
            Arc::new(drive::runbook_of(self.app, (&leased.runbook, &leased.digest)).await?);
        let mut kept = self.kept();
        if kept.len() >= KEPT_RUNBOOKS {
            kept.clear();
        }
        kept.insert(leased.digest.clone(), Arc::clone(&runbook));
        Ok(runbook)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Runbook>>> {
        self.runbooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for something while what is under way goes on. It may hold the connections to the records that the other waits for.
async fn while_moving<T>(
    under_way: &mut FuturesUnordered<impl Future<Output = ()>>,
    wanted: impl Future<Output = T>,
) -> T {
    let mut wanted = pin!(wanted);
    loop {
        tokio::select! {
            value = &mut wanted => return value,
            Some(()) = under_way.next() => {}
        }
    }
}

//! Watching executions: whoever does is woken when one of theirs moved, and costs nothing until then.
//!
//! There is one look for all who watch: soon after this process wrote about an execution, and now and then for what other
//! processes wrote. It asks how far the watched executions have come, and wakes those whose execution went on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reeve_store::{Pulse, Store};
use reeve_types::ExecutionId;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};

use super::journal::Journal;
use crate::Error;

/// How often those executions are looked at that other processes may move.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long what happens at once is gathered into one look.
const GATHER: Duration = Duration::from_millis(20);

type Watched = BTreeMap<ExecutionId, watch::Sender<Pulse>>;

/// Looks at executions for all who watch some.
#[derive(Debug)]
pub struct Watch {
    store: Store,
    watched: Mutex<Watched>,
    wanted: Notify,
}

impl Watch {
    /// A watch over the executions of a store, once it [runs](Self::run).
    pub fn new(store: Store) -> Self {
        Self { store, watched: Mutex::default(), wanted: Notify::new() }
    }

    /// The journal of an execution, after the record of a number.
    pub async fn journal(&self, name: &str, after: u64) -> Result<Journal, Error> {
        let id = self.store.find_execution(name).await.map_err(Error::store)?;
        let mut watched = self.watched();
        let sender = watched.entry(id).or_insert_with(|| watch::channel(Pulse::default()).0);
        let pulse = sender.subscribe();
        drop(watched);
        self.wanted.notify_one();
        Ok(Journal::new(self.store.clone(), (id, after), pulse))
    }

    /// Looks, until it is dropped.
    pub async fn run(&self) {
        let mut moved = self.store.executions_moved();
        loop {
            let ids = self.still_watched();
            if ids.is_empty() {
                self.wanted.notified().await;
                continue;
            }
            moved.mark_unchanged();
            self.look(&ids).await;
            tokio::select! {
                _ = timeout(LOOK_EVERY, moved.changed()) => sleep(GATHER).await,
                () = self.wanted.notified() => {}
            }
        }
    }

    async fn look(&self, ids: &[ExecutionId]) {
        match self.store.execution_pulses(ids).await {
            Ok(pulses) => {
                let watched = self.watched();
                for (id, pulse) in pulses {
                    if let Some(sender) = watched.get(&id) {
                        sender.send_if_modified(|seen| std::mem::replace(seen, pulse) != pulse);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the executions that are watched were not seen"),
        }
    }

    /// What somebody watches; the rest is forgotten.
    fn still_watched(&self) -> Vec<ExecutionId> {
        let mut watched = self.watched();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched.keys().copied().collect()
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

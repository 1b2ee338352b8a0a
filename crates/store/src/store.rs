//! The store: what everyone else holds.

use std::sync::Arc;

use reeve_time::Clock;
use sqlx::{AnyConnection, AnyPool};
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinHandle,
};

use crate::{
    committer::{Committer, Mark, QUEUE, Request, Work},
    connection::Database,
    executions::Heeding,
    location::DatabaseLocation,
};

/// The records of one estate. Cheap to clone; the last clone that is dropped lets the committer end.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    readers: AnyPool,
    requests: mpsc::Sender<Request>,
    executions_moved: watch::Sender<()>,
    heeding: Heeding,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Starts the committer on a database that is in order.
    pub(crate) fn start(
        database: Database,
        writer: AnyConnection,
        readers: AnyPool,
        clock: Clock,
    ) -> Self {
        let (requests, waiting) = mpsc::channel(QUEUE);
        let committer = Committer {
            database: database.clone(),
            connection: Some(writer),
            mark: Mark::new(&clock),
            clock,
            requests: waiting,
        };
        let committer = Mutex::new(Some(tokio::spawn(committer.run())));
        let (executions_moved, _) = watch::channel(());
        let heeding = Heeding::default();
        Self(Arc::new(Inner { database, readers, requests, executions_moved, heeding, committer }))
    }

    /// Where the records are.
    pub fn location(&self) -> &DatabaseLocation {
        self.0.database.location()
    }

    /// Writes what still waits, then closes the database. Every later request is refused.
    pub async fn close(&self) {
        // A store that is closed already is closed.
        self.submit(Work::Close).await.ok();
        if let Some(committer) = self.0.committer.lock().await.take()
            && let Err(error) = committer.await
        {
            tracing::error!(%error, "the committer ended early");
        }
        self.0.readers.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn readers(&self) -> &AnyPool {
        &self.0.readers
    }

    /// Changes whenever this process has written about an execution. What other processes write does not show.
    pub fn executions_moved(&self) -> watch::Receiver<()> {
        self.0.executions_moved.subscribe()
    }

    pub(crate) fn heeding(&self) -> &Heeding {
        &self.0.heeding
    }

    pub(crate) fn tell_executions_moved(&self) {
        self.0.executions_moved.send_replace(());
    }

    pub(crate) fn requests(&self) -> &mpsc::Sender<Request> {
        &self.0.requests
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("location", self.location()).finish_non_exhaustive()
    }
}

//! The store: what everyone else holds.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use reeve_time::Clock;
use sqlx::{AnyConnection, AnyPool};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use crate::{
    committer::{Committer, QUEUE, Request, Work},
    connection::Database,
};

/// The records of one estate. Cheap to clone; the last clone that is dropped lets the committer end.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    readers: AnyPool,
    requests: mpsc::Sender<Request>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Starts the committer on a database that is in order.
    pub(crate) fn start(
        folder: PathBuf,
        database: Database,
        writer: AnyConnection,
        readers: AnyPool,
        clock: Clock,
    ) -> Self {
        let (requests, waiting) = mpsc::channel(QUEUE);
        let committer = Committer { database, connection: Some(writer), clock, requests: waiting };
        let committer = Mutex::new(Some(tokio::spawn(committer.run())));
        Self(Arc::new(Inner { folder, readers, requests, committer }))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
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

    pub(crate) fn readers(&self) -> &AnyPool {
        &self.0.readers
    }

    pub(crate) fn requests(&self) -> &mpsc::Sender<Request> {
        &self.0.requests
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

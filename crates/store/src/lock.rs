//! The engine's lock: only one process performs effects.
//!
//! In a data folder it is a lock on a file, which the operating system takes back when the process dies. On a server it
//! belongs to a connection of its own, and the server takes it back when that connection ends: when the process dies, but
//! also when the network fails or an administrator ends it. The process lives on then, and has to stop by itself:
//!
//! ```text
//! the server closed the connection ──► noticed within 250 ms: `EngineLock::lost`
//! the server is silent ──────────────► given up after 10 s, before the server gives up on us (25 s) and lets another have it
//! ```

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    time::Duration,
};

use sqlx::{AnyConnection, Connection as _};
use tokio::{
    sync::{oneshot, watch},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Store,
    error::{Doing as _, StoreError, Trouble, trouble},
    location::Kind,
};

const FILE: &str = "engine.lock";

/// A lock that was given back a moment ago is waited for: the server hears of it a moment later.
const SETTINGS: &str = "SET application_name = 'reeve engine'; SET lock_timeout = '500ms'; \
     SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// The first number is that of all locks of Reeve, the second is the engine's ([`crate::dialect`] has the other one).
const LOCK: &str = "SELECT pg_advisory_lock(1380271446, 2)";

/// How often it is looked whether the connection is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long the server may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to perform effects, until it is dropped or lost. It is taken back when the process dies, however it dies.
#[derive(Debug)]
pub struct EngineLock(Held);

#[derive(Debug)]
enum Held {
    /// Locked as long as the file is open.
    File { _file: File },
    /// Locked as long as a task keeps the connection.
    Connection {
        /// Closed when the connection is gone.
        lost: watch::Receiver<()>,
        /// The task gives the lock back once this is dropped.
        _release: oneshot::Sender<()>,
    },
}

impl EngineLock {
    /// Waits until the lock is lost though nobody gave it back. Whoever holds it performs nothing from then on.
    pub async fn lost(&self) {
        match &self.0 {
            Held::File { .. } => std::future::pending().await,
            Held::Connection { lost, .. } => {
                let mut lost = lost.clone();
                while lost.changed().await.is_ok() {}
            }
        }
    }
}

impl Store {
    /// Takes the right to perform effects on this estate; `None` if it is taken, by this process or another.
    pub async fn try_engine_lock(&self) -> Result<Option<EngineLock>, StoreError> {
        match self.location().kind() {
            Kind::Folder(folder) => lock_file(folder),
            Kind::Postgres { .. } => {
                let connecting = self.database().connect(SETTINGS).await;
                lock_connection(connecting.doing("connect for the engine's lock")?).await
            }
        }
    }
}

fn lock_file(folder: &Path) -> Result<Option<EngineLock>, StoreError> {
    let path = folder.join(FILE);
    let failed = |source| StoreError::Lock { path: path.display().to_string(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(EngineLock(Held::File { _file: file }))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

async fn lock_connection(mut connection: AnyConnection) -> Result<Option<EngineLock>, StoreError> {
    match sqlx::raw_sql(LOCK).execute(&mut connection).await {
        Ok(_) => {}
        Err(error) if trouble(&error) == Trouble::Busy => {
            connection.close().await.ok();
            return Ok(None);
        }
        Err(error) => return Err(StoreError::database("take the engine's lock", error)),
    }
    let (gone, lost) = watch::channel(());
    let (release, released) = oneshot::channel();
    tokio::spawn(keep(connection, released, gone));
    Ok(Some(EngineLock(Held::Connection { lost, _release: release })))
}

/// Keeps the connection until it is lost or nobody wants it any more.
async fn keep(
    mut connection: AnyConnection,
    released: oneshot::Receiver<()>,
    gone: watch::Sender<()>,
) {
    tokio::select! {
        _ = released => {}
        () = until_lost(&mut connection) => {
            tracing::error!("the engine's lock was lost with its connection to the database");
        }
    }
    drop(gone);
    connection.close().await.ok();
}

async fn until_lost(connection: &mut AnyConnection) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        match timeout(PATIENCE, connection.ping()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

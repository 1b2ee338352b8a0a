//! The engine's lock: only one process performs effects.

use std::fs::{File, OpenOptions, TryLockError};

use crate::{Store, error::StoreError};

const FILE: &str = "engine.lock";

/// The right to perform effects. The system takes it back when the process dies, however it dies.
#[derive(Debug)]
pub struct EngineLock {
    /// Locked as long as it is open.
    _file: File,
}

impl Store {
    /// Takes the right to perform effects on this estate; `None` if it is taken, by this process or another.
    pub fn try_engine_lock(&self) -> Result<Option<EngineLock>, StoreError> {
        let path = self.folder().join(FILE);
        let failed = |source| StoreError::Lock { path: path.display().to_string(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(EngineLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

//! How much a script may use.

use std::{fmt, time::Duration};

const MEBIBYTE: u64 = 1 << 20;

/// How much a script may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long it may take.
    pub wall: Duration,
    /// How long it may compute, all its processes together. Whole seconds, at least one.
    pub cpu: Duration,
    /// How much memory it may hold, all its processes together.
    pub memory_bytes: u64,
    /// How large a file may become that it writes, wherever.
    pub file_bytes: u64,
    /// How much it may keep in its folder.
    pub folder_bytes: u64,
    /// How many files it may keep in its folder.
    pub folder_files: usize,
    /// How many files each of its processes may hold open.
    pub open_files: u64,
    /// How many processes it may have at once.
    pub processes: usize,
    /// How much of what it prints is kept: its beginning and its end.
    pub log_bytes: usize,
    /// How large what it returns may be, as JSON.
    pub payload_bytes: usize,
}

impl Limits {
    /// The service's limits for a runtime, and ours for what it does not document.
    #[must_use]
    pub fn of(runtime: &str) -> Self {
        let memory = if runtime.starts_with("PowerShell") { 1024 } else { 512 };
        Self {
            wall: Duration::from_mins(10),
            cpu: Duration::from_mins(10),
            memory_bytes: memory * MEBIBYTE,
            file_bytes: 512 * MEBIBYTE,
            folder_bytes: 512 * MEBIBYTE,
            folder_files: 20_000,
            open_files: 1024,
            processes: 64,
            log_bytes: 256 * 1024,
            payload_bytes: 100 * 1024,
        }
    }

    /// The computing time as the kernel counts it: in whole seconds, and zero would be none at all.
    pub(crate) fn cpu_seconds(&self) -> u64 {
        self.cpu.as_secs().max(1)
    }
}

/// The limit that a script went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// [`Limits::wall`].
    Wall(Duration),
    /// [`Limits::cpu`].
    Cpu(Duration),
    /// [`Limits::memory_bytes`].
    Memory(u64),
    /// [`Limits::folder_bytes`].
    FolderBytes(u64),
    /// [`Limits::folder_files`].
    FolderFiles(usize),
    /// [`Limits::processes`].
    Processes(usize),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wall(limit) => write!(formatter, "it took longer than {}", seconds(*limit)),
            Self::Cpu(limit) => {
                write!(formatter, "it computed for longer than {}", seconds(*limit))
            }
            Self::Memory(limit) => write!(formatter, "it took more than {}", size(*limit)),
            Self::FolderBytes(limit) => {
                write!(formatter, "it kept more than {} in its folder", size(*limit))
            }
            Self::FolderFiles(limit) => {
                write!(formatter, "it kept more than {limit} files in its folder")
            }
            Self::Processes(limit) => write!(formatter, "it had more than {limit} processes"),
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..MEBIBYTE => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / MEBIBYTE),
    }
}

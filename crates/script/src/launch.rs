//! What is started: a program, what it reads, and where its answer will be.

use std::{ffi::OsString, path::PathBuf};

use tokio::process::Command;

/// A process to start.
pub(crate) struct Launch {
    /// The program with its arguments.
    pub(crate) command: Command,
    /// Its environment, all of it.
    pub(crate) variables: Vec<(&'static str, OsString)>,
    /// What it reads from its standard input.
    pub(crate) input: Vec<u8>,
    /// Whether its standard input stays open, and its end means that we are gone.
    pub(crate) lifeline: bool,
    /// Where its answer will be.
    pub(crate) answer: AnswerPlace,
}

/// Where the answer of a script will be.
pub(crate) enum AnswerPlace {
    /// In what it writes to its standard output.
    Output,
    /// In a file.
    File(PathBuf),
}

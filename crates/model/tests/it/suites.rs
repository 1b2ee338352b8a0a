//! Where the public cases are.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// The folder of a suite, if it is there.
pub(crate) fn folder(suite: &str) -> Option<PathBuf> {
    let suites = match std::env::var_os("REEVE_SUITES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites"),
    };
    Some(suites.join(suite)).filter(|folder| folder.is_dir())
}

/// Says something that is to be seen also when all tests pass.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{text}").unwrap();
}

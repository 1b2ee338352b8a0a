//! Writes what the fuzzers begin with into a folder.

use std::{env, io, path::PathBuf};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map_or_else(|| PathBuf::from("corpus"), PathBuf::from);
    reeve_fuzz::seeds::write(&folder)
}

//! Writes what the twin serves: `cargo run -p reeve-twin --example coverage > docs/twin-coverage.md`.

use std::io::{Error, Write};

fn main() -> Result<(), Error> {
    std::io::stdout().write_all(reeve_twin::coverage().as_bytes())
}

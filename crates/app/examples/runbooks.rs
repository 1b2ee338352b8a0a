//! Prints `docs/runbooks.md`.

use std::io::{self, Write as _};

use reeve_app::executions::{Library, runbook_reference};

fn main() -> io::Result<()> {
    let page = runbook_reference(&Library::shipped()).map_err(io::Error::other)?;
    io::stdout().write_all(page.as_bytes())
}

//! Questions to whoever runs the command: only on a terminal, and never where `--yes` answered them.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Result;

use crate::exit::WrongInput;

/// Whether there is somebody to ask.
pub(crate) fn is_possible() -> bool {
    std::io::stdin().is_terminal()
}

/// Without a terminal to ask on, only `--yes` goes on.
pub(crate) fn require_terminal() -> Result<()> {
    if is_possible() {
        return Ok(());
    }
    let wrong = WrongInput::new("there is no terminal to ask on");
    Err(wrong.with_hint("`--yes` answers the question").into())
}

/// Asks on the terminal.
pub(crate) fn confirm(what: &str) -> Result<()> {
    let mut stderr = anstream::stderr();
    write!(stderr, "{what}? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(WrongInput::new("not confirmed: nothing was done").into())
}

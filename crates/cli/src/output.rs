//! Data on standard output: JSON for scripts, text for people.

use std::io::Write as _;

use anyhow::Result;
use serde::Serialize;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Output {
    /// As JSON.
    pub(crate) json: bool,
}

impl Output {
    /// Prints `data` as JSON if that is wanted, and otherwise what `text` makes of it.
    pub(crate) fn show<T: Serialize>(
        self,
        data: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        let mut printed = if self.json { serde_json::to_string_pretty(data)? } else { text(data) };
        if !printed.ends_with('\n') {
            printed.push('\n');
        }
        write(&printed)
    }
}

/// Prints text as it is. A reader who has read enough is no error.
pub(crate) fn write(text: &str) -> Result<()> {
    write_on(text).map(|_| ())
}

/// Prints text as it is, and says whether someone still reads.
pub(crate) fn write_on(text: &str) -> Result<bool> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

/// Says something to people on standard error.
pub(crate) fn say(text: &str) {
    anstream::eprintln!("{text}");
}

//! `cargo xtask tidy`: the conventions that a program can check.
//!
//! Each check is one file with one function from the [`Workspace`] to a list of complaints; a new convention is a new
//! file and a line in [`CHECKS`].

mod dependencies;
mod documentation;
mod error_codes;
mod marks;
mod sizes;
mod sql;
mod tiers;
mod workspace;

use anyhow::{Result, bail};
use workspace::Workspace;

type Check = fn(&Workspace) -> Result<Vec<String>>;

const CHECKS: &[(&str, Check)] = &[
    ("arrows between crates only go down", tiers::check),
    ("dependencies are declared once, allowed, and licensed as listed", dependencies::check),
    ("crates and modules say what they are for", documentation::check),
    ("files stay short enough to read", sizes::check),
    ("SQL lives in the store", sql::check),
    ("no ignored or sleeping tests, and what is left to do names its issue", marks::check),
    ("every error code has a page", error_codes::check),
];

/// Runs every check and prints what each found.
#[expect(clippy::print_stderr, reason = "a command's findings go to its standard error")]
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut complaints = 0;
    for (name, check) in CHECKS {
        let found = check(&workspace)?;
        eprintln!("{} {name}", if found.is_empty() { "ok  " } else { "FAIL" });
        for complaint in &found {
            eprintln!("     {complaint}");
        }
        complaints += found.len();
    }
    if complaints > 0 {
        bail!("{complaints} conventions broken");
    }
    Ok(())
}

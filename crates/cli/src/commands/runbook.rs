//! `reeve runbook`: what can be run, what is wrong with it, and running it.

mod dry_run;
mod lint;
mod list;
mod policy;
mod rehearse;
mod run;
mod show;
mod targets;

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use reeve_app::executions::{Library, NamedRunbook};

use super::Globals;
use crate::{
    exit::{Status, WrongInput},
    load,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The runbooks of the estate folder, and those that come with Reeve.
    List(list::Arguments),
    /// What a runbook does and what it asks for.
    Show(show::Arguments),
    /// What is wrong with documents, and what is odd about them, with line and column.
    Lint(lint::Arguments),
    /// The IAM policies that allow exactly what a runbook calls.
    Policy(policy::Arguments),
    /// Every call that a runbook would make, in order, with its input. Only what reads is called.
    DryRun(run::Request),
    /// Run a runbook on a simulated copy of the account: what it would do, how long it would take, what would be different.
    Rehearse(run::Request),
    /// Run a runbook in an account, or for several targets, and watch it to its end.
    Run(Box<run::Arguments>),
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    match arguments.verb {
        Verb::List(arguments) => list::run(globals, &arguments),
        Verb::Show(arguments) => show::run(globals, &arguments),
        Verb::Lint(arguments) => lint::run(globals, &arguments),
        Verb::Policy(arguments) => policy::run(globals, &arguments),
        Verb::DryRun(request) => dry_run::run(globals, &request).await,
        Verb::Rehearse(request) => rehearse::run(globals, &request).await,
        Verb::Run(arguments) => run::run(globals, &arguments).await,
    }
}

/// A runbook by the name of its file, or by its own.
pub(super) fn find(library: &Library, name: &str) -> Result<NamedRunbook> {
    let path = Path::new(name);
    if path.is_file() {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or(name);
        let folder = path.parent().unwrap_or(Path::new(""));
        return Ok(NamedRunbook::of_file(file, text).in_folder(folder));
    }
    if let Some(runbook) = library.get(name) {
        return Ok(runbook.clone());
    }
    let mut message = format!("there is no runbook and no file `{name}`");
    if let Some(near) = library.nearest(name) {
        message += &format!("; did you mean `{near}`?");
    }
    Err(WrongInput::new(message).with_hint("`reeve runbook list` shows the runbooks").into())
}

/// The runbooks of the estate folder, if there is one, and those that come with Reeve.
pub(super) fn library(globals: &Globals) -> Result<Library> {
    load::runbooks(&globals.folder)
}

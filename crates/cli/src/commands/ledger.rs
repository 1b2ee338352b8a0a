//! `reeve ledger`: what was observed, decided, approved and done; and whether the record is whole.

use anyhow::Result;
use reeve_app::{
    LedgerQuery,
    views::{EntryView, Page, VerificationView},
};

use super::{Globals, page_length};
use crate::{
    exit::{Status, WrongInput},
    output::say,
    setup,
    table::{moment, table},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only about this plan: its id, the end of its id, or `latest`.
    #[arg(long)]
    plan: Option<String>,
    /// Only of this kind, such as `plan.approved`, or of the kinds under it: `plan`.
    #[arg(long)]
    kind: Option<String>,
    /// At most so many, newest first.
    #[arg(long, default_value_t = 50, value_parser = page_length())]
    limit: usize,
    /// The page after this cursor.
    #[arg(long)]
    cursor: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check every entry against the chain: any edit, gap or reorder is found.
    Verify,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let Arguments { command, plan, kind, limit, cursor } = arguments;
    if let Some(Command::Verify) = command {
        return verify(globals).await;
    }
    let app = setup::app(globals).await?;
    let nothing = if plan.is_some() || kind.is_some() || cursor.is_some() {
        "the ledger has no such entries"
    } else {
        "the ledger is empty"
    };
    let query = LedgerQuery { plan, kind, limit: Some(limit), cursor };
    let page = app.ledger(&query).await?;
    globals.output().show(&page, |page| list(page, nothing))?;
    if let Some(next) = &page.next {
        say(&format!("there are more: --cursor {next}"));
    }
    Ok(Status::Done)
}

/// Works on the records alone, so that it also works when the estate folder or the database is damaged otherwise.
async fn verify(globals: &Globals) -> Result<Status> {
    let location = globals.records_of(&globals.folder)?;
    if location.folder().is_some_and(|folder| !folder.exists()) {
        let message = format!("there are no records in {}", globals.folder.display());
        let hint = "`reeve plan` makes the first; `-C DIR` names another estate folder";
        return Err(WrongInput::new(message).with_hint(hint).into());
    }
    let verification = reeve_app::verify_ledger_in(&location).await?;
    globals.output().show(&verification, describe)?;
    Ok(if verification.intact { Status::Done } else { Status::Failed })
}

fn describe(verification: &VerificationView) -> String {
    match &verification.problem {
        None => format!(
            "intact: {} entries, head {}\n",
            verification.entries,
            verification.head.as_deref().unwrap_or("none")
        ),
        Some(problem) => {
            format!("NOT INTACT: entry {}: {}\n", problem.sequence, problem.message)
        }
    }
}

fn list(page: &Page<EntryView>, nothing: &str) -> String {
    let row = |entry: &EntryView| {
        [
            entry.sequence.to_string(),
            moment(entry.at),
            entry.actor.clone(),
            entry.kind.to_owned(),
            entry.summary.clone(),
        ]
    };
    table(["entry", "at", "who", "kind", "what"], page.items.iter().map(row), nothing)
}

//! `reeve ledger`: what was observed, decided, approved and done; and whether the record is whole.

use anyhow::Result;
use reeve_app::{
    LedgerQuery,
    views::{EntryView, Page, VerificationView},
};

use super::Globals;
use crate::{exit::Status, load::Folder, setup, table::table};

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
    #[arg(long, default_value_t = 50)]
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
    let query = LedgerQuery { plan, kind, limit: Some(limit), cursor };
    globals.output().show(&app.ledger(&query).await?, list)?;
    Ok(Status::Done)
}

/// Works on the records alone, so that it also works when the estate folder or the database is damaged otherwise.
async fn verify(globals: &Globals) -> Result<Status> {
    let data = globals.folder.join("data");
    let data = match Folder::read(&globals.folder) {
        Ok(folder) => folder.data(),
        Err(_) => data,
    };
    let verification = reeve_app::verify_ledger_in(&data).await?;
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

fn list(page: &Page<EntryView>) -> String {
    let row = |entry: &EntryView| {
        [
            entry.sequence.to_string(),
            entry.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            entry.actor.clone(),
            entry.kind.to_owned(),
            entry.summary.clone(),
        ]
    };
    table(["entry", "at", "who", "kind", "what"], page.items.iter().map(row), "the ledger is empty")
}

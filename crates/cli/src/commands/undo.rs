//! `reeve undo`: take back what a plan or an execution of a runbook did.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App,
    executions::{ChangeView, DryRunView, ExecutionUndoView, LeftView, UndoRequest},
};
use reeve_runbook::render;
use serde::Serialize;

use super::{Globals, plan::conclude, run as executions};
use crate::{
    ask,
    exit::{Status, WrongInput},
    output::say,
    service, setup,
    text::count,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The plan: its id, the end of its id, or `latest`; or an execution: its id. `reeve run undo` takes an execution by
    /// the end of its id and by `latest` too.
    #[arg(value_name = "PLAN|EXECUTION")]
    what: String,
    #[command(flatten)]
    how: How,
}

/// How an execution is taken back.
#[derive(clap::Args)]
pub(crate) struct How {
    /// Why; kept in the ledger.
    #[arg(short = 'm', long, default_value = "", hide_default_value = true)]
    comment: String,
    /// Of an execution: only show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Of an execution: do not ask.
    #[arg(short, long)]
    yes: bool,
    /// Of an execution: only begin; a server, or `reeve run watch`, moves it on.
    #[arg(long)]
    detach: bool,
}

pub(crate) async fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let Arguments { what, how } = arguments;
    let app = setup::app(globals).await?;
    if what.starts_with("exec") {
        return take_back(globals, &app, what, how).await;
    }
    if how.dry_run || how.detach {
        let message = "`--dry-run` and `--detach` are for executions, whose ids begin with `exec`";
        let hint = "`reeve plan show` shows what a plan did, with the values before";
        return Err(WrongInput::new(message).with_hint(hint).into());
    }
    let summary = app.request_undo(&setup::context(), what, &how.comment).await?;
    let summary = service::follow(&app, &summary).await?;
    conclude(globals, &summary)
}

/// What would be done, as data.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    undo: &'a ExecutionUndoView,
    /// What the document that declares the undo would do.
    dry_run: Option<&'a DryRunView>,
}

/// Takes an execution back: shows what that would do, asks, and sees it to its end.
pub(crate) async fn take_back(
    globals: &Globals,
    app: &App,
    name: &str,
    how: &How,
) -> Result<Status> {
    let undo = app.plan_execution_undo(name).await?;
    let declared = app.dry_run_execution_undo(&setup::context(), &undo.execution).await?;
    let shown = Shown { undo: &undo, dry_run: declared.as_ref() };
    if how.dry_run {
        globals.output().show(&shown, text)?;
        return Ok(Status::Done);
    }
    say(&text(&shown));
    if !how.yes && !undo.is_empty() {
        ask::require_terminal()?;
        ask::confirm(&format!("take back {} in {} {}", undo.execution, undo.account, undo.region))?;
    }
    let request = UndoRequest { reason: how.comment.clone(), digest: Some(undo.digest.clone()) };
    let id = app.undo_execution(&setup::context(), &undo.execution, &request).await?;
    if how.detach {
        return executions::show_one(globals, app, &id.to_string()).await;
    }
    executions::follow(globals, app, id).await
}

fn text(shown: &Shown<'_>) -> String {
    let Shown { undo, dry_run } = shown;
    let ExecutionUndoView { execution, runbook, account, region, steps, left, .. } = undo;
    let mut text = format!("undo of {execution} {} in {account} {region}\n", runbook.bold());
    if let Some(failed) = &undo.continues {
        text += &format!("what {failed} left\n");
    }
    for step in steps {
        text += &format!("  {} {}\n", step.calls.cyan(), render(&step.input));
        text += &format!("      takes back {}\n", place(&step.change, execution));
        if let Some(wait) = &step.waits_for {
            text += &format!("      once {wait}\n");
        }
        if step.looks {
            text += "      unless somebody changed it since\n";
        }
    }
    if let Some(declared) = &undo.declared {
        text += &format!("  by the runbook {}", declared.document.bold());
        for (name, value) in &declared.parameters {
            text += &format!(" {name}={}", render(value));
        }
        text += "\n";
    }
    if let Some(dry_run) = dry_run {
        text += &dry_run.text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    }
    if !left.is_empty() {
        text += &format!("{}\n", "stays as it is".yellow());
    }
    for LeftView { change, why } in left {
        text += &format!("  {}: {why}\n", place(change, execution));
    }
    text += &match (undo.is_empty(), steps.len()) {
        (true, _) => "nothing can be taken back\n".to_owned(),
        (false, 0) => String::new(),
        (false, calls) => {
            format!("{}, {} left\n", count(calls, "call"), count(left.len(), "change"))
        }
    };
    text
}

/// A change, and where it was made.
fn place(change: &ChangeView, root: &str) -> String {
    let ChangeView { execution, step, change } = change;
    let step = if step.is_empty() { String::new() } else { format!(" of step {step}") };
    if execution == root {
        format!("{change}{step}")
    } else {
        format!("{change}{step} of {execution}")
    }
}

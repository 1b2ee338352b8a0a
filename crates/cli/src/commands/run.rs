//! `reeve run`: executions of runbooks, and what people say to them.

mod follow;
mod live;

use anyhow::Result;
use clap::Subcommand;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App, ExecutionQuery,
    executions::{ChildView, ExecutionDetail, ExecutionView, Word},
    views::Page,
};

pub(crate) use follow::{follow, followed};

use super::Globals;
use crate::{
    exit::Status,
    setup,
    table::{moment, table},
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The executions, newest first.
    List {
        /// Only those with this status, such as `Waiting` or `Failed`.
        #[arg(long)]
        status: Option<String>,
        /// Only those of this runbook.
        #[arg(long)]
        runbook: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 20, value_parser = super::page_length())]
        limit: usize,
        /// Where the page begins: what the page before said.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// How an execution is, and what happened to it.
    Show(Named),
    /// Move an execution on and watch it, until it ends or waits for somebody.
    Watch(Named),
    /// Say yes to an execution that waits for approval.
    Approve(Saying),
    /// Say no to an execution that waits for approval.
    Reject(Saying),
    /// Let an execution rest: what is under way is finished, and nothing more is begun until `resume`. Time goes on: a wait
    /// that has run out by then is over, and a step that has taken too long has timed out.
    Pause(Saying),
    /// Let an execution go on that was paused; or else one that waits at a step `aws:pause`. One that is both is told twice.
    Resume(Saying),
    /// End an execution; what its step asks for in that case is done first.
    Cancel(Saying),
    /// Take back what an execution did, by an execution of its own.
    Undo(Undoing),
}

#[derive(clap::Args)]
struct Named {
    /// The execution: its id, the end of its id, or `latest`.
    execution: String,
}

#[derive(clap::Args)]
struct Undoing {
    /// The execution: its id, the end of its id, or `latest`.
    execution: String,
    #[command(flatten)]
    how: super::undo::How,
}

#[derive(clap::Args)]
struct Saying {
    /// The execution: its id, the end of its id, or `latest`.
    execution: String,
    /// Why.
    #[arg(long, default_value = "")]
    comment: String,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    match arguments.verb {
        Verb::List { status, runbook, limit, cursor } => {
            let query = ExecutionQuery { status, runbook, limit: Some(limit), cursor };
            let page = app.executions(&query).await?;
            globals.output().show(&page, list)?;
            Ok(Status::Done)
        }
        Verb::Show(Named { execution }) => show_one(globals, &app, &execution).await,
        Verb::Watch(Named { execution }) => {
            let detail = app.execution_detail(&execution).await?;
            follow(globals, &app, detail.execution.id.parse()?).await
        }
        Verb::Approve(saying) => tell(globals, &app, Word::Approve, &saying).await,
        Verb::Reject(saying) => tell(globals, &app, Word::Reject, &saying).await,
        Verb::Pause(saying) => tell(globals, &app, Word::Pause, &saying).await,
        Verb::Resume(saying) => tell(globals, &app, Word::Resume, &saying).await,
        Verb::Cancel(saying) => tell(globals, &app, Word::Cancel, &saying).await,
        Verb::Undo(Undoing { execution, how }) => {
            super::undo::take_back(globals, &app, &execution, &how).await
        }
    }
}

/// Says it, and moves the execution on.
async fn tell(globals: &Globals, app: &App, word: Word, saying: &Saying) -> Result<Status> {
    let said = (word, saying.comment.as_str());
    let id = app.tell_execution(&setup::context(), &saying.execution, said).await?;
    follow(globals, app, id).await
}

/// Shows an execution as it is.
pub(crate) async fn show_one(globals: &Globals, app: &App, name: &str) -> Result<Status> {
    let detail = app.execution_detail(name).await?;
    globals.output().show(&detail, text)?;
    Ok(status_of(&detail.execution))
}

pub(crate) fn status_of(execution: &ExecutionView) -> Status {
    match execution.status.as_str() {
        "Failed" | "TimedOut" | "Cancelled" => Status::Failed,
        _ => Status::Done,
    }
}

fn list(page: &Page<ExecutionView>) -> String {
    let row = |execution: &ExecutionView| {
        [
            execution.id.clone(),
            execution.runbook.clone(),
            format!("{} {}", execution.account, execution.region),
            execution.status.clone(),
            execution.step.clone().unwrap_or_default(),
            moment(execution.created_at),
            execution.started_by.clone(),
        ]
    };
    let headings = ["execution", "runbook", "where", "status", "step", "began", "by"];
    let mut text = table(
        headings,
        page.items.iter().map(row),
        "no runbook was run: `reeve runbook run` runs one",
    );
    if let Some(next) = &page.next {
        text += &format!("more: --cursor {next}\n");
    }
    text
}

pub(crate) fn text(detail: &ExecutionDetail) -> String {
    let ExecutionDetail {
        execution,
        role,
        undoes,
        undone_by,
        outputs,
        targets,
        children,
        records,
        ..
    } = detail;
    let status = match execution.status.as_str() {
        "Success" => execution.status.green().to_string(),
        "Failed" | "TimedOut" | "Cancelled" => execution.status.red().to_string(),
        other => other.yellow().to_string(),
    };
    let mut text = format!("{} {} {status}\n", execution.id, execution.runbook.bold());
    text += &format!(
        "in {} {}, by {}{}\n",
        execution.account,
        execution.region,
        execution.started_by,
        if execution.reason.is_empty() { String::new() } else { format!(": {}", execution.reason) }
    );
    if let Some(role) = role {
        text += &format!("as {role}\n");
    }
    if let Some(undone) = undoes {
        text += &format!("takes back {undone}\n");
    }
    for undo in undone_by {
        text += &format!("taken back by {}: {}\n", undo.id, undo.status);
    }
    for record in records {
        text += &format!("  {} {}\n", moment(record.at), record.summary);
    }
    if let Some(counts) = targets {
        text += &format!("{counts}\n");
    }
    for child in children {
        text += &format!("  {}\n", child_line(child));
    }
    for (name, value) in outputs {
        text += &format!("{name} = {}\n", reeve_runbook::render(value));
    }
    let step = execution.step.as_deref().unwrap_or_default();
    text += &match execution.status.as_str() {
        "Waiting" => {
            format!("step `{step}` waits: `reeve run approve`, `reject`, `resume` or `cancel`\n")
        }
        "Paused" => "it was paused: `reeve run resume` or `cancel`\n".to_owned(),
        "Unreadable" => {
            "where it stands cannot be read: `reeve run resume` has it tried again, `cancel` ends it\n"
                .to_owned()
        }
        _ => String::new(),
    };
    text
}

/// An execution that the one that is shown waits for, in a line.
fn child_line(child: &ChildView) -> String {
    let target = child.target.as_deref().unwrap_or(&child.runbook);
    let step = child.step.as_deref().map(|step| format!(" at {step}")).unwrap_or_default();
    let id = child.id.as_deref().unwrap_or("-");
    format!("{id} {target}: {}{step}", child.status)
}

//! `reeve run`: executions of runbooks, and what people say to them.

mod follow;
mod live;

use anyhow::Result;
use clap::Subcommand;
use owo_colors::OwoColorize as _;
use reeve_app::{
    App, ExecutionQuery,
    executions::{ExecutionDetail, ExecutionView, Word},
    views::Page,
};

pub(crate) use follow::follow;

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
    /// Let an execution that pauses go on.
    Resume(Saying),
    /// End an execution; what its step asks for in that case is done first.
    Cancel(Saying),
}

#[derive(clap::Args)]
struct Named {
    /// The execution: its id, the end of its id, or `latest`.
    execution: String,
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
        Verb::Resume(saying) => tell(globals, &app, Word::Resume, &saying).await,
        Verb::Cancel(saying) => tell(globals, &app, Word::Cancel, &saying).await,
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

fn status_of(execution: &ExecutionView) -> Status {
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

fn text(detail: &ExecutionDetail) -> String {
    let ExecutionDetail { execution, outputs, records, .. } = detail;
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
    for record in records {
        text += &format!("  {} {}\n", moment(record.at), record.summary);
    }
    for (name, value) in outputs {
        text += &format!("{name} = {}\n", reeve_runbook::render(value));
    }
    if execution.status == "Waiting" {
        let step = execution.step.as_deref().unwrap_or_default();
        text +=
            &format!("step `{step}` waits: `reeve run approve`, `reject`, `resume` or `cancel`\n");
    }
    text
}

//! `reeve approve`: agree to exactly what a plan shows.

use std::io::{IsTerminal as _, Write as _};

use anyhow::Result;
use reeve_app::{Approval, PageQuery};

use super::{
    Globals,
    plan::{conclude, detail},
};
use crate::{
    exit::{Status, WrongInput},
    output::say,
    service, setup,
    text::count,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The plan: its id, the end of its id, or `latest`.
    plan: String,
    /// Why; kept in the ledger.
    #[arg(short = 'm', long, default_value = "", hide_default_value = true)]
    comment: String,
    /// The digest that was shown; the plan's own by default.
    #[arg(long)]
    digest: Option<String>,
    /// Apply it at once.
    #[arg(long)]
    apply: bool,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(globals: &Globals, arguments: Arguments) -> Result<Status> {
    let Arguments { plan, comment, digest, apply, yes } = arguments;
    let app = setup::app(globals).await?;
    let shown = app.waiting_plan(&plan).await?;
    if !yes && shown.phase == "proposed" {
        require_terminal()?;
        // What is approved is what stands here, by its digest, whatever `latest` means by the time of the answer.
        let query = PageQuery { limit: Some(100), cursor: None };
        say(&detail(&app.plan_detail(&shown.id, &query).await?));
        confirm(&format!(
            "approve {}: {} in {}",
            shown.id,
            count(shown.actions, "action"),
            count(shown.accounts.len(), "account")
        ))?;
    }
    let approval = Approval { digest: digest.unwrap_or(shown.digest), comment, apply };
    let mut summary = app.approve(&setup::context(), &shown.id, &approval).await?;
    if apply {
        summary = service::follow(&app, &summary).await?;
    }
    let status = conclude(globals, &summary)?;
    if summary.phase == "approved" {
        say(&format!("next: `reeve apply {}`", summary.id));
    }
    Ok(status)
}

/// Without a terminal to ask on, only `--yes` goes on.
fn require_terminal() -> Result<()> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    let wrong = WrongInput::new("there is no terminal to ask on");
    Err(wrong.with_hint("`--yes` answers the question").into())
}

/// Asks on the terminal.
fn confirm(what: &str) -> Result<()> {
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

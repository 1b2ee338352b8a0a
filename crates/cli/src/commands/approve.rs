//! `reeve approve`: agree to exactly what a plan shows.

use anyhow::Result;
use reeve_app::{Approval, PageQuery};

use super::{
    Globals,
    plan::{conclude, detail},
};
use crate::{ask, exit::Status, output::say, service, setup, text::count};

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
        ask::require_terminal()?;
        // What is approved is what stands here, by its digest, whatever `latest` means by the time of the answer.
        let query = PageQuery { limit: Some(100), cursor: None };
        say(&detail(&app.plan_detail(&shown.id, &query).await?));
        ask::confirm(&format!(
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

//! `reeve refuse`: say no to a plan.

use anyhow::Result;

use super::{Globals, plan::conclude};
use crate::{exit::Status, setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The plan: its id, the end of its id, or `latest`.
    plan: String,
    /// Why; kept in the ledger.
    #[arg(short = 'm', long, default_value = "", hide_default_value = true)]
    comment: String,
}

pub(crate) async fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    let summary = app.refuse(&setup::context(), &arguments.plan, &arguments.comment).await?;
    conclude(globals, &summary)
}

//! `reeve apply`: do what an approved plan says.

use anyhow::Result;

use super::{Globals, plan::conclude};
use crate::{exit::Status, service, setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The plan: its id, the end of its id, or `latest`. Failed actions of an applied plan are tried again.
    plan: String,
}

pub(crate) async fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    let summary = app.request_apply(&setup::context(), &arguments.plan).await?;
    let summary = service::follow(&app, &summary).await?;
    conclude(globals, &summary)
}

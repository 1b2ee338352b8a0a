//! `reeve suspend` and `reeve resume`: the switch that stops every change.

use anyhow::Result;
use serde_json::json;

use super::Globals;
use crate::{exit::Status, service, setup};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Why; everyone who is stopped is shown it.
    reason: String,
}

pub(crate) async fn suspend(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let app = setup::app(globals).await?;
    app.suspend(&setup::context(), &arguments.reason).await?;
    globals.output().show(&json!({ "suspended": app.suspension().await? }), |_| {
        "every change is suspended; `reeve resume` lets them go on\n".to_owned()
    })?;
    Ok(Status::Done)
}

pub(crate) async fn resume(globals: &Globals) -> Result<Status> {
    let app = setup::app(globals).await?;
    app.resume(&setup::context()).await?;
    service::finish_unfinished(&app).await?;
    globals
        .output()
        .show(&json!({ "suspended": app.suspension().await? }), |_| "changes go on\n".to_owned())?;
    Ok(Status::Done)
}

//! Runbooks: what can be run, what it would do, and what it has to be allowed.

use axum::{
    Json,
    extract::{Path, State},
};
use reeve_app::{
    executions::{DryRunView, RunbookPolicyView, RunbookSummaryView, RunbookView, StartForm},
    views::Page,
};
use serde::Deserialize;

use super::Answer;
use crate::{
    Server,
    json::{Body, Parameters},
};

/// For which part of AWS a policy is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyQuery {
    region: Option<String>,
}

pub(crate) async fn list(State(server): State<Server>) -> Answer<Page<RunbookSummaryView>> {
    Ok(Json(server.app().runbook_list()))
}

pub(crate) async fn show(
    State(server): State<Server>,
    Path(runbook): Path<String>,
) -> Answer<RunbookView> {
    Ok(Json(server.app().runbook_view(&runbook)?))
}

pub(crate) async fn policy(
    State(server): State<Server>,
    Path(runbook): Path<String>,
    Parameters(PolicyQuery { region }): Parameters<PolicyQuery>,
) -> Answer<RunbookPolicyView> {
    Ok(Json(server.app().policy_of_runbook(&runbook, region.as_ref())?))
}

/// Goes through a runbook; only what reads is called.
pub(crate) async fn dry_run(
    State(server): State<Server>,
    Body(form): Body<StartForm>,
) -> Answer<DryRunView> {
    let app = server.app();
    let request = app.read_form(&form)?;
    Ok(Json(app.dry_run(&server.context, &request).await?))
}

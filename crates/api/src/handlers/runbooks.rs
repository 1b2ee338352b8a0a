//! Runbooks: what can be run, what it would do, and what it has to be allowed.

use axum::{
    Json,
    extract::{Path, State},
};
use reeve_app::{
    Error,
    executions::{DryRunView, RunbookPolicyView, RunbookSummaryView, RunbookView, StartForm},
    views::Page,
};
use reeve_rehearsal::{RehearsalError, RehearsalView, rehearse as rehearse_runbook};
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

/// Runs a runbook on a simulated copy of its account; the estate is only read.
pub(crate) async fn rehearse(
    State(server): State<Server>,
    Body(form): Body<StartForm>,
) -> Answer<RehearsalView> {
    let app = server.app();
    let request = app.read_form(&form)?;
    // A rehearsal holds a whole simulated account: too much for the future of each request.
    let rehearsed = Box::pin(rehearse_runbook(&app, &server.context, &request)).await;
    Ok(Json(rehearsed.map_err(not_rehearsed)?))
}

fn not_rehearsed(error: RehearsalError) -> Error {
    match error {
        RehearsalError::App(error) => error,
        other => Error::not_rehearsed(other),
    }
}

//! The switch that stops every change.

use axum::{Json, extract::State};
use reeve_app::views::SuspensionView;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::{Server, json::Body};

/// Why everything is to stop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    reason: String,
}

/// How the switch stands.
#[derive(Serialize)]
pub(crate) struct Switch {
    suspended: Option<SuspensionView>,
}

pub(crate) async fn suspend(
    State(server): State<Server>,
    Body(Reason { reason }): Body<Reason>,
) -> Answer<Switch> {
    server.app().suspend(&server.context, &reason).await?;
    Ok(Json(Switch { suspended: server.app().suspension().await? }))
}

pub(crate) async fn resume(State(server): State<Server>) -> Answer<Switch> {
    server.app().resume(&server.context).await?;
    server.plans_changed.notify_one();
    Ok(Json(Switch { suspended: server.app().suspension().await? }))
}

//! Runs: looking at the estate and deciding.

use axum::{Json, extract::State};
use reeve_app::{Error, views::RunProgress};
use serde_json::{Value, json};

use super::Answer;
use crate::Server;

/// Asks for a run, which starts at once in the background.
pub(crate) async fn start(State(server): State<Server>) -> Answer<Value> {
    if server.app().run_progress().is_some() {
        return Err(Error::run_under_way().into());
    }
    // A run that was asked for already is as good as another.
    server.run_wanted.try_send(server.context.clone()).ok();
    Ok(Json(json!({ "started": true })))
}

pub(crate) async fn current(State(server): State<Server>) -> Answer<Option<RunProgress>> {
    Ok(Json(server.app().run_progress()))
}

//! The accounts of the estate.

use axum::{Json, extract::State};
use reeve_app::views::{AccountView, Page};

use super::Answer;
use crate::Server;

pub(crate) async fn list(State(server): State<Server>) -> Answer<Page<AccountView>> {
    Ok(Json(server.app().accounts().await?))
}

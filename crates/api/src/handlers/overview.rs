//! What needs someone now, and what is decided by.

use axum::{Json, extract::State};
use reeve_app::views::{Overview, ProfileView};

use super::Answer;
use crate::Server;

pub(crate) async fn show(State(server): State<Server>) -> Answer<Overview> {
    Ok(Json(server.app().overview().await?))
}

pub(crate) async fn profile(State(server): State<Server>) -> Answer<ProfileView> {
    Ok(Json(server.app().profile_view().await?))
}

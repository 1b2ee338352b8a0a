//! Resources as they were last observed, and what could not be.

use axum::{Json, extract::State};
use reeve_app::{
    ResourceQuery,
    views::{Page, ResourceView, UnknownScopeView},
};

use super::Answer;
use crate::{Server, json::Parameters};

pub(crate) async fn list(
    State(server): State<Server>,
    Parameters(query): Parameters<ResourceQuery>,
) -> Answer<Page<ResourceView>> {
    Ok(Json(server.app().resources(&query).await?))
}

pub(crate) async fn unknowns(State(server): State<Server>) -> Answer<Page<UnknownScopeView>> {
    Ok(Json(server.app().unknowns().await?))
}

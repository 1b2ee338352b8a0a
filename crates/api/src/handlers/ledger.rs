//! The ledger.

use axum::{Json, extract::State};
use reeve_app::{
    LedgerQuery,
    views::{EntryView, Page, VerificationView},
};

use super::Answer;
use crate::{Server, json::Parameters};

pub(crate) async fn list(
    State(server): State<Server>,
    Parameters(query): Parameters<LedgerQuery>,
) -> Answer<Page<EntryView>> {
    Ok(Json(server.app().ledger(&query).await?))
}

pub(crate) async fn verify(State(server): State<Server>) -> Answer<VerificationView> {
    Ok(Json(server.app().verify_ledger().await?))
}

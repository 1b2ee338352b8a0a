//! Request bodies and queries, whose mistakes are answered in the API's own form.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::request::Parts,
};
use reeve_app::Error;
use serde::de::DeserializeOwned;

use crate::error::Failure;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A query string.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Error::invalid(error.body_text()))?;
        // An empty body is an object without members.
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Self)
            .map_err(|error| Error::invalid(format!("the body: {error}")).into())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Query::from_request_parts(parts, state)
            .await
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| {
                let text = error.body_text();
                // The framework's preface says nothing that the address does not.
                let reason = text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason);
                Error::invalid(format!("the query: {reason}")).into()
            })
    }
}

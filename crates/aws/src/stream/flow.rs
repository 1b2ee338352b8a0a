//! A body that is on its way: its pieces, and what is to be said if they stop coming.
//!
//! The time that an attempt may take was for the head. From then on it is for the silence between two pieces: a download
//! may take hours, and a connection that brings nothing is lost soon.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use reeve_model::WireResponse;

use crate::{
    CallError, CallSite, Interrupted, Malformed, ResponseBody, TransportError, message,
    transport::LostMidway,
};

/// A body that is on its way.
pub(super) struct Flow {
    pub(super) site: CallSite,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    /// How many bytes came.
    pub(super) received: u64,
    /// How many are to come, if it was said.
    pub(super) expected: Option<u64>,
    chunks: BoxStream<'static, Result<Bytes, TransportError>>,
    patience: Duration,
}

impl Flow {
    pub(super) fn new(
        site: CallSite,
        head: &WireResponse,
        body: Option<ResponseBody>,
        patience: Duration,
    ) -> Self {
        Self {
            site,
            status: head.status,
            request_id: reeve_model::request_id(head),
            received: 0,
            expected: message::content_length(head),
            chunks: chunks(body),
            patience,
        }
    }

    /// Goes on with the body of another answer, which begins where this one broke.
    pub(super) fn continue_with(&mut self, body: Option<ResponseBody>) {
        self.chunks = chunks(body);
    }

    /// The next piece; none if all of it came.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        let chunk = match tokio::time::timeout(self.patience, self.chunks.next()).await {
            Ok(chunk) => chunk.transpose(),
            Err(_) => Err(TransportError::TimedOut),
        };
        match chunk {
            Ok(Some(chunk)) => {
                let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                self.received = self.received.saturating_add(length);
                Ok(Some(chunk))
            }
            Ok(None) if self.expected.is_some_and(|expected| self.received < expected) => {
                Err(self.interrupted(TransportError::Lost(std::sync::Arc::new(LostMidway))))
            }
            Ok(None) => Ok(None),
            Err(source) => Err(self.interrupted(source)),
        }
    }

    pub(super) fn interrupted(&self, source: TransportError) -> CallError {
        CallError::Interrupted(Box::new(Interrupted {
            site: self.site.clone(),
            status: self.status,
            request_id: self.request_id.clone(),
            received: self.received,
            expected: self.expected,
            source,
        }))
    }

    pub(super) fn malformed(&self, reason: String, excerpt: String) -> CallError {
        CallError::Malformed(Box::new(Malformed {
            site: self.site.clone(),
            status: self.status,
            request_id: self.request_id.clone(),
            reason,
            excerpt,
        }))
    }
}

fn chunks(body: Option<ResponseBody>) -> BoxStream<'static, Result<Bytes, TransportError>> {
    match body {
        None => stream::empty().boxed(),
        Some(ResponseBody::Whole(bytes)) => stream::iter([Ok(bytes)]).boxed(),
        Some(ResponseBody::Chunks(chunks)) => chunks,
    }
}

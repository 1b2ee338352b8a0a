//! Passes requests on and keeps what was asked and answered.
//!
//! ```text
//! request ──► pending ──► whole answer ─────────────────► pair
//!                ├──────► answer in pieces ──(last one)──► pair
//!                ├──────► failure ──────────────────────► pair
//!                └─(dropped: the caller gave up)────────► pair, if its time was up; else nothing
//! ```
//!
//! Numbers are given when something ended, not when it began: an attempt that was given up comes before the one that
//! took its place. Nothing that goes wrong here changes what the caller gets.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use http::HeaderMap;
use jiff::Timestamp;
use reeve_model::Service;
use reeve_time::Clock;
use tokio::time::Instant;

use super::{
    AttemptLimit, BODY_LIMIT, RequestTarget,
    folder::Folder,
    mask::{self, Answered, Call, Seen, Sent},
    pair::{Failure, FailureKind, Outcome, Pair, Request, VERSION},
};
use crate::{CallSite, RequestBody, ResponseBody, Transport, TransportError, transport::chain};

/// Which part of its time a caller that gives up may have counted that is not seen here.
const TOLERANCE: u32 = 20;

/// What writes a recording.
#[derive(Debug)]
pub(super) struct Recorder {
    folder: Folder,
    clock: Clock,
}

/// An attempt that has not ended yet.
struct Pending {
    recorder: Arc<Recorder>,
    site: CallSite,
    service: Arc<Service>,
    request: Request,
    secrets: Vec<String>,
    time: Timestamp,
    started: Instant,
    limit: Option<AttemptLimit>,
    is_over: bool,
}

/// A body on its way through.
struct Watched {
    chunks: BoxStream<'static, Result<Bytes, TransportError>>,
    pending: Pending,
    status: u16,
    headers: HeaderMap,
    // None once it is longer than what is recorded.
    seen: Option<Vec<u8>>,
}

impl Recorder {
    pub(super) fn new(folder: Folder, clock: Clock) -> Self {
        Self { folder, clock }
    }
}

/// Sends a request and records the attempt.
pub(super) async fn exchange(
    recorder: Arc<Recorder>,
    inner: Transport,
    request: http::Request<RequestBody>,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let Some(pending) = Pending::begin(recorder, &request).await else {
        tracing::warn!("a request that belongs to no known call is not recorded");
        return inner.send(request).await;
    };
    match inner.send(request).await {
        Err(error) => {
            pending.fail(&error);
            Err(error)
        }
        Ok(response) => {
            let (head, body) = response.into_parts();
            let body = match body {
                ResponseBody::Whole(bytes) => {
                    pending.finish((head.status.as_u16(), &head.headers), Some(&bytes), false);
                    ResponseBody::Whole(bytes)
                }
                ResponseBody::Chunks(chunks) => {
                    let (status, headers) = (head.status.as_u16(), head.headers.clone());
                    let seen = Some(Vec::new());
                    let watched = Watched { chunks, pending, status, headers, seen };
                    ResponseBody::Chunks(watched.boxed())
                }
            };
            Ok(http::Response::from_parts(head, body))
        }
    }
}

/// Reads a body that is sent piece by piece, unless it is longer than what is recorded.
pub(super) async fn read(body: &RequestBody) -> Option<Bytes> {
    let limit = u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX);
    if body.length() > limit {
        return None;
    }
    body.clone().collect().await.ok()
}

impl Pending {
    async fn begin(recorder: Arc<Recorder>, request: &http::Request<RequestBody>) -> Option<Self> {
        let (started, time) = (Instant::now(), recorder.clock.now());
        let extensions = request.extensions();
        let site = extensions.get::<CallSite>()?.clone();
        let limit = extensions.get::<AttemptLimit>().copied();
        let service = reeve_model::catalog().service(&site.service).ok()?;
        let body = read(request.body()).await;
        let operation = service.operation(&site.operation).ok()?;
        let call = Call { service: &service, operation };
        let masked = mask::request(call, &sent(request, body.as_deref()));
        Some(Self {
            recorder,
            site,
            request: masked.request,
            secrets: masked.secrets,
            time,
            started,
            limit,
            is_over: false,
            service: Arc::clone(&service),
        })
    }

    fn finish(
        mut self,
        (status, headers): (u16, &HeaderMap),
        body: Option<&[u8]>,
        is_cut_off: bool,
    ) {
        self.answered((status, headers), body, is_cut_off);
    }

    fn fail(mut self, error: &TransportError) {
        self.failed(error);
    }

    fn answered(
        &mut self,
        (status, headers): (u16, &HeaderMap),
        body: Option<&[u8]>,
        is_cut_off: bool,
    ) {
        let service = Arc::clone(&self.service);
        let Ok(operation) = service.operation(&self.site.operation) else { return };
        let call = Call { service: &service, operation };
        let body = body.map_or(Seen::TooLong, Seen::Whole);
        let answered = Answered { status, headers, body };
        let mut response = mask::response(call, &answered, &self.secrets);
        response.cut_off = is_cut_off;
        self.end(Outcome::Response(response));
    }

    fn failed(&mut self, error: &TransportError) {
        let (kind, reason) = match error {
            TransportError::Connect(cause) => (FailureKind::Connect, chain(&**cause)),
            TransportError::Lost(cause) => (FailureKind::Lost, chain(&**cause)),
            TransportError::Source(cause) => (FailureKind::Source, chain(&**cause)),
            TransportError::TooLong { .. } => (FailureKind::Lost, error.to_string()),
            TransportError::TimedOut => (FailureKind::TimedOut, String::new()),
            // Nothing was sent.
            TransportError::Silent(_) | TransportError::NotRecorded(_) => {
                self.is_over = true;
                return;
            }
        };
        self.end(Outcome::Failure(Failure { kind, reason }));
    }

    /// The caller stopped waiting.
    fn given_up(&mut self) {
        let elapsed = self.started.elapsed();
        // The caller began to count a little earlier.
        let is_up = |limit: AttemptLimit| elapsed.saturating_add(limit.0 / TOLERANCE) >= limit.0;
        if self.limit.is_some_and(is_up) {
            self.failed(&TransportError::TimedOut);
        }
        self.is_over = true;
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let pair = Pair {
            version: VERSION,
            time: self.time,
            account: self.site.account.as_ref().map(ToString::to_string),
            region: self.site.region.to_string(),
            service: self.site.service.clone(),
            operation: self.site.operation.clone(),
            request: self.request.clone(),
            outcome,
        };
        self.recorder.folder.add(&self.site, &pair);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_over {
            self.given_up();
        }
    }
}

impl Watched {
    fn keep(&mut self, chunk: &Bytes) {
        if let Some(seen) = &mut self.seen {
            seen.extend_from_slice(chunk);
            if seen.len() > BODY_LIMIT {
                self.seen = None;
            }
        }
    }

    fn end(&mut self, is_cut_off: bool) {
        if !self.pending.is_over {
            let head = (self.status, &self.headers);
            self.pending.answered(head, self.seen.as_deref(), is_cut_off);
        }
    }

    /// Whether the beginning of the answer is of use without its end.
    fn is_stream(&self) -> bool {
        let service = &self.pending.service;
        service.operation(&self.pending.site.operation).is_ok_and(|operation| {
            operation.event_output(service).is_some()
                || operation.streaming_output(service).is_some()
        })
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.chunks.poll_next_unpin(context);
        match &next {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(chunk))) => self.keep(chunk),
            Poll::Ready(Some(Err(error))) => self.pending.failed(error),
            Poll::Ready(None) => self.end(false),
        }
        next
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Whoever reads a stream of events may have seen enough; any other answer is worth nothing without its end.
        if self.is_stream() {
            self.end(true);
        }
    }
}

/// A request as it is masked.
pub(super) fn sent<'a>(
    request: &'a http::Request<RequestBody>,
    body: Option<&'a [u8]>,
) -> Sent<'a> {
    let target = request.extensions().get::<RequestTarget>().map(|target| target.0.as_str());
    let uri = || request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Sent {
        method: request.method().as_str(),
        target: target.unwrap_or_else(uri),
        headers: request.headers(),
        body: body.map_or(Seen::TooLong, Seen::Whole),
    }
}

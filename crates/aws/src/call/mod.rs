//! One call: encoded once, attempted until it succeeds or there is no point in going on.
//!
//! ```text
//! encode ──► attempt ──► recover ──► attempt ──► … ──► answer or error
//!            (endpoint, credentials, turn, signature,     (corrections once each,
//!             transport, a hedge, decode)                  then waits and tokens)
//! ```
//!
//! The request is encoded once, so that a token that makes the operation idempotent is the same in every attempt. The
//! signature is made anew each time: its time and its key may have changed.
//!
//! Everything that is held (a slot and a turn at the place, a connection, the turn to try a silent host) is held by the
//! future itself: whoever drops it has given everything back.

mod answer;
mod attempt;
mod hedge;
mod options;
mod progress;
mod recover;
mod source_region;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reeve_model::{Operation, RequestSettings, Service, Value, WireRequest, WireResponse, catalog};
use reeve_types::Region;
use tokio::sync::watch;
use tracing::Instrument;

use self::progress::Progress;
use crate::{
    CallError, CallRecord, CallSite, RequestBody, ResponseBody, Target,
    client::Inner,
    credentials::Identity,
    rate::{Place, PlaceKey},
    sign::SignableBody,
};

pub(crate) use answer::refused;
pub use options::{CallOptions, Deadline};

/// How long an operation that does the caller's own work is waited for: a little longer than a Lambda function can take.
const LONGEST_WORK: Duration = Duration::from_mins(16);

/// What is to be called, where, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) target: &'a Target,
    pub(crate) identity: Identity,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
}

/// How much of an answer is read before the call is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of it.
    Whole,
    /// Its head; the body of an answer of success is handed on.
    Head,
}

/// How a call is made.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) options: CallOptions,
    pub(crate) reading: Reading,
    /// The body, where the input does not have it.
    pub(crate) upload: Option<Sent>,
}

/// A body that the input does not have.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) payload: Payload,
    /// The header that has its checksum.
    pub(crate) checksum: Option<(String, String)>,
}

/// What is sent besides the head.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// What is in memory.
    Whole(Bytes),
    /// What is read while it is sent, with its SHA-256 in hexadecimal.
    Hashed(crate::StreamedBody, String),
}

/// An answer of success.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) output: Value,
    /// Status and headers.
    pub(crate) head: WireResponse,
    /// What has not been read.
    pub(crate) body: Option<ResponseBody>,
}

/// A call that can be attempted.
struct Call<'a> {
    inner: &'a Inner,
    request: Request<'a>,
    site: CallSite,
    place: Arc<Place>,
    service: &'a Service,
    operation: &'a Operation,
    input: Value,
    wire: WireRequest,
    payload: Payload,
    options: CallOptions,
    reading: Reading,
}

/// Calls an operation.
pub(crate) async fn call(
    inner: &Inner,
    request: Request<'_>,
    mut input: Value,
    manner: Manner,
) -> Result<Answered, CallError> {
    let service = find_service(request.service)?;
    let operation = find_operation(&service, request.operation)?;
    let site = CallSite::of(request.target, request.service, request.operation);
    let has_encoded_keys = reeve_model::ask_for_encoded_keys(&service, operation, &mut input);
    source_region::add_source_url(inner, &request, (&service, operation), &mut input).await?;
    let mut token = || inner.idempotency_token();
    let settings = RequestSettings::new(&mut token);
    let mut wire = reeve_model::encode_request_with(&service, operation, &input, settings)
        .map_err(|error| CallError::invalid(&site, error.to_string()))?;
    let body = Bytes::from(std::mem::take(&mut wire.body));
    let span = tracing::debug_span!(
        "aws.call",
        aws.account = site.account.as_ref().map(tracing::field::display),
        aws.region = %site.region,
        aws.service = site.service,
        aws.operation = site.operation,
    );
    let place = inner.places.place(PlaceKey {
        account: inner.calling_account(request.target, &request.identity),
        region: site.region.clone(),
        service: site.service.clone(),
    });
    let Manner { options, reading, upload } = manner;
    let payload = match upload {
        Some(sent) => {
            wire.headers.extend(sent.checksum);
            sent.payload
        }
        None => Payload::Whole(body),
    };
    let call = Call {
        inner,
        request,
        site,
        place,
        service: &service,
        operation,
        input,
        wire,
        payload,
        options,
        reading,
    };
    let mut answered = call.run().instrument(span).await?;
    if has_encoded_keys {
        reeve_model::decode_keys(operation, &mut answered.output);
    }
    Ok(answered)
}

/// Finds a service by name.
pub(crate) fn find_service(name: &str) -> Result<Arc<Service>, CallError> {
    catalog().service(name).map_err(|error| CallError::UnknownService(Box::new(error)))
}

/// Finds an operation of a service by name.
pub(crate) fn find_operation<'a>(
    service: &'a Service,
    name: &str,
) -> Result<&'a Operation, CallError> {
    service.operation(name).map_err(|error| CallError::UnknownOperation(Box::new(error)))
}

impl Call<'_> {
    async fn run(&self) -> Result<Answered, CallError> {
        let overall = self.longest(self.inner.config.timeouts.overall);
        let mut progress = Progress::new(self.site.region.clone(), overall, self.options);
        let outcome = loop {
            match self.attempt(&mut progress).await {
                Ok(answered) => {
                    self.place.retries.succeeded(progress.permit);
                    break Ok(answered);
                }
                Err(failed) => {
                    if let Err(error) = self.recover(&mut progress, failed).await {
                        break Err(error);
                    }
                }
            }
        };
        self.record(&progress, outcome.as_ref().err());
        outcome
    }

    /// How long something may take, given how long it may take for ordinary operations.
    fn longest(&self, limit: Duration) -> Duration {
        if self.operation.awaits_work() { limit.max(LONGEST_WORK) } else { limit }
    }

    fn record(&self, progress: &Progress, error: Option<&CallError>) {
        let elapsed = progress.elapsed();
        tracing::debug!(
            aws.attempts = progress.attempt,
            aws.elapsed_ms = elapsed.as_millis(),
            aws.code = error.and_then(CallError::code),
            aws.request_id = error.and_then(CallError::request_id),
            "call finished"
        );
        if let Some(observer) = &self.inner.config.observer {
            (observer.0)(&CallRecord {
                site: self.site.clone(),
                actor: self.request.target.actor.clone(),
                reason: self.request.target.reason.clone(),
                attempts: progress.attempt,
                elapsed,
                failure: error.map(ToString::to_string),
            });
        }
    }
}

impl Manner {
    /// The ordinary way.
    pub(crate) fn whole(options: CallOptions) -> Self {
        Self { options, reading: Reading::Whole, upload: None }
    }
}

impl Payload {
    fn signable(&self) -> SignableBody<'_> {
        match self {
            Self::Whole(bytes) => SignableBody::Bytes(bytes),
            Self::Hashed(_, hash) => SignableBody::Precomputed(hash.clone()),
        }
    }

    /// The body of a request, and what tells of each piece of it that is taken, if it goes piece by piece.
    fn to_body(&self) -> (RequestBody, Option<watch::Receiver<()>>) {
        match self {
            Self::Whole(bytes) => (RequestBody::Whole(bytes.clone()), None),
            Self::Hashed(body, _) => {
                let (body, pieces) = body.watched();
                (RequestBody::Streamed(body), Some(pieces))
            }
        }
    }
}

/// The Region that S3 says a bucket is in, if it is another.
fn redirect(answer: &WireResponse, region: &Region) -> Option<Region> {
    let other: Region = answer.header("x-amz-bucket-region")?.parse().ok()?;
    (other != *region && matches!(answer.status, 301 | 307 | 400 | 403)).then_some(other)
}

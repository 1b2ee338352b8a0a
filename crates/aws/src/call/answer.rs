//! What came back: read as the output that it is, or as the failure that it is.

use reeve_model::{DecodeError, Operation, Service, ServiceError, WireResponse};

use super::{
    Answered, Call,
    attempt::{Attempt, Failed},
    progress::Over,
};
use crate::{
    Attempts, CallError, CallSite, DeadlineExceeded, Denied, Interrupted, Malformed, NotRecorded,
    Refused, ResponseBody, TimedOut, TransportError, Unreachable, message, permission,
    retry::{self, Failure},
};

impl Call<'_> {
    /// Reads an answer. Without its body, which is handed on, it is the head of an answer of success.
    pub(super) fn read(
        &self,
        mut answer: WireResponse,
        body: Option<ResponseBody>,
    ) -> Result<Answered, Failed> {
        let streams = self.operation.streaming_output(self.service).is_some();
        if !streams && let Err(reason) = message::decompress(&mut answer) {
            return Err(Failed::fatal(self.malformed(&answer, reason)));
        }
        message::find_late_failure((self.service, self.operation), &mut answer);
        if answer.status >= 300 {
            return Err(self.refusal(answer));
        }
        match reeve_model::decode_response(self.service, self.operation, &answer) {
            Ok(output) => {
                answer.body = Vec::new();
                Ok(Answered { output, head: answer, body })
            }
            // In the middle of a stream of events.
            Err(DecodeError::Service(error)) => {
                let request_id = error.request_id.or_else(|| reeve_model::request_id(&answer));
                let error = ServiceError { request_id, ..*error };
                let (error, failure) = refused(&self.site, (self.service, self.operation), error);
                Err(Failed { failure, ..Failed::fatal(error) })
            }
            Err(error) => Err(Failed::fatal(self.malformed(&answer, error.to_string()))),
        }
    }

    fn malformed(&self, answer: &WireResponse, reason: String) -> CallError {
        CallError::Malformed(Box::new(Malformed {
            site: self.site.clone(),
            status: answer.status,
            request_id: reeve_model::request_id(answer),
            reason,
            excerpt: message::excerpt_of(self.service, self.operation, &answer.body),
        }))
    }

    fn refusal(&self, answer: WireResponse) -> Failed {
        let error = reeve_model::decode_error(self.service, &answer);
        let error = ServiceError { status: answer.status, ..error };
        let (error, failure) = refused(&self.site, (self.service, self.operation), error);
        Failed { failure, answer: Some(answer), ..Failed::fatal(error) }
    }

    /// No answer came, or only a part of it.
    pub(super) fn lost(
        &self,
        attempt: Attempt<'_>,
        source: TransportError,
        arrived: Option<WireResponse>,
    ) -> Failed {
        let mut failure = retry::classify_silence(&source);
        let repeatable = self.operation.only_reads() || self.operation.idempotent;
        if arrived.as_ref().is_some_and(|answer| answer.status < 300) && !repeatable {
            // It was performed: only what it said is lost.
            failure = Failure::Final;
        }
        if (self.operation.awaits_work() || self.options.once) && source.may_have_been_performed() {
            // The work may be under way or done.
            failure = Failure::Final;
        }
        let (site, endpoint) = (self.site.clone(), attempt.endpoint.url.clone());
        let attempts = Attempts(attempt.number);
        let error = match (source, arrived) {
            (TransportError::NotRecorded(source), _) => {
                CallError::NotRecorded(Box::new(NotRecorded { site, source }))
            }
            (source @ TransportError::TooLong { .. }, Some(answer)) => {
                self.malformed(&answer, source.to_string())
            }
            (source, Some(answer)) => CallError::Interrupted(Box::new(Interrupted {
                site,
                status: answer.status,
                request_id: reeve_model::request_id(&answer),
                received: u64::try_from(answer.body.len()).unwrap_or(u64::MAX),
                expected: message::content_length(&answer),
                source,
            })),
            (TransportError::TimedOut, None) => {
                let after = attempt.limit;
                CallError::TimedOut(Box::new(TimedOut { site, endpoint, attempts, after }))
            }
            (source, None) => {
                CallError::Unreachable(Box::new(Unreachable { site, endpoint, attempts, source }))
            }
        };
        Failed { failure, ..Failed::fatal(error) }
    }

    /// The time is over.
    pub(super) fn given_up(&self, over: Over, last: Option<CallError>) -> CallError {
        CallError::DeadlineExceeded(Box::new(DeadlineExceeded {
            site: self.site.clone(),
            phase: over.phase,
            limit: over.limit,
            elapsed: over.elapsed,
            last,
        }))
    }
}

/// An error that a service answered with, and whether another attempt may help.
pub(crate) fn refused(
    site: &CallSite,
    (service, operation): (&Service, &Operation),
    error: ServiceError,
) -> (CallError, Failure) {
    let site = site.clone();
    let ServiceError { code, message, request_id, status, .. } = error;
    if permission::is_denial(status, &code) {
        let named = permission::permission_in(&message).map(ToOwned::to_owned);
        let permission = named.unwrap_or_else(|| permission::permission_for(service, operation));
        let principal = permission::principal_in(&message).map(ToOwned::to_owned);
        let denied = Denied { site, code, message, request_id, status, permission, principal };
        return (CallError::Denied(Box::new(denied)), Failure::Final);
    }
    let failure = match declared_retryable(service, &code) {
        Some(true) => Failure::Throttled,
        // Some models say of throttles no more than that another attempt may help.
        Some(false) => match retry::classify_answer(status, &code) {
            Failure::Throttled => Failure::Throttled,
            _ => Failure::Transient,
        },
        None => retry::classify_answer(status, &code),
    };
    let retryable = failure != Failure::Final;
    let refused = Refused { site, code, message, request_id, status, retryable };
    (CallError::Service(Box::new(refused)), failure)
}

/// Whether the model says that this error is worth another attempt, and if so, whether it is a throttle.
fn declared_retryable(service: &Service, code: &str) -> Option<bool> {
    let (_, shape) = service.exception(code)?;
    shape.exception.as_ref()?.retryable
}

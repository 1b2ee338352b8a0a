//! One attempt: addressed, believed, in turn, sent and read.

use std::time::Duration;

use jiff::Timestamp;
use reeve_model::{Endpoint, WireResponse};
use tokio::sync::watch;

use super::{
    Answered, Call, Reading,
    progress::{Over, Progress},
};
use crate::{
    CallError, Phase, RequestBody, ResponseBody, TransportError,
    authenticate::{Authority, Subject},
    body::WHOLE_LIMIT,
    endpoint::Purpose,
    message,
    rate::Turn,
    record::{AttemptLimit, RequestTarget},
    retry::{self, Failure},
    silence::{Admission, PROBE_LIMIT},
};

/// An attempt that failed.
pub(super) struct Failed {
    pub(super) error: CallError,
    pub(super) failure: Failure,
    pub(super) answer: Option<WireResponse>,
    pub(super) signed: Option<Signed>,
}

/// With what a request was signed.
pub(super) struct Signed {
    /// The id of the key, if there was one.
    pub(super) key_id: Option<String>,
    pub(super) at: Timestamp,
}

/// What all requests of an attempt have in common.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) endpoint: &'a Endpoint,
    /// The endpoint was configured, and is called as it is.
    pub(super) configured: bool,
    pub(super) authority: &'a Authority<'a>,
    pub(super) number: u32,
    pub(super) limit: Duration,
}

impl Call<'_> {
    pub(super) async fn attempt(&self, progress: &mut Progress) -> Result<Answered, Failed> {
        let (target, identity) = (self.request.target, &self.request.identity);
        let (service, operation, input) = (self.service, self.operation, &self.input);
        let purpose = Purpose { service, operation, input, region: &progress.region };
        let resolving = self.inner.endpoint(purpose, (target, identity));
        let resolved = progress.within(Phase::Credentials, resolving).await;
        let (endpoint, configured) = resolved
            .map_err(|over| self.over(over))?
            .map_err(|problem| Failed::fatal(CallError::invalid(&self.site, problem)))?;
        let subject = Subject {
            service,
            operation,
            input,
            endpoint: &endpoint,
            target,
            identity,
            site: &self.site,
        };
        let believing = self.inner.authority(subject);
        let authority = progress.within(Phase::Credentials, believing).await;
        let authority = authority.map_err(|over| self.over(over))?.map_err(Failed::fatal)?;
        // Only now: a turn must not be held while the credentials for it are fetched, perhaps from the same place.
        let turn = self.turn(progress).await?;
        if progress.left().is_zero() {
            return Err(self.over(progress.over(Phase::Answer)));
        }
        let attempt = Attempt {
            endpoint: &endpoint,
            configured,
            authority: &authority,
            number: progress.attempt,
            limit: self.longest(self.inner.config.timeouts.attempt).min(progress.left()),
        };
        match self.hedge_after() {
            Some(delay) if delay < attempt.limit => self.hedged(attempt, turn, delay).await,
            _ => self.exchange(attempt, turn).await,
        }
    }

    /// Waits for the turn at the place, unless it would come too late for the caller.
    async fn turn(&self, progress: &mut Progress) -> Result<Turn<'_>, Failed> {
        if let Some(turn) = self.place.turn_at_once() {
            return Ok(turn);
        }
        let phase = Phase::Turn { needs: self.place.expected_wait() };
        let before = self.place.now();
        let waiting = self.place.turn(&self.inner.config.retry.pauses);
        let turn = match progress.left_for_caller() {
            None => waiting.await,
            Some(left) if self.place.expected_wait() >= left => {
                return Err(self.over(progress.over(phase)));
            }
            Some(left) => tokio::time::timeout(left, waiting)
                .await
                .map_err(|_| self.over(progress.over(phase)))?,
        };
        let waited = self.place.now().saturating_sub(before);
        progress.waited_in_line(waited);
        tracing::debug!(aws.queued_ms = waited.as_millis(), "waited for its turn");
        Ok(turn)
    }

    /// Sends one request and reads its answer.
    pub(super) async fn exchange(
        &self,
        attempt: Attempt<'_>,
        turn: Turn<'_>,
    ) -> Result<Answered, Failed> {
        let fatal = |problem: String| Failed::fatal(CallError::invalid(&self.site, problem));
        let addressed = (self.operation, &self.wire);
        let mut request = message::http_request(addressed, attempt.endpoint, attempt.configured)
            .map_err(fatal)?;
        let at = self.inner.now();
        let key_id =
            attempt.authority.add_to(&mut request, self.payload.signable(), at).map_err(fatal)?;
        let silence = &self.inner.silence;
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let admission = silence.admit(&host);
        let limit = match admission {
            Admission::Open => attempt.limit,
            Admission::Probe { .. } => attempt.limit.min(PROBE_LIMIT),
            Admission::Silent(last) => {
                return Err(self.lost(attempt, TransportError::Silent(Box::new(last)), None));
            }
        };
        let _turn = turn.used();
        let sent = self.place.now();
        let mut arrived = None;
        let (body, pieces) = self.payload.to_body();
        let sending = self.send(request.map(|()| body), limit, &mut arrived);
        let outcome = tokio::select! {
            biased;
            outcome = sending => outcome,
            () = silence_of(pieces, limit) => Err(TransportError::TimedOut),
        };
        match (outcome, arrived) {
            (Ok(body), Some(answer)) => {
                silence.answered(&host);
                let read = self.read(answer, body);
                self.learn(sent, &read);
                read.map_err(|failed| Failed { signed: Some(Signed { key_id, at }), ..failed })
            }
            (outcome, arrived) => {
                let source = outcome.err().unwrap_or(TransportError::TimedOut);
                match (&arrived, &source) {
                    (Some(_), _) => silence.answered(&host),
                    (None, TransportError::NotRecorded(_) | TransportError::Source(_)) => {}
                    (None, _) => silence.unanswered(&host, &source),
                }
                let mut failed = self.lost(Attempt { limit, ..attempt }, source, arrived);
                if matches!(admission, Admission::Probe { .. }) {
                    // One look is enough to see that the host is still silent.
                    failed.failure = Failure::Final;
                }
                Err(failed)
            }
        }
    }

    /// Sends a request. Notes what arrives, so that it is known also if not all of it does; the body is handed on if nobody
    /// wants to read it here.
    async fn send(
        &self,
        mut request: http::Request<RequestBody>,
        limit: Duration,
        arrived: &mut Option<WireResponse>,
    ) -> Result<Option<ResponseBody>, TransportError> {
        if let RequestBody::Streamed(body) = request.body() {
            // Else it would be sent in chunks, which S3 and others refuse.
            let length = body.length();
            request.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
        }
        let extensions = request.extensions_mut();
        extensions.insert(self.site.clone());
        extensions.insert(RequestTarget(self.wire.path_and_query()));
        extensions.insert(AttemptLimit(limit));
        let (head, body) = self.inner.transport.send(request).await?.into_parts();
        let answer = arrived.insert(message::wire_head(&head));
        if self.reading == Reading::Head && answer.status < 300 {
            return Ok(Some(body));
        }
        body.collect_into(&mut answer.body, WHOLE_LIMIT).await?;
        Ok(None)
    }

    /// Tells the place what came of a request.
    fn learn(&self, sent: Duration, read: &Result<Answered, Failed>) {
        match read {
            Err(Failed { failure: Failure::Throttled, error, .. })
                if error.code().is_none_or(retry::is_about_rate) =>
            {
                self.place.throttled(sent);
            }
            _ => self.place.succeeded(),
        }
    }

    /// Gives up, since the time is over.
    pub(super) fn over(&self, over: Over) -> Failed {
        Failed::fatal(self.given_up(over, None))
    }
}

/// Waits until nothing has happened for so long: no piece of what is sent was taken, and then nothing was answered.
async fn silence_of(pieces: Option<watch::Receiver<()>>, limit: Duration) {
    if let Some(mut pieces) = pieces {
        loop {
            match tokio::time::timeout(limit, pieces.changed()).await {
                Ok(Ok(())) => {}
                // All of it was sent.
                Ok(Err(_)) => break,
                Err(_) => return,
            }
        }
    }
    tokio::time::sleep(limit).await;
}

impl Failed {
    pub(super) fn fatal(error: CallError) -> Self {
        Self { error, failure: Failure::Final, answer: None, signed: None }
    }
}

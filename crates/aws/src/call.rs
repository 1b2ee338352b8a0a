//! One call: encoded once, attempted until it succeeds or there is no point in going on.
//!
//! ```text
//! encode ──► attempt ──► recover ──► attempt ──► … ──► answer or error
//!            (endpoint, credentials, signature,     (corrections once each,
//!             transport, decode)                     then waits and tokens)
//! ```
//!
//! The request is encoded once, so that a token that makes the operation idempotent is the same in every attempt. The
//! signature is made anew each time: its time and its key may have changed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reeve_model::{
    Endpoint, EndpointParameters, Operation, Service, Value, WireRequest, WireResponse, catalog,
    resolve_endpoint,
};
use reeve_time::Stopwatch;
use reeve_types::Region;
use tracing::Instrument;

use crate::{
    Attempts, CallError, CallRecord, CallSite, Denied, InvalidInput, Malformed, Refused, Target,
    TimedOut, TransportError, Unreachable,
    client::Inner,
    credentials::Identity,
    message, permission,
    quota::{Bucket, Permit, Place},
    retry::{self, Failure},
    sign::{self, Authentication, Scope},
    silence::{Admission, PROBE_LIMIT},
};

/// What is to be called, where, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) target: &'a Target,
    pub(crate) identity: Identity,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
}

/// A call that can be attempted.
struct Call<'a> {
    inner: &'a Inner,
    request: Request<'a>,
    site: CallSite,
    service: &'a Service,
    operation: &'a Operation,
    input: Value,
    wire: WireRequest,
}

/// What has happened so far.
struct Progress {
    attempt: u32,
    region: Region,
    permit: Option<Permit>,
    // The id of the key that the last attempt was signed with.
    key_id: Option<String>,
    waited: Duration,
    watch: Stopwatch,
    corrected: Corrected,
}

/// What has been corrected; nothing is corrected twice.
#[derive(Default)]
struct Corrected {
    region: bool,
    time: bool,
    session: bool,
}

/// An attempt that failed.
struct Failed {
    error: CallError,
    failure: Failure,
    answer: Option<WireResponse>,
}

/// Calls an operation.
pub(crate) async fn call(
    inner: &Inner,
    request: Request<'_>,
    input: Value,
) -> Result<Value, CallError> {
    let service = find_service(request.service)?;
    let operation = find_operation(&service, request.operation)?;
    let site = CallSite::of(request.target, request.service, request.operation);
    let mut token = || inner.idempotency_token();
    let wire = reeve_model::encode_request_with(&service, operation, &input, &mut token)
        .map_err(|error| invalid(&site, error.to_string()))?;
    let span = tracing::debug_span!(
        "aws.call",
        aws.account = site.account.as_ref().map(tracing::field::display),
        aws.region = %site.region,
        aws.service = site.service,
        aws.operation = site.operation,
    );
    let call = Call { inner, request, site, service: &service, operation, input, wire };
    call.run().instrument(span).await
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
    async fn run(&self) -> Result<Value, CallError> {
        let bucket = self.inner.quotas.bucket(Place {
            account: self.site.account.clone(),
            region: self.site.region.clone(),
            service: self.site.service.clone(),
        });
        let mut progress = Progress::new(self.site.region.clone());
        let outcome = loop {
            match self.attempt(&mut progress).await {
                Ok(output) => {
                    bucket.succeeded(progress.permit);
                    break Ok(output);
                }
                Err(failed) => {
                    if let Err(error) = self.recover(&mut progress, failed, &bucket).await {
                        break Err(error);
                    }
                }
            }
        };
        self.record(&progress, outcome.as_ref().err());
        outcome
    }

    async fn attempt(&self, progress: &mut Progress) -> Result<Value, Failed> {
        let fatal = |problem: String| Failed::fatal(invalid(&self.site, problem));
        let (endpoint, configured) = self.endpoint(&progress.region).map_err(fatal)?;
        let mut request =
            message::http_request((self.operation, &self.wire), &endpoint, configured)
                .map_err(fatal)?;
        progress.key_id = self.authenticate(&mut request, &endpoint).await?;
        let time_left = self.inner.config.timeouts.overall.saturating_sub(progress.elapsed());
        let limit = self.inner.config.timeouts.attempt.min(time_left);
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let silence = &self.inner.silence;
        let admission = silence.admit(&host);
        let limit = match admission {
            Admission::Open => limit,
            Admission::Probe { .. } => limit.min(PROBE_LIMIT),
            Admission::Silent => {
                return Err(self.silence(progress, (&endpoint, limit), TransportError::Silent));
            }
        };
        let sending = self.inner.transport.send(request);
        let source = match tokio::time::timeout(limit, sending).await {
            Ok(Ok(response)) => {
                silence.answered(&host);
                return self.read(message::wire_response(&self.operation.name, response));
            }
            Ok(Err(error)) => error,
            Err(_) => TransportError::TimedOut,
        };
        silence.unanswered(&host);
        let mut failed = self.silence(progress, (&endpoint, limit), source);
        if matches!(admission, Admission::Probe { .. }) {
            // One look is enough to see that the host is still silent.
            failed.failure = Failure::Final;
        }
        Err(failed)
    }

    /// The endpoint, and whether it was configured to stand in for AWS's own.
    fn endpoint(&self, region: &Region) -> Result<(Endpoint, bool), String> {
        let config = &self.inner.config;
        let service_id = &self.service.metadata().service_id;
        let configured = config.endpoints.find(service_id, self.service.name());
        let parameters = EndpointParameters {
            region: region.to_string(),
            use_fips: config.variant.fips,
            use_dual_stack: config.variant.dual_stack,
            endpoint: configured.map(ToOwned::to_owned),
            account_id: None,
            settings: endpoint_settings(configured.is_some()),
        };
        resolve_endpoint(self.service, self.operation, &self.input, &parameters)
            .map(|endpoint| (endpoint, configured.is_some()))
            .map_err(|error| error.to_string())
    }

    /// Signs a request, if it is to be signed; says with which key.
    async fn authenticate(
        &self,
        request: &mut http::Request<bytes::Bytes>,
        endpoint: &Endpoint,
    ) -> Result<Option<String>, Failed> {
        let authentication = sign::authentication(self.service, self.operation);
        match authentication {
            Authentication::None => return Ok(None),
            _ if endpoint.auth_scheme != "sigv4" => {
                let problem = format!("it needs signatures of the kind `{}`", endpoint.auth_scheme);
                return Err(Failed::fatal(invalid(&self.site, problem)));
            }
            Authentication::Unsupported => {
                let problem = "it is not authenticated by AWS credentials, but by a bearer token";
                return Err(Failed::fatal(invalid(&self.site, problem.to_owned())));
            }
            Authentication::Signed | Authentication::SignedWithoutBody => {}
        }
        let credentials = self
            .inner
            .credentials(self.request.target, &self.request.identity)
            .await
            .map_err(|failure| Failed::fatal(failure.into_error(self.site.clone())))?;
        let scope = Scope {
            name: &endpoint.signing_name,
            region: &endpoint.signing_region,
            encode_path_again: !endpoint.disable_double_encoding,
            authentication,
            time: self.inner.now(),
        };
        sign::sign_request(request, &credentials, scope)
            .map_err(|problem| Failed::fatal(invalid(&self.site, problem)))?;
        Ok(Some(credentials.access_key_id().to_owned()))
    }

    fn read(&self, answer: WireResponse) -> Result<Value, Failed> {
        if answer.status >= 300 {
            return Err(self.refusal(answer));
        }
        reeve_model::decode_response(self.service, self.operation, &answer).map_err(|error| {
            let malformed = Malformed {
                site: self.site.clone(),
                status: answer.status,
                request_id: reeve_model::request_id(&answer),
                reason: error.to_string(),
                excerpt: message::excerpt(&answer.body),
            };
            Failed::fatal(CallError::Malformed(Box::new(malformed)))
        })
    }

    fn refusal(&self, answer: WireResponse) -> Failed {
        let error = reeve_model::decode_error(self.service, &answer);
        let (site, status, request_id) = (self.site.clone(), answer.status, error.request_id);
        if permission::is_denial(status, &error.code) {
            let named = permission::permission_in(&error.message).map(ToOwned::to_owned);
            let method = &self.operation.http.method;
            let permission = named.unwrap_or_else(|| {
                permission::permission_for(self.service, &self.operation.name, method)
            });
            let principal = permission::principal_in(&error.message).map(ToOwned::to_owned);
            let (code, message) = (error.code, error.message);
            let denied = Denied { site, code, message, request_id, status, permission, principal };
            return Failed {
                error: CallError::Denied(Box::new(denied)),
                failure: Failure::Final,
                answer: Some(answer),
            };
        }
        let failure = match self.declared_retryable(&error.code) {
            Some(true) => Failure::Throttled,
            Some(false) => Failure::Transient,
            None => retry::classify_answer(status, &error.code),
        };
        let (code, message) = (error.code, error.message);
        let retryable = failure != Failure::Final;
        let refused = Refused { site, code, message, request_id, status, retryable };
        let error = CallError::Service(Box::new(refused));
        Failed { error, failure, answer: Some(answer) }
    }

    /// Whether the model says that this error is worth another attempt, and if so, whether it is a throttle.
    fn declared_retryable(&self, code: &str) -> Option<bool> {
        let (_, shape) = self.service.exception(code)?;
        shape.exception.as_ref()?.retryable
    }

    fn silence(
        &self,
        progress: &Progress,
        (endpoint, after): (&Endpoint, Duration),
        source: TransportError,
    ) -> Failed {
        let failure = retry::classify_silence(&source);
        let (site, endpoint) = (self.site.clone(), endpoint.url.clone());
        let attempts = Attempts(progress.attempt);
        let error = match source {
            TransportError::TimedOut => {
                CallError::TimedOut(Box::new(TimedOut { site, endpoint, attempts, after }))
            }
            source => {
                CallError::Unreachable(Box::new(Unreachable { site, endpoint, attempts, source }))
            }
        };
        Failed { error, failure, answer: None }
    }

    /// Prepares another attempt, or gives up.
    async fn recover(
        &self,
        progress: &mut Progress,
        failed: Failed,
        bucket: &Bucket,
    ) -> Result<(), CallError> {
        if self.correct(progress, &failed) {
            return Ok(());
        }
        let Failed { error, failure, answer } = failed;
        let options = &self.inner.config.retry;
        if failure == Failure::Final || progress.attempt >= options.max_attempts {
            return Err(error);
        }
        let asked_for = answer.and_then(|answer| retry::asked_for(&answer.headers));
        let random = self.inner.random();
        let delay = retry::delay(options, failure, progress.attempt, (random, asked_for));
        if progress.elapsed().saturating_add(delay) >= self.inner.config.timeouts.overall {
            return Err(error);
        }
        let Some(permit) = bucket.take(failure == Failure::TimedOut) else {
            tracing::debug!("not tried again: too many calls failed here lately");
            return Err(error);
        };
        tracing::debug!(
            aws.attempt = progress.attempt,
            aws.delay_ms = delay.as_millis(),
            error = %error,
            "trying again"
        );
        options.pauses.wait(delay).await;
        progress.waited = progress.waited.saturating_add(delay);
        progress.permit = Some(permit);
        progress.attempt = progress.attempt.saturating_add(1);
        Ok(())
    }

    /// Puts right what an answer says was wrong: the bucket's Region, the time, the session.
    fn correct(&self, progress: &mut Progress, failed: &Failed) -> bool {
        let (Some(answer), Some(code)) = (&failed.answer, failed.error.code()) else {
            return false;
        };
        if !progress.corrected.region
            && let Some(region) = redirect(answer, &progress.region)
        {
            progress.corrected.region = true;
            progress.region = region;
            return true;
        }
        if !progress.corrected.time
            && retry::is_about_time(code)
            && let Some(date) = answer.header("date")
            && self.inner.skew.learn(self.inner.machine_time(), date)
        {
            progress.corrected.time = true;
            return true;
        }
        if !progress.corrected.session
            && retry::is_about_expiry(code)
            && let Some(key_id) = &progress.key_id
        {
            progress.corrected.session = true;
            self.inner.forget(self.request.target, &self.request.identity, key_id);
            return true;
        }
        false
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

impl Progress {
    fn new(region: Region) -> Self {
        Self {
            attempt: 1,
            region,
            permit: None,
            key_id: None,
            waited: Duration::ZERO,
            watch: Stopwatch::start(),
            corrected: Corrected::default(),
        }
    }

    /// The time since the start. Waits count in full where they are not really waited.
    fn elapsed(&self) -> Duration {
        self.watch.elapsed().max(self.waited)
    }
}

impl Failed {
    fn fatal(error: CallError) -> Self {
        Self { error, failure: Failure::Final, answer: None }
    }
}

impl CallError {
    /// An answer lacks what it must have.
    pub(crate) fn without_members(site: CallSite, members: &str) -> Self {
        Self::Malformed(Box::new(Malformed {
            site,
            status: 200,
            request_id: None,
            reason: format!("it lacks {members}"),
            excerpt: String::new(),
        }))
    }
}

/// Settings that the endpoint rules of S3 ask for.
fn endpoint_settings(configured: bool) -> BTreeMap<String, Value> {
    // A directory bucket would else be called with sessions of its own kind.
    let mut settings = BTreeMap::from([("DisableS3ExpressSessionAuth".to_owned(), true.into())]);
    if configured {
        // What stands in for S3 seldom has a host name for each bucket. The AWS CLI does the same.
        settings.insert("AWS::S3::ForcePathStyle".to_owned(), true.into());
    }
    settings
}

/// The Region that S3 says a bucket is in, if it is another.
fn redirect(answer: &WireResponse, region: &Region) -> Option<Region> {
    let other: Region = answer.header("x-amz-bucket-region")?.parse().ok()?;
    (other != *region && matches!(answer.status, 301 | 307 | 400 | 403)).then_some(other)
}

fn invalid(site: &CallSite, problem: String) -> CallError {
    CallError::Invalid(Box::new(InvalidInput { site: site.clone(), problems: vec![problem] }))
}

//! The client: what it is made of, and what it can be asked.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{Stream, future::BoxFuture};
use jiff::Timestamp;
use reeve_model::Value;
use reeve_time::Clock;
use reeve_types::{AccountId, Region};

use crate::{
    CallError, CallOptions, CallSite, ClientConfig, ConfigError, InvalidInput, PlaceStatus,
    Transport,
    call::{self, Answered, Manner, Request},
    credentials::{Identity, Sessions},
    endpoint_cache::EndpointCache,
    pages,
    rate::Places,
    silence::Silence,
    skew::Skew,
};

/// Calls any operation of any AWS service by name. Cheap to clone; clones share connections and sessions.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

/// Where a call goes, who makes it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The account; without one, the account of the base credentials, whichever it is.
    pub account: Option<AccountId>,
    /// The Region.
    pub region: Region,
    /// Who calls, for the name of the session that `CloudTrail` records.
    pub actor: String,
    /// Why, such as the id of a plan, for the same name.
    pub reason: Option<String>,
    /// The ARN of a further role: it is assumed as whoever calls are made as in the account otherwise.
    pub role: Option<String>,
}

/// Who AWS says the caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account.
    pub account: AccountId,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
    /// The unique id of the user or role.
    pub user_id: String,
}

/// A call that has finished, as an [`Observer`](crate::Observer) is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Which call, and where.
    pub site: CallSite,
    /// Who called.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// How long it took, waits included.
    pub elapsed: Duration,
    /// The failure in words; none if it succeeded.
    pub failure: Option<String>,
}

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: ClientConfig,
    pub(crate) transport: Transport,
    pub(crate) sessions: Sessions,
    pub(crate) places: Places,
    pub(crate) endpoints: EndpointCache,
    pub(crate) silence: Silence,
    pub(crate) skew: Skew,
    clock: Clock,
    random: Mutex<fastrand::Rng>,
}

impl Client {
    /// A client that speaks HTTP. Nothing is called, and no credentials are looked for, before the first call.
    pub fn new(config: ClientConfig, clock: Clock) -> Result<Self, ConfigError> {
        let transport = Transport::http(&config)?;
        Self::with_transport(config, clock, transport)
    }

    /// A client whose requests travel as `transport` says.
    pub fn with_transport(
        config: ClientConfig,
        clock: Clock,
        transport: Transport,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        let random = match config.retry.seed {
            Some(seed) => fastrand::Rng::with_seed(seed),
            // Tokens must differ between machines, which need not be up for different times: the system's randomness.
            None => fastrand::Rng::with_seed(RandomState::new().hash_one(())),
        };
        let places = Places::new(config.rate.clone());
        let inner = Inner {
            config,
            transport,
            sessions: Sessions::default(),
            places,
            endpoints: EndpointCache::default(),
            silence: Silence::default(),
            skew: Skew::default(),
            clock,
            random: Mutex::new(random),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Calls an operation once, trying again where that may help.
    pub async fn call(
        &self,
        target: &Target,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, CallError> {
        self.call_with(target, (service, operation), input, CallOptions::default()).await
    }

    /// Like [`Client::call`], with a deadline or a second request after a while.
    pub async fn call_with(
        &self,
        target: &Target,
        (service, operation): (&str, &str),
        input: Value,
        options: CallOptions,
    ) -> Result<Value, CallError> {
        let request = Request { target, identity: Identity::of(target), service, operation };
        let answered = self.inner.perform(request, input, Manner::whole(options)).await?;
        Ok(answered.output)
    }

    /// Calls an operation as often as it has pages, one item a page; an operation without pages has one.
    ///
    /// The stream ends after its first error.
    pub fn pages(
        &self,
        target: &Target,
        service: &str,
        operation: &str,
        input: Value,
    ) -> impl Stream<Item = Result<Value, CallError>> + Send + use<> {
        pages::pages(self.clone(), target.clone(), (service.into(), operation.into()), input)
    }

    /// Who the caller is in a target.
    pub async fn caller_identity(&self, target: &Target) -> Result<CallerIdentity, CallError> {
        let answer = self.call(target, "sts", "GetCallerIdentity", Value::object()).await?;
        read_identity(&answer).ok_or_else(|| {
            let site = CallSite::of(target, "sts", "GetCallerIdentity");
            CallError::without_members(site, "`Account` and `Arn`")
        })
    }

    /// The credentials that calls of a target are made with, for a process of its own that makes some. They expire.
    pub async fn session_credentials(
        &self,
        target: &Target,
    ) -> Result<crate::AccessKey, CallError> {
        let site = CallSite::of(target, "sts", "AssumeRole");
        let credentials = self.inner.credentials(target, &Identity::of(target)).await;
        let credentials = credentials.map_err(|failure| failure.into_error(site))?;
        Ok(crate::AccessKey {
            id: credentials.access_key_id().to_owned(),
            secret: crate::Secret::new(credentials.secret_access_key()),
            session_token: credentials.session_token().map(crate::Secret::new),
        })
    }

    /// Reads JSON, as a user writes it, as the input of an operation. Every mismatch is named at once.
    pub fn read_input(
        &self,
        target: &Target,
        (service, operation): (&str, &str),
        json: &serde_json::Value,
    ) -> Result<Value, CallError> {
        let site = CallSite::of(target, service, operation);
        let (service, operation) = (call::find_service(service)?, operation);
        let operation = call::find_operation(&service, operation)?;
        reeve_model::conform(&service, operation, json).map_err(|errors| {
            let problems = errors.iter().map(ToString::to_string).collect();
            CallError::Invalid(Box::new(InvalidInput { site, problems }))
        })
    }

    /// What the client knows of each place that it has called: how fast it may be called, and who waits.
    pub fn places(&self) -> Vec<PlaceStatus> {
        self.inner.places.status()
    }

    /// How the client was configured.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }
}

impl Inner {
    /// Makes a call that is part of another: for its credentials.
    pub(crate) async fn call(
        &self,
        request: Request<'_>,
        input: Value,
    ) -> Result<Value, CallError> {
        let manner = Manner::whole(CallOptions::default());
        self.perform(request, input, manner).await.map(|answered| answered.output)
    }

    /// Makes a call. Boxed, since getting the credentials for one call may need another.
    pub(crate) fn perform<'a>(
        &'a self,
        request: Request<'a>,
        input: Value,
        manner: Manner,
    ) -> BoxFuture<'a, Result<Answered, CallError>> {
        Box::pin(call::call(self, request, input, manner))
    }

    /// The time, by AWS's clock as far as it is known to differ from this machine's.
    pub(crate) fn now(&self) -> Timestamp {
        self.skew.correct(self.clock.now())
    }

    /// The time by this machine's clock.
    pub(crate) fn machine_time(&self) -> Timestamp {
        self.clock.now()
    }

    /// A random UUID, by which a service knows a repeated request from a second one.
    pub(crate) fn idempotency_token(&self) -> String {
        let bits = self.random.lock().unwrap_or_else(PoisonError::into_inner).u128(..);
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }

    /// A number from 0 up to 1.
    pub(crate) fn random(&self) -> f64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

impl CallSite {
    pub(crate) fn of(target: &Target, service: &str, operation: &str) -> Self {
        Self {
            account: target.account.clone(),
            region: target.region.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
        }
    }
}

pub(crate) fn read_identity(answer: &Value) -> Option<CallerIdentity> {
    let text = |member: &str| answer.get(member).and_then(Value::as_str);
    Some(CallerIdentity {
        account: text("Account")?.parse().ok()?,
        arn: text("Arn")?.to_owned(),
        user_id: text("UserId").unwrap_or_default().to_owned(),
    })
}

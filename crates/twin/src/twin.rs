//! The twin: from an HTTP request to the answer AWS would give.
//!
//! ```text
//! request ─► who signed, for what ─► which service ─► decode ─► faults ─► handler ─► encode ─► response
//! ```
//!
//! Decoding and encoding need no state and happen outside the lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use reeve_model::{Operation, Protocol, Service, Value, WireRequest, catalog, request_protocol};
use reeve_time::Clock;
use reeve_types::{AccountId, Arn, Region, Tags};

use crate::{
    access,
    call::{Answer, Call},
    call_log::{CallOutcome, ServedCall, summary},
    clock::WorldClock,
    control,
    dialect::Dialect,
    directory::{Account, Caller, Role, UserKey},
    failure::Failure,
    fault::{Effect, FaultRule, HANG, Trouble, batch_of},
    services::{SERVED, ServiceDefinition},
    signature::{Authorization, Signed},
    transport::{add_error_members, bucket_into_path, http_response, wire_request},
    world::World,
};

/// A simulated AWS. Cheap to clone; clones share one world.
#[derive(Debug, Clone)]
pub struct Twin {
    clock: WorldClock,
    verify_signatures: bool,
    open: bool,
    world: Arc<Mutex<World>>,
}

/// Marks a response that must not be sent: the connection is to be cut instead.
///
/// [`Twin::serve`] cuts it. Callers of [`Twin::handle`] see it with [`is_disconnected`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Disconnected;

/// How long a response is to be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeldBack(std::time::Duration);

/// Whether this response stands for a connection that was cut before an answer came.
pub fn is_disconnected(response: &Response<Bytes>) -> bool {
    response.extensions().get::<Disconnected>().is_some()
}

/// How long this response is to be held back, by a latency fault.
pub fn latency(response: &Response<Bytes>) -> std::time::Duration {
    response.extensions().get::<HeldBack>().map_or_else(Default::default, |held| held.0)
}

impl Twin {
    /// An AWS without accounts. Whatever is random in it comes from `seed`.
    pub fn new(clock: Clock, seed: u64) -> Self {
        let world = Arc::new(Mutex::new(World::new(seed)));
        Self { clock: WorldClock::following(clock), verify_signatures: true, open: false, world }
    }

    /// The same world, answering requests whose signature is wrong too.
    #[must_use]
    pub fn without_signature_checks(mut self) -> Self {
        self.verify_signatures = false;
        self
    }

    /// The same world, whose own API answers other machines too: whoever can reach it can change anything.
    #[must_use]
    pub fn open_to_others(mut self) -> Self {
        self.open = true;
        self
    }

    /// Whether its own API answers other machines.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Answers one request.
    #[expect(clippy::needless_pass_by_value, reason = "a request is answered once")]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if control::is_for(request.uri().path()) {
            return control::answer(self, &request);
        }
        let is_head = request.method() == http::Method::HEAD;
        let mut response = self.answer(&request);
        if is_head {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    /// The fault rules.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// The calls served, oldest first; at most the last hundred thousand.
    pub fn calls(&self) -> Vec<ServedCall> {
        self.lock().calls.iter().cloned().collect()
    }

    /// Forgets the calls served so far.
    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    /// The tags of a resource, if it exists.
    pub fn tags(&self, arn: &Arn) -> Option<Tags> {
        let state = self.lock();
        let (place, id) = state.store.locate(arn.as_str())?;
        state.store.get(&place, &id).map(|resource| Tags::clone(&resource.tags))
    }

    /// Replaces a resource's tags, as somebody with a console would: no call is served. Whether the resource exists.
    pub fn set_tags(&self, arn: &Arn, tags: Tags) -> bool {
        let mut state = self.lock();
        let Some((place, id)) = state.store.locate(arn.as_str()) else { return false };
        state.store.get_mut(&place, &id).map(|resource| resource.set_tags(tags)).is_some()
    }

    /// Takes a resource away, as somebody with a console would. Whether it existed.
    pub fn remove(&self, arn: &Arn) -> bool {
        let mut state = self.lock();
        let Some((place, id)) = state.store.locate(arn.as_str()) else { return false };
        state.store.remove(&place, &id).is_some()
    }

    /// Every resource's ARN and tags, in order.
    pub fn resources(&self) -> Vec<(String, Tags)> {
        let state = self.lock();
        state
            .store
            .iter()
            .map(|(place, id, resource)| {
                let arn = place.kind.arn(&place.account, &place.region, id);
                (arn, Tags::clone(&resource.tags))
            })
            .collect()
    }

    /// Adds an account; the first one added is the organization's management account.
    pub fn add_account(&self, account: Account) {
        let directory = &mut self.lock().directory;
        directory.management.get_or_insert_with(|| account.id.clone());
        directory.accounts.insert(account.id.clone(), account);
    }

    /// Adds a user's access key.
    pub fn add_user_key(&self, key: UserKey) {
        self.lock().directory.add_user_key(key);
    }

    /// The access key of the first user there is, and its secret: the way into a world that was restored.
    pub fn first_user_key(&self) -> Option<(String, String)> {
        self.lock().directory.first_user_key()
    }

    /// Adds a role.
    pub fn add_role(&self, role: Role) {
        self.lock().directory.add_role(role);
    }

    /// Adds a Region to those that `DescribeRegions` names. All other Regions answer too.
    pub fn add_region(&self, region: Region) {
        self.lock().regions.insert(region);
    }

    /// The clock that the twin's own follows.
    pub fn clock(&self) -> &Clock {
        self.clock.source()
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the time in the world and lets happen what was due until then.
    pub fn set_time(&self, time: Timestamp) {
        self.clock.set(time);
        self.lock().advance(time);
    }

    /// Sets how many seconds pass in the world for each of its clock's; zero has it stand still.
    pub fn set_rate(&self, rate: f64) {
        self.clock.set_rate(rate);
    }

    /// How many seconds pass in the world for each of its clock's.
    pub fn rate(&self) -> f64 {
        self.clock.rate()
    }

    /// Lets happen what is due by now. Calls do so too; this is for a world that nobody calls.
    pub fn advance(&self) {
        let now = self.now();
        self.lock().advance(now);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let method = request.method().as_str();
        let (uri, headers, body) = (request.uri(), request.headers(), request.body());
        let signed = Signed { method, uri, headers, body };
        let Some(authorization) = Authorization::read(&signed) else {
            let message = "Request is missing Authentication Token";
            let failure = Failure::new("MissingAuthenticationToken", message).with_status(403);
            return refuse_unknown(&failure);
        };
        let mut wire = wire_request(request);
        let mut target = match Target::find(&authorization.service, &wire) {
            Ok(target) => target,
            Err(failure) => return refuse_unknown(&failure),
        };
        let authority = uri.authority().map(http::uri::Authority::as_str);
        if target.dialect() == Dialect::S3 {
            bucket_into_path(&mut wire, authority);
        }
        target.protocol = request_protocol(&target.model, &wire);
        match self.authenticate(&authorization, &signed, target.dialect()) {
            Ok(caller) => self.perform(&target, caller, &authorization.region, &wire),
            Err(failure) => target.refuse(failure, &self.lock().request_id()),
        }
    }

    fn authenticate(
        &self,
        authorization: &Authorization,
        request: &Signed<'_>,
        dialect: Dialect,
    ) -> Result<Caller, Failure> {
        let state = self.lock();
        let key = state.directory.key(&authorization.access_key_id);
        let key = key.ok_or_else(|| dialect.unknown_key())?;
        if key.session_token != authorization.session_token {
            return Err(dialect.unknown_key());
        }
        if key.expires.is_some_and(|expires| expires <= self.clock.now()) {
            return Err(dialect.expired());
        }
        let (caller, secret) = (key.caller.clone(), key.secret.clone());
        drop(state);
        if self.verify_signatures && !authorization.is_by(&secret, request) {
            return Err(dialect.bad_signature());
        }
        Ok(caller)
    }

    fn perform(
        &self,
        target: &Target,
        caller: Caller,
        region: &str,
        wire: &WireRequest,
    ) -> Response<Bytes> {
        let request_id = self.lock().request_id();
        let dialect = target.dialect();
        let (operation, input) = match reeve_model::decode_request(&target.model, wire) {
            Ok(decoded) => decoded,
            Err(error) => {
                let failure = dialect.undecodable(&error);
                return target.refuse(failure, &request_id);
            }
        };
        let Ok(region) = region.parse::<Region>() else {
            let failure = dialect.malformed(&format!("`{region}` is not the name of a Region"));
            return target.refuse(failure, &request_id);
        };
        let Some(service) = target.definition.filter(|known| known.action_of(&operation).is_some())
        else {
            return target.refuse(target.not_implemented(&operation), &request_id);
        };
        let model = Arc::clone(&target.model);
        let now = self.clock.now();
        let call = Call { service, model, operation, caller, region, input, now };
        self.run(target, &call, &request_id)
    }

    /// Performs a call with whatever is to go wrong with it, and enters it in the log.
    fn run(&self, target: &Target, call: &Call, request_id: &str) -> Response<Bytes> {
        let mut world = self.lock();
        world.advance(call.now);
        let trouble = world.faults.meet(call);
        let (answer, outcome) = meet(call, &mut world, &trouble);
        world.calls.enter(record(call, outcome.clone()));
        drop(world);
        let mut response = match answer {
            Ok(output) => target.accept(&call.operation, &output, request_id),
            Err(failure) => target.refuse(failure, request_id),
        };
        match outcome {
            CallOutcome::DroppedBefore | CallOutcome::DroppedAfter => {
                response.extensions_mut().insert(Disconnected);
            }
            CallOutcome::Garbled => garble(&mut response),
            CallOutcome::Succeeded | CallOutcome::Failed(_) => {}
        }
        let hangs = matches!(trouble.effect, Some(Effect::HangBefore | Effect::HangAfter));
        let held_back = if hangs { HANG } else { trouble.latency };
        if !held_back.is_zero() {
            response.extensions_mut().insert(HeldBack(held_back));
        }
        response
    }
}

/// The fault rules of a twin.
#[derive(Debug, Clone, Copy)]
pub struct Faults<'t>(&'t Twin);

impl Faults<'_> {
    /// Adds a rule. The first rule that matches a call decides its fate; latencies add up.
    pub fn add(&self, rule: FaultRule) {
        self.0.lock().add_fault(rule);
    }

    /// Removes every rule.
    pub fn clear(&self) {
        self.0.lock().faults.clear();
    }

    /// The rules, each with how many calls it has matched.
    pub fn list(&self) -> Vec<(FaultRule, u64)> {
        self.0.lock().faults.rules().to_vec()
    }
}

/// The service that a request is for.
struct Target {
    model: Arc<Service>,
    /// Absent for a service of AWS that the twin does not serve.
    definition: Option<&'static ServiceDefinition>,
    /// What the client speaks, of all that the service does.
    protocol: Protocol,
}

impl Target {
    fn find(signing_name: &str, wire: &WireRequest) -> Result<Self, Failure> {
        let mut candidates = SERVED.iter().filter(|service| service.signing_name == signing_name);
        let definition = candidates
            .find(|service| service.api_version.is_none_or(|version| speaks(version, wire)));
        let model = match definition {
            Some(definition) => definition.model.to_owned(),
            None => catalog()
                .services()
                .find(|service| &*service.signing_name == signing_name)
                .map(|service| service.name.to_string())
                .ok_or_else(|| {
                    let message = format!("no service of AWS is signed for as `{signing_name}`");
                    Failure::new("UnknownService", message).with_status(404)
                })?,
        };
        let model = catalog()
            .service(&model)
            .map_err(|error| Failure::new("UnknownService", error.to_string()).with_status(404))?;
        let protocol = model.metadata().protocol;
        Ok(Self { model, definition: definition.copied(), protocol })
    }

    fn dialect(&self) -> Dialect {
        match self.definition {
            Some(definition) => definition.dialect,
            None => Dialect::of(&self.model),
        }
    }

    fn not_implemented(&self, operation: &str) -> Failure {
        let message = format!("the twin does not implement `{}:{operation}`", self.model.name());
        Failure::new("NotImplemented", message).with_status(501)
    }

    fn accept(&self, operation: &str, output: &reeve_model::Value, id: &str) -> Response<Bytes> {
        let encoded = self.model.operation(operation).map_err(|error| error.to_string()).and_then(
            |operation| {
                reeve_model::encode_response(&self.model, self.protocol, operation, output, id)
                    .map_err(|error| error.to_string())
            },
        );
        match encoded {
            Ok(wire) => with_request_id(http_response(wire), id),
            Err(message) => {
                tracing::error!(operation, message, "the twin could not encode its answer");
                self.refuse(Failure::new("InternalFailure", message).with_status(500), id)
            }
        }
    }

    fn refuse(&self, failure: Failure, request_id: &str) -> Response<Bytes> {
        let (headers, detail) = (failure.headers.clone(), failure.detail.clone());
        let error = failure.into_service_error(request_id);
        let mut wire = reeve_model::encode_error(&self.model, self.protocol, &error);
        if self.dialect() == Dialect::S3 {
            add_error_members(&mut wire.body, &detail);
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        wire.headers.extend(headers);
        with_request_id(http_response(wire), request_id)
    }
}

/// Whether a request is in this version of an API: query requests say so in the body, REST ones in the path.
fn speaks(version: &str, wire: &WireRequest) -> bool {
    let in_path = wire.path.strip_prefix('/').is_some_and(|path| path.starts_with(version));
    let marker = format!("Version={version}");
    let in_query = wire.query.iter().any(|(key, value)| key == "Version" && value == version);
    in_path || in_query || String::from_utf8_lossy(&wire.body).contains(&marker)
}

/// Performs a call with what is to go wrong with it.
fn meet(call: &Call, world: &mut World, trouble: &Trouble) -> (Answer, CallOutcome) {
    let cut = || Failure::new("Disconnected", "the connection was cut").with_status(500);
    let dialect = call.service.dialect;
    let refusal = match &trouble.effect {
        Some(Effect::Throttle) => Some(call.service.throttling()),
        Some(Effect::Deny) => {
            let action = call.service.action(&call.operation);
            Some(dialect.denied(&call.caller.arn, &action, &call.subject()))
        }
        Some(Effect::Error { code, message, status }) => {
            Some(Failure::new(code, message).with_status(*status))
        }
        Some(Effect::InternalError) => Some(dialect.internal_error()),
        Some(Effect::ExpiredCredentials) => Some(dialect.expired()),
        Some(Effect::DropBefore | Effect::HangBefore) => {
            return (Err(cut()), CallOutcome::DroppedBefore);
        }
        _ => None,
    };
    let answer = match (refusal, &trouble.effect) {
        (Some(failure), _) => Err(failure),
        (None, Some(Effect::StaleReads(lag))) => allowed_in_the_past(call, world, *lag),
        (None, Some(Effect::PartialFailure(entries))) => allowed_in_part(call, world, *entries),
        (None, _) => allowed(call, world),
    };
    let outcome = match (&answer, &trouble.effect) {
        (Err(failure), _) => CallOutcome::Failed(failure.code.clone()),
        (Ok(_), Some(Effect::DropAfter | Effect::HangAfter)) => CallOutcome::DroppedAfter,
        (Ok(_), Some(Effect::MalformedBody)) => CallOutcome::Garbled,
        (Ok(_), _) => CallOutcome::Succeeded,
    };
    (answer, outcome)
}

/// Performs a call that reads on the world as it was: what was changed since is not seen yet.
fn allowed_in_the_past(call: &Call, world: &mut World, lag: SignedDuration) -> Answer {
    let reads = call.model.operation(&call.operation).is_ok_and(Operation::only_reads);
    if !reads {
        return allowed(call, world);
    }
    may(call, world)?;
    let then = call.now.saturating_sub(lag).unwrap_or(call.now);
    let present = world.store.rewind(then);
    let answer = world.perform(call);
    world.store.restore(present);
    answer
}

/// Performs a batch without its first entries, which fail.
fn allowed_in_part(call: &Call, world: &mut World, entries: usize) -> Answer {
    let Some(batch) = batch_of(call.service.model, &call.operation) else {
        return allowed(call, world);
    };
    let mut rest = call.clone();
    let taken = batch.take(&mut rest.input, entries);
    may(call, world)?;
    let answer = if batch.is_empty(&rest) { Value::object() } else { world.perform(&rest)? };
    Ok(batch.report(answer, taken))
}

/// Performs a call that nothing went wrong with, if its caller may.
fn allowed(call: &Call, world: &mut World) -> Answer {
    may(call, world)?;
    world.perform(call)
}

/// Refuses a call that its caller may not make, or only wanted to know whether it may.
fn may(call: &Call, world: &mut World) -> Result<(), Failure> {
    access::authorize(world, call)?;
    if call.service.dialect == Dialect::Ec2 && call.flag("DryRun") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Failure::new("DryRunOperation", message).with_status(412));
    }
    Ok(())
}

fn record(call: &Call, outcome: CallOutcome) -> ServedCall {
    ServedCall {
        number: 0,
        at: call.now,
        account: AccountId::clone(call.account()),
        region: call.region.clone(),
        service: call.service.model.to_owned(),
        operation: call.operation.clone(),
        caller: call.caller.arn.clone(),
        source_identity: call.caller.source_identity.clone(),
        input: summary(&call.input),
        outcome,
    }
}

/// Cuts the body in the middle, where it is neither XML nor JSON any more.
fn garble(response: &mut Response<Bytes>) {
    let body = response.body();
    let mut cut = body.slice(..body.len() / 2).to_vec();
    cut.extend_from_slice(b"<\x00{");
    *response.body_mut() = Bytes::from(cut);
    response.headers_mut().remove(http::header::CONTENT_LENGTH);
}

fn with_request_id(mut response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
    if let Ok(value) = request_id.parse() {
        response.headers_mut().entry("x-amzn-requestid").or_insert(value);
    }
    response
}

/// The refusal of a request whose service, and so whose protocol, is not known.
fn refuse_unknown(failure: &Failure) -> Response<Bytes> {
    let body = serde_json::json!({"__type": failure.code, "message": failure.message});
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() =
        http::StatusCode::from_u16(failure.status).unwrap_or(http::StatusCode::FORBIDDEN);
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

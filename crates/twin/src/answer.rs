//! From a request to the answer AWS would give.
//!
//! ```text
//! request ─► who signed, for what ─► which service ─► decode ─► faults ─► may it? ─► perform ─► encode ─► response
//! ```
//!
//! Decoding and encoding need no world and happen outside the lock.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use reeve_model::{Operation, Value, WireRequest, request_protocol};
use reeve_types::{AccountId, Region};

use crate::{
    access,
    call::{Answer, Call},
    call_log::{CallOutcome, ServedCall, answered, summary},
    dialect::Dialect,
    directory::Caller,
    failure::Failure,
    fault::{Effect, HANG, Trouble, batch_of},
    kind::HOME_REGION,
    services::s3,
    signature::{Authorization, Signed},
    target::Target,
    trail,
    transport::{bucket_into_path, wire_request},
    twin::{Disconnected, HeldBack, Twin},
    world::World,
};

impl Twin {
    pub(crate) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let method = request.method().as_str();
        let (uri, headers, body) = (request.uri(), request.headers(), request.body());
        let signed = Signed { method, uri, headers, body };
        if let Some(answer) = s3::front::answer(self, request) {
            return answer;
        }
        let Some(authorization) = Authorization::read(&signed) else {
            if let Some(answer) = self.answer_unsigned(request) {
                return answer;
            }
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
        let (caller, request_id) = self.authenticate(&authorization, &signed, target.dialect());
        let mut response = match caller {
            Ok(caller) => {
                self.perform(&target, caller, (&authorization.region, &wire), &request_id)
            }
            Err(failure) => target.refuse(failure, &request_id),
        };
        if target.dialect() == Dialect::S3 {
            s3::front::add_cors(self, request, &mut response);
        }
        response
    }

    /// The few operations of STS with which somebody without credentials gets some.
    fn answer_unsigned(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        const UNSIGNED: [&str; 2] = ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"];
        let wire = wire_request(request);
        let mut target = Target::find("sts", &wire).ok()?;
        target.protocol = request_protocol(&target.model, &wire);
        let (operation, input) = reeve_model::decode_request(&target.model, &wire).ok()?;
        if !UNSIGNED.contains(&operation.as_str()) {
            return None;
        }
        let role = input.get("RoleArn").and_then(Value::as_str).unwrap_or_default();
        let account = role.split(':').nth(4)?.parse().ok()?;
        let caller = Caller::service(&account, "sts.amazonaws.com");
        let request_id = self.lock().request_id();
        Some(self.perform(&target, caller, (HOME_REGION, &wire), &request_id))
    }

    /// Who calls, if it is true, and the request's id.
    fn authenticate(
        &self,
        authorization: &Authorization,
        request: &Signed<'_>,
        dialect: Dialect,
    ) -> (Result<Caller, Failure>, String) {
        let mut world = self.lock();
        let request_id = world.request_id();
        let key = key_of(&mut world, authorization, (dialect, self.now()));
        // Whether the signature is true takes a while and no world.
        drop(world);
        let caller = key.and_then(|(caller, secret)| {
            if self.verifies_signatures() && !authorization.is_by(&secret, request) {
                return Err(dialect.bad_signature());
            }
            Ok(caller)
        });
        (caller, request_id)
    }

    fn perform(
        &self,
        target: &Target,
        caller: Caller,
        (region, wire): (&str, &WireRequest),
        request_id: &str,
    ) -> Response<Bytes> {
        let dialect = target.dialect();
        let (operation, input) = match reeve_model::decode_request(&target.model, wire) {
            Ok(decoded) => decoded,
            Err(error) => {
                let failure = dialect.undecodable(&error);
                return target.refuse(failure, request_id);
            }
        };
        let Ok(region) = region.parse::<Region>() else {
            let failure = dialect.malformed(&format!("`{region}` is not the name of a Region"));
            return target.refuse(failure, request_id);
        };
        let Some(service) = target.definition.filter(|known| known.action_of(&operation).is_some())
        else {
            return target.refuse(target.not_implemented(&operation), request_id);
        };
        let model = Arc::clone(&target.model);
        let now = self.now();
        let call = Call { service, model, operation, caller, region, input, now };
        self.run(target, call, request_id)
    }

    /// Performs a call with whatever is to go wrong with it, and enters it in the log.
    fn run(&self, target: &Target, mut call: Call, request_id: &str) -> Response<Bytes> {
        let mut served = record(&call);
        let mut world = self.lock();
        // Taken under the lock, so that no call sees an earlier time than the one before it.
        call.now = self.now();
        let call = &call;
        world.advance(call.now);
        let trouble = world.faults.meet(call);
        let (answer, outcome) = meet(call, &mut world, &trouble);
        (served.at, served.outcome) = (call.now, outcome.clone());
        if world.calls.keeps_whole {
            served.input = call.input.to_json().to_string();
            served.answer = Some(answered(&answer));
        }
        let forgotten = world.calls.enter(served);
        drop(world);
        drop(forgotten);
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

/// The caller that a key belongs to, and its secret.
fn key_of(
    world: &mut World,
    authorization: &Authorization,
    (dialect, now): (Dialect, Timestamp),
) -> Result<(Caller, String), Failure> {
    // A key may have ended, or its account, in what happened since the last call.
    world.advance(now);
    let key = world.directory.key(&authorization.access_key_id);
    let key = key.ok_or_else(|| dialect.unknown_key())?;
    if key.session_token != authorization.session_token {
        return Err(dialect.unknown_key());
    }
    if key.expires.is_some_and(|expires| expires <= now) {
        return Err(dialect.expired());
    }
    Ok((key.caller.clone(), key.secret.clone()))
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
    // What is lost or garbled on the way is so whatever it said.
    let outcome = match (&answer, &trouble.effect) {
        (_, Some(Effect::DropAfter | Effect::HangAfter)) => CallOutcome::DroppedAfter,
        (_, Some(Effect::MalformedBody)) => CallOutcome::Garbled,
        (Err(failure), _) => CallOutcome::Failed(failure.code.clone()),
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
    if let Err(denied) = access::authorize(world, call) {
        // CloudTrail records what was tried in vain, too.
        trail::record(world, call, &Err(denied.clone()));
        return Err(denied);
    }
    if call.service.dialect == Dialect::Ec2 && call.flag("DryRun") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(Failure::new("DryRunOperation", message).with_status(412));
    }
    Ok(())
}

/// The call as the log has it; when it was and what came of it are known later.
fn record(call: &Call) -> ServedCall {
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
        answer: None,
        outcome: CallOutcome::Succeeded,
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

pub(crate) fn with_request_id(mut response: Response<Bytes>, request_id: &str) -> Response<Bytes> {
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

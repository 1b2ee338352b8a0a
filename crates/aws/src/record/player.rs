//! Answers requests from a recording.
//!
//! ```text
//! request ──► mask ──► key ──► the pairs with this key ──► the n-th, the last again, or an error
//!                        └──► without its instants ──► the same
//! ```
//!
//! What belongs to one place and operation is read when the first such request comes. Who asks first gets the first
//! answer; since only requests that are the same share a row of answers, it does not matter who that is.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use reeve_model::{REDACTED, Value, WireResponse};
use reeve_time::Clock;

use super::{
    Unanswered,
    folder::{Folder, Group},
    key::{self, Key},
    mask::{self, Call},
    pair::{FailureKind, Outcome, Response},
    recorder,
};
use crate::{CallSite, RequestBody, ResponseBody, TransportError};

/// How long a session holds that had ended when it was replayed.
const SESSION: SignedDuration = SignedDuration::from_hours(1);

/// How long before its end a session is of no use any more.
const SESSION_REST: SignedDuration = SignedDuration::from_mins(10);

/// What replays a recording.
#[derive(Debug)]
pub(super) struct Player {
    folder: Folder,
    clock: Clock,
    shelves: Mutex<HashMap<Group, Arc<Mutex<Shelf>>>>,
}

/// The pairs of one place and operation, and how many have been asked for.
#[derive(Debug, Default)]
struct Shelf {
    pairs: Vec<Filed>,
    served: HashMap<String, usize>,
}

#[derive(Debug)]
struct Filed {
    path: PathBuf,
    key: Key,
    is_answer: bool,
}

/// What is found for a key.
enum Found {
    Pair(PathBuf),
    UsedUp(usize),
    Nothing,
}

impl Player {
    pub(super) fn new(folder: Folder, clock: Clock) -> Self {
        Self { folder, clock, shelves: Mutex::default() }
    }
}

/// Answers a request.
pub(super) async fn answer(
    player: Arc<Player>,
    request: http::Request<RequestBody>,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let Some(site) = request.extensions().get::<CallSite>().cloned() else {
        let looked_for = format!("`{} {}`", request.method(), request.uri().path());
        let reason = "it belongs to no call".to_owned();
        return Err(Unanswered { looked_for, reason }.into());
    };
    let body = recorder::read(request.body()).await;
    // Others get their turn, as over a network.
    tokio::task::yield_now().await;
    let service = reeve_model::catalog().service(&site.service).map_err(|error| broken(&error))?;
    let operation = service.operation(&site.operation).map_err(|error| broken(&error))?;
    let call = Call { service: &service, operation };
    let masked = mask::request(call, &recorder::sent(&request, body.as_deref()));
    player.play(call, &site, &Key::of(call, &masked.request))
}

impl Player {
    fn play(
        &self,
        call: Call<'_>,
        site: &CallSite,
        key: &Key,
    ) -> Result<http::Response<ResponseBody>, TransportError> {
        let is_read = call.operation.only_reads() || key::is_assumption(call);
        let group = self.folder.group(site);
        let shelf = self.shelf(call, &group)?;
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let path = match shelf.take(key, is_read) {
            Found::Pair(path) => path,
            Found::UsedUp(recorded) => {
                let times =
                    if recorded == 1 { "once".to_owned() } else { format!("{recorded} times") };
                let reason = format!(
                    "it was recorded {times}, and what may change something is not answered again"
                );
                return Err(Unanswered { looked_for: key.excerpt(), reason }.into());
            }
            Found::Nothing if key::is_assumption(call) => return self.session(call),
            Found::Nothing => {
                let reason = self.nearest(&shelf, &group, key);
                return Err(Unanswered { looked_for: key.excerpt(), reason }.into());
            }
        };
        drop(shelf);
        let pair = Folder::read(&path).map_err(|reason| self.unreadable(&path, &reason))?;
        match pair.outcome {
            Outcome::Failure(failure) => Err(failed(failure.kind, failure.reason)),
            Outcome::Response(response) => {
                let wire =
                    wire_response(&response).map_err(|reason| self.unreadable(&path, &reason))?;
                respond(self.renewed(call, wire), response.cut_off)
            }
        }
    }

    fn shelf(&self, call: Call<'_>, group: &Group) -> Result<Arc<Mutex<Shelf>>, TransportError> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = shelves.get(group) {
            return Ok(Arc::clone(shelf));
        }
        let mut pairs = Vec::new();
        for path in Folder::files(group).map_err(|error| broken(&error))? {
            let pair = Folder::read(&path).map_err(|reason| self.unreadable(&path, &reason))?;
            let is_answer = matches!(pair.outcome, Outcome::Response(_));
            pairs.push(Filed { key: Key::of(call, &pair.request), path, is_answer });
        }
        let shelf = Arc::new(Mutex::new(Shelf { pairs, served: HashMap::new() }));
        shelves.insert(group.clone(), Arc::clone(&shelf));
        Ok(shelf)
    }

    /// What the recording has instead of what was looked for.
    fn nearest(&self, shelf: &Shelf, group: &Group, key: &Key) -> String {
        let differing = shelf.pairs.iter().map(|filed| (filed.key.differences(key), filed));
        if let Some((differences, filed)) =
            differing.min_by_key(|(differences, _)| differences.len())
        {
            let name = self.folder.name_of(&filed.path);
            let recorded = filed.key.excerpt();
            return if differences.is_empty() {
                format!("the nearest is `{name}`: {recorded}")
            } else {
                format!(
                    "the nearest is `{name}`, which differs in {}: {recorded}",
                    differences.join(", ")
                )
            };
        }
        let elsewhere = self.folder.elsewhere(group);
        match elsewhere.first() {
            Some(place) => format!("the nearest such call is in `{place}`"),
            None => "no such call was recorded".to_owned(),
        }
    }

    /// A session that nobody recorded: every role can be assumed.
    fn session(&self, call: Call<'_>) -> Result<http::Response<ResponseBody>, TransportError> {
        let credentials = Value::from_iter([
            ("AccessKeyId", Value::from(REDACTED)),
            ("SecretAccessKey", Value::from(REDACTED)),
            ("SessionToken", Value::from(REDACTED)),
            ("Expiration", Value::Timestamp(self.end_of_session())),
        ]);
        let output = Value::from_iter([("Credentials", credentials)]);
        let (service, operation) = (call.service, call.operation);
        let protocol = service.metadata().protocol;
        let wire = reeve_model::encode_response(service, protocol, operation, &output, "replayed");
        respond(wire.map_err(|error| broken(&error))?, false)
    }

    /// The same answer with a session that has not ended.
    fn renewed(&self, call: Call<'_>, wire: WireResponse) -> WireResponse {
        if call.service.name() != "sts" || wire.status >= 300 {
            return wire;
        }
        let Ok(mut output) = reeve_model::decode_response(call.service, call.operation, &wire)
        else {
            return wire;
        };
        let usable_from = self.clock.now().saturating_add(SESSION_REST);
        let credentials = output.as_object_mut().and_then(|output| output.get_mut("Credentials"));
        let credentials = credentials.and_then(Value::as_object_mut);
        let Some(expiration) = credentials.and_then(|members| members.get_mut("Expiration")) else {
            return wire;
        };
        let has_ended =
            expiration.as_timestamp().is_some_and(|ends| usable_from.is_ok_and(|from| ends < from));
        if !has_ended {
            return wire;
        }
        *expiration = Value::Timestamp(self.end_of_session());
        let id = reeve_model::request_id(&wire).unwrap_or_default();
        let protocol = call.service.metadata().protocol;
        reeve_model::encode_response(call.service, protocol, call.operation, &output, &id)
            .unwrap_or(wire)
    }

    fn end_of_session(&self) -> Timestamp {
        self.clock.now().saturating_add(SESSION).unwrap_or(Timestamp::MAX)
    }

    fn unreadable(&self, path: &std::path::Path, reason: &str) -> TransportError {
        let looked_for = format!("what `{}` was recorded for", self.folder.name_of(path));
        Unanswered { looked_for, reason: reason.to_owned() }.into()
    }
}

impl Shelf {
    fn take(&mut self, key: &Key, is_read: bool) -> Found {
        match self.take_by(|filed| &filed.key.exact, &key.exact, is_read) {
            Found::Nothing if key.exact != key.timeless => {
                self.take_by(|filed| &filed.key.timeless, &key.timeless, is_read)
            }
            found => found,
        }
    }

    fn take_by(&mut self, by: fn(&Filed) -> &String, key: &str, is_read: bool) -> Found {
        let rows = || self.pairs.iter().filter(|filed| by(filed) == key);
        let recorded = rows().count();
        if recorded == 0 {
            return Found::Nothing;
        }
        let served = self.served.get(key).copied().unwrap_or_default();
        let next = rows().nth(served);
        // A read that has got all its answers gets the last one again, whatever failed after it.
        let again = || {
            let last = rows().rfind(|filed| filed.is_answer).or_else(|| rows().next_back());
            last.filter(|_| is_read)
        };
        let found = next.or_else(again).map(|filed| Found::Pair(filed.path.clone()));
        self.served.insert(key.to_owned(), served.saturating_add(1));
        found.unwrap_or(Found::UsedUp(recorded))
    }
}

fn wire_response(response: &Response) -> Result<WireResponse, String> {
    let headers = response.headers.iter();
    Ok(WireResponse {
        status: response.status,
        headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: response.body.bytes().map_err(|reason| format!("its body is not there: {reason}"))?,
    })
}

fn respond(
    wire: WireResponse,
    is_cut_off: bool,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let body = Bytes::from(wire.body);
    let body = if is_cut_off {
        let end = failed(FailureKind::Lost, "what was recorded of the answer ends here".to_owned());
        ResponseBody::Chunks(stream::iter([Ok(body), Err(end)]).boxed())
    } else {
        ResponseBody::Whole(body)
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(wire.status).map_err(|error| broken(&error))?;
    for (name, value) in wire.headers {
        let name = HeaderName::try_from(name).map_err(|error| broken(&error))?;
        let value = HeaderValue::try_from(value).map_err(|error| broken(&error))?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

fn failed(kind: FailureKind, reason: String) -> TransportError {
    let cause = Arc::new(io::Error::other(reason));
    match kind {
        FailureKind::Connect => TransportError::Connect(cause),
        FailureKind::Lost => TransportError::Lost(cause),
        FailureKind::TimedOut => TransportError::TimedOut,
        FailureKind::Source => TransportError::Source(cause),
    }
}

/// The recording itself is at fault.
fn broken(error: &dyn std::error::Error) -> TransportError {
    let looked_for = "this call".to_owned();
    Unanswered { looked_for, reason: error.to_string() }.into()
}

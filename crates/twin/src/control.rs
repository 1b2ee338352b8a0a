//! The twin's own API, under `/_twin/`: what was called, what is to go wrong, and tags edited by hand.
//!
//! Plain JSON without authentication. It stands beside AWS, whose paths never begin so.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use reeve_document::{Cursor, Problems};
use reeve_types::{Arn, ParseArnError, Tags};
use serde_json::{Map, Value, json};

use crate::{
    call_log::{CallOutcome, ServedCall},
    fault,
    signature::query_pairs,
    twin::Twin,
};

const PREFIX: &str = "/_twin/";
const CALLS_SHOWN: usize = 1000;
const CLOCK_FIELDS: [&str; 3] = ["set", "advance", "rate"];
/// A year in half a minute.
const FASTEST: f64 = 1_000_000.0;

/// Whether a path is the twin's own.
pub(crate) fn is_for(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// The answer to other machines.
pub(crate) fn forbidden() -> Response<Bytes> {
    let message = "the twin's own API answers only the machine it runs on";
    plain(StatusCode::FORBIDDEN, &json!({"error": message}))
}

/// Answers a request to the twin's own API.
pub(crate) fn answer(twin: &Twin, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    if (request.method(), path) == (&Method::GET, "snapshot") {
        let mut snapshot = Vec::new();
        return match twin.snapshot(&mut snapshot) {
            Ok(()) => Response::new(Bytes::from(snapshot)),
            Err(error) => {
                plain(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": error.to_string()}))
            }
        };
    }
    let answered = match (request.method(), path) {
        (&Method::GET, "health") => Ok(health(twin)),
        (&Method::GET, "calls") => calls(twin, request),
        (&Method::DELETE, "calls") => {
            twin.forget_calls();
            Ok(json!({}))
        }
        (&Method::GET, "faults") => Ok(faults(twin)),
        (&Method::POST, "faults") => add_fault(twin, request.body()),
        (&Method::DELETE, "faults") => {
            twin.faults().clear();
            Ok(json!({}))
        }
        (&Method::GET, "outbox") => Ok(json!({"sent": twin.outbox()})),
        (&Method::GET, "scenario") => Ok(scenario(twin)),
        (&Method::POST, "snapshot") => match twin.restore(request.body().as_ref()) {
            Ok(()) => Ok(clock(twin)),
            Err(error) => Err(bad(error.to_string())),
        },
        (&Method::GET, "clock") => Ok(clock(twin)),
        (&Method::POST, "clock") => set_clock(twin, request.body()),
        (&Method::POST, "tags") => edit_tags(twin, request.body()),
        (method, _) => Err(Refusal(
            StatusCode::NOT_FOUND,
            format!("there is nothing at `{method} {PREFIX}{path}`"),
        )),
    };
    let (status, body) = match answered {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal(status, message)) => (status, json!({"error": message})),
    };
    plain(status, &body)
}

fn plain(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

struct Refusal(StatusCode, String);

type Answered = Result<Value, Refusal>;

fn bad(message: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, message.into())
}

fn health(twin: &Twin) -> Value {
    let state = twin.lock();
    json!({
        "status": "ok",
        "time": twin.now().to_string(),
        "accounts": state.directory.accounts.keys().map(ToString::to_string).collect::<Vec<_>>(),
        "regions": state.regions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "callsServed": state.calls.served(),
    })
}

/// The scenario that was begun, and what came of its steps so far.
fn scenario(twin: &Twin) -> Value {
    let world = twin.lock();
    let diary = world.script.diary.iter().map(|happened| {
        json!({
            "at": happened.at.to_string(),
            "line": happened.line,
            "what": happened.what,
            "error": happened.error,
        })
    });
    json!({"name": world.script.name, "diary": diary.collect::<Vec<_>>()})
}

fn clock(twin: &Twin) -> Value {
    let next = twin.lock().agenda.next();
    json!({
        "time": twin.now().to_string(),
        "rate": twin.rate(),
        "nextTask": next.map(|next| next.to_string()),
    })
}

/// `{"set": time}` or `{"advance": "PT5M"}` moves the hands, `{"rate": 60}` sets the pace: all of it, or nothing.
fn set_clock(twin: &Twin, body: &Bytes) -> Answered {
    let members = object(body)?;
    check_fields(&members, &CLOCK_FIELDS, "the clock")?;
    let rate = members.get("rate").map(|given| {
        let rate = given.as_f64().filter(|rate| (0.0..=FASTEST).contains(rate));
        rate.ok_or_else(|| bad(format!("`rate` is a number from 0 to {FASTEST}")))
    });
    let rate = rate.transpose()?;
    let set = members.get("set").map(|given| {
        let time = given.as_str().and_then(|time| time.parse::<Timestamp>().ok());
        time.ok_or_else(|| {
            bad(format!("`set` is a time such as `2026-03-01T09:00:00Z`, not {given}"))
        })
    });
    let set = set.transpose()?;
    let passed = members.get("advance").map(|given| {
        let wrong = || bad(format!("`advance` is a duration such as `PT5M` or `P7D`, not {given}"));
        given.as_str().and_then(duration).ok_or_else(wrong)
    });
    let from = set.unwrap_or_else(|| twin.now());
    let time = match passed.transpose()? {
        Some(passed) => {
            Some(from.checked_add(passed).map_err(|_| bad("`advance` leads beyond all time"))?)
        }
        None => set,
    };
    if let Some(rate) = rate {
        twin.set_rate(rate);
    }
    if let Some(time) = time {
        twin.set_time(time);
    }
    Ok(clock(twin))
}

/// A duration that goes forward; a day is 24 hours.
fn duration(text: &str) -> Option<SignedDuration> {
    let span = text.parse::<Span>().ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}

fn check_fields(members: &Map<String, Value>, known: &[&str], of: &str) -> Result<(), Refusal> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => {
            let known = known.join("`, `");
            Err(bad(format!("`{unknown}` is not a field of {of}, expected `{known}`")))
        }
        None => Ok(()),
    }
}

/// The last thousand calls, oldest first; fewer with `?last=` and only later ones with `?after=`.
fn calls(twin: &Twin, request: &Request<Bytes>) -> Answered {
    let mut after = 0;
    let mut most = CALLS_SHOWN;
    for (name, given) in query_pairs(request.uri()) {
        let wrong = || bad(format!("`{name}` is a number of calls, not `{given}`"));
        match name.as_str() {
            "after" => after = given.parse::<u64>().map_err(|_| wrong())?,
            "last" => most = given.parse::<usize>().map_err(|_| wrong())?,
            _ => return Err(bad(format!("`{name}` is not asked here, only `after` and `last`"))),
        }
    }
    let state = twin.lock();
    let mut shown: Vec<Value> = state
        .calls
        .iter()
        .rev()
        .take_while(|call| call.number > after)
        .take(most)
        .map(show_call)
        .collect();
    shown.reverse();
    Ok(json!({"callsServed": state.calls.served(), "calls": shown}))
}

fn show_call(call: &ServedCall) -> Value {
    let (outcome, code) = match &call.outcome {
        CallOutcome::Succeeded => ("succeeded", None),
        CallOutcome::Failed(code) => ("failed", Some(code)),
        CallOutcome::DroppedBefore => ("dropped-before", None),
        CallOutcome::DroppedAfter => ("dropped-after", None),
        CallOutcome::Garbled => ("garbled", None),
    };
    json!({
        "number": call.number,
        "at": call.at.to_string(),
        "account": call.account.as_str(),
        "region": call.region.as_str(),
        "service": call.service,
        "operation": call.operation,
        "caller": call.caller,
        "sourceIdentity": call.source_identity,
        "input": call.input,
        "outcome": outcome,
        "errorCode": code,
    })
}

fn faults(twin: &Twin) -> Value {
    let rules = twin.faults().list();
    let shown = rules.iter().map(|(rule, met)| {
        let mut shown = fault::show(rule);
        shown.insert("matched".to_owned(), json!(met));
        Value::from(shown)
    });
    json!({"faults": shown.collect::<Vec<_>>()})
}

fn add_fault(twin: &Twin, body: &Bytes) -> Answered {
    let text = std::str::from_utf8(body).map_err(|_| bad("the body is not UTF-8"))?;
    let node = reeve_document::parse_json(text).map_err(|wrong| bad(wrong.to_string()))?;
    let problems = Problems::new();
    let rule = fault::read(&Cursor::new(&node, &problems));
    let (rule, _) = problems.finish("body", rule).map_err(|wrong| bad(wrong.to_string()))?;
    twin.faults().add(rule);
    Ok(json!({}))
}

/// `{"arn": …, "tags": {…}}` replaces all tags; `"add"` and `"remove"` change some.
fn edit_tags(twin: &Twin, body: &Bytes) -> Answered {
    let members = object(body)?;
    check_fields(&members, &["arn", "tags", "add", "remove"], "an edit of tags")?;
    let arn = members.get("arn").and_then(Value::as_str).unwrap_or_default();
    let arn: Arn = arn.parse().map_err(|error: ParseArnError| bad(error.to_string()))?;
    let missing = || Refusal(StatusCode::NOT_FOUND, format!("there is no resource `{arn}`"));
    let mut tags = twin.tags(&arn).ok_or_else(missing)?;
    if let Some(replaced) = members.get("tags") {
        tags = tag_map(replaced)?;
    }
    if let Some(removed) = members.get("remove") {
        let texts = || removed.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        let removed = texts().ok_or_else(|| bad("`remove` is a list of keys"))?;
        tags.retain(|key, _| !removed.contains(&key.as_str()));
    }
    if let Some(added) = members.get("add") {
        tags.extend(tag_map(added)?);
    }
    if twin.set_tags(&arn, tags.clone()) { Ok(json!({"tags": tags})) } else { Err(missing()) }
}

fn tag_map(value: &Value) -> Result<Tags, Refusal> {
    let members = value.as_object().ok_or_else(|| bad("tags are an object of texts"))?;
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    members
        .iter()
        .map(pair)
        .collect::<Option<Tags>>()
        .ok_or_else(|| bad("the value of a tag is a text"))
}

fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(bad("the body must be a JSON object")),
        Err(error) => Err(bad(format!("the body is not JSON: {error}"))),
    }
}

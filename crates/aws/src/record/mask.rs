//! What of a message is kept: nothing secret, and nothing that depends on where it was sent.
//!
//! ```text
//! message ──► decode ──► redact the value ──► encode, if anything changed ──► hide what is left in the text
//! ```
//!
//! Headers are kept by name: those that the operation's own members travel in, and a few that say how to read the rest.
//! A body that may hold secrets and cannot be decoded is left out.

use std::collections::BTreeMap;

use http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;
use reeve_model::{
    ChecksumPolicy, Operation, REDACTED, Redaction, RequestSettings, Service, Value, WireRequest,
    WireResponse,
    schema::{Location, Member, Structure},
};

use super::{
    BODY_LIMIT,
    pair::{Body, Request, Response},
    url,
};

/// Headers of requests that say how to read the rest.
const REQUEST_HEADERS: &[&str] =
    &["accept", "content-encoding", "content-type", "smithy-protocol", "x-amz-target"];

/// Headers of answers that say how to read the rest, when it was, what to do next, and under which id AWS knows it.
const RESPONSE_HEADERS: &[&str] = &[
    "content-encoding",
    "content-type",
    "date",
    "location",
    "retry-after",
    "smithy-protocol",
    "x-amz-bucket-region",
    "x-amz-id-2",
    "x-amz-request-id",
    "x-amz-retry-after",
    "x-amzn-errortype",
    "x-amzn-query-error",
    "x-amzn-requestid",
];

/// Headers that hold nothing but credentials, whatever an operation says.
const SECRET_HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-s3session-token",
];

/// Why a body that was not decoded is not there.
const UNREADABLE: &str = "it may hold secrets, and could not be read";

/// Which call a message belongs to; none of it if the names are unknown.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) service: &'a Service,
    pub(super) operation: &'a Operation,
}

/// A body as far as it was read.
pub(super) enum Seen<'a> {
    Whole(&'a [u8]),
    TooLong,
}

/// A request on its way.
pub(super) struct Sent<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Seen<'a>,
}

/// An answer on its way.
pub(super) struct Answered<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Seen<'a>,
}

/// A request without secrets, and the secrets: an answer may repeat them.
pub(super) struct MaskedRequest {
    pub(super) request: Request,
    pub(super) secrets: Vec<String>,
}

/// Masks a request.
pub(super) fn request(call: Call<'_>, sent: &Sent<'_>) -> MaskedRequest {
    let mut secrets = credentials(sent.headers);
    let mut wire = wire_request(sent);
    let has_place = reeve_model::input_has_secrets(call.service, call.operation);
    // What may be of any length stands beside the rest, which can be read without it.
    let is_readable = matches!(sent.body, Seen::Whole(_))
        || call.operation.streaming_input(call.service).is_some();
    let masked = if is_readable { mask_input(call, &mut wire, &mut secrets) } else { None };
    if masked.is_none() && has_place {
        // Path, query and headers were not looked through either.
        wire.path = call.operation.http.request_uri.to_string();
        wire.query.clear();
        wire.headers.retain(|(name, _)| is_one_of(REQUEST_HEADERS, name));
    }
    let body = match (&sent.body, masked) {
        (Seen::TooLong, _) => Body::Omitted(too_long()),
        (Seen::Whole(_), None) if has_place => Body::Omitted(UNREADABLE.to_owned()),
        (Seen::Whole(_), _) => visible_body(&wire.body, &mut wire.headers, &secrets),
    };
    wire.query.retain(|(name, _)| !url::is_signature(name));
    let bound = bound_headers(call.service, call.operation.input.as_ref());
    let headers = visible_headers(&wire.headers, (REQUEST_HEADERS, &bound), &secrets);
    let uri = visible(&wire.path_and_query(), &secrets);
    MaskedRequest { request: Request { method: wire.method, uri, headers, body }, secrets }
}

/// Takes the secrets out of a request; none if it could not be read.
fn mask_input(call: Call<'_>, wire: &mut WireRequest, secrets: &mut Vec<String>) -> Option<()> {
    let mut input = decode_input(call, wire)?;
    let redaction = reeve_model::redact_input(call.service, call.operation, &mut input);
    if hide(&mut input, redaction, secrets) {
        *wire = encode_input(call, &input, wire)?;
    }
    Some(())
}

/// Masks an answer. `secrets` are those of its request.
pub(super) fn response(call: Call<'_>, answered: &Answered<'_>, secrets: &[String]) -> Response {
    let mut secrets = secrets.to_vec();
    let headers = answered.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let mut wire =
        WireResponse { status: answered.status, headers: headers.collect(), body: Vec::new() };
    if let Seen::Whole(bytes) = answered.body {
        wire.body = bytes.to_vec();
    }
    let has_place = reeve_model::output_has_secrets(call.service, call.operation);
    let is_readable = matches!(answered.body, Seen::Whole(_))
        || call.operation.streaming_output(call.service).is_some();
    let masked = match (answered.status, is_readable) {
        (300.., _) => mask_error(call, &mut wire, &mut secrets),
        (_, true) => mask_output(call, &mut wire, &mut secrets),
        (_, false) => None,
    };
    let bound = if masked.is_none() && has_place {
        Vec::new()
    } else {
        bound_headers(call.service, call.operation.output.as_ref())
    };
    let body = match (&answered.body, masked) {
        (Seen::TooLong, _) => Body::Omitted(too_long()),
        (Seen::Whole(_), None) if has_place => Body::Omitted(UNREADABLE.to_owned()),
        (Seen::Whole(_), _) => visible_body(&wire.body, &mut wire.headers, &secrets),
    };
    let headers = visible_headers(&wire.headers, (RESPONSE_HEADERS, &bound), &secrets);
    Response { status: answered.status, headers, body, cut_off: false }
}

/// Takes the secrets out of an answer of success; none if it could not be read.
fn mask_output(call: Call<'_>, wire: &mut WireResponse, secrets: &mut Vec<String>) -> Option<()> {
    let Call { service, operation } = call;
    if operation.event_output(service).is_some() {
        // Events would have to be read one by one; where none can hold a secret, they pass as they are.
        return (!reeve_model::output_has_secrets(service, operation)).then_some(());
    }
    let mut output = reeve_model::decode_response(service, operation, wire).ok()?;
    let redaction = reeve_model::redact_output(service, operation, &mut output);
    if hide(&mut output, redaction, secrets) {
        let id = reeve_model::request_id(wire).unwrap_or_default();
        let protocol = service.metadata().protocol;
        let masked =
            reeve_model::encode_response(service, protocol, operation, &output, &id).ok()?;
        let bound = bound_headers(service, operation.output.as_ref());
        // A checksum tells what a short secret was.
        wire.headers.retain(|(name, _)| !is_bound(&bound, name) && !is_checksum(name));
        wire.headers.extend(masked.headers.into_iter().filter(|(name, _)| is_bound(&bound, name)));
        wire.body = masked.body;
    }
    Some(())
}

/// Takes the secrets out of an error. Whatever it is, it can be read as one.
fn mask_error(call: Call<'_>, wire: &mut WireResponse, secrets: &mut Vec<String>) -> Option<()> {
    let mut error = reeve_model::decode_error(call.service, wire);
    let redaction = reeve_model::redact_error(call.service, &mut error);
    let is_changed = hide(&mut error.detail, redaction, secrets);
    let message = visible(&error.message, secrets);
    if is_changed || message != error.message {
        error.message = message;
        let protocol = call.service.metadata().protocol;
        wire.body = reeve_model::encode_error(call.service, protocol, &error).body;
    }
    Some(())
}

/// The message as the codecs read it.
pub(super) fn wire_request(sent: &Sent<'_>) -> WireRequest {
    let uri: Option<Uri> = sent.target.parse().ok();
    let query = uri.as_ref().and_then(Uri::query).unwrap_or_default();
    let text = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (text(name), text(value))
    });
    let headers = sent.headers.iter().filter(|(name, _)| !is_one_of(SECRET_HEADERS, name.as_str()));
    let headers = headers.filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    WireRequest {
        method: sent.method.to_owned(),
        path: uri.as_ref().map_or("/", Uri::path).to_owned(),
        query: pairs.collect(),
        headers: headers.collect(),
        body: match sent.body {
            Seen::Whole(bytes) => bytes.to_vec(),
            Seen::TooLong => Vec::new(),
        },
        host_prefix: None,
    }
}

/// The input of a request, if it is one of the operation.
pub(super) fn decode_input(call: Call<'_>, wire: &WireRequest) -> Option<Value> {
    let (name, input) = reeve_model::decode_request(call.service, wire).ok()?;
    // Where two operations share a URI, the input may have been read as the other's.
    (name == *call.operation.name).then_some(input)
}

fn encode_input(call: Call<'_>, input: &Value, sent: &WireRequest) -> Option<WireRequest> {
    // The client filled in every token that is needed; one that is missing here was not sent.
    let mut token = || REDACTED.to_owned();
    let settings = RequestSettings {
        token: &mut token,
        compress_from: None,
        checksums: ChecksumPolicy::WhenAsked,
    };
    let (service, operation) = (call.service, call.operation);
    let mut wire = reeve_model::encode_request_with(service, operation, input, settings).ok()?;
    wire.headers.retain(|(name, _)| !is_checksum(name));
    let bound = bound_headers(service, operation.input.as_ref());
    let others = sent.headers.iter().filter(|(name, _)| {
        !is_bound(&bound, name) && !name.eq_ignore_ascii_case("content-encoding")
    });
    let missing: Vec<_> = others.filter(|(name, _)| wire.header(name).is_none()).cloned().collect();
    wire.headers.extend(missing);
    Some(wire)
}

/// Hides signatures in the texts of a value, and what was found to be secret elsewhere in it.
fn hide(value: &mut Value, redaction: Redaction, secrets: &mut Vec<String>) -> bool {
    secrets.extend(redaction.secrets);
    hide_texts(value, secrets) || redaction.is_changed
}

fn hide_texts(value: &mut Value, secrets: &[String]) -> bool {
    let mut is_changed = false;
    match value {
        Value::String(text) => {
            let hidden = visible(text, secrets);
            is_changed = hidden != *text;
            *text = hidden;
        }
        Value::List(elements) => {
            for element in elements {
                is_changed |= hide_texts(element, secrets);
            }
        }
        Value::Object(object) => {
            for (_, value) in object.iter_mut() {
                is_changed |= hide_texts(value, secrets);
            }
        }
        _ => {}
    }
    is_changed
}

/// A text without signatures and without these secrets.
fn visible(text: &str, secrets: &[String]) -> String {
    let mut text = url::hide_signatures(text).unwrap_or_else(|| text.to_owned());
    for secret in secrets {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), REDACTED);
        }
    }
    text
}

/// The body as it may be seen. Checksums of one that was changed tell nothing but what it was.
fn visible_body(bytes: &[u8], headers: &mut Vec<(String, String)>, secrets: &[String]) -> Body {
    let Ok(text) = std::str::from_utf8(bytes) else { return Body::of(bytes) };
    let mut shown = visible(text, secrets);
    if shown.starts_with(['{', '['])
        && let Ok(mut json) = serde_json::from_str(&shown)
        && reeve_model::redact_json(&mut json)
    {
        shown = json.to_string();
    }
    if shown != text {
        headers.retain(|(name, _)| !is_checksum(name));
    }
    Body::of(shown.as_bytes())
}

fn visible_headers(
    headers: &[(String, String)],
    (kept, bound): (&[&str], &[Bound]),
    secrets: &[String],
) -> BTreeMap<String, String> {
    let mut visible_headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let is_kept = is_one_of(kept, name) || is_bound(bound, name);
        if !is_kept || is_one_of(SECRET_HEADERS, name) {
            continue;
        }
        let value = visible(value, secrets);
        visible_headers
            .entry(name.to_ascii_lowercase())
            .and_modify(|before| *before = format!("{before}, {value}"))
            .or_insert(value);
    }
    visible_headers
}

/// The credentials that a request was sent with, as an answer may repeat them.
fn credentials(headers: &HeaderMap) -> Vec<String> {
    let tokens = ["x-amz-security-token", "x-amz-s3session-token"];
    let tokens = tokens.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    let bearer = authorization.and_then(|value| value.strip_prefix("Bearer "));
    let signature = authorization.and_then(|value| Some(value.split_once("Signature=")?.1));
    let all = tokens.chain(bearer).chain(signature).map(ToOwned::to_owned);
    all.filter(|secret| !secret.is_empty() && secret != REDACTED).collect()
}

/// A header that a member travels in: its name, and whether that is only the beginning.
struct Bound {
    name: String,
    is_prefix: bool,
}

fn bound_headers(service: &Service, root: Option<&Member>) -> Vec<Bound> {
    let structure = root.and_then(|root| service.structure(root.shape));
    let members = structure.into_iter().flat_map(Structure::members);
    let bound = members.filter_map(|member| {
        let is_prefix = match member.location? {
            Location::Header => false,
            Location::Headers => true,
            Location::Uri | Location::QueryString | Location::StatusCode => return None,
        };
        Some(Bound { name: member.wire_name.to_ascii_lowercase(), is_prefix })
    });
    bound.collect()
}

fn is_bound(bound: &[Bound], name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    bound.iter().any(|bound| {
        if bound.is_prefix { name.starts_with(&bound.name) } else { name == bound.name }
    })
}

fn is_checksum(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "content-md5" || name == "x-amz-crc32" || name.starts_with("x-amz-checksum-")
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}

fn too_long() -> String {
    format!("it is longer than {BODY_LIMIT} bytes")
}

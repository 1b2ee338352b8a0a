//! What the protocols' error bodies share.

use crate::{
    Object, Service, ServiceError, Value, WireResponse,
    codec::{cbor, error::excerpt, json, rest, xml},
    schema::Structure,
};

const EXCERPT: usize = 200;

/// The error of a response that says nothing but its status.
pub(super) fn from_status(response: &WireResponse) -> ServiceError {
    let text = String::from_utf8_lossy(&response.body);
    let words = excerpt(&without_tags(&text), EXCERPT);
    let message = if words.is_empty() { reason(response.status).to_owned() } else { words };
    ServiceError::new(response.status.to_string(), message).with_status(response.status)
}

/// The header in which a service gives the request's id.
pub(super) fn request_id_header(service: &Service) -> &'static str {
    if is_s3(service) { "x-amz-request-id" } else { "x-amzn-requestid" }
}

/// Whether the service is S3, which has ways of its own.
pub(super) fn is_s3(service: &Service) -> bool {
    &*service.metadata().service_id == "S3"
}

/// The request's id in an XML body of whatever form.
pub(super) fn request_id_in_xml(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('<'))?;
    let after = ["<RequestId>", "<requestId>", "<RequestID>"]
        .iter()
        .find_map(|tag| Some(text.split_once(tag)?.1))?;
    let (id, _) = after.split_once('<')?;
    (!id.is_empty() && id.len() <= 128).then(|| id.to_owned())
}

/// Reads an XML error body.
pub(super) fn decode_xml(service: &Service, response: &WireResponse) -> Option<ServiceError> {
    let body = xml::read_error(&response.body).ok()??;
    let mut error = ServiceError::new(body.code, body.message).with_status(response.status);
    error.request_id = body.request_id;
    if let Some(fault) = body.fault {
        error.sender_fault = fault == "Sender";
    }
    if let Some((_, structure)) = service.exception(&error.code) {
        let detail =
            xml::decode_within(service, structure, body.way, &response.body).ok().flatten();
        error.detail = Value::Object(with_bindings(service, structure, response, detail));
    }
    Some(error)
}

/// Reads a JSON error body.
pub(super) fn decode_json(service: &Service, response: &WireResponse) -> Option<ServiceError> {
    let body = serde_json::from_slice(&response.body).unwrap_or(serde_json::Value::Null);
    let field = |names: &[&str]| {
        names.iter().find_map(|name| match body.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let header = response.header("x-amzn-errortype").map(str::to_owned);
    let kind = header.or_else(|| field(&["__type", "code", "Code"]));
    let message = field(&["message", "Message", "errorMessage", "error_description"]);
    // Without a type it is what stands before the service that speaks: all there is to know it by is the status.
    let Some(kind) = kind else {
        let error = ServiceError::new(response.status.to_string(), message?);
        return Some(error.with_status(response.status));
    };
    let (kind, message) = (short_code(&kind), message.unwrap_or_default());
    let mut error = ServiceError::new(kind, message).with_status(response.status);
    if let Some(structure) = query_error(service, response, &mut error) {
        let detail = json::decode_members(service, structure, &response.body, true).ok();
        error.detail = Value::Object(with_bindings(service, structure, response, detail));
    }
    Some(error)
}

/// Reads a CBOR error body.
pub(super) fn decode_cbor(service: &Service, response: &WireResponse) -> Option<ServiceError> {
    let fields = cbor::error_fields(&response.body).ok()?;
    let field = |names: &[&str]| {
        names.iter().find_map(|name| fields.iter().find(|(field, _)| field == name))
    };
    let (_, kind) = field(&["__type"])?;
    let message = field(&["message", "Message"]).map_or("", |(_, message)| message);
    let mut error = ServiceError::new(short_code(kind), message).with_status(response.status);
    if let Some(structure) = query_error(service, response, &mut error) {
        let detail = cbor::decode_members(service, structure, &response.body);
        error.detail = Value::Object(detail.unwrap_or_default());
    }
    Some(error)
}

/// Writes a CBOR error body.
pub(super) fn encode_cbor(service: &Service, error: &ServiceError) -> Vec<u8> {
    let exception = service.exception(&error.code);
    let name = exception.map_or(&*error.code, |(_, structure)| &*structure.name);
    if let Some((_, structure)) = exception {
        let detail = detail_to_encode(error, structure);
        let mut encoder = cbor::Encoder::new(service);
        if encoder.structure(structure, &detail, |_| true, &[("__type", name)]).is_ok() {
            return encoder.into_bytes();
        }
    }
    // Members that cannot be written leave the error without them: it must reach its reader.
    let mut encoder = cbor::Encoder::new(service);
    encoder.texts(&[("__type", name), ("message", &error.message)], 0);
    encoder.into_bytes()
}

/// Services that once spoke the query protocol keep the codes of those days in a header. Returns the error's shape.
fn query_error<'a>(
    service: &'a Service,
    response: &WireResponse,
    error: &mut ServiceError,
) -> Option<&'a Structure> {
    let by_type = service.exception(&error.code);
    let legacy = response.header("x-amzn-query-error").and_then(|header| header.split_once(';'));
    if let Some((code, fault)) = legacy.filter(|(code, _)| !code.is_empty()) {
        code.clone_into(&mut error.code);
        error.sender_fault = fault == "Sender";
    }
    let exception = by_type.or_else(|| service.exception(&error.code));
    exception.map(|(_, structure)| structure)
}

/// The members of an error to be written, its message among them where the model has one.
pub(super) fn detail_to_encode(error: &ServiceError, structure: &Structure) -> Object {
    let mut detail = error.detail.as_object().cloned().unwrap_or_default();
    for name in ["message", "Message"] {
        if structure.member(name).is_some() && !detail.contains(name) {
            detail.insert(name, error.message.as_str());
        }
    }
    detail
}

/// Bindings that cannot be read leave the error without them: an error must not hide behind another.
fn with_bindings(
    service: &Service,
    structure: &Structure,
    response: &WireResponse,
    detail: Option<Object>,
) -> Object {
    let mut object = detail.unwrap_or_default();
    let before = object.clone();
    let decoded = rest::decode_bindings(service, structure, response, &mut object);
    if decoded.is_ok() { object } else { before }
}

/// `aws.protocoltests#FooError:http://…` is `FooError`.
fn short_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code).trim()
}

fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut in_tag = false;
    for character in text.chars().take(20 * EXCERPT) {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                out.push(' ');
            }
            _ if in_tag => {}
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

fn reason(status: u16) -> &'static str {
    match status {
        301 => "moved permanently",
        304 => "not modified",
        307 => "temporary redirect",
        400 => "bad request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        408 => "request timeout",
        409 => "conflict",
        412 => "precondition failed",
        413 => "content too large",
        429 => "too many requests",
        500 => "internal server error",
        502 => "bad gateway",
        503 => "service unavailable",
        504 => "gateway timeout",
        _ => "no message",
    }
}

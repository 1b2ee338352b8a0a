//! By what a request is found again.
//!
//! Two requests are the same if they ask for the same: their inputs, decoded, are equal without the tokens that only say
//! that a repetition is one. Inputs that name an instant seldom do so twice; such a request is first looked for as it is,
//! and then without its instants.
//!
//! Sessions are asked for under names that differ from one time to the next (they say who acts and why), so `AssumeRole`
//! is compared by its role alone.

use reeve_model::{Operation, Service, ShapeKind, Value, schema::Member};
use serde_json::Value as Json;

use super::{
    mask::{self, Call, Seen, Sent},
    pair::{Body, Request},
};

/// How much of a request is shown in a message.
const EXCERPT: usize = 200;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The request as it is.
    pub(super) exact: String,
    /// The request without its instants.
    pub(super) timeless: String,
    asked: Json,
}

impl Key {
    /// The key of a masked request.
    pub(super) fn of(call: Call<'_>, request: &Request) -> Self {
        let Some(mut input) = input_of(call, request) else {
            let asked = raw(request);
            return Self { exact: asked.to_string(), timeless: asked.to_string(), asked };
        };
        if is_assumption(call) {
            let role = input.get("RoleArn").cloned().unwrap_or_default();
            input = Value::from_iter([("RoleArn", role)]);
        }
        let asked = sorted(input.to_json());
        blank_instants(&mut input);
        Self { exact: asked.to_string(), timeless: sorted(input.to_json()).to_string(), asked }
    }

    /// What was asked, as a message says it.
    pub(super) fn excerpt(&self) -> String {
        let mut letters = self.exact.chars();
        let shown: String = letters.by_ref().take(EXCERPT).collect();
        if letters.next().is_some() { format!("`{shown}…`") } else { format!("`{shown}`") }
    }

    /// The members that differ from another's.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let (Json::Object(one), Json::Object(two)) = (&self.asked, &other.asked) else {
            return Vec::new();
        };
        let mut names: Vec<&String> =
            one.keys().chain(two.keys()).filter(|name| one.get(*name) != two.get(*name)).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| format!("`{name}`")).collect()
    }
}

/// Whether a call asks for a session of a role.
pub(super) fn is_assumption(call: Call<'_>) -> bool {
    call.service.name() == "sts" && call.operation.name.starts_with("AssumeRole")
}

fn input_of(call: Call<'_>, request: &Request) -> Option<Value> {
    let is_head_enough = call.operation.streaming_input(call.service).is_some();
    let bytes = match &request.body {
        Body::Omitted(_) if is_head_enough => Vec::new(),
        body => body.bytes().ok()?,
    };
    let mut headers = http::HeaderMap::new();
    for (name, value) in &request.headers {
        headers.insert(http::HeaderName::try_from(name).ok()?, value.parse().ok()?);
    }
    let sent = Sent {
        method: &request.method,
        target: &request.uri,
        headers: &headers,
        body: Seen::Whole(&bytes),
    };
    let mut input = mask::decode_input(call, &mask::wire_request(&sent))?;
    forget_tokens(call.service, call.operation, &mut input);
    Some(input)
}

/// A request that cannot be read is compared as it is.
fn raw(request: &Request) -> Json {
    let body = match &request.body {
        Body::Empty | Body::Omitted(_) => String::new(),
        Body::Json(json) => json.to_string(),
        Body::Text(text) | Body::Base64(text) => text.clone(),
    };
    sorted(serde_json::json!({
        "method": request.method,
        "uri": request.uri,
        "target": request.headers.get("x-amz-target"),
        "body": body,
    }))
}

fn forget_tokens(service: &Service, operation: &Operation, input: &mut Value) {
    if let Some(member) = &operation.input {
        forget_tokens_in(service, member, input);
    }
}

fn forget_tokens_in(service: &Service, member: &Member, value: &mut Value) {
    match (&service.shape(member.shape).kind, value) {
        (ShapeKind::Structure(structure), Value::Object(object)) => {
            for token in structure.members().iter().filter(|member| member.flags.idempotency_token)
            {
                object.remove(&token.name);
            }
            for (name, value) in object.iter_mut() {
                if let Some(member) = structure.member(name) {
                    forget_tokens_in(service, member, value);
                }
            }
        }
        (ShapeKind::List(list), Value::List(elements)) => {
            for element in elements {
                forget_tokens_in(service, &list.member, element);
            }
        }
        (ShapeKind::Map(map), Value::Object(object)) => {
            for (_, value) in object.iter_mut() {
                forget_tokens_in(service, &map.value, value);
            }
        }
        _ => {}
    }
}

fn blank_instants(value: &mut Value) {
    match value {
        Value::Timestamp(_) => *value = Value::Null,
        Value::List(elements) => elements.iter_mut().for_each(blank_instants),
        Value::Object(object) => {
            for (_, value) in object.iter_mut() {
                blank_instants(value);
            }
        }
        _ => {}
    }
}

/// The same JSON with members in order of name: senders may write them in any.
fn sorted(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut members: Vec<(String, Json)> = members.into_iter().collect();
            members.sort_unstable_by(|one, two| one.0.cmp(&two.0));
            members.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        Json::Array(elements) => elements.into_iter().map(sorted).collect(),
        json => json,
    }
}

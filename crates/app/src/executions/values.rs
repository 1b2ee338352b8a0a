//! Between the JSON of runbooks and the values of operations.
//!
//! Documents are written for a client that takes texts where an operation takes bytes, and shows bytes as texts where they
//! are some. JSON knows no bytes, so both are put right here, by the shapes of the model.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reeve_model::{
    Operation, Service,
    schema::{ShapeId, ShapeKind},
};
use serde_json::{Map, Value};

/// The input of an operation, with texts that stand for bytes as their base64.
pub(super) fn to_input(
    service: &Service,
    operation: &Operation,
    input: &Map<String, Value>,
) -> Value {
    let input = Value::Object(input.clone());
    match &operation.input {
        Some(member) => encoded(service, member.shape, input),
        None => input,
    }
}

fn encoded(service: &Service, shape: ShapeId, value: Value) -> Value {
    match (&service.shape(shape).kind, value) {
        (ShapeKind::Blob, Value::String(text)) => Value::String(STANDARD.encode(text)),
        (ShapeKind::List(list), Value::Array(elements)) => elements
            .into_iter()
            .map(|element| encoded(service, list.member.shape, element))
            .collect(),
        (ShapeKind::Map(map), Value::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| (key, encoded(service, map.value.shape, value)))
            .collect(),
        (ShapeKind::Structure(structure), Value::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| match structure.member(&key) {
                Some(member) => (key, encoded(service, member.shape, value)),
                None => (key, value),
            })
            .collect(),
        (_, value) => value,
    }
}

/// An answer as runbooks see it: bytes that are a text are that text, others are base64.
pub(super) fn from_answer(answer: &reeve_model::Value) -> Value {
    match answer {
        reeve_model::Value::Blob(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => Value::String(STANDARD.encode(bytes)),
        },
        reeve_model::Value::List(elements) => elements.iter().map(from_answer).collect(),
        reeve_model::Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.to_string(), from_answer(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.to_json(),
    }
}

//! Idempotency tokens.

use std::borrow::Cow;

use crate::{Operation, Service, Value, schema::Structure};

/// A fresh random token: a UUID of version 4.
pub fn random_token() -> String {
    let bytes = fastrand::u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Fills the input's absent tokens.
pub(super) fn fill_tokens<'a>(
    service: &Service,
    operation: &Operation,
    input: &'a Value,
    token: &mut dyn FnMut() -> String,
) -> Cow<'a, Value> {
    let mut input = Cow::Borrowed(input);
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let members = structure.into_iter().flat_map(Structure::members);
    for member in members.filter(|member| member.flags.idempotency_token) {
        if input.get(&member.name).is_some_and(|value| !value.is_null()) {
            continue;
        }
        let filled = input.to_mut();
        if filled.is_null() {
            *filled = Value::object();
        }
        if let Some(object) = filled.as_object_mut() {
            object.insert(&member.name, token());
        }
    }
    input
}

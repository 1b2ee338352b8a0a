//! Bearer tokens: sent as they are, instead of a signature.
//!
//! The SDKs read one for a service from `AWS_BEARER_TOKEN_<SIGNING_NAME>`. Where it is set, it is used instead of a
//! signature for each operation that takes tokens, whatever credentials there are.

use std::collections::BTreeMap;

use crate::Secret;

const PREFIX: &str = "AWS_BEARER_TOKEN_";

/// Reads `AWS_BEARER_TOKEN_<SIGNING_NAME>`.
pub(crate) fn from_variables(variables: &BTreeMap<String, String>) -> BTreeMap<String, Secret> {
    let tokens = variables.iter().filter_map(|(name, token)| {
        Some((signing_name(name.strip_prefix(PREFIX)?), Secret::new(token)))
    });
    tokens.collect()
}

/// The variable that holds the token of a service.
pub(crate) fn variable(signing_name: &str) -> String {
    format!("{PREFIX}{}", signing_name.to_ascii_uppercase().replace([' ', '-'], "_"))
}

/// How tokens are kept: spelled so that a signing name and a variable's end meet.
pub(crate) fn signing_name(text: &str) -> String {
    text.to_ascii_lowercase().replace([' ', '-'], "_")
}

//! The words of failures: the parts of messages that depend on what is known, and the hints.

use std::time::Duration;

use crate::{CallError, NoCredentials, Refused, Tried, retry};

/// What EC2 appends to its denials: hundreds of letters that only `sts:DecodeAuthorizationMessage` can read.
const ENCODED: &str = " Encoded authorization failure message:";

pub(crate) fn what_was_tried(tried: &[Tried]) -> String {
    let parts: Vec<String> =
        tried.iter().map(|tried| format!("{} ({})", tried.source, tried.outcome)).collect();
    format!("tried {}", parts.join(", "))
}

pub(crate) fn list(problems: &[String]) -> String {
    problems.join("; ")
}

pub(crate) fn parenthesis(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!(" ({code})") }
}

pub(crate) fn suffix(message: &str) -> String {
    let message = readable(message);
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// How many bytes there should have been.
pub(crate) fn of(expected: Option<u64>) -> String {
    expected.map(|expected| format!(" of {expected}")).unwrap_or_default()
}

pub(crate) fn with_id(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" (request `{id}`)")).unwrap_or_default()
}

/// A time in seconds, or in milliseconds if it is short.
pub(crate) fn brief(duration: &Duration) -> String {
    match duration.as_millis() {
        milliseconds @ 0..10_000 => format!("{milliseconds} ms"),
        milliseconds => format!("{} s", milliseconds / 1_000),
    }
}

/// A service's message without its unreadable tail and its period.
fn readable(message: &str) -> &str {
    let readable = message.split_once(ENCODED).map_or(message, |(readable, _)| readable);
    readable.trim().trim_end_matches('.')
}

/// What the user can do about a failure.
pub(crate) fn hint(error: &CallError) -> Option<String> {
    Some(match error {
        CallError::NoCredentials(error) => no_credentials(error),
        CallError::Denied(error) => {
            let principal = error.principal.as_deref().map(|name| format!(" `{name}`"));
            let principal = principal.unwrap_or_else(|| " the identity used".to_owned());
            format!("allow `{}` to{principal}", error.permission)
        }
        CallError::Unreachable(error) => format!(
            "check that `{}` is the right endpoint and that this machine may connect to it",
            error.endpoint
        ),
        CallError::DeadlineExceeded(_) => "give it more time, or ask for less at once".to_owned(),
        CallError::TimedOut(_) | CallError::Interrupted(_) => {
            "check the network, or try again later".to_owned()
        }
        CallError::Service(error) => return refused(error).map(ToOwned::to_owned),
        CallError::NotRecorded(_) => {
            "record it: run the same with `--record` and the folder of the recording".to_owned()
        }
        CallError::Invalid(_)
        | CallError::Malformed(_)
        | CallError::UnknownService(_)
        | CallError::UnknownOperation(_) => return None,
    })
}

fn no_credentials(error: &NoCredentials) -> String {
    match &error.cause {
        Some(CallError::Denied(_)) => "allow `sts:AssumeRole` on the account's role to the base identity, \
            and name that identity in the role's trust policy"
            .to_owned(),
        Some(cause) => cause.hint().unwrap_or_else(|| "see the cause".to_owned()),
        None => "set `AWS_PROFILE`, sign in with `aws sso login`, or give the account a role in the estate"
            .to_owned(),
    }
}

fn refused(error: &Refused) -> Option<&'static str> {
    match error.code.as_str() {
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "AuthFailure" => Some(
            "the access key is not known there: it was deleted, or the Region is not enabled in the account",
        ),
        "OptInRequired" | "SubscriptionRequiredException" => {
            Some("the account has not enabled this service or Region")
        }
        code if retry::is_about_expiry(code) => Some("the session has ended: sign in again"),
        code if retry::is_about_time(code) => {
            Some("check the secret access key, and this machine's clock")
        }
        _ if error.retryable => Some("try again later"),
        _ => None,
    }
}

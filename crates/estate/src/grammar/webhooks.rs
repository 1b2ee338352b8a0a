//! The servers that `aws:invokeWebhook` may send to, by the name of the integration.

use std::time::Duration;

use reeve_document::{Cursor, NodeValue};

use super::values::{duration, word};
use crate::{Webhook, WebhookHeader, WebhookValue};

/// How long an answer is waited for, unless a webhook says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that an answer may be waited for.
const LONGEST: Duration = Duration::from_mins(5);

/// The parts of names of headers whose values are secret.
const SECRET: [&str; 6] = ["authorization", "token", "key", "secret", "cookie", "password"];

/// Reads the `webhooks` part.
pub(super) fn webhooks(cursor: &Cursor<'_>) -> Vec<Webhook> {
    let entries = cursor.entries().unwrap_or_default().into_iter();
    entries.filter_map(|(entry, value)| webhook(entry.key.clone(), &value)).collect()
}

fn webhook(name: String, cursor: &Cursor<'_>) -> Option<Webhook> {
    let fields = cursor.fields(&["url", "headers", "payload", "timeout"])?;
    let url = fields.required("url").and_then(value);
    if let (Some(WebhookValue::Plain(text)), Some(cursor)) = (&url, fields.optional("url")) {
        check_url(text, cursor);
    }
    let headers = fields.optional("headers").map(headers).unwrap_or_default();
    let payload = fields.optional("payload").and_then(Cursor::string).map(str::to_owned);
    let timeout = fields.optional("timeout").and_then(|cursor| {
        let timeout = duration(cursor)?;
        if timeout > LONGEST {
            cursor.error("an answer is waited for at most five minutes");
        }
        Some(timeout)
    });
    Some(Webhook { name, url: url?, headers, payload, timeout: timeout.unwrap_or(TIMEOUT) })
}

/// What can be seen without sending anything; whoever sends looks again.
fn check_url(text: &str, cursor: &Cursor<'_>) {
    let host = text.strip_prefix("http://").map(|rest| {
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        rest.strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
            .unwrap_or_else(|| rest.split(':').next().unwrap_or_default())
    });
    let is_this_machine = host.is_some_and(|host| {
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    if !is_this_machine && !text.starts_with("https://") {
        cursor.error("a webhook is sent by https://, except to this machine");
    }
}

fn headers(cursor: &Cursor<'_>) -> Vec<WebhookHeader> {
    let entries = cursor.entries().unwrap_or_default().into_iter();
    let read = entries.filter_map(|(entry, cursor)| {
        let (name, value) = (entry.key.clone(), value(&cursor)?);
        let lower = name.to_ascii_lowercase();
        let is_secret = SECRET.iter().any(|part| lower.contains(part));
        if is_secret && matches!(value, WebhookValue::Plain(_)) {
            cursor.error_with_hint(
                format!("the value of `{name}` is a secret, and secrets are not written here"),
                "say where it is: `{ environment: NAME }`, `{ parameter: NAME }` or `{ secret: NAME }`",
            );
        }
        Some(WebhookHeader { name, value })
    });
    read.collect()
}

/// A text, or where it is.
fn value(cursor: &Cursor<'_>) -> Option<WebhookValue> {
    if !matches!(cursor.node().value, NodeValue::Map(_)) {
        return word(cursor).map(|text| WebhookValue::Plain(text.to_owned()));
    }
    let fields = cursor.fields(&["environment", "parameter", "secret"])?;
    let text = |key: &str| fields.optional(key).and_then(word).map(str::to_owned);
    match (text("environment"), text("parameter"), text("secret")) {
        (Some(name), None, None) => Some(WebhookValue::Environment(name)),
        (None, Some(name), None) => Some(WebhookValue::Parameter(name)),
        (None, None, Some(name)) => Some(WebhookValue::Secret(name)),
        _ => {
            cursor.error("say one of `environment`, `parameter` and `secret`");
            None
        }
    }
}

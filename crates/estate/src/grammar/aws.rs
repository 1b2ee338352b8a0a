//! How AWS is reached.

use std::{path::PathBuf, time::Duration};

use reeve_document::{Cursor, Fields};

use super::{
    through::session_duration,
    values::{duration, word},
};
use crate::AwsSettings;

/// Reads the `aws` part.
pub(super) fn settings(cursor: &Cursor<'_>) -> Option<AwsSettings> {
    let fields = cursor.fields(&[
        "endpoint-url",
        "profile",
        "config-file",
        "credentials-file",
        "source-identity",
        "session-duration",
        "hedge-after",
    ])?;
    Some(AwsSettings {
        endpoint_url: fields.optional("endpoint-url").and_then(url),
        profile: fields.optional("profile").and_then(word).map(ToOwned::to_owned),
        config_file: path(&fields, "config-file"),
        credentials_file: path(&fields, "credentials-file"),
        source_identity: fields.optional("source-identity").and_then(Cursor::bool),
        session_duration: fields.optional("session-duration").and_then(session_duration),
        hedge_after: fields.optional("hedge-after").and_then(hedge_after),
    })
}

fn hedge_after(cursor: &Cursor<'_>) -> Option<Duration> {
    let duration = duration(cursor)?;
    if duration.is_zero() {
        cursor.error("a second request is sent after some time, such as `2s`");
        return None;
    }
    Some(duration)
}

fn path(fields: &Fields<'_>, key: &str) -> Option<PathBuf> {
    fields.optional(key).and_then(word).map(PathBuf::from)
}

fn url(cursor: &Cursor<'_>) -> Option<String> {
    let text = word(cursor)?;
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_url = host.is_some_and(|host| {
        host.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '[')
            && !host.contains(|letter: char| letter.is_whitespace() || "?#".contains(letter))
    });
    if !is_url {
        let message = format!("`{text}` is not the URL of an endpoint");
        cursor.error_with_hint(message, "write it as in `http://127.0.0.1:4566`");
    }
    is_url.then(|| text.to_owned())
}

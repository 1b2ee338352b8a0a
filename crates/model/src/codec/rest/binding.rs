//! Members as single texts: in labels, query strings and headers.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    Value,
    codec::{
        error::{DecodeError, EncodeError},
        scalar,
    },
    schema::{Location, Member, Service, TimestampFormat},
};

/// Writes a member's value as one text.
pub(super) fn to_text<'v>(
    service: &Service,
    member: &Member,
    place: Location,
    value: &'v Value,
) -> Result<Cow<'v, str>, EncodeError> {
    if member.flags.json_value && place == Location::Header {
        return Ok(Cow::Owned(STANDARD.encode(scalar::json_text(value).as_bytes())));
    }
    scalar::to_text(&service.shape(member.shape).kind, value, timestamp_format(member, place))
}

/// Reads a member's value from one text.
pub(super) fn from_text(
    service: &Service,
    member: &Member,
    place: Location,
    text: &str,
) -> Result<Option<Value>, DecodeError> {
    if member.flags.json_value && place == Location::Header {
        let value = scalar::blob_from_text(text)?;
        let json = value.as_blob().and_then(|bytes| std::str::from_utf8(bytes).ok());
        return match json {
            Some(json) => Ok(Some(json_value(json))),
            None => Err(DecodeError::mismatch("JSON in base64", "other bytes")),
        };
    }
    scalar::from_text(&service.shape(member.shape).kind, Cow::Borrowed(text))
}

/// JSON objects and lists become such; other JSON stays the text that it is.
fn json_value(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(parsed @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
            Value::from_json(&parsed)
        }
        _ => Value::from(json),
    }
}

/// How a timestamp is written in a place.
pub(super) fn timestamp_format(member: &Member, place: Location) -> TimestampFormat {
    let default = match place {
        Location::Header | Location::Headers => TimestampFormat::HttpDate,
        Location::Uri | Location::QueryString | Location::StatusCode => TimestampFormat::DateTime,
    };
    member.timestamp_format.unwrap_or(default)
}

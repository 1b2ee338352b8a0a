//! Scalars as text: in XML elements, forms, headers, labels and query strings.

use std::borrow::Cow;

use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};

use crate::{
    Value,
    codec::{
        error::{DecodeError, EncodeError},
        number, timestamp,
    },
    schema::{ShapeKind, TimestampFormat},
};

/// Reads base64 with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Writes a scalar. `default_format` is for timestamps whose member says nothing.
pub(crate) fn to_text<'a>(
    kind: &ShapeKind,
    value: &'a Value,
    format: TimestampFormat,
) -> Result<Cow<'a, str>, EncodeError> {
    let text = match (kind, value) {
        (ShapeKind::String(_), Value::String(text)) => Cow::Borrowed(text.as_str()),
        (ShapeKind::Boolean, Value::Bool(truth)) => {
            Cow::Borrowed(if *truth { "true" } else { "false" })
        }
        (ShapeKind::Integer | ShapeKind::Long, Value::Integer(number)) => {
            Cow::Owned(number.to_string())
        }
        (ShapeKind::Float | ShapeKind::Double, _) => {
            Cow::Owned(number::float_text(float(kind, value)?))
        }
        (ShapeKind::Timestamp, _) => Cow::Owned(timestamp::format(instant(value)?, format)),
        (ShapeKind::Blob, _) => Cow::Owned(STANDARD.encode(bytes(value)?)),
        _ => return Err(EncodeError::mismatch(kind.expected(), value.kind())),
    };
    Ok(text)
}

/// Reads a scalar. An empty text is an absent number, truth or time: some services send it.
pub(crate) fn from_text(
    kind: &ShapeKind,
    text: Cow<'_, str>,
) -> Result<Option<Value>, DecodeError> {
    let found = match kind {
        ShapeKind::String(_) => return Ok(Some(Value::String(text.into_owned()))),
        ShapeKind::Blob => return blob_from_text(&text).map(Some),
        _ if text.trim().is_empty() => return Ok(None),
        ShapeKind::Boolean => boolean_from_text(&text).map(Value::Bool),
        ShapeKind::Integer | ShapeKind::Long => integer_from_text(&text).map(Value::Integer),
        ShapeKind::Float | ShapeKind::Double => number::parse_float(&text).map(Value::Float),
        ShapeKind::Timestamp => timestamp::parse(&text).map(Value::Timestamp),
        ShapeKind::Structure(_) | ShapeKind::List(_) | ShapeKind::Map(_) => None,
    };
    found.map(Some).ok_or_else(|| DecodeError::mismatch(kind.expected(), &format!("`{text}`")))
}

/// The bytes of a blob; a text is its own.
pub(crate) fn bytes(value: &Value) -> Result<&[u8], EncodeError> {
    match value {
        Value::Blob(bytes) => Ok(bytes),
        Value::String(text) => Ok(text.as_bytes()),
        other => Err(EncodeError::mismatch("a blob", other.kind())),
    }
}

/// A float; an integer and the words for what is not finite will do.
pub(crate) fn float(kind: &ShapeKind, value: &Value) -> Result<f64, EncodeError> {
    let words = value.as_str().and_then(number::parse_float).filter(|number| !number.is_finite());
    value.as_f64().or(words).ok_or_else(|| EncodeError::mismatch(kind.expected(), value.kind()))
}

/// An instant; a number counts seconds since 1970, and a text is read.
pub(crate) fn instant(value: &Value) -> Result<jiff::Timestamp, EncodeError> {
    let found = match value {
        Value::Timestamp(instant) => Some(*instant),
        Value::Integer(seconds) => jiff::Timestamp::from_second(*seconds).ok(),
        Value::Float(seconds) => timestamp::from_seconds(*seconds),
        Value::String(text) => timestamp::parse(text),
        Value::Null | Value::Bool(_) | Value::Blob(_) | Value::List(_) | Value::Object(_) => None,
    };
    found.ok_or_else(|| EncodeError::mismatch("a timestamp", value.kind()))
}

/// The text of a JSON value that travels as a string; a text is taken to be JSON already.
pub(crate) fn json_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_json().to_string()),
    }
}

/// Reads base64, ignoring line breaks.
pub(crate) fn blob_from_text(text: &str) -> Result<Value, DecodeError> {
    let compact: Cow<'_, str> = if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        Cow::Owned(text.split_ascii_whitespace().collect())
    } else {
        Cow::Borrowed(text)
    };
    let bytes = LENIENT.decode(compact.as_bytes());
    bytes
        .map(Value::Blob)
        .map_err(|_| DecodeError::mismatch("a blob in base64", &format!("`{text}`")))
}

/// Reads a truth.
pub(crate) fn boolean_from_text(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") || text == "1" {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// Reads an integer, also one with a needless fraction.
pub(crate) fn integer_from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| integer_from_float(text.parse().ok()?))
}

/// An integer that came as a float.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked")]
pub(crate) fn integer_from_float(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_a_string_but_no_number() {
        let string = ShapeKind::String(Vec::new());
        assert_eq!(from_text(&string, "".into()), Ok(Some(Value::from(""))));
        assert_eq!(from_text(&ShapeKind::Integer, "".into()), Ok(None));
        assert_eq!(from_text(&ShapeKind::Blob, "".into()), Ok(Some(Value::Blob(Vec::new()))));
    }

    #[test]
    fn a_text_that_is_no_number_is_refused_with_what_was_expected() {
        let error = from_text(&ShapeKind::Integer, "many".into()).unwrap_err();
        assert_eq!(error.to_string(), "the whole must be an integer, not `many`");
    }

    #[test]
    fn base64_may_have_line_breaks_and_lack_padding() {
        assert_eq!(blob_from_text("aGVs\nbG8="), Ok(Value::Blob(b"hello".to_vec())));
        assert_eq!(blob_from_text("aGVsbG8"), Ok(Value::Blob(b"hello".to_vec())));
        assert!(blob_from_text("!").is_err());
    }
}

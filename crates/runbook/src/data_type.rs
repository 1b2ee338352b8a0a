//! The types of a runbook's data, and what may stand for a value of each.
//!
//! Parameters arrive as texts, answers of AWS as JSON, and either may be wanted as something else: a number where a text
//! is declared, a single text where a list is. The service converts what loses nothing and refuses the rest, and so does
//! this.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A type that a parameter, a variable or an output may be declared to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DataType {
    /// A text.
    String,
    /// A list of texts.
    StringList,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A map from texts to values of any kind.
    StringMap,
    /// A list of such maps.
    MapList,
}

/// A value that is not of the type that is wanted, and cannot stand for one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {wanted}, found {found}")]
pub struct Mismatch {
    /// What was wanted.
    pub wanted: DataType,
    /// What was there, in words.
    pub found: String,
}

impl DataType {
    /// Every type with the name that documents call it by.
    pub const ALL: [(&'static str, Self); 6] = [
        ("String", Self::String),
        ("StringList", Self::StringList),
        ("Integer", Self::Integer),
        ("Boolean", Self::Boolean),
        ("StringMap", Self::StringMap),
        ("MapList", Self::MapList),
    ];

    /// The name that documents call it by.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, data_type)| *data_type)
    }

    /// Whether its values are lists.
    pub fn is_list(self) -> bool {
        matches!(self, Self::StringList | Self::MapList)
    }

    /// `value` as a value of this type.
    pub fn convert(self, value: &Value) -> Result<Value, Mismatch> {
        let converted = match self {
            Self::String => text(value),
            Self::Integer => integer(value),
            Self::Boolean => boolean(value),
            Self::StringList => list(value, text),
            Self::StringMap => map(value),
            Self::MapList => list(value, map),
        };
        converted.ok_or_else(|| Mismatch { wanted: self, found: describe(value) })
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::String => "a String",
            Self::StringList => "a StringList",
            Self::Integer => "an Integer",
            Self::Boolean => "a Boolean",
            Self::StringMap => "a StringMap",
            Self::MapList => "a MapList",
        })
    }
}

/// A value as it appears within a text: texts as they are, nothing as nothing, everything else as JSON.
pub fn render(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value in words, for messages: "the text `a`", "a list of 3".
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.chars().count() <= 60 => format!("the text `{text}`"),
        Value::String(_) => "a text".to_owned(),
        Value::Array(elements) => format!("a list of {}", elements.len()),
        Value::Object(_) => "a map".to_owned(),
    }
}

fn text(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(elements) => match elements.as_slice() {
            // A path that may find several found one.
            [only] if !only.is_array() => text(only),
            _ => Some(Value::String(value.to_string())),
        },
        other => Some(Value::String(render(other))),
    }
}

fn integer(value: &Value) -> Option<Value> {
    let number = match single(value) {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.map(Value::from)
}

/// `number` if it is whole and in range: AWS writes some whole numbers as `5.0`.
#[expect(clippy::cast_possible_truncation, reason = "only whole numbers in range are cast")]
fn whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= LIMIT).then_some(number as i64)
}

fn boolean(value: &Value) -> Option<Value> {
    let truth = match single(value) {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    truth.map(Value::from)
}

fn map(value: &Value) -> Option<Value> {
    match single(value) {
        Value::Object(_) => Some(single(value).clone()),
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    }
}

/// A list of what `element` makes of each element; a text may hold the list as JSON, and what is no list is one of one.
fn list(value: &Value, element: fn(&Value) -> Option<Value>) -> Option<Value> {
    let written: Option<Vec<Value>> = match value {
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    let elements = match (value, &written) {
        (Value::Array(elements), _) => elements.as_slice(),
        (_, Some(written)) => written.as_slice(),
        (Value::Null, None) => return None,
        (single, None) => std::slice::from_ref(single),
    };
    // `["{{ step.InstanceIds }}"]` is how many write the list itself.
    let elements = match elements {
        [Value::Array(inner)] => inner.as_slice(),
        elements => elements,
    };
    elements.iter().map(element).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// The only element of a list of one, and everything else as it is.
fn single(value: &Value) -> &Value {
    match value {
        Value::Array(elements) => match elements.as_slice() {
            [only] => only,
            _ => value,
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_loses_nothing_is_converted() {
        let cases = [
            (DataType::String, json!("a"), json!("a")),
            (DataType::String, json!(7), json!("7")),
            (DataType::String, json!(true), json!("true")),
            (DataType::String, json!(["a"]), json!("a")),
            (DataType::String, json!(["a", "b"]), json!(r#"["a","b"]"#)),
            (DataType::String, json!({"a": 1}), json!(r#"{"a":1}"#)),
            (DataType::Integer, json!("12"), json!(12)),
            (DataType::Integer, json!(5.0), json!(5)),
            (DataType::Integer, json!([3]), json!(3)),
            (DataType::Boolean, json!("True"), json!(true)),
            (DataType::StringList, json!("a"), json!(["a"])),
            (DataType::StringList, json!(r#"["a", 1]"#), json!(["a", "1"])),
            (DataType::StringList, json!([]), json!([])),
            (DataType::StringList, json!([["a", "b"]]), json!(["a", "b"])),
            (DataType::StringMap, json!(r#"{"a": {"b": 1}}"#), json!({"a": {"b": 1}})),
            (DataType::MapList, json!({"Key": "a"}), json!([{"Key": "a"}])),
        ];
        for (data_type, value, expected) in cases {
            assert_eq!(data_type.convert(&value), Ok(expected), "{data_type} from {value}");
        }
    }

    #[test]
    fn what_would_lose_something_is_refused() {
        let cases = [
            (DataType::Integer, json!("a"), "expected an Integer, found the text `a`"),
            (DataType::Integer, json!(1.5), "expected an Integer, found `1.5`"),
            (DataType::Boolean, json!(1), "expected a Boolean, found `1`"),
            (DataType::StringMap, json!(["a", "b"]), "expected a StringMap, found a list of 2"),
            (DataType::MapList, json!(["a"]), "expected a MapList, found a list of 1"),
            (DataType::String, json!(null), "expected a String, found nothing"),
        ];
        for (data_type, value, expected) in cases {
            let error = data_type.convert(&value).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}

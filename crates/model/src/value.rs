//! What goes into an operation and comes out of it.
//!
//! One dynamic type for every service: the shapes of the model say what a value means, so that no type per operation is
//! needed. JSON has no blobs and timestamps, so a value keeps them apart and writes them to JSON as base64 and RFC 3339.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Name, Object};

/// A value of any shape.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub enum Value {
    /// Absent on purpose: an element of a sparse list, or a JSON null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer or a long.
    Integer(i64),
    /// A float or a double, with the infinities and not-a-number.
    Float(f64),
    /// A string.
    String(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// An instant.
    Timestamp(Timestamp),
    /// A list.
    List(Vec<Value>),
    /// A structure or a map.
    Object(Object),
}

impl Value {
    /// An object without members.
    pub fn object() -> Self {
        Self::Object(Object::new())
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if this is an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if this is one; an integer beyond 2^53 loses its last digits.
    #[expect(clippy::cast_precision_loss, reason = "callers ask for a float")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The truth, if this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The bytes, if this is a blob.
    pub fn as_blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The instant, if this is a timestamp.
    pub fn as_timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Timestamp(instant) => Some(*instant),
            _ => None,
        }
    }

    /// The elements; none if this is not a list.
    pub fn as_list(&self) -> &[Value] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members to be changed, if this is an object.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value of a member, if this is an object that has it.
    pub fn get(&self, member: &str) -> Option<&Value> {
        self.as_object()?.get(member)
    }

    /// A text member; empty if there is none.
    pub fn text(&self, member: &str) -> &str {
        self.get(member).and_then(Self::as_str).unwrap_or_default()
    }

    /// The elements of a list member; none if there is none.
    pub fn list(&self, member: &str) -> &[Self] {
        self.get(member).map_or(&[], Self::as_list)
    }

    /// Whether a member is there and true.
    pub fn flag(&self, member: &str) -> bool {
        self.get(member).and_then(Self::as_bool) == Some(true)
    }

    /// Copies of those members of these names that there are.
    pub fn pick<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> impl Iterator<Item = (&'n str, Self)> {
        names.into_iter().filter_map(|name| Some((name, self.get(name)?.clone())))
    }

    /// The value at a path of members and list positions, such as `Placement.AvailabilityZone` or `Volumes.0.Size`.
    pub fn path(&self, dotted: &str) -> Option<&Value> {
        dotted.split('.').try_fold(self, |value, step| match value {
            Self::List(elements) => elements.get(step.parse::<usize>().ok()?),
            _ => value.get(step),
        })
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Blob(_) => "a blob",
            Self::Timestamp(_) => "a timestamp",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Reads JSON as it stands: no text becomes a blob or a timestamp. For a value of known shape use
    /// [`conform`](crate::conform).
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(*truth),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => number.as_f64().map_or(Self::Null, Self::Float),
            },
            serde_json::Value::String(text) => Self::String(text.clone()),
            serde_json::Value::Array(elements) => elements.iter().map(Self::from_json).collect(),
            serde_json::Value::Object(members) => Self::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.as_str(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// Writes JSON: blobs as base64, timestamps as RFC 3339, infinities and not-a-number as strings.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => match serde_json::Number::from_f64(*number) {
                Some(finite) => finite.into(),
                None => crate::codec::number::float_text(*number).into(),
            },
            Self::String(text) => text.as_str().into(),
            Self::Blob(bytes) => STANDARD.encode(bytes).into(),
            Self::Timestamp(instant) => instant.to_string().into(),
            Self::List(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Object(object) => object
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Integer(one), Self::Integer(two)) => one == two,
            // Not-a-number equals itself, so that a value equals its copy.
            (Self::Float(one), Self::Float(two)) => one == two || (one.is_nan() && two.is_nan()),
            (Self::String(one), Self::String(two)) => one == two,
            (Self::Blob(one), Self::Blob(two)) => one == two,
            (Self::Timestamp(one), Self::Timestamp(two)) => one == two,
            (Self::List(one), Self::List(two)) => one == two,
            (Self::Object(one), Self::Object(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::String(text.clone())
    }
}

impl From<&Name> for Value {
    fn from(name: &Name) -> Self {
        Self::String(name.to_string())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Self::Timestamp(instant)
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::List(elements)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        Self::List(elements.into_iter().collect())
    }
}

impl<N: Into<Name>, V: Into<Value>> FromIterator<(N, V)> for Value {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        Self::Object(entries.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_goes_through_members_and_list_positions() {
        let value = Value::from_json(&json!({"Volumes": [{"Size": 8}, {"Size": 20}]}));
        assert_eq!(value.path("Volumes.1.Size"), Some(&Value::Integer(20)));
        assert_eq!(value.path("Volumes.2.Size"), None);
        assert_eq!(value.path("Volumes.Size"), None);
    }

    #[test]
    fn json_survives_the_way_there_and_back() {
        let json = json!({"a": [1, 2.5, null, true, "x"], "b": {}});
        assert_eq!(Value::from_json(&json).to_json(), json);
    }

    #[test]
    fn blobs_and_timestamps_are_text_in_json() {
        let value = Value::from_iter([
            ("Blob", Value::Blob(b"hello".to_vec())),
            ("Time", Value::Timestamp(Timestamp::UNIX_EPOCH)),
            ("Limit", Value::Float(f64::NEG_INFINITY)),
        ]);
        let expected =
            json!({"Blob": "aGVsbG8=", "Time": "1970-01-01T00:00:00Z", "Limit": "-Infinity"});
        assert_eq!(value.to_json(), expected);
    }
}

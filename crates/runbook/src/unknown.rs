//! Values that nobody knows, because what would give them was not done: `«stop.InstanceStates»`.
//!
//! A dry run makes no call that changes something. What such a call would have answered stands in later inputs under the
//! name by which they refer to it, so that everybody sees what depends on what.

use serde_json::Value;

use crate::reference::Access;

const OPEN: char = '«';
const CLOSE: char = '»';

/// What an output of a step stands for as long as nobody knows it.
pub(crate) fn output(step: &str, name: &str) -> Value {
    Value::String(format!("{OPEN}{step}.{name}{CLOSE}"))
}

/// What stands for every element of a list that nobody knows.
pub(crate) fn each(list: &str) -> Value {
    Value::String(format!("{OPEN}each of {}{CLOSE}", list.trim_matches([OPEN, CLOSE])))
}

/// Whether a value stands for every element of a list.
pub(crate) fn is_each(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("«each of "))
}

/// Whether a value is one that nobody knows, or has one in it.
pub(crate) fn is_in(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.split_once(OPEN).is_some_and(|(_, after)| after.contains(CLOSE))
        }
        Value::Array(elements) => elements.iter().any(is_in),
        Value::Object(entries) => entries.values().any(is_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What a path leads to from a value that nobody knows.
pub(crate) fn follow(value: &Value, path: &[Access]) -> Option<Value> {
    let inside = value.as_str()?.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
    let mut text = inside.to_owned();
    for access in path {
        match access {
            Access::Key(key) => text.push_str(&format!(".{key}")),
            Access::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    Some(Value::String(format!("{OPEN}{text}{CLOSE}")))
}

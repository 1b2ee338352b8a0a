//! Inputs: any value, whose texts are templates.

use reeve_document::{Cursor, NodeValue};
use serde_json::Value;

use crate::{
    input::{Content, Input},
    template::Template,
};

/// Reads a value. Texts with references that cannot be read are noted.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<Input> {
    let content = match &cursor.node().value {
        NodeValue::String(text) => match Template::parse(text) {
            Ok(template) => Content::Text(template),
            Err(error) => {
                cursor.error(error.to_string());
                return None;
            }
        },
        NodeValue::List(_) => Content::List(cursor.list()?.iter().filter_map(read).collect()),
        NodeValue::Map(_) => {
            let entries = cursor.entries()?;
            let entries = entries.iter();
            let read = |(entry, value): &(&reeve_document::Entry, Cursor<'_>)| {
                Some((entry.key.clone(), read(value)?))
            };
            Content::Map(entries.filter_map(read).collect())
        }
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => {
            Content::Plain(plain(cursor)?)
        }
    };
    Some(Input { content, position: cursor.position(), path: cursor.path().to_owned() })
}

/// Reads the text of a script.
pub(super) fn read_code(cursor: &Cursor<'_>) -> Option<Input> {
    let text = cursor.string()?;
    Some(Input {
        content: Content::Text(Template::parse_code(text)),
        position: cursor.position(),
        path: cursor.path().to_owned(),
    })
}

/// A value without references, such as a default.
pub(super) fn literal(cursor: &Cursor<'_>) -> Option<Value> {
    match &cursor.node().value {
        NodeValue::String(text) => Some(Value::String(text.clone())),
        NodeValue::List(_) => cursor.list()?.iter().map(literal).collect(),
        NodeValue::Map(_) => {
            let entries = cursor.entries()?;
            let entries = entries.iter();
            entries.map(|(entry, value)| Some((entry.key.clone(), literal(value)?))).collect()
        }
        NodeValue::Null | NodeValue::Bool(_) | NodeValue::Number(_) => plain(cursor),
    }
}

fn plain(cursor: &Cursor<'_>) -> Option<Value> {
    match &cursor.node().value {
        NodeValue::Bool(truth) => Some(Value::Bool(*truth)),
        NodeValue::Number(written) => {
            let number = written.parse::<i64>().map(Value::from).ok();
            let number = number.or_else(|| written.parse::<f64>().ok().map(Value::from));
            number.or_else(|| cursor.expected("a number"))
        }
        _ => Some(Value::Null),
    }
}

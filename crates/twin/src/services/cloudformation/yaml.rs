//! Templates as text: JSON, or YAML with the short forms of the intrinsic functions.
//!
//! `!Ref x` is `{"Ref": "x"}` and `!GetAtt a.b` is `{"Fn::GetAtt": ["a", "b"]}`: after reading, nobody can tell which was
//! written. Dates stay texts, as `CloudFormation` has it.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

/// How deep lists and maps may lie within each other.
const DEEPEST: usize = 100;
/// How many nodes aliases may add.
const MOST_REPEATED: usize = 100_000;

/// Reads a template body of either format.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        let json: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| format!("JSON not well-formed. ({error})"))?;
        return Ok(Value::from_json(&json));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = *error.marker();
            format!("YAML not well-formed. (line {}, column {})", marker.line(), marker.col() + 1)
        })?;
        builder.take(event).map_err(|what| format!("{what} (line {})", span.start.line()))?;
    }
    Ok(builder.root.unwrap_or(Value::Null))
}

enum Contents {
    List(Vec<Value>),
    Map(Object, Option<String>),
}

struct Open {
    contents: Contents,
    tag: Option<String>,
    anchor: usize,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Value>,
    anchors: BTreeMap<usize, Value>,
    repeated: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref())
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(Contents::List(Vec::new()), anchor, tag.as_deref())
            }
            Event::MappingStart(anchor, tag) => {
                self.start(Contents::Map(Object::new(), None), anchor, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), String> {
        if let Some(Open { contents: Contents::Map(_, key @ None), .. }) = self.open.last_mut() {
            *key = Some(text.to_owned());
            return Ok(());
        }
        let short = short_form(tag);
        let plain = if style == ScalarStyle::Plain && tag.is_none() {
            resolve(text)
        } else {
            Value::from(text)
        };
        self.finish(plain, short.as_deref(), anchor)
    }

    fn start(
        &mut self,
        contents: Contents,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err("Template format error: nested too deep.".to_owned());
        }
        if let Some(Open { contents: Contents::Map(_, None), .. }) = self.open.last() {
            return Err("Template format error: a key must be a text.".to_owned());
        }
        self.open.push(Open { contents, tag: short_form(tag), anchor });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.contents {
            Contents::List(elements) => Value::List(elements),
            Contents::Map(members, _) => Value::Object(members),
        };
        self.finish(value, open.tag.as_deref(), open.anchor)
    }

    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        let value = self.anchors.get(&anchor).cloned().ok_or("YAML not well-formed.")?;
        self.repeated += weight(&value);
        if self.repeated > MOST_REPEATED {
            return Err("YAML aliases are not allowed in this number.".to_owned());
        }
        self.finish(value, None, 0)
    }

    fn finish(&mut self, value: Value, short: Option<&str>, anchor: usize) -> Result<(), String> {
        let value = match short {
            Some(name) => long_form(name, value),
            None => value,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut().map(|open| &mut open.contents) {
            None => self.root = Some(value),
            Some(Contents::List(elements)) => elements.push(value),
            Some(Contents::Map(members, key)) => {
                let key = key.take().unwrap_or_default();
                if members.contains(&key) {
                    return Err(format!(
                        "Template format error: YAML not well-formed. Duplicate key {key}"
                    ));
                }
                members.insert(key, value);
            }
        }
        Ok(())
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::List(elements) => 1 + elements.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 1 + members.iter().map(|(_, value)| weight(value)).sum::<usize>(),
        _ => 1,
    }
}

fn short_form(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| tag.suffix.clone())
}

fn long_form(name: &str, value: Value) -> Value {
    match name {
        "Ref" | "Condition" => Value::from_iter([(name, value)]),
        "GetAtt" => {
            let value = match value.as_str().and_then(|text| text.split_once('.')) {
                Some((resource, attribute)) => {
                    Value::List(vec![Value::from(resource), Value::from(attribute)])
                }
                None => value,
            };
            Value::from_iter([("Fn::GetAtt", value)])
        }
        _ => Value::from_iter([(format!("Fn::{name}"), value)]),
    }
}

/// What an unquoted word means in YAML.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // A leading zero is an account number or a date more often than it is a number.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if is_padded || !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return Value::from(text);
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Value::Integer(integer);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::Float(number),
        _ => Value::from(text),
    }
}

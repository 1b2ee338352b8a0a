//! Values with expressions in them: how a call is made out of what was asked, what was there before and what was answered.
//!
//! A text that begins with `=` is a JMESPath expression over the sources; everything else stands for itself. Four small maps
//! do what JMESPath cannot, which is to compare with something outside the list that it goes through:
//!
//! - `{each: LIST, where: CONDITION, give: VALUE}`: a list, with `item` for each element;
//! - `{of: MAP, at: KEY}`: what a map has under a key that is known only from the input;
//! - `{only: MAP, keys: LIST}`: the entries of a map under some keys;
//! - `{decoded: TEXT}`: a text without percent encoding, as IAM answers with its documents.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use reeve_document::{Cursor, Entry, Node, NodeValue};
use reeve_model::{Expression, ExpressionError, Value as ModelValue};
use serde_json::{Map, Number, Value};

/// A value with expressions in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Plain(Value),
    Expression(Expression),
    List(Vec<Form>),
    Map(Vec<(String, Form)>),
    Each(Box<Each>),
    Entry { of: Box<Form>, at: Box<Form> },
    Only { of: Box<Form>, keys: Box<Form> },
    Decoded(Box<Form>),
}

/// A list made out of another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Each {
    pub(super) of: Form,
    pub(super) condition: Option<Form>,
    pub(super) give: Option<Form>,
}

impl Form {
    /// Reads a form; a mistake in an expression is noted with its place.
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        match &cursor.node().value {
            NodeValue::String(text) => match text.strip_prefix('=') {
                Some(expression) => {
                    let expression = Expression::new(expression.trim());
                    match expression.check() {
                        Ok(()) => Some(Self::Expression(expression)),
                        Err(error) => {
                            cursor.error(error.to_string());
                            None
                        }
                    }
                }
                None => Some(Self::Plain(plain(cursor.node()))),
            },
            NodeValue::List(_) => {
                let elements = cursor.list()?;
                elements.iter().map(Self::read).collect::<Option<_>>().map(Self::List)
            }
            NodeValue::Map(entries) => Self::read_map(cursor, entries),
            _ => Some(Self::Plain(plain(cursor.node()))),
        }
    }

    fn read_map(cursor: &Cursor<'_>, entries: &[Entry]) -> Option<Self> {
        let has = |key: &str| entries.iter().any(|entry| entry.key == key);
        if has("each") {
            return Each::read(cursor).map(|each| Self::Each(Box::new(each)));
        }
        if has("of") && has("at") {
            let fields = cursor.fields(&["of", "at"])?;
            let of = Box::new(Self::read(fields.required("of")?)?);
            let at = Box::new(Self::read(fields.required("at")?)?);
            return Some(Self::Entry { of, at });
        }
        if has("only") && has("keys") {
            let fields = cursor.fields(&["only", "keys"])?;
            let of = Box::new(Self::read(fields.required("only")?)?);
            let keys = Box::new(Self::read(fields.required("keys")?)?);
            return Some(Self::Only { of, keys });
        }
        if has("decoded") {
            let fields = cursor.fields(&["decoded"])?;
            return Self::read(fields.required("decoded")?).map(|of| Self::Decoded(Box::new(of)));
        }
        let entries = cursor.entries()?;
        let entries =
            entries.iter().map(|(entry, value)| Some((entry.key.clone(), Self::read(value)?)));
        entries.collect::<Option<_>>().map(Self::Map)
    }

    /// The value; nothing if an expression finds nothing, or an entry is not there.
    pub(super) fn fill(&self, sources: &Sources) -> Result<Option<Value>, ExpressionError> {
        Ok(match self {
            Self::Plain(value) => Some(value.clone()),
            Self::Expression(expression) => sources.find(expression)?,
            Self::List(elements) => {
                let mut filled = Vec::new();
                for element in elements {
                    filled.extend(element.fill(sources)?);
                }
                Some(Value::Array(filled))
            }
            Self::Map(entries) => Some(Value::Object(fill_all(entries, sources)?)),
            Self::Each(each) => {
                let mut given = Vec::new();
                for inner in each.rounds(sources)? {
                    given.extend(match &each.give {
                        Some(give) => give.fill(&inner)?,
                        None => inner.get("item").cloned(),
                    });
                }
                Some(Value::Array(given))
            }
            Self::Entry { of, at } => match (of.fill(sources)?, at.fill(sources)?) {
                (Some(of), Some(Value::String(at))) => of.get(&at).cloned(),
                _ => None,
            },
            Self::Only { of, keys } => match (of.fill(sources)?, keys.fill(sources)?) {
                (Some(Value::Object(mut of)), Some(Value::Array(keys))) => {
                    of.retain(|key, _| keys.iter().any(|wanted| wanted.as_str() == Some(key)));
                    Some(Value::Object(of))
                }
                _ => None,
            },
            Self::Decoded(text) => text.fill(sources)?.map(|value| match &value {
                Value::String(text) => match percent_decode_str(text).decode_utf8() {
                    Ok(Cow::Owned(decoded)) => Value::String(decoded),
                    Ok(Cow::Borrowed(_)) | Err(_) => value,
                },
                _ => value,
            }),
        })
    }

    /// Whether the value is one that JMESPath takes for true.
    pub(super) fn holds(&self, sources: &Sources) -> Result<bool, ExpressionError> {
        Ok(match self.fill(sources)? {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(elements)) => !elements.is_empty(),
            Some(Value::Object(entries)) => !entries.is_empty(),
            Some(Value::Bool(true) | Value::Number(_)) => true,
        })
    }
}

impl Each {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let fields = cursor.fields(&["each", "where", "give"])?;
        let optional = |key: &str| match fields.optional(key) {
            Some(cursor) => Form::read(cursor).map(Some),
            None => Some(None),
        };
        Some(Self {
            of: Form::read(fields.required("each")?)?,
            condition: optional("where")?,
            give: optional("give")?,
        })
    }

    /// The sources of each round: with `item`, where the condition holds.
    pub(super) fn rounds(&self, sources: &Sources) -> Result<Vec<Sources>, ExpressionError> {
        let Some(Value::Array(elements)) = self.of.fill(sources)? else { return Ok(Vec::new()) };
        let mut rounds = Vec::new();
        for element in elements {
            let inner = sources.with("item", element);
            let keep = self.condition.as_ref().map(|condition| condition.holds(&inner));
            if keep.transpose()?.unwrap_or(true) {
                rounds.push(inner);
            }
        }
        Ok(rounds)
    }
}

/// The entries that have a value.
pub(super) fn fill_all(
    entries: &[(String, Form)],
    sources: &Sources,
) -> Result<Map<String, Value>, ExpressionError> {
    let mut filled = Map::new();
    for (key, form) in entries {
        if let Some(value) = form.fill(sources)? {
            filled.insert(key.clone(), value);
        }
    }
    Ok(filled)
}

/// What expressions may ask for, by name: `input`, `before`, `answer` and so on.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources(Map<String, Value>);

impl Sources {
    /// The same and something more.
    pub(super) fn with(&self, name: &str, value: Value) -> Self {
        let mut sources = self.0.clone();
        sources.insert(name.to_owned(), value);
        Self(sources)
    }

    /// The same, with the entries of a map as sources of their own.
    pub(super) fn within(&self, entries: Map<String, Value>) -> Self {
        let mut sources = self.0.clone();
        sources.extend(entries);
        Self(sources)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn find(&self, expression: &Expression) -> Result<Option<Value>, ExpressionError> {
        let sources = ModelValue::from_json(&Value::Object(self.0.clone()));
        Ok(expression.evaluate(&sources)?.map(|found| found.to_json()))
    }
}

/// A value as it was written.
pub(super) fn plain(node: &Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(flag) => Value::Bool(*flag),
        NodeValue::Number(text) => text
            .parse::<i64>()
            .ok()
            .map(Number::from)
            .or_else(|| Number::from_f64(text.parse().ok()?))
            .map_or_else(|| Value::String(text.clone()), Value::Number),
        NodeValue::String(text) => Value::String(text.clone()),
        NodeValue::List(elements) => elements.iter().map(plain).collect(),
        NodeValue::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect()
        }
    }
}

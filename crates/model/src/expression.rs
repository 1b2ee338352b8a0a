//! Expressions that take a value out of another: paths, and JMESPath for the rest.
//!
//! Nearly all expressions in the published models are paths with an alternative at most (`NextMarker || Contents[-1].Key`).
//! They are read once and followed without copying. Only what is more than that goes through a JMESPath engine, by way of
//! JSON, where blobs and timestamps are text.

use std::borrow::Cow;

use crate::{Name, Value};

/// An expression that takes a value out of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: Name,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    // The first one that leads to something wins.
    Paths(Vec<Path>),
    // Compiled when evaluated: the engine's compiled form cannot be shared between threads.
    JmesPath,
}

/// An expression that cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the expression `{expression}` cannot be evaluated: {reason}")]
pub struct ExpressionError {
    /// The expression.
    pub expression: Name,
    /// What is wrong with it.
    pub reason: String,
}

impl Expression {
    /// Reads an expression. Whether it is valid JMESPath shows when it is evaluated.
    pub fn new(text: impl Into<Name>) -> Self {
        let text = text.into();
        let paths = text.split("||").map(|alternative| Path::parse(alternative.trim())).collect();
        let form = Option::map_or(paths, Form::JmesPath, Form::Paths);
        Self { text, form }
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the expression finds; nothing if it finds null.
    pub fn evaluate<'a>(
        &self,
        value: &'a Value,
    ) -> Result<Option<Cow<'a, Value>>, ExpressionError> {
        match &self.form {
            Form::Paths(paths) => {
                let mut found = paths.iter().filter_map(|path| path.follow(value));
                Ok(found.find(|found| !is_empty(found)).map(Cow::Borrowed))
            }
            Form::JmesPath => Ok(self.search(value)?.map(Cow::Owned)),
        }
    }

    fn search(&self, value: &Value) -> Result<Option<Value>, ExpressionError> {
        let failed = |reason: String| ExpressionError { expression: self.text.clone(), reason };
        let compiled = jmespath::compile(&self.text).map_err(|error| failed(error.to_string()))?;
        let found = compiled.search(value.to_json()).map_err(|error| failed(error.to_string()))?;
        let json = serde_json::to_value(&*found).map_err(|error| failed(error.to_string()))?;
        Ok(Some(Value::from_json(&json)).filter(|found| !found.is_null()))
    }
}

/// What `||` passes over, in JMESPath: null, false, and whatever is empty.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::List(elements) => elements.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// A path through members and list positions, such as `Contents[-1].Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(Name),
    // Counted from the end if negative.
    Position(i64),
}

impl Path {
    /// Reads a path; nothing if the text is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (member, positions) =
                part.split_once('[').map_or((part, None), |(m, p)| (m, Some(p)));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !member.bytes().all(plain) || (member.is_empty() && positions.is_none()) {
                return None;
            }
            if !member.is_empty() {
                steps.push(Step::Member(member.into()));
            }
            if let Some(positions) = positions {
                for position in positions.strip_suffix(']')?.split("][") {
                    steps.push(Step::Position(position.parse().ok()?));
                }
            }
        }
        Some(Self(steps))
    }

    /// What the path leads to.
    pub(crate) fn follow<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Position(position) => {
                let elements = value.as_list();
                let length = i64::try_from(elements.len()).ok()?;
                let position = if *position < 0 { length + position } else { *position };
                elements.get(usize::try_from(position).ok()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(expression: &str, value: &serde_json::Value, expected: &serde_json::Value) {
        let value = Value::from_json(value);
        let found = Expression::new(expression).evaluate(&value).unwrap();
        assert_eq!(found.map_or(json!(null), |found| found.to_json()), *expected, "{expression}");
    }

    #[test]
    fn a_path_is_followed_through_members_and_positions() {
        let value = json!({"List": {"Items": [{"Key": "a"}, {"Key": "b"}]}});
        check("List.Items[-1].Key", &value, &json!("b"));
        check("List.Items[0].Key", &value, &json!("a"));
        check("List.Items[2].Key", &value, &json!(null));
        check("List.Missing", &value, &json!(null));
    }

    #[test]
    fn an_alternative_is_taken_when_the_first_is_absent_or_empty() {
        let value = json!({"NextMarker": "", "Contents": [{"Key": "k"}]});
        check("NextMarker || Contents[-1].Key", &value, &json!("k"));
    }

    #[test]
    fn what_is_more_than_a_path_is_jmespath() {
        let value = json!({"Get": [{"T": "a"}, {"U": "b"}, {"T": "c"}], "Map": {"x": 1, "y": 2}});
        check("Get[*].T", &value, &json!(["a", "c"]));
        check("Get[*].[T, U][]", &value, &json!(["a", "b", "c"]));
        check("length(keys(Map))", &value, &json!(2));
    }

    #[test]
    fn a_malformed_expression_is_an_error_that_names_it() {
        let error = Expression::new("a[?").evaluate(&Value::object()).unwrap_err();
        assert!(error.to_string().contains("`a[?`"), "{error}");
    }
}

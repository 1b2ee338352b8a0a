//! `{ $.status >= 400 && $.path = "/api/*" }`: conditions on log events that are JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    FilterPatternError,
    comparison::{Comparison, Joined, Question, Reader, tokens},
};
use crate::path::JsonPath;

#[derive(Debug, Clone)]
pub(super) struct JsonCondition {
    condition: Joined,
    paths: BTreeMap<String, JsonPath>,
}

impl JsonCondition {
    pub(super) fn parse(text: &str) -> Result<Self, FilterPatternError> {
        let condition = Reader::new(tokens(text)?, |word| word.starts_with('$')).whole()?;
        let mut selectors = Vec::new();
        condition.selectors(&mut selectors);
        let mut paths = BTreeMap::new();
        for selector in selectors {
            let path = JsonPath::parse(selector)
                .map_err(|error| FilterPatternError::new(error.to_string()))?;
            paths.insert(selector.to_owned(), path);
        }
        Ok(Self { condition, paths })
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        read(message).is_some_and(|json| self.holds(&json))
    }

    pub(super) fn extract(&self, message: &str) -> Option<BTreeMap<String, String>> {
        let json = read(message).filter(|json| self.holds(json))?;
        let named = self.paths.iter().filter_map(|(selector, path)| {
            Some((selector.clone(), path.all(&json).first().map(|value| text(value))?))
        });
        Some(named.collect())
    }

    fn holds(&self, json: &Value) -> bool {
        self.condition.holds(&|comparison: &Comparison| {
            let found = self.paths.get(&comparison.selector).map(|path| path.all(json));
            let found = found.unwrap_or_default();
            match comparison.question {
                Question::NotExists => found.is_empty(),
                Question::IsNull => found.iter().any(|value| value.is_null()),
                Question::IsTrue => found.iter().any(|value| **value == Value::Bool(true)),
                Question::IsFalse => found.iter().any(|value| **value == Value::Bool(false)),
                Question::Compare(..) => found
                    .iter()
                    .filter(|value| value.is_string() || value.is_number() || value.is_boolean())
                    .any(|value| comparison.question.accepts(&text(value))),
            }
        })
    }
}

/// What a selector finds in a message that is JSON.
pub(super) fn value_of(message: &str, selector: &str) -> Option<String> {
    let path = JsonPath::parse(selector).ok()?;
    let json = read(message)?;
    path.all(&json).first().map(|value| text(value))
}

fn read(message: &str) -> Option<Value> {
    message.trim_start().starts_with('{').then(|| serde_json::from_str(message).ok())?
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

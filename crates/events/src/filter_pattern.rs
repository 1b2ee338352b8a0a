//! CloudWatch Logs filter patterns: which log events a metric filter, a subscription or a search wants.
//!
//! Three forms, told apart by how they begin: `{…}` looks into JSON, `[…]` into fields between spaces, anything else is
//! terms that occur in the text.

mod comparison;
mod condition;
mod fields;
mod terms;

use std::collections::BTreeMap;

use condition::JsonCondition;
use fields::FieldsPattern;
use terms::Terms;

/// A compiled filter pattern.
#[derive(Debug, Clone)]
pub struct FilterPattern {
    form: Form,
}

/// Why a text is not a filter pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter pattern: {reason}")]
pub struct FilterPatternError {
    reason: String,
}

impl FilterPatternError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

#[derive(Debug, Clone)]
enum Form {
    Terms(Terms),
    Json(JsonCondition),
    Fields(FieldsPattern),
}

impl FilterPattern {
    /// Compiles a pattern. The empty one matches everything.
    pub fn parse(text: &str) -> Result<Self, FilterPatternError> {
        let text = text.trim();
        let form = if let Some(rest) = text.strip_prefix('{') {
            let inside = rest.strip_suffix('}');
            Form::Json(JsonCondition::parse(
                inside.ok_or_else(|| FilterPatternError::new("`{` without `}`"))?,
            )?)
        } else if let Some(rest) = text.strip_prefix('[') {
            let inside = rest.strip_suffix(']');
            Form::Fields(FieldsPattern::parse(
                inside.ok_or_else(|| FilterPatternError::new("`[` without `]`"))?,
            )?)
        } else {
            Form::Terms(Terms::parse(text)?)
        };
        Ok(Self { form })
    }

    /// Whether a message matches.
    pub fn matches(&self, message: &str) -> bool {
        match &self.form {
            Form::Terms(terms) => terms.matches(message),
            Form::Json(condition) => condition.matches(message),
            Form::Fields(fields) => fields.matches(message),
        }
    }

    /// What the pattern names in a message that matches: `$.status` of JSON, `$status` of fields.
    pub fn extract(&self, message: &str) -> Option<BTreeMap<String, String>> {
        match &self.form {
            Form::Terms(terms) => terms.matches(message).then(BTreeMap::new),
            Form::Json(condition) => condition.extract(message),
            Form::Fields(fields) => fields.extract(message),
        }
    }

    /// What a selector (`$.bytes`, `$bytes`) finds in a message, for the value of a metric.
    pub fn value_of(&self, message: &str, selector: &str) -> Option<String> {
        match &self.form {
            Form::Fields(_) => self.extract(message)?.remove(selector),
            _ => condition::value_of(message, selector),
        }
    }
}

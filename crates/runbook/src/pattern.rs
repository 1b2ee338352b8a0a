//! Regular expressions of documents: written for the service's engine, which looks around and behind.

use std::{fmt, str::FromStr};

/// What a compiled expression may take, in bytes: `[\w._-]{1,255}` takes some millions.
const SIZE_LIMIT: usize = 64 << 20;

/// A regular expression that a text must match, anywhere in it unless it is anchored.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    expression: fancy_regex::Regex,
}

/// A text that is no regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no regular expression: {reason}")]
pub struct PatternError {
    /// The text.
    pub text: String,
    /// Why.
    pub reason: String,
}

impl Pattern {
    /// Whether a text matches. One that takes the engine too long does not.
    pub fn matches(&self, text: &str) -> bool {
        self.expression.is_match(text).unwrap_or(false)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let expression = fancy_regex::RegexBuilder::new(text)
            .delegate_size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| PatternError { text: text.to_owned(), reason: error.to_string() })?;
        Ok(Self { text: text.to_owned(), expression })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

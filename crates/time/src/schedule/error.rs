//! What is wrong with a schedule expression.

use std::fmt;

/// A schedule expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleError {
    field: &'static str,
    text: String,
    reason: &'static str,
}

impl ScheduleError {
    pub(super) fn new(field: &'static str, text: &str, reason: &'static str) -> Self {
        Self { field, text: text.to_owned(), reason }
    }

    /// The field that is wrong: `minutes`, `day-of-week`, `rate unit`, …
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "invalid {} `{}`: {}", self.field, self.text, self.reason)
    }
}

impl std::error::Error for ScheduleError {}

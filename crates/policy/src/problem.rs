//! What is wrong with a policy document, in AWS's words and with its place.

use reeve_document::Position;

/// Why a document is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyProblem {
    /// What AWS says: the message of `MalformedPolicyDocument`.
    pub message: String,
    /// Where in the text.
    pub position: Position,
    /// The path of the element, such as `Statement[0].Condition.Bool`; empty for the whole document.
    pub path: String,
}

impl PolicyProblem {
    pub(crate) fn new(message: impl Into<String>, position: Position, path: &str) -> Self {
        Self { message: message.into(), position, path: path.to_owned() }
    }

    /// What AWS says about whatever its grammar does not know.
    pub(crate) fn syntax(position: Position, path: &str) -> Self {
        Self::new("Syntax errors in policy.", position, path)
    }

    /// The message with the place it is about, for people.
    pub fn with_place(&self) -> String {
        let Self { message, position, path } = self;
        if path.is_empty() {
            return format!("{position}: {message}");
        }
        format!("{position}: {path}: {message}")
    }
}

//! Event patterns: which events a rule wants.
//!
//! A pattern has the shape of the events it matches, with an array of accepted values at each leaf. It is compiled into a
//! tree of tests and walked beside the event, so that matching allocates nothing.

mod cidr;
mod parse;
mod test;
mod wildcard;

use serde_json::Value;

use test::Test;

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    root: Node,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PatternError {
    reason: String,
}

impl PatternError {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What the members of an object must be.
#[derive(Debug, Clone, PartialEq, Default)]
struct Node {
    members: Vec<(String, Member)>,
    /// Of each of these lists one must match.
    choices: Vec<Vec<Node>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Member {
    /// An object with members of its own.
    Inside(Node),
    /// A value that passes one of these tests.
    OneOf(Vec<Test>),
}

impl Pattern {
    /// Compiles a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let json = serde_json::from_str(text)
            .map_err(|error| PatternError::new(format!("Invalid JSON: {error}")))?;
        Self::from_json(&json)
    }

    /// Compiles a pattern that is JSON already.
    pub fn from_json(pattern: &Value) -> Result<Self, PatternError> {
        Ok(Self { root: parse::root(pattern)? })
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &Value) -> bool {
        self.root.matches(Some(event))
    }

    /// The texts of which a member at the top must be one, if the pattern says so; for finding rules by their source.
    pub fn required_texts(&self, member: &str) -> Option<Vec<&str>> {
        let (_, wanted) = self.root.members.iter().find(|(name, _)| name == member)?;
        match wanted {
            Member::OneOf(tests) => tests
                .iter()
                .map(|test| match test {
                    Test::Equals(Value::String(text)) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            Member::Inside(_) => None,
        }
    }
}

impl Node {
    /// Whether a value has these members. Nothing has no members, which is what `exists: false` asks for.
    fn matches(&self, value: Option<&Value>) -> bool {
        match value {
            Some(Value::Array(elements)) if !elements.is_empty() => {
                elements.iter().any(|element| self.matches(Some(element)))
            }
            _ => self.matches_object(value),
        }
    }

    fn matches_object(&self, value: Option<&Value>) -> bool {
        let members = self.members.iter().all(|(name, wanted)| {
            let found = value.and_then(|value| value.get(name));
            match wanted {
                Member::Inside(node) => node.matches(found),
                Member::OneOf(tests) => tests.iter().any(|test| test.passes(found)),
            }
        });
        members && self.choices.iter().all(|choice| choice.iter().any(|node| node.matches(value)))
    }
}

//! Who did something.

use std::{fmt, str::FromStr};

/// Who decided or did something: a person by name, or Reeve itself.
///
/// Written as `person:ana` and `reeve`, in the ledger and in the session names that AWS records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Reeve, acting within the authority that the estate gives it.
    Reeve,
    /// A person, by the name they are known under.
    Person(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reeve => formatter.write_str("reeve"),
            Self::Person(name) => write!(formatter, "person:{name}"),
        }
    }
}

impl FromStr for Actor {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix("person:") {
            Some(name) => Self::Person(name.to_owned()),
            None if text == "reeve" => Self::Reeve,
            None => Self::Person(text.to_owned()),
        })
    }
}

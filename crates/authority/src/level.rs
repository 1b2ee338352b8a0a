//! How far Reeve may go.

use std::{fmt, str::FromStr};

/// How far Reeve may go; each level includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Report only.
    #[default]
    Observe,
    /// Make a plan that waits for approval.
    Propose,
    /// Apply a plan at once, within windows and limits.
    Act,
}

/// A text that is not a level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a level of authority: expected `observe`, `propose` or `act`")]
pub struct ParseLevelError {
    text: String,
}

impl Level {
    /// Every level, the least first.
    pub const ALL: [Self; 3] = [Self::Observe, Self::Propose, Self::Act];

    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Propose => "propose",
            Self::Act => "act",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| ParseLevelError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_includes_the_ones_before_it() {
        assert!(Level::Observe < Level::Propose && Level::Propose < Level::Act);
    }

    #[test]
    fn a_level_is_read_as_it_is_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for wrong in ["", "Act", "apply"] {
            assert!(wrong.parse::<Level>().is_err(), "{wrong}");
        }
    }
}

//! What the estate says about the Tagger: the prefix of the tags that belong to it.

use std::{fmt, str::FromStr};

/// The prefix that AMS uses, and the default.
pub const DEFAULT_PREFIX: &str = "ams:rt:";

/// How long a prefix may be, so that room is left for the rest of a key.
const MAXIMUM_PREFIX: usize = 64;

/// How the Tagger is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What the keys of the Tagger's own tags begin with.
    pub prefix: TagPrefix,
}

/// What the keys of the Tagger's own tags begin with.
///
/// Every tag with such a key belongs to the Tagger, so a prefix ends in a separator (`team:` would otherwise own
/// `teamwork`, and an empty one everything) and never reaches into `aws:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPrefix(String);

/// A text that cannot be the prefix of the Tagger's tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be the prefix of tag keys: {reason}")]
pub struct ParseTagPrefixError {
    text: String,
    reason: &'static str,
}

impl TagPrefix {
    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a tag with `key` belongs to the Tagger.
    pub fn owns(&self, key: &str) -> bool {
        key.starts_with(&self.0)
    }

    /// The key with the prefix before it.
    pub(crate) fn join(&self, stem: &str) -> String {
        format!("{}{stem}", self.0)
    }

    /// What follows the prefix in a key of a profile.
    ///
    /// In a profile the default prefix stands for the one in use, so that an AMS profile works unchanged under any.
    pub(crate) fn stem<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_prefix(&self.0).or_else(|| key.strip_prefix(DEFAULT_PREFIX))
    }
}

impl Default for TagPrefix {
    fn default() -> Self {
        Self(DEFAULT_PREFIX.to_owned())
    }
}

impl FromStr for TagPrefix {
    type Err = ParseTagPrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let reason = if text.is_empty() {
            "it is empty, and every tag would belong to the Tagger"
        } else if text.chars().count() > MAXIMUM_PREFIX {
            "it is longer than 64 characters"
        } else if text.to_ascii_lowercase().starts_with("aws:") {
            "keys that begin with `aws:` belong to AWS"
        } else if !text.chars().all(is_tag_character) {
            "only letters, digits, spaces and `+ - = . _ : / @` are allowed"
        } else if text.ends_with(|last: char| last.is_alphanumeric() || last.is_whitespace()) {
            "it must end in a separator, as in `ams:rt:`"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(ParseTagPrefixError { text: text.to_owned(), reason })
    }
}

impl fmt::Display for TagPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Whether every service takes this character in a tag's key or value.
pub(crate) fn is_tag_character(character: char) -> bool {
    let is_space = character.is_whitespace() && !character.is_control();
    character.is_alphanumeric() || is_space || "+-=._:/@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_would_own_too_much_is_refused() {
        for right in ["ams:rt:", "reeve:", "acme/", "x-"] {
            assert!(right.parse::<TagPrefix>().is_ok(), "{right}");
        }
        let long = "a".repeat(64) + ":";
        for wrong in ["", "team", "team ", "aws:", "AWS:rt:", "a*:", "tab\t:", long.as_str()] {
            assert!(wrong.parse::<TagPrefix>().is_err(), "{wrong}");
        }
    }
}

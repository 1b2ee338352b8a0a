//! AWS Region names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Partition;

/// The name of an AWS Region, such as `eu-central-1`, or of a partition's global pseudo-Region, such as `aws-global`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

/// A text that cannot be the name of a Region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not the name of an AWS Region: expected lower-case words joined by `-`, as in `eu-central-1`"
)]
pub struct ParseRegionError {
    text: String,
}

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the Region is in.
    pub fn partition(&self) -> Partition {
        Partition::of(self)
    }
}

impl TryFrom<String> for Region {
    type Error = ParseRegionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(value: Region) -> Self {
        value.0
    }
}

impl FromStr for Region {
    type Err = ParseRegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words: Vec<&str> = text.split('-').collect();
        let word = |word: &&str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if words.len() >= 2 && words.iter().all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseRegionError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_lower_case_words_joined_by_hyphens() {
        for right in ["eu-central-1", "us-gov-west-1", "us-iso-east-1", "aws-global"] {
            assert_eq!(right.parse::<Region>().unwrap().as_str(), right);
        }
        for wrong in ["", "euwest", "EU-west-1", "eu--west-1", "eu-west-1 ", "eu_west_1"] {
            assert!(wrong.parse::<Region>().is_err(), "{wrong}");
        }
    }
}

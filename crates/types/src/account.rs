//! AWS account ids.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A twelve-digit AWS account id, such as `111122223333`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// A text that is not an account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an AWS account id: expected twelve digits")]
pub struct ParseAccountIdError {
    text: String,
}

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = ParseAccountIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(value: AccountId) -> Self {
        value.0
    }
}

impl FromStr for AccountId {
    type Err = ParseAccountIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseAccountIdError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_nothing_else() {
        assert_eq!("111122223333".parse::<AccountId>().unwrap().as_str(), "111122223333");
        for wrong in
            ["", "11112222333", "1111222233334", "11112222333a", "１１１１２２２２３３３３"]
        {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
    }
}

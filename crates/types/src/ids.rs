//! Typed ids with a visible prefix, so that a log line says what it is about.
//!
//! The text after the prefix is a `UUIDv7` in lower-case Crockford base 32 without its ambiguous letters: 26 characters
//! that sort by time of creation. Where ids come from is `reeve_time::IdGenerator`'s business.

use std::{fmt, str::FromStr};

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}_…`")]
pub struct ParseIdError {
    text: String,
    prefix: &'static str,
}

fn encode(id: Uuid) -> String {
    let mut bits = id.as_u128();
    let mut text = [b'0'; LENGTH];
    for place in text.iter_mut().rev() {
        let digit = usize::try_from(bits & 31).unwrap_or_default();
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != LENGTH {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = bits.checked_mul(32)?.checked_add(u128::try_from(digit).ok()?)?;
    }
    Some(Uuid::from_u128(bits))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix that shows what the id is of.
            pub const PREFIX: &'static str = $prefix;

            /// Gives a UUID its kind.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, for those who know no other form.
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&format!("{}_{}", $prefix, encode(self.0)))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| ParseIdError { text: text.to_owned(), prefix: $prefix })
            }
        }
    )+};
}

ids! {
    /// A plan.
    PlanId => "plan",
    /// One run of a controller over the estate.
    RunId => "run",
    /// One execution of a runbook.
    ExecutionId => "exec",
    /// One request to the HTTP API.
    RequestId => "req",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_survives_being_written_and_read(bits: u128) {
            let id = PlanId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<PlanId>().unwrap(), id);
        }

        #[test]
        fn ids_sort_as_their_texts_do(left: u128, right: u128) {
            let (left, right) =
                (PlanId::from_uuid(Uuid::from_u128(left)), PlanId::from_uuid(Uuid::from_u128(right)));
            prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let run = RunId::from_uuid(Uuid::from_u128(7)).to_string();
        assert!(run.parse::<PlanId>().is_err());
        assert!("plan_".parse::<PlanId>().is_err());
        assert!("plan_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<PlanId>().is_err(), "overflows");
    }
}

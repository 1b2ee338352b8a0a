//! Values of conditions, and comparing the request's with them.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil};

use super::operator::Comparison;
use crate::{
    context::Context,
    pattern::{Pattern, Token, matches_tokens},
    variable::{Piece, pieces, resolve, resolve_text},
};

/// What a policy compares with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Comparand {
    Text(Box<str>),
    /// A text with policy variables.
    Variable(Box<[Piece]>),
    Like(Pattern),
    /// The six parts of an ARN, or fewer.
    Arn(Box<[Pattern]>),
    /// An ARN with policy variables.
    ArnVariable(Box<[Piece]>),
    Number(f64),
    Time(Timestamp),
    Truth(bool),
    Bytes(Box<[u8]>),
    Network(IpAddr, u8),
}

impl Comparand {
    /// Reads a value for a comparison; nothing if it is of no such form.
    pub(crate) fn read(comparison: Comparison, text: &str, has_variables: bool) -> Option<Self> {
        let is_variable = has_variables && text.contains("${");
        Some(match comparison {
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase if is_variable => {
                Self::Variable(pieces(text).into())
            }
            Comparison::StringEquals | Comparison::StringEqualsIgnoreCase => {
                Self::Text(text.into())
            }
            Comparison::StringLike => Self::Like(Pattern::new(text, has_variables)),
            Comparison::Arn if is_variable => Self::ArnVariable(pieces(text).into()),
            Comparison::Arn => {
                Self::Arn(text.splitn(6, ':').map(|part| Pattern::new(part, false)).collect())
            }
            Comparison::Numeric(_) => Self::Number(text.trim().parse().ok()?),
            Comparison::Date(_) => Self::Time(time(text)?),
            Comparison::Bool | Comparison::Null => Self::Truth(truth(text)?),
            Comparison::Binary => Self::Bytes(STANDARD.decode(text).ok()?.into()),
            Comparison::IpAddress => {
                let (address, bits) = network(text)?;
                Self::Network(address, bits)
            }
        })
    }

    /// Whether the request's value is as this one says.
    pub(crate) fn fits(&self, comparison: Comparison, value: &str, context: &dyn Context) -> bool {
        let ignores_case = comparison == Comparison::StringEqualsIgnoreCase;
        match self {
            Self::Text(wanted) if ignores_case => wanted.eq_ignore_ascii_case(value),
            Self::Text(wanted) => **wanted == *value,
            Self::Variable(pieces) => resolve_text(pieces, context).is_some_and(|wanted| {
                wanted == value || (ignores_case && wanted.eq_ignore_ascii_case(value))
            }),
            Self::Like(pattern) => pattern.matches(value, context),
            Self::Arn(parts) => fits_arn(parts, value, context),
            Self::ArnVariable(pieces) => {
                resolve(pieces, context).is_some_and(|tokens| fits_resolved_arn(&tokens, value))
            }
            Self::Number(wanted) => match comparison {
                Comparison::Numeric(order) => {
                    value.trim().parse().is_ok_and(|found: f64| order.holds(&found, wanted))
                }
                _ => false,
            },
            Self::Time(wanted) => match comparison {
                Comparison::Date(order) => {
                    time(value).is_some_and(|found| order.holds(&found, wanted))
                }
                _ => false,
            },
            Self::Truth(wanted) => truth(value) == Some(*wanted),
            Self::Bytes(wanted) => {
                STANDARD.decode(value).is_ok_and(|found| found.as_slice() == &**wanted)
            }
            Self::Network(address, bits) => {
                value.parse().is_ok_and(|found| is_within(found, *address, *bits))
            }
        }
    }
}

/// Each part is compared by itself: a star does not reach past a colon, but for the last part.
fn fits_arn(parts: &[Pattern], value: &str, context: &dyn Context) -> bool {
    if let [Pattern::Any] = parts {
        return true;
    }
    let mut found = value.splitn(6, ':');
    let all =
        parts.iter().all(|part| found.next().is_some_and(|found| part.matches(found, context)));
    all && found.next().is_none()
}

fn fits_resolved_arn(tokens: &[Token], value: &str) -> bool {
    let mut parts = tokens.splitn(6, |token| *token == Token::Letter(':'));
    let mut found = value.splitn(6, ':');
    let all = parts.by_ref().all(|part| {
        found.next().is_some_and(|text| matches_tokens(part, &text.chars().collect::<Vec<_>>()))
    });
    all && found.next().is_none()
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An instant in the forms of W3C's ISO 8601 profile, or in seconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    if let Ok(date) = text.parse::<civil::Date>() {
        return date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some((address, bits))
}

fn is_within(found: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (found, network) {
        (IpAddr::V4(found), IpAddr::V4(network)) => {
            let differs = u32::from(found) ^ u32::from(network);
            differs.checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V6(found), IpAddr::V6(network)) => {
            let differs = u128::from(found) ^ u128::from(network);
            differs.checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

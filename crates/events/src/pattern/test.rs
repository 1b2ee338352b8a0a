//! One test of one value.

use std::net::IpAddr;

use serde_json::Value;

use super::{cidr::Cidr, wildcard::Wildcard};

/// What one element of a pattern's array asks of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Equals(Value),
    EqualsIgnoreCase(String),
    Prefix(String, Case),
    Suffix(String, Case),
    Wildcard(Wildcard),
    Numeric(Range),
    Exists(bool),
    Cidr(Cidr),
    /// Anything that passes none of these tests.
    AnythingBut(Vec<Test>),
}

/// Whether capitals differ from small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Ignored,
}

/// Numbers between two ends, either of which may be missing or excluded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) bottom: Option<(f64, bool)>,
    pub(super) top: Option<(f64, bool)>,
}

impl Range {
    fn contains(&self, number: f64) -> bool {
        let above = self
            .bottom
            .is_none_or(|(end, included)| number > end || (included && same_number(number, end)));
        let below = self
            .top
            .is_none_or(|(end, included)| number < end || (included && same_number(number, end)));
        above && below
    }
}

/// Numbers are compared with six digits after the point.
fn same_number(one: f64, two: f64) -> bool {
    (one - two).abs() < 0.000_000_5
}

impl Test {
    /// Whether a value, or one of the values of an array, passes. An object has no value of its own.
    pub(super) fn passes(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Exists(wanted) => has_value(found) == *wanted,
            _ => match found {
                None | Some(Value::Object(_)) => false,
                Some(Value::Array(elements)) => {
                    elements.iter().any(|element| self.passes(Some(element)))
                }
                Some(scalar) => self.accepts(scalar),
            },
        }
    }

    fn accepts(&self, scalar: &Value) -> bool {
        match self {
            Self::Equals(wanted) => equal(wanted, scalar),
            Self::Numeric(range) => scalar.as_f64().is_some_and(|number| range.contains(number)),
            Self::AnythingBut(tests) => !tests.iter().any(|test| test.accepts(scalar)),
            Self::Exists(_) => false,
            _ => scalar.as_str().is_some_and(|text| self.accepts_text(text)),
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::EqualsIgnoreCase(wanted) => same_letters(wanted, text),
            Self::Prefix(wanted, Case::Sensitive) => text.starts_with(wanted),
            Self::Suffix(wanted, Case::Sensitive) => text.ends_with(wanted),
            Self::Prefix(wanted, Case::Ignored) => {
                text.to_lowercase().starts_with(&wanted.to_lowercase())
            }
            Self::Suffix(wanted, Case::Ignored) => {
                text.to_lowercase().ends_with(&wanted.to_lowercase())
            }
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Cidr(block) => text.parse::<IpAddr>().is_ok_and(|ip| block.contains(ip)),
            _ => false,
        }
    }
}

fn same_letters(one: &str, two: &str) -> bool {
    one.eq_ignore_ascii_case(two) || one.to_lowercase() == two.to_lowercase()
}

/// 300 and 300.0 are one number; an account number beyond the range of numeric matching is still itself.
fn equal(wanted: &Value, found: &Value) -> bool {
    match (wanted.as_f64(), found.as_f64()) {
        (Some(one), Some(two)) => wanted == found || same_number(one, two),
        _ => wanted == found,
    }
}

fn has_value(found: Option<&Value>) -> bool {
    match found {
        None | Some(Value::Object(_)) => false,
        Some(Value::Array(elements)) => elements.iter().any(|element| has_value(Some(element))),
        Some(_) => true,
    }
}

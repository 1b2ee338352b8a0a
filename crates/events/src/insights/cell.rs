//! The values of a query: texts, numbers, truths, or nothing.

use std::cmp::Ordering;

use jiff::Timestamp;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Absent,
    Text(String),
    Number(f64),
    Bool(bool),
    /// Milliseconds since 1970, shown as a date.
    Instant(i64),
}

impl Cell {
    /// As it is shown; nothing if absent.
    pub(super) fn show(&self) -> Option<String> {
        Some(match self {
            Self::Absent => return None,
            Self::Text(text) => text.clone(),
            Self::Number(number) => number_text(*number),
            Self::Bool(truth) => if *truth { "1" } else { "0" }.to_owned(),
            Self::Instant(milliseconds) => instant_text(*milliseconds),
        })
    }

    /// As text, empty if absent.
    pub(super) fn text(&self) -> String {
        self.show().unwrap_or_default()
    }

    /// As a number, also if it is a text that is one.
    #[expect(clippy::cast_precision_loss, reason = "instants are far below 2^53")]
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::Instant(milliseconds) => Some(*milliseconds as f64),
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            Self::Absent => None,
        }
    }

    /// Whether a filter lets it pass.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(truth) => *truth,
            Self::Number(number) => *number != 0.0,
            _ => false,
        }
    }

    /// Numbers by size, everything else by its text, nothing first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Absent, Self::Absent) => Ordering::Equal,
            (Self::Absent, _) => Ordering::Less,
            (_, Self::Absent) => Ordering::Greater,
            _ => match (self.number(), other.number()) {
                (Some(one), Some(two)) => one.total_cmp(&two),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => self.text().cmp(&other.text()),
            },
        }
    }

    /// Whether both are the same number or the same text; nothing equals nothing else.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(one), Some(two)) => (one - two).abs() < f64::EPSILON,
            _ => *self != Self::Absent && self.show() == other.show(),
        }
    }
}

impl From<&serde_json::Value> for Cell {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Absent,
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Number(number) => number.as_f64().map_or(Self::Absent, Self::Number),
            other => Self::Text(other.to_string()),
        }
    }
}

/// Whole numbers without a point, others with four digits behind it at most.
fn number_text(number: f64) -> String {
    let rounded = format!("{number:.4}");
    match rounded.trim_end_matches('0').trim_end_matches('.') {
        "" | "-0" => "0".to_owned(),
        short => short.to_owned(),
    }
}

/// `2026-03-01 09:00:00.000`
pub(super) fn instant_text(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map(|instant| instant.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string())
        .unwrap_or_default()
}

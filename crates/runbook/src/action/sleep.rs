//! `aws:sleep`: nothing for a while, or until a time.

use jiff::{Span, SpanRelativeTo, Timestamp};
use serde_json::json;

use super::{Action, InputDefinition, Move, Situation};
use crate::data_type::DataType;

/// The longest sleep: a second less than seven days.
const LONGEST_SECONDS: i64 = 604_799;

pub(super) static ACTION: Action = Action {
    name: "aws:sleep",
    inputs: &[
        InputDefinition::optional("Duration", DataType::String),
        InputDefinition::optional("Timestamp", DataType::String),
    ],
    may_follow_cancel: false,
    proceed,
    ..Action::ORDINARY
};

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.phase == "slept" {
        return Move::Done(json!({}));
    }
    match until(situation) {
        Ok(until) if until <= situation.now => Move::Done(json!({})),
        Ok(until) => {
            let notes = situation.notes.clone();
            Move::Wait { until: Some(until), signals: &[], then: "slept", notes }
        }
        Err(reason) => Move::failed("InvalidInput", reason),
    }
}

/// When the sleep ends.
fn until(situation: &Situation<'_>) -> Result<Timestamp, String> {
    match (situation.text("Duration"), situation.text("Timestamp")) {
        (Some(duration), None) => {
            let seconds = seconds(&duration)?;
            if seconds > LONGEST_SECONDS {
                return Err(format!("`{duration}` is longer than {LONGEST_SECONDS} seconds"));
            }
            Ok(situation.began + jiff::SignedDuration::from_secs(seconds))
        }
        (None, Some(time)) => {
            time.parse().map_err(|_| format!("`{time}` is no time such as `2026-01-01T01:00:00Z`"))
        }
        (Some(_), Some(_)) => Err("give either `Duration` or `Timestamp`, not both".to_owned()),
        (None, None) => Err("`Duration` or `Timestamp` is missing".to_owned()),
    }
}

/// The seconds of an ISO 8601 duration.
pub(crate) fn seconds(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no ISO 8601 duration such as `PT10M`");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_negative() {
        return Err(format!("`{text}` is before now"));
    }
    Ok(duration.as_secs())
}

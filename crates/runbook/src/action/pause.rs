//! `aws:pause`: nothing until somebody says so.

use serde_json::json;

use super::{Action, Move, Situation};
use crate::signal::SignalKind;

pub(super) static ACTION: Action = Action {
    name: "aws:pause",
    timeout_seconds: Some(604_800),
    may_follow_cancel: false,
    proceed,
    ..Action::ORDINARY
};

fn proceed(situation: &Situation<'_>) -> Move {
    if situation.signals.iter().any(|signal| signal.kind == SignalKind::Resume) {
        return Move::Done(json!({}));
    }
    let notes = situation.notes.clone();
    Move::Wait { until: None, signals: &[SignalKind::Resume], then: "resumed", notes }
}

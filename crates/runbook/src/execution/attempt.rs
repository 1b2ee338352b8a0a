//! One try of one step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Decision;
use crate::{
    action::{Action, Move, Situation},
    effect::{Effect, EffectError},
    signal::{Signal, SignalKind},
};

/// One try of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) step: String,
    /// Which try, from 1.
    pub(super) number: u32,
    /// When it began.
    pub(super) began: Timestamp,
    /// When it has taken too long.
    pub(super) deadline: Option<Timestamp>,
    pub(super) inputs: Map<String, Value>,
    /// A text that no other try of any execution has.
    pub(super) token: String,
    pub(super) phase: String,
    pub(super) notes: Map<String, Value>,
    pub(super) answer: Option<Result<Value, EffectError>>,
    pub(super) signals: Vec<Signal>,
    pub(super) pending: Pending,
}

/// What a try waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Pending {
    /// Its action decides.
    Nothing,
    /// An effect.
    Effect { effect: Effect, number: u64 },
    /// A time, or somebody's word.
    Time { until: Option<Timestamp>, signals: Vec<SignalKind> },
}

impl Attempt {
    /// What is wanted.
    pub(super) fn decision(&self, token: impl Fn(u64) -> String) -> Decision {
        match &self.pending {
            Pending::Nothing => Decision::Wait { until: Some(self.began), signals: Vec::new() },
            Pending::Effect { effect, number } => Decision::Perform {
                effect: effect.clone(),
                number: *number,
                token: token(*number),
                deadline: self.deadline,
            },
            Pending::Time { until, signals } => Decision::Wait {
                until: [*until, self.deadline].into_iter().flatten().min(),
                signals: signals.clone(),
            },
        }
    }

    /// Asks the action what is next.
    pub(super) fn proceed(&self, action: &Action, now: Timestamp) -> Move {
        (action.proceed)(&Situation {
            inputs: &self.inputs,
            phase: &self.phase,
            answer: self.answer.as_ref(),
            notes: &self.notes,
            signals: &self.signals,
            now,
            began: self.began,
            token: &self.token,
        })
    }

    /// Whether it waits, and for nothing that is on its way.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.pending, Pending::Time { .. })
    }

    /// Whether it has taken too long.
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }
}

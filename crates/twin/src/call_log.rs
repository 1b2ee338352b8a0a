//! The calls that were served, so that people and tests can see what a client really did.

use std::collections::VecDeque;

use jiff::Timestamp;
use reeve_model::Value;
use reeve_types::{AccountId, Region};

use crate::call::Answer;

const MOST_CALLS: usize = 100_000;
const LONGEST_SUMMARY: usize = 400;

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// It was performed and answered.
    Succeeded,
    /// It was refused, with this error code.
    Failed(String),
    /// The connection was cut before it was performed.
    DroppedBefore,
    /// It was performed and the response was lost.
    DroppedAfter,
    /// It was performed and the response could not be read.
    Garbled,
}

impl CallOutcome {
    /// Whether the call was performed, whatever its caller came to know.
    pub fn performed(&self) -> bool {
        matches!(self, Self::Succeeded | Self::DroppedAfter | Self::Garbled)
    }
}

/// One call that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedCall {
    /// Its number, from one.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// The account it was made in.
    pub account: AccountId,
    /// The Region it was made in.
    pub region: Region,
    /// The service, by its model's name.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The ARN of the caller: for a role, its session's.
    pub caller: String,
    /// The source identity that the caller's session was begun with.
    pub source_identity: Option<String>,
    /// Its input as JSON, cut short if long unless whole calls are kept.
    pub input: String,
    /// Its output as JSON, or its error; only if whole calls are kept.
    pub answer: Option<String>,
    /// What came of it.
    pub outcome: CallOutcome,
}

impl ServedCall {
    /// Whether the operation changes something, going by its name.
    pub fn is_change(&self) -> bool {
        !["Describe", "List", "Get", "Head", "AssumeRole"]
            .iter()
            .any(|reading| self.operation.starts_with(reading))
    }
}

/// The last calls served.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    served: u64,
    calls: VecDeque<ServedCall>,
    /// Whether inputs are kept whole, and answers at all.
    pub(crate) keeps_whole: bool,
}

impl CallLog {
    /// Enters a call; its number is given here. The oldest, if there is no more room for it.
    pub(crate) fn enter(&mut self, mut call: ServedCall) -> Option<ServedCall> {
        self.served += 1;
        call.number = self.served;
        let oldest = if self.calls.len() == MOST_CALLS { self.calls.pop_front() } else { None };
        self.calls.push_back(call);
        oldest
    }

    /// The calls, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &ServedCall> + ExactSizeIterator {
        self.calls.iter()
    }

    /// How many calls were served ever.
    pub(crate) fn served(&self) -> u64 {
        self.served
    }

    /// Forgets every call.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// A call's answer.
pub(crate) fn answered(answer: &Answer) -> String {
    match answer {
        Ok(output) => output.to_json().to_string(),
        Err(failure) => format!("{}: {}", failure.code, failure.message),
    }
}

/// A call's input in short.
pub(crate) fn summary(input: &Value) -> String {
    let mut text = input.to_json().to_string();
    if text.len() > LONGEST_SUMMARY {
        let end = (0..=LONGEST_SUMMARY).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

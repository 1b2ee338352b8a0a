//! Whether what an execution left is still there, so that its undo takes nothing away from somebody else.
//!
//! What can be read of a thing has much in it that changes by itself. What matters is what the inverse would restore. So the
//! inverse is worked out three times: from what was there before, from what was there right after, and from what is there now. Is
//! the last the same as the second, nobody changed it since; is it the same as the first, somebody restored it already.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Made, Outcome};
use crate::{
    effect::Call,
    effects::{Inverse, Read, before, inverse},
};

/// What tells whether somebody changed something since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    made: Made,
    /// The calls that restore what was there before.
    restoring: Vec<Call>,
    /// The calls that would restore what was there right after, if that was looked at.
    left: Option<Vec<Call>>,
    /// Whether some of the calls were made by the time that this is asked.
    has_begun: bool,
}

/// What became of a change since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    AsLeft,
    /// It is as it was before.
    Restored,
    /// Somebody changed it to something else.
    Changed,
    /// What can be read does not tell.
    Untold,
}

impl Guard {
    /// What tells whether somebody changed something since a call was made.
    pub(super) fn new(made: &Made, inverses: &[Inverse]) -> Self {
        let left = made.after.as_ref().and_then(|after| calls(made, after));
        let restoring = inverses.iter().map(|inverse| inverse.call.clone()).collect();
        Self { made: made.clone(), restoring, left, has_begun: false }
    }

    /// The same for one of the calls, by its place among them.
    pub(super) fn of_part(self, place: usize) -> Self {
        Self { has_begun: place > 0, ..self }
    }

    /// What has to be read.
    pub fn reads(&self) -> Vec<Read> {
        before(&self.made.call).unwrap_or_default()
    }

    /// What became of the change, by what is there now.
    pub fn since(&self, now: &Map<String, Value>) -> Since {
        if self.reads().iter().any(|read| !now.contains_key(&read.name)) {
            return Since::Untold;
        }
        let Some(now) = calls(&self.made, now) else { return Since::Untold };
        let seen = self.left.as_ref().filter(|left| **left != self.restoring);
        if seen.is_some() && now == self.restoring {
            return Since::Restored;
        }
        if self.left.as_ref() == Some(&now) || self.is_what_was_set(&now) {
            return Since::AsLeft;
        }
        // A change that the look after it did not show may have been none; then nobody else's is taken away.
        let is_told = seen.is_some() || self.is_what_was_set(&self.restoring);
        if self.has_begun || !is_told { Since::Untold } else { Since::Changed }
    }

    /// Whether calls set what the call set, and nothing else.
    fn is_what_was_set(&self, calls: &[Call]) -> bool {
        let [only] = calls else { return false };
        let set = &self.made.call;
        let is_same = (&only.service, &only.operation) == (&set.service, &set.operation);
        is_same && only.input.iter().all(|(member, value)| set.input.get(member) == Some(value))
    }
}

/// The calls that would restore a state.
fn calls(made: &Made, state: &Map<String, Value>) -> Option<Vec<Call>> {
    let Outcome::Answered(answer) = &made.outcome else { return None };
    let inverses = inverse(&made.call, state, answer).ok()?;
    Some(inverses.into_iter().map(|inverse| inverse.call).collect())
}

//! Loops that an execution is in, and the steps around the one that runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{runbook::Runbook, step::Step};

/// The most rounds of a loop, and the most elements that one goes through: the service's limit.
pub(super) const MOST_ROUNDS: usize = 100;

/// A loop that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Frame {
    /// The step that repeats.
    pub(super) step: String,
    /// Which round it is, from 1.
    pub(super) round: u32,
    /// The elements, one for each round; `None` if it goes on while a condition holds.
    pub(super) items: Option<Vec<Value>>,
    /// The most rounds.
    pub(super) most: u32,
}

impl Frame {
    /// The element of this round.
    pub(super) fn item(&self) -> Option<&Value> {
        let place = usize::try_from(self.round.saturating_sub(1)).ok()?;
        self.items.as_ref()?.get(place)
    }

    /// Whether all elements had their round.
    pub(super) fn is_last(&self) -> bool {
        self.items.as_ref().is_some_and(|items| {
            usize::try_from(self.round).is_ok_and(|round| round >= items.len())
        })
    }
}

/// The step of a name, wherever it is.
pub(super) fn find<'a>(runbook: &'a Runbook, name: &str) -> Option<&'a Step> {
    fn within<'a>(steps: &'a [Step], name: &str) -> Option<&'a Step> {
        steps.iter().find_map(|step| {
            if step.name == name { Some(step) } else { within(step.inner(), name) }
        })
    }
    within(&runbook.steps, name)
}

/// The list that the innermost loop repeats, or that of the runbook.
pub(super) fn list<'a>(runbook: &'a Runbook, frames: &[Frame]) -> &'a [Step] {
    match frames.last() {
        Some(frame) => find(runbook, &frame.step).map(Step::inner).unwrap_or_default(),
        None => &runbook.steps,
    }
}

/// The step after another in its list.
pub(super) fn after<'a>(list: &'a [Step], name: &str) -> Option<&'a Step> {
    let place = list.iter().position(|step| step.name == name)?;
    list.get(place + 1)
}

//! Taking an execution back: out of what it changed, the calls that make it undone.
//!
//! ```text
//! changes, in order ──► take_back ──► Undoing { steps: inverses, last change first; left: what stays, and why }
//!                                        └──► document: a runbook that makes the calls
//! ```
//!
//! A call that failed changed nothing. One of which nobody knows whether it was made is not taken back: its inverse might
//! take away what somebody else made. Neither is one of which the state before could not be read.
//!
//! What was made stays if something was lost after it was made. A snapshot that was taken before its volume was deleted may be
//! all that is left of the volume, and to delete it would be no undo.

mod declared;
mod document;
mod guard;
mod waiting;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use declared::{UNDO_SUFFIX, check_undo_document, fill_undo_document};
pub use guard::{Guard, Since};
pub use waiting::Wait;

use crate::{
    effect::{Call, Effect},
    effects::{Inverse, before, inverse},
    possible_call::only_reads,
    step::Step,
};

/// Something that an execution did, in its place among what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The execution.
    pub execution: String,
    /// The step.
    pub step: String,
    /// What it did.
    pub deed: Deed,
}

/// What an execution did.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "an undo has few, and nearly all are calls")]
pub enum Deed {
    /// A call, as it was made.
    Called(Made),
    /// Anything else that may have changed something, such as a script: in words, and whether it may have deleted something.
    Other {
        /// What it was, in words.
        what: String,
        /// Why nobody knows how to take it back.
        why: String,
        /// Whether something may be gone after it.
        may_lose: bool,
    },
    /// Another execution, whose document declares how it is taken back.
    Declared {
        /// The document that takes it back.
        document: String,
        /// What it is started with, or why that is not known.
        parameters: Result<Map<String, Value>, String>,
    },
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The call.
    pub call: Call,
    /// What was there before, by the names of the looks.
    pub before: Map<String, Value>,
    /// What was there right after, if that was looked at.
    pub after: Option<Map<String, Value>>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer.
    Answered(Value),
    /// It failed, and changed nothing.
    Failed,
    /// Nobody knows.
    Unknown(String),
}

/// How an execution is taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Undoing {
    /// What is done, in order.
    pub steps: Vec<UndoStep>,
    /// What stays as it is, last change first.
    pub left: Vec<Left>,
}

/// One step of an undo.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoStep {
    /// Its name, the same whenever the same execution is taken back.
    pub name: String,
    /// The execution that made the change.
    pub execution: String,
    /// The step that made the change.
    pub step: String,
    /// What was done, in words.
    pub change: String,
    /// Which of the steps it is that take this change back, from 1.
    pub part: usize,
    /// What it does.
    pub act: UndoAct,
}

/// What a step of an undo does.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "an undo has few, and nearly all are calls")]
pub enum UndoAct {
    /// Makes a call.
    Call {
        /// What is waited for before it.
        wait: Option<Wait>,
        /// The call.
        call: Call,
        /// How to see whether somebody changed it since, if what can be read tells.
        guard: Option<Box<Guard>>,
    },
    /// Runs the document that another declares as its undo.
    Run {
        /// The document.
        document: String,
        /// What it is started with.
        parameters: Map<String, Value>,
    },
}

/// A change that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The execution that made it.
    pub execution: String,
    /// The step that made it.
    pub step: String,
    /// What was done, in words.
    pub change: String,
    /// Why it stays.
    pub why: String,
}

/// The words of operations after which something is gone.
const LOSING: [&str; 6] = ["Delete", "Terminate", "Release", "Deregister", "Purge", "Schedule"];

/// The words of operations that make something which may be a copy of what is lost later.
const MAKING: [&str; 5] = ["Create", "Copy", "Export", "Register", "Start"];

/// Why something that was made stays.
const MAY_BE_ALL_THAT_IS_LEFT: &str =
    "something was deleted after it was made, for good, and this may be all that is left of it";

/// How changes are taken back: the last one first.
pub fn take_back(changes: &[Change]) -> Undoing {
    let mut undoing = Undoing::default();
    let mut is_something_lost = false;
    let numbered: Vec<(usize, &Change)> = (1..).zip(changes).collect();
    for (number, change) in numbered.into_iter().rev() {
        let taken = match &change.deed {
            Deed::Called(made) if made.outcome == Outcome::Failed => continue,
            Deed::Called(made) => of_call(made, is_something_lost),
            Deed::Other { why, .. } => Err(why.clone()),
            Deed::Declared { document, parameters } => {
                parameters.as_ref().map_err(Clone::clone).map(|parameters| {
                    vec![UndoAct::Run {
                        document: document.clone(),
                        parameters: parameters.clone(),
                    }]
                })
            }
        };
        match taken {
            Ok(acts) => {
                let steps = (1..).zip(acts).map(|(part, act)| UndoStep {
                    name: format!("undo{number}_{part}_{}", act.word()),
                    execution: change.execution.clone(),
                    step: change.step.clone(),
                    change: change.deed.in_words(),
                    part,
                    act,
                });
                undoing.steps.extend(steps);
            }
            Err(why) => {
                is_something_lost |= change.deed.may_lose();
                undoing.left.push(Left {
                    execution: change.execution.clone(),
                    step: change.step.clone(),
                    change: change.deed.in_words(),
                    why,
                });
            }
        }
    }
    undoing
}

/// The calls that take a call back.
fn of_call(made: &Made, is_something_lost: bool) -> Result<Vec<UndoAct>, String> {
    let answer = match &made.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed => return Ok(Vec::new()),
        Outcome::Unknown(why) => return Err(format!("whether it was done is not known: {why}")),
    };
    let wanted = before(&made.call).map_err(|error| error.to_string())?;
    if let Some(unread) = wanted.iter().find(|read| !made.before.contains_key(&read.name)) {
        let read = &unread.call;
        return Err(format!(
            "what was there before could not be read with `{}:{}`",
            read.service, read.operation
        ));
    }
    let calls = inverse(&made.call, &made.before, answer).map_err(|error| error.to_string())?;
    if is_something_lost && makes(&made.call) && calls.iter().any(|it| loses(&it.call)) {
        return Err(MAY_BE_ALL_THAT_IS_LEFT.to_owned());
    }
    if let Some(name) = calls.iter().find_map(|it| document::unwritable(&it.call)) {
        return Err(format!("a step of a runbook cannot give `{name}` to an operation"));
    }
    let guard = (!wanted.is_empty()).then(|| Guard::new(made, &calls));
    let act = |(part, Inverse { ready, call }): (usize, Inverse)| {
        let wait = ready.as_ref().map(Wait::of).transpose()?;
        let guard = guard.clone().map(|guard| Box::new(guard.of_part(part)));
        Ok(UndoAct::Call { wait, call, guard })
    };
    calls.into_iter().enumerate().map(act).collect()
}

/// Whether something is gone after a call.
fn loses(call: &Call) -> bool {
    LOSING.iter().any(|word| call.operation.starts_with(word))
}

/// Whether a call makes something that stands for itself.
fn makes(call: &Call) -> bool {
    let operation = call.operation.as_str();
    MAKING.iter().any(|word| operation.starts_with(word)) && !operation.ends_with("Tags")
}

/// Whether something may be gone after a script.
fn script_may_lose(step: &Step) -> bool {
    let reading = crate::script_reading::read_script(step);
    let is_losing = |operation: &str| LOSING.iter().any(|word| operation.starts_with(word));
    !reading.hidden.is_empty() || reading.calls.iter().any(|(_, operation)| is_losing(operation))
}

/// What a script or a request to another server did, if it may have changed something.
pub fn other_deed(effect: &Effect, step: Option<&Step>) -> Option<Deed> {
    match effect {
        Effect::Call(_) | Effect::Child(_) => None,
        Effect::Webhook(webhook) => Some(Deed::Other {
            what: format!("the webhook {}", webhook.integration),
            why: "what a request to another server changes is not known".to_owned(),
            may_lose: false,
        }),
        Effect::Script(_) => {
            let (what, why) =
                ("a script".to_owned(), "what a script changes is not kept".to_owned());
            let Some(step) = step else { return Some(Deed::Other { what, why, may_lose: true }) };
            let reading = crate::script_reading::read_script(step);
            let changes = |(service, name): &(String, String)| !only_reads(service, name);
            if reading.hidden.is_empty() && !reading.calls.iter().any(changes) {
                return None;
            }
            Some(Deed::Other { what, why, may_lose: script_may_lose(step) })
        }
    }
}

impl Deed {
    /// What was done, in words.
    fn in_words(&self) -> String {
        match self {
            Self::Called(made) => format!("{}:{}", made.call.service, made.call.operation),
            Self::Other { what, .. } => what.clone(),
            Self::Declared { document, .. } => {
                format!("the runbook {}", document.strip_suffix(".undo").unwrap_or(document))
            }
        }
    }

    /// Whether something may be gone after it, if it cannot be taken back.
    fn may_lose(&self) -> bool {
        match self {
            Self::Called(made) => loses(&made.call),
            Self::Other { may_lose, .. } => *may_lose,
            Self::Declared { .. } => true,
        }
    }
}

impl UndoAct {
    /// A word for it that may stand in the name of a step.
    fn word(&self) -> &str {
        match self {
            Self::Call { call, .. } => &call.operation,
            Self::Run { .. } => "Run",
        }
    }
}

impl Undoing {
    /// The same without some steps, since they were taken already, or what they would change was changed since.
    #[must_use]
    pub fn without(mut self, done: &[String], changed: &[(String, String)]) -> Self {
        for step in std::mem::take(&mut self.steps) {
            if done.contains(&step.name) {
                continue;
            }
            match changed.iter().find(|(name, _)| *name == step.name) {
                Some((_, why)) => self.left.push(Left {
                    execution: step.execution,
                    step: step.step,
                    change: step.change,
                    why: why.clone(),
                }),
                None => self.steps.push(step),
            }
        }
        self
    }
}

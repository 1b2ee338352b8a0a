//! What a dry run finds: every call in order, and what it hangs on.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    choice::Way,
    data_type::render,
    effect::{Call, Child, Effect, Script, Webhook},
    execution::Status,
    possible_call::no_undo,
};

/// What a runbook would do, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// One entry for each thing; where a branch may lead several ways, one way after the other.
    pub entries: Vec<PlanEntry>,
}

/// One thing that a runbook would do.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanEntry {
    /// The step; none before the first and at the end.
    pub step: Option<String>,
    /// The rounds of the loops that it is in, outermost first.
    pub rounds: Vec<u32>,
    /// How many branches whose way is not known stand before it.
    pub depth: usize,
    /// What.
    pub planned: Planned,
}

/// What a runbook would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Planned {
    /// A call that reads, and was made.
    Read {
        /// The call.
        call: Call,
        /// Whether something would have been changed before it, so that it might have answered otherwise.
        after_changes: bool,
    },
    /// A call that reads, and was not made, since its input is not known.
    NotRead(Call),
    /// A call that changes something.
    Change {
        /// The call.
        call: Call,
        /// Why it could not be taken back, if it could not.
        without_undo: Option<String>,
    },
    /// A script.
    Script(Script),
    /// A request to another server.
    Webhook(Webhook),
    /// Another document.
    Child(Box<Child>),
    /// Somebody's word.
    Word {
        /// The action that waits for it.
        action: &'static str,
        /// Its inputs.
        inputs: Map<String, Value>,
    },
    /// A time that passes, in seconds.
    Sleep(i64),
    /// Looking again and again until the change is seen.
    Watch,
    /// A branch, and the ways that it may lead.
    Ways(Vec<Way>),
    /// One of the ways of a branch, whose entries follow.
    Way(Way),
    /// Something that was taken to be so.
    Supposed(String),
    /// The end.
    End {
        /// How.
        status: Status,
        /// What it tells.
        outputs: Map<String, Value>,
        /// The step that failed, and why.
        failure: Option<String>,
    },
    /// The end of what a dry run can tell.
    Stopped(String),
}

impl Plan {
    /// The calls that would change something, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Call> {
        self.entries.iter().filter_map(|entry| match &entry.planned {
            Planned::Change { call, .. } => Some(call),
            _ => None,
        })
    }
}

impl Planned {
    /// A call that changes something, and whether it could be taken back.
    pub(super) fn change(call: Call) -> Self {
        let without_undo = no_undo(&call.service, &call.operation);
        Self::Change { call, without_undo }
    }

    /// What changes something and is no call.
    pub(super) fn effect(effect: Effect) -> Self {
        match effect {
            Effect::Call(call) => Self::change(call),
            Effect::Script(script) => Self::Script(script),
            Effect::Webhook(webhook) => Self::Webhook(webhook),
            Effect::Child(child) => Self::Child(child),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            let rounds: String =
                entry.rounds.iter().map(|round| format!(" (round {round})")).collect();
            let indent = "  ".repeat(entry.depth);
            let step = entry.step.as_deref().map(|step| format!("{step}{rounds}: "));
            writeln!(formatter, "{indent}{}{}", step.unwrap_or_default(), entry.planned)?;
        }
        Ok(())
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { call, after_changes: false } => write!(formatter, "reads {}", shown(call)),
            Self::Read { call, after_changes: true } => {
                write!(formatter, "reads {}, and may read otherwise then", shown(call))
            }
            Self::NotRead(call) => write!(formatter, "would read {}", shown(call)),
            Self::Change { call, without_undo } => {
                write!(formatter, "would call {}", shown(call))?;
                match without_undo {
                    Some(_) => formatter.write_str(" without a way back"),
                    None => Ok(()),
                }
            }
            Self::Script(script) => {
                let payload = render(&script.payload);
                write!(formatter, "would run a script in {} with {payload}", script.runtime)
            }
            Self::Webhook(webhook) => write!(formatter, "would ask `{}`", webhook.integration),
            Self::Child(child) => {
                let parameters = Value::Object(child.parameters.clone());
                write!(formatter, "would run `{}` with {parameters}", child.document)
            }
            Self::Word { action, inputs } => {
                write!(formatter, "would wait for somebody: {action}")?;
                match inputs.get("Approvers") {
                    Some(approvers) => write!(formatter, " by {}", render(approvers)),
                    None => Ok(()),
                }
            }
            Self::Sleep(seconds) => write!(formatter, "would wait {seconds} s"),
            Self::Watch => formatter.write_str("would look until it is so"),
            Self::Ways(ways) => write!(formatter, "may lead {} ways", ways.len()),
            Self::Way(way) => {
                let when = way.when.as_deref().unwrap_or("always");
                let next = way.next.as_deref().unwrap_or("what comes next");
                write!(formatter, "if {when} -> {next}")
            }
            Self::Supposed(what) => formatter.write_str(what),
            Self::End { status, outputs, failure } => {
                write!(formatter, "ends with {}", status.as_str())?;
                if let Some(failure) = failure {
                    write!(formatter, ": {failure}")?;
                }
                outputs
                    .iter()
                    .try_for_each(|(name, value)| write!(formatter, " {name}={}", render(value)))
            }
            Self::Stopped(why) => write!(formatter, "cannot be told further: {why}"),
        }
    }
}

fn shown(call: &Call) -> String {
    format!("{}:{} {}", call.service, call.operation, Value::Object(call.input.clone()))
}

#![doc = include_str!("../README.md")]

mod action;
mod check;
mod choice;
mod data_type;
mod effect;
mod execution;
mod input;
mod operation;
mod parameter;
mod pattern;
mod read;
mod reference;
mod runbook;
mod selector;
mod signal;
mod step;
mod template;

pub use action::{ACTIONS, Action, InputDefinition, Move, Situation, StepError};
pub use choice::{Branch, Choice, Condition, ConditionError, Operator};
pub use data_type::{DataType, Mismatch, describe, render};
pub use effect::{Call, Child, Effect, EffectError, Script, ScriptSource, Webhook};
pub use execution::{
    Decision, Event, Execution, ExecutionError, Note, Place, Start, Status, StepStatus,
};
pub use input::{Content, Input};
pub use operation::operation_name;
pub use parameter::{Parameter, ParameterError, ParameterType};
pub use pattern::{Pattern, PatternError};
pub use reference::{Access, Automation, Global, Reference, ReferenceError, Source};
pub use runbook::{Attachment, Checked, Format, Runbook, RunbookOutput, Variable};
pub use selector::{Selector, SelectorError};
pub use signal::{Signal, SignalKind};
pub use step::{Control, Goal, Loop, LoopRule, OnCancel, OnFailure, Output, Step};
pub use template::{Scope, Template, Unresolved};

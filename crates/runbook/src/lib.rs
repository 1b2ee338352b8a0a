#![doc = include_str!("../README.md")]

mod action;
mod attached;
mod check;
mod choice;
mod data_type;
mod dry_run;
mod effect;
mod effects;
mod execution;
mod input;
mod operation;
mod parameter;
mod pattern;
mod permissions;
mod possible_call;
mod rate;
mod read;
mod reference;
mod runbook;
mod script_reading;
mod selector;
mod several;
mod signal;
mod step;
mod target_kind;
mod template;
mod undoing;
mod unknown;
mod without_undo;
mod written;

pub use action::{ACTIONS, Action, InputDefinition, Move, Situation, StepError};
pub use attached::AttachedFile;
pub use choice::{Branch, Choice, Condition, ConditionError, Operator, Way};
pub use data_type::{DataType, Mismatch, describe, render};
pub use dry_run::{DryRun, Plan, PlanEntry, Planned, Wanted};
pub use effect::{
    Call, Child, Effect, EffectError, OUTCOME_UNKNOWN, Script, ScriptSource, Webhook,
};
pub use effects::{
    EffectDefinition, Effects, Example, Inverse, Look, NoInverse, Read, Ready, Recovery, before,
    effects, inverse, on_lost_response, with_token,
};
pub use execution::{
    Decision, Event, Execution, ExecutionError, Note, Place, Start, Status, StepStatus,
};
pub use input::{Content, Input};
pub use operation::operation_name;
pub use parameter::{Parameter, ParameterError, ParameterType};
pub use pattern::{Pattern, PatternError};
pub use permissions::{NeededPermission, RunbookPermissions, Unclear, stored_integration};
pub use possible_call::PossibleCall;
pub use rate::{
    DEFAULT_CONCURRENCY, DEFAULT_ERRORS, RateControl, RateDecision, Share, ShareError,
    TargetCounts, TargetState,
};
pub use reference::{Access, Automation, Global, Reference, ReferenceError, Source};
pub use runbook::{Attachment, Checked, Format, Runbook, RunbookOutput, Variable};
pub use script_reading::{ScriptReading, read_script};
pub use selector::{Selector, SelectorError};
pub use several::{DEFAULT_EXECUTION_ROLE, Location, Selection, Several, TargetError, Targets};
pub use signal::{Signal, SignalKind};
pub use step::{Control, Goal, Loop, LoopRule, OnCancel, OnFailure, Output, Step};
pub use target_kind::TargetKind;
pub use template::{Scope, Template, Unresolved};
pub use undoing::{
    Change, Deed, Guard, Left, Made, Outcome, Since, UNDO_SUFFIX, UndoAct, UndoStep, Undoing, Wait,
    check_undo_document, fill_undo_document, other_deed, take_back,
};
pub use without_undo::WithoutUndo;

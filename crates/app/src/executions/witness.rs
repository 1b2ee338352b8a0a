//! Seeing the effects of executions as they are made: for rehearsals, which tell of every call in order.

use std::fmt;

use reeve_runbook::{Effect, EffectError};
use reeve_types::ExecutionId;
use serde_json::{Map, Value};

/// Sees every effect of every execution that a product moves on.
pub trait Witness: fmt::Debug + Send + Sync {
    /// An effect is about to be made. If something is returned, it is taken for the result and the effect is not made.
    fn begins(&self, effect: &Witnessed<'_>) -> Option<Result<Value, EffectError>>;

    /// An effect was made, or not: what came of it, and what it printed.
    fn ended(&self, effect: &Witnessed<'_>, result: &Result<Value, EffectError>, log: &str);
}

/// An effect of an execution.
#[derive(Debug, Clone, Copy)]
pub struct Witnessed<'a> {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: Option<&'a str>,
    /// How many records the journal of the execution had by then.
    pub records: u64,
    /// The effect.
    pub effect: &'a Effect,
    /// What was there before, by name; none if the effect only looks.
    pub before: Option<&'a Map<String, Value>>,
}

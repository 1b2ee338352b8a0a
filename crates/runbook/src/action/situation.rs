//! What an action sees, and what it may want next.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    data_type::DataType,
    effect::{Call, Effect, EffectError, Script},
    signal::{Signal, SignalKind},
};

/// What an action sees when it is asked what is next.
#[derive(Debug)]
pub struct Situation<'a> {
    /// Its inputs, with every reference in its place.
    pub inputs: &'a Map<String, Value>,
    /// How far it has come: empty at first, then what it said with its last move.
    pub phase: &'a str,
    /// What came of the last effect; nothing at first and after a while.
    pub answer: Option<&'a Result<Value, EffectError>>,
    /// What it noted with earlier moves.
    pub notes: &'a Map<String, Value>,
    /// Who said what since the step began.
    pub signals: &'a [Signal],
    /// The time.
    pub now: Timestamp,
    /// When the attempt began.
    pub began: Timestamp,
    /// A text that is this attempt's own, to tell its effects from all others'.
    pub token: &'a str,
}

/// What an action wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// An effect; with the phase that its answer finds, and what is to be noted.
    Perform {
        /// The effect.
        effect: Effect,
        /// The phase.
        then: &'static str,
        /// The notes, instead of those before.
        notes: Map<String, Value>,
    },
    /// Nothing until a time; with the phase that follows. A signal that is waited for ends it earlier.
    Wait {
        /// The time; for ever without one.
        until: Option<Timestamp>,
        /// The kinds of signals that end it.
        signals: &'static [SignalKind],
        /// The phase.
        then: &'static str,
        /// The notes, instead of those before.
        notes: Map<String, Value>,
    },
    /// It is done, with its whole answer: outputs are taken out of it.
    Done(Value),
    /// It has failed.
    Failed(StepError),
}

/// Why a step has failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{message}")]
pub struct StepError {
    /// A word for it, such as AWS's error code.
    pub code: String,
    /// What happened.
    pub message: String,
}

impl StepError {
    /// A failure with its word.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl From<&EffectError> for StepError {
    fn from(error: &EffectError) -> Self {
        Self { code: error.code.clone(), message: error.message.clone() }
    }
}

impl<'a> Situation<'a> {
    /// An input as a text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = DataType::String.convert(self.inputs.get(name)?).ok()?;
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// An input as texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let value =
            self.inputs.get(name).and_then(|value| DataType::StringList.convert(value).ok());
        let elements = value.as_ref().and_then(Value::as_array);
        elements.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// An input as a whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        DataType::Integer.convert(self.inputs.get(name)?).ok()?.as_i64()
    }

    /// An input as true or false; false if it is not there.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let value = self.inputs.get(name).and_then(|value| DataType::Boolean.convert(value).ok());
        value.and_then(|value| value.as_bool()).unwrap_or(false)
    }

    /// The inputs of these names that are there, as members of a call: each under the other name.
    pub(crate) fn members(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let member = |(input, member): &(&str, &str)| {
            let value = self.inputs.get(*input).filter(|value| !value.is_null())?;
            Some(((*member).to_owned(), value.clone()))
        };
        names.iter().filter_map(member).collect()
    }

    /// A text that was noted.
    pub(crate) fn noted(&self, name: &str) -> &str {
        self.notes.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The answer of the last effect, or the failure that it was.
    pub(crate) fn answered(&self) -> Result<&'a Value, StepError> {
        match self.answer {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(error.into()),
            None => {
                Err(StepError::new("InternalError", "the answer of the last effect is not there"))
            }
        }
    }

    /// A call, and the phase that its answer finds. What was noted stays.
    pub(crate) fn call(
        &self,
        service: &str,
        operation: &str,
        input: Map<String, Value>,
        then: &'static str,
    ) -> Move {
        let call = Call { service: service.to_owned(), operation: operation.to_owned(), input };
        Move::Perform { effect: Effect::Call(call), then, notes: self.notes.clone() }
    }

    /// A script, and the phase that its answer finds.
    pub(crate) fn script(&self, script: Script, then: &'static str) -> Move {
        Move::Perform { effect: Effect::Script(script), then, notes: self.notes.clone() }
    }

    /// Nothing for some seconds, and the phase that follows. What was noted stays.
    pub(crate) fn wait(&self, seconds: i64, then: &'static str) -> Move {
        let until = self.now + jiff::SignedDuration::from_secs(seconds);
        Move::Wait { until: Some(until), signals: &[], then, notes: self.notes.clone() }
    }
}

impl Move {
    /// The same with something noted.
    pub(crate) fn noting(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Perform { notes, .. } | Self::Wait { notes, .. } = &mut self {
            notes.insert(name.to_owned(), value.into());
        }
        self
    }

    /// It has failed, with a word and what happened.
    pub(crate) fn failed(code: &str, message: impl Into<String>) -> Self {
        Self::Failed(StepError::new(code, message))
    }
}

/// The action of what is decided without it.
pub(super) fn nothing(_: &Situation<'_>) -> Move {
    Move::Done(Value::Object(Map::new()))
}

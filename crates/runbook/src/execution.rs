//! Where a run of a runbook stands, and what is next: a state machine that performs nothing.
//!
//! An [`Execution`] is plain data. [`Execution::decision`] tells what is wanted: an effect, a wait, or nothing more.
//! [`Execution::apply`] takes what happened and goes on as far as it can without the shell. Whoever writes down the events,
//! or the execution after each, can go on after any interruption: the same events lead to the same execution.

mod advance;
mod attempt;
mod finish;
mod frame;
mod scope;
mod status;
mod suppose;

use std::collections::BTreeMap;

use jiff::Timestamp;
use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use scope::parameter_store_names;
pub use status::{Status, StepStatus};

use crate::{
    action::StepError,
    choice::Way,
    effect::{Effect, EffectError},
    parameter::ParameterError,
    runbook::Runbook,
    signal::{Signal, SignalKind},
    template::Unresolved,
};
use attempt::Attempt;
use frame::Frame;

/// Where an execution runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// What an execution begins with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its id: letters, digits and hyphens, at most 40.
    pub id: String,
    /// Where it runs.
    pub place: Place,
    /// The values that its parameters are given.
    pub parameters: Map<String, Value>,
    /// The resource that it is for, if it is one of several.
    pub target: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Where a run of a runbook stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    id: String,
    place: Place,
    target: Option<String>,
    began: Timestamp,
    now: Timestamp,
    status: Status,
    parameters: Map<String, Value>,
    variables: Map<String, Value>,
    /// Values of the Parameter Store, by name.
    store: Map<String, Value>,
    /// The loops that the execution is in, outermost first.
    frames: Vec<Frame>,
    /// What the latest run of each step gave.
    outputs: BTreeMap<String, Map<String, Value>>,
    /// How the latest run of each step ended.
    steps: BTreeMap<String, StepStatus>,
    /// The first failure that is the failure of the whole.
    failure: Option<Failure>,
    /// Who wants it to end, if somebody does.
    cancelled_by: Option<String>,
    /// How many effects there were.
    effects: u64,
    doing: Doing,
    /// What was taken to be so; only a dry run supposes, and it is not written down.
    #[serde(skip)]
    supposed: Option<Vec<String>>,
}

/// A failure that is the failure of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Failure {
    step: String,
    status: Status,
    error: StepError,
}

/// What is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Doing {
    /// Values of the Parameter Store are read, one after the other.
    Preparing { left: Vec<String> },
    /// This step is next.
    Entering { step: String, attempt: u32 },
    /// A step.
    Running(Box<Attempt>),
    /// A branch that may lead several ways, in a dry run.
    Choosing { step: String, ways: Vec<Way> },
    /// Nothing any more.
    Ended,
}

impl Doing {
    fn entering_first(runbook: &Runbook) -> Self {
        match runbook.steps.first() {
            Some(step) => Self::Entering { step: step.name.clone(), attempt: 1 },
            None => Self::Ended,
        }
    }
}

/// What is wanted next.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// An effect.
    Perform {
        /// What.
        effect: Effect,
        /// Its number within the execution, from 1.
        number: u64,
        /// A text that no other effect of any execution has: to tell AWS that a call is the same call again.
        token: String,
        /// When its step has taken too long.
        deadline: Option<Timestamp>,
    },
    /// Nothing until then.
    Wait {
        /// When an [`Event::Woke`] is wanted, unless something else happens before.
        until: Option<Timestamp>,
        /// What somebody may say that would end the wait.
        signals: Vec<SignalKind>,
    },
    /// Nothing any more.
    End(Status),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// What came of an effect.
    Answered {
        /// Its number.
        number: u64,
        /// What came of it.
        result: Result<Value, EffectError>,
        /// When.
        at: Timestamp,
    },
    /// Time went by.
    Woke {
        /// It is so late now.
        at: Timestamp,
    },
    /// Somebody said something.
    Signalled(Signal),
    /// Somebody wants it to end.
    Cancelled {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
}

/// Something that an execution did by itself, for people and records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A step began.
    StepBegan {
        /// The step.
        step: String,
        /// Which try it is, from 1.
        attempt: u32,
        /// The rounds of the loops that it is in, outermost first.
        rounds: Vec<u32>,
        /// Its inputs, with every reference in its place.
        inputs: Map<String, Value>,
    },
    /// A step ended.
    StepEnded {
        /// The step.
        step: String,
        /// How.
        status: StepStatus,
        /// What it gave.
        outputs: Map<String, Value>,
        /// Why it failed.
        error: Option<StepError>,
    },
    /// The execution ended.
    Ended {
        /// How.
        status: Status,
        /// What it tells in the end.
        outputs: Map<String, Value>,
    },
}

/// Something that cannot happen to an execution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// A parameter is not as it should be.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A parameter must be given.
    #[error("parameter `{0}` must be given")]
    Missing(String),
    /// A parameter is none of the runbook's.
    #[error("the runbook has no parameter `{0}`")]
    Unknown(String),
    /// It has ended.
    #[error("the execution has ended")]
    Ended,
    /// The answer is to another effect than the one that is under way.
    #[error("effect {number} is not under way")]
    NotUnderWay {
        /// The effect that was answered.
        number: u64,
    },
    /// Somebody answered who is not asked.
    #[error("`{by}` is not among those who are asked")]
    NotAsked {
        /// Who.
        by: String,
    },
    /// Nobody waits for what was said.
    #[error("the execution does not wait for this")]
    NotAwaited,
    /// The runbook is another than the one that the execution was begun with.
    #[error("the runbook has no step `{0}`")]
    OtherRunbook(String),
}

impl Execution {
    /// Begins: checks what the parameters are given, and goes to the first step.
    pub fn begin(runbook: &Runbook, start: Start) -> Result<(Self, Vec<Note>), ExecutionError> {
        let mut execution = Self::new(runbook, start)?;
        let notes = execution.advance(runbook)?;
        Ok((execution, notes))
    }

    /// An execution before its first step.
    fn new(runbook: &Runbook, start: Start) -> Result<Self, ExecutionError> {
        let parameters = accept(runbook, &start.parameters)?;
        let defaults = runbook.variables.iter();
        let variables = defaults
            .map(|variable| (variable.name.clone(), variable.default.clone().unwrap_or_default()))
            .collect();
        let mut execution = Self {
            id: start.id,
            place: start.place,
            target: start.target,
            began: start.at,
            now: start.at,
            status: Status::InProgress,
            parameters,
            variables,
            store: Map::new(),
            frames: Vec::new(),
            outputs: BTreeMap::new(),
            steps: BTreeMap::new(),
            failure: None,
            cancelled_by: None,
            effects: 0,
            doing: Doing::Ended,
            supposed: None,
        };
        let left = scope::parameter_store_names(runbook, &execution.parameters);
        execution.doing = if left.is_empty() {
            Doing::entering_first(runbook)
        } else {
            execution.effects = 1;
            Doing::Preparing { left }
        };
        Ok(execution)
    }

    /// Takes what happened, and goes on as far as it can.
    pub fn apply(&mut self, runbook: &Runbook, event: &Event) -> Result<Vec<Note>, ExecutionError> {
        if matches!(self.doing, Doing::Ended) {
            return Err(ExecutionError::Ended);
        }
        match event {
            Event::Answered { number, result, at } => {
                self.answered(runbook, *number, result, *at)?;
            }
            Event::Woke { at } => self.woke(*at),
            Event::Signalled(signal) => self.signalled(signal)?,
            Event::Cancelled { by, at } => {
                self.now = self.now.max(*at);
                self.cancelled_by.get_or_insert_with(|| by.clone());
                self.status = Status::Cancelling;
            }
        }
        self.advance(runbook)
    }

    /// What is wanted next.
    pub fn decision(&self) -> Decision {
        match &self.doing {
            Doing::Ended => Decision::End(self.status),
            Doing::Preparing { left } => Decision::Perform {
                effect: scope::read_parameter(left.first().map_or("", String::as_str)),
                number: self.effects,
                token: self.token(self.effects),
                deadline: None,
            },
            Doing::Entering { .. } | Doing::Choosing { .. } => {
                Decision::Wait { until: Some(self.now), signals: Vec::new() }
            }
            Doing::Running(attempt) => attempt.decision(|number| self.token(number)),
        }
    }

    /// The role that the runbook wants to run as, if it names one and that is known already.
    pub fn assume_role(&self, runbook: &Runbook) -> Result<Option<String>, Unresolved> {
        let Some(role) = &runbook.assume_role else { return Ok(None) };
        let role = crate::data_type::render(&role.resolve(self)?);
        Ok(Some(role.trim().to_owned()).filter(|role| !role.is_empty()))
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it runs.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The step that is under way.
    pub fn current_step(&self) -> Option<&str> {
        match &self.doing {
            Doing::Entering { step, .. } | Doing::Choosing { step, .. } => Some(step),
            Doing::Running(attempt) => Some(&attempt.step),
            Doing::Preparing { .. } | Doing::Ended => None,
        }
    }

    /// What the step that is under way was given.
    pub fn current_inputs(&self) -> Option<&Map<String, Value>> {
        match &self.doing {
            Doing::Running(attempt) => Some(&attempt.inputs),
            Doing::Entering { .. }
            | Doing::Choosing { .. }
            | Doing::Preparing { .. }
            | Doing::Ended => None,
        }
    }

    /// How the latest run of each step ended, by name.
    pub fn steps(&self) -> &BTreeMap<String, StepStatus> {
        &self.steps
    }

    /// The values of its parameters.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// What the latest run of each step gave, by name.
    pub fn outputs(&self) -> &BTreeMap<String, Map<String, Value>> {
        &self.outputs
    }

    /// The first failure that is the failure of the whole: the step, and why.
    pub fn failure(&self) -> Option<(&str, &StepError)> {
        self.failure.as_ref().map(|failure| (failure.step.as_str(), &failure.error))
    }

    fn token(&self, number: u64) -> String {
        format!("{}-{number}", self.id)
    }
}

/// The values of the parameters: those given, and the defaults of the others.
fn accept(
    runbook: &Runbook,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, ExecutionError> {
    if let Some(unknown) = given.keys().find(|name| runbook.parameter(name).is_none()) {
        return Err(ExecutionError::Unknown(unknown.clone()));
    }
    let mut parameters = Map::new();
    for parameter in &runbook.parameters {
        let value = match (given.get(&parameter.name), &parameter.default) {
            (Some(given), _) => parameter.accept(given)?,
            // An empty default stands for "none", and need not be allowed.
            (None, Some(default)) => {
                parameter.kind.data_type.convert(default).unwrap_or_else(|_| default.clone())
            }
            (None, None) => return Err(ExecutionError::Missing(parameter.name.clone())),
        };
        parameters.insert(parameter.name.clone(), value);
    }
    Ok(parameters)
}

//! What a runbook would do, without doing it: only reads are made, and everything else is supposed to go well.
//!
//! The caller asks [`DryRun::next_wanted`] again and again, makes the calls that are [`Wanted::Read`] and gives their answers to
//! [`DryRun::answered`]; everything else is only told. What a call that was not made would have answered is unknown: it
//! stands in later inputs as `«step.Output»`. A branch that hangs on such a value leads all the ways that it may, one after
//! the other; nothing is guessed.

mod plan;

use serde_json::{Map, Value};

pub use plan::{Plan, PlanEntry, Planned};

use crate::{
    action::Action,
    choice::Way,
    effect::{Call, Child, Effect, EffectError, Script, Webhook},
    execution::{Decision, Event, Execution, ExecutionError, Note, Start, Status, StepStatus},
    possible_call::only_reads,
    runbook::Runbook,
    unknown,
};

/// The most ways that are followed.
const MOST_WAYS: usize = 32;

/// A runbook that is gone through without doing it.
#[derive(Debug, Clone)]
pub struct DryRun<'a> {
    runbook: &'a Runbook,
    plan: Plan,
    walk: Walk,
    /// The ways that are left to go, the next one last.
    left: Vec<(Walk, Way)>,
    ways: usize,
    then: Then,
}

/// How far one way has been gone.
#[derive(Debug, Clone)]
struct Walk {
    execution: Execution,
    /// Whether something would have been changed.
    changed: bool,
    depth: usize,
    /// What the current step was given.
    inputs: Map<String, Value>,
    /// Why it cannot be told further.
    stuck: Option<String>,
}

/// What is to be done before the next thing is told.
#[derive(Debug, Clone, PartialEq)]
enum Then {
    Nothing,
    /// A read is to be answered.
    Answer {
        number: u64,
        call: Call,
    },
    Suppose,
    Wake(jiff::Timestamp),
    NextWay,
    Over,
}

/// What a dry run tells or wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A call to be made, and its answer to be given to [`DryRun::answered`].
    Read(Call),
    /// A call that would read, and cannot be made: its input is not known.
    NotRead(Call),
    /// A call that would change something.
    Would(Call),
    /// A script that would run.
    Script(Script),
    /// A request to another server that would be made.
    Webhook(Webhook),
    /// Another document that would run. The caller may go through it in the same way.
    Child(Box<Child>),
    /// Somebody's word that would be waited for, with the inputs of the step.
    Word(Map<String, Value>),
    /// A time that would pass, in seconds.
    Sleep(i64),
    /// A change that would be watched until it is seen.
    Watch,
    /// A branch whose way is not known: all of these are gone.
    Ways(Vec<Way>),
    /// One of the ways ended so. Others may follow.
    Ended(Status),
    /// One of the ways cannot be told further.
    Stopped(String),
    /// Nothing more.
    End,
}

impl<'a> DryRun<'a> {
    /// Begins before the first step.
    pub fn begin(runbook: &'a Runbook, start: Start) -> Result<Self, ExecutionError> {
        let (execution, notes) = Execution::begin_supposing(runbook, start)?;
        let walk = Walk { execution, changed: false, depth: 0, inputs: Map::new(), stuck: None };
        let mut run = Self {
            runbook,
            plan: Plan::default(),
            walk,
            left: Vec::new(),
            ways: 1,
            then: Then::Nothing,
        };
        run.take(&notes);
        Ok(run)
    }

    /// What was found so far.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was found.
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// The next thing. A read is told again until it is answered.
    pub fn next_wanted(&mut self) -> Result<Wanted, ExecutionError> {
        match std::mem::replace(&mut self.then, Then::Nothing) {
            Then::Nothing => {}
            Then::Answer { number, call } => {
                self.then = Then::Answer { number, call: call.clone() };
                return Ok(Wanted::Read(call));
            }
            Then::Suppose => {
                let notes = self.walk.execution.suppose(self.runbook)?;
                self.take(&notes);
            }
            Then::Wake(at) => {
                let notes = self.walk.execution.apply(self.runbook, &Event::Woke { at })?;
                self.take(&notes);
            }
            Then::NextWay => match self.left.pop() {
                Some((walk, way)) => {
                    self.walk = walk;
                    self.go(&way)?;
                }
                None => self.then = Then::Over,
            },
            Then::Over => self.then = Then::Over,
        }
        if self.then == Then::Over {
            return Ok(Wanted::End);
        }
        self.tell()
    }

    /// Takes the answer of the read that was told last.
    pub fn answered(&mut self, result: Result<Value, EffectError>) -> Result<(), ExecutionError> {
        let Then::Answer { number, .. } = self.then else { return Err(ExecutionError::NotAwaited) };
        self.then = Then::Nothing;
        let before = self.walk.clone();
        let at = self.walk.execution.now();
        let event = Event::Answered { number, result, at };
        let notes = self.walk.execution.apply(self.runbook, &event)?;
        let failed = notes.iter().find_map(|note| match note {
            Note::StepEnded { step, status: StepStatus::Failed, .. } => Some(step),
            _ => None,
        });
        let asserts = |step: &String| self.action(step).is_some_and(asserts);
        if let Some(step) = failed.filter(|step| before.changed && asserts(step)) {
            let what =
                format!("`{step}` does not hold now, and is taken to hold after the changes");
            self.walk = before;
            let place = self.place();
            self.note_at(place, Planned::Supposed(what));
            self.then = Then::Suppose;
            return Ok(());
        }
        self.take(&notes);
        Ok(())
    }

    /// What the execution wants now.
    fn tell(&mut self) -> Result<Wanted, ExecutionError> {
        if let Some(why) = self.walk.stuck.take() {
            self.note(Planned::Stopped(why.clone()));
            self.then = Then::NextWay;
            return Ok(Wanted::Stopped(why));
        }
        if !self.walk.execution.ways().is_empty() {
            return Ok(self.fork());
        }
        Ok(match self.walk.execution.decision() {
            Decision::Perform { effect: Effect::Call(call), number, .. }
                if only_reads(&call.service, &call.operation) =>
            {
                self.read(call, number)
            }
            Decision::Perform { effect, .. } => {
                self.walk.changed = true;
                self.then = Then::Suppose;
                self.note(Planned::effect(effect.clone()));
                match effect {
                    Effect::Call(call) => Wanted::Would(call),
                    Effect::Script(script) => Wanted::Script(script),
                    Effect::Webhook(webhook) => Wanted::Webhook(webhook),
                    Effect::Child(child) => Wanted::Child(child),
                }
            }
            Decision::Wait { until, signals } => self.wait(until, signals.is_empty()),
            Decision::End(status) => {
                self.then = Then::NextWay;
                Wanted::Ended(status)
            }
        })
    }

    fn read(&mut self, call: Call, number: u64) -> Wanted {
        if unknown::is_in(&Value::Object(call.input.clone())) {
            self.note(Planned::NotRead(call.clone()));
            self.then = Then::Suppose;
            return Wanted::NotRead(call);
        }
        let after_changes = self.walk.changed;
        self.note(Planned::Read { call: call.clone(), after_changes });
        self.then = Then::Answer { number, call: call.clone() };
        Wanted::Read(call)
    }

    fn wait(&mut self, until: Option<jiff::Timestamp>, is_for_time: bool) -> Wanted {
        let action = self.current().and_then(|step| self.action(&step));
        match (action, until) {
            (Some(action), _) if !is_for_time => {
                let inputs = self.walk.inputs.clone();
                self.note(Planned::Word { action: action.name, inputs: inputs.clone() });
                self.then = Then::Suppose;
                Wanted::Word(inputs)
            }
            (Some(action), Some(until)) if action.name == "aws:sleep" => {
                let seconds = until.duration_since(self.walk.execution.now()).as_secs();
                self.note(Planned::Sleep(seconds));
                self.then = Then::Wake(until);
                Wanted::Sleep(seconds)
            }
            _ => {
                self.note(Planned::Watch);
                self.then = Then::Suppose;
                Wanted::Watch
            }
        }
    }

    /// Goes the first of several ways, and keeps the others for later.
    fn fork(&mut self) -> Wanted {
        let ways = self.walk.execution.ways().to_vec();
        self.note(Planned::Ways(ways.clone()));
        if self.ways + ways.len() - 1 > MOST_WAYS {
            self.walk.stuck = Some(format!("there are more than {MOST_WAYS} ways"));
            return Wanted::Ways(ways);
        }
        self.ways += ways.len() - 1;
        self.walk.depth += 1;
        self.left.extend(ways.iter().rev().map(|way| (self.walk.clone(), way.clone())));
        self.then = Then::NextWay;
        Wanted::Ways(ways)
    }

    fn go(&mut self, way: &Way) -> Result<(), ExecutionError> {
        let place = PlanEntry { depth: self.walk.depth.saturating_sub(1), ..self.place() };
        self.note_at(place, Planned::Way(way.clone()));
        let notes = self.walk.execution.go_way(self.runbook, way)?;
        self.take(&notes);
        Ok(())
    }

    /// Takes down what happened of itself.
    fn take(&mut self, notes: &[Note]) {
        for note in notes {
            match note {
                Note::StepBegan { inputs, .. } => self.walk.inputs.clone_from(inputs),
                Note::StepEnded { .. } => {}
                Note::Ended { status, outputs } => {
                    let failure = self.walk.execution.failure();
                    let failure = failure.map(|(step, error)| format!("step `{step}`: {error}"));
                    let (status, outputs) = (*status, outputs.clone());
                    self.note(Planned::End { status, outputs, failure });
                }
            }
        }
        for what in self.walk.execution.take_supposed() {
            let place = PlanEntry { step: None, rounds: Vec::new(), ..self.place() };
            self.note_at(place, Planned::Supposed(what));
        }
    }

    fn current(&self) -> Option<String> {
        self.walk.execution.current_step().map(str::to_owned)
    }

    fn action(&self, step: &str) -> Option<&'static Action> {
        let steps = self.runbook.all_steps();
        steps.into_iter().find(|known| known.name == step).map(|step| step.action)
    }

    fn place(&self) -> PlanEntry {
        PlanEntry {
            step: self.current(),
            rounds: self.walk.execution.rounds(),
            depth: self.walk.depth,
            planned: Planned::Watch,
        }
    }

    fn note(&mut self, planned: Planned) {
        let place = self.place();
        self.note_at(place, planned);
    }

    fn note_at(&mut self, place: PlanEntry, planned: Planned) {
        self.plan.entries.push(PlanEntry { planned, ..place });
    }
}

fn asserts(action: &Action) -> bool {
    action.name == "aws:assertAwsResourceProperty"
}

//! Going on: into the next step, through a step's moves, out of a step.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    Doing, Execution, ExecutionError, Note, Status, StepStatus,
    attempt::{Attempt, Pending},
    frame::{self, Frame, MOST_ROUNDS},
    scope,
};
use crate::{
    action::{Move, StepError, execute_automation},
    choice::Way,
    data_type::DataType,
    effect::EffectError,
    runbook::Runbook,
    signal::{Signal, SignalKind},
    step::{Control, Loop, LoopRule, Step},
    template::{Scope, Template},
    unknown,
};

impl Execution {
    /// Goes on until something is wanted of the shell.
    pub(super) fn advance(&mut self, runbook: &Runbook) -> Result<Vec<Note>, ExecutionError> {
        let mut notes = Vec::new();
        loop {
            match &self.doing {
                Doing::Preparing { .. } if self.cancelled_by.is_some() => {
                    self.end(runbook, &mut notes);
                }
                Doing::Preparing { .. } | Doing::Choosing { .. } | Doing::Ended => break,
                Doing::Entering { step, attempt } => {
                    let (name, attempt) = (step.clone(), *attempt);
                    let step = frame::find(runbook, &name)
                        .ok_or_else(|| ExecutionError::OtherRunbook(name.clone()))?;
                    self.enter(runbook, step, attempt, &mut notes);
                }
                Doing::Running(attempt) => {
                    let step = frame::find(runbook, &attempt.step)
                        .ok_or_else(|| ExecutionError::OtherRunbook(attempt.step.clone()))?;
                    if !self.run(runbook, step, &mut notes) {
                        break;
                    }
                }
            }
        }
        self.name_wait();
        Ok(notes)
    }

    /// An execution that only somebody's word can move is waiting.
    fn name_wait(&mut self) {
        if !matches!(self.status, Status::InProgress | Status::Waiting) {
            return;
        }
        let Doing::Running(attempt) = &self.doing else { return };
        let waits =
            matches!(&attempt.pending, Pending::Time { signals, .. } if !signals.is_empty());
        let (status, of_step) = if waits {
            (Status::Waiting, StepStatus::Waiting)
        } else {
            (Status::InProgress, StepStatus::InProgress)
        };
        self.status = status;
        self.steps.insert(attempt.step.clone(), of_step);
    }

    /// Begins a step.
    fn enter(&mut self, runbook: &Runbook, step: &Step, number: u32, notes: &mut Vec<Note>) {
        self.steps.insert(step.name.clone(), StepStatus::InProgress);
        let inputs = self.inputs(step);
        notes.push(Note::StepBegan {
            step: step.name.clone(),
            attempt: number,
            rounds: self.frames.iter().map(|frame| frame.round).collect(),
            inputs: inputs.as_ref().cloned().unwrap_or_default(),
        });
        let tries =
            step.max_attempts.as_ref().map_or(Ok(1), |input| self.count("maxAttempts", input));
        let inputs = tries.and(inputs);
        let began = inputs.and_then(|inputs| match &step.control {
            Control::None => self.attempt(step, number, inputs).map(Some),
            Control::Branch(branch) if self.supposed.is_some() => {
                let ways = branch
                    .ways(self)
                    .map_err(|error| StepError::new("InvalidCondition", error.to_string()))?;
                match <[Way; 1]>::try_from(ways) {
                    Ok([way]) => self.succeed(runbook, step, (Map::new(), way.next), notes),
                    Err(ways) => {
                        self.doing = Doing::Choosing { step: step.name.clone(), ways };
                    }
                }
                Ok(None)
            }
            Control::Branch(branch) => {
                let next = branch
                    .choose(self)
                    .map_err(|error| StepError::new("InvalidCondition", error.to_string()))?;
                let next = next.map(str::to_owned);
                self.succeed(runbook, step, (Map::new(), next), notes);
                Ok(None)
            }
            Control::Loop(repeated) => {
                self.begin_loop(runbook, (step, repeated), notes)?;
                Ok(None)
            }
        });
        match began {
            Ok(Some(attempt)) => self.doing = Doing::Running(Box::new(attempt)),
            Ok(None) => {}
            Err(error) => self.fail(runbook, (step, number), (StepStatus::Failed, error), notes),
        }
    }

    /// The inputs of a step, with every reference in its place and of the type that the action takes.
    fn inputs(&self, step: &Step) -> Result<Map<String, Value>, StepError> {
        let mut inputs = Map::new();
        for (name, input) in &step.inputs {
            let value = input
                .resolve(self)
                .map_err(|error| StepError::new("UnresolvedReference", error.to_string()))?;
            let definition = step.action.input(name);
            let data_type = definition.and_then(|definition| definition.data_type);
            let value = match data_type {
                Some(data_type) if !value.is_null() && !self.is_unknown(&value) => {
                    data_type.convert(&value).map_err(|error| {
                        StepError::new("InvalidInput", format!("input `{name}`: {error}"))
                    })?
                }
                _ => value,
            };
            let allowed = definition.map(|definition| definition.allowed).unwrap_or_default();
            if let Some(text) = value.as_str()
                && !allowed.is_empty()
                && !self.is_unknown(&value)
                && !allowed.contains(&text)
            {
                let message = format!("input `{name}`: `{text}` is none of {}", allowed.join(", "));
                return Err(StepError::new("InvalidInput", message));
            }
            if definition.is_some_and(|definition| definition.is_required) && value.is_null() {
                return Err(StepError::new("InvalidInput", format!("input `{name}` has no value")));
            }
            inputs.insert(name.clone(), value);
        }
        Ok(inputs)
    }

    fn attempt(
        &self,
        step: &Step,
        number: u32,
        inputs: Map<String, Value>,
    ) -> Result<Attempt, StepError> {
        let timeout = match &step.timeout_seconds {
            Some(input)
                if self.supposed.is_some()
                    && input.resolve(self).is_ok_and(|value| self.is_unknown(&value)) =>
            {
                None
            }
            Some(input) => Some(self.count("timeoutSeconds", input)?),
            None => step.action.timeout_seconds.map(i64::from),
        };
        let deadline = timeout.map(|seconds| self.now + SignedDuration::from_secs(seconds));
        Ok(Attempt {
            step: step.name.clone(),
            number,
            began: self.now,
            deadline,
            inputs,
            // Effects are counted over the whole execution, so the next one's number is this try's own.
            token: self.token(self.effects + 1),
            phase: String::new(),
            notes: Map::new(),
            answer: None,
            signals: Vec::new(),
            pending: Pending::Nothing,
        })
    }

    /// A whole number from 1 that a step gives.
    pub(super) fn count(&self, key: &str, input: &crate::input::Input) -> Result<i64, StepError> {
        let wrong = |reason: String| StepError::new("InvalidInput", format!("`{key}`: {reason}"));
        let value = input.resolve(self).map_err(|error| wrong(error.to_string()))?;
        if self.is_unknown(&value) {
            return Ok(1);
        }
        let number = DataType::Integer.convert(&value).map_err(|error| wrong(error.to_string()))?;
        let number = number.as_i64().unwrap_or_default();
        if number < 1 {
            return Err(wrong(format!("`{number}` is no count")));
        }
        Ok(number)
    }

    /// Goes on with the step that runs. Whether it came further than before.
    fn run(&mut self, runbook: &Runbook, step: &Step, notes: &mut Vec<Note>) -> bool {
        let is_being_cancelled = self.is_being_cancelled();
        let Doing::Running(attempt) = &mut self.doing else { return false };
        let number = attempt.number;
        if is_being_cancelled && attempt.is_idle() {
            self.cancel(runbook, step, notes);
            return true;
        }
        if !matches!(attempt.pending, Pending::Nothing) {
            if attempt.is_idle() && attempt.is_late(self.now) {
                let error = too_late(step);
                self.fail(runbook, (step, number), (StepStatus::TimedOut, error), notes);
                return true;
            }
            return false;
        }
        match attempt.proceed(step.action, self.now) {
            Move::Perform { then, notes: noted, .. } | Move::Wait { then, notes: noted, .. }
                if attempt.is_late(self.now) =>
            {
                (attempt.phase, attempt.notes) = (then.to_owned(), noted);
                let error = too_late(step);
                self.fail(runbook, (step, number), (StepStatus::TimedOut, error), notes);
            }
            // What follows is not begun any more.
            Move::Perform { then, notes: noted, .. } | Move::Wait { then, notes: noted, .. }
                if is_being_cancelled =>
            {
                (attempt.phase, attempt.notes) = (then.to_owned(), noted);
                self.cancel(runbook, step, notes);
            }
            Move::Perform { effect, then, notes: noted } => {
                self.effects += 1;
                (attempt.phase, attempt.notes) = (then.to_owned(), noted);
                attempt.answer = None;
                attempt.pending = Pending::Effect { effect, number: self.effects };
            }
            Move::Wait { until, signals, then, notes: noted } => {
                (attempt.phase, attempt.notes) = (then.to_owned(), noted);
                attempt.answer = None;
                attempt.pending = Pending::Time { until, signals: signals.to_vec() };
            }
            Move::Done(answer) => match self.take_outputs(runbook, step, &answer) {
                Ok(outputs) => self.succeed(runbook, step, (outputs, None), notes),
                Err(error) => {
                    self.fail(runbook, (step, number), (StepStatus::Failed, error), notes);
                }
            },
            Move::Failed(error) => {
                let status = execute_automation::status_of(&error);
                self.fail(runbook, (step, number), (status, error), notes);
            }
        }
        true
    }

    /// Begins a loop, or finds that there is nothing to go through.
    fn begin_loop(
        &mut self,
        runbook: &Runbook,
        (step, repeated): (&Step, &Loop),
        notes: &mut Vec<Note>,
    ) -> Result<(), StepError> {
        let frame = match &repeated.rule {
            LoopRule::ForEach { items, data_type } => {
                let items = self.items(items, *data_type)?;
                if items.iter().any(unknown::is_each) {
                    self.note_supposed(|| {
                        format!("how often `{}` goes round is not known", step.name)
                    });
                }
                if items.is_empty() {
                    self.succeed(runbook, step, (Map::new(), None), notes);
                    return Ok(());
                }
                Frame { step: step.name.clone(), round: 1, items: Some(items), most: u32::MAX }
            }
            LoopRule::While { max_iterations, .. } => {
                let most = match max_iterations {
                    Some(input) => self.count("MaxIterations", input)?,
                    None => i64::try_from(MOST_ROUNDS).unwrap_or(i64::MAX),
                };
                let most = u32::try_from(most).unwrap_or(u32::MAX);
                if usize::try_from(most).is_ok_and(|most| most > MOST_ROUNDS) {
                    let message = format!("`MaxIterations`: {most}, at most {MOST_ROUNDS}");
                    return Err(StepError::new("InvalidInput", message));
                }
                Frame { step: step.name.clone(), round: 1, items: None, most }
            }
        };
        self.frames.push(frame);
        self.doing = match step.inner().first() {
            Some(inner) => Doing::Entering { step: inner.name.clone(), attempt: 1 },
            None => Doing::Ended,
        };
        Ok(())
    }

    /// The elements that a loop goes through.
    fn items(
        &self,
        items: &crate::input::Input,
        data_type: Option<DataType>,
    ) -> Result<Vec<Value>, StepError> {
        let wrong =
            |reason: String| StepError::new("InvalidInput", format!("`Iterators`: {reason}"));
        let value = items.resolve(self).map_err(|error| wrong(error.to_string()))?;
        if let Some(list) = self.unknown_list(&value) {
            return Ok(vec![list]);
        }
        let value = match (&value, data_type) {
            (Value::Null, _) => Value::Array(Vec::new()),
            (_, Some(DataType::StringMap)) => {
                DataType::MapList.convert(&value).map_err(|error| wrong(error.to_string()))?
            }
            (Value::Array(_), _) => value,
            _ => DataType::StringList.convert(&value).map_err(|error| wrong(error.to_string()))?,
        };
        let mut elements = match value {
            Value::Array(elements) => elements,
            single => vec![single],
        };
        // `["{{ step.InstanceIds }}"]` is how many write the list itself.
        if matches!(elements.as_slice(), [Value::Array(_)])
            && let Some(Value::Array(inner)) = elements.pop()
        {
            elements = inner;
        }
        if elements.len() > MOST_ROUNDS {
            return Err(wrong(format!("{} elements, at most {MOST_ROUNDS}", elements.len())));
        }
        match data_type {
            Some(data_type) => elements
                .iter()
                .map(|element| {
                    if self.is_unknown(element) {
                        return Ok(element.clone());
                    }
                    data_type.convert(element).map_err(|error| wrong(error.to_string()))
                })
                .collect(),
            None => Ok(elements),
        }
    }

    /// Takes the answer of the effect that is under way.
    pub(super) fn answered(
        &mut self,
        runbook: &Runbook,
        number: u64,
        result: &Result<Value, EffectError>,
        at: Timestamp,
    ) -> Result<(), ExecutionError> {
        let not_under_way = ExecutionError::NotUnderWay { number };
        match &mut self.doing {
            Doing::Running(attempt) => match &attempt.pending {
                Pending::Effect { number: awaited, .. } if *awaited == number => {
                    attempt.answer = Some(result.clone());
                    attempt.pending = Pending::Nothing;
                }
                _ => return Err(not_under_way),
            },
            Doing::Preparing { left } if number == self.effects => match result {
                Ok(answer) if scope::is_secret(answer) => {
                    let name = left.first().map_or("", String::as_str);
                    let message = format!(
                        "the parameter `{name}` is a SecureString, which a runbook cannot refer to: have a step read it"
                    );
                    self.fail_before_start(&EffectError::new("UnsupportedParameterType", message));
                }
                Ok(answer) => {
                    let name = left.remove(0);
                    let is_last = left.is_empty();
                    self.store.insert(name, scope::parameter_value(answer));
                    if is_last {
                        self.fill_parameters();
                        self.doing = Doing::entering_first(runbook);
                    } else {
                        self.effects += 1;
                    }
                }
                Err(error) => self.fail_before_start(error),
            },
            _ => return Err(not_under_way),
        }
        self.now = self.now.max(at);
        Ok(())
    }

    /// Puts values of the Parameter Store where parameters refer to them.
    fn fill_parameters(&mut self) {
        let mut filled = self.parameters.clone();
        for value in filled.values_mut() {
            fill(value, self);
        }
        self.parameters = filled;
    }

    /// Time went by.
    pub(super) fn woke(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        let now = self.now;
        if let Doing::Running(attempt) = &mut self.doing
            && let Pending::Time { until: Some(until), .. } = &attempt.pending
            && *until <= now
            && !attempt.is_late(now)
        {
            attempt.pending = Pending::Nothing;
        }
    }

    /// Somebody said something.
    pub(super) fn signalled(&mut self, signal: &Signal) -> Result<(), ExecutionError> {
        let Doing::Running(attempt) = &mut self.doing else {
            return Err(ExecutionError::NotAwaited);
        };
        if matches!(signal.kind, SignalKind::Approve | SignalKind::Reject)
            && !is_asked(attempt.inputs.get("Approvers"), &signal.by)
        {
            return Err(ExecutionError::NotAsked { by: signal.by.clone() });
        }
        let Pending::Time { signals, .. } = &attempt.pending else {
            // What is said while the approvers are being told counts as well.
            if matches!(signal.kind, SignalKind::Approve | SignalKind::Reject)
                && attempt.inputs.contains_key("Approvers")
            {
                attempt.signals.push(signal.clone());
                return Ok(());
            }
            return Err(ExecutionError::NotAwaited);
        };
        if !signals.contains(&signal.kind) {
            return Err(ExecutionError::NotAwaited);
        }
        self.now = self.now.max(signal.at);
        attempt.signals.push(signal.clone());
        attempt.pending = Pending::Nothing;
        Ok(())
    }
}

/// Whether somebody is among those who are asked: by their whole name, without `person:`, or as the user or role of an ARN.
fn is_asked(approvers: Option<&Value>, by: &str) -> bool {
    let name = by.strip_prefix("person:").unwrap_or(by);
    let approvers = approvers.and_then(Value::as_array).into_iter().flatten();
    approvers.filter_map(Value::as_str).any(|approver| {
        let short = approver.rsplit_once('/').map_or(approver, |(_, name)| name);
        [by, name].contains(&approver) || approver.starts_with("arn:") && short == name
    })
}

/// Puts values in the place of the references in the texts of a value.
fn fill(value: &mut Value, scope: &dyn Scope) {
    match value {
        Value::String(text) => {
            if let Ok(resolved) = Template::parse(text).map(|template| template.resolve(scope))
                && let Ok(resolved) = resolved
            {
                *value = resolved;
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| fill(element, scope)),
        Value::Object(entries) => entries.values_mut().for_each(|value| fill(value, scope)),
        _ => {}
    }
}

fn too_late(step: &Step) -> StepError {
    StepError::new("TimedOut", format!("step `{}` took longer than it may", step.name))
}

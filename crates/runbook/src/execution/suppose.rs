//! Going on without having done anything, for dry runs: what a call would have given is unknown, and said to be.

use serde_json::{Map, Value, json};

use super::{Doing, Execution, ExecutionError, Note, Start, attempt::Pending, frame};
use crate::{
    action::Move,
    choice::Way,
    effect::Effect,
    possible_call::only_reads,
    runbook::Runbook,
    step::{Control, LoopRule, Step},
    unknown,
};

impl Execution {
    /// Begins an execution that only supposes.
    pub(crate) fn begin_supposing(
        runbook: &Runbook,
        start: Start,
    ) -> Result<(Self, Vec<Note>), ExecutionError> {
        let mut execution = Self::new(runbook, start)?;
        execution.supposed = Some(Vec::new());
        let notes = execution.advance(runbook)?;
        Ok((execution, notes))
    }

    /// Goes on as if what is under way had been done and had gone well.
    pub(crate) fn suppose(&mut self, runbook: &Runbook) -> Result<Vec<Note>, ExecutionError> {
        let Doing::Running(attempt) = &mut self.doing else { return Ok(Vec::new()) };
        let step = frame::find(runbook, &attempt.step)
            .ok_or_else(|| ExecutionError::OtherRunbook(attempt.step.clone()))?;
        if matches!(attempt.pending, Pending::Effect { .. }) {
            attempt.answer = Some(Ok(json!({})));
            attempt.pending = Pending::Nothing;
            // Whether a change is seen to be made cannot be asked, but further changes are wanted to be known.
            match attempt.proceed(step.action, self.now) {
                Move::Perform { effect, then, notes } if changes(&effect) => {
                    self.effects += 1;
                    (attempt.phase, attempt.notes) = (then.to_owned(), notes);
                    attempt.answer = None;
                    attempt.pending = Pending::Effect { effect, number: self.effects };
                    return Ok(Vec::new());
                }
                Move::Wait { until, signals, then, notes } if !signals.is_empty() => {
                    (attempt.phase, attempt.notes) = (then.to_owned(), notes);
                    attempt.answer = None;
                    attempt.pending = Pending::Time { until, signals: signals.to_vec() };
                    return Ok(Vec::new());
                }
                _ => {}
            }
        }
        let mut notes = Vec::new();
        self.succeed(runbook, step, (unknown_outputs(step), None), &mut notes);
        notes.extend(self.advance(runbook)?);
        Ok(notes)
    }

    /// The ways that a branch may lead, while it is not known which.
    pub(crate) fn ways(&self) -> &[Way] {
        match &self.doing {
            Doing::Choosing { ways, .. } => ways,
            _ => &[],
        }
    }

    /// Goes one of these ways.
    pub(crate) fn go_way(
        &mut self,
        runbook: &Runbook,
        way: &Way,
    ) -> Result<Vec<Note>, ExecutionError> {
        let Doing::Choosing { step, .. } = &self.doing else { return Ok(Vec::new()) };
        let step =
            frame::find(runbook, step).ok_or_else(|| ExecutionError::OtherRunbook(step.clone()))?;
        let mut notes = Vec::new();
        self.succeed(runbook, step, (Map::new(), way.next.clone()), &mut notes);
        notes.extend(self.advance(runbook)?);
        Ok(notes)
    }

    /// What was taken to be so since this was asked for the last time.
    pub(crate) fn take_supposed(&mut self) -> Vec<String> {
        self.supposed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The time.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.now
    }

    /// The rounds of the loops that it is in, outermost first.
    pub(crate) fn rounds(&self) -> Vec<u32> {
        self.frames.iter().map(|frame| frame.round).collect()
    }

    /// Whether a value is unknown, and may be.
    pub(super) fn is_unknown(&self, value: &Value) -> bool {
        self.supposed.is_some() && unknown::is_in(value)
    }

    /// What stands for the elements of a list, if the list itself is unknown: `["{{ step.Ids }}"]` is how many write one.
    pub(super) fn unknown_list(&self, value: &Value) -> Option<Value> {
        let list = match value {
            Value::Array(elements) => match elements.as_slice() {
                [only] => only,
                _ => return None,
            },
            other => other,
        };
        let text = list.as_str().filter(|_| self.is_unknown(list))?;
        Some(unknown::each(text))
    }

    pub(super) fn note_supposed(&mut self, what: impl FnOnce() -> String) {
        if let Some(supposed) = &mut self.supposed {
            supposed.push(what());
        }
    }

    /// Whether a loop goes on only if something holds that is unknown.
    pub(super) fn may_repeat(&self, step: &Step) -> bool {
        match &step.control {
            Control::Loop(repeated) => match &repeated.rule {
                LoopRule::While { condition, .. } => {
                    self.supposed.is_some() && condition.tell(self).is_ok_and(|it| it.is_none())
                }
                LoopRule::ForEach { .. } => false,
            },
            Control::None | Control::Branch(_) => false,
        }
    }
}

fn changes(effect: &Effect) -> bool {
    match effect {
        Effect::Call(call) => !only_reads(&call.service, &call.operation),
        Effect::Script(_) | Effect::Webhook(_) | Effect::Child(_) => true,
    }
}

fn unknown_outputs(step: &Step) -> Map<String, Value> {
    let of_action = step.action.outputs.iter().map(|(name, _)| *name);
    let of_step = step.outputs.iter().map(|output| output.name.as_str());
    let names = of_action.chain(of_step).chain(["Output", "OutputPayload"]);
    names.map(|name| (name.to_owned(), unknown::output(&step.name, name))).collect()
}

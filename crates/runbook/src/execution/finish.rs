//! How steps and executions end, and what comes next.

use serde_json::{Map, Value, json};

use super::{Doing, Execution, Failure, Note, Status, StepStatus, frame};
use crate::{
    action::StepError,
    data_type::render,
    effect::EffectError,
    effect::OUTCOME_UNKNOWN,
    runbook::Runbook,
    step::{Control, LoopRule, OnCancel, OnFailure, Step},
};

impl Execution {
    /// A step has done what it should. `next` is where a branch leads.
    pub(super) fn succeed(
        &mut self,
        runbook: &Runbook,
        step: &Step,
        (outputs, next): (Map<String, Value>, Option<String>),
        notes: &mut Vec<Note>,
    ) {
        self.leave(step, (StepStatus::Success, outputs, None), notes);
        if self.is_being_cancelled() {
            return self.follow_cancel(runbook, step, notes);
        }
        match (next, &step.next) {
            // A branch that leads somewhere is not the end, whatever it says.
            (Some(next), _) => self.go_to(runbook, &next, notes),
            (None, _) if step.is_end => self.end(runbook, notes),
            (None, Some(next)) => self.go_to(runbook, &next.step, notes),
            (None, None) => self.go_on(runbook, step, notes),
        }
    }

    /// A step has failed: it is tried again, or its failure has its consequences.
    pub(super) fn fail(
        &mut self,
        runbook: &Runbook,
        (step, attempt): (&Step, u32),
        (status, error): (StepStatus, StepError),
        notes: &mut Vec<Note>,
    ) {
        let most = step.max_attempts.as_ref().map(|input| self.count("maxAttempts", input));
        let most = most.and_then(Result::ok).unwrap_or(1);
        self.leave(step, (status, Map::new(), Some(error.clone())), notes);
        // What may have happened already is not tried again.
        let is_known = error.code != OUTCOME_UNKNOWN;
        if i64::from(attempt) < most && is_known && self.cancelled_by.is_none() {
            self.doing = Doing::Entering { step: step.name.clone(), attempt: attempt + 1 };
            return;
        }
        if step.is_critical && self.failure.is_none() {
            let status = match status {
                StepStatus::TimedOut => Status::TimedOut,
                StepStatus::Cancelled => Status::Cancelled,
                _ => Status::Failed,
            };
            self.failure = Some(Failure { step: step.name.clone(), status, error });
        }
        if self.is_being_cancelled() {
            return self.follow_cancel(runbook, step, notes);
        }
        if step.is_end {
            return self.end(runbook, notes);
        }
        match &step.on_failure {
            OnFailure::Abort => self.end(runbook, notes),
            OnFailure::Step(next) => self.go_to(runbook, &next.step, notes),
            OnFailure::Continue => match &step.next {
                Some(next) => self.go_to(runbook, &next.step, notes),
                None => self.go_on(runbook, step, notes),
            },
        }
    }

    /// Somebody wanted the execution to end while this step ran.
    pub(super) fn cancel(&mut self, runbook: &Runbook, step: &Step, notes: &mut Vec<Note>) {
        self.leave(step, (StepStatus::Cancelled, Map::new(), None), notes);
        self.follow_cancel(runbook, step, notes);
    }

    /// Whether somebody wants the execution to end, and it is not doing yet what it does in that case.
    pub(super) fn is_being_cancelled(&self) -> bool {
        self.cancelled_by.is_some() && self.status == Status::Cancelling
    }

    /// Goes where a step leads that was under way when somebody wanted the execution to end, however it ended itself.
    fn follow_cancel(&mut self, runbook: &Runbook, step: &Step, notes: &mut Vec<Note>) {
        self.status = Status::Cancelled;
        match &step.on_cancel {
            OnCancel::Step(next) => self.go_to(runbook, &next.step, notes),
            OnCancel::Abort => self.end(runbook, notes),
        }
    }

    /// The Parameter Store has no value for a parameter, or does not tell.
    pub(super) fn fail_before_start(&mut self, error: &EffectError) {
        let error = StepError::from(error);
        self.failure = Some(Failure { step: String::new(), status: Status::Failed, error });
        self.status = Status::Failed;
        self.doing = Doing::Ended;
    }

    /// The outputs of a step: those that its action always gives, and those that the document takes out of the answer.
    pub(super) fn take_outputs(
        &mut self,
        runbook: &Runbook,
        step: &Step,
        answer: &Value,
    ) -> Result<Map<String, Value>, StepError> {
        let mut outputs = Map::new();
        for (name, data_type) in step.action.outputs {
            let value = answer.get(*name).filter(|value| !value.is_null());
            if let Some(value) = value {
                // A script may return anything; what is declared is what most return.
                let value = data_type.convert(value).unwrap_or_else(|_| value.clone());
                outputs.insert((*name).to_owned(), value);
            }
        }
        for output in &step.outputs {
            let value = match output.selector.select(answer) {
                Some(Value::Null) | None => Value::Null,
                Some(found) => output.data_type.convert(&found).map_err(|error| {
                    StepError::new("InvalidOutput", format!("output `{}`: {error}", output.name))
                })?,
            };
            outputs.insert(output.name.clone(), value);
        }
        for whole in ["Output", "OutputPayload"] {
            if !outputs.contains_key(whole) {
                outputs.insert(whole.to_owned(), json!(render(answer)));
            }
        }
        if step.action.name == "aws:updateVariable" {
            self.set_variable(runbook, answer)?;
        }
        Ok(outputs)
    }

    fn set_variable(&mut self, runbook: &Runbook, answer: &Value) -> Result<(), StepError> {
        let name = answer.get("Name").and_then(Value::as_str).unwrap_or_default();
        let wrong = |reason: String| {
            StepError::new("InvalidVariable", format!("variable `{name}`: {reason}"))
        };
        let variable = runbook.variable(name).ok_or_else(|| wrong("there is none".to_owned()))?;
        let value = answer.get("Value").cloned().unwrap_or_default();
        if self.is_unknown(&value) {
            self.variables.insert(name.to_owned(), value);
            return Ok(());
        }
        let value = variable.data_type.convert(&value).map_err(|error| wrong(error.to_string()))?;
        if !variable.allowed_values.is_empty() && !variable.allowed_values.contains(&value) {
            return Err(wrong(format!("`{}` is none of the allowed values", render(&value))));
        }
        self.variables.insert(name.to_owned(), value);
        Ok(())
    }

    /// Notes how a step ended.
    fn leave(
        &mut self,
        step: &Step,
        (status, outputs, error): (StepStatus, Map<String, Value>, Option<StepError>),
        notes: &mut Vec<Note>,
    ) {
        self.steps.insert(step.name.clone(), status);
        self.outputs.insert(step.name.clone(), outputs.clone());
        notes.push(Note::StepEnded { step: step.name.clone(), status, outputs, error });
    }

    /// Goes to a step by name, out of the loops that do not have it.
    fn go_to(&mut self, runbook: &Runbook, name: &str, notes: &mut Vec<Note>) {
        while !frame::list(runbook, &self.frames).iter().any(|step| step.name == name) {
            let Some(left) = self.frames.pop() else { break };
            if let Some(step) = frame::find(runbook, &left.step) {
                self.leave(step, (StepStatus::Exited, Map::new(), None), notes);
            }
        }
        self.doing = Doing::Entering { step: name.to_owned(), attempt: 1 };
    }

    /// Goes to the step after another: the next in its list, the next round of the loop, or what comes after the loop.
    fn go_on(&mut self, runbook: &Runbook, step: &Step, notes: &mut Vec<Note>) {
        if let Some(next) = frame::after(frame::list(runbook, &self.frames), &step.name) {
            self.doing = Doing::Entering { step: next.name.clone(), attempt: 1 };
            return;
        }
        let Some(frame) = self.frames.last() else { return self.end(runbook, notes) };
        let Some(around) = frame::find(runbook, &frame.step) else {
            return self.end(runbook, notes);
        };
        if self.may_repeat(around) {
            self.note_supposed(|| {
                format!("whether `{}` goes round again is not known", around.name)
            });
            self.frames.pop();
            return self.succeed(runbook, around, (Map::new(), None), notes);
        }
        match self.is_repeated(around) {
            Ok(true) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.round += 1;
                }
                self.doing = match around.inner().first() {
                    Some(first) => Doing::Entering { step: first.name.clone(), attempt: 1 },
                    None => Doing::Ended,
                };
            }
            Ok(false) => {
                self.frames.pop();
                self.succeed(runbook, around, (Map::new(), None), notes);
            }
            Err(error) => {
                self.frames.pop();
                self.fail(runbook, (around, u32::MAX), (StepStatus::Failed, error), notes);
            }
        }
    }

    /// Whether a loop has another round.
    fn is_repeated(&self, step: &Step) -> Result<bool, StepError> {
        let (Control::Loop(repeated), Some(frame)) = (&step.control, self.frames.last()) else {
            return Ok(false);
        };
        match &repeated.rule {
            LoopRule::ForEach { .. } => Ok(!frame.is_last()),
            LoopRule::While { .. } if frame.round >= frame.most => Ok(false),
            LoopRule::While { condition, .. } => condition
                .holds(self)
                .map_err(|error| StepError::new("InvalidCondition", error.to_string())),
        }
    }

    /// Ends.
    pub(super) fn end(&mut self, runbook: &Runbook, notes: &mut Vec<Note>) {
        self.frames.clear();
        self.doing = Doing::Ended;
        self.status = match (&self.cancelled_by, &self.failure) {
            (Some(_), _) => Status::Cancelled,
            (None, Some(failure)) => failure.status,
            (None, None) => Status::Success,
        };
        let mut outputs = Map::new();
        for output in &runbook.outputs {
            let value = crate::template::Scope::value(self, &output.reference).unwrap_or_default();
            outputs.insert(output.reference.to_string(), value);
        }
        notes.push(Note::Ended { status: self.status, outputs });
    }
}

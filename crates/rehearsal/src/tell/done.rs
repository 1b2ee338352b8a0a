//! What was done, in order, and what of it could not be taken back.

use std::collections::BTreeMap;

use reeve_model::{Operation, catalog};
use reeve_runbook::{Call, Effect, inverse, operation_name};
use reeve_twin::{CallOutcome, ServedCall};
use reeve_types::ExecutionId;
use serde_json::{Map, Value, json};

use super::StepRun;
use crate::{
    views::{CallView, WithoutUndoView},
    watch::Seen,
};

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    pub(super) calls: Vec<CallView>,
    pub(super) without_undo: Vec<WithoutUndoView>,
}

/// Tells of everything that was seen, and notes it with its step.
pub(super) fn tell(seen: Vec<Seen>, runs: &mut BTreeMap<ExecutionId, Vec<StepRun>>) -> Done {
    let mut done = Done::default();
    for one in seen {
        let first = done.calls.len();
        done.take(&one);
        let numbers = done.calls.iter().skip(first).map(|call| call.number);
        let is_own = |run: &&mut StepRun| {
            Some(&run.view.step) == one.step.as_ref() && run.began <= one.records
        };
        let runs = runs.get_mut(&one.execution);
        if let Some(run) = runs.and_then(|runs| runs.iter_mut().rev().find(is_own)) {
            run.view.calls.extend(numbers);
        }
    }
    done
}

impl Done {
    fn take(&mut self, seen: &Seen) {
        let call = self.call(seen);
        let number = call.number;
        if let Some(why) = without_undo(seen) {
            let (step, what) = (call.step.clone(), call.what.clone());
            self.without_undo.push(WithoutUndoView { call: number, step, what, why });
        }
        self.calls.push(call);
        for served in &seen.served {
            self.take_served(seen, number, served);
        }
    }

    fn call(&self, seen: &Seen) -> CallView {
        let (kind, what, reads, input) = match &seen.effect {
            Effect::Call(call) => {
                ("call", name_of(call), only_reads(call), Value::Object(call.input.clone()))
            }
            Effect::Script(script) => {
                ("script", script.runtime.clone(), false, script.payload.clone())
            }
            Effect::Child(child) => {
                let input = Value::Object(child.parameters.clone());
                ("runbook", child.document.clone(), false, input)
            }
            Effect::Webhook(webhook) => {
                let input = json!({ "Body": webhook.body });
                ("webhook", webhook.integration.clone(), false, input)
            }
        };
        let error = seen.result.as_ref().err();
        CallView {
            number: self.calls.len() + 1,
            execution: seen.execution.to_string(),
            step: seen.step.clone(),
            at: seen.at,
            kind,
            what,
            reads,
            input,
            answer: seen.result.as_ref().ok().cloned(),
            error: error.map(|error| format!("{}: {}", error.code, error.message)),
            script: None,
            printed: Some(seen.log.clone()).filter(|log| !log.is_empty()),
            supposed: seen.supposed,
        }
    }

    /// A call that a script made.
    fn take_served(&mut self, seen: &Seen, script: usize, served: &ServedCall) {
        let number = self.calls.len() + 1;
        let call = Call {
            service: served.service.clone(),
            operation: served.operation.clone(),
            input: Map::new(),
        };
        let what = name_of(&call);
        let (is_read, has_failed) =
            (only_reads(&call), matches!(served.outcome, CallOutcome::Failed(_)));
        if !is_read && !has_failed {
            let why = "a script made it, and what was before is not kept".to_owned();
            let (step, what) = (seen.step.clone(), what.clone());
            self.without_undo.push(WithoutUndoView { call: number, step, what, why });
        }
        let answer = served.answer.clone().unwrap_or_default();
        let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        self.calls.push(CallView {
            number,
            execution: seen.execution.to_string(),
            step: seen.step.clone(),
            at: served.at,
            kind: "call",
            what,
            reads: is_read,
            input: read(&served.input),
            answer: (!has_failed).then(|| read(&answer)),
            error: has_failed.then_some(answer),
            script: Some(script),
            printed: None,
            supposed: false,
        });
    }
}

fn name_of(call: &Call) -> String {
    format!("{}:{}", call.service, call.operation)
}

fn only_reads(call: &Call) -> bool {
    let Ok(service) = catalog().service(&call.service) else { return false };
    let name = operation_name(&service, &call.operation);
    service.operation(&name).is_ok_and(Operation::only_reads)
}

/// Why something that was done could not be taken back, if it could not.
fn without_undo(seen: &Seen) -> Option<String> {
    match (&seen.effect, &seen.result) {
        (Effect::Call(call), Ok(answer)) if !only_reads(call) => {
            let nothing = Map::new();
            let before = seen.before.as_ref().unwrap_or(&nothing);
            inverse(call, before, answer).err().map(|why| why.to_string())
        }
        (Effect::Webhook(_), _) => {
            Some("what a request to another server changes is not known".to_owned())
        }
        _ => None,
    }
}

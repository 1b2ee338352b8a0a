//! The document of a ledger entry: one shape per kind of event.

use reeve_care::progress::{Direction, PlanEvent, Step};
use reeve_types::{ExecutionId, PlanId, RunId};
use serde::{Deserialize, Serialize};

use super::{DocumentError, from_json, to_json};
use crate::entry::{Event, RunFinished};

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum VersionedEvent {
    #[serde(rename = "1")]
    V1(EventV1),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum EventV1 {
    #[serde(rename = "plan.proposed")]
    PlanProposed { plan: String, digest: String },
    #[serde(rename = "plan.approved")]
    PlanApproved { plan: String, digest: String, comment: String },
    #[serde(rename = "plan.refused")]
    PlanRefused { plan: String, comment: String },
    #[serde(rename = "plan.superseded")]
    PlanSuperseded { plan: String, by: Option<String> },
    #[serde(rename = "plan.apply_requested")]
    PlanApplyRequested { plan: String },
    #[serde(rename = "plan.action")]
    PlanAction {
        plan: String,
        direction: DirectionV1,
        number: u32,
        step: StepV1,
        detail: Option<String>,
    },
    #[serde(rename = "plan.apply_finished")]
    PlanApplyFinished { plan: String },
    #[serde(rename = "plan.undo_requested")]
    PlanUndoRequested { plan: String, comment: String },
    #[serde(rename = "plan.undo_finished")]
    PlanUndoFinished { plan: String },
    #[serde(rename = "run.finished")]
    RunFinished(RunFinishedV1),
    #[serde(rename = "run.failed")]
    RunFailed { run: String, message: String },
    #[serde(rename = "call.started")]
    CallStarted { call: String, input_digest: String },
    #[serde(rename = "call.ended")]
    CallEnded { call: String, failure: Option<String> },
    #[serde(rename = "execution.started")]
    ExecutionStarted {
        execution: String,
        runbook: String,
        digest: String,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
    #[serde(rename = "execution.told")]
    ExecutionTold { execution: String, word: String, comment: String },
    #[serde(rename = "execution.calls")]
    ExecutionCalls { execution: String, step: String, call: String, input_digest: String },
    #[serde(rename = "execution.undo_started")]
    ExecutionUndoStarted { execution: String, undo: String, changes: u64, left: u64 },
    #[serde(rename = "execution.ended")]
    ExecutionEnded { execution: String, status: String, failure: Option<String> },
    #[serde(rename = "estate.suspended")]
    EstateSuspended { reason: String },
    #[serde(rename = "estate.resumed")]
    EstateResumed {},
    #[serde(rename = "profile.changed")]
    ProfileChanged { controller: String, digest: String, previous: Option<String> },
    #[serde(rename = "estate.changed")]
    EstateChanged { digest: String, previous: Option<String>, changes: Vec<String> },
}

#[derive(Serialize, Deserialize)]
struct RunFinishedV1 {
    run: String,
    controller: String,
    resources: u64,
    failing: u64,
    scopes: u64,
    unknown_scopes: u64,
    milliseconds: u64,
    profile_digest: String,
    plan: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DirectionV1 {
    Apply,
    Undo,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepV1 {
    Pending,
    Started,
    Performed,
    Verified,
    Refused,
    Failed,
}

/// Writes an event's document in the newest version.
pub(crate) fn write_event(event: &Event) -> Result<String, DocumentError> {
    to_json(&VersionedEvent::V1(event_to_v1(event)))
}

/// Reads an event's document of any version.
pub(crate) fn read_event(json: &str) -> Result<Event, DocumentError> {
    match from_json(json)? {
        VersionedEvent::V1(event) => event_from_v1(event),
    }
}

fn event_to_v1(event: &Event) -> EventV1 {
    match event {
        Event::Plan { plan, event } => plan_event_to_v1(plan.to_string(), event),
        Event::RunFinished(run) => EventV1::RunFinished(run_to_v1(run)),
        Event::RunFailed { run, message } => {
            EventV1::RunFailed { run: run.to_string(), message: message.clone() }
        }
        Event::CallStarted { call, input_digest } => {
            EventV1::CallStarted { call: call.clone(), input_digest: input_digest.clone() }
        }
        Event::CallEnded { call, failure } => {
            EventV1::CallEnded { call: call.clone(), failure: failure.clone() }
        }
        Event::ExecutionStarted { execution, runbook, digest, reason, role } => {
            EventV1::ExecutionStarted {
                execution: execution.to_string(),
                runbook: runbook.clone(),
                digest: digest.clone(),
                reason: reason.clone(),
                role: role.clone(),
            }
        }
        Event::ExecutionTold { execution, word, comment } => EventV1::ExecutionTold {
            execution: execution.to_string(),
            word: word.clone(),
            comment: comment.clone(),
        },
        Event::ExecutionCalls { execution, step, call, input_digest } => EventV1::ExecutionCalls {
            execution: execution.to_string(),
            step: step.clone(),
            call: call.clone(),
            input_digest: input_digest.clone(),
        },
        Event::ExecutionUndoStarted { execution, undo, changes, left } => {
            EventV1::ExecutionUndoStarted {
                execution: execution.to_string(),
                undo: undo.to_string(),
                changes: *changes,
                left: *left,
            }
        }
        Event::ExecutionEnded { execution, status, failure } => EventV1::ExecutionEnded {
            execution: execution.to_string(),
            status: status.clone(),
            failure: failure.clone(),
        },
        Event::Suspended { reason } => EventV1::EstateSuspended { reason: reason.clone() },
        Event::Resumed => EventV1::EstateResumed {},
        Event::ProfileChanged { controller, digest, previous } => EventV1::ProfileChanged {
            controller: controller.clone(),
            digest: digest.clone(),
            previous: previous.clone(),
        },
        Event::EstateChanged { digest, previous, changes } => EventV1::EstateChanged {
            digest: digest.clone(),
            previous: previous.clone(),
            changes: changes.clone(),
        },
    }
}

fn execution_event_from_v1(event: EventV1) -> Result<Event, DocumentError> {
    let execution_id = |text: &str| text.parse::<ExecutionId>().map_err(DocumentError::text);
    Ok(match event {
        EventV1::ExecutionStarted { execution, runbook, digest, reason, role } => {
            let execution = execution_id(&execution)?;
            Event::ExecutionStarted { execution, runbook, digest, reason, role }
        }
        EventV1::ExecutionTold { execution, word, comment } => {
            Event::ExecutionTold { execution: execution_id(&execution)?, word, comment }
        }
        EventV1::ExecutionCalls { execution, step, call, input_digest } => {
            let execution = execution_id(&execution)?;
            Event::ExecutionCalls { execution, step, call, input_digest }
        }
        EventV1::ExecutionUndoStarted { execution, undo, changes, left } => {
            let (execution, undo) = (execution_id(&execution)?, execution_id(&undo)?);
            Event::ExecutionUndoStarted { execution, undo, changes, left }
        }
        EventV1::ExecutionEnded { execution, status, failure } => {
            Event::ExecutionEnded { execution: execution_id(&execution)?, status, failure }
        }
        _ => return Err(DocumentError::text("no event of an execution")),
    })
}

fn plan_event_to_v1(plan: String, event: &PlanEvent) -> EventV1 {
    match event {
        PlanEvent::Proposed { digest } => EventV1::PlanProposed { plan, digest: digest.clone() },
        PlanEvent::Approved { digest, comment } => {
            EventV1::PlanApproved { plan, digest: digest.clone(), comment: comment.clone() }
        }
        PlanEvent::Refused { comment } => EventV1::PlanRefused { plan, comment: comment.clone() },
        PlanEvent::Superseded { by } => {
            EventV1::PlanSuperseded { plan, by: by.map(|newer| newer.to_string()) }
        }
        PlanEvent::ApplyRequested => EventV1::PlanApplyRequested { plan },
        PlanEvent::Action { direction, number, step } => {
            let (step, detail) = step_to_v1(step);
            let direction = match direction {
                Direction::Apply => DirectionV1::Apply,
                Direction::Undo => DirectionV1::Undo,
            };
            EventV1::PlanAction { plan, direction, number: *number, step, detail }
        }
        PlanEvent::ApplyFinished => EventV1::PlanApplyFinished { plan },
        PlanEvent::UndoRequested { comment } => {
            EventV1::PlanUndoRequested { plan, comment: comment.clone() }
        }
        PlanEvent::UndoFinished => EventV1::PlanUndoFinished { plan },
    }
}

fn step_to_v1(step: &Step) -> (StepV1, Option<String>) {
    match step {
        Step::Pending => (StepV1::Pending, None),
        Step::Started => (StepV1::Started, None),
        Step::Performed => (StepV1::Performed, None),
        Step::Verified => (StepV1::Verified, None),
        Step::Refused(reason) => (StepV1::Refused, Some(reason.clone())),
        Step::Failed(reason) => (StepV1::Failed, Some(reason.clone())),
    }
}

fn run_to_v1(finished: &RunFinished) -> RunFinishedV1 {
    let RunFinished {
        run,
        controller,
        resources,
        failing,
        scopes,
        unknown_scopes,
        milliseconds,
        profile_digest,
        plan,
        alerts,
    } = finished;
    RunFinishedV1 {
        run: run.to_string(),
        controller: controller.clone(),
        resources: *resources,
        failing: *failing,
        scopes: *scopes,
        unknown_scopes: *unknown_scopes,
        milliseconds: *milliseconds,
        profile_digest: profile_digest.clone(),
        plan: plan.map(|plan| plan.to_string()),
        alerts: alerts.clone(),
    }
}

fn event_from_v1(event: EventV1) -> Result<Event, DocumentError> {
    let (plan, event) = match event {
        EventV1::ExecutionStarted { .. }
        | EventV1::ExecutionTold { .. }
        | EventV1::ExecutionCalls { .. }
        | EventV1::ExecutionUndoStarted { .. }
        | EventV1::ExecutionEnded { .. } => return execution_event_from_v1(event),
        EventV1::PlanProposed { plan, digest } => (plan, PlanEvent::Proposed { digest }),
        EventV1::PlanApproved { plan, digest, comment } => {
            (plan, PlanEvent::Approved { digest, comment })
        }
        EventV1::PlanRefused { plan, comment } => (plan, PlanEvent::Refused { comment }),
        EventV1::PlanSuperseded { plan, by } => {
            let by = by.as_deref().map(plan_id).transpose()?;
            (plan, PlanEvent::Superseded { by })
        }
        EventV1::PlanApplyRequested { plan } => (plan, PlanEvent::ApplyRequested),
        EventV1::PlanAction { plan, direction, number, step, detail } => {
            let direction = match direction {
                DirectionV1::Apply => Direction::Apply,
                DirectionV1::Undo => Direction::Undo,
            };
            (plan, PlanEvent::Action { direction, number, step: step_from_v1(&step, detail) })
        }
        EventV1::PlanApplyFinished { plan } => (plan, PlanEvent::ApplyFinished),
        EventV1::PlanUndoRequested { plan, comment } => {
            (plan, PlanEvent::UndoRequested { comment })
        }
        EventV1::PlanUndoFinished { plan } => (plan, PlanEvent::UndoFinished),
        EventV1::RunFinished(run) => return Ok(Event::RunFinished(run_from_v1(run)?)),
        EventV1::RunFailed { run, message } => {
            return Ok(Event::RunFailed { run: run_id(&run)?, message });
        }
        EventV1::CallStarted { call, input_digest } => {
            return Ok(Event::CallStarted { call, input_digest });
        }
        EventV1::CallEnded { call, failure } => return Ok(Event::CallEnded { call, failure }),
        EventV1::EstateSuspended { reason } => return Ok(Event::Suspended { reason }),
        EventV1::EstateResumed {} => return Ok(Event::Resumed),
        EventV1::ProfileChanged { controller, digest, previous } => {
            return Ok(Event::ProfileChanged { controller, digest, previous });
        }
        EventV1::EstateChanged { digest, previous, changes } => {
            return Ok(Event::EstateChanged { digest, previous, changes });
        }
    };
    Ok(Event::Plan { plan: plan_id(&plan)?, event })
}

fn step_from_v1(step: &StepV1, detail: Option<String>) -> Step {
    match step {
        StepV1::Pending => Step::Pending,
        StepV1::Started => Step::Started,
        StepV1::Performed => Step::Performed,
        StepV1::Verified => Step::Verified,
        StepV1::Refused => Step::Refused(detail.unwrap_or_default()),
        StepV1::Failed => Step::Failed(detail.unwrap_or_default()),
    }
}

fn run_from_v1(finished: RunFinishedV1) -> Result<RunFinished, DocumentError> {
    let RunFinishedV1 {
        run,
        controller,
        resources,
        failing,
        scopes,
        unknown_scopes,
        milliseconds,
        profile_digest,
        plan,
        alerts,
    } = finished;
    Ok(RunFinished {
        run: run_id(&run)?,
        controller,
        resources,
        failing,
        scopes,
        unknown_scopes,
        milliseconds,
        profile_digest,
        plan: plan.as_deref().map(plan_id).transpose()?,
        alerts,
    })
}

fn plan_id(text: &str) -> Result<PlanId, DocumentError> {
    text.parse().map_err(DocumentError::text)
}

fn run_id(text: &str) -> Result<RunId, DocumentError> {
    text.parse().map_err(DocumentError::text)
}

#[cfg(test)]
mod tests;

//! Where an execution stands now: what it waits for, until when, and what may be said to it.

use reeve_runbook::{Decision, Execution, SignalKind};
use reeve_store::{ExecutionSummary, Store};
use reeve_types::ExecutionId;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    aside::UNREADABLE,
    drive::{Stored, from_json},
    view::ExecutionView,
};
use crate::Error;

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandingView {
    /// The execution.
    #[serde(flatten)]
    pub execution: ExecutionView,
    /// What its parameters are.
    pub parameters: Map<String, Value>,
    /// What it waits for, if it waits.
    pub waits: Option<WaitView>,
    /// The words that it would take now: `approve`, `reject`, `pause`, `resume`, `cancel`.
    pub may: Vec<&'static str>,
    /// Why it failed, if it did.
    pub failure: Option<FailureView>,
}

/// What an execution waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitView {
    /// When it goes on by itself, or gives up; nothing if only somebody's word ends it.
    pub until: Option<jiff::Timestamp>,
    /// Whether it waits for somebody's word.
    pub is_for_somebody: bool,
    /// What those who are asked are told.
    pub message: Option<String>,
    /// Who is asked.
    pub approvers: Vec<String>,
    /// How many of them have to say yes.
    pub needed: Option<u64>,
}

/// Why an execution failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureView {
    /// The step that failed.
    pub step: String,
    /// Why.
    pub message: String,
}

/// Where an execution stands, from its row and its state.
pub(super) async fn standing(store: &Store, id: ExecutionId) -> Result<StandingView, Error> {
    // Its row first: if that says that it has ended, its state is the last.
    let summary = store.execution(id).await.map_err(Error::store)?;
    let state = store.execution_state(id).await.map_err(Error::store)?;
    // One that cannot be read is shown all the same: somebody has to say what becomes of it.
    Ok(match from_json::<Stored>(&state) {
        Ok(stored) => view(&summary, &stored),
        Err(_) => unreadable(&summary),
    })
}

fn view(summary: &ExecutionSummary, stored: &Stored) -> StandingView {
    let execution = &stored.execution;
    let decision = execution.decision();
    let mut may: Vec<&'static str> = match &decision {
        Decision::Wait { signals, .. } => signals.iter().map(|signal| word(*signal)).collect(),
        Decision::Perform { .. } | Decision::End(_) => Vec::new(),
    };
    let is_going = summary.ended_at.is_none();
    if is_going && summary.status != "Cancelling" {
        if stored.hold.by.is_some() || summary.status == UNREADABLE {
            may = vec!["resume"];
        } else {
            may.push("pause");
        }
        may.push("cancel");
    }
    let failure = execution.failure();
    StandingView {
        execution: ExecutionView::new(summary),
        parameters: execution.parameters().clone(),
        waits: waits(&decision, execution).filter(|_| stored.hold.is_free()),
        may,
        failure: failure
            .map(|(step, error)| FailureView { step: step.to_owned(), message: error.to_string() }),
    }
}

fn unreadable(summary: &ExecutionSummary) -> StandingView {
    let is_going = summary.ended_at.is_none();
    StandingView {
        execution: ExecutionView::new(summary),
        parameters: Map::new(),
        waits: None,
        may: if is_going { vec!["resume", "cancel"] } else { Vec::new() },
        failure: None,
    }
}

fn word(signal: SignalKind) -> &'static str {
    match signal {
        SignalKind::Approve => "approve",
        SignalKind::Reject => "reject",
        SignalKind::Resume => "resume",
    }
}

fn waits(decision: &Decision, execution: &Execution) -> Option<WaitView> {
    let Decision::Wait { until, signals } = decision else { return None };
    let is_asking = signals.contains(&SignalKind::Approve);
    let asked = |name: &str| execution.current_inputs()?.get(name).filter(|_| is_asking);
    let approvers = asked("Approvers").and_then(Value::as_array);
    Some(WaitView {
        until: *until,
        is_for_somebody: !signals.is_empty(),
        message: asked("Message").and_then(Value::as_str).map(str::to_owned),
        approvers: approvers.into_iter().flatten().map(reeve_runbook::render).collect(),
        needed: is_asking
            .then(|| asked("MinRequiredApprovals").and_then(Value::as_u64).unwrap_or(1)),
    })
}

//! What the ledger records: who, when, and what happened.
//!
//! An [`Event`] is what happened; an [`Entry`] is an event in its place in the chain. Kinds are words for filters and
//! tables; summaries are sentences for people. Neither is read back: an event is read from its document
//! ([`crate::serialize`]).

use jiff::Timestamp;
use reeve_care::progress::{Direction, PlanEvent, Step};
use reeve_types::{AccountId, Actor, ExecutionId, PlanId, Region, RunId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something happened to a plan.
    Plan {
        /// The plan.
        plan: PlanId,
        /// What happened to it.
        event: PlanEvent,
    },
    /// A run looked at the estate and decided.
    RunFinished(RunFinished),
    /// A run came to nothing.
    RunFailed {
        /// The run.
        run: RunId,
        /// What stood in its way.
        message: String,
    },
    /// Someone is about to make a call of their own that may change something, outside of any plan.
    CallStarted {
        /// The call, as `service:Operation`.
        call: String,
        /// The SHA-256 of its input as JSON: inputs may hold secrets.
        input_digest: String,
    },
    /// Such a call came to its end.
    CallEnded {
        /// The call, as `service:Operation`.
        call: String,
        /// How it failed, if it did.
        failure: Option<String>,
    },
    /// A runbook was started.
    ExecutionStarted {
        /// The execution.
        execution: ExecutionId,
        /// The name of the runbook.
        runbook: String,
        /// The digest of its document.
        digest: String,
        /// Why.
        reason: String,
        /// The role that it runs as, if it is not the account's own.
        role: Option<String>,
    },
    /// Someone said something to an execution.
    ExecutionTold {
        /// The execution.
        execution: ExecutionId,
        /// What: `approve`, `reject`, `resume`, `cancel`.
        word: String,
        /// Why.
        comment: String,
    },
    /// An execution is about to make a call that may change something.
    ExecutionCalls {
        /// The execution.
        execution: ExecutionId,
        /// The step.
        step: String,
        /// The call, as `service:Operation`.
        call: String,
        /// The SHA-256 of its input as JSON: inputs may hold secrets.
        input_digest: String,
    },
    /// An execution was begun that takes another back.
    ExecutionUndoStarted {
        /// The execution that is taken back.
        execution: ExecutionId,
        /// The one that takes it back.
        undo: ExecutionId,
        /// How many changes are taken back.
        changes: u64,
        /// How many stay as they are.
        left: u64,
    },
    /// An execution ended.
    ExecutionEnded {
        /// The execution.
        execution: ExecutionId,
        /// How, in the words of the service.
        status: String,
        /// What failed, if something did.
        failure: Option<String>,
    },
    /// Someone stopped every change to the estate.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Someone let changes go on.
    Resumed,
    /// A controller's profile is not what it was.
    ProfileChanged {
        /// The controller whose profile it is.
        controller: String,
        /// The digest of the new one.
        digest: String,
        /// The digest of the one before, if there was one.
        previous: Option<String>,
    },
    /// The estate file is not what it was.
    EstateChanged {
        /// The digest of the new one.
        digest: String,
        /// The digest of the one before, if there was one.
        previous: Option<String>,
        /// What changed, one difference each.
        changes: Vec<String>,
    },
}

/// What a run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFinished {
    /// The run.
    pub run: RunId,
    /// The controller that decided.
    pub controller: String,
    /// How many resources were observed.
    pub resources: u64,
    /// How many of them are not as they should be.
    pub failing: u64,
    /// How many scopes were looked at.
    pub scopes: u64,
    /// How many of them could not be looked at.
    pub unknown_scopes: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// The digest of the profile that was decided by.
    pub profile_digest: String,
    /// The plan that came of it, if there was something to do.
    pub plan: Option<PlanId>,
    /// What someone should look at, one sentence each: such as more resources that nobody keeps than before.
    pub alerts: Vec<String>,
}

/// An event that is about to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// The account it happened in, if it was one.
    pub account: Option<AccountId>,
    /// The Region it happened in, if it was one.
    pub region: Option<Region>,
}

/// An event in its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, from 1 without gaps.
    pub sequence: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// The account it happened in, if it was one.
    pub account: Option<AccountId>,
    /// The Region it happened in, if it was one.
    pub region: Option<Region>,
    /// The event's document, exactly as it is stored and hashed: JSON.
    pub data: String,
    /// The hash over all of this and the entry before, in lower-case hexadecimal.
    pub hash: String,
}

impl NewEntry {
    /// An event by `actor` that concerns no single place.
    pub fn new(actor: Actor, event: Event) -> Self {
        Self { actor, event, account: None, region: None }
    }

    /// The same, in `account` and `region`.
    #[must_use]
    pub fn within(self, account: AccountId, region: Region) -> Self {
        Self { account: Some(account), region: Some(region), ..self }
    }
}

impl Entry {
    /// The kind of event, such as `plan.approved`.
    pub fn kind(&self) -> &'static str {
        self.event.kind()
    }

    /// One sentence for people; who and when stand beside it.
    pub fn summary(&self) -> String {
        let sentence = self.event.summary();
        match (&self.account, &self.region) {
            (Some(account), Some(region)) => format!("{sentence} (in {account} {region})"),
            (Some(account), None) => format!("{sentence} (in {account})"),
            (None, _) => sentence,
        }
    }
}

impl Event {
    /// The kind of event, such as `plan.approved` or `plan.action.started`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Plan { event, .. } => plan_kind(event),
            Self::RunFinished(_) => "run.finished",
            Self::RunFailed { .. } => "run.failed",
            Self::CallStarted { .. } => "call.started",
            Self::CallEnded { failure: None, .. } => "call.succeeded",
            Self::CallEnded { failure: Some(_), .. } => "call.failed",
            Self::ExecutionStarted { .. } => "execution.started",
            Self::ExecutionTold { .. } => "execution.told",
            Self::ExecutionCalls { .. } => "execution.calls",
            Self::ExecutionUndoStarted { .. } => "execution.undo_started",
            Self::ExecutionEnded { .. } => "execution.ended",
            Self::Suspended { .. } => "estate.suspended",
            Self::Resumed => "estate.resumed",
            Self::ProfileChanged { .. } => "profile.changed",
            Self::EstateChanged { .. } => "estate.changed",
        }
    }

    /// The plan it concerns.
    pub fn plan(&self) -> Option<PlanId> {
        match self {
            Self::Plan { plan, .. } => Some(*plan),
            _ => None,
        }
    }

    /// The number of the plan's action that it concerns.
    pub fn action_number(&self) -> Option<u32> {
        match self {
            Self::Plan { event: PlanEvent::Action { number, .. }, .. } => Some(*number),
            _ => None,
        }
    }

    /// One sentence for people.
    pub fn summary(&self) -> String {
        match self {
            Self::Plan { plan, event } => plan_summary(*plan, event),
            Self::RunFinished(run) => run_summary(run),
            Self::RunFailed { run, message } => format!("{run} failed: {message}"),
            Self::CallStarted { call, .. } => format!("`{call}` is called outside of any plan"),
            Self::CallEnded { call, failure: None } => format!("`{call}` succeeded"),
            // A failure of AWS's begins with the call and where it was made.
            Self::CallEnded { call, failure: Some(failure) }
                if failure.starts_with(&format!("`{call}`")) =>
            {
                failure.clone()
            }
            Self::CallEnded { call, failure: Some(failure) } => {
                format!("`{call}` failed: {failure}")
            }
            Self::ExecutionStarted { execution, runbook, digest, reason, role } => {
                let role = role.as_ref().map(|role| format!(" as `{role}`")).unwrap_or_default();
                let digest = short(digest);
                said(&format!("{execution} of `{runbook}` ({digest}) was started{role}"), reason)
            }
            Self::ExecutionTold { execution, word, comment } => {
                said(&format!("{execution} was told to {word}"), comment)
            }
            Self::ExecutionCalls { execution, step, call, .. } => {
                format!("`{call}` is called by step `{step}` of {execution}")
            }
            Self::ExecutionUndoStarted { execution, undo, changes, left } => format!(
                "{undo} takes back {changes} changes of {execution}; {left} stay as they are"
            ),
            Self::ExecutionEnded { execution, status, failure } => said(
                &format!("{execution} ended: {status}"),
                failure.as_deref().unwrap_or_default(),
            ),
            Self::Suspended { reason } => said("every change was suspended", reason),
            Self::Resumed => "changes were resumed".to_owned(),
            Self::ProfileChanged { controller, digest, previous } => {
                format!("the profile of {controller} {}", became(digest, previous.as_deref()))
            }
            Self::EstateChanged { digest, previous, changes } => said(
                &format!("the estate {}", became(digest, previous.as_deref())),
                &changes.join("; "),
            ),
        }
    }
}

fn plan_kind(event: &PlanEvent) -> &'static str {
    match event {
        PlanEvent::Proposed { .. } => "plan.proposed",
        PlanEvent::Approved { .. } => "plan.approved",
        PlanEvent::Refused { .. } => "plan.refused",
        PlanEvent::Superseded { .. } => "plan.superseded",
        PlanEvent::ApplyRequested => "plan.apply_requested",
        PlanEvent::Action { direction, step, .. } => action_kind(*direction, step),
        PlanEvent::ApplyFinished => "plan.apply_finished",
        PlanEvent::UndoRequested { .. } => "plan.undo_requested",
        PlanEvent::UndoFinished => "plan.undo_finished",
    }
}

fn action_kind(direction: Direction, step: &Step) -> &'static str {
    match (direction, step) {
        (Direction::Apply, Step::Pending) => "plan.action.pending",
        (Direction::Apply, Step::Started) => "plan.action.started",
        (Direction::Apply, Step::Performed) => "plan.action.performed",
        (Direction::Apply, Step::Verified) => "plan.action.verified",
        (Direction::Apply, Step::Refused(_)) => "plan.action.refused",
        (Direction::Apply, Step::Failed(_)) => "plan.action.failed",
        (Direction::Undo, Step::Pending) => "plan.action.undo.pending",
        (Direction::Undo, Step::Started) => "plan.action.undo.started",
        (Direction::Undo, Step::Performed) => "plan.action.undo.performed",
        (Direction::Undo, Step::Verified) => "plan.action.undo.verified",
        (Direction::Undo, Step::Refused(_)) => "plan.action.undo.refused",
        (Direction::Undo, Step::Failed(_)) => "plan.action.undo.failed",
    }
}

fn plan_summary(plan: PlanId, event: &PlanEvent) -> String {
    match event {
        PlanEvent::Proposed { digest } => {
            format!("{plan} was proposed with digest {}", short(digest))
        }
        PlanEvent::Approved { digest, comment } => {
            said(&format!("{plan} was approved with digest {}", short(digest)), comment)
        }
        PlanEvent::Refused { comment } => said(&format!("{plan} was refused"), comment),
        PlanEvent::Superseded { by: Some(newer) } => format!("{plan} was superseded by {newer}"),
        PlanEvent::Superseded { by: None } => {
            format!("{plan} was superseded: nothing is left to do")
        }
        PlanEvent::ApplyRequested => format!("the apply of {plan} was requested"),
        PlanEvent::Action { direction, number, step } => {
            format!("action {number} of {plan}: {}", step_summary(*direction, step))
        }
        PlanEvent::ApplyFinished => format!("the apply of {plan} came to an end"),
        PlanEvent::UndoRequested { comment } => {
            said(&format!("the undo of {plan} was requested"), comment)
        }
        PlanEvent::UndoFinished => format!("the undo of {plan} came to an end"),
    }
}

fn step_summary(direction: Direction, step: &Step) -> String {
    let noun = match direction {
        Direction::Apply => "change",
        Direction::Undo => "undo",
    };
    match step {
        Step::Pending => format!("the {noun} waits for another try"),
        Step::Started => format!("the {noun} is about to be made"),
        Step::Performed => format!("the {noun} was made"),
        Step::Verified => format!("the {noun} was read back and is as wanted"),
        Step::Refused(reason) => format!("the {noun} was not attempted: {reason}"),
        Step::Failed(reason) => format!("the {noun} failed: {reason}"),
    }
}

fn run_summary(finished: &RunFinished) -> String {
    let RunFinished { run, resources, failing, scopes, unknown_scopes, plan, alerts, .. } =
        finished;
    let outcome =
        plan.map_or_else(|| "no plan came of it".to_owned(), |plan| format!("see {plan}"));
    let mut summary = format!(
        "{run} observed {resources} resources, {failing} of them not as they should be; \
         {unknown_scopes} of {scopes} scopes are unknown; {outcome}"
    );
    for alert in alerts {
        summary.push_str("; ");
        summary.push_str(alert);
    }
    summary
}

fn said(what: &str, comment: &str) -> String {
    if comment.is_empty() { what.to_owned() } else { format!("{what}: {comment}") }
}

fn became(digest: &str, previous: Option<&str>) -> String {
    match previous {
        Some(previous) => format!("changed from {} to {}", short(previous), short(digest)),
        None => format!("was read for the first time, {}", short(digest)),
    }
}

/// Enough of a digest to tell it from others by eye.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

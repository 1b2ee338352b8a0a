//! What can be told of a runbook before it runs: the calls that it would make, and what it has to be allowed.

use reeve_aws::{CallOptions, Target};
use reeve_runbook::{
    Call, DryRun, Effect, EffectError, Execution, Place, Plan, PlanEntry, Planned, Start, Wanted,
};
use reeve_types::{ExecutionId, Partition};
use serde::Serialize;
use serde_json::Value;

use super::{
    NamedRunbook, StartRequest, attachments, drive::target_of, perform::changes_something,
    read_runbook, values,
};
use crate::{App, Context, Error, access::policy_views, views::access::PolicyView};

/// What a runbook would do, in order.
#[derive(Debug, Serialize)]
pub struct DryRunView {
    /// The role that it would run as, if it is not the account's own.
    pub role: Option<String>,
    /// One entry for each thing that it would do.
    pub entries: Vec<DryRunEntry>,
    /// How many calls would change something.
    pub changes: usize,
    /// How many of those could not be taken back.
    pub without_undo: usize,
    /// All of it for people.
    #[serde(skip)]
    pub text: String,
}

/// What a runbook would do, and what was read to know it.
#[derive(Debug)]
pub struct Ahead {
    /// The role that it would run as, if it is not the account's own.
    pub role: Option<String>,
    /// What it would do.
    pub plan: Plan,
    /// What was read, in order.
    pub reads: Vec<AheadRead>,
}

/// A call that was made to know what a runbook would do.
#[derive(Debug)]
pub struct AheadRead {
    /// The call.
    pub call: Call,
    /// What came of it.
    pub answer: Result<reeve_model::Value, EffectError>,
}

/// One thing that a runbook would do.
#[derive(Debug, Serialize)]
pub struct DryRunEntry {
    /// The step.
    pub step: Option<String>,
    /// What, in words.
    pub summary: String,
    /// The call that would change something, as `service:Operation`.
    pub call: Option<String>,
    /// What it would be called with; what is not known yet stands in `«…»`.
    pub input: Option<Value>,
    /// Why it could not be taken back.
    pub without_undo: Option<String>,
}

/// What a runbook has to be allowed.
#[derive(Debug, Serialize)]
pub struct RunbookPolicyView {
    /// Whom it runs as, as `assumeRole` says it; without it, as the account's own role.
    pub role: Option<String>,
    /// The policies of whom it runs as.
    pub policies: Vec<PolicyView>,
    /// The policies that let the account's own role become that one.
    pub entry: Vec<PolicyView>,
    /// What is not known: one sentence each.
    pub unclear: Vec<String>,
}

impl App {
    /// Goes through a runbook without doing it: only what reads is called.
    pub async fn dry_run(
        &self,
        context: &Context,
        request: &StartRequest,
    ) -> Result<DryRunView, Error> {
        let ahead = self.look_ahead(context, request).await?;
        Ok(view(ahead.role, &ahead.plan))
    }

    /// Goes through a runbook without doing it, and keeps what was read on the way.
    pub async fn look_ahead(
        &self,
        context: &Context,
        request: &StartRequest,
    ) -> Result<Ahead, Error> {
        let runbook = read_runbook(&request.runbook)?;
        attachments::gather(&request.runbook, &runbook)?;
        let id = ExecutionId::from_uuid(self.ids.uuid(self.clock.now()));
        let start = Start {
            id: id.uuid().hyphenated().to_string(),
            place: Place { account: request.account.clone(), region: request.region.clone() },
            parameters: request.parameters.clone(),
            target: None,
            at: self.clock.now(),
        };
        let (execution, _) = Execution::begin(&runbook, start.clone()).map_err(Error::runbook)?;
        let role = self.role_of(&request.account, (&runbook, &execution))?;
        let target = Target {
            reason: Some("dry-run".to_owned()),
            ..target_of(context, id, (request, role.clone()))
        };
        self.try_role(&target).await?;
        let mut run = DryRun::begin(&runbook, start).map_err(Error::runbook)?;
        let mut reads = Vec::new();
        loop {
            match run.next_wanted().map_err(Error::runbook)? {
                Wanted::Read(call) => {
                    let answer = self.call_as_written(&target, &call, CallOptions::default()).await;
                    let seen = answer.as_ref().map(values::from_answer).map_err(Clone::clone);
                    reads.push(AheadRead { call, answer });
                    run.answered(seen).map_err(Error::runbook)?;
                }
                Wanted::End => return Ok(Ahead { role, plan: run.into_plan(), reads }),
                _ => {}
            }
        }
    }

    /// Makes a call as runbooks write them, if it only reads.
    pub async fn read_as_written(
        &self,
        target: &Target,
        call: &Call,
    ) -> Result<reeve_model::Value, EffectError> {
        if changes_something(&Effect::Call(call.clone())) {
            let message = format!("`{}:{}` may change something", call.service, call.operation);
            return Err(EffectError::new("NotARead", message));
        }
        self.call_as_written(target, call, CallOptions::default()).await
    }
}

fn view(role: Option<String>, plan: &Plan) -> DryRunView {
    let entries: Vec<DryRunEntry> = plan.entries.iter().map(entry).collect();
    DryRunView {
        role,
        changes: entries.iter().filter(|entry| entry.call.is_some()).count(),
        without_undo: entries.iter().filter(|entry| entry.without_undo.is_some()).count(),
        entries,
        text: plan.to_string(),
    }
}

fn entry(entry: &PlanEntry) -> DryRunEntry {
    let summary = entry.planned.to_string();
    let (call, without_undo) = match &entry.planned {
        Planned::Change { call, without_undo } => (Some(call), without_undo.clone()),
        _ => (None, None),
    };
    DryRunEntry {
        step: entry.step.clone(),
        summary,
        call: call.map(|call| format!("{}:{}", call.service, call.operation)),
        input: call.map(|call| Value::Object(call.input.clone())),
        without_undo,
    }
}

/// The policies that allow a runbook what it calls, and no more.
pub fn runbook_policy(
    named: &NamedRunbook,
    partition: Partition,
) -> Result<RunbookPolicyView, Error> {
    let runbook = read_runbook(named)?;
    let permissions = runbook.permissions(partition);
    let unclear = permissions.unclear.iter();
    let entry = runbook.permission_to_enter(partition);
    Ok(RunbookPolicyView {
        role: runbook.assume_role_text(),
        policies: policy_views(&named.name, &reeve_access::runbook_policy(&permissions)),
        entry: policy_views(
            &format!("{}-entry", named.name),
            &reeve_access::runbook_policy(&entry),
        ),
        unclear: unclear.map(|unclear| format!("{}: {}", unclear.step, unclear.why)).collect(),
    })
}

//! How executions begin: checked, with everything that their first move needs.

use reeve_runbook::{Decision, Execution, Format, Place, Start};
use reeve_store::{Event, NewEntry, NewExecution, RunbookDocument};
use reeve_types::{AccountId, Actor, ExecutionId, Region};
use sha2::{Digest as _, Sha256};

use super::{
    NamedRunbook, StartRequest,
    child::Family,
    drive::{self, Driver, Stored, standing_of},
    read_runbook,
    several::Fleet,
};
use crate::{App, Context, Error};

/// What an execution is born with, besides what was asked for.
#[derive(Debug, Clone)]
pub(super) struct Birth {
    pub(super) id: ExecutionId,
    /// The resource that it is for.
    pub(super) target: Option<String>,
    pub(super) family: Family,
    /// Why, instead of what is said in general.
    pub(super) reason: Option<String>,
}

impl Birth {
    /// Of one that nobody waits for.
    pub(super) fn of_its_own(id: ExecutionId) -> Self {
        Self { id, target: None, family: Family::default(), reason: None }
    }

    /// Of one that another waits for.
    pub(super) fn of_child(id: ExecutionId, parent: &Driver<'_>) -> Self {
        let around = &parent.stored.family;
        // Those of several targets stand beside each other, not deeper.
        let deeper = u32::from(around.fleet.is_none());
        let family = Family {
            parent: Some(parent.leased.id.to_string()),
            depth: around.depth + deeper,
            ..Family::default()
        };
        Self { id, target: None, family, reason: None }
    }
}

impl App {
    /// Whether executions may begin, and where this one wants to.
    pub(super) async fn may_start(&self, request: &StartRequest) -> Result<(), Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        self.looks_after(&request.account, &request.region)
    }

    /// Whether the estate has an account and a Region.
    pub(super) fn looks_after(&self, account: &AccountId, region: &Region) -> Result<(), Error> {
        let known = self
            .estate
            .account(account)
            .ok_or_else(|| Error::invalid(format!("the estate has no account `{account}`")))?;
        if known.regions.contains(region) {
            return Ok(());
        }
        Err(Error::invalid(format!("the estate does not look after {region} in account {account}")))
    }

    /// An execution that begins, and what the ledger says of it.
    pub(super) async fn beginning(
        &self,
        context: &Context,
        birth: Birth,
        request: &StartRequest,
    ) -> Result<(NewExecution, Vec<NewEntry>), Error> {
        let Birth { id, target, family, .. } = birth;
        let parent = family.parent.as_deref().map(str::parse::<ExecutionId>).transpose();
        let parent = parent.map_err(Error::unreadable_execution)?;
        let runbook = read_runbook(&request.runbook)?;
        let start = Start {
            id: id.uuid().hyphenated().to_string(),
            place: Place { account: request.account.clone(), region: request.region.clone() },
            parameters: request.parameters.clone(),
            target,
            at: self.clock.now(),
        };
        let (execution, notes) = Execution::begin(&runbook, start).map_err(Error::runbook)?;
        let role = self.role_of(&request.account, (&runbook, &execution))?;
        self.try_role(&drive::target_of(context, id, (request, role.clone()))).await?;
        let attachments = self.keep_attachments(&request.runbook, &runbook).await?;
        let document = document_of(&request.runbook);
        let records = drive::note_records(&notes)?;
        // What runs for each target is what was decided, not the document that begins it.
        let fleet = family.fleet.as_ref();
        let digest = fleet.map_or(document.digest.as_str(), Fleet::digest).to_owned();
        let stored = Stored::new(execution, family, (role, attachments));
        let entries = entries(context, (id, digest), (request, &stored));
        let execution = NewExecution {
            id,
            runbook: request.runbook.name.clone(),
            document,
            account: request.account.clone(),
            region: request.region.clone(),
            parent,
            started_by: context.actor.clone(),
            reason: request.reason.clone(),
            standing: standing_of(&stored, records, Some(self.clock.now()))?,
        };
        Ok((execution, entries))
    }
}

/// That it began; and that it ended, if it had nothing to wait for.
fn entries(
    context: &Context,
    (id, digest): (ExecutionId, String),
    (request, stored): (&StartRequest, &Stored),
) -> Vec<NewEntry> {
    let execution = &stored.execution;
    let started = Event::ExecutionStarted {
        execution: id,
        runbook: request.runbook.name.clone(),
        digest,
        reason: request.reason.clone(),
        role: stored.role.clone(),
    };
    let mut entries = vec![NewEntry::new(context.actor.clone(), started)];
    if matches!(execution.decision(), Decision::End(_)) {
        let ended = Event::ExecutionEnded {
            execution: id,
            status: execution.status().as_str().to_owned(),
            failure: execution.failure().map(|(step, error)| format!("{step}: {error}")),
        };
        entries.push(NewEntry::new(Actor::Reeve, ended));
    }
    let within = |entry: NewEntry| entry.within(request.account.clone(), request.region.clone());
    entries.into_iter().map(within).collect()
}

/// A runbook as the store keeps it.
pub(super) fn document_of(runbook: &NamedRunbook) -> RunbookDocument {
    let format = if runbook.format == Format::Json { "json" } else { "yaml" };
    RunbookDocument {
        digest: hex::encode(Sha256::digest(&runbook.text)),
        format: format.to_owned(),
        text: runbook.text.clone(),
    }
}

//! Executions that an execution begins and waits for.
//!
//! They begin in the transaction in which the one that wants them writes that it does, and their end is told to it in the
//! transaction in which they end. Nobody looks again and again.

use jiff::Timestamp;
use reeve_runbook::{Child, Decision, Effect, EffectError, Event, Status};
use reeve_store::{NewEntry, NewExecution, Standing};
use reeve_types::{Actor, ExecutionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Birth, NamedRunbook, StartRequest,
    drive::{Driver, Performed, to_json},
    several::{self, Fleet},
    told::{Notice, Told},
};
use crate::{Context, Error};

/// How many executions may be within each other: the service's limit.
const DEEPEST: u32 = 5;

/// The executions around an execution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Family {
    /// The one that waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<String>,
    /// How many are around it.
    #[serde(default)]
    pub(super) depth: u32,
    /// The number of the effect that it began another one for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) child: Option<u64>,
    /// Why those that it waits for were told to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ending: Option<Ending>,
    /// Those that it runs for several targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fleet: Option<Fleet>,
}

/// Why those that an execution waits for were told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    /// Somebody cancelled it.
    Cancelled,
    /// The step has taken too long.
    TooLate,
}

impl Family {
    /// Whether there is nobody.
    pub(super) fn is_nobody(&self) -> bool {
        self == &Self::default()
    }
}

/// An effect that failed.
pub(super) fn refused(code: &str, message: impl Into<String>) -> Performed {
    Performed::Result(Err(EffectError::new(code, message)))
}

impl Driver<'_> {
    /// Begins another execution, or looks how it is.
    pub(super) async fn child(
        &mut self,
        child: &Child,
        (number, deadline): (u64, Option<Timestamp>),
    ) -> Result<Performed, Error> {
        if self.stored.family.fleet.is_some() {
            return self.fleet(child, (number, deadline)).await;
        }
        if self.stored.family.child != Some(number) {
            return self.begin_child(child, (number, deadline)).await;
        }
        let id = child_id(self.leased.id, number, None);
        let execution = self.app.store.execution(id).await.map_err(Error::store)?;
        if execution.ended_at.is_none() {
            return self.wait_for_children(deadline);
        }
        if self.stored.family.ending == Some(Ending::TooLate) {
            return Ok(too_late());
        }
        let detail = super::view::detail(&self.app.store, id).await?;
        Ok(Performed::Result(Ok(detail.as_output())))
    }

    async fn begin_child(
        &mut self,
        child: &Child,
        (number, deadline): (u64, Option<Timestamp>),
    ) -> Result<Performed, Error> {
        if self.stored.execution.status() == Status::Cancelling {
            return Ok(refused(Child::CANCELLED, "cancelled before the other runbook began"));
        }
        let Some(runbook) = self.app.runbooks.get(&child.document).cloned() else {
            let message = format!("there is no runbook `{}`", child.document);
            return Ok(refused("InvalidDocument", message));
        };
        let birth = Birth::of_child(child_id(self.leased.id, number, None), self);
        let place = (self.leased.account.clone(), self.leased.region.clone());
        match self.birth(child, &runbook, (birth, place)).await {
            Ok(beginning) => self.begin_with_move(beginning)?,
            Err(error) => return Ok(refused("InvalidParameters", error.to_string())),
        }
        self.stored.family.child = Some(number);
        self.stored.family.ending = None;
        Ok(Performed::Later(deadline))
    }

    /// An execution of a runbook, for one target or for several.
    pub(super) async fn birth(
        &self,
        child: &Child,
        runbook: &NamedRunbook,
        (birth, (account, region)): (Birth, several::Site),
    ) -> Result<(NewExecution, Vec<NewEntry>), Error> {
        if birth.family.depth > DEEPEST {
            return Err(Error::runbook(format!(
                "runbooks may run each other {DEEPEST} deep, and this would be one more"
            )));
        }
        let Ok(actor) = self.leased.started_by.parse::<Actor>();
        let request = StartRequest {
            runbook: runbook.clone(),
            account,
            region,
            parameters: child.parameters.clone(),
            reason: birth.reason.clone().unwrap_or_else(|| format!("wanted by {}", self.leased.id)),
        };
        if child.is_for_several() {
            return self
                .app
                .beginning_of_several(&Context::new(actor), (birth, child), &request)
                .await;
        }
        self.app.beginning(&Context::new(actor), birth, &request).await
    }

    /// Begins another execution in the transaction of the next move.
    pub(super) fn begin_with_move(
        &mut self,
        (execution, entries): (NewExecution, Vec<NewEntry>),
    ) -> Result<(), Error> {
        // One that has nothing to wait for has ended when it begins.
        if execution.standing.has_ended {
            let status = serde_json::from_value(execution.standing.status.clone().into())
                .map_err(Error::unreadable_execution)?;
            let notice = Notice::ChildEnded { child: execution.id.to_string(), status };
            self.tell(self.leased.id, &Told::Notice(notice))?;
        }
        self.along.begins.push((execution, entries));
        Ok(())
    }

    /// Waits for the executions that were begun; once nobody wants what they do any more, they are told to end.
    pub(super) fn wait_for_children(
        &mut self,
        deadline: Option<Timestamp>,
    ) -> Result<Performed, Error> {
        let is_late = deadline.is_some_and(|deadline| deadline <= self.app.clock.now());
        let ending = match self.stored.execution.status() {
            Status::Cancelling => Some(Ending::Cancelled),
            _ if is_late => Some(Ending::TooLate),
            _ => None,
        };
        if self.stored.family.ending.is_none() && ending.is_some() {
            self.stored.family.ending = ending;
            for child in self.children_under_way() {
                self.cancel_child(child)?;
            }
        }
        let has_ended = self.stored.family.ending.is_some();
        Ok(Performed::Later(deadline.filter(|_| !has_ended)))
    }

    fn cancel_child(&mut self, child: ExecutionId) -> Result<(), Error> {
        let by = format!("{}", self.leased.id);
        let event = Event::Cancelled { by: by.clone(), at: self.app.clock.now() };
        self.entries.push(NewEntry::new(
            Actor::Reeve,
            reeve_store::Event::ExecutionTold {
                execution: child,
                word: "cancel".to_owned(),
                comment: format!("with {by}, which waits for it"),
            },
        ));
        self.tell(child, &Told::Event(event))
    }

    /// The executions that were begun, and are not known to have ended.
    pub(super) fn children_under_way(&self) -> Vec<ExecutionId> {
        let Decision::Perform { effect: Effect::Child(_), number, .. } =
            self.stored.execution.decision()
        else {
            return Vec::new();
        };
        match &self.stored.family.fleet {
            Some(fleet) => {
                fleet.running().map(|place| child_id(self.leased.id, number, Some(place))).collect()
            }
            None if self.stored.family.child == Some(number) => {
                vec![child_id(self.leased.id, number, None)]
            }
            None => Vec::new(),
        }
    }

    /// Whether what is under way is done by other executions.
    pub(super) fn is_for_children(&self) -> bool {
        matches!(
            self.stored.execution.decision(),
            Decision::Perform { effect: Effect::Child(_), .. }
        )
    }

    /// Takes the end of an execution that was begun.
    pub(super) fn take_end(&mut self, child: &str, status: Status) {
        let Decision::Perform { number, .. } = self.stored.execution.decision() else { return };
        let id = self.leased.id;
        let Some(fleet) = &mut self.stored.family.fleet else { return };
        let is_it = |place: &usize| child_id(id, number, Some(*place)).to_string() == child;
        let place = fleet.running().find(is_it);
        if let Some(place) = place {
            fleet.ended(place, status);
        }
    }
}

/// What a step tells that has taken too long, once what it had begun has ended.
pub(super) fn too_late() -> Performed {
    refused(Child::TIMED_OUT, "it took longer than the step may, and was cancelled")
}

/// The id of the execution that an effect of another begins, for one of several targets or for none: the same whenever it is
/// asked for.
pub(super) fn child_id(parent: ExecutionId, number: u64, place: Option<usize>) -> ExecutionId {
    let place = place.map(|place| format!("/{place}")).unwrap_or_default();
    let digest = Sha256::digest(format!("{parent}/{number}{place}"));
    let mut bytes = *parent.uuid().as_bytes();
    // The time of the parent stays in front, so that lists keep them together.
    for (place, byte) in bytes.iter_mut().zip(digest).skip(8) {
        *place = byte;
    }
    ExecutionId::from_uuid(uuid::Uuid::from_bytes(bytes))
}

impl Driver<'_> {
    /// What the execution that waits for this one is told, once this one has ended.
    pub(super) fn end_told(
        &self,
        standing: &Standing,
    ) -> Result<Option<(ExecutionId, String)>, Error> {
        let Some(parent) = self.stored.family.parent.as_deref().filter(|_| standing.has_ended)
        else {
            return Ok(None);
        };
        let parent = parent.parse().map_err(Error::unreadable_execution)?;
        let status = self.stored.execution.status();
        let notice = Notice::ChildEnded { child: self.leased.id.to_string(), status };
        Ok(Some((parent, to_json(&Told::Notice(notice))?)))
    }
}

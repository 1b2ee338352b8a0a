//! Runbooks for several targets: one execution for all of them, which begins one for each and keeps to the limits.
//!
//! ```text
//! execution of the whole ──► targets found, written down ──► an execution a target ──► its end is told ──► the next …
//!        └── with accounts and Regions: an execution for each pair, which has its own targets there
//! ```
//!
//! The execution of the whole is an ordinary one: of a document of one step, whose parameters say what is wanted. So it is
//! leased, recorded, paused, cancelled and shown as any other.

mod find;
mod request;

use jiff::Timestamp;
use reeve_runbook::{
    Child, DEFAULT_CONCURRENCY, DEFAULT_ERRORS, EffectError, RateControl, RateDecision, Several,
    Status, TargetCounts,
};
use reeve_store::{Limit, NewRecord};
use reeve_types::{AccountId, ExecutionId, Region};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Birth, NamedRunbook,
    child::{Ending, child_id, refused, too_late},
    drive::{Driver, Performed, from_json, to_json},
    read_runbook,
};
use crate::Error;

pub use request::SeveralRequest;

/// An account and a Region.
pub(super) type Site = (AccountId, Region);

/// What an execution for several targets knows of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Fleet {
    /// The digest of the document that runs for each target.
    digest: String,
    /// The record that has the targets, once they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    /// Targets that share limits, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<RateControl>,
}

/// A target, as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FleetTarget {
    /// What it is called.
    pub(super) target: String,
    pub(super) account: AccountId,
    pub(super) region: Region,
    /// The parameters that are its own.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    /// Which of the locations it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<usize>,
}

/// The targets of an execution, as they are written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FleetRecord {
    /// The number of the effect that they are for.
    pub(super) number: u64,
    pub(super) targets: Vec<FleetTarget>,
}

impl Fleet {
    pub(super) fn new(digest: String) -> Self {
        Self { digest, record: None, groups: Vec::new() }
    }

    /// The places of the targets that run.
    pub(super) fn running(&self) -> impl Iterator<Item = usize> {
        self.placed().flat_map(|(first, group)| group.running().map(move |place| first + place))
    }

    /// The execution of a target has ended.
    pub(super) fn ended(&mut self, place: usize, status: Status) {
        self.at(place, |group, place| group.ended(place, status));
    }

    /// How many targets are how.
    pub(super) fn counts(&self) -> TargetCounts {
        let counts = self.groups.iter().map(RateControl::counts);
        counts.fold(TargetCounts::default(), |all, group| all.with(&group))
    }

    /// What is to be begun next; nothing while it waits; how it ended.
    fn decision(&self, is_stopped: bool) -> RateDecision {
        let mut next = Vec::new();
        let mut waits = false;
        for (first, group) in self.placed() {
            match group.decision(is_stopped) {
                RateDecision::Start(places) => {
                    next.extend(places.iter().map(|place| first + place));
                }
                RateDecision::Wait => waits = true,
                RateDecision::End(_) => {}
            }
        }
        match (next.is_empty(), waits) {
            (false, _) => RateDecision::Start(next),
            (true, true) => RateDecision::Wait,
            (true, false) => RateDecision::End(self.counts().status()),
        }
    }

    fn began(&mut self, place: usize) {
        self.at(place, RateControl::began);
    }

    /// The groups with the place of the first target of each.
    fn placed(&self) -> impl Iterator<Item = (usize, &RateControl)> {
        self.groups.iter().scan(0, |next, group| {
            let first = *next;
            *next += group.states().len();
            Some((first, group))
        })
    }

    fn at(&mut self, mut place: usize, does: impl Fn(&mut RateControl, usize)) {
        for group in &mut self.groups {
            if let Some(rest) = place.checked_sub(group.states().len()) {
                place = rest;
            } else {
                return does(group, place);
            }
        }
    }
}

impl Driver<'_> {
    /// Begins executions for as many targets as may run now, and waits for them.
    pub(super) async fn fleet(
        &mut self,
        child: &Child,
        (number, deadline): (u64, Option<Timestamp>),
    ) -> Result<Performed, Error> {
        let Some(fleet) = self.stored.family.fleet.clone() else {
            return Ok(refused("InternalError", "this execution is not for several targets"));
        };
        let is_cancelled = self.stored.execution.status() == Status::Cancelling;
        if fleet.record.is_none() {
            if is_cancelled {
                return Ok(refused(Child::CANCELLED, "cancelled before any target was begun"));
            }
            if let Err(error) = self.look_for_targets(child, (number, &fleet.digest)).await? {
                return Ok(Performed::Result(Err(error)));
            }
        }
        let waits = self.wait_for_children(deadline)?;
        let is_stopped = self.stored.family.ending.is_some();
        loop {
            let Some(fleet) = &self.stored.family.fleet else { return Ok(waits) };
            match fleet.decision(is_stopped) {
                RateDecision::Start(places) => self.begin_targets(child, (number, &places)).await?,
                RateDecision::Wait => return Ok(waits),
                RateDecision::End(status) => return Ok(self.fleet_ended(number, status)),
            }
        }
    }

    /// Finds the targets and writes them down before any of them is begun, so that whoever goes on has the same.
    async fn look_for_targets(
        &mut self,
        child: &Child,
        (number, digest): (u64, &str),
    ) -> Result<Result<(), EffectError>, Error> {
        let runbook = self.runbook_of_targets(digest).await?;
        let runbook = read_runbook(&runbook)?;
        let several = match Several::read(child, &runbook) {
            Ok(several) => several,
            Err(error) => return Ok(Err(EffectError::new("InvalidTarget", error.to_string()))),
        };
        let (targets, groups) = if several.locations.is_empty() {
            let found = self.app.targets(&self.target(), (&several, &runbook)).await;
            let targets = match found {
                Ok(targets) => targets,
                Err(error) => return Ok(Err(error)),
            };
            let concurrency = several.concurrency.unwrap_or(DEFAULT_CONCURRENCY);
            let errors = several.errors.unwrap_or(DEFAULT_ERRORS);
            let group = RateControl::gradual(targets.len(), concurrency, errors);
            (targets, vec![group])
        } else {
            match self.app.sites(&several) {
                Ok(sites) => sites,
                Err(error) => return Ok(Err(EffectError::new("InvalidTarget", error.to_string()))),
            }
        };
        let data = to_json(&FleetRecord { number, targets })?;
        self.records.push(NewRecord { kind: "targets".to_owned(), data });
        let place = self.leased.records + u64::try_from(self.records.len()).unwrap_or_default();
        if let Some(fleet) = &mut self.stored.family.fleet {
            (fleet.record, fleet.groups) = (Some(place), groups);
        }
        let now = self.app.clock.now();
        self.save(Some(now), false).await?;
        Ok(Ok(()))
    }

    /// Begins the executions of some targets, in the transaction of the next move.
    async fn begin_targets(
        &mut self,
        child: &Child,
        (number, places): (u64, &[usize]),
    ) -> Result<(), Error> {
        let Some(fleet) = self.stored.family.fleet.clone() else { return Ok(()) };
        let runbook = self.runbook_of_targets(&fleet.digest).await?;
        let targets = self.targets_written(fleet.record).await?;
        let checked = read_runbook(&runbook)?;
        let several = Several::read(child, &checked).map_err(Error::unreadable_execution)?;
        for place in places {
            let Some(target) = targets.get(*place) else { continue };
            let own = match target.location.and_then(|location| several.locations.get(location)) {
                Some(location) => location.within.clone(),
                None => of_one(child, target),
            };
            let mut birth = Birth::of_child(child_id(self.leased.id, number, Some(*place)), self);
            birth.reason = Some(format!("for {}, wanted by {}", target.target, self.leased.id));
            birth.target = target.location.is_none().then(|| target.target.clone());
            let site = (target.account.clone(), target.region.clone());
            let born = self.birth(&own, &runbook, (birth, site)).await;
            let Some(fleet) = &mut self.stored.family.fleet else { continue };
            fleet.began(*place);
            match born {
                Ok(beginning) => self.begin_with_move(beginning)?,
                Err(error) => {
                    fleet.ended(*place, Status::Failed);
                    let text = format!("{} was not begun: {error}", target.target);
                    self.records
                        .push(NewRecord { kind: "refused".to_owned(), data: to_json(&text)? });
                }
            }
        }
        Ok(())
    }

    fn fleet_ended(&self, number: u64, status: Status) -> Performed {
        if self.stored.family.ending == Some(Ending::TooLate) {
            return too_late();
        }
        let Some(fleet) = &self.stored.family.fleet else { return too_late() };
        let counts = fleet.counts();
        let begun = (0..counts.total).map(|place| child_id(self.leased.id, number, Some(place)));
        let states = fleet.groups.iter().flat_map(RateControl::states);
        let output: Vec<String> = begun
            .zip(states)
            .filter(|(_, state)| !matches!(state, reeve_runbook::TargetState::Pending))
            .map(|(id, _)| id.to_string())
            .collect();
        Performed::Result(Ok(json!({
            "ExecutionId": self.leased.id.to_string(),
            "Status": status.as_str(),
            "Output": output,
            "Summary": counts.to_string(),
        })))
    }

    async fn runbook_of_targets(&self, digest: &str) -> Result<NamedRunbook, Error> {
        let document = self.app.store.runbook_document(digest).await.map_err(Error::store)?;
        let mut runbook = NamedRunbook::of_document(&self.leased.runbook, document);
        // The files that it comes with lie where it was read, as long as it is still that one.
        let read = self.app.runbooks.get(&runbook.name).filter(|read| read.text == runbook.text);
        runbook.folder = read.and_then(|read| read.folder.clone());
        Ok(runbook)
    }

    async fn targets_written(&self, record: Option<u64>) -> Result<Vec<FleetTarget>, Error> {
        let after = record.unwrap_or_default().saturating_sub(1);
        let read = self.app.store.execution_records(self.leased.id, after, Limit::new(1));
        let page = read.await.map_err(Error::store)?;
        let record = page.items.first().filter(|record| record.kind == "targets");
        let Some(record) = record else {
            return Err(Error::unreadable_execution("its targets are missing"));
        };
        Ok(from_json::<FleetRecord>(&record.data)?.targets)
    }
}

/// What is wanted for one target: the same, with its own parameters.
fn of_one(child: &Child, target: &FleetTarget) -> Child {
    let mut parameters = child.parameters.clone();
    parameters.extend(target.parameters.clone());
    Child {
        document: child.document.clone(),
        version: child.version.clone(),
        parameters,
        target_parameter: None,
        targets: Vec::new(),
        target_maps: Vec::new(),
        target_locations: Vec::new(),
        max_concurrency: None,
        max_errors: None,
    }
}

/// The execution of a target.
pub(super) fn execution_of(parent: ExecutionId, record: &FleetRecord, place: usize) -> ExecutionId {
    child_id(parent, record.number, Some(place))
}

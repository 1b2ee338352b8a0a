//! Plans as the ledger knows them: what may be performed.
//!
//! Rows are for lists; the ledger is the truth. Before a plan is performed, its rows must give the digest that the ledger
//! says was proposed and approved, so that whoever edits a row behind Reeve's back changes nothing in the estate.

use futures_util::TryStreamExt as _;
use reeve_care::{
    plan::Plan,
    progress::{PlanEvent, Progress},
};
use reeve_types::PlanId;

use crate::{
    Store,
    entry::Event,
    error::{Doing as _, StoreError, damaged},
    serialize::read_event,
};

pub(crate) const EVENTS: &str =
    "SELECT sequence, data FROM ledger WHERE plan_id = $1 ORDER BY sequence";

pub(crate) const PROPOSED: &str = "SELECT sequence, data FROM ledger \
     WHERE plan_id = $1 AND action_number IS NULL ORDER BY sequence LIMIT 1";

type EventRow = (i64, String);

impl Store {
    /// A plan and where it stands, from which it may be performed.
    ///
    /// Its rows give the digest that the ledger says was proposed, and every approval was of that digest. Anything else is
    /// [`StoreError::Damaged`].
    pub async fn verified_plan(&self, id: PlanId) -> Result<(Plan, Progress), StoreError> {
        let plan = self.plan(id).await?;
        let progress = self.replay(id, &plan.digest(), plan.actions.len()).await?;
        Ok((plan, progress))
    }

    /// Where a plan stands, replayed from its events; what was proposed and approved must have its digest.
    pub async fn progress(&self, id: PlanId) -> Result<Progress, StoreError> {
        let plan = self.plan_summary(id).await?;
        let actions = usize::try_from(plan.actions).unwrap_or(usize::MAX);
        self.replay(id, &plan.digest, actions).await
    }

    async fn replay(
        &self,
        id: PlanId,
        digest: &str,
        actions: usize,
    ) -> Result<Progress, StoreError> {
        let mut progress: Option<Progress> = None;
        let mut rows =
            sqlx::query_as::<_, EventRow>(EVENTS).bind(id.to_string()).fetch(self.readers());
        while let Some((sequence, data)) = rows.try_next().await.doing("replay a plan")? {
            let wrong = |why: &str| damaged(format!("entry {sequence} of the ledger: {why}"));
            let event = read_plan_event(id, sequence, &data)?;
            if let PlanEvent::Proposed { digest: told } | PlanEvent::Approved { digest: told, .. } =
                &event
                && told != digest
            {
                return Err(wrong(&format!("it is about another plan than {id} is now")));
            }
            let progress = match (&mut progress, &event) {
                (Some(progress), _) => progress,
                (progress, PlanEvent::Proposed { .. }) => progress.insert(Progress::new(actions)),
                (None, _) => return Err(wrong(&format!("{id} was not proposed before it"))),
            };
            progress.record(&event).map_err(|error| wrong(&error.to_string()))?;
        }
        progress.ok_or_else(|| never_proposed(id))
    }

    /// The digest that the ledger says was proposed.
    pub(crate) async fn proposed_digest(&self, id: PlanId) -> Result<String, StoreError> {
        let row: Option<EventRow> = sqlx::query_as(PROPOSED)
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await
            .doing("read how a plan was proposed")?;
        let (sequence, data) = row.ok_or_else(|| never_proposed(id))?;
        match read_plan_event(id, sequence, &data)? {
            PlanEvent::Proposed { digest } => Ok(digest),
            _ => Err(never_proposed(id)),
        }
    }
}

fn never_proposed(id: PlanId) -> StoreError {
    damaged(format!("the ledger does not say that {id} was proposed"))
}

fn read_plan_event(id: PlanId, sequence: i64, data: &str) -> Result<PlanEvent, StoreError> {
    let what = || format!("entry {sequence} of the ledger");
    let event = read_event(data).map_err(|source| StoreError::Document { what: what(), source })?;
    match event {
        Event::Plan { plan, event } if plan == id => Ok(event),
        _ => Err(damaged(format!("{} is not about {id}", what()))),
    }
}

//! Proposing a plan: the plan, its actions and the ledger's entry in one transaction.
//!
//! A controller runs again and again. What it wants now takes the place of what it wanted before, as long as nobody has
//! answered that; and if it still wants the same, the plan that waits is kept, so that an approval in the making does not
//! lose its subject.

use reeve_care::{
    plan::{Plan, Start},
    progress::{Phase, PlanEvent},
};
use reeve_types::{AccountId, Actor, PlanId};

use crate::{
    Store,
    batch::Insert,
    committer::{Outcome, Work, Writer},
    entry::{Event, NewEntry},
    error::{Doing as _, StoreError, damaged},
    ledger::PreparedEntry,
    plans::read_plan_id,
    serialize::write_action,
};

/// Plans that wait, whose place a new one takes or which stand for it.
pub(crate) const WAITING: &str = "SELECT id, digest, phase FROM plans \
     WHERE phase IN ('proposed', 'approved') AND controller = $1 AND start = $2 ORDER BY id";

const INSERT: &str = "INSERT INTO plans \
     (id, controller, created_at, start, start_reason, digest, accounts, actions, phase) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'proposed')";

const INSERT_ACTIONS: Insert = Insert {
    head: "INSERT INTO plan_actions \
           (plan_id, number, account, region, type, resource_id, arn, digest, document) VALUES",
    columns: 9,
    tail: "",
};

const SUPERSEDE: &str =
    "UPDATE plans SET phase = 'superseded' WHERE id = $1 AND phase = 'proposed'";

/// A plan that waits: its id, digest and phase.
type WaitingRow = (String, String, String);

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// It waits for approval or for its apply.
    New {
        /// The plan.
        id: PlanId,
        /// The plans whose place it took.
        superseded: Vec<PlanId>,
    },
    /// A plan that wants exactly the same waits already; nothing was written.
    Unchanged(PlanId),
}

impl Proposed {
    /// The plan that now waits.
    pub fn id(&self) -> PlanId {
        match self {
            Self::New { id, .. } | Self::Unchanged(id) => *id,
        }
    }
}

/// Plans of a controller that nobody has answered and that have lost their subject.
pub(crate) struct Supersession {
    controller: String,
    start: &'static str,
    actor: Actor,
}

/// A plan whose rows are written already, so that the committer only inserts them.
pub(crate) struct Proposal {
    id: PlanId,
    plan_id: String,
    controller: String,
    created_at: i64,
    start: &'static str,
    start_reason: Option<String>,
    digest: String,
    accounts: String,
    pub(crate) actions: Vec<ActionRow>,
    actor: Actor,
    entry: PreparedEntry,
}

pub(crate) struct ActionRow {
    number: i64,
    account: String,
    region: String,
    resource_type: String,
    resource_id: String,
    arn: String,
    digest: String,
    document: String,
}

impl Store {
    /// Proposes `plan`.
    ///
    /// An older proposed plan of the same controller that starts in the same way is superseded. If a proposed or approved
    /// one has the same digest, nothing is written and that one is returned.
    pub async fn propose(&self, plan: &Plan, actor: &Actor) -> Result<Proposed, StoreError> {
        let proposal = Proposal::new(plan, actor)?;
        let outcome = self.submit(Work::Propose(Box::new(proposal))).await?;
        outcome.proposed.ok_or_else(|| damaged("a proposal had no outcome"))
    }

    /// Supersedes the plans of `controller` that start in the same way as `start` and that nobody has answered: nothing
    /// is left to do. A plan that someone approved or refused meanwhile is left as they answered it.
    pub async fn supersede_waiting(
        &self,
        controller: &str,
        start: &Start,
        actor: &Actor,
    ) -> Result<Vec<PlanId>, StoreError> {
        let (start, _) = start_columns(start);
        let supersession =
            Supersession { controller: controller.to_owned(), start, actor: actor.clone() };
        Ok(self.submit(Work::Supersede(supersession)).await?.superseded)
    }
}

impl Proposal {
    fn new(plan: &Plan, actor: &Actor) -> Result<Self, StoreError> {
        let invalid = |reason| StoreError::Invalid { reason: format!("{}: {reason}", plan.id) };
        if plan.actions.is_empty() {
            return Err(invalid("a plan without actions has nothing to propose"));
        }
        if !plan.actions.iter().map(|action| action.number).eq(1..=count(plan)) {
            return Err(invalid("the actions are not numbered from 1 without gaps"));
        }
        let digest = plan.digest();
        let event = PlanEvent::Proposed { digest: digest.clone() };
        let (start, start_reason) = start_columns(&plan.start);
        let accounts: Vec<&str> = plan.accounts().into_iter().map(AccountId::as_str).collect();
        Ok(Self {
            id: plan.id,
            plan_id: plan.id.to_string(),
            controller: plan.controller.clone(),
            created_at: plan.created_at.as_microsecond(),
            start,
            start_reason: start_reason.map(ToOwned::to_owned),
            digest,
            accounts: accounts.join(","),
            actions: plan.actions.iter().map(ActionRow::new).collect::<Result<_, _>>()?,
            actor: actor.clone(),
            entry: entry(actor, plan.id, event)?,
        })
    }
}

impl ActionRow {
    fn new(action: &reeve_care::plan::Action) -> Result<Self, StoreError> {
        let digest = action.digest();
        let reeve_care::plan::Action { number, resource, changes, reads } = action;
        let document = write_action(changes, reads).map_err(|source| StoreError::Document {
            what: format!("the document of action {number}"),
            source,
        })?;
        Ok(Self {
            number: i64::from(*number),
            account: resource.scope.account.as_str().to_owned(),
            region: resource.scope.region.as_str().to_owned(),
            resource_type: resource.scope.resource_type.as_str().to_owned(),
            resource_id: resource.id.clone(),
            arn: resource.arn.clone(),
            digest,
            document,
        })
    }
}

impl Writer<'_> {
    /// Inserts a plan in the place of those that nobody has answered.
    pub(crate) async fn propose(&mut self, proposal: &Proposal) -> Result<Outcome, StoreError> {
        let waiting = self.waiting(&proposal.controller, proposal.start).await?;
        if let Some((id, ..)) = waiting.iter().find(|(_, digest, _)| *digest == proposal.digest) {
            return Ok(outcome(Proposed::Unchanged(read_plan_id(id)?)));
        }
        proposal.insert(self.connection).await?;
        let (superseded, entries) =
            self.supersede(waiting, Some(proposal.id), &proposal.actor).await?;
        let entries: Vec<&PreparedEntry> = [&proposal.entry].into_iter().chain(&entries).collect();
        self.record(&entries).await?;
        Ok(outcome(Proposed::New { id: proposal.id, superseded }))
    }

    /// Supersedes plans that nobody has answered, with nothing in their place.
    pub(crate) async fn supersede_waiting(
        &mut self,
        supersession: &Supersession,
    ) -> Result<Outcome, StoreError> {
        let waiting = self.waiting(&supersession.controller, supersession.start).await?;
        let (superseded, entries) = self.supersede(waiting, None, &supersession.actor).await?;
        self.record(&entries.iter().collect::<Vec<_>>()).await?;
        Ok(Outcome { superseded, ..Outcome::default() })
    }

    async fn waiting(
        &mut self,
        controller: &str,
        start: &str,
    ) -> Result<Vec<WaitingRow>, StoreError> {
        sqlx::query_as(WAITING)
            .bind(controller)
            .bind(start)
            .fetch_all(&mut *self.connection)
            .await
            .doing("read the plans that wait")
    }

    /// Supersedes those of `waiting` that nobody has answered; their entries are still to be recorded.
    async fn supersede(
        &mut self,
        waiting: Vec<WaitingRow>,
        by: Option<PlanId>,
        actor: &Actor,
    ) -> Result<(Vec<PlanId>, Vec<PreparedEntry>), StoreError> {
        let (mut superseded, mut entries) = (Vec::new(), Vec::new());
        for (id, ..) in waiting.iter().filter(|(.., phase)| phase == Phase::Proposed.as_str()) {
            let done = sqlx::query(SUPERSEDE).bind(id.as_str()).execute(&mut *self.connection);
            done.await.doing("supersede a plan")?;
            let older = read_plan_id(id)?;
            entries.push(entry(actor, older, PlanEvent::Superseded { by })?);
            superseded.push(older);
        }
        Ok((superseded, entries))
    }
}

impl Proposal {
    async fn insert(&self, connection: &mut sqlx::AnyConnection) -> Result<(), StoreError> {
        sqlx::query(INSERT)
            .bind(self.plan_id.as_str())
            .bind(self.controller.as_str())
            .bind(self.created_at)
            .bind(self.start)
            .bind(self.start_reason.as_deref())
            .bind(self.digest.as_str())
            .bind(self.accounts.as_str())
            .bind(i64::try_from(self.actions.len()).unwrap_or(i64::MAX))
            .execute(&mut *connection)
            .await
            .doing("insert a plan")?;
        let insert = INSERT_ACTIONS.execute(connection, &self.actions, |statement, action| {
            statement
                .bind(self.plan_id.as_str())
                .bind(action.number)
                .bind(action.account.as_str())
                .bind(action.region.as_str())
                .bind(action.resource_type.as_str())
                .bind(action.resource_id.as_str())
                .bind(action.arn.as_str())
                .bind(action.digest.as_str())
                .bind(action.document.as_str())
        });
        insert.await.doing("insert a plan's actions")
    }
}

fn count(plan: &Plan) -> u32 {
    u32::try_from(plan.actions.len()).unwrap_or(u32::MAX)
}

fn outcome(proposed: Proposed) -> Outcome {
    Outcome { proposed: Some(proposed), ..Outcome::default() }
}

/// How a plan may start, as it is stored: a word, and the rule that lets it start at once.
fn start_columns(start: &Start) -> (&'static str, Option<&str>) {
    match start {
        Start::OnApproval => ("on_approval", None),
        Start::AtOnce(rule) => ("at_once", Some(rule)),
    }
}

fn entry(actor: &Actor, plan: PlanId, event: PlanEvent) -> Result<PreparedEntry, StoreError> {
    PreparedEntry::new(NewEntry::new(actor.clone(), Event::Plan { plan, event }))
}

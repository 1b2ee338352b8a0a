//! What people say about plans: approve, refuse, apply, undo.
//!
//! Saying something is one durable entry in the ledger; performing it is the engine's work, here or in another process.

use reeve_authority::Level;
use reeve_care::progress::{Phase, PlanEvent};
use reeve_store::{Event, PlanFilter};
use reeve_types::PlanId;
use serde::Deserialize;

use crate::{
    App, Context, Error, PageQuery, PlanQuery,
    queries::{limit, parse_cursor},
    views::{ActionView, HistoryView, Page, PlanDetail, PlanSummary, start_words},
};

/// What `latest` means to someone who answers a plan, who has one applied, and who has one undone.
const WAITING: &[Phase] = &[Phase::Proposed];
const APPROVED: &[Phase] = &[Phase::Approved, Phase::Applying, Phase::Applied];
const APPLIED: &[Phase] = &[Phase::Applied, Phase::Undoing];

/// An approval: of exactly the actions with this digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The digest that was shown.
    pub digest: String,
    /// What they said.
    #[serde(default)]
    pub comment: String,
    /// Whether to apply it as well.
    #[serde(default)]
    pub apply: bool,
}

impl App {
    /// A page of the plans, newest first.
    pub async fn plans(&self, query: &PlanQuery) -> Result<Page<PlanSummary>, Error> {
        let phase = query.phase.as_deref().map(parse_phase).transpose()?;
        let before = query.cursor.as_deref().map(parse_cursor::<PlanId>).transpose()?;
        let filter = PlanFilter { phase, controller: None };
        let page =
            self.store.plans(&filter, before, limit(query.limit)).await.map_err(Error::store)?;
        let next = page.next.map(|id| id.to_string());
        Ok(Page { items: page.items.iter().map(summary).collect(), next })
    }

    /// A plan with a page of its actions and what happened to it.
    pub async fn plan_detail(&self, name: &str, query: &PageQuery) -> Result<PlanDetail, Error> {
        let id = self.resolve(name).await?;
        let after = query.cursor.as_deref().map(parse_cursor::<u32>).transpose()?.unwrap_or(0);
        let stored = self.store.plan_summary(id).await.map_err(Error::store)?;
        let page =
            self.store.plan_page(id, after, limit(query.limit)).await.map_err(Error::store)?;
        let history = self.store.history(id).await.map_err(Error::store)?;
        let action = |planned: &reeve_store::PlannedAction| {
            let progress = &planned.progress;
            ActionView::new(&planned.action, &progress.apply, &progress.undo)
        };
        let event = |entry: &reeve_store::Entry| HistoryView {
            sequence: entry.sequence,
            at: entry.at,
            actor: entry.actor.to_string(),
            event: entry.kind().trim_start_matches("plan."),
            detail: entry.summary(),
        };
        Ok(PlanDetail {
            summary: summary(&stored),
            items: page.items.iter().map(action).collect(),
            next: page.next.map(|number| number.to_string()),
            history: history.iter().map(event).collect(),
        })
    }

    /// A plan in one line.
    pub async fn plan_summary(&self, id: PlanId) -> Result<PlanSummary, Error> {
        self.store.plan_summary(id).await.map(|stored| summary(&stored)).map_err(Error::store)
    }

    /// The plan that an approval by this name would be of, in one line.
    pub async fn waiting_plan(&self, name: &str) -> Result<PlanSummary, Error> {
        let id = self.resolve_among(name, WAITING).await?;
        self.plan_summary(id).await
    }

    /// Approves a plan.
    pub async fn approve(
        &self,
        context: &Context,
        name: &str,
        approval: &Approval,
    ) -> Result<PlanSummary, Error> {
        let id = self.resolve_among(name, WAITING).await?;
        let stored = self.store.plan_summary(id).await.map_err(Error::store)?;
        if stored.digest != approval.digest {
            return Err(Error::digest_differs(&approval.digest, &stored.digest));
        }
        if approval.apply {
            self.may_change(&stored).await?;
        }
        let Approval { digest, comment, apply } = approval.clone();
        self.say(context, id, PlanEvent::Approved { digest, comment }).await?;
        if apply {
            self.say(context, id, PlanEvent::ApplyRequested).await?;
        }
        self.plan_summary(id).await
    }

    /// Refuses a plan.
    pub async fn refuse(
        &self,
        context: &Context,
        name: &str,
        comment: &str,
    ) -> Result<PlanSummary, Error> {
        let id = self.resolve_among(name, WAITING).await?;
        self.say(context, id, PlanEvent::Refused { comment: comment.to_owned() }).await?;
        self.plan_summary(id).await
    }

    /// Asks for an approved plan to be applied, or for the failed actions of an applied one to be tried again.
    ///
    /// Asking again for a plan that is being applied changes nothing.
    pub async fn request_apply(&self, context: &Context, name: &str) -> Result<PlanSummary, Error> {
        let id = self.resolve_among(name, APPROVED).await?;
        let stored = self.store.plan_summary(id).await.map_err(Error::store)?;
        self.may_change(&stored).await?;
        if stored.phase != Phase::Applying {
            self.say(context, id, PlanEvent::ApplyRequested).await?;
        }
        self.plan_summary(id).await
    }

    /// Asks for what a plan did to be taken back.
    ///
    /// Asking again for a plan that is being undone changes nothing.
    pub async fn request_undo(
        &self,
        context: &Context,
        name: &str,
        comment: &str,
    ) -> Result<PlanSummary, Error> {
        let id = self.resolve_among(name, APPLIED).await?;
        let stored = self.store.plan_summary(id).await.map_err(Error::store)?;
        self.may_change(&stored).await?;
        if stored.phase != Phase::Undoing {
            self.say(context, id, PlanEvent::UndoRequested { comment: comment.to_owned() }).await?;
        }
        self.plan_summary(id).await
    }

    /// The plan that a person means; `latest` is the newest in the first of these phases that any plan is in.
    pub(crate) async fn resolve_among(
        &self,
        name: &str,
        phases: &[Phase],
    ) -> Result<PlanId, Error> {
        for phase in phases.iter().filter(|_| name == "latest") {
            let filter = PlanFilter { phase: Some(*phase), controller: None };
            let page =
                self.store.plans(&filter, None, limit(Some(1))).await.map_err(Error::store)?;
            if let Some(newest) = page.items.first() {
                return Ok(newest.id);
            }
        }
        self.resolve(name).await
    }

    /// The plan that a person means.
    pub(crate) async fn resolve(&self, name: &str) -> Result<PlanId, Error> {
        self.store.resolve_plan(name).await.map_err(Error::store)
    }

    /// Whether the estate lets anything that a plan is about be changed now. Each action is asked about again before it
    /// is performed.
    async fn may_change(&self, plan: &reeve_store::PlanSummary) -> Result<(), Error> {
        if let Some(suspension) = self.store.suspension().await.map_err(Error::store)? {
            return Err(Error::suspended(&suspension.by, &suspension.reason));
        }
        let mut accounts = plan.accounts.iter().map(|account| self.authority_anywhere(account));
        if accounts.any(|decision| decision.level >= Level::Propose) {
            return Ok(());
        }
        // Rules for tags may still allow some of it.
        let plan = self.store.plan(plan.id).await.map_err(Error::store)?;
        let decisions = || plan.actions.iter().map(|action| self.authority_over(action));
        if decisions().any(|decision| decision.level >= Level::Propose) {
            return Ok(());
        }
        let reason = decisions().next().map(|decision| decision.reason);
        Err(Error::no_authority(reason.unwrap_or_default()))
    }

    async fn say(&self, context: &Context, plan: PlanId, event: PlanEvent) -> Result<(), Error> {
        self.append(context, Event::Plan { plan, event }).await
    }
}

/// A stored plan as it is shown.
pub(crate) fn summary(stored: &reeve_store::PlanSummary) -> PlanSummary {
    let reeve_store::PlanSummary {
        id,
        controller,
        created_at,
        start,
        digest,
        accounts,
        actions,
        phase,
        tally,
        undo_tally,
    } = stored;
    let (start, start_reason) = start_words(start);
    PlanSummary {
        id: id.to_string(),
        controller: controller.clone(),
        created_at: *created_at,
        phase: phase.as_str(),
        start,
        start_reason,
        actions: usize::try_from(*actions).unwrap_or(usize::MAX),
        tally: (*tally).into(),
        undo_tally: undo_tally.map(Into::into),
        accounts: accounts.iter().map(ToString::to_string).collect(),
        digest: digest.clone(),
    }
}

fn parse_phase(word: &str) -> Result<Phase, Error> {
    const PHASES: [Phase; 8] = [
        Phase::Proposed,
        Phase::Approved,
        Phase::Refused,
        Phase::Superseded,
        Phase::Applying,
        Phase::Applied,
        Phase::Undoing,
        Phase::Undone,
    ];
    PHASES
        .into_iter()
        .find(|phase| phase.as_str() == word)
        .ok_or_else(|| Error::unknown_name("a phase of plans", word, None))
}

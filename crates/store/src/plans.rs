//! Plans: reading them, their actions and where they stand.

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use reeve_care::{
    plan::{Action, Plan, Start},
    progress::{ActionProgress, Phase, Tally},
};
use reeve_types::{AccountId, PlanId, Region, ResourceRef, ResourceType, Scope};

use crate::{
    Store,
    entry::Entry,
    error::{Doing as _, StoreError, damaged},
    ledger::{EntryRow, read_entry, timestamp},
    page::{Limit, Page},
    serialize::read_action,
    standing::{read_phase, read_step},
};

const SUMMARY: &str = "SELECT id, controller, created_at, start, start_reason, digest, accounts, actions, phase, \
            apply_verified, apply_refused, apply_failed, started, undo_verified, undo_refused, undo_failed \
     FROM plans WHERE id = $1";

pub(crate) const PAGE: &str = "SELECT id, controller, created_at, start, start_reason, digest, accounts, actions, phase, \
            apply_verified, apply_refused, apply_failed, started, undo_verified, undo_refused, undo_failed \
     FROM plans WHERE id < $1 AND ($2 IS NULL OR phase = $2) AND ($3 IS NULL OR controller = $3) \
     ORDER BY id DESC LIMIT $4";

const UNFINISHED: &str = "SELECT id, controller, created_at, start, start_reason, digest, accounts, actions, phase, \
            apply_verified, apply_refused, apply_failed, started, undo_verified, undo_refused, undo_failed \
     FROM plans WHERE phase IN ('applying', 'undoing') \
        OR (phase IN ('proposed', 'approved') AND start = 'at_once') \
     ORDER BY id";

pub(crate) const WITH_DIGEST: &str = "SELECT id, controller, created_at, start, start_reason, digest, accounts, actions, phase, \
            apply_verified, apply_refused, apply_failed, started, undo_verified, undo_refused, undo_failed \
     FROM plans WHERE digest = $1 AND controller = $2 ORDER BY id DESC LIMIT 1";

pub(crate) const ACTIONS: &str = "SELECT a.number, a.account, a.region, a.type, a.resource_id, a.arn, a.document, \
            p.apply_step, p.apply_detail, p.undo_step, p.undo_detail, p.started \
     FROM plan_actions a \
     LEFT JOIN action_progress p ON p.plan_id = a.plan_id AND p.number = a.number \
     WHERE a.plan_id = $1 AND a.number > $2 ORDER BY a.number LIMIT $3";

pub(crate) const HISTORY: &str = "SELECT sequence, at, actor, account, region, data, hash FROM ledger \
     WHERE plan_id = $1 AND action_number IS NULL ORDER BY sequence";

const ACTION_HISTORY: &str = "SELECT sequence, at, actor, account, region, data, hash FROM ledger \
     WHERE plan_id = $1 AND action_number = $2 ORDER BY sequence";

const LATEST: &str = "SELECT id FROM plans ORDER BY id DESC LIMIT 1";

pub(crate) const MATCHING: &str = "SELECT id FROM plans \
     WHERE id LIKE $1 ESCAPE '\\' OR id LIKE $2 ESCAPE '\\' OR id LIKE $3 ESCAPE '\\' \
     ORDER BY id DESC LIMIT 6";

type SummaryRow = (
    String,
    String,
    i64,
    String,
    Option<String>,
    String,
    String,
    i64,
    String,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
    i64,
);

type ActionRow = (
    i64,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

/// A plan without its actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSummary {
    /// Its id.
    pub id: PlanId,
    /// The controller that wants it.
    pub controller: String,
    /// When it was decided.
    pub created_at: Timestamp,
    /// How it may start.
    pub start: Start,
    /// The digest of its actions.
    pub digest: String,
    /// The accounts it touches, in order.
    pub accounts: Vec<AccountId>,
    /// How many actions it has.
    pub actions: u32,
    /// What it is waiting for.
    pub phase: Phase,
    /// How its actions ended.
    pub tally: Tally,
    /// How its undo went; `None` if it was never undone.
    pub undo_tally: Option<Tally>,
}

/// An action and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAction {
    /// The action.
    pub action: Action,
    /// How far it has come.
    pub progress: ActionProgress,
}

/// Which plans a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Only those in this phase.
    pub phase: Option<Phase>,
    /// Only this controller's.
    pub controller: Option<String>,
}

impl Store {
    /// A plan with all its actions, checked against the digest that the ledger says was proposed.
    ///
    /// To perform it, take [`Store::verified_plan`], which also checks what was approved.
    pub async fn plan(&self, id: PlanId) -> Result<Plan, StoreError> {
        let PlanSummary { id, controller, created_at, start, digest, actions: count, .. } =
            self.plan_summary(id).await?;
        let proposed = self.proposed_digest(id).await?;
        let mut rows = sqlx::query_as(ACTIONS)
            .bind(id.to_string())
            .bind(0_i64)
            .bind(i64::MAX)
            .fetch(self.readers());
        let mut actions = Vec::new();
        while let Some(row) = rows.try_next().await.doing("read a plan's actions")? {
            actions.push(read_planned_action(row)?.action);
        }
        let plan = Plan { id, controller, created_at, start, actions };
        let numbers = plan.actions.iter().map(|action| action.number);
        let found = plan.digest();
        if found != digest || found != proposed || !numbers.eq(1..=count) {
            return Err(damaged(format!("the actions of {id} are not those that were proposed")));
        }
        Ok(plan)
    }

    /// A plan without its actions.
    pub async fn plan_summary(&self, id: PlanId) -> Result<PlanSummary, StoreError> {
        let row: Option<SummaryRow> = sqlx::query_as(SUMMARY)
            .bind(id.to_string())
            .fetch_optional(self.readers())
            .await
            .doing("read a plan")?;
        read_summary(row.ok_or_else(|| StoreError::PlanNotFound { id: id.to_string() })?)
    }

    /// A page of a plan's actions, those after number `after`.
    pub async fn plan_page(
        &self,
        id: PlanId,
        after: u32,
        limit: Limit,
    ) -> Result<Page<PlannedAction, u32>, StoreError> {
        let rows: Vec<ActionRow> = sqlx::query_as(ACTIONS)
            .bind(id.to_string())
            .bind(i64::from(after))
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read a plan's actions")?;
        let actions = rows.into_iter().map(read_planned_action).collect::<Result<_, _>>()?;
        Ok(limit.page(actions, |planned: &PlannedAction| planned.action.number))
    }

    /// A page of the plans, newest first: those before `before`, or the newest.
    pub async fn plans(
        &self,
        filter: &PlanFilter,
        before: Option<PlanId>,
        limit: Limit,
    ) -> Result<Page<PlanSummary, PlanId>, StoreError> {
        // Beyond every id: `z` is its alphabet's last letter.
        let before = before.map_or_else(|| "plan_{".to_owned(), |id| id.to_string());
        let rows: Vec<SummaryRow> = sqlx::query_as(PAGE)
            .bind(before)
            .bind(filter.phase.map(Phase::as_str))
            .bind(filter.controller.as_deref())
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read the plans")?;
        let plans = rows.into_iter().map(read_summary).collect::<Result<_, _>>()?;
        Ok(limit.page(plans, |plan: &PlanSummary| plan.id))
    }

    /// The plans that the engine has to go on with: being applied or undone, or free to start at once.
    pub async fn unfinished_plans(&self) -> Result<Vec<PlanSummary>, StoreError> {
        let rows: Vec<SummaryRow> = sqlx::query_as(UNFINISHED)
            .fetch_all(self.readers())
            .await
            .doing("read the unfinished plans")?;
        rows.into_iter().map(read_summary).collect()
    }

    /// The newest plan of `controller` that wants exactly what `digest` says, whatever became of it.
    pub async fn plan_with_digest(
        &self,
        controller: &str,
        digest: &str,
    ) -> Result<Option<PlanSummary>, StoreError> {
        let row: Option<SummaryRow> = sqlx::query_as(WITH_DIGEST)
            .bind(digest)
            .bind(controller)
            .fetch_optional(self.readers())
            .await
            .doing("look for a plan")?;
        row.map(read_summary).transpose()
    }

    /// What happened to a plan as a whole, oldest first; what happened to each action is left out.
    pub async fn history(&self, id: PlanId) -> Result<Vec<Entry>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(HISTORY)
            .bind(id.to_string())
            .fetch_all(self.readers())
            .await
            .doing("read a plan's history")?;
        rows.into_iter().map(read_entry).collect()
    }

    /// What happened to one action of a plan, oldest first.
    pub async fn action_history(&self, id: PlanId, number: u32) -> Result<Vec<Entry>, StoreError> {
        let rows: Vec<EntryRow> = sqlx::query_as(ACTION_HISTORY)
            .bind(id.to_string())
            .bind(i64::from(number))
            .fetch_all(self.readers())
            .await
            .doing("read an action's history")?;
        rows.into_iter().map(read_entry).collect()
    }

    /// The newest plan.
    pub async fn latest_plan(&self) -> Result<Option<PlanId>, StoreError> {
        let id: Option<String> = sqlx::query_scalar(LATEST)
            .fetch_optional(self.readers())
            .await
            .doing("read the newest plan")?;
        id.as_deref().map(read_plan_id).transpose()
    }

    /// The plan that a person means by `text`: `latest`, an id, or the beginning or the end of exactly one.
    pub async fn resolve_plan(&self, text: &str) -> Result<PlanId, StoreError> {
        let not_found = || StoreError::PlanNotFound { id: text.to_owned() };
        if text == "latest" {
            return self.latest_plan().await?.ok_or_else(not_found);
        }
        if text.is_empty() {
            return Err(not_found());
        }
        let literal = like_literal(&text.to_ascii_lowercase());
        let mut ids: Vec<String> = sqlx::query_scalar(MATCHING)
            .bind(format!("{literal}%"))
            .bind(format!("plan\\_{literal}%"))
            .bind(format!("%{literal}"))
            .fetch_all(self.readers())
            .await
            .doing("look for a plan")?;
        match (ids.pop(), ids.is_empty()) {
            (None, _) => Err(not_found()),
            (Some(id), true) => read_plan_id(&id),
            (Some(id), false) => {
                ids.push(id);
                Err(StoreError::AmbiguousPlan { text: text.to_owned(), candidates: ids })
            }
        }
    }
}

/// A text in a `LIKE` pattern that stands for itself; the escape character is `\`.
pub(crate) fn like_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(letter);
    }
    literal
}

/// Reads a stored plan id.
pub(crate) fn read_plan_id(text: &str) -> Result<PlanId, StoreError> {
    text.parse().map_err(|_| damaged(format!("`{text}` is not a plan's id")))
}

/// Reads where something is from its columns.
pub(crate) fn read_scope(
    account: &str,
    region: &str,
    resource_type: String,
) -> Result<Scope, StoreError> {
    let account: AccountId =
        account.parse().map_err(|_| damaged(format!("`{account}` is not an account")))?;
    let region: Region =
        region.parse().map_err(|_| damaged(format!("`{region}` is not a Region")))?;
    Ok(Scope { account, region, resource_type: ResourceType::new(resource_type) })
}

/// Reads how a plan may start from its columns.
pub(crate) fn read_start(word: &str, rule: Option<String>) -> Result<Start, StoreError> {
    match (word, rule) {
        ("on_approval", None) => Ok(Start::OnApproval),
        ("at_once", Some(rule)) => Ok(Start::AtOnce(rule)),
        _ => Err(damaged(format!("`{word}` is not a way to start"))),
    }
}

fn read_planned_action(row: ActionRow) -> Result<PlannedAction, StoreError> {
    let (
        number,
        account,
        region,
        resource_type,
        id,
        arn,
        document,
        apply,
        apply_detail,
        undo,
        undo_detail,
        started,
    ) = row;
    let number = u32::try_from(number).map_err(|_| damaged("the number of an action"))?;
    let resource = ResourceRef { scope: read_scope(&account, &region, resource_type)?, id, arn };
    let action = read_action(number, resource, &document).map_err(|source| {
        StoreError::Document { what: format!("the document of action {number}"), source }
    })?;
    let progress = match (apply, undo) {
        (Some(apply), Some(undo)) => ActionProgress {
            apply: read_step(&apply, apply_detail)?,
            undo: read_step(&undo, undo_detail)?,
            started_before: started.is_some_and(|started| started != 0),
        },
        // Nothing has happened to it yet.
        _ => ActionProgress::default(),
    };
    Ok(PlannedAction { action, progress })
}

fn read_summary(row: SummaryRow) -> Result<PlanSummary, StoreError> {
    let (
        id,
        controller,
        created_at,
        start,
        start_reason,
        digest,
        accounts,
        actions,
        phase,
        verified,
        refused,
        failed,
        started,
        undo_verified,
        undo_refused,
        undo_failed,
    ) = row;
    let phase = read_phase(&phase)?;
    let start = read_start(&start, start_reason)?;
    let account = |text: &str| {
        text.parse().map_err(|_| damaged(format!("`{text}` is not an account of {id}")))
    };
    let was_undone = matches!(phase, Phase::Undoing | Phase::Undone);
    Ok(PlanSummary {
        id: read_plan_id(&id)?,
        controller,
        created_at: timestamp(created_at)?,
        start,
        digest,
        accounts: accounts.split(',').map(account).collect::<Result<_, _>>()?,
        actions: u32::try_from(actions).map_err(|_| damaged(format!("the size of {id}")))?,
        phase,
        tally: tally(actions, verified, refused, failed),
        undo_tally: was_undone.then(|| tally(started, undo_verified, undo_refused, undo_failed)),
    })
}

fn tally(total: i64, verified: i64, refused: i64, failed: i64) -> Tally {
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    Tally {
        total: count(total),
        verified: count(verified),
        refused: count(refused),
        failed: count(failed),
        open: count(total - verified - refused - failed),
    }
}

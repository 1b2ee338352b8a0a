//! Where plans stand, kept beside the ledger so that appending needs no replay.
//!
//! The ledger is the truth; phases, counts and steps are folded from it in the transaction that appends to it. The rules
//! are the domain's own ([`reeve_care::progress`]): an event is tried on a small stand-in for the plan's progress, which
//! has one action for all that stand alike, instead of a hundred thousand. So an event costs the same
//! however large its plan is, and two processes that answer the same plan cannot both succeed.

use std::collections::HashMap;

use reeve_care::progress::{
    ActionProgress, Direction, NotPossibleError, Phase, PlanEvent, Progress, Step,
};
use reeve_types::PlanId;
use sqlx::AnyConnection;

use crate::{
    batch::{self, Insert},
    committer::conflict,
    entry::Event,
    error::{Doing as _, StoreError, damaged},
    ledger::PreparedEntry,
};

const PLAN: &str = "SELECT digest, actions, phase, apply_verified, apply_refused, apply_failed, started, \
            undo_verified, undo_refused, undo_failed \
     FROM plans WHERE id = $1";

const SAVE_PLAN: &str = "UPDATE plans SET phase = $3, apply_verified = $4, apply_refused = $5, \
            apply_failed = $6, started = $7, undo_verified = $8, undo_refused = $9, undo_failed = $10 \
     WHERE id = $1 AND phase = $2";

/// Followed by the numbers. Places are not numbered here, since a statement cannot mix the two kinds.
pub(crate) const ACTIONS: &str = "SELECT number, apply_step, apply_detail, apply_sequence, undo_step, undo_detail, \
            undo_sequence, started \
     FROM action_progress WHERE plan_id = ? AND number IN ";

const SAVE_ACTIONS: Insert = Insert {
    head: "INSERT INTO action_progress (plan_id, number, apply_step, apply_detail, apply_sequence, \
           undo_step, undo_detail, undo_sequence, started) VALUES",
    columns: 9,
    tail: "ON CONFLICT (plan_id, number) DO UPDATE SET apply_step = excluded.apply_step, \
           apply_detail = excluded.apply_detail, apply_sequence = excluded.apply_sequence, \
           undo_step = excluded.undo_step, undo_detail = excluded.undo_detail, \
           undo_sequence = excluded.undo_sequence, started = excluded.started",
};

pub(crate) const REOPEN_APPLY: &str = "UPDATE action_progress SET apply_step = 'pending', apply_detail = NULL \
     WHERE plan_id = $1 AND apply_step = 'failed'";

const REOPEN_UNDO: &str = "UPDATE action_progress SET undo_step = 'pending', undo_detail = NULL \
     WHERE plan_id = $1 AND undo_step = 'failed'";

pub(crate) type PlanRow = (String, i64, String, i64, i64, i64, i64, i64, i64, i64);
type ActionRow =
    (i64, String, Option<String>, Option<i64>, String, Option<String>, Option<i64>, i64);

/// The plans that some entries are about, as far as those entries need them.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    plans: HashMap<PlanId, PlanStanding>,
    actions: HashMap<(PlanId, u32), ActionStanding>,
}

/// Where a plan stands as a whole.
#[derive(Debug, Clone)]
struct PlanStanding {
    /// The phase in the database.
    saved_phase: Phase,
    phase: Phase,
    digest: String,
    actions: u32,
    apply: Ends,
    undo: Ends,
    /// How many actions were started at least once.
    started: i64,
    /// Directions in which the failed actions get another try.
    reopened: Vec<Direction>,
    changed: bool,
}

/// How many actions ended in which way.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    verified: i64,
    refused: i64,
    failed: i64,
}

impl Ends {
    /// Each step that any of `total` actions stands at.
    fn steps(self, total: i64) -> impl Iterator<Item = Step> {
        let Self { verified, refused, failed } = self;
        let steps = [
            (total - verified - refused - failed, Step::Pending),
            (verified, Step::Verified),
            (refused, Step::Refused(String::new())),
            (failed, Step::Failed(String::new())),
        ];
        steps.into_iter().filter(|(count, _)| *count > 0).map(|(_, step)| step)
    }
}

/// Where an action stands, and which entries say so.
#[derive(Debug, Clone, Default)]
struct ActionStanding {
    progress: ActionProgress,
    apply_sequence: Option<i64>,
    undo_sequence: Option<i64>,
    changed: bool,
}

impl Standings {
    /// Reads what `entries` are about.
    pub(crate) async fn load(
        connection: &mut AnyConnection,
        entries: &[&PreparedEntry],
    ) -> Result<Self, StoreError> {
        let mut wanted: HashMap<PlanId, Vec<u32>> = HashMap::new();
        for entry in entries {
            if let Some(plan) = entry.event.plan() {
                wanted.entry(plan).or_default().extend(entry.event.action_number());
            }
        }
        let mut standings = Self::default();
        for (plan, mut numbers) in wanted {
            let standing = PlanStanding::load(connection, plan).await?;
            standings.plans.insert(plan, standing);
            numbers.sort_unstable();
            numbers.dedup();
            standings.load_actions(connection, plan, &numbers).await?;
        }
        Ok(standings)
    }

    async fn load_actions(
        &mut self,
        connection: &mut AnyConnection,
        plan: PlanId,
        numbers: &[u32],
    ) -> Result<(), StoreError> {
        let plan_id = plan.to_string();
        for group in batch::groups(numbers) {
            let text = batch::list(connection, ACTIONS, group.len());
            let mut statement = sqlx::query_as(text).bind(plan_id.as_str());
            for number in group {
                statement = statement.bind(i64::from(*number));
            }
            let rows: Vec<ActionRow> =
                statement.fetch_all(&mut *connection).await.doing("read where actions stand")?;
            for row in rows {
                let (number, standing) = ActionStanding::from_row(row)?;
                self.actions.insert((plan, number), standing);
            }
        }
        Ok(())
    }

    /// Takes in the event of entry `sequence`, or says why it cannot happen.
    pub(crate) fn record(&mut self, sequence: i64, event: &Event) -> Result<(), StoreError> {
        let Event::Plan { plan, event } = event else { return Ok(()) };
        let standing = self.plans.get_mut(plan).ok_or_else(|| not_found(*plan))?;
        match event {
            PlanEvent::Proposed { .. } => Err(StoreError::Invalid {
                reason: format!("{plan} can only be proposed together with its actions"),
            }),
            PlanEvent::Approved { digest, .. } if *digest != standing.digest => {
                Err(conflict(*plan, format!("it has the digest {}, not {digest}", standing.digest)))
            }
            PlanEvent::Action { direction, number, step } => {
                if *number == 0 || *number > standing.actions {
                    return Err(conflict(*plan, format!("it has no action {number}")));
                }
                let action = self.actions.entry((*plan, *number)).or_default();
                action
                    .record(standing, *direction, step, sequence)
                    .map_err(|error| conflict(*plan, format!("action {number}: {error}")))
            }
            PlanEvent::Approved { .. }
            | PlanEvent::Refused { .. }
            | PlanEvent::Superseded { .. }
            | PlanEvent::ApplyRequested
            | PlanEvent::ApplyFinished
            | PlanEvent::UndoRequested { .. }
            | PlanEvent::UndoFinished => {
                standing.record(event).map_err(|error| conflict(*plan, error))?;
                if let Some(direction) = reopens(event) {
                    self.reopen(*plan, direction);
                }
                Ok(())
            }
        }
    }

    /// Failed actions that are at hand get another try here; the others in the database ([`Standings::save`]).
    fn reopen(&mut self, plan: PlanId, direction: Direction) {
        for ((of, _), action) in &mut self.actions {
            let step = match direction {
                Direction::Apply => &mut action.progress.apply,
                Direction::Undo => &mut action.progress.undo,
            };
            if *of == plan && matches!(step, Step::Failed(_)) {
                *step = Step::Pending;
                action.changed = true;
            }
        }
        if let Some(standing) = self.plans.get_mut(&plan) {
            standing.ends(direction).failed = 0;
            standing.reopened.push(direction);
        }
    }

    /// Writes what has changed.
    pub(crate) async fn save(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        for (plan, standing) in self.plans.iter().filter(|(_, standing)| standing.changed) {
            standing.save(connection, *plan).await?;
        }
        let rows: Vec<(String, i64, &ActionStanding)> = self
            .actions
            .iter()
            .filter(|(_, action)| action.changed)
            .map(|((plan, number), action)| (plan.to_string(), i64::from(*number), action))
            .collect();
        let save = SAVE_ACTIONS.execute(connection, &rows, |statement, (plan, number, action)| {
            let (apply, apply_detail) = step_to_row(&action.progress.apply);
            let (undo, undo_detail) = step_to_row(&action.progress.undo);
            statement
                .bind(plan.as_str())
                .bind(*number)
                .bind(apply)
                .bind(apply_detail)
                .bind(action.apply_sequence)
                .bind(undo)
                .bind(undo_detail)
                .bind(action.undo_sequence)
                .bind(i64::from(action.progress.started_before))
        });
        save.await.doing("save where actions stand")
    }
}

impl PlanStanding {
    async fn load(connection: &mut AnyConnection, plan: PlanId) -> Result<Self, StoreError> {
        let row: Option<PlanRow> = sqlx::query_as(PLAN)
            .bind(plan.to_string())
            .fetch_optional(connection)
            .await
            .doing("read where a plan stands")?;
        let (
            digest,
            actions,
            phase,
            verified,
            refused,
            failed,
            started,
            u_verified,
            u_refused,
            u_failed,
        ) = row.ok_or_else(|| not_found(plan))?;
        let phase = read_phase(&phase)?;
        Ok(Self {
            saved_phase: phase,
            phase,
            digest,
            actions: u32::try_from(actions).map_err(|_| damaged("a plan's number of actions"))?,
            apply: Ends { verified, refused, failed },
            undo: Ends { verified: u_verified, refused: u_refused, failed: u_failed },
            started,
            reopened: Vec::new(),
            changed: false,
        })
    }

    /// Tries `event` on the stand-in.
    fn record(&mut self, event: &PlanEvent) -> Result<(), NotPossibleError> {
        let mut progress = Progress { phase: self.phase, actions: self.stand_ins() };
        progress.record(event)?;
        self.phase = progress.phase;
        self.changed = true;
        Ok(())
    }

    /// One action for all those that stand alike: what the rules look at, without the numbers.
    fn stand_ins(&self) -> Vec<ActionProgress> {
        let forth = self.apply.steps(i64::from(self.actions));
        let forth = forth.map(|apply| ActionProgress { apply, ..ActionProgress::default() });
        let back = self.undo.steps(self.started).map(|undo| ActionProgress {
            apply: Step::Verified,
            undo,
            started_before: true,
        });
        forth.chain(back).collect()
    }

    fn ends(&mut self, direction: Direction) -> &mut Ends {
        match direction {
            Direction::Apply => &mut self.apply,
            Direction::Undo => &mut self.undo,
        }
    }

    async fn save(&self, connection: &mut AnyConnection, plan: PlanId) -> Result<(), StoreError> {
        let saved = sqlx::query(SAVE_PLAN)
            .bind(plan.to_string())
            .bind(self.saved_phase.as_str())
            .bind(self.phase.as_str())
            .bind(self.apply.verified)
            .bind(self.apply.refused)
            .bind(self.apply.failed)
            .bind(self.started)
            .bind(self.undo.verified)
            .bind(self.undo.refused)
            .bind(self.undo.failed)
            .execute(&mut *connection)
            .await
            .doing("save where a plan stands")?;
        if saved.rows_affected() != 1 {
            return Err(damaged(format!("the phase of {plan} changed within a transaction")));
        }
        for direction in &self.reopened {
            let text = match direction {
                Direction::Apply => REOPEN_APPLY,
                Direction::Undo => REOPEN_UNDO,
            };
            sqlx::query(text)
                .bind(plan.to_string())
                .execute(&mut *connection)
                .await
                .doing("give failed actions another try")?;
        }
        Ok(())
    }
}

impl ActionStanding {
    /// Tries the step on a plan of this one action, and counts how it ended.
    fn record(
        &mut self,
        plan: &mut PlanStanding,
        direction: Direction,
        step: &Step,
        sequence: i64,
    ) -> Result<(), NotPossibleError> {
        let was_started = self.progress.started_before;
        let mut progress = Progress { phase: plan.phase, actions: vec![self.progress.clone()] };
        let event = PlanEvent::Action { direction, number: 1, step: step.clone() };
        progress.record(&event)?;
        self.progress = progress.actions.pop().unwrap_or_default();
        self.changed = true;
        match direction {
            Direction::Apply => self.apply_sequence = Some(sequence),
            Direction::Undo => self.undo_sequence = Some(sequence),
        }
        plan.changed = true;
        plan.started += i64::from(self.progress.started_before && !was_started);
        // An undo of what was never started changes nothing, and is not counted.
        if direction == Direction::Apply || was_started {
            let ends = plan.ends(direction);
            match step {
                Step::Verified => ends.verified += 1,
                Step::Refused(_) => ends.refused += 1,
                Step::Failed(_) => ends.failed += 1,
                Step::Pending | Step::Started | Step::Performed => {}
            }
        }
        Ok(())
    }

    fn from_row(row: ActionRow) -> Result<(u32, Self), StoreError> {
        let (
            number,
            apply,
            apply_detail,
            apply_sequence,
            undo,
            undo_detail,
            undo_sequence,
            started,
        ) = row;
        let progress = ActionProgress {
            apply: read_step(&apply, apply_detail)?,
            undo: read_step(&undo, undo_detail)?,
            started_before: started != 0,
        };
        let number = u32::try_from(number).map_err(|_| damaged("the number of an action"))?;
        Ok((number, Self { progress, apply_sequence, undo_sequence, changed: false }))
    }
}

/// The direction in which an event gives failed actions another try.
fn reopens(event: &PlanEvent) -> Option<Direction> {
    match event {
        PlanEvent::ApplyRequested => Some(Direction::Apply),
        PlanEvent::UndoRequested { .. } => Some(Direction::Undo),
        PlanEvent::Proposed { .. }
        | PlanEvent::Approved { .. }
        | PlanEvent::Refused { .. }
        | PlanEvent::Superseded { .. }
        | PlanEvent::Action { .. }
        | PlanEvent::ApplyFinished
        | PlanEvent::UndoFinished => None,
    }
}

fn not_found(plan: PlanId) -> StoreError {
    StoreError::PlanNotFound { id: plan.to_string() }
}

/// Reads a stored phase.
pub(crate) fn read_phase(text: &str) -> Result<Phase, StoreError> {
    const ALL: [Phase; 8] = [
        Phase::Proposed,
        Phase::Approved,
        Phase::Refused,
        Phase::Superseded,
        Phase::Applying,
        Phase::Applied,
        Phase::Undoing,
        Phase::Undone,
    ];
    ALL.into_iter()
        .find(|phase| phase.as_str() == text)
        .ok_or_else(|| damaged(format!("`{text}` is not a phase")))
}

/// A step as it is stored: a word, and what it says.
fn step_to_row(step: &Step) -> (&'static str, Option<&str>) {
    match step {
        Step::Pending => ("pending", None),
        Step::Started => ("started", None),
        Step::Performed => ("performed", None),
        Step::Verified => ("verified", None),
        Step::Refused(reason) => ("refused", Some(reason)),
        Step::Failed(reason) => ("failed", Some(reason)),
    }
}

/// Reads a stored step.
pub(crate) fn read_step(word: &str, detail: Option<String>) -> Result<Step, StoreError> {
    Ok(match word {
        "pending" => Step::Pending,
        "started" => Step::Started,
        "performed" => Step::Performed,
        "verified" => Step::Verified,
        "refused" => Step::Refused(detail.unwrap_or_default()),
        "failed" => Step::Failed(detail.unwrap_or_default()),
        other => return Err(damaged(format!("`{other}` is not a step"))),
    })
}

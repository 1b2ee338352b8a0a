//! Where a plan stands, folded from its recorded events, and what comes next.
//!
//! A plan's life is a log of events, not a row with a status: after a crash the log is read again and the work goes on
//! from there. Each action moves through the same steps in both directions, forth when the plan is applied and back when
//! it is undone:
//!
//! ```text
//!     pending ──► started ──► performed ──► verified
//!        │           │             └──────► failed      (what was read back is not what was wanted)
//!        │           └────────────────────► failed      (the call failed for good)
//!        └────────────────────────────────► refused     (the resource changed meanwhile)
//! ```
//!
//! `started` is recorded before the first call that changes anything, so an action found in `started` after a crash may
//! or may not have happened: it is judged by what the resource looks like now, never blindly repeated.

use reeve_types::PlanId;

use crate::plan::Plan;

/// Something that happened to a plan. Who and when are recorded beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEvent {
    /// A controller wants it.
    Proposed {
        /// The digest of its actions.
        digest: String,
    },
    /// Someone, or the estate's authority, agreed to exactly this digest.
    Approved {
        /// The digest that was shown.
        digest: String,
        /// What they said.
        comment: String,
    },
    /// Someone said no.
    Refused {
        /// What they said.
        comment: String,
    },
    /// A newer plan takes its place; it was never applied.
    Superseded {
        /// The newer plan, if there is one: none where nothing is left to do.
        by: Option<PlanId>,
    },
    /// Someone asked for the approved plan to be applied, or for its failed actions to be tried again.
    ApplyRequested,
    /// Something happened to one action.
    Action {
        /// Forth or back.
        direction: Direction,
        /// Which action.
        number: u32,
        /// What happened.
        step: Step,
    },
    /// Every action of the apply has come to an end.
    ApplyFinished,
    /// Someone asked for what was applied to be taken back.
    UndoRequested {
        /// What they said.
        comment: String,
    },
    /// Every action of the undo has come to an end.
    UndoFinished,
}

/// Which way an action runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the observed state to the wanted one.
    Apply,
    /// Back to the recorded previous state.
    Undo,
}

/// How far an action has come in one direction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Step {
    /// Nothing was done.
    #[default]
    Pending,
    /// The change is about to be made, or may have been made.
    Started,
    /// The service accepted the change.
    Performed,
    /// The change was read back.
    Verified,
    /// It was not attempted, because the resource is not what was approved; the text says what changed.
    Refused(String),
    /// It was attempted and failed; the text says how.
    Failed(String),
}

impl Step {
    /// Whether nothing further happens to the action in this direction by itself.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Verified | Self::Refused(_) | Self::Failed(_))
    }

    /// Whether it may be recorded after `earlier`: never backwards. Starting twice is what happens after a crash, and
    /// steps are left out where an earlier attempt's work is found done.
    fn may_follow(&self, earlier: &Self) -> bool {
        let is_backwards = matches!((self, earlier), (Self::Started, Self::Performed));
        *self != Self::Pending && !is_backwards && !earlier.is_final()
    }
}

/// What a plan is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// For a person to approve or refuse it.
    Proposed,
    /// For someone to have it applied.
    Approved,
    /// Nothing: it was refused.
    Refused,
    /// Nothing: a newer plan took its place.
    Superseded,
    /// For its actions to be performed.
    Applying,
    /// Nothing: every action came to an end.
    Applied,
    /// For its actions to be taken back.
    Undoing,
    /// Nothing: every action was taken back, or could not be.
    Undone,
}

/// Where a plan stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What it is waiting for.
    pub phase: Phase,
    /// How far each action has come, in the plan's order.
    pub actions: Vec<ActionProgress>,
}

/// How far one action has come in each direction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionProgress {
    /// Forth.
    pub apply: Step,
    /// Back.
    pub undo: Step,
    /// Whether the change was started before: its outcome may stand already.
    pub started_before: bool,
}

/// An event that cannot happen where the plan stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not possible: the plan {standing}")]
pub struct NotPossibleError {
    what: &'static str,
    standing: String,
}

/// How many actions ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub total: usize,
    /// Done and read back.
    pub verified: usize,
    /// Not attempted, because the resource had changed.
    pub refused: usize,
    /// Attempted in vain.
    pub failed: usize,
    /// Not at an end yet.
    pub open: usize,
}

impl Progress {
    /// A plan of `actions` actions that was just proposed.
    pub fn new(actions: usize) -> Self {
        Self { phase: Phase::Proposed, actions: vec![ActionProgress::default(); actions] }
    }

    /// Folds recorded events into where `plan` stands.
    ///
    /// Errors name the first event that could not have happened: the record was altered.
    pub fn replay<'a>(
        plan: &Plan,
        events: impl IntoIterator<Item = &'a PlanEvent>,
    ) -> Result<Self, NotPossibleError> {
        let mut progress = Self::new(plan.actions.len());
        for event in events {
            progress.record(event)?;
        }
        Ok(progress)
    }

    /// Takes in one event, or says why it cannot happen now.
    pub fn record(&mut self, event: &PlanEvent) -> Result<(), NotPossibleError> {
        use Phase::{Approved, Proposed, Refused, Superseded};
        match event {
            PlanEvent::Proposed { .. } => self.advance(&[Proposed], Proposed, "proposing it"),
            PlanEvent::Approved { .. } => self.advance(&[Proposed], Approved, "approving it"),
            PlanEvent::Refused { .. } => {
                self.advance(&[Proposed, Approved], Refused, "refusing it")
            }
            PlanEvent::Superseded { .. } => {
                self.advance(&[Proposed, Approved], Superseded, "superseding it")
            }
            PlanEvent::ApplyRequested => self.request_apply(),
            PlanEvent::Action { direction, number, step } => self.step(*direction, *number, step),
            PlanEvent::ApplyFinished => self.finish(Direction::Apply),
            PlanEvent::UndoRequested { .. } => self.request_undo(),
            PlanEvent::UndoFinished => self.finish(Direction::Undo),
        }
    }

    /// The next actions to work on, at most `limit`, and in which direction; empty when the phase has none left.
    ///
    /// An undo walks the plan backwards, and only over actions that may have changed something.
    pub fn next(&self, limit: usize) -> (Direction, Vec<u32>) {
        let open = |direction: Direction| {
            move |(_, action): &(u32, &ActionProgress)| !action.step(direction).is_final()
        };
        match self.phase {
            Phase::Applying => {
                let numbers = self.numbered().filter(open(Direction::Apply)).map(|(n, _)| n);
                (Direction::Apply, numbers.take(limit).collect())
            }
            Phase::Undoing => {
                let numbers = self.undoable().rev().filter(open(Direction::Undo)).map(|(n, _)| n);
                (Direction::Undo, numbers.take(limit).collect())
            }
            Phase::Proposed
            | Phase::Approved
            | Phase::Refused
            | Phase::Superseded
            | Phase::Applied
            | Phase::Undone => (Direction::Apply, Vec::new()),
        }
    }

    /// How the actions ended in `direction`; an undo counts only the actions that may have changed something.
    pub fn tally(&self, direction: Direction) -> Tally {
        let mut tally = Tally::default();
        for (_, action) in self.numbered() {
            if direction == Direction::Undo && !action.may_have_changed() {
                continue;
            }
            tally.total += 1;
            match action.step(direction) {
                Step::Verified => tally.verified += 1,
                Step::Refused(_) => tally.refused += 1,
                Step::Failed(_) => tally.failed += 1,
                Step::Pending | Step::Started | Step::Performed => tally.open += 1,
            }
        }
        tally
    }

    /// The progress of action `number`.
    pub fn action(&self, number: u32) -> Option<&ActionProgress> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.actions.get(index)
    }

    fn request_apply(&mut self) -> Result<(), NotPossibleError> {
        let again = self.phase == Phase::Applied;
        if again && self.tally(Direction::Apply).failed == 0 {
            return Err(self.not_possible("applying it again", " without a failed action"));
        }
        self.advance(&[Phase::Approved, Phase::Applied], Phase::Applying, "applying it")?;
        self.reopen(Direction::Apply);
        Ok(())
    }

    fn request_undo(&mut self) -> Result<(), NotPossibleError> {
        let what = "undoing it";
        match self.phase {
            Phase::Applied if self.undoable().next().is_none() => {
                return Err(self.not_possible(what, " and left nothing to undo"));
            }
            Phase::Undone if self.tally(Direction::Undo).failed == 0 => {
                return Err(self.not_possible(what, " without a failed action"));
            }
            _ => self.advance(&[Phase::Applied, Phase::Undone], Phase::Undoing, what)?,
        }
        self.reopen(Direction::Undo);
        Ok(())
    }

    /// Ends an apply or an undo, once every action of it has come to an end.
    fn finish(&mut self, direction: Direction) -> Result<(), NotPossibleError> {
        let (from, to, what) = match direction {
            Direction::Apply => (Phase::Applying, Phase::Applied, "finishing its apply"),
            Direction::Undo => (Phase::Undoing, Phase::Undone, "finishing its undo"),
        };
        if self.phase == from && self.tally(direction).open > 0 {
            return Err(self.not_possible(what, " with open actions"));
        }
        self.advance(&[from], to, what)
    }

    /// Failed actions get another try; refused ones need a new plan.
    fn reopen(&mut self, direction: Direction) {
        for action in &mut self.actions {
            let step = action.step_mut(direction);
            if matches!(step, Step::Failed(_)) {
                *step = Step::Pending;
            }
        }
    }

    fn step(
        &mut self,
        direction: Direction,
        number: u32,
        step: &Step,
    ) -> Result<(), NotPossibleError> {
        let phase = match direction {
            Direction::Apply => Phase::Applying,
            Direction::Undo => Phase::Undoing,
        };
        let refusal = self.not_possible("a step of an action", "");
        let action = usize::try_from(number)
            .ok()
            .and_then(|number| self.actions.get_mut(number.checked_sub(1)?));
        match action {
            Some(action) if self.phase == phase && step.may_follow(action.step(direction)) => {
                if direction == Direction::Apply && *step == Step::Started {
                    action.started_before = true;
                }
                *action.step_mut(direction) = step.clone();
                Ok(())
            }
            _ => Err(refusal),
        }
    }

    fn advance(
        &mut self,
        from: &[Phase],
        to: Phase,
        what: &'static str,
    ) -> Result<(), NotPossibleError> {
        if !from.contains(&self.phase) {
            return Err(self.not_possible(what, ""));
        }
        self.phase = to;
        Ok(())
    }

    fn not_possible(&self, what: &'static str, more: &str) -> NotPossibleError {
        NotPossibleError { what, standing: format!("{}{more}", self.phase.standing()) }
    }

    fn numbered(&self) -> impl DoubleEndedIterator<Item = (u32, &ActionProgress)> {
        self.actions
            .iter()
            .enumerate()
            .map(|(index, action)| (u32::try_from(index + 1).unwrap_or(u32::MAX), action))
    }

    fn undoable(&self) -> impl DoubleEndedIterator<Item = (u32, &ActionProgress)> {
        self.numbered().filter(|(_, action)| action.may_have_changed())
    }
}

impl ActionProgress {
    /// How far it has come in `direction`.
    pub fn step(&self, direction: Direction) -> &Step {
        match direction {
            Direction::Apply => &self.apply,
            Direction::Undo => &self.undo,
        }
    }

    /// Whether applying it may have changed the resource: it was started at least once.
    pub fn may_have_changed(&self) -> bool {
        self.started_before
    }

    fn step_mut(&mut self, direction: Direction) -> &mut Step {
        match direction {
            Direction::Apply => &mut self.apply,
            Direction::Undo => &mut self.undo,
        }
    }
}

impl Phase {
    /// The phase as a word for tables and stored rows: `proposed`, `approved`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Superseded => "superseded",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    fn standing(self) -> &'static str {
        match self {
            Self::Proposed => "waits for approval",
            Self::Approved => "is approved",
            Self::Refused => "was refused",
            Self::Superseded => "was superseded by a newer one",
            Self::Applying => "is being applied",
            Self::Applied => "was applied",
            Self::Undoing => "is being undone",
            Self::Undone => "was undone",
        }
    }
}

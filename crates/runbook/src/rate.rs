//! Rate control: how many targets at once, and how many failures until no more are begun.
//!
//! ```text
//! targets ──► RateControl::decision ──► Start these │ Wait │ End
//!                ▲                         │
//!                └── began, ended ◄────────┘
//! ```
//!
//! Pure, and small enough to be written down after everything that happens: a letter a target.
//!
//! As the service does it: the first target goes alone, then two more, and so on until as many run as may, so that a runbook
//! that breaks things breaks one first. With N failures tolerated, nothing more is begun when one more than N have failed;
//! what runs then runs to its end. The service documents no rounding of shares and contradicts itself about the error that
//! stops (its guide: the fifth of 50 at 10 %; its API: the sixth). Shares are rounded down here, with one at least at once,
//! and the API's word holds, which is that of plain numbers. A target whose execution somebody cancelled is no failure.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::execution::Status;

/// How many targets are worked on at once where nothing is said: the service's default.
pub const DEFAULT_CONCURRENCY: Share = Share::Number(10);

/// How many failures are tolerated where nothing is said. The service documents no default; this is the cautious one.
pub const DEFAULT_ERRORS: Share = Share::Number(0);

/// A number of targets, or a share of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// So many.
    Number(u32),
    /// So many in a hundred.
    Percent(u32),
}

/// A text that is neither a number nor a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a number nor a share from 0% to 100%")]
pub struct ShareError(String);

/// How the work on one target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// It was not begun.
    Pending,
    /// It was begun and has not ended.
    Running,
    /// It has ended.
    Ended(Status),
}

/// How many targets there are, and how the work on each is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateControl {
    /// How many may run at once.
    at_once: usize,
    /// How many may fail before nothing more is begun.
    tolerated: usize,
    /// Whether the first go alone, then two, then four.
    is_gradual: bool,
    targets: States,
}

/// A letter for each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct States(Vec<TargetState>);

/// What is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateDecision {
    /// Begin the work on these, by their places.
    Start(Vec<usize>),
    /// Nothing until one of those that run ends.
    Wait,
    /// Nothing any more: this is what came of all of them.
    End(Status),
}

/// How many targets are how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TargetCounts {
    /// All of them.
    pub total: usize,
    /// Those that were not begun.
    pub pending: usize,
    /// Those that run.
    pub running: usize,
    /// Those that did what they should.
    pub success: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that somebody cancelled.
    pub cancelled: usize,
    /// Those that took too long.
    pub timed_out: usize,
}

impl Share {
    /// As a limit of how many run at once: at least one.
    pub fn at_once(self, targets: usize) -> usize {
        self.of(targets).max(1)
    }

    /// As a number of failures that are tolerated.
    pub fn tolerated(self, targets: usize) -> usize {
        self.of(targets)
    }

    fn of(self, targets: usize) -> usize {
        let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        match self {
            Self::Number(number) => whole(number),
            Self::Percent(percent) => targets.saturating_mul(whole(percent)) / 100,
        }
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let wrong = || ShareError(text.to_owned());
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { digits.parse::<u32>().map_err(|_| wrong()) } else { Err(wrong()) }
        };
        match text.strip_suffix('%') {
            Some(digits) => {
                let percent = number(digits)?;
                if percent > 100 { Err(wrong()) } else { Ok(Self::Percent(percent)) }
            }
            None => Ok(Self::Number(number(text)?)),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl RateControl {
    /// So many targets, none begun. The first goes alone, then two, then four, until as many run as may.
    pub fn gradual(targets: usize, concurrency: Share, errors: Share) -> Self {
        Self { is_gradual: true, ..Self::at_full_speed(targets, concurrency, errors) }
    }

    /// So many targets, none begun. As many as may are begun at once.
    pub fn at_full_speed(targets: usize, concurrency: Share, errors: Share) -> Self {
        Self {
            at_once: concurrency.at_once(targets),
            tolerated: errors.tolerated(targets),
            is_gradual: false,
            targets: States(vec![TargetState::Pending; targets]),
        }
    }

    /// What is next. Nothing is begun any more once it `is_stopped` from outside.
    pub fn decision(&self, is_stopped: bool) -> RateDecision {
        let counts = self.counts();
        let begins_more = !is_stopped && !self.has_failed_too_often();
        if begins_more {
            let free = self.window(&counts).saturating_sub(counts.running);
            let next: Vec<usize> = self.pending().take(free).collect();
            if !next.is_empty() {
                return RateDecision::Start(next);
            }
        }
        let is_over = counts.running == 0 && (!begins_more || counts.pending == 0);
        if is_over { RateDecision::End(counts.status()) } else { RateDecision::Wait }
    }

    /// The work on a target began.
    pub fn began(&mut self, place: usize) {
        if let Some(state @ TargetState::Pending) = self.targets.0.get_mut(place) {
            *state = TargetState::Running;
        }
    }

    /// The work on a target ended. What has ended once stays so.
    pub fn ended(&mut self, place: usize, status: Status) {
        if let Some(state @ (TargetState::Pending | TargetState::Running)) =
            self.targets.0.get_mut(place)
        {
            *state = TargetState::Ended(status);
        }
    }

    /// How the work on each target is, in order.
    pub fn states(&self) -> &[TargetState] {
        &self.targets.0
    }

    /// The places of those that run.
    pub fn running(&self) -> impl Iterator<Item = usize> {
        self.places(TargetState::Running)
    }

    /// Whether so many have failed that nothing more is begun.
    pub fn has_failed_too_often(&self) -> bool {
        let counts = self.counts();
        counts.failed + counts.timed_out > self.tolerated
    }

    /// How many are how.
    pub fn counts(&self) -> TargetCounts {
        let mut counts = TargetCounts { total: self.targets.0.len(), ..TargetCounts::default() };
        for state in &self.targets.0 {
            *match state {
                TargetState::Pending => &mut counts.pending,
                TargetState::Ended(Status::Success) => &mut counts.success,
                TargetState::Ended(Status::Cancelled) => &mut counts.cancelled,
                TargetState::Ended(Status::TimedOut) => &mut counts.timed_out,
                TargetState::Ended(Status::Failed) => &mut counts.failed,
                // An end has no other status.
                TargetState::Running | TargetState::Ended(_) => &mut counts.running,
            } += 1;
        }
        counts
    }

    /// How many may run now: one at first, and one more for each that has ended, which doubles them each round.
    fn window(&self, counts: &TargetCounts) -> usize {
        let ended = counts.total - counts.pending - counts.running;
        if self.is_gradual { self.at_once.min(ended + 1) } else { self.at_once }
    }

    fn pending(&self) -> impl Iterator<Item = usize> {
        self.places(TargetState::Pending)
    }

    fn places(&self, wanted: TargetState) -> impl Iterator<Item = usize> {
        let states = self.targets.0.iter().enumerate();
        states.filter(move |(_, state)| **state == wanted).map(|(place, _)| place)
    }
}

impl TargetCounts {
    /// The same with others.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        Self {
            total: self.total + other.total,
            pending: self.pending + other.pending,
            running: self.running + other.running,
            success: self.success + other.success,
            failed: self.failed + other.failed,
            cancelled: self.cancelled + other.cancelled,
            timed_out: self.timed_out + other.timed_out,
        }
    }

    /// What came of all of them: a success only if all are one.
    pub fn status(&self) -> Status {
        match self {
            Self { failed: 1.., .. } => Status::Failed,
            Self { timed_out: 1.., .. } => Status::TimedOut,
            Self { cancelled: 1.., .. } | Self { pending: 1.., .. } => Status::Cancelled,
            _ => Status::Success,
        }
    }
}

impl fmt::Display for TargetCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.success, "succeeded"),
            (self.failed, "failed"),
            (self.timed_out, "timed out"),
            (self.cancelled, "cancelled"),
            (self.running, "running"),
            (self.pending, "not begun"),
        ];
        let there = words.iter().filter(|(count, _)| *count > 0);
        let there: Vec<String> = there.map(|(count, word)| format!("{count} {word}")).collect();
        write!(formatter, "{} targets: {}", self.total, there.join(", "))
    }
}

const LETTERS: [(char, TargetState); 6] = [
    ('-', TargetState::Pending),
    ('r', TargetState::Running),
    ('s', TargetState::Ended(Status::Success)),
    ('f', TargetState::Ended(Status::Failed)),
    ('t', TargetState::Ended(Status::TimedOut)),
    ('c', TargetState::Ended(Status::Cancelled)),
];

impl From<States> for String {
    fn from(states: States) -> Self {
        let letter = |state: &TargetState| {
            LETTERS.iter().find(|(_, known)| known == state).map_or('r', |(letter, _)| *letter)
        };
        states.0.iter().map(letter).collect()
    }
}

impl TryFrom<String> for States {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let state = |letter: char| {
            let found = LETTERS.iter().find(|(known, _)| *known == letter);
            found.map(|(_, state)| *state).ok_or_else(|| format!("`{letter}` is no state"))
        };
        text.chars().map(state).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests;

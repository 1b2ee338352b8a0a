//! How far a call has come, and how much time it has left.

use std::time::Duration;

use reeve_types::Region;
use tokio::time::Instant;

use super::CallOptions;
use crate::{CallError, Phase, quota::Permit};

/// What has happened so far.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) attempt: u32,
    pub(super) region: Region,
    pub(super) permit: Option<Permit>,
    pub(super) corrected: Corrected,
    /// How the last attempt failed that another was made after.
    pub(super) last: Option<CallError>,
    start: Instant,
    waited: Duration,
    // The part of it that was spent in line.
    in_line: Duration,
    overall: Duration,
    // How long the caller's deadline was away at the start.
    deadline: Option<Duration>,
}

/// What has been corrected; nothing is corrected twice.
#[derive(Debug, Default)]
pub(super) struct Corrected {
    pub(super) region: bool,
    pub(super) time: bool,
    pub(super) session: bool,
}

/// The time is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over {
    /// What it was too short for.
    pub(super) phase: Phase,
    /// How long all of it could take.
    pub(super) limit: Duration,
    /// How long it took.
    pub(super) elapsed: Duration,
}

impl Progress {
    pub(super) fn new(region: Region, overall: Duration, options: CallOptions) -> Self {
        Self {
            attempt: 1,
            region,
            permit: None,
            corrected: Corrected::default(),
            last: None,
            start: Instant::now(),
            waited: Duration::ZERO,
            in_line: Duration::ZERO,
            overall,
            deadline: options.deadline.map(super::Deadline::left),
        }
    }

    /// The time since the start. Waits count in full where they are not really waited.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed().max(self.waited)
    }

    /// The time that is left. Standing in line does not count towards the client's own limit: a thousand calls of a place
    /// that allows two a second take their time, and none of them has failed.
    pub(super) fn left(&self) -> Duration {
        let own = self.own_left();
        self.left_for_caller().map_or(own, |left| left.min(own))
    }

    /// The time until the caller's deadline.
    pub(super) fn left_for_caller(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_sub(self.elapsed()))
    }

    /// Whether it is the caller's deadline that ends the time, rather than the client's own limit.
    pub(super) fn is_up_to_caller(&self) -> bool {
        self.left_for_caller().is_some_and(|left| left <= self.own_left())
    }

    /// Notes a wait, which may not really have been waited.
    pub(super) fn waited(&mut self, wait: Duration) {
        self.waited = self.waited.saturating_add(wait);
    }

    /// Notes a wait in line.
    pub(super) fn waited_in_line(&mut self, wait: Duration) {
        self.waited(wait);
        self.in_line = self.in_line.saturating_add(wait);
    }

    fn own_left(&self) -> Duration {
        self.overall.saturating_sub(self.elapsed().saturating_sub(self.in_line))
    }

    /// Does something as long as there is time.
    pub(super) async fn within<T>(
        &self,
        phase: Phase,
        doing: impl Future<Output = T>,
    ) -> Result<T, Over> {
        match tokio::time::timeout(self.left(), doing).await {
            Ok(done) => Ok(done),
            Err(_) => Err(self.over(phase)),
        }
    }

    /// Says that the time is over, or would be.
    pub(super) fn over(&self, phase: Phase) -> Over {
        let limit = match self.deadline {
            Some(deadline) if self.is_up_to_caller() => deadline,
            _ => self.overall.saturating_add(self.in_line),
        };
        Over { phase, limit, elapsed: self.elapsed() }
    }
}

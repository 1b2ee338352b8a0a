//! What a caller may ask of one call beyond what the client is configured to do.

use std::time::Duration;

use tokio::time::Instant;

/// How one call is to be made.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallOptions {
    /// When the caller stops being interested. The client's own limit for a whole call holds besides.
    pub deadline: Option<Deadline>,
    /// After how long without an answer a second request is sent, instead of what the client is configured to do. Only
    /// where that is safe: see [`RetryOptions::hedge_after`](crate::RetryOptions::hedge_after).
    pub hedge_after: Option<Duration>,
    /// Whether an attempt that may have been performed is the last: the caller finds out what happened, where a second one
    /// would do something more.
    pub once: bool,
}

/// A moment that several calls may share. The wall clock has no part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(duration: Duration) -> Self {
        let now = Instant::now();
        // What is too far away to be told is as far away as nobody waits.
        Self(now.checked_add(duration).unwrap_or_else(|| now + Duration::from_hours(24 * 365)))
    }

    /// How long it still is.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

impl CallOptions {
    /// What may have been performed is not attempted again.
    pub fn once() -> Self {
        Self { once: true, ..Self::default() }
    }

    /// Nothing but a deadline.
    pub fn within(duration: Duration) -> Self {
        Self { deadline: Some(Deadline::after(duration)), ..Self::default() }
    }
}

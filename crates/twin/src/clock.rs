//! The world's own time: that of a clock it follows, faster, slower, or set by hand.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reeve_time::Clock;

/// What time it is in the world. Clones share its hands.
#[derive(Debug, Clone)]
pub(crate) struct WorldClock {
    source: Clock,
    pace: Arc<Mutex<Pace>>,
}

/// How the world's time follows the clock's.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// The clock's time when the pace was set.
    since: Timestamp,
    /// The world's time then.
    from: Timestamp,
    /// Seconds of the world for each second of the clock; zero stands still.
    rate: f64,
}

impl WorldClock {
    /// The same time as a clock.
    pub(crate) fn following(source: Clock) -> Self {
        let now = source.now();
        let pace = Pace { since: now, from: now, rate: 1.0 };
        Self { source, pace: Arc::new(Mutex::new(pace)) }
    }

    /// The clock that it follows.
    pub(crate) fn source(&self) -> &Clock {
        &self.source
    }

    /// The world's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.pace().at(self.source.now())
    }

    /// How many of its seconds pass in a second of the clock.
    pub(crate) fn rate(&self) -> f64 {
        self.pace().rate
    }

    /// Sets the time; it goes on from there at the same pace.
    pub(crate) fn set(&self, time: Timestamp) {
        let since = self.source.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = Pace { since, from: time, rate: pace.rate };
    }

    /// Sets the pace; time goes on from where it is.
    pub(crate) fn set_rate(&self, rate: f64) {
        let since = self.source.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = Pace { since, from: pace.at(since), rate };
    }

    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn at(self, now: Timestamp) -> Timestamp {
        let passed = now.duration_since(self.since);
        // The usual pace is kept to the nanosecond: a manual clock and its world always show the same.
        #[expect(clippy::float_cmp, reason = "exactly the usual pace")]
        let passed = if self.rate == 1.0 {
            passed
        } else {
            SignedDuration::try_from_secs_f64(passed.as_secs_f64() * self.rate).unwrap_or_default()
        };
        self.from.saturating_add(passed).unwrap_or(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_at_sixty_times_the_pace_ages_a_minute_a_second() {
        let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let source = Clock::manual(start);
        let clock = WorldClock::following(source.clone());
        clock.set_rate(60.0);
        source.set(start + SignedDuration::from_secs(2));
        assert_eq!(clock.now(), start + SignedDuration::from_secs(120));
        clock.set_rate(0.0);
        source.set(start + SignedDuration::from_secs(900));
        assert_eq!(clock.now(), start + SignedDuration::from_secs(120));
        clock.set("2026-04-01T00:00:00Z".parse().unwrap());
        assert_eq!(clock.now(), "2026-04-01T00:00:00Z".parse().unwrap());
    }
}

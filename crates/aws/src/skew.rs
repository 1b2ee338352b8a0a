//! Corrects the time of signatures where this machine's clock is wrong.
//!
//! AWS refuses a signature that is more than five minutes off, and says its own time in the `Date` header of the refusal.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// Off by less, a refusal has another cause.
const TOLERANCE_SECONDS: u64 = 240;

/// How far this machine's clock is behind AWS's, as far as is known.
#[derive(Debug, Default)]
pub(crate) struct Skew {
    seconds: AtomicI64,
}

impl Skew {
    /// The time to sign with.
    pub(crate) fn correct(&self, now: Timestamp) -> Timestamp {
        let seconds = self.seconds.load(Ordering::Relaxed);
        now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
    }

    /// Learns from a refused signature; says whether signing again would make a difference.
    pub(crate) fn learn(&self, now: Timestamp, date_header: &str) -> bool {
        static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();
        let Ok(theirs) = PARSER.parse_timestamp(date_header) else { return false };
        let seconds = theirs.as_second() - now.as_second();
        let known = self.seconds.load(Ordering::Relaxed);
        if seconds.abs_diff(known) < TOLERANCE_SECONDS {
            return false;
        }
        tracing::warn!(
            clock.skew_seconds = seconds,
            "this machine's clock is wrong: correcting signatures"
        );
        self.seconds.store(seconds, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_corrected_once() {
        let skew = Skew::default();
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        assert!(!skew.learn(now, "Sun, 01 Mar 2026 09:00:30 GMT"), "half a minute is no skew");
        assert!(!skew.learn(now, "yesterday"));
        assert!(skew.learn(now, "Sun, 01 Mar 2026 10:00:00 GMT"));
        assert_eq!(skew.correct(now), "2026-03-01T10:00:00Z".parse().unwrap());
        assert!(!skew.learn(now, "Sun, 01 Mar 2026 10:00:01 GMT"), "already known");
    }
}

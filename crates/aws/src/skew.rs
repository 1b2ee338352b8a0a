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

    /// Learns from the refusal of a signature of the time `signed`; says whether signing again would make a difference. It
    /// would also if another call has learned meanwhile.
    pub(crate) fn learn(&self, now: Timestamp, signed: Timestamp, date_header: &str) -> bool {
        static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();
        let Ok(theirs) = PARSER.parse_timestamp(date_header) else { return false };
        if theirs.as_second().abs_diff(signed.as_second()) < TOLERANCE_SECONDS {
            return false;
        }
        let seconds = theirs.as_second() - now.as_second();
        let known = self.seconds.swap(seconds, Ordering::Relaxed);
        if seconds.abs_diff(known) >= TOLERANCE_SECONDS {
            tracing::warn!(
                clock.skew_seconds = seconds,
                "this machine's clock is not AWS's: correcting signatures"
            );
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-01T09:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_that_is_wrong_is_corrected_once() {
        let skew = Skew::default();
        let now = at(NOW);
        assert!(!skew.learn(now, now, "Sun, 01 Mar 2026 09:00:30 GMT"), "half a minute is no skew");
        assert!(!skew.learn(now, now, "yesterday"));
        assert!(skew.learn(now, now, "Sun, 01 Mar 2026 10:00:00 GMT"));
        assert_eq!(skew.correct(now), at("2026-03-01T10:00:00Z"));
        let signed = skew.correct(now);
        assert!(!skew.learn(now, signed, "Sun, 01 Mar 2026 10:00:01 GMT"), "it was signed rightly");
    }

    #[test]
    fn whoever_signed_before_another_learned_is_to_sign_again() {
        let skew = Skew::default();
        let now = at(NOW);
        assert!(skew.learn(now, now, "Sun, 01 Mar 2026 10:00:00 GMT"));
        assert!(skew.learn(now, now, "Sun, 01 Mar 2026 10:00:01 GMT"));
    }

    #[test]
    fn a_clock_that_is_put_right_later_is_followed() {
        let skew = Skew::default();
        let wrong = at(NOW);
        assert!(skew.learn(wrong, wrong, "Sun, 01 Mar 2026 10:00:00 GMT"));
        let right = at("2026-03-01T10:00:10Z");
        let signed = skew.correct(right);
        assert_eq!(signed, at("2026-03-01T11:00:10Z"), "an hour too much now");
        assert!(skew.learn(right, signed, "Sun, 01 Mar 2026 10:00:11 GMT"));
        assert_eq!(skew.correct(right), at("2026-03-01T10:00:11Z"));
    }
}

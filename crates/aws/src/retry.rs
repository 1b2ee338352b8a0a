//! Decides which failures are tried again, and after how long.
//!
//! Pure, after the SDKs' standard mode: transient failures and throttling are tried again with exponential backoff and
//! full jitter; all else is final. Whether there are attempts, tokens and time left is the caller's to say.

use std::time::Duration;

use crate::{RetryOptions, TransportError};

/// Throttled calls wait from a second up, as the SDKs do: a throttle that lasts milliseconds is rare.
const THROTTLING_FACTOR: u32 = 10;

const THROTTLING_CODES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Throttles that calling more slowly does not prevent.
const NOT_ABOUT_RATE: &[&str] =
    &["LimitExceededException", "PriorRequestNotComplete", "TransactionInProgressException"];

const TRANSIENT_CODES: &[&str] = &[
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

const SKEW_CODES: &[&str] = &[
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

const EXPIRED_CODES: &[&str] =
    &["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// What kind of failure an attempt ended in, as far as trying again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Trying again may help.
    Transient,
    /// No answer came in time; trying again may help, and costs more if it does not.
    TimedOut,
    /// Too many calls were made; trying again later helps.
    Throttled,
    /// Trying again gives the same answer.
    Final,
}

/// Classifies an answer that is an error.
pub(crate) fn classify_answer(status: u16, code: &str) -> Failure {
    if THROTTLING_CODES.contains(&code) || status == 429 {
        Failure::Throttled
    } else if TRANSIENT_CODES.contains(&code) || matches!(status, 500 | 502 | 503 | 504) {
        Failure::Transient
    } else {
        Failure::Final
    }
}

/// Classifies an answer that did not come.
pub(crate) fn classify_silence(error: &TransportError) -> Failure {
    match error {
        TransportError::Connect(_) | TransportError::Lost(_) => Failure::Transient,
        TransportError::TimedOut => Failure::TimedOut,
        TransportError::Silent(_)
        | TransportError::Source(_)
        | TransportError::TooLong { .. }
        | TransportError::NotRecorded(_) => Failure::Final,
    }
}

/// Whether a throttle is about how fast calls come, rather than about how much there is of something.
pub(crate) fn is_about_rate(code: &str) -> bool {
    !NOT_ABOUT_RATE.contains(&code)
}

/// Whether a refusal may be due to a wrong clock.
pub(crate) fn is_about_time(code: &str) -> bool {
    SKEW_CODES.contains(&code)
}

/// Whether a refusal says that a session has ended.
pub(crate) fn is_about_expiry(code: &str) -> bool {
    EXPIRED_CODES.contains(&code)
}

/// How long to wait before the next attempt; `random` is from 0 up to 1.
pub(crate) fn delay(
    options: &RetryOptions,
    failure: Failure,
    attempt: u32,
    (random, asked_for): (f64, Option<Duration>),
) -> Duration {
    let base = match failure {
        Failure::Throttled => options.base_delay.saturating_mul(THROTTLING_FACTOR),
        Failure::Transient | Failure::TimedOut | Failure::Final => options.base_delay,
    };
    let doublings = attempt.saturating_sub(1).min(16);
    let longest = base.saturating_mul(1 << doublings).min(options.max_delay);
    let chosen = longest.mul_f64(random.clamp(0.0, 1.0));
    chosen.max(asked_for.unwrap_or_default()).min(options.max_delay)
}

/// How long the answer asks to be left alone.
pub(crate) fn asked_for(headers: &[(String, String)]) -> Option<Duration> {
    let header = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.trim().parse::<u64>().ok())
    };
    header("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| header("retry-after").map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_and_server_faults_are_tried_again_and_the_callers_faults_are_not() {
        for (status, code, expected) in [
            (400, "Throttling", Failure::Throttled),
            (503, "SlowDown", Failure::Throttled),
            (503, "RequestLimitExceeded", Failure::Throttled),
            (429, "", Failure::Throttled),
            (400, "RequestTimeout", Failure::Transient),
            (500, "InternalError", Failure::Transient),
            (502, "", Failure::Transient),
            (504, "", Failure::Transient),
            (501, "NotImplemented", Failure::Final),
            (403, "AccessDenied", Failure::Final),
            (400, "InvalidParameterValue", Failure::Final),
        ] {
            assert_eq!(classify_answer(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_evenly_below() {
        let options = RetryOptions::default();
        let longest =
            |attempt| delay(&options, Failure::Transient, attempt, (1.0, None)).as_millis();
        assert_eq!([1, 2, 3, 4, 9, 40].map(longest), [100, 200, 400, 800, 20_000, 20_000]);
        assert_eq!(delay(&options, Failure::Transient, 3, (0.5, None)).as_millis(), 200);
        assert_eq!(delay(&options, Failure::Transient, 3, (0.0, None)).as_millis(), 0);
        assert_eq!(delay(&options, Failure::Throttled, 1, (1.0, None)).as_millis(), 1_000);
    }

    #[test]
    fn a_service_that_says_when_is_believed_within_reason() {
        let options = RetryOptions::default();
        let after = |name: &str, value: &str| {
            let headers = [(name.to_owned(), value.to_owned())];
            delay(&options, Failure::Transient, 1, (1.0, asked_for(&headers))).as_millis()
        };
        assert_eq!(after("Retry-After", "3"), 3_000);
        assert_eq!(after("x-amz-retry-after", "1500"), 1_500);
        assert_eq!(after("Retry-After", "3600"), 20_000);
        assert_eq!(after("Retry-After", "Sun, 01 Mar 2026 09:00:30 GMT"), 100);
    }
}

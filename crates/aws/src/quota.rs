//! Limits retries so that an outage does not multiply the load.
//!
//! Each place has a bucket of tokens, as in the SDKs' standard mode: a retry takes some, a success
//! gives some back. When a service fails everywhere, the bucket runs dry and calls fail at once instead of five times.

use std::sync::atomic::{AtomicU32, Ordering};

const CAPACITY: u32 = 500;
const RETRY_COST: u32 = 5;
const TIMEOUT_COST: u32 = 10;
const REWARD: u32 = 1;

/// The tokens of one place.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: AtomicU32,
}

/// Tokens taken for a retry, to be given back if it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permit(u32);

impl Default for Bucket {
    fn default() -> Self {
        Self { tokens: AtomicU32::new(CAPACITY) }
    }
}

impl Bucket {
    /// Takes the tokens for a retry, if there are enough left.
    pub(crate) fn take(&self, after_timeout: bool) -> Option<Permit> {
        let cost = if after_timeout { TIMEOUT_COST } else { RETRY_COST };
        self.tokens
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(cost))
            .is_ok()
            .then_some(Permit(cost))
    }

    /// The tokens that are left.
    pub(crate) fn tokens(&self) -> u32 {
        self.tokens.load(Ordering::Relaxed)
    }

    /// Whether none is missing.
    pub(crate) fn is_full(&self) -> bool {
        self.tokens() >= CAPACITY
    }

    /// A call succeeded: the last retry's tokens come back, or one for a call that needed none.
    pub(crate) fn succeeded(&self, last_retry: Option<Permit>) {
        let gained = last_retry.map_or(REWARD, |Permit(cost)| cost);
        let _always_some = self.tokens.try_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| {
            Some(tokens.saturating_add(gained).min(CAPACITY))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_bucket_refuses_retries_until_calls_succeed_again() {
        let bucket = Bucket::default();
        for _ in 0..CAPACITY / RETRY_COST {
            assert!(bucket.take(false).is_some());
        }
        assert_eq!(bucket.take(false), None);
        for _ in 0..RETRY_COST {
            bucket.succeeded(None);
        }
        assert_eq!(bucket.take(true), None, "a timeout costs more");
        assert!(bucket.take(false).is_some());
    }

    #[test]
    fn a_retry_that_succeeds_gives_its_tokens_back_and_never_more_than_there_were() {
        let bucket = Bucket::default();
        let permit = bucket.take(true);
        bucket.succeeded(permit);
        bucket.succeeded(None);
        assert_eq!(bucket.tokens(), CAPACITY);
    }
}

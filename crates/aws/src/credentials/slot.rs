//! Credentials that are fetched once, by one, for all who want them.
//!
//! ```text
//! fetched ──────────────────► due ───────────────► pressing ──────► expired
//!   used as they are           one fetches anew,    all wait for     all wait for
//!                              others go on         the one who      the one who
//!                                                   fetches          fetches
//! ```
//!
//! In both stages before the end a fetch that fails is no harm: the old credentials serve on, and the next try is some
//! seconds later. The stages begin 15 and 10 minutes before the end, as in botocore, or, for credentials that live shortly,
//! at a fraction of their life.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex as Turn;

use super::CredentialFailure;

/// How long a failure that will not pass by itself is told again instead of asking again, and how long credentials that
/// are still valid are left alone after their refresh failed or brought the same ones.
const HOLD: SignedDuration = SignedDuration::from_secs(10);

/// How long before the end credentials are due, at most, and which part of their life.
const DUE: (SignedDuration, i32) = (SignedDuration::from_mins(15), 4);

/// How long before the end fetching them anew is waited for, at most, and which part of their life.
const PRESSING: (SignedDuration, i32) = (SignedDuration::from_mins(10), 6);

/// Credentials, or the failure to get them.
#[derive(Debug, Default)]
pub(super) struct Slot {
    // Counts the fetches that are over: one who finds it changed after waiting shares the last outcome.
    fetches: AtomicU64,
    // Whose turn it is to fetch.
    turn: Turn<()>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    credentials: Option<Credentials>,
    failure: Option<(Timestamp, CredentialFailure)>,
    // AWS says that they have ended.
    expired: bool,
    fetched: Timestamp,
    expires: Option<Timestamp>,
    // Not before this time are valid credentials fetched again.
    rest_until: Option<Timestamp>,
}

/// What the credentials held are good for.
enum Stage {
    Fresh(Credentials),
    Due(Credentials),
    Pressing,
    Missing,
}

impl Slot {
    /// The credentials held, or else those that `fetch` brings.
    pub(super) async fn get<F>(
        &self,
        now: Timestamp,
        fetch: impl FnOnce() -> F,
    ) -> Result<Credentials, CredentialFailure>
    where
        F: Future<Output = Result<Credentials, CredentialFailure>>,
    {
        let fetches_before = self.fetches.load(Ordering::Acquire);
        let _turn = match self.stage(now) {
            Stage::Fresh(credentials) => return Ok(credentials),
            Stage::Due(credentials) => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(credentials),
            },
            Stage::Pressing | Stage::Missing => self.turn.lock().await,
        };
        let waited = self.fetches.load(Ordering::Acquire) != fetches_before;
        match self.stage(now) {
            Stage::Fresh(credentials) => return Ok(credentials),
            Stage::Missing => {
                if let Some(failure) = self.recent_failure(now, waited) {
                    return Err(failure);
                }
            }
            Stage::Due(_) | Stage::Pressing => {}
        }
        // Boxed: it is large, and seldom needed.
        let outcome = Box::pin(fetch()).await;
        self.fetches.fetch_add(1, Ordering::Release);
        self.with(|held| held.settle(now, outcome))
    }

    /// This key has ended, whatever its expiry says.
    pub(super) fn expire(&self, key_id: &str) {
        self.with(|held| {
            if held.credentials.as_ref().is_some_and(|held| held.access_key_id() == key_id) {
                held.expired = true;
            }
        });
    }

    /// Whether nothing is held that could be used again.
    pub(super) fn is_spent(&self, now: Timestamp) -> bool {
        self.with(|held| held.usable(now).is_none())
    }

    fn stage(&self, now: Timestamp) -> Stage {
        self.with(|held| held.stage(now))
    }

    fn recent_failure(&self, now: Timestamp, waited: bool) -> Option<CredentialFailure> {
        self.with(|held| {
            let (failed_at, failure) = held.failure.as_ref()?;
            let is_recent = waited || failure.is_lasting() && now.duration_since(*failed_at) < HOLD;
            is_recent.then(|| failure.clone())
        })
    }

    /// Looks at what is held. The lock is never held while waiting for anything.
    fn with<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    fn usable(&self, now: Timestamp) -> Option<&Credentials> {
        let in_time = self.expires.is_none_or(|expires| expires > now);
        self.credentials.as_ref().filter(|_| in_time && !self.expired)
    }

    fn stage(&self, now: Timestamp) -> Stage {
        let Some(credentials) = self.usable(now) else { return Stage::Missing };
        let rests = self.rest_until.is_some_and(|until| now < until);
        match self.expires {
            Some(expires) if !rests && self.is_within(PRESSING, expires, now) => Stage::Pressing,
            Some(expires) if !rests && self.is_within(DUE, expires, now) => {
                Stage::Due(credentials.clone())
            }
            _ => Stage::Fresh(credentials.clone()),
        }
    }

    /// Whether a stage before the end has begun.
    fn is_within(
        &self,
        (longest, part): (SignedDuration, i32),
        expires: Timestamp,
        now: Timestamp,
    ) -> bool {
        let life = expires.duration_since(self.fetched);
        expires.duration_since(now) <= longest.min(life / part)
    }

    fn settle(
        &mut self,
        now: Timestamp,
        outcome: Result<Credentials, CredentialFailure>,
    ) -> Result<Credentials, CredentialFailure> {
        self.rest_until = now.checked_add(HOLD).ok();
        match outcome {
            Ok(credentials) => {
                self.expires =
                    credentials.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok());
                self.fetched = now;
                self.credentials = Some(credentials.clone());
                self.failure = None;
                self.expired = false;
                Ok(credentials)
            }
            Err(failure) => {
                self.failure = Some((now, failure.clone()));
                let Some(credentials) = self.usable(now) else { return Err(failure) };
                tracing::warn!("credentials cannot be refreshed: using the old ones to their end");
                Ok(credentials.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::SystemTime};

    use futures_util::future::join_all;

    use super::*;

    const START: &str = "2026-03-01T09:00:00Z";
    const IN_AN_HOUR: &str = "2026-03-01T10:00:00Z";
    const IN_TWO: &str = "2026-03-01T11:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn key(id: &str, expires: Option<&str>) -> Credentials {
        let expires = expires.map(|text| SystemTime::from(at(text)));
        Credentials::new(id, "secret", None, expires, "test")
    }

    async fn fetch(outcome: Result<Credentials, &str>) -> Result<Credentials, CredentialFailure> {
        tokio::task::yield_now().await;
        outcome.map_err(|outcome| CredentialFailure::new("source", outcome))
    }

    /// A slot that holds the key `old`, fetched at the start.
    async fn holding(expires: Option<&str>) -> Slot {
        let slot = Slot::default();
        slot.get(at(START), || fetch(Ok(key("old", expires)))).await.unwrap();
        slot
    }

    /// Which keys a hundred who ask at the same time get, and how often it is fetched for them.
    async fn hundred(
        slot: &Slot,
        now: &str,
        outcome: Result<Credentials, &'static str>,
    ) -> (usize, usize, usize) {
        let fetches = AtomicUsize::new(0);
        let outcomes = join_all((0..100).map(|_| {
            slot.get(at(now), || {
                fetches.fetch_add(1, Ordering::Relaxed);
                fetch(outcome.clone())
            })
        }))
        .await;
        let count = |id| {
            let keys = outcomes.iter().flatten();
            keys.filter(|key| key.access_key_id() == id).count()
        };
        (count("old"), count("new"), fetches.into_inner())
    }

    #[tokio::test]
    async fn those_who_wait_share_one_failure_and_those_who_come_later_try_again() {
        let (slot, fetches) = (Slot::default(), AtomicUsize::new(0));
        let get = |now| {
            let counted = || {
                fetches.fetch_add(1, Ordering::Relaxed);
                fetch(Err("closed"))
            };
            slot.get(at(now), counted)
        };
        let outcomes = join_all((0..10).map(|_| get(START))).await;
        assert!(outcomes.iter().all(Result::is_err));
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        assert!(get("2026-03-01T09:00:09Z").await.is_err());
        assert_eq!(fetches.load(Ordering::Relaxed), 1, "too soon");
        assert!(get("2026-03-01T09:00:10Z").await.is_err());
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_hundred_near_the_end_make_one_fetch() {
        for (now, old, new) in [
            ("2026-03-01T09:44:59Z", 100, 0), // fresh: nobody fetches
            ("2026-03-01T09:45:00Z", 99, 1),  // due: one fetches, the others go on
            ("2026-03-01T09:50:00Z", 0, 100), // pressing: all wait for the one
            ("2026-03-01T10:00:00Z", 0, 100), // expired
        ] {
            let slot = holding(Some(IN_AN_HOUR)).await;
            let outcome = Ok(key("new", Some(IN_TWO)));
            assert_eq!(hundred(&slot, now, outcome).await, (old, new, new.min(1)), "{now}");
        }
    }

    #[tokio::test]
    async fn a_refresh_that_fails_leaves_the_old_credentials_to_their_end() {
        for (now, old) in [
            ("2026-03-01T09:45:00Z", 100),
            ("2026-03-01T09:50:00Z", 100),
            ("2026-03-01T09:59:59Z", 100),
            ("2026-03-01T10:00:00Z", 0),
        ] {
            let slot = holding(Some(IN_AN_HOUR)).await;
            assert_eq!(hundred(&slot, now, Err("closed")).await, (old, 0, 1), "{now}");
        }
    }

    #[tokio::test]
    async fn after_a_refresh_that_failed_the_next_one_comes_ten_seconds_later() {
        let slot = holding(Some(IN_AN_HOUR)).await;
        let mut fetched = Vec::new();
        for now in ["09:51:00", "09:51:09", "09:51:10"] {
            let now = format!("2026-03-01T{now}Z");
            fetched.push(hundred(&slot, &now, Err("closed")).await.2);
        }
        assert_eq!(fetched, [1, 0, 1]);
    }

    #[tokio::test]
    async fn credentials_that_live_shortly_are_due_at_a_fraction_of_their_life() {
        // As S3's sessions: five minutes.
        for (now, new) in [("09:03:44", 0), ("09:03:45", 1), ("09:04:10", 100)] {
            let slot = holding(Some("2026-03-01T09:05:00Z")).await;
            let outcome = Ok(key("new", Some("2026-03-01T09:10:00Z")));
            let found = hundred(&slot, &format!("2026-03-01T{now}Z"), outcome).await;
            assert_eq!(found, (100 - new, new, new.min(1)), "{now}");
        }
    }

    #[tokio::test]
    async fn one_who_gives_up_fetching_leaves_the_turn_to_the_next() {
        let slot = Slot::default();
        let abandoned = slot.get(at(START), std::future::pending);
        assert!(futures_util::FutureExt::now_or_never(abandoned).is_none());
        let outcome = slot.get(at(START), || fetch(Ok(key("new", None)))).await;
        assert_eq!(outcome.unwrap().access_key_id(), "new");
    }

    #[tokio::test]
    async fn what_aws_says_has_ended_is_not_used_again() {
        let slot = holding(None).await;
        slot.expire("another");
        assert!(!slot.is_spent(at(START)), "a key that is not held");
        slot.expire("old");
        assert!(slot.is_spent(at(START)));
        let second = slot.get(at(START), || fetch(Ok(key("second", None)))).await.unwrap();
        assert_eq!(second.access_key_id(), "second");
        assert!(!slot.is_spent(at(START)));
    }

    #[tokio::test]
    async fn credentials_that_expired_are_spent_and_those_that_never_do_are_not() {
        let spent = async |expires, now| holding(expires).await.is_spent(at(now));
        assert!(!spent(Some(IN_AN_HOUR), "2026-03-01T09:59:59Z").await, "they serve to their end");
        assert!(spent(Some(IN_AN_HOUR), IN_AN_HOUR).await);
        assert!(!spent(None, "2027-03-01T10:00:00Z").await);
        assert!(Slot::default().is_spent(at(START)));
    }
}

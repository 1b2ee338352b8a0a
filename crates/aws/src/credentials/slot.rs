//! Credentials that are fetched once, by one, for all who wait.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::CredentialFailure;

/// How long a failure that will not pass by itself is told again instead of asking again.
const HOLD: SignedDuration = SignedDuration::from_secs(10);

/// How long before they expire credentials are fetched again.
const REFRESH_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// Credentials, or the failure to get them.
#[derive(Debug, Default)]
pub(super) struct Slot {
    // Counts the fetches that are over: one who finds it changed after waiting shares the last outcome.
    fetches: AtomicU64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    credentials: Option<Credentials>,
    failure: Option<(Timestamp, CredentialFailure)>,
    expired: bool,
    expires: Option<Timestamp>,
}

impl Slot {
    /// The credentials held, or else those that `fetch` brings.
    pub(super) async fn get<F>(
        &self,
        now: Timestamp,
        fetch: F,
    ) -> Result<Credentials, CredentialFailure>
    where
        F: Future<Output = Result<Credentials, CredentialFailure>>,
    {
        let fetches_before = self.fetches.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.usable(now, REFRESH_BEFORE) {
            return Ok(credentials);
        }
        let waited = self.fetches.load(Ordering::Acquire) != fetches_before;
        if let Some((failed_at, failure)) = &held.failure
            && (waited || failure.is_lasting() && now.duration_since(*failed_at) < HOLD)
        {
            return Err(failure.clone());
        }
        let outcome = fetch.await;
        self.fetches.fetch_add(1, Ordering::Release);
        match outcome {
            Ok(credentials) => {
                held.hold(credentials.clone());
                Ok(credentials)
            }
            Err(failure) => {
                held.failure = Some((now, failure.clone()));
                match held.usable(now, SignedDuration::ZERO) {
                    Some(credentials) => {
                        tracing::warn!(
                            "credentials cannot be refreshed: using the old ones to their end"
                        );
                        Ok(credentials)
                    }
                    None => Err(failure),
                }
            }
        }
    }

    /// This key has ended, whatever its expiry says.
    pub(super) fn expire(&self, key_id: &str) {
        // Whoever holds the lock is fetching anew already.
        if let Ok(mut held) = self.held.try_lock()
            && held.credentials.as_ref().is_some_and(|held| held.access_key_id() == key_id)
        {
            held.expired = true;
        }
    }

    /// Whether nothing is held that could be used again.
    pub(super) fn is_spent(&self, now: Timestamp) -> bool {
        self.held.try_lock().is_ok_and(|held| held.usable(now, SignedDuration::ZERO).is_none())
    }
}

impl Held {
    fn usable(&self, now: Timestamp, margin: SignedDuration) -> Option<Credentials> {
        if self.expired {
            return None;
        }
        let credentials = self.credentials.as_ref()?;
        let in_time = self.expires.is_none_or(|expires| expires.duration_since(now) > margin);
        in_time.then(|| credentials.clone())
    }

    fn hold(&mut self, credentials: Credentials) {
        self.expires = credentials.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok());
        self.credentials = Some(credentials);
        self.failure = None;
        self.expired = false;
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::SystemTime};

    use futures_util::future::join_all;

    use super::*;

    const START: &str = "2026-03-01T09:00:00Z";

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

    #[tokio::test]
    async fn those_who_wait_share_one_failure_and_those_who_come_later_try_again() {
        let (slot, fetches) = (Slot::default(), AtomicUsize::new(0));
        let get = |now| {
            let counted = async {
                fetches.fetch_add(1, Ordering::Relaxed);
                fetch(Err("closed")).await
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
    async fn credentials_are_fetched_again_five_minutes_before_they_expire() {
        let slot = Slot::default();
        let get = async |now, id, expires| {
            let fetch = fetch(Ok(key(id, Some(expires))));
            slot.get(at(now), fetch).await.unwrap().access_key_id().to_owned()
        };
        assert_eq!(get(START, "first", "2026-03-01T10:00:00Z").await, "first");
        assert_eq!(get("2026-03-01T09:54:59Z", "second", "2026-03-01T11:00:00Z").await, "first");
        assert_eq!(get("2026-03-01T09:55:00Z", "second", "2026-03-01T11:00:00Z").await, "second");
    }

    #[tokio::test]
    async fn old_credentials_serve_to_their_end_if_no_new_ones_come() {
        let slot = Slot::default();
        let first = fetch(Ok(key("first", Some("2026-03-01T10:00:00Z"))));
        slot.get(at(START), first).await.unwrap();
        let get = async |now| slot.get(at(now), fetch(Err("closed"))).await;
        assert_eq!(get("2026-03-01T09:58:00Z").await.unwrap().access_key_id(), "first");
        assert!(get("2026-03-01T10:00:00Z").await.is_err());
    }

    #[tokio::test]
    async fn what_aws_says_has_ended_is_not_used_again() {
        let slot = Slot::default();
        slot.get(at(START), fetch(Ok(key("first", None)))).await.unwrap();
        slot.expire("another");
        assert!(!slot.is_spent(at(START)), "a key that is not held");
        slot.expire("first");
        assert!(slot.is_spent(at(START)));
        let second = slot.get(at(START), fetch(Ok(key("second", None)))).await.unwrap();
        assert_eq!(second.access_key_id(), "second");
        assert!(!slot.is_spent(at(START)));
    }

    #[tokio::test]
    async fn credentials_that_expired_are_spent_and_those_that_never_do_are_not() {
        let spent = async |expires, now| {
            let slot = Slot::default();
            slot.get(at(START), fetch(Ok(key("first", expires)))).await.unwrap();
            slot.is_spent(at(now))
        };
        let expires = "2026-03-01T10:00:00Z";
        assert!(!spent(Some(expires), "2026-03-01T09:59:59Z").await, "they serve to their end");
        assert!(spent(Some(expires), expires).await);
        assert!(!spent(None, "2027-03-01T10:00:00Z").await);
        assert!(Slot::default().is_spent(at(START)));
    }
}

//! What is known of a place, for those who want to see it.

use reeve_types::{AccountId, Region};

use super::{Place, PlaceKey};

/// What a client knows of one place: an account, a Region and a service.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceStatus {
    /// The account that calls; none for the base credentials, whosever they are.
    pub account: Option<AccountId>,
    /// The Region.
    pub region: Region,
    /// The service.
    pub service: String,
    /// How many calls a second are made at most; none if the place has not throttled.
    pub calls_per_second: Option<f64>,
    /// How many calls are under way.
    pub under_way: usize,
    /// How many wait for their turn.
    pub waiting: usize,
    /// How many requests were answered, throttled ones included.
    pub answered: u64,
    /// How many of them were throttled.
    pub throttled: u64,
    /// What is left for retries; each takes some, and successes give some back.
    pub retry_tokens: u32,
}

impl PlaceStatus {
    pub(super) fn of(key: &PlaceKey, place: &Place) -> Self {
        let PlaceKey { account, region, service } = key.clone();
        let (answered, throttled) = place.counts();
        Self {
            account,
            region,
            service,
            calls_per_second: place.rate(),
            under_way: place.under_way(),
            waiting: place.waiting(),
            answered,
            throttled,
            retry_tokens: place.retries.tokens(),
        }
    }
}

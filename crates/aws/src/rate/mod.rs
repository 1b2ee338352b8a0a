//! How fast, how wide and how stubbornly each place is called.
//!
//! ```text
//! call ──► a slot ──► first in line ──► a token ──► sent ──► answer teaches the limiter
//!          (so many at once)  (fair)    (once the place has throttled us)
//! ```
//!
//! A place is an account that calls, a Region and a service: what AWS throttles together. Nothing is shared between places,
//! so that none holds up another. Roles are assumed from the account before, whichever account they lead into.

mod limiter;
mod place;
#[cfg(test)]
mod simulation;
mod status;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use reeve_types::{AccountId, Region};

use crate::RateOptions;

pub(crate) use place::{Place, Turn};
pub use status::PlaceStatus;

/// How many places are kept before those that nobody uses and that have taught nothing are let go.
const SWEEP_FROM: usize = 1024;

/// Which place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlaceKey {
    pub(crate) account: Option<AccountId>,
    pub(crate) region: Region,
    pub(crate) service: String,
}

/// The places that have been called.
#[derive(Debug)]
pub(crate) struct Places {
    options: RateOptions,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    places: HashMap<PlaceKey, Arc<Place>>,
    sweep_at: usize,
}

impl Places {
    pub(crate) fn new(options: RateOptions) -> Self {
        let known = Known { places: HashMap::new(), sweep_at: SWEEP_FROM };
        Self { options, known: Mutex::new(known) }
    }

    pub(crate) fn place(&self, key: PlaceKey) -> Arc<Place> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.places.get(&key) {
            return Arc::clone(place);
        }
        if known.places.len() >= known.sweep_at {
            known.places.retain(|_, place| Arc::strong_count(place) > 1 || !place.is_blank());
            known.sweep_at = (known.places.len() * 2).max(SWEEP_FROM);
        }
        Arc::clone(known.places.entry(key).or_insert_with(|| Arc::new(Place::new(&self.options))))
    }

    /// What is known of each place, in the order of their names.
    pub(crate) fn status(&self) -> Vec<PlaceStatus> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let places = known.places.iter();
        let mut all: Vec<PlaceStatus> =
            places.map(|(key, place)| PlaceStatus::of(key, place)).collect();
        drop(known);
        all.sort_by(|one, two| {
            (&one.account, &one.region, &one.service).cmp(&(
                &two.account,
                &two.region,
                &two.service,
            ))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> PlaceKey {
        PlaceKey {
            account: Some(format!("{number:012}").parse().unwrap()),
            region: "eu-central-1".parse().unwrap(),
            service: "ec2".into(),
        }
    }

    #[test]
    fn places_that_taught_nothing_are_let_go_and_others_kept() {
        let places = Places::new(RateOptions::default());
        places.place(key(0)).throttled(std::time::Duration::ZERO);
        let used = places.place(key(1));
        for number in 2..10 * SWEEP_FROM {
            places.place(key(number));
        }
        assert!(places.status().len() <= SWEEP_FROM + 1);
        assert!(places.place(key(0)).rate().is_some());
        assert!(Arc::ptr_eq(&used, &places.place(key(1))));
    }
}

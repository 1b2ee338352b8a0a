//! Where ids come from: time and randomness, or a seed.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// Makes ids. Cheap to clone; clones draw from the same sequence.
#[derive(Debug, Clone)]
pub struct IdGenerator(Arc<Mutex<fastrand::Rng>>);

impl IdGenerator {
    /// Ids that no other generator will make.
    pub fn random() -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::new())))
    }

    /// The same ids in the same order for the same seed and times.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// A `UUIDv7` made at `now`: ids sort by the time they were made.
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let mut random_bytes = [0_u8; 10];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut random_bytes);
        let millisecond = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millisecond, &random_bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_time_make_the_same_ids() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let (left, right) = (IdGenerator::seeded(7), IdGenerator::seeded(7));
        assert_eq!(left.uuid(now), right.uuid(now));
        assert_ne!(left.uuid(now), left.uuid(now));
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids = IdGenerator::seeded(7);
        let earlier = ids.uuid("2026-03-01T09:00:00Z".parse().unwrap());
        let later = ids.uuid("2026-03-01T09:00:01Z".parse().unwrap());
        assert!(earlier < later);
    }
}

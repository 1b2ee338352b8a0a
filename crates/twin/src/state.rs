//! Everything the twin holds.

use std::collections::BTreeSet;

use reeve_types::Region;

use crate::{call_log::CallLog, directory::Directory, fault::FaultBook, store::Store};

/// Everything the twin holds. Ordered throughout and seeded, so that the same calls have the same answers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    /// The Regions that `DescribeRegions` names.
    pub(crate) regions: BTreeSet<Region>,
    pub(crate) faults: FaultBook,
    pub(crate) calls: CallLog,
    random: fastrand::Rng,
}

impl State {
    /// An empty world.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            store: Store::default(),
            directory: Directory::default(),
            regions: BTreeSet::new(),
            faults: FaultBook::default(),
            calls: CallLog::default(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Random hexadecimal digits from the seed.
    pub(crate) fn random_hex(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            text.push_str(&hex::encode(self.random.u64(..).to_be_bytes()));
        }
        text.truncate(length);
        text
    }

    /// Random upper-case letters and digits from the seed.
    pub(crate) fn random_letters(&mut self, length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        (0..length)
            .filter_map(|_| self.random.choice(alphabet.iter()))
            .map(|letter| char::from(*letter))
            .collect()
    }

    /// The id of a request.
    pub(crate) fn request_id(&mut self) -> String {
        let digits = self.random_hex(32);
        crate::kind::hyphenate(&digits)
    }
}

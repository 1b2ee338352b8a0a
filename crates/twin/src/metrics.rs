//! What is measured: points that were put, metrics that resources make by themselves, and what scenarios force upon them.
//!
//! ```text
//! put ─► stored ─┐
//! resource ─► generated (nothing is kept) ─┴─► forced ─► periods ─► statistics ─► expressions ─► alarms
//! ```
//!
//! Generated metrics are pure functions of the seed, the resource and the time: they cost nothing until somebody asks.

pub(crate) mod alarm;
pub(crate) mod expression;
mod forced;
pub(crate) mod generate;
pub(crate) mod memory;
pub(crate) mod rule;
pub(crate) mod series;
pub(crate) mod sheet;
pub(crate) mod source;
pub(crate) mod statistic;
pub(crate) mod stored;
pub(crate) mod watch;

use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};

pub(crate) use forced::{Course, Forced, force};

use crate::store::Place;

/// An account and a Region: metrics live there, of whatever kind of resource they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Site {
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl Site {
    /// Where a place is.
    pub(crate) fn of(place: &Place) -> Self {
        Self { account: place.account.clone(), region: place.region.clone() }
    }
}

/// The name of one metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Names and values, in order of name.
    pub(crate) dimensions: Vec<(String, String)>,
}

impl Metric {
    /// A metric by its name.
    pub(crate) fn new(namespace: &str, name: &str, mut dimensions: Vec<(String, String)>) -> Self {
        dimensions.sort();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// The value of a dimension.
    pub(crate) fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Metrics {
    pub(crate) stored: stored::Stored,
    /// What scenarios force upon metrics, oldest first: the last that fits decides.
    pub(crate) overrides: Vec<Forced>,
    pub(crate) watch: watch::Watch,
}

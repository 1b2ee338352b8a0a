//! The metrics that somebody put.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Metric, Site, series::Series, statistic::Summary};

/// A metric at a site.
type Key = (Site, Metric);

/// How many metrics one site may have before the longest silent ones are forgotten.
const MOST_METRICS: usize = 50_000;

/// Every metric that somebody put, by site and name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Key, Series)>", into = "Vec<(Key, Series)>")]
pub(crate) struct Stored {
    series: BTreeMap<Key, Series>,
}

impl From<Vec<(Key, Series)>> for Stored {
    fn from(series: Vec<(Key, Series)>) -> Self {
        Self { series: series.into_iter().collect() }
    }
}

impl From<Stored> for Vec<(Key, Series)> {
    fn from(stored: Stored) -> Self {
        stored.series.into_iter().collect()
    }
}

/// One point that is put.
#[derive(Debug)]
pub(crate) struct Point {
    /// Seconds since the epoch.
    pub(crate) time: i64,
    pub(crate) values: Summary,
    pub(crate) unit: String,
    pub(crate) high_resolution: bool,
}

impl Stored {
    /// Adds a point.
    pub(crate) fn put(&mut self, site: &Site, metric: Metric, point: &Point) {
        let series = self.series.entry((site.clone(), metric)).or_default();
        series.put(point.time, &point.values, point.high_resolution);
        if !point.unit.is_empty() {
            point.unit.clone_into(&mut series.unit);
        }
    }

    /// Rolls up what is old and forgets what is very old, or too much.
    pub(crate) fn compact(&mut self, now: i64) {
        self.series.retain(|_, series| {
            series.compact(now);
            !series.is_empty()
        });
        if self.series.len() > MOST_METRICS {
            let mut latest: Vec<i64> = self.series.values().map(|series| series.latest).collect();
            latest.sort_unstable();
            let excess = self.series.len() - MOST_METRICS;
            let oldest_kept = latest.get(excess).copied().unwrap_or(i64::MIN);
            self.series.retain(|_, series| series.latest >= oldest_kept);
        }
    }

    /// The points of a metric.
    pub(crate) fn get(&self, site: &Site, metric: &Metric) -> Option<&Series> {
        self.series.get(&(site.clone(), metric.clone()))
    }

    /// The metrics of a site that had points since a time.
    pub(crate) fn list<'s>(
        &'s self,
        site: &'s Site,
        since: i64,
    ) -> impl Iterator<Item = &'s Metric> {
        let first = Metric::new("", "", Vec::new());
        self.series
            .range((site.clone(), first)..)
            .take_while(move |((found, _), _)| found == site)
            .filter(move |(_, series)| series.latest >= since)
            .map(|((_, metric), _)| metric)
    }
}

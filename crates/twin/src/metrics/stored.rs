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
    series: BTreeMap<Site, BTreeMap<Metric, Series>>,
    /// How many series were ever begun.
    made: u64,
}

impl From<Vec<(Key, Series)>> for Stored {
    fn from(series: Vec<(Key, Series)>) -> Self {
        let mut stored = Self::default();
        for ((site, metric), series) in series {
            stored.series.entry(site).or_default().insert(metric, series);
        }
        stored
    }
}

impl From<Stored> for Vec<(Key, Series)> {
    fn from(stored: Stored) -> Self {
        let sites = stored.series.into_iter();
        let of_site = |(site, series): (Site, BTreeMap<Metric, Series>)| {
            series.into_iter().map(move |(metric, series)| ((site.clone(), metric), series))
        };
        sites.flat_map(of_site).collect()
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
        let of_site = match self.series.get_mut(site) {
            Some(of_site) => of_site,
            None => self.series.entry(site.clone()).or_default(),
        };
        let made = &mut self.made;
        let series = of_site.entry(metric).or_insert_with(|| {
            *made += 1;
            Series::default()
        });
        series.put(point.time, &point.values, point.high_resolution);
        if !point.unit.is_empty() {
            point.unit.clone_into(&mut series.unit);
        }
    }

    /// Rolls up what is old and forgets what is very old, or too much.
    pub(crate) fn compact(&mut self, now: i64) {
        self.retain(|series| {
            series.compact(now);
            !series.is_empty()
        });
        let count: usize = self.series.values().map(BTreeMap::len).sum();
        if count > MOST_METRICS {
            let all = self.series.values().flat_map(BTreeMap::values);
            let mut latest: Vec<i64> = all.map(|series| series.latest).collect();
            latest.sort_unstable();
            let excess = count - MOST_METRICS;
            let oldest_kept = latest.get(excess).copied().unwrap_or(i64::MIN);
            self.retain(|series| series.latest >= oldest_kept);
        }
    }

    fn retain(&mut self, mut keeps: impl FnMut(&mut Series) -> bool) {
        self.series.retain(|_, of_site| {
            of_site.retain(|_, series| keeps(series));
            !of_site.is_empty()
        });
    }

    /// How many metrics were ever put here: as long as it stays the same, no further one is here.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// The points of a metric.
    pub(crate) fn get(&self, site: &Site, metric: &Metric) -> Option<&Series> {
        self.series.get(site)?.get(metric)
    }

    /// The metrics of a site that had points since a time.
    pub(crate) fn list<'s>(
        &'s self,
        site: &'s Site,
        since: i64,
    ) -> impl Iterator<Item = &'s Metric> {
        let of_site = self.series.get(site).into_iter().flatten();
        of_site.filter(move |(_, series)| series.latest >= since).map(|(metric, _)| metric)
    }
}

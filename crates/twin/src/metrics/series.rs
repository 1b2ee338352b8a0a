//! The points of one metric over fifteen months: by the second for three hours (high resolution only), by the minute for
//! fifteen days, by five minutes for sixty-three days, by the hour for the rest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::statistic::Summary;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Points by the second are kept for three hours.
pub(crate) const SECONDS_KEPT: i64 = 3 * HOUR;
/// Points by the minute are kept for fifteen days.
pub(crate) const MINUTES_KEPT: i64 = 15 * DAY;
/// Points by five minutes are kept for sixty-three days.
pub(crate) const FIVES_KEPT: i64 = 63 * DAY;
/// Nothing is kept for longer than this.
pub(crate) const HOURS_KEPT: i64 = 455 * DAY;

type Points = BTreeMap<i64, Summary>;

/// The points of one metric.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Series {
    /// Of high resolution only, and also among the minutes.
    seconds: Points,
    minutes: Points,
    fives: Points,
    hours: Points,
    /// The last unit that came with a point.
    pub(crate) unit: String,
    /// When the last point came, for those who list only what is recent.
    pub(crate) latest: i64,
}

impl Series {
    /// Adds values at a time, in seconds since the epoch.
    pub(crate) fn put(&mut self, time: i64, values: &Summary, high_resolution: bool) {
        if high_resolution {
            add(&mut self.seconds, time, values);
        }
        add(&mut self.minutes, floor(time, MINUTE), values);
        self.latest = self.latest.max(time);
    }

    /// Rolls up what has become old and forgets what has become very old.
    pub(crate) fn compact(&mut self, now: i64) {
        self.seconds = self.seconds.split_off(&(now - SECONDS_KEPT));
        roll_up(&mut self.minutes, &mut self.fives, (now - MINUTES_KEPT, 5 * MINUTE));
        roll_up(&mut self.fives, &mut self.hours, (now - FIVES_KEPT, HOUR));
        self.hours = self.hours.split_off(&(now - HOURS_KEPT));
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.minutes.is_empty() && self.fives.is_empty() && self.hours.is_empty()
    }

    /// The values of every period from `start` to before `end` in which there are any, by the period's start.
    pub(crate) fn periods(&self, (start, end): (i64, i64), period: i64) -> Vec<(i64, Summary)> {
        let mut periods = Points::new();
        let tiers: &[&Points] = if period < MINUTE {
            &[&self.seconds]
        } else {
            &[&self.hours, &self.fives, &self.minutes]
        };
        for points in tiers {
            for (time, values) in points.range(start..end.max(start)) {
                add(&mut periods, start + floor(time - start, period), values);
            }
        }
        periods.into_iter().collect()
    }
}

/// The multiple of `step` that is not above.
pub(crate) fn floor(time: i64, step: i64) -> i64 {
    time.div_euclid(step.max(1)) * step.max(1)
}

fn add(points: &mut Points, time: i64, values: &Summary) {
    match points.get_mut(&time) {
        Some(there) => there.add(values),
        None => {
            points.insert(time, values.clone());
        }
    }
}

fn roll_up(fine: &mut Points, coarse: &mut Points, (before, step): (i64, i64)) {
    if fine.first_key_value().is_none_or(|(time, _)| *time >= before) {
        return;
    }
    let kept = fine.split_off(&before);
    for (time, values) in std::mem::replace(fine, kept) {
        add(coarse, floor(time, step), &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::statistic::Statistic;

    #[test]
    fn points_of_a_minute_are_one_and_periods_are_sums_of_minutes() {
        let mut series = Series::default();
        for second in 0..600 {
            series.put(second, &Summary::of(1.0), false);
        }
        assert_eq!(series.minutes.len(), 10);
        let sums: Vec<_> = series
            .periods((0, 600), 300)
            .into_iter()
            .map(|(time, values)| (time, Statistic::Sum.of(&values).unwrap().to_string()))
            .collect();
        assert_eq!(sums, [(0, "300".to_owned()), (300, "300".to_owned())]);
        assert_eq!(series.periods((0, 600), 10), []);
    }

    #[test]
    fn old_points_are_rolled_up_and_nothing_is_lost_until_it_is_forgotten() {
        let mut series = Series::default();
        for minute in 0..600 {
            series.put(minute * 60, &Summary::of(1.0), true);
        }
        let count = |series: &Series| -> f64 {
            series.periods((0, 36_000), 36_000).iter().map(|(_, values)| values.count).sum()
        };
        series.compact(16 * DAY);
        assert!(series.minutes.is_empty() && series.seconds.is_empty());
        assert_eq!(series.fives.len(), 120);
        assert!((count(&series) - 600.0).abs() < 1e-9);
        series.compact(100 * DAY);
        assert_eq!((series.fives.len(), series.hours.len()), (0, 10));
        assert!((count(&series) - 600.0).abs() < 1e-9);
        series.compact(500 * DAY);
        assert!(series.is_empty());
    }
}

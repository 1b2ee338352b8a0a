//! What a scenario forces upon a metric: a processor that is busy for an hour, a disk that fills, a metric that falls silent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Metric, Site};
use crate::world::World;

/// A metric's course between two times, whatever it would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Forced {
    pub(crate) site: Site,
    pub(crate) namespace: String,
    /// The name of the metric.
    pub(crate) metric: String,
    /// Dimensions that the metric must have; it may have others.
    pub(crate) dimensions: Vec<(String, String)>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) course: Course,
}

/// How a forced metric goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Course {
    /// The same value all the time.
    Constant(f64),
    /// Evenly from one value to another.
    Ramp(f64, f64),
    /// Up to a value in the middle and down again.
    Spike(f64, f64),
    /// No points at all.
    Absent,
}

/// Forces a course upon a metric.
pub(crate) fn force(world: &mut World, forced: Forced) {
    world.metrics.overrides.push(forced);
}

impl Forced {
    /// Whether it is about a metric at a site.
    pub(super) fn is_about(&self, site: &Site, metric: &Metric) -> bool {
        self.metric == metric.name
            && self.namespace == metric.namespace
            && self.site == *site
            && self
                .dimensions
                .iter()
                .all(|(name, value)| metric.dimension(name) == Some(value.as_str()))
    }

    /// Whether it says something about a time.
    pub(super) fn covers(&self, time: i64) -> bool {
        (self.from.as_second()..self.to.as_second()).contains(&time)
    }

    /// The value at a time that it covers; none if there is to be no point.
    pub(super) fn value(&self, time: i64) -> Option<f64> {
        let (from, to) = (self.from.as_second(), self.to.as_second());
        let part = super::source::float(time - from) / super::source::float((to - from).max(1));
        match self.course {
            Course::Constant(value) => Some(value),
            Course::Ramp(start, end) => Some(start + (end - start) * part),
            Course::Spike(base, peak) => {
                Some(base + (peak - base) * (1.0 - (2.0 * part - 1.0).abs()))
            }
            Course::Absent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_go_as_they_say() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let site =
            Site { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        let check = |course: Course, expected: [Option<f64>; 3]| {
            let forced = Forced {
                site: site.clone(),
                namespace: "AWS/EC2".to_owned(),
                metric: "CPUUtilization".to_owned(),
                dimensions: Vec::new(),
                from: at(0),
                to: at(100),
                course,
            };
            assert_eq!([0, 50, 75].map(|time| forced.value(time)), expected);
            assert!(!forced.covers(100) && forced.covers(0));
        };
        check(Course::Constant(5.0), [Some(5.0); 3]);
        check(Course::Ramp(0.0, 8.0), [Some(0.0), Some(4.0), Some(6.0)]);
        check(Course::Spike(1.0, 5.0), [Some(1.0), Some(5.0), Some(3.0)]);
        check(Course::Absent, [None; 3]);
    }
}

//! What is kept of the values that fell into one period, and the statistics of them.
//!
//! Values themselves are kept as far as percentiles and trimmed means need them: a bounded number of values with their
//! weights, neighbours merged when there are more. A statistic set, of which only minimum, maximum, sum and count are known,
//! has no percentiles, as on AWS.

use serde::{Deserialize, Serialize};

/// How many distinct values one summary keeps.
const MOST_SAMPLES: usize = 64;

/// The values of one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) minimum: f64,
    pub(crate) maximum: f64,
    /// Values with their weights, in order. Empty if all are alike, or if they are not known.
    samples: Vec<(f64, f64)>,
}

impl Summary {
    /// One value.
    pub(crate) fn of(value: f64) -> Self {
        Self::repeated(value, 1.0)
    }

    /// One value that came a number of times.
    pub(crate) fn repeated(value: f64, count: f64) -> Self {
        let sum = value * count;
        Self { count, sum, minimum: value, maximum: value, samples: Vec::new() }
    }

    /// A statistic set: what the values were is not known.
    pub(crate) fn set(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        Self { count, sum, minimum, maximum, samples: Vec::new() }
    }

    /// Adds the values of another.
    pub(crate) fn add(&mut self, other: &Self) {
        let samples = match (self.samples(), other.samples()) {
            (Some(own), Some(others)) => merged(own, &others),
            _ => Vec::new(),
        };
        self.add_set(other);
        self.samples = if samples.len() > 1 { samples } else { Vec::new() };
    }

    /// Adds the values of another as a statistic set: what the values were is not known any more.
    pub(crate) fn add_set(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.samples = Vec::new();
    }

    /// The values with their weights, if they are known.
    fn samples(&self) -> Option<Vec<(f64, f64)>> {
        if !self.samples.is_empty() {
            return Some(self.samples.clone());
        }
        let alike = self.minimum.total_cmp(&self.maximum).is_eq();
        alike.then(|| vec![(self.minimum, self.count)])
    }
}

fn merged(mut own: Vec<(f64, f64)>, others: &[(f64, f64)]) -> Vec<(f64, f64)> {
    for (value, weight) in others {
        match own.binary_search_by(|(kept, _)| kept.total_cmp(value)) {
            Ok(at) => {
                if let Some(kept) = own.get_mut(at) {
                    kept.1 += weight;
                }
            }
            Err(at) => own.insert(at, (*value, *weight)),
        }
    }
    while own.len() > MOST_SAMPLES {
        own = own.chunks(2).map(joined).collect();
    }
    own
}

fn joined(neighbours: &[(f64, f64)]) -> (f64, f64) {
    let weight: f64 = neighbours.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = neighbours.iter().map(|(value, weight)| value * weight).sum();
    (sum / weight, weight)
}

/// A statistic that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// A percentile, of 100.
    Percentile(f64),
    TrimmedMean(Bounds),
    WinsorizedMean(Bounds),
    TrimmedCount(Bounds),
    TrimmedSum(Bounds),
    PercentileRank(Bounds),
}

/// Between which values, or which percentiles, values count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Bounds {
    Percent(f64, f64),
    Values(Option<f64>, Option<f64>),
}

impl Statistic {
    /// Reads `Average`, `p99.9`, `tm90`, `TM(10%:90%)`, `PR(:300)`, `IQM`, …
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let simple = match text {
            "SampleCount" => Some(Self::SampleCount),
            "Average" => Some(Self::Average),
            "Sum" => Some(Self::Sum),
            "Minimum" => Some(Self::Minimum),
            "Maximum" => Some(Self::Maximum),
            "IQM" => Some(Self::TrimmedMean(Bounds::Percent(25.0, 75.0))),
            _ => None,
        };
        simple.or_else(|| percentile(text)).or_else(|| trimmed(text))
    }

    /// Whether the values themselves must be known.
    pub(crate) fn needs_values(self) -> bool {
        !matches!(
            self,
            Self::SampleCount | Self::Average | Self::Sum | Self::Minimum | Self::Maximum
        )
    }

    /// The statistic of some values; none if the values are not known as well as it needs.
    pub(crate) fn of(self, summary: &Summary) -> Option<f64> {
        if summary.count <= 0.0 {
            return None;
        }
        match self {
            Self::SampleCount => Some(summary.count),
            Self::Average => Some(summary.sum / summary.count),
            Self::Sum => Some(summary.sum),
            Self::Minimum => Some(summary.minimum),
            Self::Maximum => Some(summary.maximum),
            Self::Percentile(percent) => {
                Some(value_at(&summary.samples()?, percent / 100.0 * summary.count))
            }
            Self::TrimmedMean(bounds) => {
                let (sum, count) = within(&summary.samples()?, summary.count, bounds);
                (count > 0.0).then(|| sum / count)
            }
            Self::TrimmedSum(bounds) => Some(within(&summary.samples()?, summary.count, bounds).0),
            Self::TrimmedCount(bounds) => {
                Some(within(&summary.samples()?, summary.count, bounds).1)
            }
            Self::WinsorizedMean(bounds) => {
                Some(winsorized(&summary.samples()?, summary.count, bounds) / summary.count)
            }
            Self::PercentileRank(bounds) => {
                let (_, count) = within(&summary.samples()?, summary.count, bounds);
                Some(count / summary.count * 100.0)
            }
        }
    }

    /// How many values a percentile needs to say something, as AWS documents it for alarms.
    pub(crate) fn samples_needed(self) -> f64 {
        match self {
            Self::Percentile(percent) if percent >= 50.0 => 10.0 / (1.0 - percent / 100.0),
            Self::Percentile(percent) => 10.0 / (percent / 100.0),
            _ => 0.0,
        }
    }
}

fn percentile(text: &str) -> Option<Statistic> {
    let percent = percent(text.strip_prefix('p')?)?;
    Some(Statistic::Percentile(percent))
}

/// A number from 0 to 100 with at most ten decimal places.
fn percent(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = plain.then(|| text.parse::<f64>().ok()).flatten()?;
    (0.0..=100.0).contains(&value).then_some(value)
}

fn trimmed(text: &str) -> Option<Statistic> {
    let (name, rest) = text.split_at_checked(2)?;
    let name = name.to_ascii_uppercase();
    let bounds = match rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inside) => read_bounds(inside)?,
        None => Bounds::Percent(0.0, percent(rest)?),
    };
    match (name.as_str(), bounds) {
        ("TM", _) => Some(Statistic::TrimmedMean(bounds)),
        ("WM", _) => Some(Statistic::WinsorizedMean(bounds)),
        ("TC", _) => Some(Statistic::TrimmedCount(bounds)),
        ("TS", _) => Some(Statistic::TrimmedSum(bounds)),
        ("PR", Bounds::Values(..)) => Some(Statistic::PercentileRank(bounds)),
        _ => None,
    }
}

fn read_bounds(inside: &str) -> Option<Bounds> {
    let (low, high) = inside.split_once(':')?;
    if low.is_empty() && high.is_empty() {
        return None;
    }
    let percents = [low, high].iter().all(|bound| bound.is_empty() || bound.ends_with('%'));
    if percents {
        let read = |bound: &str, default| match bound.strip_suffix('%') {
            Some(number) => percent(number),
            None => Some(default),
        };
        return Some(Bounds::Percent(read(low, 0.0)?, read(high, 100.0)?));
    }
    let read = |bound: &str| match bound {
        "" => Some(None),
        _ => bound.parse::<f64>().ok().filter(|value| value.is_finite()).map(Some),
    };
    Some(Bounds::Values(read(low)?, read(high)?))
}

/// The value at a cumulative weight.
fn value_at(samples: &[(f64, f64)], target: f64) -> f64 {
    let mut seen = 0.0;
    for (value, weight) in samples {
        seen += weight;
        if seen >= target {
            return *value;
        }
    }
    samples.last().map_or(0.0, |(value, _)| *value)
}

/// Sum and count of what lies within bounds.
fn within(samples: &[(f64, f64)], total: f64, bounds: Bounds) -> (f64, f64) {
    let (mut sum, mut count, mut seen) = (0.0, 0.0, 0.0);
    for (value, weight) in samples {
        let kept = match bounds {
            Bounds::Percent(low, high) => {
                let (low, high) = (low / 100.0 * total, high / 100.0 * total);
                (high.min(seen + weight) - low.max(seen)).max(0.0)
            }
            Bounds::Values(low, high) => {
                let above = low.is_none_or(|low| *value > low);
                let below = high.is_none_or(|high| *value <= high);
                if above && below { *weight } else { 0.0 }
            }
        };
        seen += weight;
        sum += value * kept;
        count += kept;
    }
    (sum, count)
}

/// The sum with what lies out of bounds moved to them.
fn winsorized(samples: &[(f64, f64)], total: f64, bounds: Bounds) -> f64 {
    let (low, high) = match bounds {
        Bounds::Percent(low, high) => (
            (low > 0.0).then(|| value_at(samples, low / 100.0 * total)),
            (high < 100.0).then(|| value_at(samples, high / 100.0 * total)),
        ),
        Bounds::Values(low, high) => (low, high),
    };
    let clamped = |value: f64| {
        let raised = low.map_or(value, |low| value.max(low));
        high.map_or(raised, |high| raised.min(high))
    };
    samples.iter().map(|(value, weight)| clamped(*value) * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: &[f64]) -> Summary {
        let mut values = values.iter().map(|value| Summary::of(*value));
        let first = values.next().unwrap();
        values.fold(first, |mut all, one| {
            all.add(&one);
            all
        })
    }

    #[test]
    fn every_statistic_of_ten_values() {
        let ten = summary(&[7.0, 1.0, 2.0, 3.0, 10.0, 4.0, 5.0, 6.0, 8.0, 9.0]);
        let check = |statistic: &str, expected: f64| {
            let found = Statistic::parse(statistic).unwrap().of(&ten).unwrap();
            assert!((found - expected).abs() < 1e-9, "{statistic}: {found} is not {expected}");
        };
        check("SampleCount", 10.0);
        check("Average", 5.5);
        check("Sum", 55.0);
        check("Minimum", 1.0);
        check("Maximum", 10.0);
        check("p50", 5.0);
        check("p90", 9.0);
        check("p99.9", 10.0);
        check("p0", 1.0);
        check("tm90", 5.0);
        check("TM(10%:90%)", 5.5);
        check("TM(2:4)", 3.5);
        check("TM(:4)", 2.5);
        check("IQM", 5.5);
        check("wm90", 5.4);
        check("WM(3:)", 5.8);
        check("TC(0.5:3)", 3.0);
        check("tc50", 5.0);
        check("TS(80%:)", 19.0);
        check("PR(:3)", 30.0);
        check("PR(2:3)", 10.0);
    }

    #[test]
    fn what_is_not_a_statistic_is_refused() {
        for text in [
            "average",
            "p",
            "p101",
            "p-1",
            "TM",
            "TM(:)",
            "PR(10%:20%)",
            "tm101",
            "Mean",
            "é",
            "TM(a:b)",
        ] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_statistic_set_has_percentiles_only_if_its_values_are_alike() {
        let median = Statistic::parse("p50").unwrap();
        assert_eq!(median.of(&Summary::set(3.0, 9.0, 1.0, 5.0)), None);
        assert_eq!(median.of(&Summary::set(3.0, 9.0, 3.0, 3.0)), Some(3.0));
    }

    #[test]
    fn many_values_are_kept_in_bounds_and_their_percentiles_nearly() {
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let many = summary(&values);
        assert!(many.samples.len() <= MOST_SAMPLES);
        let median = Statistic::parse("p50").unwrap().of(&many).unwrap();
        assert!((median - 5000.0).abs() < 500.0, "{median}");
        assert!((many.count - 10_000.0).abs() < 1e-9);
    }
}

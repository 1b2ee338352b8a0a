//! What state an alarm is in, given the points of its evaluation range. Pure, as AWS documents it.
//!
//! A range is wider than the evaluation periods. If it holds as many real points as there are evaluation periods, the most
//! recent of them decide. If not, missing points are filled in as the alarm says, as few as possible, and every real point of
//! the range counts.

use serde::{Deserialize, Serialize};

/// How many more periods are looked at than are evaluated.
const EXTRA_PERIODS: usize = 2;

/// The states of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Ok,
    Alarm,
    InsufficientData,
}

impl State {
    /// As the API writes it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// From how the API writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|one| one.text() == text)
    }
}

/// What a missing point counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MissingData {
    Missing,
    Ignore,
    Breaching,
    NotBreaching,
}

impl MissingData {
    /// From how the API writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "missing" => Some(Self::Missing),
            "ignore" => Some(Self::Ignore),
            "breaching" => Some(Self::Breaching),
            "notBreaching" => Some(Self::NotBreaching),
            _ => None,
        }
    }
}

/// How a point is compared with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
    OutsideBand,
    BelowBand,
    AboveBand,
}

impl Comparison {
    /// From how the API writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "GreaterThanOrEqualToThreshold" => Some(Self::GreaterOrEqual),
            "GreaterThanThreshold" => Some(Self::Greater),
            "LessThanThreshold" => Some(Self::Less),
            "LessThanOrEqualToThreshold" => Some(Self::LessOrEqual),
            "LessThanLowerOrGreaterThanUpperThreshold" => Some(Self::OutsideBand),
            "LessThanLowerThreshold" => Some(Self::BelowBand),
            "GreaterThanUpperThreshold" => Some(Self::AboveBand),
            _ => None,
        }
    }

    /// Whether the threshold is a band that changes with time.
    pub(crate) fn is_of_band(self) -> bool {
        matches!(self, Self::OutsideBand | Self::BelowBand | Self::AboveBand)
    }

    /// Whether a point is on the wrong side of its threshold: both ends of a band, or the same value twice.
    pub(crate) fn breaches(self, value: f64, (low, high): (f64, f64)) -> bool {
        match self {
            Self::GreaterOrEqual => value >= low,
            Self::Greater => value > low,
            Self::Less | Self::BelowBand => value < low,
            Self::LessOrEqual => value <= low,
            Self::OutsideBand => value < low || value > high,
            Self::AboveBand => value > high,
        }
    }

    /// The words of a state reason.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::GreaterOrEqual => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::LessOrEqual => "less than or equal to",
            Self::OutsideBand => {
                "less than the lower thresholds or greater than the upper thresholds"
            }
            Self::BelowBand => "less than the lower thresholds",
            Self::AboveBand => "greater than the upper thresholds",
        }
    }
}

/// The numbers of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    /// How many points decide (N).
    pub(crate) evaluation_periods: usize,
    /// How many of them must be breaching (M).
    pub(crate) datapoints_to_alarm: usize,
    pub(crate) missing: MissingData,
}

impl Rule {
    /// How many periods are looked at.
    pub(crate) fn range(self) -> usize {
        self.evaluation_periods + EXTRA_PERIODS
    }

    /// The state, given whether each point of the range breaches, oldest first and `None` where there is none. The
    /// present state if nothing is to change.
    pub(crate) fn state(self, points: &[Option<bool>], present: State) -> State {
        let real: Vec<bool> = points.iter().copied().flatten().collect();
        let enough = real.len() >= self.evaluation_periods;
        let counted = real.iter().rev().take(self.evaluation_periods);
        let breaching = counted.filter(|breaches| **breaches).count();
        let missing = self.evaluation_periods.saturating_sub(real.len());
        let alarms = breaching >= self.datapoints_to_alarm;
        if enough || alarms {
            return if alarms { State::Alarm } else { State::Ok };
        }
        match self.missing {
            MissingData::Breaching if breaching + missing >= self.datapoints_to_alarm => {
                State::Alarm
            }
            MissingData::NotBreaching | MissingData::Breaching => State::Ok,
            MissingData::Ignore | MissingData::Missing if real.contains(&false) => State::Ok,
            MissingData::Ignore => present,
            MissingData::Missing => self.of_breaching_alone(points),
        }
    }

    /// All that is there breaches, but it is not enough: an alarm if it has been so for long enough.
    fn of_breaching_alone(self, points: &[Option<bool>]) -> State {
        let oldest = points.iter().position(Option::is_some);
        match oldest.map(|at| points.len() - at) {
            Some(age) if age >= self.datapoints_to_alarm => State::Alarm,
            Some(_) | None => State::InsufficientData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [MissingData; 4] = [
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ];

    /// One row of a documented table: the points, and the states by how missing data is treated.
    fn check((m, n): (usize, usize), points: &str, expected: [&str; 4]) {
        let read: Vec<Option<bool>> = points
            .split(' ')
            .map(|point| match point {
                "X" => Some(true),
                "0" => Some(false),
                _ => None,
            })
            .collect();
        for (missing, expected) in COLUMNS.into_iter().zip(expected) {
            let rule = Rule { evaluation_periods: n, datapoints_to_alarm: m, missing };
            assert_eq!(rule.range(), read.len());
            for present in [State::Ok, State::Alarm, State::InsufficientData] {
                let expected = if expected == "retain" { present.text() } else { expected };
                let state = rule.state(&read, present).text();
                assert_eq!(state, expected, "{m} of {n}: {points}, {missing:?}, {present:?}");
            }
        }
    }

    #[test]
    fn the_documented_table_of_three_out_of_three() {
        let none = "INSUFFICIENT_DATA";
        check((3, 3), "0 - X - X", ["OK"; 4]);
        check((3, 3), "0 - - - -", ["OK"; 4]);
        check((3, 3), "- - - - -", [none, "retain", "ALARM", "OK"]);
        check((3, 3), "0 X X - X", ["ALARM"; 4]);
        check((3, 3), "- - X - -", ["ALARM", "retain", "ALARM", "OK"]);
        check((3, 3), "- - - - X", [none, "retain", "ALARM", "OK"]);
        check((3, 3), "X - - - -", ["ALARM", "retain", "ALARM", "OK"]);
    }

    #[test]
    fn the_documented_table_of_two_out_of_three() {
        let none = "INSUFFICIENT_DATA";
        check((2, 3), "0 - X - X", ["ALARM"; 4]);
        check((2, 3), "0 0 X 0 X", ["ALARM"; 4]);
        check((2, 3), "0 - X - -", ["OK", "OK", "ALARM", "OK"]);
        check((2, 3), "- - - - 0", ["OK", "OK", "ALARM", "OK"]);
        check((2, 3), "- - - X -", ["ALARM", "retain", "ALARM", "OK"]);
        check((2, 3), "- - - - X", [none, "retain", "ALARM", "OK"]);
    }

    #[test]
    fn enough_points_are_compared_whatever_is_missing() {
        check((2, 2), "X X X 0", ["OK"; 4]);
        check((2, 2), "0 0 X X", ["ALARM"; 4]);
        check((1, 1), "X - -", ["ALARM"; 4]);
        check((1, 1), "X - 0", ["OK"; 4]);
    }

    #[test]
    fn thresholds_are_compared_as_their_names_say() {
        let check = |name: &str, breaching: [bool; 3]| {
            let comparison = Comparison::parse(name).unwrap();
            let found = [1.0, 2.0, 3.0].map(|value| comparison.breaches(value, (2.0, 2.0)));
            assert_eq!(found, breaching, "{name}");
        };
        check("GreaterThanOrEqualToThreshold", [false, true, true]);
        check("GreaterThanThreshold", [false, false, true]);
        check("LessThanThreshold", [true, false, false]);
        check("LessThanOrEqualToThreshold", [true, true, false]);
        check("LessThanLowerOrGreaterThanUpperThreshold", [true, false, true]);
        check("LessThanLowerThreshold", [true, false, false]);
        check("GreaterThanUpperThreshold", [false, false, true]);
        assert_eq!(Comparison::parse("Greater"), None);
    }
}

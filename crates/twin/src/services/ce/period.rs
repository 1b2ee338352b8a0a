//! Days, months, and what something costs on a day.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use reeve_model::Value;

use super::{Item, anomalies};
use crate::{call::Call, failure::Failure, metrics::source::float, world::World};

/// One day of bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) Date);

/// A stretch of days: from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: Date,
    pub(super) end: Date,
}

const SECONDS: i64 = 86_400;
/// Bills go back this far.
const MOST_MONTHS: i32 = 14;

impl Day {
    /// The day of a time.
    pub(crate) fn of(time: Timestamp) -> Self {
        Self(TimeZone::UTC.to_datetime(time).date())
    }

    /// When it begins.
    pub(crate) fn start(self) -> Timestamp {
        self.0.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
    }

    /// What part of the day something that began at a time was there, as far as the day has passed.
    fn part(self, since: Timestamp, now: Timestamp) -> f64 {
        let start = self.start().as_second();
        let from = since.as_second().max(start);
        let to = now.as_second().min(start + SECONDS);
        float((to - from).max(0)) / float(SECONDS)
    }
}

/// What an item costs on a day, and how much of it is used.
pub(crate) fn on_day(world: &World, item: &Item, day: Day, now: Timestamp) -> (f64, f64) {
    let part = day.part(item.since, now);
    if part <= 0.0 {
        return (0.0, 0.0);
    }
    // A few percent more or less, as traffic goes.
    let text = format!("{}/{}/{}", world.seed, item.resource, day.0);
    let digits = crate::digest::hex_digest(&text, 4);
    let noise = u32::from_str_radix(&digits, 16).map_or(0.5, |number| f64::from(number) / 65_535.0);
    let factor = 0.97 + 0.06 * noise;
    let surge = anomalies::factor(world, item, day);
    (item.cost * part * factor * surge, item.usage * part * surge)
}

impl Period {
    /// The period of a call's `TimePeriod`.
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        let date = |member: &str| {
            let text = call
                .object("TimePeriod")
                .and_then(|period| period.get(member))
                .and_then(Value::as_str)
                .unwrap_or_default();
            // Hours may be given where granularity allows them; days are what is simulated.
            text.parse::<Date>()
                .map_err(|_| call.invalid(format!("{member} is not a valid date: {text}")))
        };
        let (start, end) = (date("Start")?, date("End")?);
        if start >= end {
            return Err(call.invalid("Start date (and hour) should be before end date (and hour)"));
        }
        let oldest = Day::of(call.now).0.checked_sub(MOST_MONTHS.months()).unwrap_or(start);
        if start < oldest {
            let message =
                format!("You haven't enabled historical data beyond {MOST_MONTHS} months");
            return Err(call.invalid(message));
        }
        Ok(Self { start, end })
    }

    /// The whole, by day or by calendar month.
    pub(super) fn parts(self, granularity: &str) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = self.start;
        while start < self.end {
            let next = match granularity {
                "MONTHLY" => start.last_of_month().tomorrow(),
                _ => start.tomorrow(),
            };
            let end = next.unwrap_or(self.end).min(self.end);
            parts.push(Self { start, end });
            start = end;
        }
        parts
    }

    /// Its days.
    pub(super) fn days(self) -> impl Iterator<Item = Day> {
        let days = std::iter::successors(Some(self.start), |day| day.tomorrow().ok());
        days.take_while(move |day| *day < self.end).map(Day)
    }

    /// As the API shows it.
    pub(super) fn shown(self) -> Value {
        Value::from_iter([
            ("Start", Value::from(self.start.to_string())),
            ("End", Value::from(self.end.to_string())),
        ])
    }
}

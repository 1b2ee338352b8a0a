//! AWS's schedule expressions: `rate(5 minutes)`, `cron(0 8 ? * MON-FRI *)`, `at(2026-03-01T09:00:00)`.
//!
//! Pure: the caller brings the time and the zone. A rate counts absolute time from when its schedule began. A cron
//! expression and an `at` speak of the clock on the wall of a zone, as Amazon EventBridge Scheduler documents it: what
//! falls into the hour that daylight saving time skips does not happen, and what falls into the hour that it repeats
//! happens once, the first time.

mod cron;
mod error;
mod field;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

pub use error::ScheduleError;

use cron::{Cron, Form};

/// When something recurs, or happens once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleExpression(Shape);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Rate(SignedDuration),
    Cron(Box<Cron>),
    At(DateTime),
}

impl ScheduleExpression {
    /// Reads an expression as Amazon EventBridge does: six fields, and units that agree with their number.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        read(text, Form::EventBridge)
    }

    /// Reads an expression as Systems Manager does, whose cron expressions may also begin with seconds and leave out
    /// the year: `cron(0 2 ? * SUN)`, `cron(0 0 2 ? 1/1 THU#3 *)`.
    pub fn parse_for_systems_manager(text: &str) -> Result<Self, ScheduleError> {
        read(text, Form::SystemsManager)
    }

    /// The interval of a rate.
    pub fn interval(&self) -> Option<SignedDuration> {
        match self.0 {
            Shape::Rate(interval) => Some(interval),
            Shape::Cron(_) | Shape::At(_) => None,
        }
    }

    /// Whether it is a cron expression.
    pub fn is_cron(&self) -> bool {
        matches!(self.0, Shape::Cron(_))
    }

    /// Whether it happens once.
    pub fn is_once(&self) -> bool {
        matches!(self.0, Shape::At(_))
    }

    /// The first occurrence later than `after`, of a schedule that lives in `zone` and, if it is a rate, began at
    /// `since`: a rate occurs one interval after that, and at `since` itself if that is still to come.
    pub fn next_after(
        &self,
        after: Timestamp,
        zone: &TimeZone,
        since: Timestamp,
    ) -> Option<Timestamp> {
        match &self.0 {
            Shape::Rate(interval) => next_of_rate(*interval, after, since),
            Shape::Cron(cron) => cron.next_after(after, zone),
            Shape::At(time) => {
                zone.to_ambiguous_timestamp(*time).compatible().ok().filter(|at| *at > after)
            }
        }
    }
}

fn next_of_rate(interval: SignedDuration, after: Timestamp, since: Timestamp) -> Option<Timestamp> {
    if after < since {
        return Some(since);
    }
    let step = interval.as_secs().max(1);
    let elapsed = after.duration_since(since).as_secs();
    let turns = elapsed.checked_div(step)?.checked_add(1)?;
    since.checked_add(SignedDuration::from_secs(turns.checked_mul(step)?)).ok()
}

fn read(text: &str, form: Form) -> Result<ScheduleExpression, ScheduleError> {
    let shape = if let Some(inside) = within(text, "rate(") {
        Shape::Rate(read_rate(inside, form)?)
    } else if let Some(inside) = within(text, "cron(") {
        Shape::Cron(Box::new(Cron::parse(inside, form)?))
    } else if let Some(inside) = within(text, "at(") {
        Shape::At(read_time(inside)?)
    } else {
        let reason = "must be rate(…), cron(…) or at(…)";
        return Err(ScheduleError::new("expression", text, reason));
    };
    Ok(ScheduleExpression(shape))
}

fn within<'text>(text: &'text str, opening: &str) -> Option<&'text str> {
    text.strip_prefix(opening)?.strip_suffix(')')
}

fn read_rate(inside: &str, form: Form) -> Result<SignedDuration, ScheduleError> {
    let mut words = inside.split_whitespace();
    let (Some(number), Some(unit), None) = (words.next(), words.next(), words.next()) else {
        return Err(ScheduleError::new("rate", inside, "must be a number and a unit"));
    };
    let value = number
        .parse::<u32>()
        .ok()
        .filter(|value| *value > 0 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| ScheduleError::new("rate value", number, "must be a positive number"))?;
    let (singular, seconds) = match unit {
        "minute" | "minutes" => (unit == "minute", 60),
        "hour" | "hours" => (unit == "hour", 3600),
        "day" | "days" => (unit == "day", 86_400),
        _ => {
            let reason = "must be minute, minutes, hour, hours, day or days";
            return Err(ScheduleError::new("rate unit", unit, reason));
        }
    };
    if form == Form::EventBridge && singular != (value == 1) {
        let reason = "must be singular for a value of 1 and plural for any other";
        return Err(ScheduleError::new("rate unit", unit, reason));
    }
    Ok(SignedDuration::from_secs(i64::from(value) * seconds))
}

/// The length of `2026-03-01T09:00:00`.
const TIME_LENGTH: usize = 19;

fn read_time(inside: &str) -> Result<DateTime, ScheduleError> {
    let plain = inside.len() == TIME_LENGTH && inside.as_bytes().get(10) == Some(&b'T');
    plain
        .then(|| inside.parse::<DateTime>().ok())
        .flatten()
        .ok_or_else(|| ScheduleError::new("time", inside, "must be yyyy-mm-ddThh:mm:ss"))
}

#[cfg(test)]
mod tests;

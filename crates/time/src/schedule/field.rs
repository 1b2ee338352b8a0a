//! One field of a cron expression: lists, ranges, steps and names over a range of numbers.

use super::error::ScheduleError;

/// What a field may hold.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) low: i16,
    pub(super) high: i16,
    /// Names of the values from `low` on.
    pub(super) names: &'static [&'static str],
}

pub(super) const SECONDS: Field = Field { name: "seconds", low: 0, high: 59, names: &[] };
pub(super) const MINUTES: Field = Field { name: "minutes", low: 0, high: 59, names: &[] };
pub(super) const HOURS: Field = Field { name: "hours", low: 0, high: 23, names: &[] };
pub(super) const DAY_OF_MONTH: Field = Field { name: "day-of-month", low: 1, high: 31, names: &[] };
pub(super) const MONTH: Field = Field {
    name: "month",
    low: 1,
    high: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
pub(super) const DAY_OF_WEEK: Field = Field {
    name: "day-of-week",
    low: 1,
    high: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
pub(super) const YEAR: Field = Field { name: "year", low: 1970, high: 2199, names: &[] };

impl Field {
    /// An error about this field.
    pub(super) fn wrong(&self, text: &str, reason: &'static str) -> ScheduleError {
        ScheduleError::new(self.name, text, reason)
    }

    /// One number or name.
    pub(super) fn value(&self, text: &str) -> Result<i16, ScheduleError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        if let Some(index) = named {
            return Ok(i16::try_from(index).unwrap_or_default() + self.low);
        }
        let number = (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i16>().ok())
            .flatten()
            .ok_or_else(|| self.wrong(text, "is not a value of this field"))?;
        if (self.low..=self.high).contains(&number) {
            Ok(number)
        } else {
            Err(self.wrong(text, "is out of range"))
        }
    }

    /// The values of a list of numbers, ranges and steps, in no order.
    pub(super) fn values(&self, text: &str) -> Result<Vec<i16>, ScheduleError> {
        let mut values = Vec::new();
        for part in text.split(',') {
            values.extend(self.part(part)?);
        }
        Ok(values)
    }

    /// The values of a list as bits of a number.
    pub(super) fn bits(&self, text: &str) -> Result<u64, ScheduleError> {
        Ok(bits(&self.values(text)?))
    }

    fn part(&self, part: &str) -> Result<Vec<i16>, ScheduleError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (part, None),
        };
        let (first, last) = if range == "*" {
            (self.low, self.high)
        } else if let Some((first, last)) = range.split_once('-') {
            (self.value(first)?, self.value(last)?)
        } else {
            let first = self.value(range)?;
            (first, if step.is_some() { self.high } else { first })
        };
        self.run((first, last), step.unwrap_or(1), part)
    }

    /// Every `step`th value from the first to the last, over the end of the field if the last comes before the first.
    fn run(
        &self,
        (first, last): (i16, i16),
        step: i16,
        part: &str,
    ) -> Result<Vec<i16>, ScheduleError> {
        let size = self.high - self.low + 1;
        let length = if first <= last { last - first } else { last - first + size };
        if first > last && self.name == YEAR.name {
            return Err(self.wrong(part, "ends before it begins"));
        }
        let ahead = (0..=length).step_by(usize::try_from(step).unwrap_or(1));
        Ok(ahead.map(|offset| self.low + (first - self.low + offset) % size).collect())
    }

    fn step(&self, text: &str) -> Result<i16, ScheduleError> {
        text.parse::<i16>()
            .ok()
            .filter(|step| *step > 0 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or_else(|| self.wrong(text, "is not a positive step"))
    }
}

/// Numbers below 64 as bits.
pub(super) fn bits(values: &[i16]) -> u64 {
    values.iter().fold(0, |bits, value| bits | 1_u64.checked_shl(bit(*value)).unwrap_or(0))
}

/// Whether a number is among the bits.
pub(super) fn has(bits: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| bits.checked_shr(value).unwrap_or(0) & 1 == 1)
}

/// The least of the bits that is not below `from`.
pub(super) fn next(bits: u64, from: i8) -> Option<i8> {
    let from = u32::try_from(from).ok()?;
    let left = bits.checked_shr(from).unwrap_or(0);
    (left != 0).then(|| i8::try_from(from + left.trailing_zeros()).ok()).flatten()
}

fn bit(value: i16) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

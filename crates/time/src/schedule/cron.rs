//! Cron expressions of AWS: when the next one falls on the clock of a zone.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{
    error::ScheduleError,
    field::{self, DAY_OF_MONTH, DAY_OF_WEEK, HOURS, MINUTES, MONTH, SECONDS, YEAR},
};

/// How many fields an expression may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Minutes, hours, day of month, month, day of week, year.
    EventBridge,
    /// The same, with seconds before them, or without the year, or both.
    SystemsManager,
}

/// A cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cron {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: Days,
    months: u64,
    /// None: every year.
    years: Option<Vec<i16>>,
}

/// Which days of a month; one of the two day fields says it, the other is `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<MonthDay>),
    OfWeek(Vec<WeekDay>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MonthDay {
    Among(u64),
    Last,
    LastWorking,
    NearestWorking(i8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WeekDay {
    Among(u64),
    Last(i8),
    Nth(i8, i8),
}

impl Cron {
    /// Reads what stands between the parentheses.
    pub(super) fn parse(inside: &str, form: Form) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = inside.split_whitespace().collect();
        match (form, fields.as_slice()) {
            (_, [minutes, hours, day, month, weekday, year]) => {
                let plain = Self::read("0", [minutes, hours, day, month, weekday, year]);
                match plain {
                    // Six fields may also be seconds and no year, which shows where a field cannot be read otherwise.
                    Err(error) if form == Form::SystemsManager => {
                        Self::read(minutes, [hours, day, month, weekday, year, "*"])
                            .map_err(|_| error)
                    }
                    read => read,
                }
            }
            (Form::SystemsManager, [minutes, hours, day, month, weekday]) => {
                Self::read("0", [minutes, hours, day, month, weekday, "*"])
            }
            (Form::SystemsManager, [seconds, minutes, hours, day, month, weekday, year]) => {
                Self::read(seconds, [minutes, hours, day, month, weekday, year])
            }
            (Form::EventBridge, _) => {
                Err(ScheduleError::new("cron expression", inside, "must have six fields"))
            }
            (Form::SystemsManager, _) => {
                Err(ScheduleError::new("cron expression", inside, "must have five to seven fields"))
            }
        }
    }

    fn read(seconds: &str, fields: [&str; 6]) -> Result<Self, ScheduleError> {
        let [minutes, hours, day, month, weekday, year] = fields;
        Ok(Self {
            seconds: SECONDS.bits(seconds)?,
            minutes: MINUTES.bits(minutes)?,
            hours: HOURS.bits(hours)?,
            days: read_days(day, weekday)?,
            months: MONTH.bits(month)?,
            years: if year == "*" { None } else { Some(YEAR.values(year)?) },
        })
    }

    /// The first occurrence later than `after` on the clock of `zone`.
    pub(super) fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut from = zone.to_datetime(after).checked_add(1.second()).ok()?;
        from =
            from.date().to_datetime(Time::new(from.hour(), from.minute(), from.second(), 0).ok()?);
        loop {
            let local = self.next_local(from)?;
            let ambiguous = zone.to_ambiguous_timestamp(local);
            let exists = !matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
            // A repeated time stands for its first occurrence, which may have passed.
            if let Some(time) = ambiguous.earlier().ok().filter(|time| exists && *time > after) {
                return Some(time);
            }
            from = local.checked_add(1.second()).ok()?;
        }
    }

    /// The first match on the wall clock that is not before `from`.
    fn next_local(&self, from: DateTime) -> Option<DateTime> {
        let mut date = from.date();
        let mut earliest = from.time();
        while date.year() <= YEAR.high {
            let in_month = self.includes_year(date.year()) && field::has(self.months, date.month());
            if !in_month {
                date = date.last_of_month().tomorrow().ok()?;
            } else if let Some(time) = self.on(date, earliest) {
                return Some(date.to_datetime(time));
            } else {
                date = date.tomorrow().ok()?;
            }
            earliest = Time::midnight();
        }
        None
    }

    fn on(&self, date: Date, earliest: Time) -> Option<Time> {
        if self.days.include(date) { self.time_from(earliest) } else { None }
    }

    /// The first time of day that is not before `from`.
    fn time_from(&self, from: Time) -> Option<Time> {
        let first_minute = field::next(self.minutes, 0)?;
        let first_second = field::next(self.seconds, 0)?;
        if field::has(self.hours, from.hour()) {
            if field::has(self.minutes, from.minute())
                && let Some(second) = field::next(self.seconds, from.second())
            {
                return Time::new(from.hour(), from.minute(), second, 0).ok();
            }
            if let Some(minute) = field::next(self.minutes, from.minute() + 1) {
                return Time::new(from.hour(), minute, first_second, 0).ok();
            }
        }
        let hour = field::next(self.hours, from.hour() + 1)?;
        Time::new(hour, first_minute, first_second, 0).ok()
    }

    fn includes_year(&self, year: i16) -> bool {
        self.years.as_ref().is_none_or(|years| years.contains(&year))
    }
}

fn read_days(day: &str, weekday: &str) -> Result<Days, ScheduleError> {
    match (day, weekday) {
        ("?", "?") => Err(DAY_OF_WEEK.wrong(weekday, "cannot be ? while day-of-month is ?")),
        (day, "?") => day.split(',').map(month_day).collect::<Result<_, _>>().map(Days::OfMonth),
        ("?", weekday) => read_weekdays(weekday).map(Days::OfWeek),
        _ => Err(DAY_OF_WEEK.wrong(weekday, "must be ? unless day-of-month is ?")),
    }
}

fn month_day(part: &str) -> Result<MonthDay, ScheduleError> {
    let upper = part.to_ascii_uppercase();
    match upper.as_str() {
        "L" => return Ok(MonthDay::Last),
        "LW" => return Ok(MonthDay::LastWorking),
        _ => {}
    }
    if let Some(day) = upper.strip_suffix('W') {
        return small(DAY_OF_MONTH.value(day)?).map(MonthDay::NearestWorking);
    }
    DAY_OF_MONTH.bits(part).map(MonthDay::Among)
}

fn read_weekdays(text: &str) -> Result<Vec<WeekDay>, ScheduleError> {
    let parts: Vec<&str> = text.split(',').collect();
    if parts.len() > 1 && text.contains('#') {
        return Err(DAY_OF_WEEK.wrong(text, "can only hold one expression if it has a #"));
    }
    parts.into_iter().map(weekday).collect()
}

fn weekday(part: &str) -> Result<WeekDay, ScheduleError> {
    const MOST_IN_MONTH: i16 = 5;
    if let Some((day, nth)) = part.split_once('#') {
        let nth =
            nth.parse::<i16>().ok().filter(|nth| (1..=MOST_IN_MONTH).contains(nth)).ok_or_else(
                || DAY_OF_WEEK.wrong(part, "must have a number from 1 to 5 after the #"),
            )?;
        return Ok(WeekDay::Nth(small(DAY_OF_WEEK.value(day)?)?, small(nth)?));
    }
    match part.strip_suffix(['L', 'l']) {
        // The last day of the week.
        Some("") => Ok(WeekDay::Among(field::bits(&[DAY_OF_WEEK.high]))),
        Some(day) => small(DAY_OF_WEEK.value(day)?).map(WeekDay::Last),
        None => DAY_OF_WEEK.bits(part).map(WeekDay::Among),
    }
}

fn small(value: i16) -> Result<i8, ScheduleError> {
    i8::try_from(value).map_err(|_| DAY_OF_MONTH.wrong(&value.to_string(), "is out of range"))
}

impl Days {
    fn include(&self, date: Date) -> bool {
        match self {
            Self::OfMonth(days) => days.iter().any(|day| day.is(date)),
            Self::OfWeek(days) => days.iter().any(|day| day.is(date)),
        }
    }
}

impl MonthDay {
    fn is(self, date: Date) -> bool {
        match self {
            Self::Among(days) => field::has(days, date.day()),
            Self::Last => date.day() == date.days_in_month(),
            Self::LastWorking => nearest_working(date, date.days_in_month()) == Some(date.day()),
            Self::NearestWorking(day) => nearest_working(date, day) == Some(date.day()),
        }
    }
}

impl WeekDay {
    fn is(self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_one_offset();
        match self {
            Self::Among(days) => field::has(days, weekday),
            Self::Last(day) => weekday == day && date.day() + 7 > date.days_in_month(),
            Self::Nth(day, nth) => weekday == day && (date.day() - 1) / 7 + 1 == nth,
        }
    }
}

/// The working day nearest to a day, never leaving the month of `date`.
fn nearest_working(date: Date, day: i8) -> Option<i8> {
    let target = Date::new(date.year(), date.month(), day).ok()?;
    let shift = match target.weekday().to_sunday_one_offset() {
        1 if day == date.days_in_month() => -2,
        1 => 1,
        7 if day == 1 => 2,
        7 => -1,
        _ => 0,
    };
    Some(day + shift)
}

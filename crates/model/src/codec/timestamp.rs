//! Timestamps as text.
//!
//! Senders are held to one format by protocol and place; readers take any of them, because services do not keep to it.

use jiff::{
    SignedDuration, Timestamp, Unit,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use crate::schema::TimestampFormat;

/// Writes a timestamp.
pub(crate) fn format(instant: Timestamp, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::DateTime => to_the_microsecond(instant).to_string(),
        TimestampFormat::HttpDate => http_date(instant),
        TimestampFormat::EpochSeconds => epoch_seconds(instant),
    }
}

/// Reads a timestamp in any format.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().next()?.is_ascii_alphabetic() {
        return parse_http_date(text);
    }
    parse_epoch_seconds(text).or_else(|| parse_date_time(text))
}

/// Reads seconds since 1970, as JSON has them.
pub(crate) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let duration = SignedDuration::try_from_secs_f64(seconds).ok()?;
    // A float has no more to give for the times that occur, and what it seems to have was not sent.
    Timestamp::from_duration(duration).ok()?.round(Unit::Microsecond).ok()
}

/// What services send and botocore sends them: nothing finer was ever meant.
fn to_the_microsecond(instant: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

fn epoch_seconds(instant: Timestamp) -> String {
    let microseconds = instant.as_microsecond();
    let sign = if microseconds < 0 { "-" } else { "" };
    let microseconds = microseconds.unsigned_abs();
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    if fraction == 0 {
        return format!("{sign}{seconds}");
    }
    format!("{sign}{seconds}.{fraction:06}").trim_end_matches('0').to_owned()
}

fn http_date(instant: Timestamp) -> String {
    let date_time = TimeZone::UTC.to_datetime(instant);
    let (date, time) = (date_time.date(), date_time.time());
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        weekday_name(date.weekday()),
        date.day(),
        MONTHS.get(usize::try_from(date.month() - 1).unwrap_or_default()).unwrap_or(&"Jan"),
        date.year(),
        time.hour(),
        time.minute(),
        time.second(),
    )
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

fn parse_epoch_seconds(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).and_then(from_seconds)
}

fn parse_date_time(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    // Without an offset, UTC is meant.
    let date_time =
        text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0)));
    TimeZone::UTC.to_timestamp(date_time.ok()?).ok()
}

/// `Sun, 02 Jan 2000 20:34:56 GMT`, with or without the weekday and a fraction.
fn parse_http_date(text: &str) -> Option<Timestamp> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = text.split_whitespace();
    let day: i8 = words.next()?.parse().ok()?;
    let month_name = words.next()?;
    let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(month_name))?;
    let year: i16 = words.next()?.parse().ok()?;
    let time = words.next()?;
    if !matches!(words.next(), Some("GMT" | "UTC" | "+0000") | None) {
        return None;
    }
    let date = Date::new(year, i8::try_from(month + 1).ok()?, day).ok()?;
    let time = time.parse::<jiff::civil::Time>().ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(
            parse(text).map(|instant| instant.to_string()).as_deref(),
            Some(expected),
            "{text}"
        );
    }

    #[test]
    fn any_format_is_read() {
        check("2014-04-29T18:30:38Z", "2014-04-29T18:30:38Z");
        check("2014-04-29T18:30:38.123Z", "2014-04-29T18:30:38.123Z");
        check("2019-12-17T00:48:18+01:00", "2019-12-16T23:48:18Z");
        check("2014-04-29T18:30:38", "2014-04-29T18:30:38Z");
        check("2014-04-29", "2014-04-29T00:00:00Z");
        check("1398796238", "2014-04-29T18:30:38Z");
        check("1398796238.5", "2014-04-29T18:30:38.5Z");
        check("1.398796238E9", "2014-04-29T18:30:38Z");
        check("Tue, 29 Apr 2014 18:30:38 GMT", "2014-04-29T18:30:38Z");
        check("Sun, 02 Jan 2000 20:34:56.456 GMT", "2000-01-02T20:34:56.456Z");
    }

    #[test]
    fn a_fraction_that_a_float_cannot_hold_is_read_as_it_was_meant() {
        check("1469336686.199", "2016-07-24T05:04:46.199Z");
        check("-1.000001", "1969-12-31T23:59:58.999999Z");
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for wrong in
            ["", " ", "yesterday", "2014-13-01", "Tue, 99 Apr 2014 18:30:38 GMT", "1e300", "é"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_format_is_written_as_its_readers_expect() {
        let instant: Timestamp = "2014-04-29T18:30:38.123456789Z".parse().unwrap();
        assert_eq!(format(instant, TimestampFormat::DateTime), "2014-04-29T18:30:38.123456Z");
        assert_eq!(format(instant, TimestampFormat::EpochSeconds), "1398796238.123456");
        assert_eq!(format(instant, TimestampFormat::HttpDate), "Tue, 29 Apr 2014 18:30:38 GMT");
        let before_1970 = Timestamp::from_millisecond(-1500).unwrap();
        assert_eq!(format(before_1970, TimestampFormat::EpochSeconds), "-1.5");
    }
}

//! Weekly maintenance windows and daily backup windows, and when they are next.

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};

/// When a weekly window such as `sun:03:00-sun:03:30` next begins.
pub(super) fn next_week(window: &str, after: Timestamp) -> Option<Timestamp> {
    let (start, _) = window.split_once('-')?;
    let (day, time) = start.split_once(':')?;
    let wanted = weekday(day)?;
    let minutes = minutes_of(time)?;
    let today = after.to_zoned(TimeZone::UTC).start_of_day().ok()?;
    (0..=7).find_map(|days| {
        let begins =
            today.timestamp().checked_add(SignedDuration::from_mins(days * 1440 + minutes)).ok()?;
        let fits = begins.to_zoned(TimeZone::UTC).weekday() == wanted && begins > after;
        fits.then_some(begins)
    })
}

/// When a daily window such as `04:00-04:30` next begins.
pub(super) fn next_day(window: &str, after: Timestamp) -> Option<Timestamp> {
    let (start, _) = window.split_once('-')?;
    let minutes = minutes_of(start)?;
    let today = after.to_zoned(TimeZone::UTC).start_of_day().ok()?;
    (0..=1).find_map(|days| {
        let begins =
            today.timestamp().checked_add(SignedDuration::from_mins(days * 1440 + minutes)).ok()?;
        (begins > after).then_some(begins)
    })
}

/// Whether a text is a weekly window.
pub(super) fn is_weekly(window: &str) -> bool {
    let end = window.split_once('-').and_then(|(_, end)| end.split_once(':'));
    let end_is_right =
        end.is_some_and(|(day, time)| weekday(day).is_some() && minutes_of(time).is_some());
    end_is_right && next_week(window, Timestamp::UNIX_EPOCH).is_some()
}

/// Whether a text is a daily window.
pub(super) fn is_daily(window: &str) -> bool {
    let end = window.split_once('-').and_then(|(_, end)| minutes_of(end));
    end.is_some() && next_day(window, Timestamp::UNIX_EPOCH).is_some()
}

fn weekday(day: &str) -> Option<Weekday> {
    Some(match day.to_ascii_lowercase().as_str() {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

fn minutes_of(time: &str) -> Option<i64> {
    let (hours, minutes) = time.split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_come_again_every_day_and_week() {
        let sunday: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let text = |time: Option<Timestamp>| time.unwrap().to_string();
        assert_eq!(text(next_week("sun:03:00-sun:03:30", sunday)), "2026-03-08T03:00:00Z");
        assert_eq!(text(next_week("sun:10:00-sun:10:30", sunday)), "2026-03-01T10:00:00Z");
        assert_eq!(text(next_day("04:00-04:30", sunday)), "2026-03-02T04:00:00Z");
        assert!(!is_weekly("soon"));
        assert!(!is_daily("25:00-26:00"));
    }
}

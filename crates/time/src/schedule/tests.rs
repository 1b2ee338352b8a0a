//! Schedule expressions against documented examples and against a scan of every minute.

use jiff::{Timestamp, ToSpan, civil::DateTime, tz::TimeZone};
use proptest::prelude::*;

use super::ScheduleExpression;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// The occurrences after `after`, on the clock of the zone.
fn occurrences(expression: &ScheduleExpression, after: &str, zone: &TimeZone) -> Vec<String> {
    let since = at(after);
    let next = |time: &Timestamp| expression.next_after(*time, zone, since);
    std::iter::successors(next(&since), next)
        .take(3)
        .map(|time| time.to_zoned(zone.clone()).strftime("%F %R%:z").to_string())
        .collect()
}

fn check(text: &str, after: &str, zone_name: &str, expected: &[&str]) {
    let expression = ScheduleExpression::parse(text).unwrap();
    assert_eq!(occurrences(&expression, after, &zone(zone_name)), expected, "{text}");
}

#[test]
fn documented_expressions_fall_where_the_documentation_says() {
    let after = "2026-03-01T00:00:00Z";
    let day = |text: &str, expected: [&str; 3]| {
        let expected = expected.map(|time| format!("{time}+00:00"));
        check(text, after, "UTC", &expected.each_ref().map(String::as_str));
    };
    day("cron(0 10 * * ? *)", ["2026-03-01 10:00", "2026-03-02 10:00", "2026-03-03 10:00"]);
    day("cron(15 12 * * ? *)", ["2026-03-01 12:15", "2026-03-02 12:15", "2026-03-03 12:15"]);
    day("cron(0 18 ? * MON-FRI *)", ["2026-03-02 18:00", "2026-03-03 18:00", "2026-03-04 18:00"]);
    day("cron(0 8 1 * ? *)", ["2026-03-01 08:00", "2026-04-01 08:00", "2026-05-01 08:00"]);
    day("cron(0/15 * * * ? *)", ["2026-03-01 00:15", "2026-03-01 00:30", "2026-03-01 00:45"]);
    day(
        "cron(0/5 8-17 ? * MON-FRI *)",
        ["2026-03-02 08:00", "2026-03-02 08:05", "2026-03-02 08:10"],
    );
    day(
        "cron(15 10 ? * 6L 2026-2027)",
        ["2026-03-27 10:15", "2026-04-24 10:15", "2026-05-29 10:15"],
    );
    day("cron(0 9 ? * 2#1 *)", ["2026-03-02 09:00", "2026-04-06 09:00", "2026-05-04 09:00"]);
    day("cron(30 23 ? * TUE#3 *)", ["2026-03-17 23:30", "2026-04-21 23:30", "2026-05-19 23:30"]);
    day("cron(0 0 L * ? *)", ["2026-03-31 00:00", "2026-04-30 00:00", "2026-05-31 00:00"]);
    day("cron(0 0 LW * ? *)", ["2026-03-31 00:00", "2026-04-30 00:00", "2026-05-29 00:00"]);
    day("cron(0 0 3W 4,5 ? *)", ["2026-04-03 00:00", "2026-05-04 00:00", "2027-04-02 00:00"]);
    day("cron(0 0 1W 8 ? *)", ["2026-08-03 00:00", "2027-08-02 00:00", "2028-08-01 00:00"]);
    day("cron(0 0 ? * L *)", ["2026-03-07 00:00", "2026-03-14 00:00", "2026-03-21 00:00"]);
    day("cron(0 0 29 FEB ? *)", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]);
    day("cron(0 22-1 * * ? *)", ["2026-03-01 01:00", "2026-03-01 22:00", "2026-03-01 23:00"]);
}

#[test]
fn a_schedule_in_years_gone_by_never_occurs() {
    check("cron(0 0 1 1 ? 2025)", "2026-03-01T00:00:00Z", "UTC", &[]);
    check("cron(0 0 30 2 ? *)", "2026-03-01T00:00:00Z", "UTC", &[]);
    check("at(2026-02-28T23:59:59)", "2026-03-01T00:00:00Z", "UTC", &[]);
}

#[test]
fn a_rate_counts_from_when_the_schedule_began() {
    let expression = ScheduleExpression::parse("rate(5 minutes)").unwrap();
    let since = at("2026-03-01T00:00:30Z");
    let next = |after: &str| expression.next_after(at(after), &TimeZone::UTC, since).unwrap();
    assert_eq!(next("2026-02-28T00:00:00Z"), since);
    assert_eq!(next("2026-03-01T00:00:30Z"), at("2026-03-01T00:05:30Z"));
    assert_eq!(next("2026-03-01T00:05:29Z"), at("2026-03-01T00:05:30Z"));
    assert_eq!(next("2026-03-01T00:05:30Z"), at("2026-03-01T00:10:30Z"));
}

#[test]
fn a_day_of_a_rate_is_24_hours_also_when_the_clocks_change() {
    let expected = ["2026-03-08 13:00-04:00", "2026-03-09 13:00-04:00", "2026-03-10 13:00-04:00"];
    check("rate(1 day)", "2026-03-07T17:00:00Z", "America/New_York", &expected);
}

#[test]
fn what_falls_into_the_skipped_hour_does_not_happen() {
    let expected = ["2026-03-07 02:30-05:00", "2026-03-09 02:30-04:00", "2026-03-10 02:30-04:00"];
    check("cron(30 2 * * ? *)", "2026-03-07T00:00:00Z", "America/New_York", &expected);
}

#[test]
fn what_falls_into_the_repeated_hour_happens_once() {
    let expected = ["2026-10-31 01:30-04:00", "2026-11-01 01:30-04:00", "2026-11-02 01:30-05:00"];
    check("cron(30 1 * * ? *)", "2026-10-31T00:00:00Z", "America/New_York", &expected);
}

#[test]
fn a_time_to_happen_once_is_of_the_zone() {
    let expected = ["2026-07-07 15:55+02:00"];
    check("at(2026-07-07T15:55:00)", "2026-03-01T00:00:00Z", "Europe/Berlin", &expected);
}

#[test]
fn systems_manager_reads_seconds_and_does_without_years() {
    let after = "2026-03-01T00:00:00Z";
    let check = |text: &str, expected: &str| {
        let expression = ScheduleExpression::parse_for_systems_manager(text).unwrap();
        let times = occurrences(&expression, after, &TimeZone::UTC);
        assert_eq!(times.first().map(String::as_str), Some(expected), "{text}");
    };
    check("cron(0 16 ? * TUE *)", "2026-03-03 16:00+00:00");
    check("cron(0 2 ? * SUN)", "2026-03-01 02:00+00:00");
    check("cron(0 0 2 ? 1/1 THU#3 *)", "2026-03-19 02:00+00:00");
    check("cron(0 15 10 ? * *)", "2026-03-01 10:15+00:00");
    check("cron(0 0 0 21 1/1 ? *)", "2026-03-21 00:00+00:00");
    check("cron(0 15 10 ? * MON-FRI)", "2026-03-02 10:15+00:00");
    check("cron(0 0 2 L * ?)", "2026-03-31 02:00+00:00");
    check("cron(0 15 10 ? * 6L)", "2026-03-27 10:15+00:00");
    check("rate(1 days)", "2026-03-02 00:00+00:00");
}

#[test]
fn an_error_names_the_field() {
    let check = |text: &str, field: &str| {
        assert_eq!(ScheduleExpression::parse(text).unwrap_err().field(), field, "{text}");
    };
    check("every day", "expression");
    check("cron(0 12 * * ?)", "cron expression");
    check("cron(60 12 * * ? *)", "minutes");
    check("cron(-1 12 * * ? *)", "minutes");
    check("cron(1/0 12 * * ? *)", "minutes");
    check("cron(0 24 * * ? *)", "hours");
    check("cron(0 12 0 * ? *)", "day-of-month");
    check("cron(0 12 32W * ? *)", "day-of-month");
    check("cron(0 12 * 13 ? *)", "month");
    check("cron(0 12 * * * *)", "day-of-week");
    check("cron(0 12 ? * ? *)", "day-of-week");
    check("cron(0 12 ? * 3#6 *)", "day-of-week");
    check("cron(0 12 ? * 3#1,6#3 *)", "day-of-week");
    check("cron(0 12 ? * 8 *)", "day-of-week");
    check("cron(0 12 * * ? 1969)", "year");
    check("cron(0 12 * * ? 2027-2026)", "year");
    check("rate(5 minute)", "rate unit");
    check("rate(1 minutes)", "rate unit");
    check("rate(2 weeks)", "rate unit");
    check("rate(0 minutes)", "rate value");
    check("rate(+5 minutes)", "rate value");
    check("rate(5)", "rate");
    check("at(2026-03-01)", "time");
    check("at(2026-03-01 09:00:00)", "time");
    let error = ScheduleExpression::parse("cron(0 12 * JANUARY ? *)").unwrap_err();
    assert_eq!(error.to_string(), "invalid month `JANUARY`: is not a value of this field");
}

/// Whether a number is in a list of numbers, ranges and steps, written without any of the code under test.
fn listed(text: &str, value: i16, high: i16) -> bool {
    text.split(',').any(|part| {
        let (range, step) = part
            .split_once('/')
            .map_or((part, 0), |(range, step)| (range, step.parse::<i16>().unwrap()));
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (0, high),
            Some((first, last)) => (first.parse().unwrap(), last.parse().unwrap()),
            None if step > 0 => (range.parse().unwrap(), high),
            None => (range.parse().unwrap(), range.parse().unwrap()),
        };
        (first..=last).step_by(usize::try_from(step.max(1)).unwrap()).any(|one| one == value)
    })
}

fn month_day_is(text: &str, local: DateTime) -> bool {
    let date = local.date();
    let working = |day: i8| {
        let date = jiff::civil::Date::new(date.year(), date.month(), day);
        date.is_ok_and(|date| date.weekday().to_monday_zero_offset() < 5)
    };
    let last = date.days_in_month();
    let nearest = |target: i8| {
        (1..=last).filter(|day| working(*day)).min_by_key(|day| (day.abs_diff(target), *day))
    };
    match text {
        "L" => date.day() == last,
        "LW" => (1..=last).rev().find(|day| working(*day)) == Some(date.day()),
        _ => match text.strip_suffix('W') {
            Some(target) => nearest(target.parse().unwrap()) == Some(date.day()),
            None => listed(text, i16::from(date.day()), 31),
        },
    }
}

fn week_day_is(text: &str, local: DateTime) -> bool {
    let weekday = i16::from(local.date().weekday().to_sunday_one_offset());
    let same_before = |date: jiff::civil::Date| (1..=date.day()).rev().step_by(7).count();
    if let Some((day, nth)) = text.split_once('#') {
        return day.parse() == Ok(weekday) && nth.parse() == Ok(same_before(local.date()));
    }
    match text.strip_suffix('L') {
        Some(day) => {
            let week_later = local.date().checked_add(7.days()).unwrap();
            day.parse() == Ok(weekday) && week_later.month() != local.date().month()
        }
        None => listed(text, weekday, 7),
    }
}

fn list(low: i16, high: i16) -> impl Strategy<Value = String> {
    let value = low..=high;
    prop_oneof![
        2 => Just("*".to_owned()),
        3 => value.clone().prop_map(|value| value.to_string()),
        2 => (value.clone(), value.clone())
            .prop_map(|(one, other)| format!("{}-{}", one.min(other), one.max(other))),
        1 => (value.clone(), 1..20_i16).prop_map(|(first, step)| format!("{first}/{step}")),
        1 => prop::collection::vec(value, 2..5).prop_map(|values| {
            values.iter().map(i16::to_string).collect::<Vec<_>>().join(",")
        }),
    ]
}

fn days() -> impl Strategy<Value = (String, String)> {
    let month_day = prop_oneof![
        3 => list(1, 31),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        1 => (2..28_i16).prop_map(|day| format!("{day}W")),
    ];
    let week_day = prop_oneof![
        3 => list(1, 7),
        1 => (1..=7, 1..=5).prop_map(|(day, nth)| format!("{day}#{nth}")),
        1 => (1..=7).prop_map(|day| format!("{day}L")),
    ];
    prop_oneof![
        month_day.prop_map(|day| (day, "?".to_owned())),
        week_day.prop_map(|day| ("?".to_owned(), day)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_next_occurrence_is_the_first_that_a_scan_of_every_minute_finds(
        minutes in list(0, 59),
        hours in list(0, 23),
        (day, weekday) in days(),
        months in list(1, 12),
        zone_name in prop::sample::select(vec![
            "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata",
        ]),
        start in 1_767_225_600_i64..1_798_761_600,
    ) {
        const SCANNED_MINUTES: i64 = 45 * 24 * 60;
        let text = format!("cron({minutes} {hours} {day} {months} {weekday} *)");
        let zone = zone(zone_name);
        let after = Timestamp::from_second(start).unwrap();
        let matches = |time: Timestamp| {
            let local = zone.to_datetime(time);
            let two_hours_before = (1..=120).map(|minutes: i64| time - minutes.minutes());
            listed(&minutes, i16::from(local.minute()), 59)
                && listed(&hours, i16::from(local.hour()), 23)
                && listed(&months, i16::from(local.month()), 12)
                && (day == "?" || month_day_is(&day, local))
                && (weekday == "?" || week_day_is(&weekday, local))
                && two_hours_before.into_iter().all(|before| zone.to_datetime(before) != local)
        };
        let first = start.div_euclid(60) + 1;
        let scanned = (first..first + SCANNED_MINUTES)
            .map(|minute| Timestamp::from_second(minute * 60).unwrap())
            .find(|time| matches(*time));
        let horizon = Timestamp::from_second((first + SCANNED_MINUTES) * 60).unwrap();
        let found = ScheduleExpression::parse(&text)
            .unwrap()
            .next_after(after, &zone, after)
            .filter(|time| *time < horizon);
        prop_assert_eq!(found, scanned, "{} in {}", text, zone_name);
    }
}

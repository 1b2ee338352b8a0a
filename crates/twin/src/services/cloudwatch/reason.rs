//! Why an alarm is in its state, in words and as data, as AWS writes both.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value as Json, json};

use super::evaluate::Point;
use crate::{
    metrics::{
        alarm::{MissingData, State},
        sheet::Content,
        watch::Compiled,
    },
    world::World,
};

/// The words and the data.
pub(super) fn of(
    world: &World,
    alarm: &Compiled,
    (from, to): (State, State),
    points: &[Option<Point>],
) -> (String, String) {
    (words(alarm, (from, to), points), data(world, alarm, points).to_string())
}

/// A time as the data of a reason writes it.
pub(super) fn stamp(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}

/// A number as the service writes it: `95.0`.
pub(super) fn number(value: f64) -> String {
    let text = value.to_string();
    if text.contains('.') || !value.is_finite() { text } else { format!("{text}.0") }
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("{count} {thing}") } else { format!("{count} {thing}s") }
}

fn words(alarm: &Compiled, (from, to): (State, State), points: &[Option<Point>]) -> String {
    let periods = alarm.rule.evaluation_periods;
    let evaluated: Vec<&Point> = points.iter().rev().flatten().take(periods).collect();
    let missing = periods - evaluated.len().min(periods);
    if to == State::InsufficientData {
        let were = if periods == 1 { "was" } else { "were" };
        return format!("Insufficient Data: {} {were} unknown.", counted(periods, "datapoint"));
    }
    let treated = match alarm.rule.missing {
        MissingData::Breaching => "[Breaching]",
        _ => "[NonBreaching]",
    };
    if evaluated.is_empty() {
        return format!(
            "Threshold Crossed: no datapoints were received for {} and {} were treated as {treated}.",
            counted(periods, "period"),
            counted(missing, "missing datapoint"),
        );
    }
    let breaching = |point: &&&Point| alarm.comparison.breaches(point.value, point.limits);
    let wanted = to == State::Alarm;
    let told: Vec<&&Point> = evaluated.iter().filter(|point| breaching(point) == wanted).collect();
    let values: Vec<String> = told.iter().map(|point| shown(point)).collect();
    let verb = match (told.len() == 1, wanted) {
        (true, true) => "was",
        (true, false) => "was not",
        (false, true) => "were",
        (false, false) => "were not",
    };
    let limit = if alarm.comparison.is_of_band() {
        let limits = told.iter().map(|point| match alarm.comparison.words() {
            words if words.contains("upper") && !words.contains("lower") => number(point.limits.1),
            _ => number(point.limits.0),
        });
        format!("[{}]", limits.collect::<Vec<_>>().join(", "))
    } else {
        format!("the threshold ({})", number(alarm.threshold))
    };
    let (needed, periods) = (alarm.rule.datapoints_to_alarm, alarm.rule.evaluation_periods);
    let needed = if wanted { needed } else { periods - needed + 1 };
    let filled = if missing > 0 {
        format!(" and {} were treated as {treated}", counted(missing, "missing datapoint"))
    } else {
        String::new()
    };
    let change = if wanted { "OK -> ALARM" } else { "ALARM -> OK" };
    let _ = from;
    format!(
        "Threshold Crossed: {} out of the last {} [{}] {verb} {} {limit}{filled} \
         (minimum {} for {change} transition).",
        told.len(),
        counted(periods, "datapoint"),
        values.join(", "),
        alarm.comparison.words(),
        counted(needed, "datapoint"),
    )
}

fn shown(point: &Point) -> String {
    let time = Timestamp::from_second(point.time).unwrap_or_default().to_zoned(TimeZone::UTC);
    format!("{} ({})", number(point.value), time.strftime("%d/%m/%y %H:%M:%S"))
}

fn data(world: &World, alarm: &Compiled, points: &[Option<Point>]) -> Json {
    let real: Vec<&Point> = points.iter().flatten().collect();
    let skipped = real.len().saturating_sub(alarm.rule.evaluation_periods);
    let evaluated: Vec<&&Point> = real.iter().skip(skipped).collect();
    let mut data = json!({"version": "1.0", "queryDate": stamp(world.now())});
    let time = |seconds: i64| stamp(Timestamp::from_second(seconds).unwrap_or_default());
    let Some(members) = data.as_object_mut() else { return data };
    if let Some(first) = evaluated.first() {
        members.insert("startDate".to_owned(), json!(time(first.time)));
    }
    if let Some(Content::Statistic(statistic)) =
        alarm.queries.get(alarm.subject).map(|query| &query.content)
    {
        if let Some(unit) = &statistic.unit {
            members.insert("unit".to_owned(), json!(unit));
        }
        members.insert("statistic".to_owned(), json!(statistic.text));
    }
    members.insert("period".to_owned(), json!(alarm.period));
    let values: Vec<f64> = evaluated.iter().map(|point| point.value).collect();
    members.insert("recentDatapoints".to_owned(), json!(values));
    if alarm.comparison.is_of_band() {
        let lower: Vec<f64> = evaluated.iter().map(|point| point.limits.0).collect();
        let upper: Vec<f64> = evaluated.iter().map(|point| point.limits.1).collect();
        members.insert("recentLowerThresholds".to_owned(), json!(lower));
        members.insert("recentUpperThresholds".to_owned(), json!(upper));
    } else {
        members.insert("threshold".to_owned(), json!(alarm.threshold));
    }
    let newest_first = evaluated.iter().rev().map(|point| {
        let mut shown = json!({"timestamp": time(point.time), "value": point.value});
        if let (Some(samples), Some(members)) = (point.samples, shown.as_object_mut()) {
            members.insert("sampleCount".to_owned(), json!(samples));
        }
        shown
    });
    members.insert("evaluatedDatapoints".to_owned(), newest_first.collect());
    data
}

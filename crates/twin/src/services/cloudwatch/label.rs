//! Labels of results: as given, with what stands in `${…}` filled in.

use jiff::{Timestamp, tz::TimeZone};

use crate::metrics::{
    expression::Line,
    sheet::{Content, Query},
};

/// The label of one line of a query.
pub(super) fn of(query: &Query, line: &Line, several: bool, zone: Option<&TimeZone>) -> String {
    match &query.label {
        Some(label) if label.contains("${") => filled(label, query, line, zone),
        Some(label) if several => format!("{label} {}", line.label),
        Some(label) => label.clone(),
        None => line.label.clone(),
    }
}

fn filled(label: &str, query: &Query, line: &Line, zone: Option<&TimeZone>) -> String {
    let mut text = String::new();
    let mut rest = label;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let Some((inside, following)) = after.split_once('}') else {
            text.push_str("${");
            rest = after;
            continue;
        };
        match value(inside.trim(), query, line, zone) {
            Some(value) => text.push_str(&value),
            None => text.push_str(&format!("${{{inside}}}")),
        }
        rest = following;
    }
    text.push_str(rest);
    text
}

fn value(name: &str, query: &Query, line: &Line, zone: Option<&TimeZone>) -> Option<String> {
    if let Some(property) = name.strip_prefix("PROP('").and_then(|rest| rest.strip_suffix("')")) {
        return property_of(property, query, line);
    }
    let values = || line.points.iter().map(|(_, value)| *value);
    let extreme = |pick: fn(f64, f64) -> f64| values().reduce(pick);
    let count = u32::try_from(line.points.len()).map_or(0.0, f64::from);
    let time_of = |value: f64| {
        let (time, _) =
            line.points.iter().rev().find(|(_, found)| found.total_cmp(&value).is_eq())?;
        let time = Timestamp::from_second(*time).ok()?;
        let zone = zone.cloned().unwrap_or(TimeZone::UTC);
        Some(time.to_zoned(zone).strftime("%F %H:%M").to_string())
    };
    let shown = |value: Option<f64>| {
        Some(value.map_or_else(|| "--".to_owned(), |value| format!("{}", round(value))))
    };
    let (first, last) = (values().next(), values().next_back());
    match name {
        "LABEL" => Some(line.label.clone()),
        "DATAPOINT_COUNT" => Some(line.points.len().to_string()),
        "SUM" => shown(Some(values().sum())),
        "AVG" => shown((count > 0.0).then(|| values().sum::<f64>() / count)),
        "MIN" => shown(extreme(f64::min)),
        "MAX" => shown(extreme(f64::max)),
        "FIRST" => shown(first),
        "LAST" => shown(last),
        "MIN_TIME" => extreme(f64::min).and_then(time_of),
        "MAX_TIME" => extreme(f64::max).and_then(time_of),
        "LAST_TIME" => last.and_then(time_of),
        "FIRST_TIME" => first.and_then(time_of),
        _ => None,
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn property_of(name: &str, query: &Query, line: &Line) -> Option<String> {
    let Content::Statistic(statistic) = &query.content else { return None };
    match name {
        "MetricName" => Some(statistic.metric.name.clone()),
        "Namespace" => Some(statistic.metric.namespace.clone()),
        "Period" => Some(line.period.to_string()),
        "Stat" => Some(statistic.text.clone()),
        _ => statistic.metric.dimension(name.strip_prefix("Dim.")?).map(str::to_owned),
    }
}

//! Putting points, listing metrics, and statistics over periods.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reeve_model::{Object, Value};

use crate::{
    call::{Answer, Call},
    failure::Failure,
    metrics::{
        Metric, Site, generate,
        series::{HOURS_KEPT, floor},
        sheet::{self, dimensions},
        source,
        statistic::{Statistic, Summary},
        stored::Point,
    },
    page::Paging,
    world::World,
};

const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
/// Points may be this old when they are put.
const OLDEST: i64 = 14 * DAY;
/// And this far ahead.
const NEWEST: i64 = 2 * HOUR;
/// How long after its last point a metric is still listed.
const LISTED: i64 = 14 * DAY;
const MOST_DATUMS: usize = 1000;
const MOST_DIMENSIONS: usize = 30;
const MOST_VALUES: usize = 150;
const MOST_DATAPOINTS: i64 = 1440;

/// Where the caller's metrics are.
pub(super) fn site(call: &Call) -> Site {
    Site { account: call.account().clone(), region: call.region.clone() }
}

/// `PutMetricData`.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let namespace = call.required("Namespace")?;
    if namespace.starts_with("AWS/") {
        let message = "The value AWS/ for parameter Namespace is invalid.";
        return Err(call.invalid(message));
    }
    if namespace.starts_with(':') {
        return Err(
            call.invalid(format!("The value {namespace} for parameter Namespace is invalid."))
        );
    }
    let entities = call.list("EntityMetricData").iter();
    let of_entities = entities.flat_map(|entity| entity.list("MetricData"));
    let datums: Vec<&Value> = call.list("MetricData").iter().chain(of_entities).collect();
    if datums.len() > MOST_DATUMS {
        let message =
            format!("The collection MetricData must not have a size greater than {MOST_DATUMS}.");
        return Err(call.invalid(message));
    }
    if datums.is_empty() {
        let message = "The parameter MetricData is required.";
        return Err(Failure::new("MissingParameter", message));
    }
    let mut points = Vec::new();
    for datum in datums {
        points.push(read_datum(call, namespace, datum)?);
    }
    let site = site(call);
    for (metric, point) in &points {
        world.metrics.stored.put(&site, metric.clone(), point);
    }
    // Rolling up is not for every call.
    if world.chance(0.002) {
        world.metrics.stored.compact(call.now.as_second());
    }
    Ok(Value::object())
}

fn read_datum(call: &Call, namespace: &str, datum: &Value) -> Result<(Metric, Point), Failure> {
    let name = datum.text("MetricName");
    let given = datum.list("Dimensions");
    if given.len() > MOST_DIMENSIONS {
        let message = format!(
            "The collection MetricData.member.Dimensions must not have a size greater than {MOST_DIMENSIONS}."
        );
        return Err(call.invalid(message));
    }
    let now = call.now.as_second();
    let time =
        datum.get("Timestamp").and_then(Value::as_timestamp).map_or(now, Timestamp::as_second);
    if time < now - OLDEST || time > now + NEWEST {
        let message = "Timestamp must be within the past two weeks and not more than two hours in the future.";
        return Err(call.invalid(message));
    }
    let resolution = datum.get("StorageResolution").and_then(Value::as_i64);
    if resolution.is_some_and(|seconds| seconds != 1 && seconds != 60) {
        return Err(call.invalid("The value for parameter StorageResolution must be 1 or 60."));
    }
    let unit = datum.text("Unit");
    if !unit.is_empty() && !is_unit(unit) {
        return Err(call.invalid(format!("The value {unit} for parameter Unit is not a unit.")));
    }
    let point = Point {
        time,
        values: read_values(call, datum)?,
        unit: unit.to_owned(),
        high_resolution: resolution == Some(1),
    };
    Ok((Metric::new(namespace, name, dimensions(given)), point))
}

/// Whether CloudWatch knows this unit: counted, of time, of bits or bytes, or one of these a second.
fn is_unit(unit: &str) -> bool {
    let counted = unit.strip_suffix("/Second").unwrap_or(unit);
    let size = ["Kilo", "Mega", "Giga", "Tera"].iter().find_map(|size| counted.strip_prefix(size));
    match size {
        Some(rest) => matches!(rest, "bytes" | "bits"),
        None if counted.len() < unit.len() => matches!(counted, "Bytes" | "Bits" | "Count"),
        None => matches!(
            unit,
            "Bytes"
                | "Bits"
                | "Count"
                | "Seconds"
                | "Microseconds"
                | "Milliseconds"
                | "Percent"
                | "None"
        ),
    }
}

fn read_values(call: &Call, datum: &Value) -> Result<Summary, Failure> {
    let combination = |message: &str| Failure::new("InvalidParameterCombination", message);
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let values = datum.list("Values");
    let set = datum.get("StatisticValues");
    match (number(datum.get("Value")), values, set) {
        (Some(value), [], None) => finite(call, value).map(Summary::of),
        (None, [], Some(set)) => {
            let part = |name: &str| finite(call, number(set.get(name)).unwrap_or(0.0));
            let (count, minimum, maximum) =
                (part("SampleCount")?, part("Minimum")?, part("Maximum")?);
            if count <= 0.0 || minimum > maximum {
                return Err(combination("The parameters StatisticValues are not consistent."));
            }
            Ok(Summary::set(count, part("Sum")?, minimum, maximum))
        }
        (None, [_, ..], None) => {
            let counts = datum.list("Counts");
            if values.len() > MOST_VALUES {
                let message = format!(
                    "The collection MetricData.member.Values must not have a size greater than {MOST_VALUES}."
                );
                return Err(call.invalid(message));
            }
            if !counts.is_empty() && counts.len() != values.len() {
                let message = "The parameters Values and Counts must be of the same size.";
                return Err(call.invalid(message));
            }
            let mut all: Option<Summary> = None;
            for (at, value) in values.iter().enumerate() {
                let count = number(counts.get(at)).unwrap_or(1.0);
                let one =
                    Summary::repeated(finite(call, number(Some(value)).unwrap_or(0.0))?, count);
                match &mut all {
                    Some(all) => all.add(&one),
                    None => all = Some(one),
                }
            }
            all.ok_or_else(|| combination("The parameter Values must not be empty."))
        }
        (None, [], None) => Err(combination(
            "At least one of the parameters Value, Values or StatisticValues must be specified.",
        )),
        _ => Err(combination(
            "The parameters MetricData.member.Value and MetricData.member.StatisticValues are mutually exclusive and you have specified both.",
        )),
    }
}

fn finite(call: &Call, value: f64) -> Result<f64, Failure> {
    const LARGEST: f64 = 1e108;
    if value.is_finite() && value.abs() < LARGEST {
        return Ok(value);
    }
    Err(call
        .invalid(format!("The value {value} for parameter MetricData.member.Value is invalid.")))
}

const PAGES: Paging = Paging::of("", "NextToken", (500, 500), "InvalidParameterValue");

/// `ListMetrics`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    if call.flag("IncludeLinkedAccounts") || call.text("OwningAccount").is_some() {
        return Err(call.invalid("This account is not a monitoring account."));
    }
    let site = site(call);
    let recent = if call.text("RecentlyActive").is_some() { 3 * HOUR } else { LISTED };
    let stored = world.metrics.stored.list(&site, call.now.as_second() - recent);
    let mut metrics: Vec<Metric> = stored.cloned().collect();
    metrics.extend(generate::list(world, &site));
    metrics.sort();
    metrics.dedup();
    metrics.retain(|metric| wanted(call, metric));
    let start = PAGES.start(call)?.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let size = PAGES.size(call)?;
    let page = metrics.iter().skip(start).take(size).map(shown).collect::<Value>();
    let next = start + size;
    let more = (next < metrics.len()).then(|| next.to_string());
    Ok(PAGES.finish(call, Object::from_iter([("Metrics", page)]), more.as_deref()))
}

fn wanted(call: &Call, metric: &Metric) -> bool {
    let is = |member: &str, found: &str| call.text(member).is_none_or(|wanted| wanted == found);
    is("Namespace", &metric.namespace)
        && is("MetricName", &metric.name)
        && call.list("Dimensions").iter().all(|filter| {
            let name = filter.text("Name");
            let value = filter.get("Value").and_then(Value::as_str);
            metric.dimension(name).is_some_and(|found| value.is_none_or(|wanted| wanted == found))
        })
}

fn shown(metric: &Metric) -> Value {
    Value::from_iter([
        ("Namespace", Value::from(&metric.namespace)),
        ("MetricName", Value::from(&metric.name)),
        ("Dimensions", shown_dimensions(metric)),
    ])
}

/// Dimensions as the API shows them.
pub(super) fn shown_dimensions(metric: &Metric) -> Value {
    let pair = |(name, value): &(String, String)| {
        Value::from_iter([("Name", Value::from(name)), ("Value", Value::from(value))])
    };
    metric.dimensions.iter().map(pair).collect()
}

/// The stretch of time between two members, as far as there can be points.
pub(super) fn window(call: &Call, period: i64) -> Result<(i64, i64), Failure> {
    let time = |member: &str| {
        call.time(member)
            .map(Timestamp::as_second)
            .ok_or_else(|| call.invalid(format!("The parameter {member} is required.")))
    };
    let (start, end) = (time("StartTime")?, time("EndTime")?);
    if start >= end {
        let message = "The parameter StartTime must be less than the parameter EndTime.";
        return Err(call.invalid(message));
    }
    let now = call.now.as_second();
    let start = start.max(now - HOURS_KEPT);
    // Starts are rounded down: to the minute, to five minutes or to the hour, the coarser the longer ago.
    let age = now - start;
    let step = match age {
        _ if period < 60 => period,
        _ if age < 15 * DAY => 60,
        _ if age < 63 * DAY => 300,
        _ => HOUR,
    };
    Ok((floor(start, step), end.min(now + NEWEST)))
}

/// `GetMetricStatistics`.
pub(super) fn statistics(call: &Call, world: &mut World) -> Answer {
    let metric = Metric::new(
        call.required("Namespace")?,
        call.required("MetricName")?,
        dimensions(call.list("Dimensions")),
    );
    let period = call.integer("Period").unwrap_or(60);
    sheet::check_period(period).map_err(|message| call.invalid(&*message))?;
    let (start, end) = window(call, period)?;
    if (end - start) / period > MOST_DATAPOINTS {
        let message = format!(
            "You have requested up to {} datapoints, which exceeds the limit of {MOST_DATAPOINTS}. \
             You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
            (end - start) / period
        );
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let (plain, extended) = wanted_statistics(call)?;
    let site = site(call);
    let unit = source::unit(world, &site, &metric);
    let periods = if call.text("Unit").is_none_or(|wanted| wanted == unit) {
        source::periods(world, (&site, &metric), (start, end), period)
    } else {
        Vec::new()
    };
    let datapoint = |(time, summary): &(i64, Summary)| {
        let mut point = Object::new();
        point.insert("Timestamp", Timestamp::from_second(*time).unwrap_or_default());
        for (name, statistic) in &plain {
            if let Some(value) = statistic.of(summary) {
                point.insert(name.as_str(), value);
            }
        }
        let further: Object = extended
            .iter()
            .filter_map(|(name, statistic)| {
                Some((name.as_str(), Value::from(statistic.of(summary)?)))
            })
            .collect();
        if !further.is_empty() {
            point.insert("ExtendedStatistics", further);
        }
        point.insert("Unit", unit.as_str());
        Value::from(point)
    };
    let datapoints: Value = periods.iter().map(datapoint).collect();
    Ok(Value::from_iter([("Label", Value::from(&metric.name)), ("Datapoints", datapoints)]))
}

type Named = BTreeMap<String, Statistic>;

fn wanted_statistics(call: &Call) -> Result<(Named, Named), Failure> {
    let read = |member: &str| {
        let texts = call.texts(member).into_iter();
        texts
            .map(|text| {
                let statistic = Statistic::parse(text).ok_or_else(|| {
                    call.invalid(format!(
                        "The value {text} for parameter {member} is not supported."
                    ))
                })?;
                Ok((text.to_owned(), statistic))
            })
            .collect::<Result<Named, Failure>>()
    };
    let (plain, extended) = (read("Statistics")?, read("ExtendedStatistics")?);
    if plain.is_empty() == extended.is_empty() {
        let message = "Must specify either Statistics or ExtendedStatistics, but not both.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    Ok((plain, extended))
}

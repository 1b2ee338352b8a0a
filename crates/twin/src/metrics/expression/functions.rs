//! The functions of metric math.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Expression, Line, Quantity, Search, Source,
    evaluate::{evaluate, is_true, map},
};

type Answer = Result<Quantity, String>;

/// Calls a function.
pub(super) fn call(name: &str, operands: &[Expression], source: &dyn Source) -> Answer {
    match (name, operands) {
        ("ABS", [of]) => Ok(map(evaluate(of, source)?, &f64::abs)),
        ("CEIL", [of]) => Ok(map(evaluate(of, source)?, &f64::ceil)),
        ("FLOOR", [of]) => Ok(map(evaluate(of, source)?, &f64::floor)),
        ("LOG", [of]) => Ok(map(evaluate(of, source)?, &f64::ln)),
        ("LOG10", [of]) => Ok(map(evaluate(of, source)?, &f64::log10)),
        ("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV", [of]) => aggregate(name, evaluate(of, source)?),
        ("METRICS", []) => source.metrics("").map(Quantity::Lines),
        ("METRICS", [Expression::Text(text)]) => source.metrics(text).map(Quantity::Lines),
        ("METRIC_COUNT", [of]) => Ok(Quantity::Number(number(lines(of, source)?.len()))),
        ("DATAPOINT_COUNT", [of]) => {
            let points = lines(of, source)?.iter().map(|line| line.points.len()).sum();
            Ok(Quantity::Number(number(points)))
        }
        ("PERIOD", [of]) => {
            let period = lines(of, source)?.first().map_or(source.period(), |line| line.period);
            Ok(Quantity::Number(as_value(period)))
        }
        ("RATE" | "DIFF" | "DIFF_TIME" | "RUNNING_SUM", [of]) => {
            Ok(on_lines(evaluate(of, source)?, name, &|line| stepped(name, line)))
        }
        ("EPOCH" | "MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR", [of]) => {
            Ok(on_lines(evaluate(of, source)?, name, &|line| of_time(name, line)))
        }
        ("FILL", [of, with]) => fill(evaluate(of, source)?, with, source),
        ("IF", [condition, then]) => condition_of(condition, then, None, source),
        ("IF", [condition, then, other]) => condition_of(condition, then, Some(other), source),
        ("FIRST", [of]) => end(lines(of, source)?.into_iter().next()),
        ("LAST", [of]) => end(lines(of, source)?.into_iter().next_back()),
        ("REMOVE_EMPTY", [of]) => {
            let lines = lines(of, source)?.into_iter();
            Ok(Quantity::Lines(lines.filter(|line| !line.points.is_empty()).collect()))
        }
        ("SLICE", [of, from]) => slice(lines(of, source)?, (from, None), source),
        ("SLICE", [of, from, to]) => slice(lines(of, source)?, (from, Some(to)), source),
        ("SORT", [of, by, order]) => sort(lines(of, source)?, (by, order), None),
        ("SORT", [of, by, order, most]) => {
            let most = count(most, source)?;
            sort(lines(of, source)?, (by, order), Some(most))
        }
        ("TIME_SERIES", [of]) => match evaluate(of, source)? {
            Quantity::Number(value) => Ok(Quantity::Line(constant(value, source))),
            _ => Err("TIME_SERIES takes a number".to_owned()),
        },
        ("ANOMALY_DETECTION_BAND", [of]) => {
            source.band(of, 2.0).map(|band| Quantity::Lines(band.into()))
        }
        ("ANOMALY_DETECTION_BAND", [of, deviations]) => {
            let Quantity::Number(deviations) = evaluate(deviations, source)? else {
                return Err(
                    "ANOMALY_DETECTION_BAND takes a number of standard deviations".to_owned()
                );
            };
            source.band(of, deviations).map(|band| Quantity::Lines(band.into()))
        }
        ("SEARCH", [Expression::Text(text), Expression::Text(statistic)]) => {
            found(text, statistic, source.period(), source)
        }
        ("SEARCH", [Expression::Text(text), Expression::Text(statistic), period]) => {
            let period = i64::try_from(count(period, source)?).unwrap_or(source.period());
            found(text, statistic, period, source)
        }
        (name, operands) => Err(format!("Unknown function {name} of {} arguments", operands.len())),
    }
}

fn found(text: &str, statistic: &str, period: i64, source: &dyn Source) -> Answer {
    let search = Search::parse(text)?;
    source.search(&search, statistic, period).map(Quantity::Lines)
}

fn end(line: Option<Line>) -> Answer {
    Ok(line.map_or_else(|| Quantity::Lines(Vec::new()), Quantity::Line))
}

fn lines(of: &Expression, source: &dyn Source) -> Result<Vec<Line>, String> {
    match evaluate(of, source)? {
        Quantity::Number(_) => Err("A time series was expected, not a number".to_owned()),
        Quantity::Line(line) => Ok(vec![line]),
        Quantity::Lines(lines) => Ok(lines),
    }
}

fn count(of: &Expression, source: &dyn Source) -> Result<usize, String> {
    match evaluate(of, source)? {
        Quantity::Number(number) if number >= 0.0 => format!("{number:.0}")
            .parse()
            .map_err(|_| format!("{number} is not a number that can be used here")),
        _ => Err("A number that is not negative was expected".to_owned()),
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Whole numbers of this size are exact.
fn as_value(number: i64) -> f64 {
    i32::try_from(number).map_or_else(|_| number.to_string().parse().unwrap_or(0.0), f64::from)
}

/// One line becomes a number; several become one line.
fn aggregate(name: &str, of: Quantity) -> Answer {
    match of {
        Quantity::Number(number) => Ok(Quantity::Number(number)),
        Quantity::Line(line) => {
            let values: Vec<f64> = line.points.iter().map(|(_, value)| *value).collect();
            if values.is_empty() {
                return Ok(Quantity::Lines(Vec::new()));
            }
            Ok(Quantity::Number(of_values(name, &values)))
        }
        Quantity::Lines(lines) => {
            let mut by_time: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for (time, value) in lines.iter().flat_map(|line| &line.points) {
                by_time.entry(*time).or_default().push(*value);
            }
            let period = lines.iter().map(|line| line.period).max().unwrap_or(60);
            let points = by_time.iter().map(|(time, values)| (*time, of_values(name, values)));
            let points = points.collect();
            Ok(Quantity::Line(Line { label: name.to_owned(), period, points }))
        }
    }
}

fn of_values(name: &str, values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let average = sum / number(values.len()).max(1.0);
    match name {
        "SUM" => sum,
        "AVG" => average,
        "MIN" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "MAX" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => {
            let squares: f64 = values.iter().map(|value| (value - average).powi(2)).sum();
            (squares / number(values.len()).max(1.0)).sqrt()
        }
    }
}

fn on_lines(of: Quantity, name: &str, change: &dyn Fn(Line) -> Line) -> Quantity {
    match of {
        Quantity::Number(value) => {
            let point = Line { label: name.to_owned(), period: 60, points: vec![(0, value)] };
            Quantity::Line(change(point))
        }
        Quantity::Line(line) => Quantity::Line(change(line)),
        Quantity::Lines(lines) => Quantity::Lines(lines.into_iter().map(change).collect()),
    }
}

/// What depends on the point before.
fn stepped(name: &str, line: Line) -> Line {
    if name == "RUNNING_SUM" {
        let mut sum = 0.0;
        let running = |(time, value): (i64, f64)| {
            sum += value;
            (time, sum)
        };
        return Line { points: line.points.into_iter().map(running).collect(), ..line };
    }
    let pairs = line.points.iter().zip(line.points.iter().skip(1));
    let step = |((before, old), (time, new)): (&(i64, f64), &(i64, f64))| {
        let seconds = as_value(time - before);
        let value = match name {
            "RATE" => (new - old) / seconds,
            "DIFF" => new - old,
            _ => seconds,
        };
        (*time, value)
    };
    Line { points: pairs.map(step).collect(), ..line }
}

fn of_time(name: &str, line: Line) -> Line {
    let part = |time: i64| {
        let local = TimeZone::UTC.to_datetime(Timestamp::from_second(time).unwrap_or_default());
        match name {
            "EPOCH" => as_value(time),
            "MINUTE" => f64::from(local.minute()),
            "HOUR" => f64::from(local.hour()),
            "DAY" => f64::from(local.weekday().to_monday_one_offset()),
            "DATE" => f64::from(local.day()),
            "MONTH" => f64::from(local.month()),
            _ => f64::from(local.year()),
        }
    };
    Line { points: line.points.iter().map(|(time, _)| (*time, part(*time))).collect(), ..line }
}

/// The times at which points of a period begin.
fn times(period: i64, source: &dyn Source) -> impl Iterator<Item = i64> {
    let (start, end) = source.window();
    let period = period.max(1);
    let steps = usize::try_from(period).unwrap_or(60);
    (start..end).step_by(steps)
}

fn constant(value: f64, source: &dyn Source) -> Line {
    let period = source.period();
    let points = times(period, source).map(|time| (time, value)).collect();
    Line { label: value.to_string(), period, points }
}

fn fill(of: Quantity, with: &Expression, source: &dyn Source) -> Answer {
    let filled = match with {
        Expression::Reference(way) if way == "REPEAT" || way == "LINEAR" => {
            let way = way.clone();
            return Ok(on_lines(of, "FILL", &|line| between(line, &way, source)));
        }
        other => evaluate(other, source)?,
    };
    let value_at = |time: i64| match &filled {
        Quantity::Number(value) => Some(*value),
        Quantity::Line(line) => line.at(time),
        Quantity::Lines(_) => None,
    };
    if matches!(filled, Quantity::Lines(_)) {
        return Err("FILL takes a number, REPEAT, LINEAR or one time series".to_owned());
    }
    Ok(on_lines(of, "FILL", &|line| {
        let point = |time: i64| Some((time, line.at(time).or_else(|| value_at(time))?));
        let points = times(line.period, source).filter_map(point).collect();
        Line { points, ..line }
    }))
}

/// Fills with the point before, or along the way from it to the next.
fn between(line: Line, way: &str, source: &dyn Source) -> Line {
    let point = |time: i64| {
        if let Some(value) = line.at(time) {
            return Some((time, value));
        }
        let next = line.points.partition_point(|(other, _)| *other < time);
        let (before, old) = line.points.get(next.checked_sub(1)?)?;
        let value = match (way, line.points.get(next)) {
            ("LINEAR", Some((after, new))) => {
                old + (new - old) * as_value(time - before) / as_value(after - before)
            }
            ("LINEAR", None) => return None,
            _ => *old,
        };
        Some((time, value))
    };
    let points = times(line.period, source).filter_map(point).collect();
    Line { points, ..line }
}

fn condition_of(
    condition: &Expression,
    then: &Expression,
    other: Option<&Expression>,
    source: &dyn Source,
) -> Answer {
    let condition = evaluate(condition, source)?;
    let then = evaluate(then, source)?;
    let other = other.map(|other| evaluate(other, source)).transpose()?;
    let chosen = |holds: bool| if holds { Some(&then) } else { other.as_ref() };
    match condition {
        Quantity::Number(value) => {
            Ok(chosen(is_true(value)).cloned().unwrap_or(Quantity::Lines(Vec::new())))
        }
        Quantity::Line(line) => {
            let point = |(time, value): &(i64, f64)| match chosen(is_true(*value))? {
                Quantity::Number(number) => Some((*time, *number)),
                Quantity::Line(line) => Some((*time, line.at(*time)?)),
                Quantity::Lines(_) => None,
            };
            let points = line.points.iter().filter_map(point).collect();
            Ok(Quantity::Line(Line { points, ..line }))
        }
        Quantity::Lines(_) => {
            Err("The condition of IF must be a number or a time series".to_owned())
        }
    }
}

fn slice(
    lines: Vec<Line>,
    (from, to): (&Expression, Option<&Expression>),
    source: &dyn Source,
) -> Answer {
    let from = count(from, source)?;
    let to = to.map(|to| count(to, source)).transpose()?;
    let kept = lines.into_iter().take(to.unwrap_or(usize::MAX)).skip(from);
    Ok(Quantity::Lines(kept.collect()))
}

fn sort(
    mut lines: Vec<Line>,
    (by, order): (&Expression, &Expression),
    most: Option<usize>,
) -> Answer {
    let (Expression::Reference(by), Expression::Reference(order)) = (by, order) else {
        return Err("SORT takes AVG, MIN, MAX or SUM and ASC or DESC".to_owned());
    };
    if !["AVG", "MIN", "MAX", "SUM"].contains(&by.as_str())
        || !["ASC", "DESC"].contains(&order.as_str())
    {
        return Err("SORT takes AVG, MIN, MAX or SUM and ASC or DESC".to_owned());
    }
    let key = |line: &Line| {
        let values: Vec<f64> = line.points.iter().map(|(_, value)| *value).collect();
        of_values(by, &values)
    };
    lines.sort_by(|one, other| key(one).total_cmp(&key(other)));
    if order == "DESC" {
        lines.reverse();
    }
    lines.truncate(most.unwrap_or(usize::MAX));
    Ok(Quantity::Lines(lines))
}

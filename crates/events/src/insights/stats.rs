//! `stats`: values of many log events.

use std::collections::BTreeSet;

use super::{
    cell::Cell,
    expression::{Expression, binary},
};

const AGGREGATES: [&str; 12] = [
    "avg",
    "count",
    "count_distinct",
    "earliest",
    "latest",
    "max",
    "min",
    "pct",
    "sortsfirst",
    "sortslast",
    "stddev",
    "sum",
];

/// What answers for the fields of one log event.
pub(super) type Fields<'f> = dyn Fn(&str) -> Cell + 'f;

/// Whether a name is that of a function over many log events.
pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.contains(&name.to_ascii_lowercase().as_str())
}

/// The value of an expression over a group of log events.
pub(super) fn value(expression: &Expression, group: &[&Fields<'_>]) -> Cell {
    match expression {
        Expression::Call(name, arguments) if is_aggregate(name) => {
            aggregate(&name.to_ascii_lowercase(), arguments, group)
        }
        Expression::Binary(operator, left, right) => {
            binary(*operator, &value(left, group), &value(right, group))
        }
        Expression::Call(name, arguments) => {
            let arguments: Vec<Cell> =
                arguments.iter().map(|argument| value(argument, group)).collect();
            super::functions::call(name, &arguments)
        }
        other => group.first().map_or(Cell::Absent, |fields| other.value(*fields)),
    }
}

fn aggregate(name: &str, arguments: &[Expression], group: &[&Fields<'_>]) -> Cell {
    let argument = arguments.first().unwrap_or(&Expression::Everything);
    if name == "count" && matches!(argument, Expression::Everything) {
        return count(group.len());
    }
    let cells = group.iter().map(|fields| argument.value(*fields));
    let cells: Vec<Cell> = cells.filter(|cell| *cell != Cell::Absent).collect();
    match name {
        "count" => return count(cells.len()),
        "count_distinct" => {
            return count(cells.iter().map(Cell::text).collect::<BTreeSet<_>>().len());
        }
        "sortsfirst" | "min" => {
            return cells.into_iter().min_by(Cell::order).unwrap_or(Cell::Absent);
        }
        "sortslast" | "max" => {
            return cells.into_iter().max_by(Cell::order).unwrap_or(Cell::Absent);
        }
        "earliest" | "latest" => return in_time(name == "latest", argument, group),
        _ => {}
    }
    let mut numbers: Vec<f64> = cells.iter().filter_map(Cell::number).collect();
    let Some(size) = u32::try_from(numbers.len()).ok().filter(|size| *size > 0).map(f64::from)
    else {
        return Cell::Absent;
    };
    let sum: f64 = numbers.iter().sum();
    match name {
        "sum" => Cell::Number(sum),
        "avg" => Cell::Number(sum / size),
        "stddev" => {
            let mean = sum / size;
            let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
            Cell::Number((squares / size).sqrt())
        }
        _ => {
            numbers.sort_by(f64::total_cmp);
            let wanted = arguments.get(1).map(|argument| value(argument, group));
            percentile(&numbers, wanted.and_then(|cell| cell.number()).unwrap_or(50.0))
        }
    }
}

fn count(size: usize) -> Cell {
    u32::try_from(size).map_or(Cell::Absent, |size| Cell::Number(f64::from(size)))
}

/// The value of the first or last log event that has one.
fn in_time(last: bool, argument: &Expression, group: &[&Fields<'_>]) -> Cell {
    let timed = group.iter().filter_map(|fields| {
        let cell = argument.value(*fields);
        (cell != Cell::Absent).then(|| (fields("@timestamp"), cell))
    });
    let found = if last {
        timed.max_by(|one, two| one.0.order(&two.0))
    } else {
        timed.min_by(|one, two| one.0.order(&two.0))
    };
    found.map_or(Cell::Absent, |(_, cell)| cell)
}

/// The value below which so many per cent lie, between two values if need be.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a position in a list, bounded by its length"
)]
fn percentile(sorted: &[f64], percent: f64) -> Cell {
    let place = percent.clamp(0.0, 100.0) / 100.0 * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => Cell::Number(low + (high - low) * place.fract()),
        _ => Cell::Absent,
    }
}

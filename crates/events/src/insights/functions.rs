//! The functions of one log event. Which names exist, and with how many arguments, is checked when a query is compiled.

use super::cell::Cell;

/// Each function with the least and the largest number of arguments.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("bin", 1, 1),
    ("ceil", 1, 1),
    ("coalesce", 1, 20),
    ("concat", 1, 20),
    ("dateceil", 2, 2),
    ("datefloor", 2, 2),
    ("floor", 1, 1),
    ("frommillis", 1, 1),
    ("greatest", 1, 20),
    ("isblank", 1, 1),
    ("isempty", 1, 1),
    ("ispresent", 1, 1),
    ("isvalidip", 1, 1),
    ("isvalidipv4", 1, 1),
    ("isvalidipv6", 1, 1),
    ("least", 1, 20),
    ("log", 1, 1),
    ("ltrim", 1, 1),
    ("replace", 3, 3),
    ("rtrim", 1, 1),
    ("sqrt", 1, 1),
    ("strcontains", 2, 2),
    ("strlen", 1, 1),
    ("substr", 2, 3),
    ("tolower", 1, 1),
    ("tomillis", 1, 1),
    ("toupper", 1, 1),
    ("trim", 1, 1),
];

/// Whether a function exists and takes so many arguments.
pub(super) fn exists(name: &str, arguments: usize) -> bool {
    let wanted = name.to_ascii_lowercase();
    FUNCTIONS
        .iter()
        .any(|(known, least, most)| *known == wanted && (*least..=*most).contains(&arguments))
}

/// The value of a function. `bin` has the timestamp of the log event as its second argument.
pub(super) fn call(name: &str, arguments: &[Cell]) -> Cell {
    let first = arguments.first().unwrap_or(&Cell::Absent);
    let second = arguments.get(1).unwrap_or(&Cell::Absent);
    match name.to_ascii_lowercase().as_str() {
        "bin" => rounded(second, first, false),
        "datefloor" => rounded(first, second, false),
        "dateceil" => rounded(first, second, true),
        "frommillis" => instant(first).map_or(Cell::Absent, Cell::Instant),
        "tomillis" => number(first, |number| number),
        "abs" => number(first, f64::abs),
        "ceil" => number(first, f64::ceil),
        "floor" => number(first, f64::floor),
        "sqrt" => number(first, f64::sqrt),
        "log" => number(first, f64::ln),
        "greatest" => extreme(arguments, true),
        "least" => extreme(arguments, false),
        "coalesce" => {
            arguments.iter().find(|cell| **cell != Cell::Absent).cloned().unwrap_or(Cell::Absent)
        }
        "ispresent" => Cell::Bool(*first != Cell::Absent),
        "isempty" => Cell::Bool(first.text().is_empty()),
        "isblank" => Cell::Bool(first.text().trim().is_empty()),
        "isvalidip" => Cell::Bool(first.text().parse::<std::net::IpAddr>().is_ok()),
        "isvalidipv4" => Cell::Bool(first.text().parse::<std::net::Ipv4Addr>().is_ok()),
        "isvalidipv6" => Cell::Bool(first.text().parse::<std::net::Ipv6Addr>().is_ok()),
        "strcontains" => Cell::Number(f64::from(u8::from(first.text().contains(&second.text())))),
        _ if *first == Cell::Absent => Cell::Absent,
        other => text_function(other, first, arguments),
    }
}

fn text_function(name: &str, first: &Cell, arguments: &[Cell]) -> Cell {
    let text = first.text();
    let argument = |position: usize| arguments.get(position).map(Cell::text).unwrap_or_default();
    match name {
        "strlen" => u32::try_from(text.chars().count())
            .map_or(Cell::Absent, |length| Cell::Number(f64::from(length))),
        "tolower" => Cell::Text(text.to_lowercase()),
        "toupper" => Cell::Text(text.to_uppercase()),
        "trim" => Cell::Text(text.trim().to_owned()),
        "ltrim" => Cell::Text(text.trim_start().to_owned()),
        "rtrim" => Cell::Text(text.trim_end().to_owned()),
        "concat" => Cell::Text(arguments.iter().map(Cell::text).collect()),
        "replace" => Cell::Text(text.replace(&argument(1), &argument(2))),
        "substr" => {
            let start = argument(1).parse().unwrap_or(0);
            let length = argument(2).parse().unwrap_or(usize::MAX);
            Cell::Text(text.chars().skip(start).take(length).collect())
        }
        _ => Cell::Absent,
    }
}

fn number(cell: &Cell, function: fn(f64) -> f64) -> Cell {
    match cell.number().map(function) {
        Some(result) if result.is_finite() => Cell::Number(result),
        _ => Cell::Absent,
    }
}

fn extreme(arguments: &[Cell], largest: bool) -> Cell {
    let present = arguments.iter().filter(|cell| cell.number().is_some());
    let found = if largest {
        present.max_by(|one, two| one.order(two))
    } else {
        present.min_by(|one, two| one.order(two))
    };
    found.cloned().unwrap_or(Cell::Absent)
}

/// An instant at a multiple of a length of time.
fn rounded(cell: &Cell, length: &Cell, up: bool) -> Cell {
    let (Some(at), Some(length)) = (instant(cell), instant(length)) else { return Cell::Absent };
    if length <= 0 {
        return Cell::Absent;
    }
    let floor = at - at.rem_euclid(length);
    Cell::Instant(if up && floor < at { floor + length } else { floor })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers this large are no instants; they saturate"
)]
fn instant(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Instant(milliseconds) => Some(*milliseconds),
        other => other.number().map(|number| number as i64),
    }
}

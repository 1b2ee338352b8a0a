//! `GetMetricData`: several metrics and expressions at once, page by page.

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::{Object, Value};

use super::{label, metrics};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    metrics::{
        expression::Line,
        sheet::{Content, Query, Sheet},
    },
    page::Paging,
    world::World,
};

const MOST_QUERIES: usize = 500;
const MOST_DATAPOINTS: i64 = 100_800;

const PAGES: Paging = Paging::of("", "NextToken", (usize::MAX, usize::MAX), "InvalidNextToken");

/// `GetMetricData`.
pub(super) fn data(call: &Call, world: &mut World) -> Answer {
    let queries = read(call)?;
    let period = queries.iter().filter_map(Query::period).min().unwrap_or(300);
    let window = metrics::window(call, period)?;
    let site = metrics::site(call);
    let sheet = Sheet::new(world, &site, &queries, window);
    let mut results = Vec::new();
    for query in queries.iter().filter(|query| query.returns) {
        let lines = sheet.lines(query).map_err(|message| invalid(&message))?;
        let several = lines.len() > 1 || is_listing(query);
        for line in lines {
            let label = label::of(query, &line, several, zone(call)?.as_ref());
            results.push((query.id.clone(), label, line));
        }
    }
    page(call, results)
}

/// Whether the lines of a query have names of their own.
fn is_listing(query: &Query) -> bool {
    match &query.content {
        Content::Statistic(_) => false,
        Content::Expression(expression, _) => expression.calls("SEARCH"),
    }
}

fn invalid(message: &str) -> Failure {
    Failure::new("ValidationError", message)
}

fn read(call: &Call) -> Result<Vec<Query>, Failure> {
    let given = call.list("MetricDataQueries");
    if given.len() > MOST_QUERIES {
        let message = format!(
            "The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}."
        );
        return Err(invalid(&message));
    }
    let own = call.account().as_str();
    let foreign = |query: &&Value| {
        query.get("AccountId").and_then(Value::as_str).is_some_and(|account| account != own)
    };
    if given.iter().any(|query| foreign(&query)) {
        return Err(invalid("This account is not a monitoring account."));
    }
    let queries: Vec<Query> = given
        .iter()
        .map(Query::read)
        .collect::<Result<_, String>>()
        .map_err(|message| invalid(&message))?;
    for (at, query) in queries.iter().enumerate() {
        if queries.iter().skip(at + 1).any(|other| other.id == query.id) {
            return Err(invalid(&format!(
                "The value '{}' for parameter Id is duplicated.",
                query.id
            )));
        }
    }
    if !queries.iter().any(|query| query.returns) {
        return Err(invalid("At least one query must have ReturnData set to true."));
    }
    Ok(queries)
}

fn zone(call: &Call) -> Result<Option<TimeZone>, Failure> {
    let Some(text) = call.object("LabelOptions").and_then(|options| options.get("Timezone")) else {
        return Ok(None);
    };
    let text = text.as_str().unwrap_or_default();
    let wrong = || invalid("The parameter Timezone must have the form +0130 or -0500.");
    let (sign, digits) = text.split_at_checked(1).ok_or_else(wrong)?;
    let number: i32 = digits.parse().map_err(|_| wrong())?;
    if digits.len() != 4 || !(sign == "+" || sign == "-") {
        return Err(wrong());
    }
    let seconds = (number / 100 * 60 + number % 100) * 60 * if sign == "-" { -1 } else { 1 };
    let offset = jiff::tz::Offset::from_seconds(seconds).map_err(|_| wrong())?;
    Ok(Some(TimeZone::fixed(offset)))
}

/// Points are shown until there are as many as the caller wants; the rest is for further pages.
fn page(call: &Call, results: Vec<(String, String, Line)>) -> Answer {
    let most = call.integer("MaxDatapoints").unwrap_or(MOST_DATAPOINTS).clamp(1, MOST_DATAPOINTS);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let start = PAGES.start(call)?.and_then(|start| start.parse::<usize>().ok()).unwrap_or(0);
    let ascending = call.text("ScanBy") == Some("TimestampAscending");
    let total: usize = results.iter().map(|(_, _, line)| line.points.len()).sum();
    let (mut skipped, mut left) = (start, most);
    let mut shown = Vec::new();
    for (id, label, mut line) in results {
        if !ascending {
            line.points.reverse();
        }
        let all = line.points.len();
        let from = skipped.min(all);
        skipped -= from;
        let points: Vec<(i64, f64)> = line.points.into_iter().skip(from).take(left).collect();
        left -= points.len();
        let complete = from + points.len() == all;
        // Results of earlier pages are not repeated.
        if from == all && all > 0 {
            continue;
        }
        let times =
            points.iter().map(|(time, _)| Timestamp::from_second(*time).unwrap_or_default());
        shown.push(Value::from_iter([
            ("Id", Value::from(id)),
            ("Label", Value::from(label)),
            ("Timestamps", times.map(Value::from).collect()),
            ("Values", points.iter().map(|(_, value)| Value::from(*value)).collect()),
            ("StatusCode", Value::from(if complete { "Complete" } else { "PartialData" })),
        ]));
        if left == 0 && !complete {
            break;
        }
    }
    let next = start + most;
    let more = (next < total).then(|| next.to_string());
    let output = Object::from_iter([
        ("MetricDataResults", Value::List(shown)),
        ("Messages", Value::List(Vec::new())),
    ]);
    Ok(PAGES.finish(call, output, more.as_deref()))
}

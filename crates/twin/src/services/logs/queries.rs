//! Insights: queries that are started, run and answered; queries kept for later.

use jiff::SignedDuration;
use reeve_events::{Query, QueryError, Record};
use reeve_model::{Object, Value};

use super::{LOG_GROUP, QUERY, QUERY_DEFINITION, events, name_of, reading::pointer};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    page::Paging,
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

/// How long a query takes.
const RUNNING: SignedDuration = SignedDuration::from_secs(1);
/// How many rows a query answers that does not say.
const ROWS: i64 = 10_000;

static PAGES: Paging =
    Paging::of("maxResults", "nextToken", (1000, 1000), "InvalidParameterException");

/// Times are seconds; some clients say milliseconds, which are told apart by their size.
fn milliseconds(time: i64) -> i64 {
    if time > 100_000_000_000 { time } else { time.saturating_mul(1000) }
}

fn malformed(text: &str, error: &QueryError) -> Failure {
    let lines: usize = text.lines().take(error.line - 1).map(|line| line.len() + 1).sum();
    let at = i64::try_from(lines + error.position - 1).unwrap_or(0);
    let detail = object!(
        "location": {"startCharOffset": (at), "endCharOffset": (at + 1)},
        "message": (error.to_string()),
    );
    Failure::new("MalformedQueryException", error.to_string())
        .with_detail("queryCompileError", detail)
}

pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    if call.text("queryLanguage").is_some_and(|language| language != "CWLI") {
        let message = "the twin knows no other query language than CWLI";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let text = call.required("queryString")?;
    let query = Query::parse(text).map_err(|error| malformed(text, &error))?;
    let mut groups: Vec<String> = Vec::new();
    groups.extend(call.text("logGroupName").map(str::to_owned));
    groups.extend(call.texts("logGroupNames").into_iter().map(str::to_owned));
    let identifiers = call.texts("logGroupIdentifiers").into_iter();
    groups.extend(identifiers.map(|identifier| name_of(identifier).to_owned()));
    if groups.is_empty() {
        return Err(call.invalid("At least one log group must be specified."));
    }
    for group in &groups {
        call.find(world, &LOG_GROUP, group).map_err(|_| {
            let message =
                format!("Log group '{group}' does not exist for account ID '{}'", call.account());
            Failure::new("ResourceNotFoundException", message)
        })?;
    }
    let from = milliseconds(call.integer("startTime").unwrap_or(0));
    let until = milliseconds(call.integer("endTime").unwrap_or(0));
    if until < from {
        return Err(call.invalid("Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings"));
    }
    let limit = usize::try_from(call.integer("limit").unwrap_or(ROWS)).unwrap_or(0);
    let rows = run(call, world, &query, (&groups, from..=until, limit));
    let id = world.uuid();
    let results: Vec<Value> = rows
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|(field, value)| {
                    object!("field": (field.as_str()), "value": (value.as_str())).into()
                })
                .collect::<Vec<Value>>()
                .into()
        })
        .collect();
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let said = object!(
        "queryString": (text),
        "logGroupName": (groups.first().map(String::as_str).unwrap_or_default()),
        "createTime": (call.now.as_millisecond()),
        "queryLanguage": "CWLI",
    );
    let inside = object!(
        "Due": (call.now + RUNNING),
        "Results": (results),
        "Matched": (number(rows.matched)),
        "Scanned": (number(rows.scanned)),
        "Bytes": (number(rows.bytes)),
        "Groups": (i64::try_from(groups.len()).unwrap_or(0)),
    );
    let resource = Resource { facts: facts(said), ..Resource::default() }.with_inside(inside);
    world.put(call.place(&QUERY), id.clone(), resource);
    Ok(Value::from_iter([("queryId", id)]))
}

fn run(
    call: &Call,
    world: &mut World,
    query: &Query,
    (groups, times, limit): (&[String], std::ops::RangeInclusive<i64>, usize),
) -> reeve_events::Rows {
    struct Found {
        timestamp: i64,
        ingested: i64,
        message: String,
        stream: String,
        log: String,
        pointer: String,
    }
    let place: Place = call.place(&LOG_GROUP);
    let mut found = Vec::new();
    for name in groups {
        let log = format!("{}:{name}", place.account);
        for (at, event) in events(world, &place, name).between(times.clone()) {
            found.push(Found {
                timestamp: at.0,
                ingested: event.ingested,
                message: event.message.clone(),
                stream: event.stream.clone(),
                log: log.clone(),
                pointer: pointer(name, at),
            });
        }
    }
    let records = found.iter().map(|event| Record {
        timestamp: event.timestamp,
        ingestion_time: event.ingested,
        message: &event.message,
        log_stream: &event.stream,
        log: &event.log,
        pointer: &event.pointer,
    });
    query.run(records, limit)
}

/// How far a query is.
fn status(call: &Call, query: &Resource) -> &'static str {
    let due = query.inside.get("Due").and_then(Value::as_timestamp);
    match query.inside.get("Stopped") {
        Some(_) => "Cancelled",
        None if due.is_some_and(|due| call.now < due) => "Running",
        None => "Complete",
    }
}

pub(super) fn results(call: &Call, world: &mut World) -> Answer {
    let id = call.required("queryId")?;
    if call.text("nextToken").is_some() {
        return Err(call.invalid("The specified nextToken is invalid."));
    }
    let query = call.find(world, &QUERY, id)?;
    let status = status(call, query);
    let inside = |member: &str| query.inside.get(member).and_then(Value::as_f64).unwrap_or(0.0);
    let results = match status {
        "Complete" => query.inside.get("Results").cloned().unwrap_or_default(),
        _ => Value::List(Vec::new()),
    };
    let count = i32::try_from(results.as_list().len()).unwrap_or(i32::MAX);
    Ok(call.fit(
        object!(
            "queryLanguage": "CWLI",
            "results": (results),
            "status": (status),
            "statistics": {
                "recordsMatched": (inside("Matched")),
                "recordsScanned": (inside("Scanned")),
                "bytesScanned": (inside("Bytes")),
                "estimatedRecordsSkipped": 0.0,
                "estimatedBytesSkipped": 0.0,
                "logGroupsScanned": (inside("Groups")),
                "resultCount": (f64::from(count)),
            },
        )
        .into(),
    ))
}

pub(super) fn stop(call: &Call, world: &mut World) -> Answer {
    let id = call.required("queryId")?;
    let state = status(call, call.find(world, &QUERY, id)?);
    if state != "Running" {
        return Err(call.invalid(format!("Query {id} is not running, its status is {state}")));
    }
    world.set_inside(&call.place(&QUERY), id, "Stopped", true);
    Ok(Value::from_iter([("success", Value::from(true))]))
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let (group, wanted) = (call.text("logGroupName"), call.text("status"));
    let place = call.place(&QUERY);
    let output = PAGES.list(
        (call, world),
        (&QUERY, "queries"),
        |_, query| {
            group.is_none_or(|group| query.fact("logGroupName") == Some(group))
                && wanted.is_none_or(|wanted| status(call, query) == wanted)
        },
        |id, query, _| {
            let mut shown = described(&QUERY, (&place.account, &place.region), id, query);
            shown.insert("status", status(call, query));
            shown.into()
        },
    )?;
    Ok(call.fit(output))
}

pub(super) fn put_definition(call: &Call, world: &mut World) -> Answer {
    let text = call.required("queryString")?;
    Query::parse(text).map_err(|error| malformed(text, &error))?;
    let place = call.place(&QUERY_DEFINITION);
    let id = match call.text("queryDefinitionId") {
        Some(id) => {
            call.find(world, &QUERY_DEFINITION, id)?;
            id.to_owned()
        }
        None => world.uuid(),
    };
    let mut said: Object = call.input.as_object().cloned().unwrap_or_default();
    for member in ["queryDefinitionId", "clientToken"] {
        said.remove(member);
    }
    said.insert("lastModified", call.now.as_millisecond());
    world.put(place, id.clone(), Resource { facts: facts(said), ..Resource::default() });
    Ok(Value::from_iter([("queryDefinitionId", id)]))
}

pub(super) fn delete_definition(call: &Call, world: &mut World) -> Answer {
    let id = call.required("queryDefinitionId")?;
    call.find(world, &QUERY_DEFINITION, id)?;
    world.remove(&call.place(&QUERY_DEFINITION), id);
    Ok(Value::from_iter([("success", Value::from(true))]))
}

pub(super) fn describe_definitions(call: &Call, world: &mut World) -> Answer {
    let prefix = call.text("queryDefinitionNamePrefix").unwrap_or_default();
    let output = PAGES.list(
        (call, world),
        (&QUERY_DEFINITION, "queryDefinitions"),
        |_, definition| definition.fact("name").is_some_and(|name| name.starts_with(prefix)),
        |_, _, description| description.into(),
    )?;
    Ok(call.fit(output))
}

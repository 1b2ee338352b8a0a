//! Exports of log events to S3.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reeve_model::Value;

use super::{EXPORT_TASK, LOG_GROUP, PAGES, empty, events, group, writing::gzip};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Resource, facts},
    task::Task,
    value::object,
    world::{Origin, World},
};

/// How long an export takes.
const EXPORTING: SignedDuration = SignedDuration::from_secs(60);

const BY: &str = "logs.amazonaws.com";

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = group(call, world)?;
    let (from, until) = (call.integer("from").unwrap_or(0), call.integer("to").unwrap_or(0));
    if from > until {
        return Err(call.invalid("'from' must be before 'to'"));
    }
    let place = call.place(&EXPORT_TASK);
    let active = |task: &Resource| matches!(task.fact("status.code"), Some("PENDING" | "RUNNING"));
    if world.shelf(&place).values().any(active) {
        return Err(Failure::new("LimitExceededException", "Resource limit exceeded."));
    }
    let bucket = call.required("destination")?;
    let prefix = call.text("destinationPrefix").unwrap_or("exportedlogs");
    let test = object!(
        "Bucket": (bucket),
        "Key": (format!("{prefix}/aws-logs-write-test")),
        "Body": (b"Permission Check Successful".to_vec()),
    );
    world.call(&Origin::at(&place, BY), "s3", "PutObject", test).map_err(|failure| {
        if failure.code == "NotImplemented" {
            return failure;
        }
        call.invalid("PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.")
    })?;
    let id = world.uuid();
    let mut said = object!(
        "logGroupName": (name),
        "from": (from),
        "to": (until),
        "destination": (bucket),
        "destinationPrefix": (prefix),
        "status": {"code": "RUNNING", "message": "Started successfully"},
        "executionInfo": {"creationTime": (call.now.as_millisecond())},
    );
    said.extend(call.given_texts(["taskName", "logStreamNamePrefix"]));
    world.put(place.clone(), id.clone(), Resource { facts: facts(said), ..Resource::default() });
    world.schedule(call.now + EXPORTING, Task::new("logs:export", &place, &id));
    Ok(Value::from_iter([("taskId", id)]))
}

/// Writes one object for each stream, and says how it went.
pub(super) fn finish(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id).cloned() else { return };
    if found.fact("status.code") != Some("RUNNING") {
        return;
    }
    let text = |member: &str| found.fact(member).unwrap_or_default();
    let number = |member: &str| found.value(member).and_then(Value::as_i64).unwrap_or(0);
    let groups = task.place.beside(&LOG_GROUP);
    let mut streams: BTreeMap<String, String> = BTreeMap::new();
    let group = events(world, &groups, text("logGroupName"));
    for (at, event) in group.between(number("from")..=number("to")) {
        if !event.stream.starts_with(text("logStreamNamePrefix")) {
            continue;
        }
        let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let line = format!("{} {}\n", time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"), event.message);
        streams.entry(event.stream.clone()).or_default().push_str(&line);
    }
    let mut code = "COMPLETED";
    for (stream, lines) in streams {
        let key = format!(
            "{}/{}/{}/000000.gz",
            text("destinationPrefix"),
            task.id,
            stream.replace('/', "-")
        );
        let input = object!(
            "Bucket": (text("destination")),
            "Key": (key),
            "Body": (gzip(lines.as_bytes())),
        );
        if world.call(&Origin::at(&task.place, BY), "s3", "PutObject", input).is_err() {
            code = "FAILED";
        }
    }
    let now = world.now().as_millisecond();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("status", object!("code": (code), "message": "Completed"));
        if let Some(info) = facts.get_mut("executionInfo").and_then(Value::as_object_mut) {
            info.insert("completionTime", now);
        }
    });
}

pub(super) fn cancel(call: &Call, world: &mut World) -> Answer {
    let id = call.required("taskId")?;
    if call.find(world, &EXPORT_TASK, id)?.fact("status.code") != Some("RUNNING") {
        let message = "The specified export task has already finished.";
        return Err(Failure::new("InvalidOperationException", message));
    }
    world.set(
        &call.place(&EXPORT_TASK),
        id,
        "status",
        object!("code": "CANCELLED", "message": "Cancelled by user"),
    );
    Ok(empty())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let (id, code) = (call.text("taskId"), call.text("statusCode"));
    let output = PAGES.list(
        (call, world),
        (&EXPORT_TASK, "exportTasks"),
        |found, task| {
            id.is_none_or(|id| id == found)
                && code.is_none_or(|code| task.fact("status.code") == Some(code))
        },
        crate::page::plain,
    )?;
    Ok(call.fit(output))
}

//! Every five minutes a trail's records go to its bucket, compressed, and to its log group.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reeve_model::Value;

use super::{selectors, trails::is_logging};
use crate::{
    services::logs::gzip,
    store::{Place, Resource},
    task::Task,
    trail::Record,
    value::{object, value},
    world::{Origin, World},
};

/// How often a trail delivers.
pub(super) const EVERY: SignedDuration = SignedDuration::from_mins(5);

const BY: &str = "cloudtrail.amazonaws.com";

/// The time has come, if the trail still delivers since the task was scheduled.
pub(super) fn deliver(world: &mut World, task: &Task) {
    let Some(trail) = world.get(&task.place, &task.id) else { return };
    if !is_logging(trail) || trail.inside.get("Started") != Some(&task.detail) {
        return;
    }
    flush(world, &task.place, &task.id);
    let again = Task::new("cloudtrail:deliver", &task.place, &task.id).with(task.detail.clone());
    world.schedule(task.due + EVERY, again);
}

/// Whether a trail wants a record.
fn wants(trail: &Resource, place: &Place, record: &Record) -> bool {
    let own = record.account == place.account || trail.flag("IsOrganizationTrail");
    let here = record.region == place.region || trail.flag("IsMultiRegionTrail");
    own && here && selectors::select(trail, record)
}

/// Delivers what was recorded since the last time.
pub(super) fn flush(world: &mut World, place: &Place, name: &str) {
    let Some(trail) = world.get(place, name).cloned() else { return };
    let next = trail.inside.get("Next").and_then(Value::as_i64).unwrap_or(0);
    let next = u64::try_from(next).unwrap_or(0);
    let mut files: BTreeMap<(String, String), Vec<serde_json::Value>> = BTreeMap::new();
    for record in world.trail.since(next).filter(|record| wants(&trail, place, record)) {
        let key = (record.account.to_string(), record.region.to_string());
        files.entry(key).or_default().push(record.written(world.seed));
    }
    let (end, now) = (i64::try_from(world.trail.next()).unwrap_or(0), world.now());
    world.set_inside(place, name, "Next", end);
    if files.is_empty() {
        return;
    }
    let mut error = None;
    for ((account, region), records) in &files {
        if let Err(code) = to_bucket(world, (place, &trail), (account, region), records) {
            error = Some(code);
        }
    }
    let to_logs = to_log_group(world, (place, &trail), &files);
    world.change_inside(place, name, |inside| {
        match error {
            Some(code) => inside.insert("Error", code),
            None => {
                inside.remove("Error");
                inside.insert("Delivered", now)
            }
        };
        match to_logs {
            Some(Err(code)) => inside.insert("LogsError", code),
            Some(Ok(())) => inside.insert("DeliveredToLogs", now),
            None => None,
        };
    });
}

fn to_bucket(
    world: &mut World,
    (place, trail): (&Place, &Resource),
    (account, region): (&str, &str),
    records: &[serde_json::Value],
) -> Result<(), String> {
    let now = world.now();
    let prefix = trail.fact("S3KeyPrefix").map(|prefix| format!("{prefix}/")).unwrap_or_default();
    let key = format!(
        "{prefix}AWSLogs/{account}/CloudTrail/{region}/{}/{account}_CloudTrail_{region}_{}_{}.json.gz",
        now.strftime("%Y/%m/%d"),
        now.strftime("%Y%m%dT%H%MZ"),
        world.random_letters(16),
    );
    let body = serde_json::json!({"Records": records}).to_string();
    let bucket = trail.fact("S3BucketName").unwrap_or_default();
    let input = object!(
        "Bucket": (bucket),
        "Key": (key.as_str()),
        "Body": (gzip(body.as_bytes())),
        "ContentType": "application/json",
        "ContentEncoding": "gzip",
    );
    let origin = Origin::at(place, BY);
    world.call(&origin, "s3", "PutObject", input).map_err(|failure| failure.code)?;
    if let Some(topic) = trail.fact("SnsTopicARN") {
        let message = serde_json::json!({"s3Bucket": bucket, "s3ObjectKey": [key]});
        let input = object!("TopicArn": (topic), "Message": (message.to_string()));
        if let Err(failure) = world.call(&origin, "sns", "Publish", input) {
            tracing::debug!(code = failure.code, "a trail could not notify");
        }
    }
    Ok(())
}

/// Every record as a log event; nothing if the trail has no log group.
fn to_log_group(
    world: &mut World,
    (place, trail): (&Place, &Resource),
    files: &BTreeMap<(String, String), Vec<serde_json::Value>>,
) -> Option<Result<(), String>> {
    let arn = trail.fact("CloudWatchLogsLogGroupArn")?;
    let group = arn.split(":log-group:").nth(1)?.trim_end_matches(":*").to_owned();
    let origin = Origin::at(place, BY);
    for ((account, region), records) in files {
        let stream = format!("{account}_CloudTrail_{region}");
        let input = object!("logGroupName": (group.as_str()), "logStreamName": (stream.as_str()));
        match world.call(&origin, "logs", "CreateLogStream", input) {
            Ok(_) => {}
            Err(failure) if failure.code == "ResourceAlreadyExistsException" => {}
            Err(failure) => return Some(Err(failure.code)),
        }
        for chunk in records.chunks(500) {
            let mut events: Vec<Value> = Vec::new();
            for record in chunk {
                let time = record.get("eventTime").and_then(serde_json::Value::as_str);
                let time: Option<jiff::Timestamp> = time.and_then(|time| time.parse().ok());
                let at = time.unwrap_or(world.now()).as_millisecond();
                events.push(value!({"timestamp": (at), "message": (record.to_string())}));
            }
            let input = object!(
                "logGroupName": (group.as_str()),
                "logStreamName": (stream.as_str()),
                "logEvents": (events),
            );
            if let Err(failure) = world.call(&origin, "logs", "PutLogEvents", input) {
                return Some(Err(failure.code));
            }
        }
    }
    Some(Ok(()))
}

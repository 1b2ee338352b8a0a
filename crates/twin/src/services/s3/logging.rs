//! Server access logs: a line for each call to a bucket that has them on, delivered to its target bucket every hour.
//!
//! ```text
//! call ─► note: a line ─► full hour ─► one object in the target bucket
//! ```
//!
//! What the world does not know of a request (the address it came from, its user agent, how long it took) is a dash, as
//! it is in AWS's logs when it is not applicable.

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reeve_model::Value;

use super::bucket;
use crate::{
    call::{Answer, Call},
    store::Place,
    task::Task,
    value::object,
    world::{Origin, World},
};

pub(super) const DELIVERY: &str = "s3:deliver-access-log";
const BY: &str = "logging.s3.amazonaws.com";
const HOUR: i64 = 3600;

/// What operations are called in logs, where it is not what the name of the operation ends with.
const NAMES: [(&str, &str); 25] = [
    ("AbortMultipartUpload", "UPLOAD"),
    ("CompleteMultipartUpload", "UPLOAD"),
    ("CopyObject", "OBJECT"),
    ("CreateBucket", "BUCKET"),
    ("CreateMultipartUpload", "UPLOADS"),
    ("DeleteBucket", "BUCKET"),
    ("DeleteBucketLifecycle", "LIFECYCLE"),
    ("DeleteObject", "OBJECT"),
    ("DeleteObjects", "MULTI_OBJECT_DELETE"),
    ("GetBucketLifecycleConfiguration", "LIFECYCLE"),
    ("GetBucketLogging", "LOGGING_STATUS"),
    ("GetBucketNotificationConfiguration", "NOTIFICATION"),
    ("GetObject", "OBJECT"),
    ("HeadBucket", "BUCKET"),
    ("HeadObject", "OBJECT"),
    ("ListMultipartUploads", "UPLOADS"),
    ("ListObjectVersions", "BUCKETVERSIONS"),
    ("ListObjects", "BUCKET"),
    ("ListObjectsV2", "BUCKET"),
    ("ListParts", "UPLOAD"),
    ("PutBucketLifecycleConfiguration", "LIFECYCLE"),
    ("PutBucketLogging", "LOGGING_STATUS"),
    ("PutBucketNotificationConfiguration", "NOTIFICATION"),
    ("PutObject", "OBJECT"),
    ("UploadPart", "PART"),
];

/// Notes a call, if its bucket has logs.
pub(crate) fn note(world: &mut World, call: &Call, answer: &Answer) {
    let Some(name) = call.text("Bucket") else { return };
    let name = name.strip_prefix("arn:aws:s3:::").unwrap_or(name);
    let Some((account, region)) = bucket::owner(world, name) else { return };
    let place = Place { account, region, kind: &super::BUCKET };
    if target(world, &place, name).is_none() {
        return;
    }
    let line = line(world, call, (&place, name), answer);
    let log = &mut world.objects.of_mut(name).log;
    log.push(line);
    if log.len() == 1 {
        let hour = world.now().as_second().div_euclid(HOUR).saturating_add(1);
        let due = Timestamp::from_second(hour.saturating_mul(HOUR)).unwrap_or(world.now());
        world.schedule(due, Task::new(DELIVERY, &place, name));
    }
}

/// The target bucket and how its keys begin.
fn target(world: &World, place: &Place, name: &str) -> Option<(String, String, bool)> {
    let logging = world.get(place, name)?.value("LoggingConfiguration.LoggingEnabled")?;
    let text = |member: &str| logging.get(member).and_then(Value::as_str).unwrap_or_default();
    let format = logging.path("TargetObjectKeyFormat.PartitionedPrefix");
    Some((text("TargetBucket").to_owned(), text("TargetPrefix").to_owned(), format.is_some()))
}

fn line(world: &mut World, call: &Call, (place, name): (&Place, &str), answer: &Answer) -> String {
    let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let operation = call.model.operation(&call.operation).ok();
    let method = operation.map_or_else(|| "-".to_owned(), |found| found.http.method.to_string());
    let key = dash(call.text("Key").map(encoded).as_deref());
    let path = if key == "-" { format!("/{name}") } else { format!("/{name}/{key}") };
    let status = match answer {
        Ok(output) if output.get("ContentRange").is_some() => 206,
        Ok(_) if method == "DELETE" => 204,
        Ok(_) => 200,
        Err(failure) => failure.status,
    };
    let error = answer.as_ref().err().map(|failure| failure.code.clone());
    let number = |member: &str| {
        let found = answer.as_ref().ok().and_then(|output| output.get(member)?.as_i64());
        found.map_or_else(|| "-".to_owned(), |number| number.to_string())
    };
    let version = answer.as_ref().ok().and_then(|output| output.get("VersionId")?.as_str());
    let fields = [
        bucket::canonical_id(&place.account),
        name.to_owned(),
        call.now.strftime("[%d/%b/%Y:%H:%M:%S +0000]").to_string(),
        "-".to_owned(),
        call.caller
            .invoked_by
            .clone()
            .map_or_else(|| call.caller.arn.clone(), |by| format!("svc:{by}")),
        world.random_letters(16),
        format!("REST.{method}.{}", resource(&call.operation)),
        key,
        format!("\"{method} {path} HTTP/1.1\""),
        status.to_string(),
        dash(error.as_deref()),
        if method == "HEAD" { "-".to_owned() } else { number("ContentLength") },
        number("ContentLength"),
        "-".to_owned(),
        "-".to_owned(),
        "\"-\"".to_owned(),
        "\"-\"".to_owned(),
        dash(version),
        "-".to_owned(),
        "SigV4".to_owned(),
        "-".to_owned(),
        "AuthHeader".to_owned(),
        format!("{name}.s3.{}.amazonaws.com", place.region),
        "-".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
    ];
    fields.join(" ")
}

/// What the log says an operation is about.
fn resource(operation: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == operation) {
        return (*name).to_owned();
    }
    let rest =
        ["Get", "Put", "Delete", "List"].iter().find_map(|verb| operation.strip_prefix(verb));
    let rest = rest.unwrap_or(operation);
    let rest = rest.strip_prefix("Bucket").or(rest.strip_prefix("Object")).unwrap_or(rest);
    match rest {
        "" => "BUCKET".to_owned(),
        "Policy" => "BUCKETPOLICY".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

/// A key as logs and inventories write it.
pub(super) fn encoded(key: &str) -> String {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(key, KEPT).to_string()
}

/// A full hour: what was noted goes to the target bucket, if that is still what is wanted.
pub(super) fn deliver(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let lines = std::mem::take(&mut world.objects.of_mut(name).log);
    let Some((bucket, prefix, partitioned)) = target(world, place, name) else { return };
    if lines.is_empty() {
        return;
    }
    let now = world.now();
    let folder = if partitioned {
        // By when it is delivered, which is when the events are a full hour old at most.
        let day = now.saturating_sub(SignedDuration::from_secs(HOUR)).unwrap_or(now);
        format!("{}/{}/{name}/{}/", place.account, place.region, day.strftime("%Y/%m/%d"))
    } else {
        String::new()
    };
    let unique = world.random_hex(16).to_ascii_uppercase();
    let key = format!("{prefix}{folder}{}-{unique}", now.strftime("%Y-%m-%d-%H-%M-%S"));
    let body = format!("{}\n", lines.join("\n"));
    let input = object! {
        "Bucket": (bucket), "Key": (key), "Body": (body.into_bytes()), "ContentType": "text/plain",
    };
    if let Err(failure) = world.call(&Origin::at(place, BY), "s3", "PutObject", input) {
        tracing::debug!(code = failure.code, "an access log could not be delivered");
    }
}

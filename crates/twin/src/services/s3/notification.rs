//! Tells those whom a bucket notifies that an object came or went: queues, topics, functions, EventBridge.

use reeve_model::{Object, Value};

use super::{BUCKET, bucket, object::Target};
use crate::{
    call::Call,
    event::Event,
    failure::Failure,
    value::value,
    world::{Origin, World},
};

/// What happened to an object.
#[derive(Debug)]
pub(super) struct Change<'c> {
    /// The event's name without its prefix: `ObjectCreated:Put`.
    pub(super) cause: &'c str,
    pub(super) size: Option<usize>,
    pub(super) etag: Option<String>,
    pub(super) version: Option<String>,
}

/// The lists of a configuration, the member of an entry that says where to, and how to send there.
const DESTINATIONS: [(&str, &str); 3] = [
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
];

/// Refuses a destination that is none, and events that S3 does not have.
pub(super) fn check(_: &Call, _: &World, value: &Value) -> Result<(), Failure> {
    for (list, member) in DESTINATIONS {
        for entry in value.list(list) {
            let arn = entry.text(member);
            if arn.split(':').count() < 6 {
                return Err(Failure::new("InvalidArgument", "The ARN could not be parsed"));
            }
            let events = entry.list("Events");
            let unknown =
                |event: &&Value| !event.as_str().is_some_and(|event| event.starts_with("s3:"));
            if events.is_empty() || events.iter().any(|event| unknown(&event)) {
                return Err(Failure::new(
                    "InvalidArgument",
                    "The event is not supported for notifications",
                ));
            }
        }
    }
    Ok(())
}

/// Notifies whoever wants to know of a change. What cannot be delivered is lost, as on AWS.
pub(super) fn tell(world: &mut World, target: &Target, change: &Change<'_>) {
    let Some(wanted) =
        bucket::fact(world, &target.place, &target.bucket, "NotificationConfiguration")
    else {
        return;
    };
    if wanted.get("EventBridgeConfiguration").is_some() {
        tell_bus(world, target, change);
    }
    for (list, member) in DESTINATIONS {
        for entry in wanted.list(list) {
            if !wants(entry, &target.key, change.cause) {
                continue;
            }
            let arn = entry.text(member);
            let id = entry.text("Id");
            let message = record(world, target, (change, id)).to_json().to_string();
            send(world, target, (list, arn), &message);
        }
    }
}

/// Whether an entry of a configuration is about this change.
fn wants(entry: &Value, key: &str, cause: &str) -> bool {
    let events = entry.list("Events");
    let event = format!("s3:{cause}");
    let named =
        events.iter().filter_map(Value::as_str).any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => event.starts_with(start),
            None => wanted == event,
        });
    let rules = entry.path("Filter.Key.FilterRules").map_or(&[][..], Value::as_list);
    named
        && rules.iter().all(|rule| match rule.text("Name").to_ascii_lowercase().as_str() {
            "prefix" => key.starts_with(rule.text("Value")),
            "suffix" => key.ends_with(rule.text("Value")),
            _ => true,
        })
}

fn send(world: &mut World, target: &Target, (list, arn): (&str, &str), message: &str) {
    let origin = Origin::at(&target.place, "s3.amazonaws.com");
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (Some(account), Some(name)) = (parts.get(4), parts.get(5)) else { return };
    let answer = match list {
        "QueueConfigurations" => {
            let url = format!("https://sqs.{}.amazonaws.com/{account}/{name}", target.place.region);
            world.call(
                &origin,
                "sqs",
                "SendMessage",
                value!({"QueueUrl": (url), "MessageBody": (message)}),
            )
        }
        "TopicConfigurations" => {
            let input = value!({"TopicArn": (arn), "Message": (message), "Subject": "Amazon S3 Notification"});
            world.call(&origin, "sns", "Publish", input)
        }
        _ => {
            let input = value!({
                "FunctionName": (arn),
                "InvocationType": "Event",
                "Payload": (message.as_bytes().to_vec()),
            });
            world.call(&origin, "lambda", "Invoke", input)
        }
    };
    if let Err(failure) = answer {
        tracing::debug!(arn, code = failure.code, "an S3 notification was not delivered");
    }
}

/// The record of a change as queues, topics and functions get it.
fn record(world: &mut World, target: &Target, (change, id): (&Change<'_>, &str)) -> Value {
    let sequencer = world.random_hex(16).to_uppercase();
    let place = &target.place;
    let mut object = Object::from_iter([("key", Value::from(encoded(&target.key)))]);
    if let Some(size) = change.size {
        object.insert("size", super::content::length(size));
    }
    if let Some(etag) = &change.etag {
        object.insert("eTag", super::etag::bare(etag));
    }
    if let Some(version) = &change.version {
        object.insert("versionId", version.as_str());
    }
    object.insert("sequencer", sequencer);
    let owner = bucket::canonical_id(&place.account);
    value!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": (place.region.as_str()),
        "eventTime": (world.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()),
        "eventName": (change.cause),
        "userIdentity": {"principalId": (format!("AWS:{}", place.account))},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": (id),
            "bucket": {
                "name": (target.bucket.as_str()),
                "ownerIdentity": {"principalId": (owner)},
                "arn": (place.arn_of(&BUCKET, &target.bucket)),
            },
            "object": (object),
        },
    }]})
}

fn encoded(key: &str) -> String {
    percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2F", "/")
        .replace("%2E", ".")
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%20", "+")
}

/// EventBridge gets an event of its own form.
fn tell_bus(world: &mut World, target: &Target, change: &Change<'_>) {
    let created = change.cause.starts_with("ObjectCreated");
    let detail_type = if created { "Object Created" } else { "Object Deleted" };
    let reason = match change.cause.split_once(':').map_or("", |(_, action)| action) {
        "Put" => "PutObject",
        "Copy" => "CopyObject",
        "CompleteMultipartUpload" => "CompleteMultipartUpload",
        "Expiration" => "Lifecycle Expiration",
        _ => "DeleteObject",
    };
    let sequencer = world.random_hex(16).to_uppercase();
    let mut object = Object::from_iter([
        ("key", Value::from(&target.key)),
        ("sequencer", Value::from(sequencer)),
    ]);
    if let Some(size) = change.size {
        object.insert("size", super::content::length(size));
    }
    if let Some(etag) = &change.etag {
        object.insert("etag", super::etag::bare(etag));
    }
    if let Some(version) = &change.version {
        object.insert("version-id", version.as_str());
    }
    let mut detail = crate::value::object!(
        "version": "0",
        "bucket": {"name": (target.bucket.as_str())},
        "object": (object),
        "request-id": (world.random_letters(16)),
        "requester": (target.place.account.as_str()),
        "reason": (reason),
    );
    if !created {
        let marked = change.cause.ends_with("DeleteMarkerCreated");
        let kind = if marked { "Delete Marker Created" } else { "Permanently Deleted" };
        detail.insert("deletion-type", kind);
    }
    let arn = target.place.arn_of(&BUCKET, &target.bucket);
    world.emit(Event::new("aws.s3", detail_type, &target.place).about(arn).with(detail));
}

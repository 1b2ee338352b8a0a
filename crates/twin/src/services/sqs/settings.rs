//! What a queue can be told, and what it is if it is not told.

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use crate::{call::Call, failure::Failure, store::Resource};

/// Numbers: name, least, most, default.
const NUMBERS: [(&str, i64, i64, i64); 6] = [
    ("DelaySeconds", 0, 900, 0),
    ("MaximumMessageSize", 1024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400, 300),
];

const FLAGS: [&str; 2] = ["ContentBasedDeduplication", "SqsManagedSseEnabled"];
const TEXTS: [&str; 4] = ["KmsMasterKeyId", "Policy", "RedrivePolicy", "RedriveAllowPolicy"];
const CHOICES: [(&str, [&str; 2]); 2] = [
    ("DeduplicationScope", ["messageGroup", "queue"]),
    ("FifoThroughputLimit", ["perQueue", "perMessageGroupId"]),
];

/// The attributes in a call, each of which a queue must be able to have.
pub(super) fn read(call: &Call, in_order: bool) -> Result<Object, Failure> {
    let mut read = Object::new();
    let Some(given) = call.object("Attributes") else { return Ok(read) };
    for (name, value) in given.iter() {
        let text = value.as_str().unwrap_or_default();
        check(name, text, in_order)?;
        read.insert(name, text);
    }
    Ok(read)
}

fn check(name: &str, text: &str, in_order: bool) -> Result<(), Failure> {
    let wrong = || {
        let message = format!("Invalid value for the parameter {name}.");
        Err(Failure::new("InvalidAttributeValue", message))
    };
    let unknown =
        || Err(Failure::new("InvalidAttributeName", format!("Unknown Attribute {name}.")));
    if let Some((_, least, most, _)) = NUMBERS.iter().find(|(known, ..)| *known == name) {
        let number = text.parse::<i64>();
        let fits = number.is_ok_and(|number| (*least..=*most).contains(&number));
        return if fits { Ok(()) } else { wrong() };
    }
    if let Some((_, choices)) = CHOICES.iter().find(|(known, _)| *known == name) {
        if !in_order {
            return unknown();
        }
        return if choices.contains(&text) { Ok(()) } else { wrong() };
    }
    match name {
        "FifoQueue" if in_order && text == "true" => Ok(()),
        "FifoQueue" => unknown(),
        "ContentBasedDeduplication" if !in_order => unknown(),
        "RedrivePolicy" if !text.is_empty() => redrive(text).map(|_| ()).map_or_else(wrong, Ok),
        "Policy" | "RedriveAllowPolicy" if !text.is_empty() => {
            let is_object = serde_json::from_str::<serde_json::Value>(text)
                .is_ok_and(|policy| policy.is_object());
            if is_object { Ok(()) } else { wrong() }
        }
        _ if FLAGS.contains(&name) => {
            if ["true", "false"].contains(&text) {
                Ok(())
            } else {
                wrong()
            }
        }
        _ if TEXTS.contains(&name) => Ok(()),
        _ => unknown(),
    }
}

/// The dead-letter queue of a redrive policy, and after how many receives a message goes there.
pub(super) fn redrive(policy: &str) -> Option<(String, i64)> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let target = policy.get("deadLetterTargetArn")?.as_str()?.to_owned();
    let most = policy.get("maxReceiveCount")?;
    let most = most.as_i64().or_else(|| most.as_str()?.parse().ok())?;
    (1..=1000).contains(&most).then_some((target, most))
}

/// A number of a queue.
pub(super) fn number(queue: &Resource, name: &str) -> i64 {
    let usual = NUMBERS.iter().find(|(known, ..)| *known == name).map_or(0, |row| row.3);
    queue.fact(name).and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A length of time of a queue.
pub(super) fn seconds(queue: &Resource, name: &str) -> SignedDuration {
    SignedDuration::from_secs(number(queue, name))
}

/// Every setting of a queue, as `GetQueueAttributes` shows it.
pub(super) fn shown(queue: &Resource) -> Object {
    let mut shown = Object::new();
    for (name, .., usual) in NUMBERS {
        if name != "KmsDataKeyReusePeriodSeconds" || queue.fact("KmsMasterKeyId").is_some() {
            shown.insert(name, usual.to_string());
        }
    }
    shown.insert("SqsManagedSseEnabled", "true");
    for (name, value) in queue.facts.iter() {
        if value.as_str().is_some_and(|text| !text.is_empty()) {
            shown.insert(name, value.clone());
        }
    }
    if queue.fact("KmsMasterKeyId").is_some_and(|key| !key.is_empty()) {
        shown.insert("SqsManagedSseEnabled", "false");
    }
    for member in ["CreatedTimestamp", "LastModifiedTimestamp"] {
        if let Some(time) = queue.value(member).and_then(Value::as_timestamp) {
            shown.insert(member, time.as_second().to_string());
        }
    }
    shown
}

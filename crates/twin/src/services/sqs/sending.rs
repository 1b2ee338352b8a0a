//! Messages into queues.

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{Found, queue, settings, text};
use crate::{
    call::{Answer, Call},
    digest::sha256,
    failure::Failure,
    messages::{Message, md5_of_attributes, md5_of_text, sequence_number},
    world::World,
};

/// For how long a queue that is first in, first out remembers what it got.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

/// How many attributes a message may have.
const MOST_ATTRIBUTES: usize = 10;

pub(super) fn send(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    send_one(call, world, &queue, &call.input)
}

/// Sends what one entry says; an entry is a whole call or one of a batch.
pub(super) fn send_one(call: &Call, world: &mut World, queue: &Found, entry: &Value) -> Answer {
    let body = text(entry, "MessageBody").ok_or_else(|| {
        let message = "The request must contain the parameter MessageBody.";
        Failure::new("MissingParameter", message)
    })?;
    let none = Object::new();
    let attributes = entry.get("MessageAttributes").and_then(Value::as_object).unwrap_or(&none);
    check(call, world, queue, (body, attributes))?;
    let resource = queue.resource(world)?;
    let delay = match entry.get("DelaySeconds").and_then(Value::as_i64) {
        Some(seconds) if !(0..=900).contains(&seconds) => {
            return Err(call.invalid(format!(
                "Value {seconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )));
        }
        Some(seconds) if queue.in_order() && seconds > 0 => {
            return Err(call.invalid(format!(
                "Value {seconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."
            )));
        }
        Some(seconds) => SignedDuration::from_secs(seconds),
        None => settings::seconds(resource, "DelaySeconds"),
    };
    let (group, deduplication) = order(call, queue, resource, entry)?;
    let system = entry.path("MessageSystemAttributes.AWSTraceHeader.StringValue");
    let trace = system.and_then(Value::as_str).map(str::to_owned);
    if let Some(key) = &deduplication
        && let Some(sent) = world.messages.queue(&queue.arn).duplicate(key, call.now - REMEMBERED)
    {
        return Ok(receipt(body, attributes, &sent.id, Some(sent.sequence)));
    }
    let mut message = Message::new(world.uuid(), body, &call.caller.user_id, call.now);
    message.attributes = attributes.clone();
    message.visible = call.now + delay;
    (message.group, message.deduplication, message.trace) = (group, deduplication, trace);
    let sent = world.messages.queue(&queue.arn).send(message);
    Ok(receipt(body, attributes, &sent.id, queue.in_order().then_some(sent.sequence)))
}

fn check(
    call: &Call,
    world: &World,
    queue: &Found,
    (body, attributes): (&str, &Object),
) -> Result<(), Failure> {
    let most = settings::number(queue.resource(world)?, "MaximumMessageSize");
    let mut size = body.len();
    if attributes.len() > MOST_ATTRIBUTES {
        let message = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [10].",
            attributes.len()
        );
        return Err(call.invalid(message));
    }
    for (name, attribute) in attributes.iter() {
        let kind = text(attribute, "DataType").unwrap_or_default();
        if !["String", "Number", "Binary"].contains(&kind.split('.').next().unwrap_or_default()) {
            let message = format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            );
            return Err(call.invalid(message));
        }
        let value = text(attribute, "StringValue").map_or(0, str::len)
            + attribute.get("BinaryValue").and_then(Value::as_blob).map_or(0, <[u8]>::len);
        if value == 0 {
            let message = format!(
                "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'."
            );
            return Err(call.invalid(message));
        }
        size += name.as_str().len() + kind.len() + value;
    }
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if !body.chars().all(allowed) {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(Failure::new("InvalidMessageContents", message));
    }
    if i64::try_from(size).unwrap_or(i64::MAX) > most {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        );
        return Err(call.invalid(message));
    }
    Ok(())
}

/// The group of a message, and by what it is known again; a standard queue may have groups for fairness.
fn order(
    call: &Call,
    queue: &Found,
    resource: &crate::store::Resource,
    entry: &Value,
) -> Result<(Option<String>, Option<String>), Failure> {
    let group = text(entry, "MessageGroupId").map(str::to_owned);
    let given = text(entry, "MessageDeduplicationId").map(str::to_owned);
    if !queue.in_order() {
        if let Some(given) = given {
            return Err(call.invalid(format!(
                "Value {given} for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type."
            )));
        }
        return Ok((group, None));
    }
    if group.is_none() {
        let message = "The request must contain the parameter MessageGroupId.";
        return Err(Failure::new("MissingParameter", message));
    }
    let by_content = resource.fact("ContentBasedDeduplication") == Some("true");
    let body = text(entry, "MessageBody").unwrap_or_default();
    let key = given.or_else(|| by_content.then(|| hex::encode(sha256(body.as_bytes()))));
    let key = key.ok_or_else(|| {
        call.invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
    })?;
    let scoped = resource.fact("DeduplicationScope") == Some("messageGroup");
    let key = match &group {
        Some(group) if scoped => format!("{group}/{key}"),
        _ => key,
    };
    Ok((group, Some(key)))
}

fn receipt(body: &str, attributes: &Object, id: &str, sequence: Option<u64>) -> Value {
    let mut receipt =
        Object::from_iter([("MessageId", id), ("MD5OfMessageBody", &md5_of_text(body))]);
    if let Some(digest) = md5_of_attributes(attributes) {
        receipt.insert("MD5OfMessageAttributes", digest);
    }
    if let Some(sequence) = sequence {
        receipt.insert("SequenceNumber", sequence_number(sequence));
    }
    receipt.into()
}

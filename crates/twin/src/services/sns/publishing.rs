//! What is published, once or in batches.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    TOPIC,
    delivery::{self, Publication},
    topic,
};
use crate::{
    call::{Answer, Call},
    digest::sha256,
    failure::Failure,
    messages::{Delivery, sequence_number},
    services::sqs,
    store::Place,
    value::object,
    world::World,
};

const LARGEST: usize = 262_144;
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn publish(call: &Call, world: &mut World) -> Answer {
    if let Some(number) = call.text("PhoneNumber") {
        let message = call.required("Message")?;
        let id = world.uuid();
        world.messages.post(Delivery {
            at: call.now,
            protocol: "sms".to_owned(),
            endpoint: number.to_owned(),
            from: call.caller.arn.clone(),
            subject: None,
            body: message.to_owned(),
        });
        return Ok(Value::from_iter([("MessageId", id)]));
    }
    let member = if call.text("TopicArn").is_some() { "TopicArn" } else { "TargetArn" };
    let (place, name) = topic(call, world, member)?;
    publish_one(call, world, (&place, &name), &call.input)
}

fn publish_one(
    call: &Call,
    world: &mut World,
    (place, name): (&Place, &str),
    entry: &Value,
) -> Answer {
    let text = |member: &str| {
        entry.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let message =
        text("Message").ok_or_else(|| call.invalid("Invalid parameter: Empty message"))?;
    if message.len() > LARGEST {
        return Err(call.invalid("Invalid parameter: Message too long"));
    }
    let subject = text("Subject");
    if subject.as_ref().is_some_and(|subject| subject.len() > 100 || subject.contains('\n')) {
        return Err(call.invalid("Invalid parameter: Subject"));
    }
    let structured = text("MessageStructure").is_some_and(|structure| structure == "json");
    if structured {
        let parsed: Option<serde_json::Value> = serde_json::from_str(&message).ok();
        let has_default = parsed
            .as_ref()
            .ok_or_else(|| {
                call.invalid(
                    "Invalid parameter: Message Structure - JSON message body failed to parse",
                )
            })?
            .get("default")
            .is_some();
        if !has_default {
            let message =
                "Invalid parameter: Message Structure - No default entry in JSON message body";
            return Err(call.invalid(message));
        }
    }
    let arn = place.arn_of(&TOPIC, name);
    let group = text("MessageGroupId");
    let key =
        order(call, world, (place, name), &message, (&group, text("MessageDeduplicationId")))?;
    if let Some(key) = &key
        && let Some(sent) = world.messages.queue(&arn).duplicate(key, call.now - REMEMBERED)
    {
        return Ok(answer(&sent.id, Some(sent.sequence)));
    }
    let id = world.uuid();
    let in_order = sqs::is_ordered(name);
    let sent = world.messages.queue(&arn).note(id.clone(), key.clone(), call.now);
    let none = Object::new();
    let attributes = entry.get("MessageAttributes").and_then(Value::as_object);
    let publication = Publication {
        id: id.clone(),
        topic: arn,
        message,
        structured,
        subject,
        attributes: attributes.unwrap_or(&none).clone(),
        group,
        deduplication: key,
    };
    delivery::deliver(world, place, &publication);
    Ok(answer(&id, in_order.then_some(sent.sequence)))
}

/// By what a message is known again; only topics that are first in, first out remember.
fn order(
    call: &Call,
    world: &World,
    (place, name): (&Place, &str),
    message: &str,
    (group, given): (&Option<String>, Option<String>),
) -> Result<Option<String>, Failure> {
    if !sqs::is_ordered(name) {
        if given.is_some() {
            let message = "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type";
            return Err(call.invalid(message));
        }
        return Ok(None);
    }
    if group.is_none() {
        let message = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics";
        return Err(call.invalid(message));
    }
    let topic = world.get(place, name);
    let by_content =
        topic.and_then(|topic| topic.fact("ContentBasedDeduplication")) == Some("true");
    given
        .or_else(|| by_content.then(|| hex::encode(sha256(message.as_bytes()))))
        .map(Some)
        .ok_or_else(|| {
            call.invalid("Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
        })
}

fn answer(id: &str, sequence: Option<u64>) -> Value {
    let mut answer = Object::from_iter([("MessageId", id)]);
    if let Some(sequence) = sequence {
        answer.insert("SequenceNumber", sequence_number(sequence));
    }
    answer.into()
}

pub(super) fn publish_batch(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let entries = call.list("PublishBatchRequestEntries");
    check_batch(entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let id = entry.text("Id");
        match publish_one(call, world, (&place, &name), entry) {
            Ok(answer) => {
                let mut answer = answer.as_object().cloned().unwrap_or_default();
                answer.insert("Id", id);
                successful.push(Value::from(answer));
            }
            Err(failure) => failed.push(Value::from(object!(
                "Id": (id),
                "Code": (failure.code),
                "Message": (failure.message),
                "SenderFault": true,
            ))),
        }
    }
    Ok(Object::from_iter([("Successful", successful), ("Failed", failed)]).into())
}

fn check_batch(entries: &[Value]) -> Result<(), Failure> {
    let mut ids = BTreeSet::new();
    let (code, message) = if entries.is_empty() {
        ("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    } else if entries.len() > 10 {
        (
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        )
    } else if !entries.iter().all(|entry| ids.insert(entry.get("Id").and_then(Value::as_str))) {
        ("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    } else {
        return Ok(());
    };
    Err(Failure::new(code, message))
}

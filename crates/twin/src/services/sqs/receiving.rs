//! Messages out of queues.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{Found, empty, named, queue, queues, settings, text};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    messages::{md5_of_attributes, md5_of_text},
    world::World,
};

/// Hands out what can be seen. A caller who would wait for messages is answered at once: while it waits, no time passes.
pub(super) fn receive(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let count = call.integer("MaxNumberOfMessages").unwrap_or(1);
    let Some(count) = usize::try_from(count).ok().filter(|count| (1..=10).contains(count)) else {
        return Err(call.invalid(format!(
            "Value {count} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
        )));
    };
    if let Some(wait) = call.integer("WaitTimeSeconds").filter(|wait| !(0..=20).contains(wait)) {
        return Err(call.invalid(format!(
            "Value {wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
        )));
    }
    let resource = queue.resource(world)?;
    let hidden = match call.integer("VisibilityTimeout") {
        Some(seconds) => visibility(call, seconds)?,
        None => settings::seconds(resource, "VisibilityTimeout"),
    };
    let redrive = resource.fact("RedrivePolicy").and_then(settings::redrive);
    let oldest = queues::retained_since(call, resource);
    world.messages.queue(&queue.arn).expire(oldest);
    bury(world, call, &queue, redrive.as_ref());
    let messages = world.messages.queue(&queue.arn);
    let mut shown = Vec::new();
    for sequence in messages.available(call.now, count, queue.in_order()) {
        messages.receive(sequence, call.now, call.now + hidden);
        shown.extend(show(call, messages, &queue, sequence));
    }
    if shown.is_empty() {
        return Ok(empty());
    }
    Ok(Value::from_iter([("Messages", shown)]))
}

/// Messages that were received too often go to the dead-letter queue.
fn bury(world: &mut World, call: &Call, queue: &Found, redrive: Option<&(String, i64)>) {
    let Some((dead, most)) = redrive else { return };
    let Some(target) = named(world, dead) else { return };
    loop {
        let messages = world.messages.queue(&queue.arn);
        let available = messages.available(call.now, 10, queue.in_order());
        let spent: Vec<u64> = available
            .into_iter()
            .filter(|sequence| messages.get(*sequence).is_some_and(|found| found.receives >= *most))
            .collect();
        if spent.is_empty() {
            return;
        }
        for sequence in spent {
            if let Some(mut message) = messages_of(world, queue).remove(sequence) {
                message.came_from = Some(queue.arn.clone());
                message.receives = 0;
                message.first_received = None;
                message.visible = call.now;
                world.messages.queue(&target.arn).send(message);
            }
        }
    }
}

fn messages_of<'w>(world: &'w mut World, queue: &Found) -> &'w mut crate::messages::Queue {
    world.messages.queue(&queue.arn)
}

fn show(
    call: &Call,
    messages: &crate::messages::Queue,
    queue: &Found,
    sequence: u64,
) -> Option<Value> {
    let message = messages.get(sequence)?;
    let handle = STANDARD.encode(format!(
        "{} {} {} {sequence} {}",
        message.id, queue.arn, message.id, message.receives
    ));
    let mut shown = Object::from_iter([
        ("MessageId", message.id.clone()),
        ("ReceiptHandle", handle),
        ("MD5OfBody", md5_of_text(&message.body)),
        ("Body", message.body.clone()),
    ]);
    let mut wanted = call.texts("AttributeNames");
    wanted.extend(call.texts("MessageSystemAttributeNames"));
    let system: Object = message
        .system_attributes(sequence)
        .into_iter()
        .filter(|(name, _)| wanted.contains(&"All") || wanted.contains(&name.as_str()))
        .collect();
    if !system.is_empty() {
        shown.insert("Attributes", system);
    }
    let wanted = call.texts("MessageAttributeNames");
    let attributes: Object = message
        .attributes
        .iter()
        .filter(|(name, _)| wanted.iter().any(|pattern| names(pattern, name.as_str())))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(digest) = md5_of_attributes(&attributes) {
        shown.insert("MD5OfMessageAttributes", digest);
        shown.insert("MessageAttributes", attributes);
    }
    Some(shown.into())
}

/// `All` and `.*` name every attribute, `prefix.*` those that begin so.
fn names(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix(".*") {
        _ if pattern == "All" || pattern == ".*" => true,
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    delete_one(call, world, &queue, &call.input)
}

pub(super) fn delete_one(_: &Call, world: &mut World, queue: &Found, entry: &Value) -> Answer {
    let sequence = sequence(queue, entry)?;
    // A message that is gone already is no error.
    world.messages.queue(&queue.arn).remove(sequence);
    Ok(empty())
}

pub(super) fn change_visibility(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    hide_one(call, world, &queue, &call.input)
}

pub(super) fn hide_one(call: &Call, world: &mut World, queue: &Found, entry: &Value) -> Answer {
    let seconds = entry.get("VisibilityTimeout").and_then(Value::as_i64).unwrap_or(0);
    let hidden = visibility(call, seconds)?;
    let sequence = sequence(queue, entry)?;
    let messages = world.messages.queue(&queue.arn);
    match messages.get(sequence) {
        None => Err(call.invalid(format!(
            "Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.",
            text(entry, "ReceiptHandle").unwrap_or_default()
        ))),
        Some(message) if message.visible <= call.now => Err(Failure::new(
            "AWS.SimpleQueueService.MessageNotInflight",
            "The specified message isn't in flight.",
        )),
        Some(_) => {
            messages.hide(sequence, call.now + hidden);
            Ok(empty())
        }
    }
}

fn visibility(call: &Call, seconds: i64) -> Result<SignedDuration, Failure> {
    if (0..=43_200).contains(&seconds) {
        return Ok(SignedDuration::from_secs(seconds));
    }
    Err(call.invalid(format!(
        "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided."
    )))
}

/// Which message a receipt handle is of.
fn sequence(queue: &Found, entry: &Value) -> Result<u64, Failure> {
    let handle = text(entry, "ReceiptHandle").unwrap_or_default();
    let read = || {
        let decoded = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
        let mut parts = decoded.split(' ').skip(1);
        let arn = parts.next()?;
        let sequence = parts.nth(1)?.parse().ok()?;
        (arn == queue.arn).then_some(sequence)
    };
    read().ok_or_else(|| {
        let message =
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
        Failure::new("ReceiptHandleIsInvalid", message).with_status(404)
    })
}

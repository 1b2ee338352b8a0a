//! Queues: made, listed, told things, purged, tagged.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{Found, QUEUE, empty, found, queue, settings, url_of};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_map,
    page::Paging,
    store::{Resource, facts},
    tagging,
    value::object,
    world::World,
};

const PAGES: Paging = Paging::of("MaxResults", "NextToken", (1000, 1000), "InvalidParameterValue");

const COUNTS: [&str; 3] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
];

/// How long after a purge there may not be another.
const PURGE_REST: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("QueueName")?;
    let in_order = call
        .object("Attributes")
        .and_then(|given| given.get("FifoQueue"))
        .is_some_and(|given| given.as_str() == Some("true"));
    check_name(call, name, in_order)?;
    let attributes = settings::read(call, in_order)?;
    let place = call.place(&QUEUE);
    if let Some(present) = world.get(&place, name) {
        for (attribute, wanted) in attributes.iter() {
            let shown = settings::shown(present);
            if shown.get(attribute) != Some(wanted) {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {attribute}"
                );
                return Err(Failure::new("QueueAlreadyExists", message));
            }
        }
        return Ok(Value::from_iter([("QueueUrl", url_of(&place, name))]));
    }
    let tags = tagging::checked(call, tagging::mapped(call, "tags"))?;
    let mut described = object!(
        "CreatedTimestamp": (call.now),
        "LastModifiedTimestamp": (call.now),
    );
    for (name, value) in attributes {
        described.insert(name, value);
    }
    world.put(place.clone(), name, Resource::new(facts(described), Arc::new(tags)));
    Ok(Value::from_iter([("QueueUrl", url_of(&place, name))]))
}

fn check_name(call: &Call, name: &str, in_order: bool) -> Result<(), Failure> {
    let stem = name.strip_suffix(".fifo").filter(|_| in_order).unwrap_or(name);
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    if in_order && !super::is_ordered(name) {
        let message = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.";
        return Err(call.invalid(message));
    }
    if stem.is_empty() || name.len() > 80 || !stem.chars().all(valid) {
        let message =
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(call.invalid(message));
    }
    Ok(())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    world.remove(&queue.place, &queue.name);
    world.messages.forget(&queue.arn);
    Ok(empty())
}

pub(super) fn url(call: &Call, world: &mut World) -> Answer {
    let mut place = call.place(&QUEUE);
    if let Some(owner) = call.text("QueueOwnerAWSAccountId") {
        place.account = owner.parse().map_err(|_| QUEUE.missing.failure(owner))?;
    }
    let queue = found(world, place, call.required("QueueName")?)?;
    Ok(Value::from_iter([("QueueUrl", url_of(&queue.place, &queue.name))]))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let prefix = call.text("QueueNamePrefix").unwrap_or_default();
    listed(call, world, "QueueUrls", |name, _| name.starts_with(prefix))
}

pub(super) fn list_sources(call: &Call, world: &mut World) -> Answer {
    let target = queue(call, world)?.arn;
    listed(call, world, "queueUrls", |_, resource| {
        let policy = resource.fact("RedrivePolicy").and_then(settings::redrive);
        policy.is_some_and(|(dead, _)| dead == target)
    })
}

/// A page of the URLs of queues; a token only if the caller asked for pages.
fn listed(
    call: &Call,
    world: &World,
    member: &str,
    keep: impl Fn(&str, &Resource) -> bool,
) -> Answer {
    let place = call.place(&QUEUE);
    let mut output = PAGES.list((call, world), (&QUEUE, member), keep, |name, _, _| {
        Value::from(url_of(&place, name))
    })?;
    if call.integer("MaxResults").is_none()
        && let Some(output) = output.as_object_mut()
    {
        output.remove("NextToken");
    }
    Ok(output)
}

pub(super) fn attributes(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let resource = queue.resource(world)?;
    let mut known = settings::shown(resource);
    known.insert("QueueArn", &queue.arn);
    let oldest = retained_since(call, resource);
    let messages = world.messages.queue(&queue.arn);
    messages.expire(oldest);
    let counts = messages.counts(call.now);
    for (name, count) in COUNTS.iter().zip([counts.visible, counts.in_flight, counts.delayed]) {
        known.insert(*name, count.to_string());
    }
    let wanted = call.texts("AttributeNames");
    let all = wanted.contains(&"All");
    let special = ["RedriveAllowPolicy", "RedrivePolicy", "Policy", "KmsMasterKeyId"];
    for name in &wanted {
        if *name != "All" && !known.contains(name) && !known_name(name, &special) {
            let message = format!("Unknown Attribute {name}.");
            return Err(Failure::new("InvalidAttributeName", message));
        }
    }
    let shown: Object =
        known.into_iter().filter(|(name, _)| all || wanted.contains(&name.as_str())).collect();
    if shown.is_empty() {
        return Ok(empty());
    }
    Ok(Value::from_iter([("Attributes", shown)]))
}

fn known_name(name: &str, special: &[&str]) -> bool {
    special.contains(&name)
        || [
            "FifoQueue",
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "FifoThroughputLimit",
            "KmsDataKeyReusePeriodSeconds",
        ]
        .contains(&name)
}

/// Before when messages are too old to be kept.
pub(super) fn retained_since(call: &Call, queue: &Resource) -> jiff::Timestamp {
    call.now - settings::seconds(queue, "MessageRetentionPeriod")
}

pub(super) fn set_attributes(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let attributes = settings::read(call, queue.in_order())?;
    if attributes.contains("FifoQueue") {
        let message = "Unknown Attribute FifoQueue.";
        return Err(Failure::new("InvalidAttributeName", message));
    }
    if let Some((dead, _)) =
        attributes.get("RedrivePolicy").and_then(Value::as_str).and_then(settings::redrive)
    {
        check_dead_letter_queue(call, world, &queue, &dead)?;
    }
    let now = call.now;
    world.change(&queue.place, &queue.name, |facts| {
        for (name, value) in attributes {
            facts.insert(name, value);
        }
        facts.insert("LastModifiedTimestamp", now);
    });
    Ok(empty())
}

fn check_dead_letter_queue(
    call: &Call,
    world: &World,
    queue: &Found,
    dead: &str,
) -> Result<(), Failure> {
    let refused = |reason: &str| {
        let policy = call.object("Attributes").and_then(|given| given.get("RedrivePolicy"));
        let policy = policy.and_then(Value::as_str).unwrap_or_default();
        let message =
            format!("Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}");
        Err(call.invalid(message))
    };
    match super::named(world, dead) {
        None => refused("Dead letter target does not exist."),
        Some(target) if target.in_order() != queue.in_order() => {
            refused("Dead-letter queue must be same type of queue as the source.")
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn purge(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let last = queue.resource(world)?.inside.get("Purged").and_then(Value::as_timestamp);
    if last.is_some_and(|last| call.now < last + PURGE_REST) {
        let message =
            format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name);
        let code = "AWS.SimpleQueueService.PurgeQueueInProgress";
        return Err(Failure::new(code, message).with_status(403));
    }
    world.messages.queue(&queue.arn).clear();
    let now = call.now;
    world.set_inside(&queue.place, &queue.name, "Purged", now);
    Ok(empty())
}

/// The policy of a queue as a document, an empty one if it has none.
fn policy(world: &World, queue: &Found) -> Result<serde_json::Value, Failure> {
    let text = queue.resource(world)?.fact("Policy").filter(|text| !text.is_empty());
    let usual = serde_json::json!({
        "Version": "2012-10-17",
        "Id": format!("{}/SQSDefaultPolicy", queue.arn),
        "Statement": [],
    });
    Ok(text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(usual))
}

pub(super) fn add_permission(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let mut policy = policy(world, &queue)?;
    let label = call.required("Label")?;
    let statements = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut);
    let Some(statements) = statements else { return Err(call.invalid("The policy is invalid.")) };
    if statements.iter().any(|statement| statement.get("Sid").is_some_and(|sid| sid == label)) {
        return Err(call.invalid(format!(
            "Value {label} for parameter Label is invalid. Reason: Already exists."
        )));
    }
    let principals: Vec<String> = call
        .texts("AWSAccountIds")
        .iter()
        .map(|account| format!("arn:aws:iam::{account}:root"))
        .collect();
    let actions: Vec<String> =
        call.texts("Actions").iter().map(|action| format!("SQS:{action}")).collect();
    statements.push(serde_json::json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Action": actions,
        "Resource": queue.arn,
    }));
    keep_policy(call, world, &queue, &policy);
    Ok(empty())
}

pub(super) fn remove_permission(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let mut policy = policy(world, &queue)?;
    let label = call.required("Label")?;
    let statements = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut);
    let before = statements.as_ref().map_or(0, |statements| statements.len());
    let mut after = before;
    if let Some(statements) = statements {
        statements.retain(|statement| statement.get("Sid").is_none_or(|sid| sid != label));
        after = statements.len();
    }
    if before == after {
        return Err(call.invalid(format!(
            "Value {label} for parameter Label is invalid. Reason: can't find label on existing policy."
        )));
    }
    keep_policy(call, world, &queue, &policy);
    Ok(empty())
}

fn keep_policy(call: &Call, world: &mut World, queue: &Found, policy: &serde_json::Value) {
    let (text, now) = (policy.to_string(), call.now);
    world.change(&queue.place, &queue.name, |facts| {
        facts.insert("Policy", text);
        facts.insert("LastModifiedTimestamp", now);
    });
}

pub(super) fn tag(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let given: BTreeMap<String, String> = tagging::mapped(call, "Tags").into_iter().collect();
    let given: Vec<(String, String)> = given.into_iter().collect();
    let tags = tagging::with(call, queue.resource(world)?, &given)?;
    set_tags(world, &queue, tags);
    Ok(empty())
}

pub(super) fn untag(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let tags = tagging::without(call, queue.resource(world)?, &call.texts("TagKeys"))?;
    set_tags(world, &queue, tags);
    Ok(empty())
}

fn set_tags(world: &mut World, queue: &Found, tags: Tags) {
    if let Some(resource) = world.store.get_mut(&queue.place, &queue.name) {
        resource.set_tags(tags);
    }
}

pub(super) fn list_tags(call: &Call, world: &mut World) -> Answer {
    let queue = queue(call, world)?;
    let tags = &queue.resource(world)?.tags;
    if tags.is_empty() {
        return Ok(empty());
    }
    Ok(Value::from_iter([("Tags", tag_map(tags))]))
}

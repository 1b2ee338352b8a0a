//! Amazon Simple Queue Service: standard queues and queues that are first in, first out.
//!
//! Settings are attributes of the queue's resource, messages are in [`crate::messages`].

mod batches;
mod moving;
mod queues;
mod receiving;
mod sending;
mod settings;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Missing},
    store::{Place, Resource},
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "sqs",
    signing_name: "sqs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "sqs",
    invalid: "InvalidParameterValue",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&QUEUE],
    operations: &[
        ("CreateQueue", Action::Own(queues::create)),
        ("DeleteQueue", Action::Own(queues::delete)),
        ("GetQueueUrl", Action::Own(queues::url)),
        ("ListQueues", Action::Own(queues::list)),
        ("ListDeadLetterSourceQueues", Action::Own(queues::list_sources)),
        ("GetQueueAttributes", Action::Own(queues::attributes)),
        ("SetQueueAttributes", Action::Own(queues::set_attributes)),
        ("PurgeQueue", Action::Own(queues::purge)),
        ("AddPermission", Action::Own(queues::add_permission)),
        ("RemovePermission", Action::Own(queues::remove_permission)),
        ("TagQueue", Action::Own(queues::tag)),
        ("UntagQueue", Action::Own(queues::untag)),
        ("ListQueueTags", Action::Own(queues::list_tags)),
        ("SendMessage", Action::Own(sending::send)),
        ("SendMessageBatch", Action::Own(batches::send)),
        ("ReceiveMessage", Action::Own(receiving::receive)),
        ("DeleteMessage", Action::Own(receiving::delete)),
        ("DeleteMessageBatch", Action::Own(batches::delete)),
        ("ChangeMessageVisibility", Action::Own(receiving::change_visibility)),
        ("ChangeMessageVisibilityBatch", Action::Own(batches::change_visibility)),
        ("StartMessageMoveTask", Action::Own(moving::start)),
        ("ListMessageMoveTasks", Action::Own(moving::list)),
        ("CancelMessageMoveTask", Action::Own(moving::cancel)),
    ],
    tasks: &[("sqs:move-messages", moving::finish)],
};

/// A queue.
pub(crate) static QUEUE: Definition = Definition {
    resource_type: "AWS::SQS::Queue",
    tagging_type: "sqs",
    arn: "arn:{partition}:sqs:{region}:{account}:{id}",
    missing: Missing::new(
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "CreatedTimestamp": sample.created(),
            "VisibilityTimeout": "30",
        })
    }),
    ..Definition::OF
};

/// Where a queue is.
struct Found {
    place: Place,
    name: String,
    arn: String,
}

impl Found {
    fn resource<'w>(&self, world: &'w World) -> Result<&'w Resource, Failure> {
        world.get(&self.place, &self.name).ok_or_else(|| QUEUE.missing.failure(&self.name))
    }

    fn in_order(&self) -> bool {
        is_ordered(&self.name)
    }
}

/// The queue that a call is about. URLs say the account, so that those of other accounts can be used.
fn queue(call: &Call, world: &World) -> Result<Found, Failure> {
    let url = call.required("QueueUrl")?;
    let mut parts = url.rsplit('/');
    let name = parts.next().unwrap_or_default().to_owned();
    let mut place = call.place(&QUEUE);
    if let Some(account) = parts.next().and_then(|account| account.parse().ok()) {
        place.account = account;
    }
    found(world, place, &name)
}

/// The queue of this name at a place.
fn found(world: &World, place: Place, name: &str) -> Result<Found, Failure> {
    if world.get(&place, name).is_none() {
        return Err(QUEUE.missing.failure(name));
    }
    let arn = place.arn_of(&QUEUE, name);
    Ok(Found { name: name.to_owned(), arn, place })
}

/// The queue with this ARN.
fn named(world: &World, arn: &str) -> Option<Found> {
    let (place, name) = world.store.parse(arn).filter(|(place, _)| place.kind == &QUEUE)?;
    found(world, place, &name).ok()
}

/// Whether a queue or topic of this name or ARN is first in, first out.
pub(crate) fn is_ordered(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}

/// The URL of a queue.
pub(crate) fn url_of(place: &Place, name: &str) -> String {
    let domain = if place.region.as_str().starts_with("cn-") { ".cn" } else { "" };
    format!("https://sqs.{}.amazonaws.com{domain}/{}/{name}", place.region, place.account)
}

fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn empty() -> Value {
    Value::Object(Object::new())
}

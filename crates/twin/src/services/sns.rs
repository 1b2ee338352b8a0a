//! Amazon Simple Notification Service: topics, subscriptions and what is published.
//!
//! Queues and functions get their messages through their own services. What would leave AWS (mail, calls of HTTP
//! endpoints, text messages) is put in the twin's outbox, also the requests to confirm a subscription.

mod delivery;
mod publishing;
mod subscriptions;
mod topics;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    store::{Place, Resource},
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "sns",
    signing_name: "sns",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "sns",
    invalid: "InvalidParameter",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "InvalidParameter",
        too_many: "TagLimitExceeded",
        duplicate: "InvalidParameter",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&TOPIC, &SUBSCRIPTION],
    operations: &[
        ("CreateTopic", Action::Own(topics::create)),
        ("DeleteTopic", Action::Own(topics::delete)),
        ("ListTopics", Action::Own(topics::list)),
        ("GetTopicAttributes", Action::Own(topics::attributes)),
        ("SetTopicAttributes", Action::Own(topics::set_attributes)),
        ("AddPermission", Action::Own(topics::add_permission)),
        ("RemovePermission", Action::Own(topics::remove_permission)),
        ("Subscribe", Action::Own(subscriptions::subscribe)),
        ("ConfirmSubscription", Action::Own(subscriptions::confirm)),
        ("Unsubscribe", Action::Own(subscriptions::unsubscribe)),
        ("ListSubscriptions", Action::Own(subscriptions::list)),
        ("ListSubscriptionsByTopic", Action::Own(subscriptions::list_by_topic)),
        ("GetSubscriptionAttributes", Action::Own(subscriptions::attributes)),
        ("SetSubscriptionAttributes", Action::Own(subscriptions::set_attributes)),
        ("Publish", Action::Own(publishing::publish)),
        ("PublishBatch", Action::Own(publishing::publish_batch)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

static TAGS: TagAccess = TagAccess {
    arn: "ResourceArn",
    kinds: &[&TOPIC],
    tags: TagInput::List("Tags"),
    keys: "TagKeys",
    output: "Tags",
    missing: Some(Missing::new("ResourceNotFound", "Resource does not exist").with_status(404)),
};

/// A topic.
pub(crate) static TOPIC: Definition = Definition {
    resource_type: "AWS::SNS::Topic",
    tagging_type: "sns",
    arn: "arn:{partition}:sns:{region}:{account}:{id}",
    identity: &[("TopicArn", Identity::Arn)],
    missing: Missing::new("NotFound", "Topic does not exist").with_status(404),
    sample: Some(|sample| serde_json::json!({"DisplayName": sample.id})),
    ..Definition::OF
};

/// A subscription: its id is the topic's name, a slash and a UUID. AWS writes a colon where the slash is.
pub(crate) static SUBSCRIPTION: Definition = Definition {
    resource_type: "AWS::SNS::Subscription",
    arn: "arn:{partition}:sns:{region}:{account}:subscription/{id}",
    missing: Missing::new("NotFound", "Subscription does not exist").with_status(404),
    ..Definition::OF
};

const PAGES: Paging = Paging::of("", "NextToken", (100, 100), "InvalidParameter");

fn empty() -> Value {
    Value::Object(Object::new())
}

/// The policy of a topic, if somebody gave it one.
pub(crate) fn policy_of(topic: &Resource) -> Option<String> {
    topic.fact("Policy").map(str::to_owned)
}

/// The topic that a call names by its ARN, which may be in another account.
fn topic(call: &Call, world: &World, member: &str) -> Result<(Place, String), Failure> {
    let arn = call.required(member)?;
    if arn.split(':').count() != 6 || arn.split(':').nth(2) != Some("sns") {
        let message = format!(
            "Invalid parameter: {member} Reason: An ARN must have at least 6 elements, not {}",
            arn.split(':').count()
        );
        return Err(call.invalid(message));
    }
    world.store.locate(arn).filter(|(place, _)| place.kind == &TOPIC).ok_or_else(|| {
        let name = arn.rsplit(':').next().unwrap_or_default();
        TOPIC.missing.failure(name)
    })
}

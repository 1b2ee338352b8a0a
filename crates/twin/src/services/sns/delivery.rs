//! From a topic to its subscribers.

use reeve_events::Pattern;
use reeve_model::Object;

use super::{SUBSCRIPTION, subscriptions::arn_of};
use crate::{
    bus::{Ask, permits},
    failure::Failure,
    messages::Delivery,
    services::{lambda, sqs},
    store::{Place, Resource},
    value::object,
    world::{Origin, World},
};

const BY: &str = "sns.amazonaws.com";

/// One message of a topic.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) id: String,
    pub(super) topic: String,
    pub(super) message: String,
    /// Whether the message is an object with a text for each protocol.
    pub(super) structured: bool,
    pub(super) subject: Option<String>,
    pub(super) attributes: Object,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
}

/// Hands a message to every confirmed subscriber whose filter lets it pass.
pub(super) fn deliver(world: &mut World, topic: &Place, publication: &Publication) {
    let shelf = topic.beside(&SUBSCRIPTION);
    let wanted: Vec<(String, Resource)> = world
        .shelf(&shelf)
        .iter()
        .filter(|(_, subscription)| {
            subscription.fact("TopicArn") == Some(&publication.topic)
                && subscription.inside.get("Token").is_none()
                && passes(subscription, publication)
        })
        .map(|(id, subscription)| (id.clone(), subscription.clone()))
        .collect();
    for (id, subscription) in wanted {
        let arn = arn_of(&shelf, &id);
        if let Err(failure) = send(world, (&arn, &subscription), publication) {
            tracing::debug!(code = failure.code, "a subscriber did not take a message");
            bury(world, (&arn, &subscription), publication);
        }
    }
}

/// Whether the filter policy of a subscription lets a message pass.
fn passes(subscription: &Resource, publication: &Publication) -> bool {
    let Some(policy) = subscription.fact("FilterPolicy") else { return true };
    let Ok(pattern) = Pattern::parse(policy) else { return true };
    if subscription.fact("FilterPolicyScope") == Some("MessageBody") {
        let body = serde_json::from_str(&publication.message);
        return body.is_ok_and(|body| pattern.matches(&body));
    }
    pattern.matches(&attributes_as_event(&publication.attributes))
}

fn attributes_as_event(attributes: &Object) -> serde_json::Value {
    let members = attributes.iter().map(|(name, attribute)| {
        let (kind, value) = (attribute.text("DataType"), attribute.text("StringValue"));
        let json = match kind {
            "Number" | "String.Array" => serde_json::from_str(value).ok(),
            _ => None,
        };
        (name.to_string(), json.unwrap_or_else(|| value.into()))
    });
    serde_json::Value::Object(members.collect())
}

impl Publication {
    /// The text for a protocol.
    fn text(&self, protocol: &str) -> String {
        if !self.structured {
            return self.message.clone();
        }
        let parsed: serde_json::Value = serde_json::from_str(&self.message).unwrap_or_default();
        let text = parsed.get(protocol).or_else(|| parsed.get("default"));
        text.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }

    /// The message in its envelope.
    fn envelope(&self, world: &World, subscription: &str, protocol: &str) -> serde_json::Value {
        let mut envelope = serde_json::json!({
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": self.topic,
            "Message": self.text(protocol),
            "Timestamp": world.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertURL": "https://sns.amazonaws.com/SimpleNotificationService-0000000000000000000000.pem",
            "UnsubscribeURL": format!("https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription}"),
        });
        let Some(members) = envelope.as_object_mut() else { return envelope };
        if let Some(subject) = &self.subject {
            members.insert("Subject".to_owned(), subject.as_str().into());
        }
        if !self.attributes.is_empty() {
            let shown = self.attributes.iter().map(|(name, attribute)| {
                let json = attribute.to_json();
                let value = json.get("StringValue").or_else(|| json.get("BinaryValue"));
                let shown = serde_json::json!({"Type": json.get("DataType"), "Value": value});
                (name.to_string(), shown)
            });
            members.insert(
                "MessageAttributes".to_owned(),
                shown.collect::<serde_json::Map<_, _>>().into(),
            );
        }
        envelope
    }
}

fn send(
    world: &mut World,
    (arn, subscription): (&str, &Resource),
    publication: &Publication,
) -> Result<(), Failure> {
    let protocol = subscription.fact("Protocol").unwrap_or_default();
    let endpoint = subscription.fact("Endpoint").unwrap_or_default();
    match protocol {
        "sqs" => to_queue(world, (arn, subscription), endpoint, publication),
        "lambda" => to_function(world, arn, endpoint, publication),
        _ => {
            let body = match protocol {
                "email" | "sms" => publication.text(protocol),
                _ => publication.envelope(world, arn, protocol).to_string(),
            };
            let subject = match protocol {
                "email" => Some(
                    publication.subject.clone().unwrap_or("AWS Notification Message".to_owned()),
                ),
                _ => publication.subject.clone(),
            };
            world.messages.post(Delivery {
                at: world.now,
                protocol: protocol.to_owned(),
                endpoint: endpoint.to_owned(),
                from: publication.topic.clone(),
                subject,
                body,
            });
            Ok(())
        }
    }
}

fn refused(endpoint: &str) -> Failure {
    let message = format!("{BY} is not allowed to use {endpoint}, or it does not exist");
    Failure::new("AccessDenied", message).with_status(403)
}

fn to_queue(
    world: &mut World,
    (arn, subscription): (&str, &Resource),
    endpoint: &str,
    publication: &Publication,
) -> Result<(), Failure> {
    let (place, name) = world.store.locate(endpoint).ok_or_else(|| refused(endpoint))?;
    let policy = world.get(&place, &name).and_then(|queue| queue.fact("Policy"));
    let ask = Ask {
        service: BY,
        action: "sqs:SendMessage",
        resource: endpoint,
        source_arn: &publication.topic,
        source_account: publication.topic.split(':').nth(4).unwrap_or_default(),
    };
    if !permits(policy, &ask) {
        return Err(refused(endpoint));
    }
    let raw =
        subscription.fact("RawMessageDelivery").is_some_and(|raw| raw.eq_ignore_ascii_case("true"));
    let mut input = object!("QueueUrl": (sqs::url_of(&place, &name)));
    if raw {
        input.insert("MessageBody", publication.text("sqs"));
        input.insert("MessageAttributes", publication.attributes.clone());
    } else {
        input.insert("MessageBody", publication.envelope(world, arn, "sqs").to_string());
    }
    if sqs::is_ordered(&name) {
        for (member, value) in [
            ("MessageGroupId", &publication.group),
            ("MessageDeduplicationId", &publication.deduplication),
        ] {
            if let Some(value) = value {
                input.insert(member, value);
            }
        }
    }
    world.call(&Origin::at(&place, BY), "sqs", "SendMessage", input).map(|_| ())
}

fn to_function(
    world: &mut World,
    arn: &str,
    endpoint: &str,
    publication: &Publication,
) -> Result<(), Failure> {
    let ask = Ask {
        service: BY,
        action: "lambda:InvokeFunction",
        resource: endpoint,
        source_arn: &publication.topic,
        source_account: publication.topic.split(':').nth(4).unwrap_or_default(),
    };
    if !permits(lambda::policy_of(world, endpoint).as_deref(), &ask) {
        return Err(refused(endpoint));
    }
    let mut notification = publication.envelope(world, arn, "lambda");
    if let Some(members) = notification.as_object_mut() {
        members.entry("MessageAttributes").or_insert_with(|| serde_json::json!({}));
        members.entry("Subject").or_insert(serde_json::Value::Null);
    }
    let payload = serde_json::json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": arn,
        "Sns": notification,
    }]});
    let mut parts = endpoint.split(':').skip(3);
    let region =
        parts.next().and_then(|region| region.parse().ok()).ok_or_else(|| refused(endpoint))?;
    let account =
        parts.next().and_then(|account| account.parse().ok()).ok_or_else(|| refused(endpoint))?;
    let input = object!(
        "FunctionName": (endpoint),
        "InvocationType": "Event",
        "Payload": (payload.to_string().into_bytes()),
    );
    let origin = Origin { account: &account, region: &region, by: BY };
    world.call(&origin, "lambda", "Invoke", input).map(|_| ())
}

/// What a subscriber did not take goes to the subscription's dead-letter queue, if it has one.
fn bury(world: &mut World, (arn, subscription): (&str, &Resource), publication: &Publication) {
    let policy = subscription.fact("RedrivePolicy");
    let policy: Option<serde_json::Value> = policy.and_then(|text| serde_json::from_str(text).ok());
    let dead = policy.as_ref().and_then(|policy| policy.get("deadLetterTargetArn")?.as_str());
    let Some((place, name)) = dead.and_then(|arn| world.store.locate(arn)) else { return };
    let body = publication.envelope(world, arn, "sqs").to_string();
    let mut input = object!("QueueUrl": (sqs::url_of(&place, &name)), "MessageBody": (body));
    if sqs::is_ordered(&name) {
        input.insert("MessageGroupId", publication.group.clone().unwrap_or_default());
        input.insert("MessageDeduplicationId", publication.id.as_str());
    }
    if let Err(failure) = world.call(&Origin::at(&place, BY), "sqs", "SendMessage", input) {
        tracing::debug!(code = failure.code, "a dead-letter queue did not take a message");
    }
}

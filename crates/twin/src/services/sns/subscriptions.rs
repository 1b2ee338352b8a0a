//! Subscriptions: who gets what a topic is told.

use reeve_events::Pattern;
use reeve_model::{Object, Value};

use super::{PAGES, SUBSCRIPTION, TOPIC, empty, topic};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    messages::Delivery,
    services::sqs,
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

const SETTABLE: [&str; 7] = [
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
];

/// The ARN of a subscription by its id.
pub(super) fn arn_of(place: &Place, id: &str) -> String {
    place.arn_of(&TOPIC, &id.replacen('/', ":", 1))
}

/// Where the subscription with an ARN would be.
fn parse(call: &Call, world: &World, arn: &str) -> Result<(Place, String), Failure> {
    let (topic_arn, uuid) = arn.rsplit_once(':').unwrap_or_default();
    let Some((place, name)) =
        world.store.parse(topic_arn).filter(|(place, _)| place.kind == &TOPIC)
    else {
        return Err(call.invalid("Invalid parameter: SubscriptionArn"));
    };
    Ok((Place { kind: &SUBSCRIPTION, ..place }, format!("{name}/{uuid}")))
}

fn existing(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let (place, id) = parse(call, world, call.required("SubscriptionArn")?)?;
    match world.get(&place, &id) {
        Some(_) => Ok((place, id)),
        None => Err(SUBSCRIPTION.missing.failure(&id)),
    }
}

pub(super) fn subscribe(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let (protocol, endpoint) =
        (call.required("Protocol")?, call.text("Endpoint").unwrap_or_default());
    check_endpoint(call, &name, protocol, endpoint)?;
    let given = call.object("Attributes").cloned().unwrap_or_default();
    for (attribute, value) in given.iter() {
        check(call, attribute, value.as_str().unwrap_or_default())?;
    }
    let topic_arn = call.required("TopicArn")?.to_owned();
    let shelf = Place { kind: &SUBSCRIPTION, ..place };
    let known = world.shelf(&shelf).iter().find(|(_, known)| {
        known.fact("TopicArn") == Some(&topic_arn)
            && known.fact("Protocol") == Some(protocol)
            && known.fact("Endpoint") == Some(endpoint)
    });
    if let Some((id, known)) = known {
        let pending = known.inside.get("Token").is_some();
        return Ok(shown(call, &shelf, id, pending));
    }
    let id = format!("{name}/{}", world.uuid());
    let mut said = object!(
        "TopicArn": (topic_arn.as_str()),
        "Protocol": (protocol),
        "Endpoint": (endpoint),
        "Owner": (call.account().as_str()),
    );
    for (attribute, value) in given {
        said.insert(attribute, value);
    }
    let mut inside = Object::new();
    let asks = ["http", "https", "email", "email-json"].contains(&protocol);
    if asks {
        let token = world.random_hex(64);
        ask(world, &topic_arn, (protocol, endpoint), &token);
        inside.insert("Token", token);
    }
    let resource = Resource { facts: facts(said), ..Resource::default() }.with_inside(inside);
    world.put(shelf.clone(), id.clone(), resource);
    Ok(shown(call, &shelf, &id, asks))
}

fn shown(call: &Call, place: &Place, id: &str, pending: bool) -> Value {
    let arn = if pending && !call.flag("ReturnSubscriptionArn") {
        "pending confirmation".to_owned()
    } else {
        arn_of(place, id)
    };
    Value::from_iter([("SubscriptionArn", arn)])
}

fn check_endpoint(call: &Call, topic: &str, protocol: &str, endpoint: &str) -> Result<(), Failure> {
    let fits = match protocol {
        "sqs" => endpoint.contains(":sqs:"),
        "lambda" => endpoint.contains(":lambda:"),
        "http" => endpoint.starts_with("http://"),
        "https" => endpoint.starts_with("https://"),
        "email" | "email-json" => endpoint.contains('@'),
        "sms" => endpoint.trim_start_matches('+').chars().all(|digit| digit.is_ascii_digit()),
        "application" | "firehose" => {
            let message = format!("the twin does not deliver by {protocol}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
        _ => {
            let message =
                "Invalid parameter: Does not support this protocol string: ".to_owned() + protocol;
            return Err(call.invalid(message));
        }
    };
    if endpoint.is_empty() || !fits {
        let message = format!("Invalid parameter: {} endpoint", protocol.to_uppercase());
        return Err(call.invalid(message));
    }
    if sqs::is_ordered(topic) && protocol != "sqs" {
        let message = "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SNS Topics support only SQS endpoints";
        return Err(call.invalid(message));
    }
    if !sqs::is_ordered(topic) && protocol == "sqs" && sqs::is_ordered(endpoint) {
        let message = "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics";
        return Err(call.invalid(message));
    }
    Ok(())
}

/// Asks an endpoint to confirm.
fn ask(world: &mut World, topic_arn: &str, (protocol, endpoint): (&str, &str), token: &str) {
    let body = serde_json::json!({
        "Type": "SubscriptionConfirmation",
        "MessageId": world.uuid(),
        "Token": token,
        "TopicArn": topic_arn,
        "Message": format!("You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message."),
        "SubscribeURL": format!("https://sns.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}"),
        "Timestamp": world.now().to_string(),
    });
    let subject = protocol
        .starts_with("email")
        .then(|| "AWS Notification - Subscription Confirmation".to_owned());
    world.messages.post(Delivery {
        at: world.now,
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        from: topic_arn.to_owned(),
        subject,
        body: body.to_string(),
    });
}

fn check(call: &Call, attribute: &str, value: &str) -> Result<(), Failure> {
    if !SETTABLE.contains(&attribute) {
        return Err(call.invalid("Invalid parameter: AttributeName"));
    }
    let wrong =
        |reason: &str| Err(call.invalid(format!("Invalid parameter: {attribute}: {reason}")));
    match attribute {
        "FilterPolicy" if !value.is_empty() && value != "{}" => match Pattern::parse(value) {
            Ok(_) => Ok(()),
            Err(error) => wrong(&error.to_string()),
        },
        "FilterPolicyScope" if !["MessageAttributes", "MessageBody"].contains(&value) => wrong(
            &format!("Invalid value [{value}]. Please use either MessageBody or MessageAttributes"),
        ),
        "RawMessageDelivery" if !["true", "false"].contains(&value.to_lowercase().as_str()) => {
            wrong(&format!("Invalid value [{value}]. Must be true or false."))
        }
        "RedrivePolicy" | "DeliveryPolicy" | "ReplayPolicy" if !value.is_empty() => {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(value);
            if parsed.is_ok_and(|policy| policy.is_object()) {
                Ok(())
            } else {
                wrong("failed to parse JSON.")
            }
        }
        _ => Ok(()),
    }
}

pub(super) fn confirm(call: &Call, world: &mut World) -> Answer {
    let (place, _) = topic(call, world, "TopicArn")?;
    let (topic_arn, token) = (call.required("TopicArn")?, call.required("Token")?);
    let shelf = Place { kind: &SUBSCRIPTION, ..place };
    let found = world.shelf(&shelf).iter().find(|(_, known)| {
        let given = known.inside.get("Token").or_else(|| known.inside.get("Used"));
        known.fact("TopicArn") == Some(topic_arn) && given.and_then(Value::as_str) == Some(token)
    });
    let Some((id, _)) = found else { return Err(call.invalid("Invalid token")) };
    let id = id.clone();
    world.change_inside(&shelf, &id, |inside| {
        if let Some(token) = inside.remove("Token") {
            inside.insert("Used", token);
        }
    });
    Ok(Value::from_iter([("SubscriptionArn", arn_of(&shelf, &id))]))
}

pub(super) fn unsubscribe(call: &Call, world: &mut World) -> Answer {
    let (place, id) = parse(call, world, call.required("SubscriptionArn")?)?;
    world.remove(&place, &id);
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    listed(call, world, |_| true)
}

pub(super) fn list_by_topic(call: &Call, world: &mut World) -> Answer {
    topic(call, world, "TopicArn")?;
    let wanted = call.required("TopicArn")?;
    listed(call, world, |subscription| subscription.fact("TopicArn") == Some(wanted))
}

fn listed(call: &Call, world: &World, keep: impl Fn(&Resource) -> bool) -> Answer {
    let place = call.place(&SUBSCRIPTION);
    PAGES.list(
        (call, world),
        (&SUBSCRIPTION, "Subscriptions"),
        |_, subscription| keep(subscription),
        |id, subscription, _| {
            let arn = match subscription.inside.get("Token") {
                Some(_) => "PendingConfirmation".to_owned(),
                None => arn_of(&place, id),
            };
            let mut shown = object!("SubscriptionArn": (arn));
            for member in ["Owner", "Protocol", "Endpoint", "TopicArn"] {
                shown.insert(member, subscription.fact(member).unwrap_or_default());
            }
            shown.into()
        },
    )
}

pub(super) fn attributes(call: &Call, world: &mut World) -> Answer {
    let (place, id) = existing(call, world)?;
    let found = world.get(&place, &id).ok_or_else(|| SUBSCRIPTION.missing.failure(&id))?;
    let pending = found.inside.get("Token").is_some();
    let mut shown = object!(
        "SubscriptionArn": (arn_of(&place, &id)),
        "PendingConfirmation": (pending.to_string()),
        "ConfirmationWasAuthenticated": ((!pending).to_string()),
        "RawMessageDelivery": "false",
        "SubscriptionPrincipal": (format!("arn:aws:iam::{}:root", place.account)),
    );
    for (attribute, value) in found.facts.iter() {
        shown.insert(attribute, value.clone());
    }
    if shown.contains("FilterPolicy") && !shown.contains("FilterPolicyScope") {
        shown.insert("FilterPolicyScope", "MessageAttributes");
    }
    Ok(Value::from_iter([("Attributes", shown)]))
}

pub(super) fn set_attributes(call: &Call, world: &mut World) -> Answer {
    let (place, id) = existing(call, world)?;
    let attribute = call.required("AttributeName")?;
    let value = call.text("AttributeValue").unwrap_or_default();
    check(call, attribute, value)?;
    world.change(&place, &id, |facts| {
        if value.is_empty() || (attribute == "FilterPolicy" && value == "{}") {
            facts.remove(attribute);
        } else {
            facts.insert(attribute, value);
        }
    });
    Ok(empty())
}

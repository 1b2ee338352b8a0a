//! Topics.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{PAGES, SUBSCRIPTION, TOPIC, empty, topic};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

const SETTABLE: [&str; 12] = [
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "Policy",
    "SignatureVersion",
    "SQSSuccessFeedbackRoleArn",
    "TracingConfig",
];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let given = call.object("Attributes").cloned().unwrap_or_default();
    let in_order = given.text("FifoTopic") == "true";
    let stem = if in_order { name.strip_suffix(".fifo") } else { Some(name) };
    let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let named =
        stem.is_some_and(|stem| !stem.is_empty() && name.len() <= 256 && stem.chars().all(valid));
    if !named {
        return Err(call.invalid(if in_order {
            "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        } else {
            "Invalid parameter: Topic Name"
        }));
    }
    for (attribute, value) in given.iter() {
        check(call, attribute, value.as_str().unwrap_or_default())?;
    }
    let place = call.place(&TOPIC);
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let arn = place.arn_of(&TOPIC, name);
    if let Some(known) = world.get(&place, name) {
        let differs =
            given.iter().any(|(attribute, value)| known.facts.get(attribute) != Some(value));
        if differs {
            let message = "Invalid parameter: Attributes Reason: Topic already exists with different attributes";
            return Err(call.invalid(message));
        }
        if !tags.is_empty() && *known.tags != tags {
            let message =
                "Invalid parameter: Tags Reason: Topic already exists with different tags";
            return Err(call.invalid(message));
        }
    } else {
        world.put(place, name, Resource::new(facts(given), Arc::new(tags)));
    }
    Ok(Value::from_iter([("TopicArn", arn)]))
}

fn check(call: &Call, attribute: &str, value: &str) -> Result<(), Failure> {
    let feedback =
        attribute.ends_with("FeedbackRoleArn") || attribute.ends_with("FeedbackSampleRate");
    if !SETTABLE.contains(&attribute) && !feedback {
        return Err(call.invalid("Invalid parameter: AttributeName"));
    }
    if ["Policy", "DeliveryPolicy"].contains(&attribute) && !value.is_empty() {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(value);
        if !parsed.is_ok_and(|policy| policy.is_object()) {
            let message = format!("Invalid parameter: {attribute}: failed to parse JSON.");
            return Err(call.invalid(message));
        }
    }
    Ok(())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    // A topic that is not there is deleted already.
    let Ok((place, name)) = topic(call, world, "TopicArn") else { return Ok(empty()) };
    world.remove(&place, &name);
    let shelf = Place { kind: &SUBSCRIPTION, ..place };
    let prefix = format!("{name}/");
    let gone: Vec<String> =
        world.shelf(&shelf).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
    for id in gone {
        world.remove(&shelf, &id);
    }
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&TOPIC);
    PAGES.list((call, world), (&TOPIC, "Topics"), crate::page::all, |name, _, _| {
        Value::from_iter([("TopicArn", place.arn_of(&TOPIC, name))])
    })
}

pub(super) fn attributes(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let found = world.get(&place, &name).ok_or_else(|| TOPIC.missing.failure(&name))?;
    let arn = place.arn_of(&TOPIC, &name);
    let mut shown = Object::from_iter([
        ("TopicArn", arn.clone()),
        ("Owner", place.account.to_string()),
        ("Policy", usual_policy(&arn, place.account.as_str()).to_string()),
        ("DisplayName", String::new()),
        ("EffectiveDeliveryPolicy", EFFECTIVE.to_owned()),
    ]);
    for (attribute, value) in found.facts.iter().filter(|(_, value)| value.as_str().is_some()) {
        shown.insert(attribute, value.clone());
    }
    let subscriptions = place.beside(&SUBSCRIPTION);
    let of_topic = world
        .shelf(&subscriptions)
        .values()
        .filter(|subscription| subscription.fact("TopicArn") == Some(&arn));
    let (pending, confirmed): (Vec<_>, Vec<_>) =
        of_topic.partition(|subscription| subscription.inside.get("Token").is_some());
    shown.insert("SubscriptionsConfirmed", confirmed.len().to_string());
    shown.insert("SubscriptionsPending", pending.len().to_string());
    shown.insert("SubscriptionsDeleted", "0");
    Ok(Value::from_iter([("Attributes", shown)]))
}

const EFFECTIVE: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;

/// What a topic allows that was told nothing: everything to its own account.
fn usual_policy(arn: &str, account: &str) -> serde_json::Value {
    serde_json::json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic", "SNS:Publish"
            ],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": account}}
        }]
    })
}

pub(super) fn set_attributes(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let attribute = call.required("AttributeName")?;
    let value = call.text("AttributeValue").unwrap_or_default();
    if attribute == "FifoTopic" {
        return Err(call.invalid("Invalid parameter: AttributeName"));
    }
    check(call, attribute, value)?;
    world.change(&place, &name, |facts| {
        if value.is_empty() {
            facts.remove(attribute);
        } else {
            facts.insert(attribute, value);
        }
    });
    Ok(empty())
}

fn policy(world: &World, place: &Place, name: &str) -> serde_json::Value {
    let text = world.get(place, name).and_then(|topic| topic.fact("Policy"));
    let arn = place.arn_of(&TOPIC, name);
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_else(|| usual_policy(&arn, place.account.as_str()))
}

pub(super) fn add_permission(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let label = call.required("Label")?;
    let mut policy = policy(world, &place, &name);
    let accounts = call.texts("AWSAccountId").into_iter();
    let principals: Vec<String> =
        accounts.map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions: Vec<String> =
        call.texts("ActionName").iter().map(|action| format!("SNS:{action}")).collect();
    let statement = serde_json::json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Action": actions,
        "Resource": place.arn_of(&TOPIC, &name),
    });
    if let Some(statements) = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut)
    {
        if statements.iter().any(|known| known.get("Sid").is_some_and(|known| known == label)) {
            return Err(call.invalid("Invalid parameter: Statement already exists"));
        }
        statements.push(statement);
    }
    world.set(&place, &name, "Policy", policy.to_string());
    Ok(empty())
}

pub(super) fn remove_permission(call: &Call, world: &mut World) -> Answer {
    let (place, name) = topic(call, world, "TopicArn")?;
    let label = call.required("Label")?;
    let mut policy = policy(world, &place, &name);
    if let Some(statements) = policy.get_mut("Statement").and_then(serde_json::Value::as_array_mut)
    {
        statements.retain(|known| known.get("Sid").is_none_or(|known| known != label));
    }
    world.set(&place, &name, "Policy", policy.to_string());
    Ok(empty())
}

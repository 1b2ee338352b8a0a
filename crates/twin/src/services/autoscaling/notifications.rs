//! Notifications: topics that are told when a group launches or ends instances.

use reeve_model::{Object, Value};

use super::{GROUP, PAGES, converge, members::named};
use crate::{
    call::{Answer, Call},
    services::ec2::compute::support::{arn, list, part, text},
    store::Place,
    value::{object, value},
    world::{Origin, World},
};

const TYPES: [&str; 5] = [
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
];

/// `DescribeAutoScalingNotificationTypes`.
pub(super) fn types(_: &Call, _: &mut World) -> Answer {
    let types: Value = TYPES.iter().map(|name| Value::from(*name)).collect();
    Ok(value!({"AutoScalingNotificationTypes": types}))
}

/// `PutNotificationConfiguration`: replaces what the topic was told of before, and tells it so.
pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let topic = call.required("TopicARN")?;
    let wanted = call.texts("NotificationTypes");
    if let Some(wrong) = wanted.iter().find(|name| !TYPES.contains(name)) {
        return Err(call.invalid(format!("Invalid notification type: {wrong}")));
    }
    let mut known = list(&group.inside, "Notifications").to_vec();
    known.retain(|one| part(one, "TopicARN") != topic);
    known
        .extend(wanted.iter().map(|kind| value!({"TopicARN": topic, "NotificationType": (*kind)})));
    let place = call.place(&GROUP);
    world.set_inside(&place, &name, "Notifications", known);
    publish(world, (&place, &name, topic), "autoscaling:TEST_NOTIFICATION", Object::new());
    Ok(Value::object())
}

/// `DeleteNotificationConfiguration`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (name, group) = named(call, world)?;
    let topic = call.required("TopicARN")?;
    let mut known = list(&group.inside, "Notifications").to_vec();
    known.retain(|one| part(one, "TopicARN") != topic);
    world.set_inside(&call.place(&GROUP), &name, "Notifications", known);
    Ok(Value::object())
}

/// `DescribeNotificationConfigurations`.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?.unwrap_or_default());
    let names = call.texts("AutoScalingGroupNames");
    let mut all: Vec<(String, Value)> = Vec::new();
    for (name, group) in world.shelf(&call.place(&GROUP)) {
        if !names.is_empty() && !names.contains(&name.as_str()) {
            continue;
        }
        for one in list(&group.inside, "Notifications") {
            let (topic, kind) = (part(one, "TopicARN"), part(one, "NotificationType"));
            let shown = value!({
                "AutoScalingGroupName": name,
                "TopicARN": topic,
                "NotificationType": kind,
            });
            all.push((format!("{name} {topic} {kind}"), shown));
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let mut rest = all.into_iter().filter(|(key, _)| *key > start).peekable();
    let mut shown = Vec::new();
    let mut last = None;
    while shown.len() < size
        && let Some((key, one)) = rest.next()
    {
        last = Some(key);
        shown.push(one);
    }
    let last = last.filter(|_| rest.peek().is_some());
    Ok(PAGES.finish(call, object! { "NotificationConfigurations": shown }, last.as_deref()))
}

/// Tells the topics of a group what an activity came to.
pub(super) fn tell(world: &mut World, place: &Place, activity: &Object, kind: &str) {
    let group = text(activity, "AutoScalingGroupName").to_owned();
    let groups = place.beside(&GROUP);
    let Some(found) = world.get(&groups, &group) else { return };
    let topics: Vec<String> = list(&found.inside, "Notifications")
        .iter()
        .filter(|one| part(one, "NotificationType") == kind)
        .map(|one| part(one, "TopicARN").to_owned())
        .collect();
    for topic in topics {
        publish(world, (&groups, &group, &topic), kind, activity.clone());
    }
}

fn publish(
    world: &mut World,
    (place, group, topic): (&Place, &str, &str),
    kind: &str,
    activity: Object,
) {
    let mut message = object! {
        "Service": "AWS Auto Scaling",
        "Time": (world.now()),
        "RequestId": (world.uuid()),
        "Event": kind,
        "AccountId": (place.account.as_str()),
        "AutoScalingGroupName": group,
        "AutoScalingGroupARN": (arn(place, group)),
    };
    for (member, value) in activity {
        message.insert(member, value);
    }
    let what = kind.trim_start_matches("autoscaling:").to_lowercase().replace('_', " ");
    let subject = format!("Auto Scaling: {what} for group \"{group}\"");
    let subject: String = subject.chars().take(99).collect();
    let text = Value::from(message).to_json().to_string();
    let input = object! { "TopicArn": topic, "Subject": subject, "Message": text };
    let origin = Origin::at(place, converge::BY);
    if let Err(failure) = world.call(&origin, "sns", "Publish", input) {
        tracing::debug!(code = failure.code, topic, "a topic was not told");
    }
}

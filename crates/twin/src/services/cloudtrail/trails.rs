//! Trails: where records are delivered to.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{TRAIL, delivery, empty};
use crate::{
    bus::{Ask, permits},
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::object,
    world::{Origin, World},
};

const BY: &str = "cloudtrail.amazonaws.com";
/// How many trails a Region may have.
const MOST: usize = 5;

const KEPT: [&str; 9] = [
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KmsKeyId",
    "IsOrganizationTrail",
];

/// The trail that a call names by name or ARN, and where it is. It must exist.
pub(super) fn found(call: &Call, world: &World, member: &str) -> Result<(Place, String), Failure> {
    let named = call.required(member)?;
    let (place, id) = match world.store.parse(named) {
        Some((place, id)) if place.kind == &TRAIL => (place, id),
        _ => (call.place(&TRAIL), named.to_owned()),
    };
    if world.get(&place, &id).is_some() {
        return Ok((place, id));
    }
    // A trail of several Regions can be named in each of them, but changed only where it was made.
    Err(Failure::new(
        "TrailNotFoundException",
        format!("Unknown trail: {} for the user: {}", place.arn_of(&TRAIL, &id), call.account()),
    ))
}

fn check(call: &Call, world: &mut World, name: &str) -> Result<(), Failure> {
    let place = call.place(&TRAIL);
    let origin = Origin::at(&place, BY);
    if let Some(bucket) = call.text("S3BucketName") {
        let head = world.call(&origin, "s3", "HeadBucket", object!("Bucket": (bucket)));
        if head.is_err() {
            let message = format!("S3 bucket {bucket} does not exist!");
            return Err(Failure::new("S3BucketDoesNotExistException", message));
        }
        check_bucket_policy(call, world, (name, bucket))?;
    }
    if let Some(topic) = call.text("SnsTopicName") {
        let arn = topic_arn(call, topic);
        if world.store.locate(&arn).is_none() {
            let message = "SNS Topic does not exist or the topic policy is incorrect!";
            return Err(Failure::new("InsufficientSnsTopicPolicyException", message));
        }
    }
    let (group, role) =
        (call.text("CloudWatchLogsLogGroupArn"), call.text("CloudWatchLogsRoleArn"));
    if let Some(group) = group {
        let (message, code) = match group.strip_suffix(":*") {
            None => (
                "CloudTrail cannot validate the specified log group ARN.",
                "InvalidCloudWatchLogsLogGroupArnException",
            ),
            Some(arn) if world.store.locate(arn).is_none() => (
                "CloudTrail cannot validate the specified log group ARN.",
                "InvalidCloudWatchLogsLogGroupArnException",
            ),
            Some(_) if role.is_none() => (
                "You must specify a role ARN as well as a log group.",
                "InvalidCloudWatchLogsRoleArnException",
            ),
            Some(_) => return Ok(()),
        };
        return Err(Failure::new(code, message));
    }
    Ok(())
}

/// The bucket must let `CloudTrail` write.
fn check_bucket_policy(
    call: &Call,
    world: &mut World,
    (name, bucket): (&str, &str),
) -> Result<(), Failure> {
    let place = call.place(&TRAIL);
    let asked =
        world.call(&Origin::at(&place, BY), "s3", "GetBucketPolicy", object!("Bucket": (bucket)));
    let policy = match &asked {
        Ok(answer) => answer.get("Policy").and_then(Value::as_str),
        Err(failure) if failure.code == "NotImplemented" => return Ok(()),
        Err(_) => None,
    };
    let prefix = call.text("S3KeyPrefix").map(|prefix| format!("{prefix}/")).unwrap_or_default();
    let resource = format!("arn:aws:s3:::{bucket}/{prefix}AWSLogs/{}/x", call.account());
    let ask = Ask {
        service: BY,
        action: "s3:PutObject",
        resource: &resource,
        source_arn: &TRAIL.arn(&place.account, &place.region, name),
        source_account: place.account.as_str(),
    };
    // Policies ask that the owner of the bucket own what is written, which is always so.
    let policy = policy.map(|text| {
        text.replace("s3:x-amz-acl", "aws:SourceAccount")
            .replace("bucket-owner-full-control", place.account.as_str())
    });
    if permits(policy.as_deref(), &ask) {
        return Ok(());
    }
    let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
    Err(Failure::new("InsufficientS3BucketPolicyException", message))
}

fn topic_arn(call: &Call, topic: &str) -> String {
    if topic.starts_with("arn:") {
        return topic.to_owned();
    }
    call.arn_of(&crate::services::sns::TOPIC, topic)
}

fn said(call: &Call) -> Object {
    let mut said = Object::new();
    said.extend(call.given(KEPT));
    if let Some(validated) = call.input.get("EnableLogFileValidation") {
        said.insert("LogFileValidationEnabled", validated.clone());
    }
    if let Some(topic) = call.text("SnsTopicName") {
        said.insert("SnsTopicARN", topic_arn(call, topic));
    }
    said
}

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let valid = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if !(3..=128).contains(&name.len()) || !name.chars().all(valid) {
        let message = "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_), and must be between 3 and 128 characters.";
        return Err(Failure::new("InvalidTrailNameException", message));
    }
    let place = call.place(&TRAIL);
    if world.get(&place, name).is_some() {
        let message = format!("Trail {name} already exists for customer: {}", call.account());
        return Err(Failure::new("TrailAlreadyExistsException", message));
    }
    if world.shelf(&place).len() >= MOST {
        let message =
            format!("User: {} already has {MOST} trails in {}.", call.account(), call.region);
        return Err(Failure::new("MaximumNumberOfTrailsExceededException", message));
    }
    if call.flag("IsOrganizationTrail")
        && world.directory.management.as_ref() != Some(call.account())
    {
        let message = "The organization trail can only be created by the management account.";
        return Err(Failure::new("NotOrganizationMasterAccountException", message));
    }
    check(call, world, name)?;
    let tags = tagging::checked(call, tagging::listed(call, "TagsList"))?;
    let mut all = object!(
        "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": false,
        "LogFileValidationEnabled": false,
        "IsOrganizationTrail": false,
    );
    for (member, value) in said(call) {
        all.insert(member, value);
    }
    world.put(place.clone(), name, Resource::new(facts(all), Arc::new(tags)));
    shown(call, world, &place, name)
}

fn shown(call: &Call, world: &World, place: &Place, name: &str) -> Answer {
    let trail = world.get(place, name).ok_or_else(|| TRAIL.missing.failure(name))?;
    Ok(call.fit(described(&TRAIL, (&place.account, &place.region), name, trail).into()))
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    if place.region != call.region {
        let message = format!(
            "Trail {name} exists in the {} region, you cannot change it in {}.",
            place.region, call.region
        );
        return Err(Failure::new("InvalidHomeRegionException", message));
    }
    check(call, world, &name)?;
    let changes = said(call);
    world.change(&place, &name, |facts| {
        for (member, value) in changes {
            facts.insert(member, value);
        }
    });
    shown(call, world, &place, &name)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    world.remove(&place, &name);
    Ok(empty())
}

/// A trail as `DescribeTrails` shows it.
fn description(place: &Place, name: &str, trail: &Resource) -> Object {
    let mut shown = described(&TRAIL, (&place.account, &place.region), name, trail);
    shown.insert("HasCustomEventSelectors", trail.inside.contains("Selectors"));
    shown.insert("HasInsightSelectors", trail.inside.contains("Insights"));
    shown
}

/// Every trail that an account sees in a Region: its own there, and those of several Regions made elsewhere.
fn visible(call: &Call, world: &World) -> Vec<Object> {
    let shadows = call.input.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
    world
        .every(&TRAIL)
        .filter(|(place, _, trail)| {
            let everywhere = trail.flag("IsMultiRegionTrail");
            place.account == *call.account()
                && (place.region == call.region || (everywhere && shadows))
        })
        .map(|(place, name, trail)| description(place, name, trail))
        .collect()
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("trailNameList");
    let is_wanted = |trail: &Object| {
        wanted.is_empty()
            || wanted.contains(&trail.text("Name"))
            || wanted.contains(&trail.text("TrailARN"))
    };
    let trails: Vec<Value> =
        visible(call, world).into_iter().filter(is_wanted).map(Value::from).collect();
    Ok(call.fit(Object::from_iter([("trailList", trails)]).into()))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    let trail = world.get(&place, &name).ok_or_else(|| TRAIL.missing.failure(&name))?;
    Ok(call.fit(object!("Trail": (description(&place, &name, trail))).into()))
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let trails: Vec<Value> = world
        .every(&TRAIL)
        .filter(|(place, ..)| place.account == *call.account())
        .map(|(place, name, trail)| {
            described(&TRAIL, (&place.account, &place.region), name, trail).into()
        })
        .collect();
    Ok(call.fit(Object::from_iter([("Trails", trails)]).into()))
}

pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    let was = world.get(&place, &name).is_some_and(is_logging);
    if was {
        return Ok(empty());
    }
    let (now, next) = (call.now, i64::try_from(world.trail.next()).unwrap_or(0));
    world.change_inside(&place, &name, |inside| {
        inside.insert("Logging", true);
        inside.insert("Started", now);
        inside.insert("Next", next);
    });
    world.schedule(now + delivery::EVERY, Task::new("cloudtrail:deliver", &place, &name).with(now));
    Ok(empty())
}

/// Whether a trail is delivering.
pub(super) fn is_logging(trail: &Resource) -> bool {
    trail.inside.flag("Logging")
}

pub(super) fn stop(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    if !world.get(&place, &name).is_some_and(is_logging) {
        return Ok(empty());
    }
    // What was recorded so far is still delivered.
    delivery::flush(world, &place, &name);
    let now = call.now;
    world.change_inside(&place, &name, |inside| {
        inside.insert("Logging", false);
        inside.insert("Stopped", now);
    });
    Ok(empty())
}

pub(super) fn status(call: &Call, world: &mut World) -> Answer {
    let (place, name) = found(call, world, "Name")?;
    let trail = world.get(&place, &name).ok_or_else(|| TRAIL.missing.failure(&name))?;
    let mut status = object!("IsLogging": (is_logging(trail)));
    let times = [
        ("Started", "StartLoggingTime", "TimeLoggingStarted"),
        ("Stopped", "StopLoggingTime", "TimeLoggingStopped"),
        ("Delivered", "LatestDeliveryTime", "LatestDeliveryAttemptSucceeded"),
        ("DeliveredToLogs", "LatestCloudWatchLogsDeliveryTime", ""),
        ("Notified", "LatestNotificationTime", "LatestNotificationAttemptSucceeded"),
    ];
    for (known, member, text) in times {
        if let Some(time) = trail.inside.get(known).and_then(Value::as_timestamp) {
            status.insert(member, time);
            if !text.is_empty() {
                status.insert(text, time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            }
        }
    }
    for (known, member) in
        [("Error", "LatestDeliveryError"), ("LogsError", "LatestCloudWatchLogsDeliveryError")]
    {
        if let Some(error) = trail.inside.get(known) {
            status.insert(member, error.clone());
        }
    }
    Ok(status.into())
}

//! Scaling activities: what a group did, why, and what became of it.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{GROUP, PAGES};
use crate::{
    call::{Answer, Call},
    event::Event,
    kind::{Definition, Identity, Missing, describe},
    services::ec2::compute::support::{arn, number, resource, text},
    store::Place,
    value::{object, value},
    world::World,
};

/// Scaling activities, by id.
pub(crate) static ACTIVITY: Definition = Definition {
    resource_type: "AWS::AutoScaling::ScalingActivity",
    arn: "arn:{partition}:autoscaling:{region}:{account}:scalingActivity:{id}",
    identity: &[("ActivityId", Identity::Id)],
    missing: Missing::new("ValidationError", "Scaling activity {id} not found"),
    ..Definition::OF
};

/// How long activities are shown: six weeks.
const REMEMBERED: i64 = 42 * 24 * 3600;

/// An activity that begins.
pub(super) struct Begun<'a> {
    pub(super) group: &'a str,
    pub(super) description: String,
    pub(super) cause: String,
    /// The instance it is about; empty if there is none yet.
    pub(super) instance: &'a str,
}

/// Enters an activity that begins now.
pub(super) fn begin(world: &mut World, place: &Place, begun: Begun<'_>) -> String {
    let id = world.uuid();
    let shelf = place.beside(&ACTIVITY);
    let now = world.now();
    let subnet = world
        .get(&place.beside(&crate::services::ec2::compute::INSTANCE), begun.instance)
        .map(|instance| {
            let fact = |path: &str| instance.fact(path).unwrap_or_default().to_owned();
            (fact("SubnetId"), fact("Placement.AvailabilityZone"))
        });
    let (subnet, zone) = subnet.unwrap_or_default();
    let details = format!("{{\"Subnet ID\":\"{subnet}\",\"Availability Zone\":\"{zone}\"}}");
    let facts = object! {
        "AutoScalingGroupName": (begun.group),
        "AutoScalingGroupARN": (arn(&place.beside(&GROUP), begun.group)),
        "Description": (begun.description),
        "Cause": (begun.cause),
        "StartTime": now,
        "StatusCode": "InProgress",
        "Progress": 30,
        "Details": details,
    };
    // Activities are shown newest first, and those of one moment in the order in which they began.
    let sequence = i64::try_from(world.shelf(&shelf).len()).unwrap_or(i64::MAX);
    let inside = object! { "InstanceId": (begun.instance), "Sequence": sequence };
    world.put(shelf, id.clone(), resource(facts, Tags::new()).with_inside(inside));
    id
}

/// What became of an activity: its status, and a message if it did not go well.
pub(super) fn end(world: &mut World, place: &Place, id: &str, (status, message): (&str, &str)) {
    let now = world.now();
    world.change(&place.beside(&ACTIVITY), id, |facts| {
        facts.insert("StatusCode", status);
        if matches!(status, "Successful" | "Failed" | "Cancelled") {
            facts.insert("Progress", 100);
            facts.insert("EndTime", now);
        }
        if !message.is_empty() {
            facts.insert("StatusMessage", message);
        }
    });
}

/// The running activity about an instance.
pub(super) fn of_instance(world: &World, place: &Place, instance: &str) -> Option<String> {
    let shelf = world.shelf(&place.beside(&ACTIVITY));
    let running = shelf.iter().find(|(_, activity)| {
        text(&activity.inside, "InstanceId") == instance && !activity.facts.contains("EndTime")
    });
    running.map(|(id, _)| id.clone())
}

/// An activity as operations answer it.
pub(super) fn shown(world: &World, place: &Place, id: &str) -> Object {
    let shelf = place.beside(&ACTIVITY);
    let found = world.get(&shelf, id);
    found.map(|found| shelf.describe(&ACTIVITY, id, found)).unwrap_or_default()
}

/// Tells EventBridge that an activity ended.
pub(super) fn announce(
    world: &mut World,
    place: &Place,
    (id, instance): (&str, &str),
    detail_type: &str,
) {
    let activity = shown(world, place, id);
    let group = text(&activity, "AutoScalingGroupName").to_owned();
    let written = |member: &str| {
        let time = activity.get(member).and_then(Value::as_timestamp);
        time.map(crate::services::ec2::compute::support::written).unwrap_or_default()
    };
    let details = serde_json::from_str(text(&activity, "Details")).unwrap_or_default();
    let failed = detail_type.contains("Unsuccessful");
    let detail = value!({
        "StatusCode": (if failed { "Failed" } else { "InProgress" }),
        "Description": (text(&activity, "Description")),
        "AutoScalingGroupName": (group.as_str()),
        "ActivityId": id,
        "Details": (Value::from_json(&details)),
        "RequestId": id,
        "StatusMessage": (text(&activity, "StatusMessage")),
        "EndTime": (written("EndTime")),
        "EC2InstanceId": instance,
        "StartTime": (written("StartTime")),
        "Cause": (text(&activity, "Cause")),
        "Origin": (if detail_type.contains("Terminate") { "AutoScalingGroup" } else { "EC2" }),
        "Destination": (if detail_type.contains("Terminate") { "EC2" } else { "AutoScalingGroup" }),
    });
    let notified = match detail_type {
        "EC2 Instance Launch Successful" => "autoscaling:EC2_INSTANCE_LAUNCH",
        "EC2 Instance Launch Unsuccessful" => "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
        _ => "autoscaling:EC2_INSTANCE_TERMINATE",
    };
    super::notifications::tell(world, place, &activity, notified);
    let groups = place.beside(&GROUP);
    let machines = place.beside(&crate::services::ec2::compute::INSTANCE);
    let event = Event::new("aws.autoscaling", detail_type, place)
        .about(arn(&groups, &group))
        .about(arn(&machines, instance))
        .with(detail);
    world.emit(event);
}

/// `DescribeScalingActivities`: newest first.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let filters =
        super::tags::filters(call, &["StartTimeLowerBound", "StartTimeUpperBound", "Status"])?;
    let (group, ids) = (call.text("AutoScalingGroupName"), call.texts("ActivityIds"));
    if let Some(name) = group
        && !call.flag("IncludeDeletedGroups")
    {
        super::members::find(call, world, name)?;
    }
    let place = call.place(&ACTIVITY);
    let moment = |time: &str| time.parse::<jiff::Timestamp>().ok();
    let mut found: Vec<_> = world
        .shelf(&place)
        .iter()
        .filter(|(id, activity)| {
            let began = activity.facts.get("StartTime").and_then(Value::as_timestamp);
            let recent = began.is_some_and(|t| call.now.as_second() - t.as_second() < REMEMBERED);
            let wanted = filters.iter().all(|(name, values)| match *name {
                "Status" => values.contains(&text(&activity.facts, "StatusCode")),
                "StartTimeLowerBound" => values.iter().any(|v| began >= moment(v)),
                _ => values.iter().any(|v| began <= moment(v)),
            });
            recent
                && wanted
                && group.is_none_or(|name| activity.fact("AutoScalingGroupName") == Some(name))
                && (ids.is_empty() || ids.contains(&id.as_str()))
        })
        .collect();
    found.sort_by_key(|(_, activity)| {
        let began = activity.facts.get("StartTime").and_then(Value::as_timestamp);
        std::cmp::Reverse((began, number(&activity.inside, "Sequence")))
    });
    let skipped = start.and_then(|id| found.iter().position(|(known, _)| **known == id));
    let rest = found.iter().skip(skipped.map_or(0, |at| at + 1));
    let page: Vec<_> = rest.clone().take(size).collect();
    let last = page.last().filter(|_| rest.len() > page.len()).map(|(id, _)| id.as_str());
    let owner = (&place.account, &place.region);
    let shown =
        page.iter().map(|(id, activity)| Value::from(describe(&ACTIVITY, owner, id, activity)));
    let output = object! { "Activities": (shown.collect::<Value>()) };
    Ok(PAGES.finish(call, output, last))
}

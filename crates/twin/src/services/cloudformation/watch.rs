//! What watches a stack: its time limit, and the topics that are told of every event.

use jiff::SignedDuration;
use reeve_model::Value;

use super::{
    deploy,
    record::{Happening, STACK, set_status},
};
use crate::{
    call::Call,
    failure::Failure,
    services::Part,
    store::Place,
    task::Task,
    value::value,
    world::{Origin, World},
};

pub(super) static PART: Part =
    Part { kinds: &[], operations: &[], tasks: &[("cloudformation:time-limit", time_is_up)] };

/// Refuses settings that are not heeded, and topics that are not there.
pub(super) fn check(call: &Call, world: &World) -> Result<(), Failure> {
    for member in ["StackPolicyURL", "StackPolicyDuringUpdateURL"] {
        if call.text(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let triggers = call.input.path("RollbackConfiguration.RollbackTriggers");
    let monitoring = call.input.path("RollbackConfiguration.MonitoringTimeInMinutes");
    if triggers.is_some_and(|all| !all.as_list().is_empty())
        || monitoring.and_then(Value::as_i64).is_some_and(|minutes| minutes > 0)
    {
        return Err(call.invalid("RollbackConfiguration is not supported here"));
    }
    if !call.list("ResourceTypes").is_empty() {
        return Err(call.invalid("ResourceTypes is not supported here"));
    }
    if call.flag("RetainExceptOnCreate") {
        return Err(call.invalid("RetainExceptOnCreate is not supported here"));
    }
    for topic in call.texts("NotificationARNs") {
        if world.store.locate(topic).is_none() {
            return Err(call.invalid(format!("Topic does not exist: {topic}")));
        }
    }
    Ok(())
}

/// Refuses preferences of stack set operations that are not heeded. Stacks are worked on one after the other, which any
/// limit of concurrency allows, and the first failure ends the operation.
pub(super) fn check_preferences(call: &Call) -> Result<(), Failure> {
    for member in ["RegionOrder", "FailureToleranceCount", "FailureTolerancePercentage"] {
        let given = call.input.path(&format!("OperationPreferences.{member}"));
        let is_given = given.is_some_and(|value| {
            value.as_i64().is_some_and(|number| number > 0) || !value.as_list().is_empty()
        });
        if is_given {
            let message = format!("OperationPreferences.{member} is not supported here");
            return Err(call.invalid(message));
        }
    }
    Ok(())
}

/// Has a stack fail that is not made in time.
pub(super) fn limit(world: &mut World, place: &Place, id: &str, minutes: Option<i64>) {
    if let Some(minutes) = minutes {
        let due = world.now() + SignedDuration::from_mins(minutes);
        world.schedule(due, Task::new("cloudformation:time-limit", place, id));
    }
}

fn time_is_up(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(stack) = world.get(place, id) else { return };
    if stack.fact("StackStatus") != Some("CREATE_IN_PROGRESS") {
        return;
    }
    let next = match stack.inside.get("OnFailure").and_then(Value::as_str) {
        Some("DO_NOTHING") => "CREATE_FAILED",
        Some("DELETE") => "DELETE_IN_PROGRESS",
        _ => "ROLLBACK_IN_PROGRESS",
    };
    let reason = "Stack creation time exceeded the specified timeout. Rollback requested by user.";
    set_status(world, place, id, (next, Some(reason)));
    deploy::begin(world, place, id);
}

/// Tells the stack's topics what happens.
pub(super) fn notify(
    world: &mut World,
    place: &Place,
    id: &str,
    (happening, event): (&Happening<'_>, &str),
) {
    let topics = world.get(place, id).and_then(|stack| stack.value("NotificationARNs"));
    let topics: Vec<String> = topics
        .map_or(&[][..], Value::as_list)
        .iter()
        .filter_map(|topic| topic.as_str().map(str::to_owned))
        .collect();
    if topics.is_empty() {
        return;
    }
    let arn = place.arn_of(&STACK, id);
    let name = id.split('/').next().unwrap_or(id);
    let lines = [
        ("StackId", arn.as_str()),
        ("Timestamp", &world.now().to_string()),
        ("EventId", event),
        ("LogicalResourceId", happening.logical),
        ("Namespace", place.account.as_str()),
        ("PhysicalResourceId", happening.physical),
        ("ResourceStatus", happening.status),
        ("ResourceStatusReason", happening.reason.unwrap_or_default()),
        ("ResourceType", happening.resource_type),
        ("StackName", name),
    ];
    let line = |(member, text): &(&str, &str)| format!("{member}='{text}'\n");
    let message: String = lines.iter().map(line).collect();
    for topic in topics {
        let Some((at, _)) = world.store.locate(&topic) else { continue };
        let input = value!({
            "TopicArn": (topic.as_str()),
            "Subject": "AWS CloudFormation Notification",
            "Message": (message.as_str())
        });
        if let Err(failure) = world.call(&Origin::at(&at, deploy::BY), "sns", "Publish", input) {
            tracing::debug!(topic, failure.message, "a stack's topic was not told");
        }
    }
}

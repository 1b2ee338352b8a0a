//! Messages of a dead-letter queue go back to where they came from, or elsewhere.

use jiff::SignedDuration;
use reeve_model::Value;

use super::{QUEUE, named};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    task::Task,
    value::object,
    world::World,
};

/// How long a move takes.
const MOVING: SignedDuration = SignedDuration::from_secs(10);

/// How many tasks of a queue are remembered.
const REMEMBERED: usize = 10;

pub(super) fn start(call: &Call, world: &mut World) -> Answer {
    let source = call.required("SourceArn")?;
    let queue = named(world, source).ok_or_else(not_found)?;
    let destination = call.text("DestinationArn");
    if destination.is_some_and(|arn| named(world, arn).is_none()) {
        return Err(not_found());
    }
    let is_dead_letter_queue = world.every(&QUEUE).any(|(_, _, resource)| {
        let policy = resource.fact("RedrivePolicy").and_then(super::settings::redrive);
        policy.is_some_and(|(dead, _)| dead == source)
    });
    if !is_dead_letter_queue {
        return Err(call.invalid("Source queue must be configured as a Dead Letter Queue."));
    }
    let resource = queue.resource(world)?;
    let running = |task: &Value| task.text("Status") == "RUNNING";
    let tasks = resource.inside.list("Moves");
    if tasks.iter().any(running) {
        let message = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
        return Err(Failure::new("AWS.SimpleQueueService.UnsupportedOperation", message));
    }
    let handle = world.random_hex(64);
    let count = world.messages.queue(source).counts(call.now).visible;
    let mut task = object!(
        "TaskHandle": (handle.as_str()),
        "Status": "RUNNING",
        "SourceArn": (source),
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": (count),
        "StartedTimestamp": (call.now.as_millisecond()),
    );
    task.extend(call.given(["DestinationArn", "MaxNumberOfMessagesPerSecond"]));
    world.change_inside(&queue.place, &queue.name, |inside| {
        let mut tasks =
            inside.remove("Moves").map_or_else(Vec::new, |tasks| tasks.as_list().to_vec());
        tasks.insert(0, task.into());
        tasks.truncate(REMEMBERED);
        inside.insert("Moves", tasks);
    });
    let work = Task::new("sqs:move-messages", &queue.place, &queue.name).with(handle.as_str());
    world.schedule(call.now + MOVING, work);
    Ok(Value::from_iter([("TaskHandle", handle)]))
}

fn not_found() -> Failure {
    let message = "The resource that you specified for the SourceArn parameter doesn't exist.";
    Failure::new("ResourceNotFoundException", message).with_status(404)
}

/// Moves what is there when the time has come, unless the task was cancelled.
pub(super) fn finish(world: &mut World, task: &Task) {
    let source = task.place.arn_of(&QUEUE, &task.id);
    let Some(resource) = world.get(&task.place, &task.id) else { return };
    let tasks = resource.inside.list("Moves").to_vec();
    let is_it = |found: &Value| {
        found.get("TaskHandle") == Some(&task.detail) && found.text("Status") == "RUNNING"
    };
    let Some(known) = tasks.iter().find(|found| is_it(found)) else { return };
    let destination = known.get("DestinationArn").and_then(Value::as_str).map(str::to_owned);
    let mut moved = 0_i64;
    for mut message in world.messages.queue(&source).clear() {
        let target = destination.clone().or_else(|| message.came_from.clone());
        let Some(target) = target.filter(|arn| named(world, arn).is_some()) else {
            world.messages.queue(&source).send(message);
            continue;
        };
        message.receives = 0;
        message.visible = task.due;
        message.came_from = None;
        world.messages.queue(&target).send(message);
        moved += 1;
    }
    set(world, task, &task.detail, |facts| {
        facts.insert("Status", "COMPLETED");
        facts.insert("ApproximateNumberOfMessagesMoved", moved);
        facts.remove("TaskHandle");
    });
}

fn set(world: &mut World, at: &Task, handle: &Value, change: impl Fn(&mut reeve_model::Object)) {
    world.change_inside(&at.place, &at.id, |inside| {
        let mut tasks =
            inside.remove("Moves").map_or_else(Vec::new, |tasks| tasks.as_list().to_vec());
        for task in &mut tasks {
            if task.get("TaskHandle") == Some(handle)
                && let Some(task) = task.as_object_mut()
            {
                change(task);
            }
        }
        inside.insert("Moves", tasks);
    });
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let queue = named(world, call.required("SourceArn")?).ok_or_else(not_found)?;
    let count = usize::try_from(call.integer("MaxResults").unwrap_or(1)).unwrap_or(1);
    let tasks = queue.resource(world)?.inside.list("Moves");
    Ok(Value::from_iter([("Results", tasks.iter().take(count).cloned().collect::<Value>())]))
}

pub(super) fn cancel(call: &Call, world: &mut World) -> Answer {
    let handle = Value::from(call.required("TaskHandle")?);
    let found = world.every(&QUEUE).find(|(_, _, queue)| {
        let tasks = queue.inside.list("Moves");
        tasks
            .iter()
            .any(|task| task.get("TaskHandle") == Some(&handle) && task.text("Status") == "RUNNING")
    });
    let Some((place, name, _)) = found else {
        let message = "The task does not exist or is not running.";
        return Err(Failure::new("ResourceNotFoundException", message).with_status(404));
    };
    let at = Task::new("", place, name);
    set(world, &at, &handle, |facts| {
        facts.insert("Status", "CANCELLED");
    });
    Ok(Value::from_iter([("ApproximateNumberOfMessagesMoved", Value::from(0))]))
}

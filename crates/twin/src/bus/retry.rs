//! What becomes of an event that a target did not take.
//!
//! A target that is busy or broken is tried again, at growing intervals, for as long as its policy says. One that does not
//! exist or does not permit it is not. What is given up goes to the target's dead-letter queue, if it has one.

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;

use super::target::{self, Job};
use crate::{
    failure::Failure,
    services::sqs::url_of,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

/// How often and for how long a target is tried unless it says otherwise.
const ATTEMPTS: i64 = 185;
const AGE_SECONDS: i64 = 86_400;

/// The longest wait between two attempts.
const LONGEST_WAIT_SECONDS: i64 = 600;

/// Sends, and if that fails tries again later or gives up.
pub(super) fn attempt(world: &mut World, mut job: Job) {
    let Err(failure) = target::send(world, &job) else { return };
    tracing::debug!(rule = job.rule_arn, code = failure.code, "a target did not take an event");
    job.attempts += 1;
    let policy = |member: &str, usual: i64| {
        let wanted = job.target.get("RetryPolicy").and_then(|policy| policy.get(member));
        wanted.and_then(Value::as_i64).unwrap_or(usual)
    };
    let happened = job.event.get("time").and_then(serde_json::Value::as_str);
    let happened: Option<Timestamp> = happened.and_then(|time| time.parse().ok());
    let age = happened.map_or(0, |time| world.now().duration_since(time).as_secs());
    let condition = if !may_pass(&failure) {
        None
    } else if job.attempts > policy("MaximumRetryAttempts", ATTEMPTS) {
        Some("MaximumRetryAttempts")
    } else if age >= policy("MaximumEventAgeInSeconds", AGE_SECONDS) {
        Some("MaximumEventAgeInSeconds")
    } else {
        let wait = 2_i64.saturating_pow(u32::try_from(job.attempts).unwrap_or(10).min(10));
        let wait = SignedDuration::from_secs(wait.min(LONGEST_WAIT_SECONDS));
        let task = Task::new("events:retry", &job.place, "").with(job.to_value());
        world.schedule(world.now() + wait, task);
        return;
    };
    give_up(world, &job, &failure, condition);
}

/// The time for another attempt has come.
pub(crate) fn retry(world: &mut World, task: &Task) {
    if let Some(job) = Job::from_value(&task.place, &task.detail) {
        attempt(world, job);
    }
}

/// Whether the same might work later.
fn may_pass(failure: &Failure) -> bool {
    (failure.status >= 500 && failure.code != "NotImplemented")
        || failure.code.contains("Throttl")
        || failure.code.contains("TooManyRequests")
}

fn give_up(world: &mut World, job: &Job, failure: &Failure, condition: Option<&str>) {
    let dead = job.target.path("DeadLetterConfig.Arn").and_then(Value::as_str);
    let Some((place, queue)) = dead.and_then(|arn| world.store.parse(arn)) else { return };
    let attribute = |text: &str| value!({"DataType": "String", "StringValue": (text)});
    let code = match failure.code.as_str() {
        "NO_PERMISSIONS" => "NO_PERMISSIONS",
        code if code.contains("NotFound") || code.contains("NonExistent") => "NO_RESOURCE",
        code if code.contains("Throttl") => "THROTTLING",
        _ if failure.status >= 500 => "INTERNAL_ERROR",
        _ => "SDK_CLIENT_ERROR",
    };
    let arn = job.target.text("Arn");
    let mut attributes = object!(
        "RULE_ARN": (attribute(&job.rule_arn)),
        "TARGET_ARN": (attribute(arn)),
        "ERROR_CODE": (attribute(code)),
        "ERROR_MESSAGE": (attribute(&failure.message)),
        "RETRY_ATTEMPTS": {"DataType": "Number", "StringValue": ((job.attempts - 1).to_string())},
    );
    if let Some(condition) = condition {
        attributes.insert("EXHAUSTED_RETRY_CONDITION", attribute(condition));
    }
    let input = object!(
        "QueueUrl": (url_of(&place, &queue)),
        "MessageBody": (job.event.to_string()),
        "MessageAttributes": (attributes),
    );
    let origin = Origin::at(&place, "events.amazonaws.com");
    if let Err(failure) = world.call(&origin, "sqs", "SendMessage", input) {
        tracing::debug!(code = failure.code, "a dead-letter queue did not take an event");
    }
}

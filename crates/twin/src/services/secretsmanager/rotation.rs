//! Rotation: the function is invoked for its four steps, and what it would make, the twin makes.
//!
//! Functions of the twin run no code, so a new password stands in the new version where the old one stood. The fate of
//! `SecretRotation` decides whether it comes to that.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{Secret, live, touch, versions, versions_of};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    fault::Fate,
    services::{Action, Part},
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("RotateSecret", Action::Own(rotate)),
        ("CancelRotateSecret", Action::Own(cancel)),
    ],
    tasks: &[("secretsmanager:rotation-due", due), ("secretsmanager:rotation-ends", ends)],
};

const TAKES: SignedDuration = SignedDuration::from_secs(8);
const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

fn rotate(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    for member in ["ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn"] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("The twin's secrets have no {member}.")));
        }
    }
    let known = secret.resource(world)?.fact("RotationLambdaARN").map(str::to_owned);
    let function =
        call.text("RotationLambdaARN").map(str::to_owned).or(known).ok_or_else(|| {
            let message = "No Lambda rotation function ARN is associated with this secret.";
            Failure::new("InvalidRequestException", message)
        })?;
    let origin = Origin::at(&secret.place, "secretsmanager.amazonaws.com");
    let input = value!({"FunctionName": (function.as_str())});
    if world
        .call(&origin, "lambda", "GetFunctionConfiguration", input)
        .is_err_and(|it| it.code != "NotImplemented")
    {
        let message =
            format!("Secrets Manager cannot invoke the specified Lambda function: {function}");
        return Err(Failure::new("InvalidRequestException", message));
    }
    let rules = call.object("RotationRules").cloned();
    world.change(&secret.place, &secret.id, |facts| {
        facts.insert("RotationEnabled", true);
        facts.insert("RotationLambdaARN", function.as_str());
        if let Some(rules) = rules {
            facts.insert("RotationRules", rules);
        }
    });
    plan(world, &secret, call.now);
    touch(call, world, &secret);
    let mut output = secret.named(world);
    if call.input.get("RotateImmediately").and_then(Value::as_bool) != Some(false) {
        let token = call.text("ClientRequestToken").map(str::to_owned);
        let token = token.unwrap_or_else(|| world.uuid());
        begin(world, &secret, &token, call.now);
        output.insert("VersionId", token);
    }
    Ok(output.into())
}

/// How many days lie between rotations: what the rules say, or their `rate(… days)`.
fn days(resource: &crate::store::Resource) -> Option<i64> {
    let rules = resource.value("RotationRules")?;
    if let Some(days) = rules.get("AutomaticallyAfterDays").and_then(Value::as_i64) {
        return Some(days);
    }
    let expression = rules.get("ScheduleExpression")?.as_str()?;
    let inner = expression.strip_prefix("rate(")?.strip_suffix(')')?;
    inner.split(' ').next()?.parse().ok()
}

fn plan(world: &mut World, secret: &Secret, now: Timestamp) {
    let Some(days) = secret.resource(world).ok().and_then(days) else { return };
    let next = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    world.set(&secret.place, &secret.id, "NextRotationDate", next);
    world.schedule(next, Task::new("secretsmanager:rotation-due", &secret.place, &secret.id));
}

fn begin(world: &mut World, secret: &Secret, token: &str, now: Timestamp) {
    let due = now.saturating_add(TAKES).unwrap_or(now);
    let task = Task::new("secretsmanager:rotation-ends", &secret.place, &secret.id);
    world.schedule(due, task.with(token));
}

fn due(world: &mut World, task: &Task) {
    let secret = Secret { place: task.place.clone(), id: task.id.clone() };
    let now = world.now();
    let Ok(resource) = secret.resource(world) else { return };
    let is_meant = resource.flag("RotationEnabled")
        && resource.value("DeletedDate").is_none()
        && resource.value("NextRotationDate").and_then(Value::as_timestamp) == Some(task.due);
    if !is_meant {
        return;
    }
    let token = world.uuid();
    begin(world, &secret, &token, now);
    plan(world, &secret, now);
}

fn ends(world: &mut World, task: &Task) {
    let secret = Secret { place: task.place.clone(), id: task.id.clone() };
    let Some(token) = task.detail.as_str() else { return };
    let Ok(resource) = secret.resource(world) else { return };
    let function = resource.fact("RotationLambdaARN").unwrap_or_default().to_owned();
    let origin = Origin::at(&task.place, "secretsmanager.amazonaws.com");
    for step in STEPS {
        let payload = serde_json::json!({
            "Step": step, "SecretId": secret.arn(), "ClientRequestToken": token,
        });
        let input = value!({
            "FunctionName": (function.as_str()),
            "Payload": (payload.to_string().into_bytes()),
        });
        // A function that fails is told by the fate below; there may be none to invoke.
        let _ = world.call(&origin, "lambda", "Invoke", input);
    }
    let now = world.now();
    let fate = world.fate(&task.place, &task.id, "SecretRotation");
    let mut detail = object! {
        "eventSource": "secretsmanager.amazonaws.com",
        "additionalEventData": {"SecretId": (secret.arn())},
    };
    match fate {
        Fate::Succeeds => {
            let value = renewed(world, &secret);
            versions::add(world, &secret, (token, value, now), &["AWSCURRENT"]);
            world.set(&secret.place, &secret.id, "LastRotatedDate", now);
            detail.insert("eventName", "RotationSucceeded");
        }
        Fate::Fails(reason) => {
            detail.insert("eventName", "RotationFailed");
            detail.insert("errorMessage", reason);
        }
        Fate::Never => return,
    }
    let event = Event::new("aws.secretsmanager", "AWS Service Event via CloudTrail", &task.place);
    world.emit(event.about(secret.arn()).with(detail));
}

/// The current value with a new password.
fn renewed(world: &mut World, secret: &Secret) -> Object {
    let password = world.random_letters(32);
    let versions = secret.resource(world).map(versions_of).unwrap_or_default();
    let current = versions::staged(&versions, "AWSCURRENT").map(|(_, version)| version);
    let text = current.as_ref().and_then(|it| it.get("SecretString")?.as_str());
    let parsed = text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let text = match parsed {
        Some(serde_json::Value::Object(mut members)) => {
            members.insert("password".to_owned(), password.into());
            serde_json::Value::Object(members).to_string()
        }
        _ => password,
    };
    object! {"SecretString": (text)}
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    world.change(&secret.place, &secret.id, |facts| {
        facts.insert("RotationEnabled", false);
        facts.remove("NextRotationDate");
    });
    touch(call, world, &secret);
    Ok(secret.named(world).into())
}

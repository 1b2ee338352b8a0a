//! Invocations: what a function answers, what it logs and measures, and what follows if nobody waits for the answer.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{Named, configuration::resolve, named, settings::invoke_member};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    services::{logs::LOG_GROUP, sqs},
    store::Resource,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

const BY: &str = "lambda.amazonaws.com";

/// How often an asynchronous invocation that fails is repeated, unless the function says otherwise.
const RETRIES: i64 = 2;

/// How long before the first repetition; the second waits twice as long.
const RETRY: SignedDuration = SignedDuration::from_mins(1);

/// What an invocation came to.
struct Outcome {
    failed: bool,
    payload: String,
    log: String,
}

pub(super) fn invoke(call: &Call, world: &mut World) -> Answer {
    let named = named(call)?;
    let drawn = world.random_between(0, 999_999);
    let drawn = f64::from(u32::try_from(drawn).unwrap_or(0)) / 1_000_000.0;
    let (found, version) = resolve(&named, world, drawn)?;
    let found = found.clone();
    if matches!(found.fact("State"), Some("Pending")) {
        return Err(super::conflict(format!(
            "The operation cannot be performed at this time. The function is currently in the following state: Pending: {}",
            named.arn()
        )));
    }
    let payload = call.input.get("Payload").and_then(Value::as_blob).unwrap_or_default();
    let payload = String::from_utf8_lossy(payload).into_owned();
    if !payload.is_empty()
        && let Err(error) = serde_json::from_str::<serde_json::Value>(&payload)
    {
        let message = format!("Could not parse request body into json: {error}");
        return Err(Failure::new("InvalidRequestContentException", message));
    }
    let kind = call.text("InvocationType").unwrap_or("RequestResponse");
    if kind == "DryRun" {
        return Ok(object!("StatusCode": 204).into());
    }
    let function = named.function(world)?;
    if function.inside.get("Concurrency").and_then(Value::as_i64) == Some(0) {
        measure(world, &named, &[("Throttles", 1.0, "Count")]);
        let failure = Failure::new("TooManyRequestsException", "Rate Exceeded.").with_status(429);
        return Err(failure
            .with_detail("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded")
            .with_detail("Type", "User"));
    }
    if kind == "Event" {
        attempt(world, &named, (&found, &version), (payload, 0));
        return Ok(object!("StatusCode": 202, "Payload": (Vec::<u8>::new())).into());
    }
    let outcome = run(world, &named, (&found, &version), &payload);
    let mut output = object!(
        "StatusCode": 200,
        "ExecutedVersion": (version),
        "Payload": (outcome.payload.into_bytes()),
    );
    if outcome.failed {
        output.insert("FunctionError", "Unhandled");
    }
    if call.text("LogType") == Some("Tail") {
        output.insert("LogResult", STANDARD.encode(outcome.log));
    }
    Ok(output.into())
}

/// Invokes, and if that fails again later; in the end tells whoever wants to know.
fn attempt(
    world: &mut World,
    named: &Named,
    (found, version): (&Resource, &str),
    (payload, attempts): (String, i64),
) {
    let outcome = run(world, named, (found, version), &payload);
    let settings = named
        .function(world)
        .ok()
        .and_then(|function| function.inside.get(&invoke_member(named.qualifier.as_deref())))
        .cloned()
        .unwrap_or_default();
    let most = settings.get("MaximumRetryAttempts").and_then(Value::as_i64).unwrap_or(RETRIES);
    if outcome.failed && attempts < most {
        let wait = RETRY * i32::try_from(attempts + 1).unwrap_or(1);
        let detail = value!({
            "Payload": (payload),
            "Attempts": (attempts + 1),
            "Qualifier": (named.qualifier.as_deref().unwrap_or_default()),
        });
        let task = Task::new("lambda:retry", &named.place, &named.name).with(detail);
        world.schedule(world.now() + wait, task);
        return;
    }
    let (condition, destination) = if outcome.failed {
        ("RetriesExhausted", "DestinationConfig.OnFailure.Destination")
    } else {
        ("Success", "DestinationConfig.OnSuccess.Destination")
    };
    let id = world.uuid();
    if let Some(target) = settings.path(destination).and_then(Value::as_str) {
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or(serde_json::Value::Null);
        let record = serde_json::json!({
            "version": "1.0",
            "timestamp": world.now().to_string(),
            "requestContext": {
                "requestId": id,
                "functionArn": format!("{}:{version}", Named { qualifier: None, ..named.clone() }.arn()),
                "condition": condition,
                "approximateInvokeCount": attempts + 1,
            },
            "requestPayload": parsed(&payload),
            "responseContext": {
                "statusCode": 200,
                "executedVersion": version,
                "functionError": outcome.failed.then_some("Unhandled"),
            },
            "responsePayload": parsed(&outcome.payload),
        });
        tell(world, named, target, &record.to_string());
    } else if outcome.failed
        && let Some(target) = found.fact("DeadLetterConfig.TargetArn")
    {
        tell(world, named, target, &payload);
    }
}

/// The time for another attempt has come.
pub(super) fn retry(world: &mut World, task: &Task) {
    let qualifier = Some(task.detail.text("Qualifier").to_owned()).filter(|one| !one.is_empty());
    let named = Named { place: task.place.clone(), name: task.id.clone(), qualifier };
    let attempts = task.detail.get("Attempts").and_then(Value::as_i64).unwrap_or(0);
    let Ok((found, version)) = resolve(&named, world, 1.0) else { return };
    let found = found.clone();
    attempt(world, &named, (&found, &version), (task.detail.text("Payload").to_owned(), attempts));
}

/// Sends a text to a queue, a topic, a bus or another function.
fn tell(world: &mut World, named: &Named, target: &str, body: &str) {
    let origin = Origin::at(&named.place, BY);
    let told = match target.split(':').nth(2) {
        Some("sqs") => {
            let Some((place, queue)) = world.store.locate(target) else { return };
            let input = object!("QueueUrl": (sqs::url_of(&place, &queue)), "MessageBody": (body));
            world.call(&Origin::at(&place, BY), "sqs", "SendMessage", input)
        }
        Some("sns") => {
            world.call(&origin, "sns", "Publish", object!("TopicArn": (target), "Message": (body)))
        }
        Some("lambda") => {
            let input = object!(
                "FunctionName": (target),
                "InvocationType": "Event",
                "Payload": (body.as_bytes().to_vec()),
            );
            world.call(&origin, "lambda", "Invoke", input)
        }
        Some("events") => {
            let entry = value!({
                "Source": "lambda",
                "DetailType": "Lambda Function Invocation Result",
                "Detail": (body),
                "EventBusName": (target),
            });
            world.call(&origin, "events", "PutEvents", object!("Entries": (vec![entry])))
        }
        _ => return,
    };
    if let Err(failure) = told {
        tracing::debug!(code = failure.code, target, "a destination did not take a result");
    }
}

/// What a function does: fails or answers as it was told to, logs, and is measured.
fn run(
    world: &mut World,
    named: &Named,
    (found, version): (&Resource, &str),
    payload: &str,
) -> Outcome {
    let variable = |name: &str| {
        let variables = found.value("Environment.Variables")?;
        variables.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    let request = world.uuid();
    let error = variable("TWIN_ERROR");
    let failed = error.is_some();
    let answer = match error {
        Some(message) => serde_json::json!({
            "errorMessage": message,
            "errorType": "Error",
            "requestId": request,
            "stackTrace": [],
        })
        .to_string(),
        None => variable("TWIN_RESPONSE").map_or_else(
            || if payload.is_empty() { "null".to_owned() } else { payload.to_owned() },
            // What is no JSON is a text.
            |answer| match serde_json::from_str::<serde_json::Value>(&answer) {
                Ok(_) => answer,
                Err(_) => serde_json::Value::from(answer).to_string(),
            },
        ),
    };
    let milliseconds = world.random_between(3, 300);
    let memory = found.value("MemorySize").and_then(Value::as_i64).unwrap_or(128);
    let mut lines = vec![format!("START RequestId: {request} Version: {version}")];
    lines.push(format!("{request}\tINFO\t{}", if payload.is_empty() { "null" } else { payload }));
    if failed {
        lines.push(format!("{request}\tERROR\tInvoke Error\t{answer}"));
    }
    lines.push(format!("END RequestId: {request}"));
    lines.push(format!(
        "REPORT RequestId: {request}\tDuration: {milliseconds}.00 ms\tBilled Duration: {milliseconds} ms\tMemory Size: {memory} MB\tMax Memory Used: {} MB\t",
        memory / 2
    ));
    log(world, named, (found, version), &lines);
    let duration = f64::from(i32::try_from(milliseconds).unwrap_or(0));
    let errors = if failed { 1.0 } else { 0.0 };
    measure(
        world,
        named,
        &[
            ("Invocations", 1.0, "Count"),
            ("Errors", errors, "Count"),
            ("Duration", duration, "Milliseconds"),
        ],
    );
    Outcome { failed, payload: answer, log: lines.join("\n") }
}

/// Writes lines to the log group of a function, which is made if it is missing.
fn log(world: &mut World, named: &Named, (found, version): (&Resource, &str), lines: &[String]) {
    let usual = format!("/aws/lambda/{}", named.name);
    let group = found.fact("LoggingConfig.LogGroup").unwrap_or(&usual).to_owned();
    let groups = named.place.beside(&LOG_GROUP);
    let origin = Origin::at(&named.place, BY);
    let now = world.now();
    let day = now.strftime("%Y/%m/%d").to_string();
    let digest = hex_digest(&format!("{}{version}{day}", named.name), 32);
    let stream = format!("{day}/[{version}]{digest}");
    if world.get(&groups, &group).is_none() {
        let made = world.call(
            &origin,
            "logs",
            "CreateLogGroup",
            object!("logGroupName": (group.as_str())),
        );
        if made.is_err() {
            return;
        }
    }
    let arn = groups.arn_of(&LOG_GROUP, &group);
    if !world.logs.group(&arn, i64::MIN).streams.contains_key(&stream) {
        let input = object!("logGroupName": (group.as_str()), "logStreamName": (stream.as_str()));
        if world.call(&origin, "logs", "CreateLogStream", input).is_err() {
            return;
        }
    }
    let at = now.as_millisecond();
    let events: Vec<Value> = lines
        .iter()
        .map(|line| object!("timestamp": (at), "message": (format!("{line}\n"))).into())
        .collect();
    let input = object!("logGroupName": (group), "logStreamName": (stream), "logEvents": (events));
    if let Err(failure) = world.call(&origin, "logs", "PutLogEvents", input) {
        tracing::debug!(code = failure.code, "a function could not log");
    }
}

fn measure(world: &mut World, named: &Named, values: &[(&str, f64, &str)]) {
    let now = world.now();
    let data: Vec<Value> = values
        .iter()
        .map(|(name, value, unit)| {
            object!(
                "MetricName": (*name),
                "Dimensions": [{"Name": "FunctionName", "Value": (named.name.as_str())}],
                "Timestamp": (now),
                "Value": (*value),
                "Unit": (*unit),
            )
            .into()
        })
        .collect();
    let input: Object = object!("Namespace": "AWS/Lambda", "MetricData": (data));
    let origin = Origin::at(&named.place, BY);
    if let Err(failure) = world.call(&origin, "cloudwatch", "PutMetricData", input) {
        tracing::debug!(code = failure.code, "a function could not be measured");
    }
}

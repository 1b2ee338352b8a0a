//! What functions are fed from: queues.

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{FUNCTION, MAPPING, Named, PAGES, existing, read};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::sqs,
    store::{Resource, facts},
    task::Task,
    value::object,
    world::{Origin, World},
};

const BY: &str = "lambda.amazonaws.com";

/// How often an empty queue is looked at.
const POLL: SignedDuration = SignedDuration::from_secs(20);

/// How many batches are taken at a time.
const BATCHES: usize = 100;

const KEPT: [&str; 7] = [
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "FunctionResponseTypes",
    "ScalingConfig",
    "KMSKeyArn",
    "MetricsConfig",
];

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let source = call.text("EventSourceArn").unwrap_or_default();
    if source.split(':').nth(2) != Some("sqs") {
        let message =
            format!("the twin feeds functions from no other sources than queues: {source}");
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let named = existing(call, world)?;
    if world.store.locate(source).is_none() {
        let message = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.";
        return Err(call.invalid(message));
    }
    let place = call.place(&MAPPING);
    let taken = world.shelf(&place).iter().find(|(_, known)| {
        known.fact("EventSourceArn") == Some(source)
            && known.fact("FunctionArn") == Some(&named.arn())
    });
    if let Some((id, _)) = taken {
        return Err(super::conflict(format!(
            "An event source mapping with event source arn (\" {source} \") and function (\" {} \") already exists. Please update or delete the existing mapping with UUID {id}",
            named.name
        )));
    }
    let enabled = call.input.get("Enabled").and_then(Value::as_bool).unwrap_or(true);
    let mut said = object!(
        "EventSourceArn": (source),
        "FunctionArn": (named.arn()),
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "State": (if enabled { "Enabled" } else { "Disabled" }),
        "StateTransitionReason": "USER_INITIATED",
        "LastModified": (call.now),
        "FunctionResponseTypes": [],
    );
    keep(call, &mut said);
    check_batch(call, &said)?;
    let id = world.uuid();
    world.put(place.clone(), id.clone(), Resource { facts: facts(said), ..Resource::default() });
    world.schedule(call.now + POLL, Task::new("lambda:poll", &place, &id));
    shown(call, world, &id)
}

fn keep(call: &Call, facts: &mut Object) {
    facts.extend(call.given(KEPT));
}

fn check_batch(call: &Call, said: &Object) -> Result<(), Failure> {
    let number = |member: &str| said.get(member).and_then(Value::as_i64).unwrap_or(0);
    if call.input.get("FilterCriteria").is_some() {
        let message = "the twin does not filter what functions are fed with";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    if number("BatchSize") > 10 && number("MaximumBatchingWindowInSeconds") == 0 {
        return Err(call.invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"));
    }
    Ok(())
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let place = call.place(&MAPPING);
    let found = call.find(world, &MAPPING, id)?;
    Ok(call.fit(place.describe(&MAPPING, id, found).into()))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    shown(call, world, call.required("UUID")?)
}

pub(super) fn update(call: &Call, world: &mut World) -> Answer {
    let id = call.required("UUID")?;
    let mut said = Object::clone(&call.find(world, &MAPPING, id)?.facts);
    keep(call, &mut said);
    check_batch(call, &said)?;
    if let Some(enabled) = call.input.get("Enabled").and_then(Value::as_bool) {
        said.insert("State", if enabled { "Enabled" } else { "Disabled" });
    }
    if call.text("FunctionName").is_some() {
        said.insert("FunctionArn", existing(call, world)?.arn());
    }
    said.insert("LastModified", call.now);
    world.change(&call.place(&MAPPING), id, |facts| *facts = said);
    shown(call, world, id)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("UUID")?;
    let mut answer = shown(call, world, id)?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("State", "Deleting");
    }
    world.remove(&call.place(&MAPPING), id);
    Ok(answer)
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let function = match call.text("FunctionName") {
        Some(_) => Some(existing(call, world)?.arn()),
        None => None,
    };
    let source = call.text("EventSourceArn");
    let output = PAGES.list(
        (call, world),
        (&MAPPING, "EventSourceMappings"),
        |_, mapping| {
            function.as_deref().is_none_or(|arn| mapping.fact("FunctionArn") == Some(arn))
                && source.is_none_or(|source| mapping.fact("EventSourceArn") == Some(source))
        },
        |_, _, description| description.into(),
    )?;
    Ok(call.fit(output))
}

/// Feeds a function what is in its queue, then waits for the next turn.
pub(super) fn poll(world: &mut World, task: &Task) {
    let Some(mapping) = world.get(&task.place, &task.id).cloned() else { return };
    world.schedule(task.due + POLL, Task::new("lambda:poll", &task.place, &task.id));
    if mapping.fact("State") != Some("Enabled") {
        return;
    }
    let size = mapping.value("BatchSize").and_then(Value::as_i64).unwrap_or(10).min(10);
    let source = mapping.fact("EventSourceArn").unwrap_or_default().to_owned();
    let function_place = task.place.beside(&FUNCTION);
    let function = read(&function_place, mapping.fact("FunctionArn").unwrap_or_default());
    let result = feed(world, &function, &source, size);
    world.set(&task.place, &task.id, "LastProcessingResult", result);
}

fn feed(world: &mut World, function: &Named, source: &str, size: i64) -> &'static str {
    let Some((place, queue)) = world.store.locate(source) else {
        return "PROBLEM: The specified queue does not exist.";
    };
    let (url, origin) = (sqs::url_of(&place, &queue), Origin::at(&place, BY));
    let mut result = "No records processed";
    for _ in 0..BATCHES {
        let input = object!(
            "QueueUrl": (url.as_str()),
            "MaxNumberOfMessages": (size),
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        );
        let Ok(got) = world.call(&origin, "sqs", "ReceiveMessage", input) else { break };
        let messages = got.list("Messages").to_vec();
        if messages.is_empty() {
            break;
        }
        let records: Vec<serde_json::Value> =
            messages.iter().map(|message| record(message, source, &place)).collect();
        let payload = serde_json::json!({"Records": records}).to_string();
        let input = object!("FunctionName": (function.arn()), "Payload": (payload.into_bytes()));
        let invoked = world.call(&Origin::at(&function.place, BY), "lambda", "Invoke", input);
        let well = invoked.is_ok_and(|answer| answer.get("FunctionError").is_none());
        if !well {
            result = "PROBLEM: Function call failed";
            continue;
        }
        result = "OK";
        for message in &messages {
            let handle = message.get("ReceiptHandle").cloned().unwrap_or_default();
            let input = object!("QueueUrl": (url.as_str()), "ReceiptHandle": (handle));
            if world.call(&origin, "sqs", "DeleteMessage", input).is_err() {
                result = "PROBLEM: DeleteMessage failed";
            }
        }
    }
    result
}

/// A message as functions see it.
fn record(message: &Value, source: &str, place: &crate::store::Place) -> serde_json::Value {
    let json = |member: &str| message.get(member).map_or(serde_json::Value::Null, Value::to_json);
    let attributes = message.get("MessageAttributes").and_then(Value::as_object);
    let attributes: serde_json::Map<String, serde_json::Value> = attributes
        .into_iter()
        .flat_map(Object::iter)
        .map(|(name, attribute)| {
            let json = attribute.to_json();
            let shown = serde_json::json!({
                "dataType": json.get("DataType"),
                "stringValue": json.get("StringValue"),
                "binaryValue": json.get("BinaryValue"),
            });
            (name.to_string(), shown)
        })
        .collect();
    serde_json::json!({
        "messageId": json("MessageId"),
        "receiptHandle": json("ReceiptHandle"),
        "body": json("Body"),
        "attributes": json("Attributes"),
        "messageAttributes": attributes,
        "md5OfBody": json("MD5OfBody"),
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": place.region.as_str(),
    })
}

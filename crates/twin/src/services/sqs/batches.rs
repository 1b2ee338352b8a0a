//! Up to ten things at once, each of which may fail by itself.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::{Found, queue, receiving, sending, text};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    world::World,
};

const MOST: usize = 10;

/// The most that the messages of one batch may have together.
const LARGEST: usize = 1_048_576;

type One = fn(&Call, &mut World, &Found, &Value) -> Answer;

pub(super) fn send(call: &Call, world: &mut World) -> Answer {
    let bodies = call.list("Entries").iter().filter_map(|entry| text(entry, "MessageBody"));
    let size: usize = bodies.map(str::len).sum();
    if size > LARGEST {
        let message = format!(
            "Batch requests cannot be longer than {LARGEST} bytes. You have sent {size} bytes."
        );
        return Err(Failure::new("AWS.SimpleQueueService.BatchRequestTooLong", message));
    }
    each(call, world, sending::send_one)
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    each(call, world, receiving::delete_one)
}

pub(super) fn change_visibility(call: &Call, world: &mut World) -> Answer {
    each(call, world, receiving::hide_one)
}

fn each(call: &Call, world: &mut World, one: One) -> Answer {
    let queue = queue(call, world)?;
    let entries = call.list("Entries");
    check(entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        let id = text(entry, "Id").unwrap_or_default();
        match one(call, world, &queue, entry) {
            Ok(answer) => {
                let mut answer = answer.as_object().cloned().unwrap_or_default();
                answer.insert("Id", id);
                successful.push(Value::from(answer));
            }
            Err(failure) => failed.push(Value::from_iter([
                ("Id", Value::from(id)),
                ("SenderFault", Value::from(true)),
                ("Code", Value::from(failure.code)),
                ("Message", Value::from(failure.message)),
            ])),
        }
    }
    Ok(Object::from_iter([("Successful", successful), ("Failed", failed)]).into())
}

fn check(entries: &[Value]) -> Result<(), Failure> {
    let refused = |code: &str, message: String| {
        Err(Failure::new(format!("AWS.SimpleQueueService.{code}"), message))
    };
    if entries.is_empty() {
        let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
        return refused("EmptyBatchRequest", message.to_owned());
    }
    if entries.len() > MOST {
        let message = format!(
            "Maximum number of entries per request are {MOST}. You have sent {}.",
            entries.len()
        );
        return refused("TooManyEntriesInBatchRequest", message);
    }
    let mut seen = BTreeSet::new();
    for entry in entries {
        let id = text(entry, "Id").unwrap_or_default();
        let valid = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        if id.is_empty() || id.len() > 80 || !id.chars().all(valid) {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
            return refused("InvalidBatchEntryId", message.to_owned());
        }
        if !seen.insert(id) {
            return refused("BatchEntryIdsNotDistinct", format!("Id {id} repeated."));
        }
    }
    Ok(())
}

//! Batches of which some entries fail: where each operation has its entries, and how it reports those that failed.

use reeve_model::{Object, Value};

use crate::{call::Call, value::value};

const CODE: &str = "InternalFailure";
const MESSAGE: &str = "An internal error occurred.";

/// How an operation takes and reports a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    service: &'static str,
    operation: &'static str,
    /// The input member with the entries.
    entries: &'static str,
    /// The output member with those that failed.
    failed: &'static str,
    /// How one that failed is reported.
    report: Report,
}

#[derive(Debug, Clone, Copy)]
enum Report {
    /// With the entry's id, a code and a message.
    ById,
    /// In the place of its result, counted in `FailedEntryCount`.
    InPlace,
    /// As a member named like the entry.
    ByName,
    /// As the entry itself, to be tried again.
    Again,
}

const BATCHES: &[Batch] = &[
    batch("sqs", "SendMessageBatch", "Entries", "Failed", Report::ById),
    batch("sqs", "DeleteMessageBatch", "Entries", "Failed", Report::ById),
    batch("sqs", "ChangeMessageVisibilityBatch", "Entries", "Failed", Report::ById),
    batch("sns", "PublishBatch", "PublishBatchRequestEntries", "Failed", Report::ById),
    batch("events", "PutEvents", "Entries", "Entries", Report::InPlace),
    batch(
        "resourcegroupstaggingapi",
        "TagResources",
        "ResourceARNList",
        "FailedResourcesMap",
        Report::ByName,
    ),
    batch(
        "resourcegroupstaggingapi",
        "UntagResources",
        "ResourceARNList",
        "FailedResourcesMap",
        Report::ByName,
    ),
    batch("dynamodb", "BatchWriteItem", "RequestItems", "UnprocessedItems", Report::Again),
    batch("dynamodb", "BatchGetItem", "RequestItems", "UnprocessedKeys", Report::Again),
];

const fn batch(
    service: &'static str,
    operation: &'static str,
    entries: &'static str,
    failed: &'static str,
    report: Report,
) -> Batch {
    Batch { service, operation, entries, failed, report }
}

/// How an operation takes batches; none if it takes none whose entries can fail by themselves.
pub(crate) fn batch_of(service: &str, operation: &str) -> Option<&'static Batch> {
    BATCHES.iter().find(|batch| batch.service == service && batch.operation == operation)
}

/// Every operation that takes batches, for messages.
pub(crate) fn batches() -> impl Iterator<Item = String> {
    BATCHES.iter().map(|batch| format!("{}:{}", batch.service, batch.operation))
}

impl Batch {
    /// Takes the first entries out of a call's input: those that are to fail.
    pub(crate) fn take(&self, input: &mut Value, count: usize) -> Vec<(String, Value)> {
        let Some(entries) = input.as_object_mut().and_then(|input| input.get_mut(self.entries))
        else {
            return Vec::new();
        };
        match entries {
            Value::List(list) => {
                let taken = list.drain(..count.min(list.len()));
                taken.map(|entry| (name_of(&entry), entry)).collect()
            }
            Value::Object(members) => {
                let names: Vec<_> = members.names().take(count).cloned().collect();
                let taken = names
                    .iter()
                    .filter_map(|name| members.remove(name).map(|entry| (name.to_string(), entry)));
                taken.collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether nothing is left to be performed.
    pub(crate) fn is_empty(&self, call: &Call) -> bool {
        match call.input.get(self.entries) {
            Some(Value::List(list)) => list.is_empty(),
            Some(Value::Object(members)) => members.is_empty(),
            _ => true,
        }
    }

    /// Adds those that failed to the answer about the others.
    pub(crate) fn report(&self, output: Value, taken: Vec<(String, Value)>) -> Value {
        let Value::Object(mut output) = output else { return output };
        let count = i64::try_from(taken.len()).unwrap_or(i64::MAX);
        match self.report {
            Report::ById => {
                let mut failed = list(output.remove(self.failed));
                failed.extend(taken.iter().map(|(id, _)| {
                    value!({"Id": (id), "Code": (CODE), "Message": (MESSAGE), "SenderFault": false})
                }));
                output.insert(self.failed, failed);
            }
            Report::InPlace => {
                let mut results: Vec<Value> = taken
                    .iter()
                    .map(|_| value!({"ErrorCode": (CODE), "ErrorMessage": (MESSAGE)}))
                    .collect();
                results.extend(list(output.remove(self.failed)));
                output.insert(self.failed, results);
                let others = output.get("FailedEntryCount").and_then(Value::as_i64).unwrap_or(0);
                output.insert("FailedEntryCount", others + count);
            }
            Report::ByName => {
                let mut failed = members(output.remove(self.failed));
                for (name, _) in taken {
                    let report = value!({
                        "StatusCode": 500,
                        "ErrorCode": "InternalServiceException",
                        "ErrorMessage": (MESSAGE),
                    });
                    failed.insert(name, report);
                }
                output.insert(self.failed, failed);
            }
            Report::Again => {
                let mut failed = members(output.remove(self.failed));
                for (name, entry) in taken {
                    failed.insert(name, entry);
                }
                output.insert(self.failed, failed);
            }
        }
        output.into()
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::List(elements)) => elements,
        _ => Vec::new(),
    }
}

fn members(value: Option<Value>) -> Object {
    match value {
        Some(Value::Object(members)) => members,
        _ => Object::new(),
    }
}

/// What an entry is known by: its id, or itself if it is a text.
fn name_of(entry: &Value) -> String {
    let id = entry.get("Id").and_then(Value::as_str).or_else(|| entry.as_str());
    id.unwrap_or_default().to_owned()
}

//! What was done in the world, as AWS `CloudTrail` records it.
//!
//! Every call is recorded, so recording does as little as it can: it keeps what was asked and answered, and the record as
//! `CloudTrail` writes it is made when somebody looks. Secrets are taken out then too.

mod kinds;
mod written;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use reeve_model::Value;
use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};

use crate::{
    bus,
    call::{Answer, Call},
    directory::Caller,
    event::Event,
    kind::HOME_REGION,
    services::cloudtrail::TRAIL,
    store::Place,
    world::World,
};

pub(crate) use kinds::event_source;

/// How many records are kept.
const MOST: usize = 100_000;

/// How long the event history goes back.
pub(crate) const HISTORY: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Blobs and texts beyond this size are not kept.
const LARGEST: usize = 16 * 1024;

/// The records, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trail {
    recorded: u64,
    records: VecDeque<Record>,
}

/// One call and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its place in the order of all.
    pub(crate) number: u64,
    pub(crate) time: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    /// The name of the service's model.
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) caller: Caller,
    pub(crate) is_read: bool,
    input: Value,
    /// What was answered to a call that changed something.
    output: Value,
    /// The code and message of an error.
    pub(crate) error: Option<(String, String)>,
}

impl Trail {
    /// The records from a number on, oldest first.
    pub(crate) fn since(&self, number: u64) -> impl DoubleEndedIterator<Item = &Record> {
        let first = self.records.front().map_or(0, |record| record.number);
        let skipped = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        self.records.range(skipped.min(self.records.len())..)
    }

    /// The number that the next record will have.
    pub(crate) fn next(&self) -> u64 {
        self.recorded
    }
}

/// Records a call and what came of it.
pub(crate) fn record(world: &mut World, call: &Call, answer: &Answer) {
    let service = call.service.model;
    if kinds::is_data(service, &call.operation)
        || answer.as_ref().is_err_and(|failure| failure.code == "NotImplemented")
    {
        return;
    }
    let is_read = kinds::is_read(service, &call.operation);
    let output = match answer {
        Ok(output) if !is_read => kept(output),
        _ => Value::Null,
    };
    let home = || HOME_REGION.parse().unwrap_or_else(|_| call.region.clone());
    let record = Record {
        number: world.trail.recorded,
        time: call.now,
        account: call.account().clone(),
        region: if kinds::is_global(service) { home() } else { call.region.clone() },
        service: service.to_owned(),
        operation: call.operation.clone(),
        caller: call.caller.clone(),
        is_read,
        input: kept(&call.input),
        output,
        error: answer.as_ref().err().map(|failure| (failure.code.clone(), failure.message.clone())),
    };
    if !is_read {
        announce(world, &record);
    }
    let trail = &mut world.trail;
    trail.recorded += 1;
    let oldest = call.now.saturating_sub(HISTORY).unwrap_or(call.now);
    while trail.records.len() >= MOST
        || trail.records.front().is_some_and(|first| first.time < oldest)
    {
        trail.records.pop_front();
    }
    trail.records.push_back(record);
}

/// Tells EventBridge of a call that changed something, if any rule of the account could want to know.
fn announce(world: &mut World, record: &Record) {
    const KIND: &str = "AWS API Call via CloudTrail";
    let place =
        Place { account: record.account.clone(), region: record.region.clone(), kind: &TRAIL };
    let source =
        format!("aws.{}", event_source(&record.service).trim_end_matches(".amazonaws.com"));
    if bus::could_match(world, &place, &source, KIND) {
        let detail = Value::from_json(&record.written(world.seed));
        world.emit(Event::new(&source, KIND, &place).with(detail));
    }
}

/// A copy without what is too large to be kept.
fn kept(value: &Value) -> Value {
    match value {
        Value::Blob(bytes) if bytes.len() > LARGEST => Value::Null,
        Value::String(text) if text.len() > LARGEST => Value::from("HIDDEN_DUE_TO_SIZE_LIMIT"),
        Value::List(elements) => elements.iter().map(kept).collect(),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), kept(value))).collect()
        }
        other => other.clone(),
    }
}

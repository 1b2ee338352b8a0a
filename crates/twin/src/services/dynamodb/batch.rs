//! Batches and transactions: many items at once, some of them or all or none.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};

use super::item::{Table, Verb, Write, invalid, normal, prepare, read, wants_item};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fault::Fate,
    recipe::Action,
    services::Part,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("BatchGetItem", Action::Own(batch_get)),
        ("BatchWriteItem", Action::Own(batch_write)),
        ("TransactGetItems", Action::Own(transact_get)),
        ("TransactWriteItems", Action::Own(transact_write)),
    ],
    tasks: &[],
};

const MOST_GETS: usize = 100;
const MOST_WRITES: usize = 25;
const MOST_TRANSACTED: usize = 100;

fn batch_get(call: &Call, world: &mut World) -> Answer {
    let asked = call.object("RequestItems").cloned().unwrap_or_default();
    let total: usize = asked.iter().map(|(_, one)| keys(one).len()).sum();
    if total == 0 || total > MOST_GETS {
        return Err(invalid("Too many items requested for the BatchGetItem call"));
    }
    let (mut responses, mut unprocessed) = (Object::new(), Object::new());
    for (name, one) in asked.iter() {
        let table = Table::open(call, world, name.as_str())?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut left = Vec::new();
        for (place, key) in keys(one).iter().enumerate() {
            if !seen.insert(table.id(&normal(Some(key))?)?) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            if place > 0 && partly_fails(world, &table, "BatchGetItem") {
                left.push(key.clone());
                continue;
            }
            let mut input = one.as_object().cloned().unwrap_or_default();
            input.remove("Keys");
            input.insert("Key", key.clone());
            found.extend(read(&table, world, &input.into())?.map(Value::from));
        }
        responses.insert(name, Value::List(found));
        if !left.is_empty() {
            let mut rest = one.as_object().cloned().unwrap_or_default();
            rest.insert("Keys", Value::List(left));
            unprocessed.insert(name, rest);
        }
    }
    Ok(value!({"Responses": (responses), "UnprocessedKeys": (unprocessed)}))
}

fn keys(request: &Value) -> &[Value] {
    request.get("Keys").map_or(&[], Value::as_list)
}

/// Whether a fault leaves one part of a batch undone; the first part is always done.
fn partly_fails(world: &mut World, table: &Table, work: &str) -> bool {
    world.fate(&table.tables, &table.name, work) != Fate::Succeeds
}

fn batch_write(call: &Call, world: &mut World) -> Answer {
    let asked = call.object("RequestItems").cloned().unwrap_or_default();
    let total: usize = asked.iter().map(|(_, requests)| requests.as_list().len()).sum();
    if total == 0 || total > MOST_WRITES {
        return Err(invalid("Too many items requested for the BatchWriteItem call"));
    }
    let mut writes: Vec<(Table, Write, Value)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, requests) in asked.iter() {
        for request in requests.as_list() {
            let table = Table::open(call, world, name.as_str())?;
            let (verb, input) = match (request.get("PutRequest"), request.get("DeleteRequest")) {
                (Some(put), None) => (Verb::Put, put),
                (None, Some(delete)) => (Verb::Delete, delete),
                _ => {
                    return Err(invalid(
                        "Supplied WriteRequest must have exactly one of PutRequest or DeleteRequest",
                    ));
                }
            };
            let write = prepare(&table, world, input, verb)?;
            if !seen.insert(write.id.clone()) {
                return Err(invalid("Provided list of item keys contains duplicates"));
            }
            writes.push((table, write, request.clone()));
        }
    }
    let mut unprocessed: Object = Object::new();
    for (place, (table, write, request)) in writes.into_iter().enumerate() {
        if place > 0 && partly_fails(world, &table, "BatchWriteItem") {
            let mut left =
                unprocessed.remove(&table.name).map(|l| l.as_list().to_vec()).unwrap_or_default();
            left.push(request);
            unprocessed.insert(table.name.as_str(), Value::List(left));
            continue;
        }
        table.set(world, &write.id, write.after);
    }
    Ok(value!({"UnprocessedItems": (unprocessed)}))
}

fn transact_get(call: &Call, world: &mut World) -> Answer {
    let items = call.list("TransactItems");
    if items.len() > MOST_TRANSACTED {
        return Err(too_many());
    }
    let mut responses = Vec::new();
    for item in items {
        let get = item.get("Get").ok_or_else(|| invalid("TransactGetItem must have a Get"))?;
        let name = get.text("TableName");
        let table = Table::open(call, world, name)?;
        let found = read(&table, world, get)?;
        responses.push(found.map_or_else(Value::object, |item| object! {"Item": (item)}.into()));
    }
    Ok(value!({"Responses": (responses)}))
}

fn too_many() -> Failure {
    invalid(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100",
    )
}

fn transact_write(call: &Call, world: &mut World) -> Answer {
    let items = call.list("TransactItems");
    if items.len() > MOST_TRANSACTED {
        return Err(too_many());
    }
    let mut writes: Vec<(Table, Write)> = Vec::new();
    let mut reasons = Vec::new();
    for item in items {
        let known = [
            ("ConditionCheck", Verb::Check),
            ("Put", Verb::Put),
            ("Delete", Verb::Delete),
            ("Update", Verb::Update),
        ];
        let mut given = known.into_iter().filter_map(|(name, verb)| Some((item.get(name)?, verb)));
        let (Some((input, verb)), None) = (given.next(), given.next()) else {
            return Err(invalid(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        };
        let name = input.text("TableName");
        let table = Table::open(call, world, name)?;
        let write = prepare(&table, world, input, verb)?;
        if writes.iter().any(|(_, other)| other.id == write.id) {
            return Err(invalid(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        reasons.push(reason(&write, input));
        writes.push((table, write));
    }
    if writes.iter().any(|(_, write)| write.failed) {
        let codes: Vec<&str> =
            reasons.iter().filter_map(|reason| reason.get("Code")?.as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        return Err(Failure::new("TransactionCanceledException", message)
            .with_detail("CancellationReasons", reasons));
    }
    for (table, write) in writes {
        table.set(world, &write.id, write.after);
    }
    Ok(Value::object())
}

fn reason(write: &Write, input: &Value) -> Value {
    if !write.failed {
        return value!({"Code": "None"});
    }
    let mut reason = object! {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
    };
    if let Some(item) = write.before.clone().filter(|_| wants_item(input)) {
        reason.insert("Item", item);
    }
    reason.into()
}

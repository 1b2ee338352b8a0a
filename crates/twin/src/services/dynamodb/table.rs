//! Tables: made, changed and deleted, each over some seconds; and items whose time is over.

use reeve_model::{Object, Value};

use super::{TABLE, attribute, item, key::SEPARATOR};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateTable", Action::Own(create)),
        ("UpdateTable", Action::Own(update)),
        ("DeleteTable", Action::Own(delete)),
        ("DescribeTimeToLive", Action::Own(show_expiry)),
        ("UpdateTimeToLive", Action::Own(update_expiry)),
        ("DescribeLimits", Action::Own(limits)),
        ("DescribeEndpoints", Action::Own(endpoints)),
        ("PutResourcePolicy", Action::Own(put_policy)),
        ("GetResourcePolicy", Action::Own(get_policy)),
        ("DeleteResourcePolicy", Action::Own(delete_policy)),
    ],
    tasks: &[
        ("dynamodb:table-active", |world, task| LIFE.pass(world, task)),
        ("dynamodb:table-gone", |world, task| LIFE.pass(world, task)),
        ("dynamodb:expire-items", expire_items),
    ],
};

/// The states of a table.
pub(super) static LIFE: Lifecycle = Lifecycle {
    member: "TableStatus",
    passing: &[
        ("CREATING", "dynamodb:table-active", Some("ACTIVE")),
        ("UPDATING", "dynamodb:table-active", Some("ACTIVE")),
        ("DELETING", "dynamodb:table-gone", None),
    ],
    then: settled,
};

/// How long a table takes to be made.
const CREATE_SECONDS: i64 = 8;
/// How long a change takes.
const UPDATE_SECONDS: i64 = 20;
/// How long an index takes to be filled.
const BACKFILL_SECONDS: i64 = 240;
/// How long a table takes to be deleted.
const DELETE_SECONDS: i64 = 6;
/// How often items whose time is over are taken away.
const EXPIRY_SECONDS: i64 = 3600;

/// The table that a call names, and its id.
pub(super) fn named<'w>(
    call: &Call,
    world: &'w World,
    member: &str,
) -> Result<(String, &'w Resource), Failure> {
    let id = call.id_of(&TABLE, call.required(member)?);
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| absent(&id))?;
    Ok((id, table))
}

fn absent(id: &str) -> Failure {
    Failure::new(
        "ResourceNotFoundException",
        format!("Requested resource not found: Table: {id} not found"),
    )
}

fn in_use(message: String) -> Failure {
    Failure::new("ResourceInUseException", message)
}

/// A table's description.
pub(super) fn shown(call: &Call, world: &World, id: &str) -> Value {
    let table = call.resource(world, &TABLE, id);
    table.map(|table| call.describe(&TABLE, id, table)).unwrap_or_default().into()
}

/// Parameters that change what happens on AWS and are not heeded here.
const UNSUPPORTED: [&str; 6] = [
    "DisassociationProtectionEnabled",
    "GlobalTableSettingsReplicationMode",
    "GlobalTableSourceArn",
    "OnDemandThroughput",
    "VectorIndexes",
    "WarmThroughput",
];

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let id = call.id_of(&TABLE, call.required("TableName")?);
    check_name(&id)?;
    if call.resource(world, &TABLE, &id).is_some() {
        return Err(in_use(format!("Table already exists: {id}")));
    }
    check_schema(call)?;
    let mut described = object! {
        "AttributeDefinitions": (call.list("AttributeDefinitions").to_vec()),
        "KeySchema": (call.list("KeySchema").to_vec()),
        "TableStatus": "CREATING",
        "CreationDateTime": (call.now),
        "TableSizeBytes": 0_i64,
        "ItemCount": 0_i64,
        "DeletionProtectionEnabled": (call.flag("DeletionProtectionEnabled")),
    };
    set_billing(call, &mut described)?;
    let arn = call.arn_of(&TABLE, &id);
    for (member, is_global) in [("GlobalSecondaryIndexes", true), ("LocalSecondaryIndexes", false)]
    {
        let indexes = call.list(member);
        if !indexes.is_empty() {
            let made = indexes.iter().map(|index| index_facts(index, &arn, is_global, "CREATING"));
            described.insert(member, made.collect::<Value>());
        }
    }
    set_stream(call, &mut described, &arn);
    if call.input.path("SSESpecification.Enabled").and_then(Value::as_bool) == Some(true) {
        let key = call.input.path("SSESpecification.KMSMasterKeyId").cloned();
        let key = key.unwrap_or_else(|| {
            Value::from(format!(
                "arn:aws:kms:{}:{}:alias/aws/dynamodb",
                call.region,
                call.account()
            ))
        });
        described.insert(
            "SSEDescription",
            value!({"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": (key)}),
        );
    }
    if let Some(class) = call.text("TableClass") {
        described.insert("TableClassSummary", value!({"TableClass": (class)}));
    }
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let place = call.place(&TABLE);
    world.put(place.clone(), id.clone(), Resource::new(facts(described), tags.into()));
    if let Some(policy) = call.text("ResourcePolicy") {
        world.set_inside(&place, &id, "Policy", policy);
    }
    LIFE.enter(world, &place, &id, ("CREATING", CREATE_SECONDS));
    Ok(value!({"TableDescription": (shown(call, world, &id))}))
}

fn check_name(id: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(3..=255).contains(&id.len()) || !id.chars().all(allowed) {
        return Err(item::invalid(format!(
            "1 validation error detected: Value '{id}' at 'tableName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )));
    }
    Ok(())
}

/// Every key must be defined, and every definition must be of a key.
fn check_schema(call: &Call) -> Result<(), Failure> {
    let names = |schema: &Value| -> Vec<String> {
        let elements = schema.as_list().iter();
        elements.filter_map(|e| Some(e.get("AttributeName")?.as_str()?.to_owned())).collect()
    };
    let own = call.input.get("KeySchema").cloned().unwrap_or_default();
    let mut used = names(&own);
    if used.is_empty() || used.len() > 2 {
        return Err(item::invalid("One or more parameter values were invalid: Invalid KeySchema"));
    }
    for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        for index in call.list(member) {
            used.extend(index.get("KeySchema").map(names).unwrap_or_default());
        }
    }
    let defined = names(&call.input.get("AttributeDefinitions").cloned().unwrap_or_default());
    if let Some(missing) = used.iter().find(|name| !defined.contains(name)) {
        return Err(item::invalid(format!(
            "One or more parameter values were invalid: Some index key attributes are not defined in \
             AttributeDefinitions. Keys: [{missing}], AttributeDefinitions: [{}]",
            defined.join(", ")
        )));
    }
    if defined.iter().any(|name| !used.contains(name)) {
        return Err(item::invalid(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not \
             exactly match number of attributes defined in AttributeDefinitions",
        ));
    }
    Ok(())
}

fn set_billing(call: &Call, facts: &mut Object) -> Result<(), Failure> {
    let given = call.object("ProvisionedThroughput").cloned();
    let on_demand = call.text("BillingMode") == Some("PAY_PER_REQUEST");
    let units = match (given, on_demand) {
        (Some(_), true) => {
            return Err(item::invalid(
                "One or more parameter values were invalid: Neither ReadCapacityUnits nor \
                 WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            ));
        }
        (None, false) => {
            return Err(item::invalid(
                "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits \
                 must both be specified when BillingMode is PROVISIONED",
            ));
        }
        (Some(given), false) => given,
        (None, true) => object! {"ReadCapacityUnits": 0_i64, "WriteCapacityUnits": 0_i64},
    };
    let mut throughput = object! {"NumberOfDecreasesToday": 0_i64};
    throughput.extend(units);
    facts.insert("ProvisionedThroughput", throughput);
    if on_demand {
        let summary = value!({
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": (call.now),
        });
        facts.insert("BillingModeSummary", summary);
        // What an on-demand table is ready for from the start.
        let warm = value!({"ReadUnitsPerSecond": 12_000_i64, "WriteUnitsPerSecond": 4_000_i64, "Status": "ACTIVE"});
        facts.insert("WarmThroughput", warm);
    }
    Ok(())
}

fn index_facts(index: &Value, table: &str, is_global: bool, status: &str) -> Value {
    let mut facts = index.as_object().cloned().unwrap_or_default();
    let name = index.text("IndexName");
    facts.insert("IndexArn", format!("{table}/index/{name}"));
    facts.insert("IndexSizeBytes", 0_i64);
    facts.insert("ItemCount", 0_i64);
    if is_global {
        facts.insert("IndexStatus", status);
        let mut throughput = object! {
            "NumberOfDecreasesToday": 0_i64, "ReadCapacityUnits": 0_i64, "WriteCapacityUnits": 0_i64,
        };
        throughput.extend(
            index
                .get("ProvisionedThroughput")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        );
        facts.insert("ProvisionedThroughput", throughput);
    }
    facts.into()
}

fn set_stream(call: &Call, facts: &mut Object, arn: &str) {
    let Some(stream) = call.object("StreamSpecification") else { return };
    if stream.flag("StreamEnabled") {
        let label = call.now.strftime("%Y-%m-%dT%H:%M:%S.000").to_string();
        facts.insert("StreamSpecification", stream.clone());
        facts.insert("LatestStreamArn", format!("{arn}/stream/{label}"));
        facts.insert("LatestStreamLabel", label);
    } else {
        facts.remove("StreamSpecification");
    }
}

/// A table's indexes are active with it, and its items gone with it.
fn settled(world: &mut World, task: &Task, was: &Resource) {
    if was.fact("TableStatus") == Some("DELETING") {
        let place = task.place.beside(&item::ITEM);
        for (id, _) in items(world, &task.place, &task.id) {
            world.remove(&place, &id);
        }
        return;
    }
    world.change(&task.place, &task.id, |facts| {
        if let Some(restore) = facts.get_mut("RestoreSummary").and_then(Value::as_object_mut) {
            restore.insert("RestoreInProgress", false);
        }
        let Some(Value::List(indexes)) = facts.get_mut("GlobalSecondaryIndexes") else { return };
        indexes.retain(|index| index.text("IndexStatus") != "DELETING");
        for index in indexes.iter_mut().filter_map(Value::as_object_mut) {
            index.insert("IndexStatus", "ACTIVE");
            index.remove("Backfilling");
        }
    });
}

fn update(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (id, table) = named(call, world, "TableName")?;
    if table.fact("TableStatus") != Some("ACTIVE") {
        return Err(in_use(format!(
            "Attempt to change a resource which is still in use: Table: {id}"
        )));
    }
    for member in [
        "ReplicaUpdates",
        "VectorIndexUpdates",
        "GlobalTableWitnessUpdates",
        "MultiRegionConsistency",
    ] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let mut changed = Object::clone(&table.facts);
    let arn = call.arn_of(&TABLE, &id);
    if call.text("BillingMode").is_some() || call.object("ProvisionedThroughput").is_some() {
        changed.remove("BillingModeSummary");
        set_billing(call, &mut changed)?;
    }
    if call.object("StreamSpecification").is_some() {
        set_stream(call, &mut changed, &arn);
    }
    if call.input.get("DeletionProtectionEnabled").is_some() {
        changed.insert("DeletionProtectionEnabled", call.flag("DeletionProtectionEnabled"));
    }
    if let Some(class) = call.text("TableClass") {
        changed.insert(
            "TableClassSummary",
            value!({"TableClass": (class), "LastUpdateDateTime": (call.now)}),
        );
    }
    let is_backfilling = update_indexes(call, &mut changed, &arn)?;
    let place = call.place(&TABLE);
    world.change(&place, &id, |facts| *facts = changed);
    let seconds = if is_backfilling { BACKFILL_SECONDS } else { UPDATE_SECONDS };
    LIFE.enter(world, &place, &id, ("UPDATING", seconds));
    Ok(value!({"TableDescription": (shown(call, world, &id))}))
}

fn update_indexes(call: &Call, changed: &mut Object, arn: &str) -> Result<bool, Failure> {
    let member = "GlobalSecondaryIndexes";
    let mut indexes = changed.list(member).to_vec();
    let is = |index: &Value, name: &Value| index.get("IndexName") == Some(name);
    let mut is_backfilling = false;
    for update in call.list("GlobalSecondaryIndexUpdates") {
        if let Some(create) = update.get("Create") {
            let name = create.get("IndexName").cloned().unwrap_or_default();
            if indexes.iter().any(|index| is(index, &name)) {
                return Err(item::invalid(
                    "One or more parameter values were invalid: Attempting to create an index which already exists",
                ));
            }
            let mut index = index_facts(create, arn, true, "CREATING");
            if let Some(index) = index.as_object_mut() {
                index.insert("Backfilling", true);
            }
            indexes.push(index);
            is_backfilling = true;
        }
        for (part, status) in [("Delete", "DELETING"), ("Update", "UPDATING")] {
            let Some(change) = update.get(part) else { continue };
            let name = change.get("IndexName").cloned().unwrap_or_default();
            let missing =
                || Failure::new("ResourceNotFoundException", "Requested resource not found");
            let index = indexes.iter_mut().find(|index| is(index, &name)).ok_or_else(missing)?;
            if let Some(index) = index.as_object_mut() {
                index.insert("IndexStatus", status);
                if let Some(throughput) = change.get("ProvisionedThroughput") {
                    index.insert("ProvisionedThroughput", throughput.clone());
                }
            }
        }
    }
    if !indexes.is_empty() {
        changed.insert(member, Value::List(indexes));
    }
    merge_definitions(call, changed);
    Ok(is_backfilling)
}

fn merge_definitions(call: &Call, changed: &mut Object) {
    let mut definitions = changed.list("AttributeDefinitions").to_vec();
    for definition in call.list("AttributeDefinitions") {
        let name = definition.get("AttributeName");
        if !definitions.iter().any(|known| known.get("AttributeName") == name) {
            definitions.push(definition.clone());
        }
    }
    changed.insert("AttributeDefinitions", Value::List(definitions));
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, table) = named(call, world, "TableName")?;
    if table.fact("TableStatus") != Some("ACTIVE") {
        return Err(in_use(format!(
            "Attempt to change a resource which is still in use: Table is being {}: {id}",
            if table.fact("TableStatus") == Some("CREATING") { "created" } else { "changed" }
        )));
    }
    if table.flag("DeletionProtectionEnabled") {
        return Err(item::invalid(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
        ));
    }
    LIFE.enter(world, &call.place(&TABLE), &id, ("DELETING", DELETE_SECONDS));
    Ok(value!({"TableDescription": (shown(call, world, &id))}))
}

/// The items of a table.
pub(super) fn items(world: &World, place: &Place, table: &str) -> Vec<(String, Object)> {
    let prefix = format!("{table}{SEPARATOR}");
    let shelf = world.shelf(&place.beside(&item::ITEM));
    let all = shelf.range(prefix.clone()..).take_while(|(id, _)| id.starts_with(&prefix));
    all.map(|(id, item)| (id.clone(), Object::clone(&item.facts))).collect()
}

fn show_expiry(call: &Call, world: &mut World) -> Answer {
    let (_, table) = named(call, world, "TableName")?;
    let kept = table.inside.get("TimeToLive").cloned();
    let shown = kept.unwrap_or_else(|| value!({"TimeToLiveStatus": "DISABLED"}));
    Ok(value!({"TimeToLiveDescription": (shown)}))
}

fn update_expiry(call: &Call, world: &mut World) -> Answer {
    let (id, table) = named(call, world, "TableName")?;
    let wanted = call.input.get("TimeToLiveSpecification").cloned().unwrap_or_default();
    let enabled = wanted.flag("Enabled");
    let attribute = wanted.get("AttributeName").cloned().unwrap_or_default();
    let was = table.inside.get("TimeToLive").is_some();
    if enabled == was {
        let state = if was { "enabled" } else { "disabled" };
        return Err(item::invalid(format!("TimeToLive is already {state}")));
    }
    let place = call.place(&TABLE);
    world.change_inside(&place, &id, |inside| {
        if enabled {
            inside.insert(
                "TimeToLive",
                value!({"TimeToLiveStatus": "ENABLED", "AttributeName": (attribute)}),
            );
        } else {
            inside.remove("TimeToLive");
        }
    });
    if enabled {
        world.schedule(
            later(call.now, EXPIRY_SECONDS),
            Task::new("dynamodb:expire-items", &place, &id),
        );
    }
    Ok(value!({"TimeToLiveSpecification": (wanted)}))
}

fn expire_items(world: &mut World, task: &Task) {
    let Some(table) = world.get(&task.place, &task.id) else { return };
    let Some(name) = table.inside.get("TimeToLive").and_then(|ttl| ttl.get("AttributeName")) else {
        return;
    };
    let name = name.as_str().unwrap_or_default().to_owned();
    let now = world.now().as_second();
    let expired = |item: &Object| {
        let (kind, held) = item.get(&name).and_then(attribute::parts)?;
        let at = held.as_str().filter(|_| kind == "N")?.parse::<i64>().ok()?;
        (at <= now && at > now - 5 * 365 * 86_400).then_some(())
    };
    let over: Vec<String> = items(world, &task.place, &task.id)
        .into_iter()
        .filter(|(_, item)| expired(item).is_some())
        .map(|(id, _)| id)
        .collect();
    let of = world.get(&task.place, &task.id).and_then(super::key::Keys::of_table);
    if let Some(keys) = of {
        let items = task.place.beside(&item::ITEM);
        let table = item::Table { name: task.id.clone(), keys, items, tables: task.place.clone() };
        for id in over {
            table.set(world, &id, None);
        }
    }
    let due = later(task.due, EXPIRY_SECONDS);
    world.schedule(due, Task::new("dynamodb:expire-items", &task.place, &task.id));
}

fn limits(_: &Call, _: &mut World) -> Answer {
    Ok(value!({
        "AccountMaxReadCapacityUnits": 80_000_i64,
        "AccountMaxWriteCapacityUnits": 80_000_i64,
        "TableMaxReadCapacityUnits": 40_000_i64,
        "TableMaxWriteCapacityUnits": 40_000_i64,
    }))
}

fn endpoints(call: &Call, _: &mut World) -> Answer {
    let address = format!("dynamodb.{}.amazonaws.com", call.region);
    Ok(value!({"Endpoints": [{"Address": (address), "CachePeriodInMinutes": 1440_i64}]}))
}

fn policy_table<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    named(call, world, "ResourceArn")
}

fn put_policy(call: &Call, world: &mut World) -> Answer {
    let (id, _) = policy_table(call, world)?;
    let policy = call.required("Policy")?;
    if serde_json::from_str::<serde_json::Value>(policy).is_err() {
        return Err(item::invalid("Resource policy document is not valid JSON"));
    }
    let revision = world.random_between(1_000_000_000_000, 9_999_999_999_999).to_string();
    world.change_inside(&call.place(&TABLE), &id, |inside| {
        inside.insert("Policy", policy);
        inside.insert("PolicyRevision", revision.as_str());
    });
    Ok(value!({"RevisionId": (revision)}))
}

fn get_policy(call: &Call, world: &mut World) -> Answer {
    let (id, table) = policy_table(call, world)?;
    let policy = table.inside.get("Policy").cloned().ok_or_else(|| {
        Failure::new(
            "PolicyNotFoundException",
            format!("Resource-based policy not found for the provided ResourceArn: Table: {id}"),
        )
    })?;
    Ok(
        value!({"Policy": (policy), "RevisionId": (table.inside.get("PolicyRevision").cloned().unwrap_or_else(|| Value::from("1")))}),
    )
}

fn delete_policy(call: &Call, world: &mut World) -> Answer {
    let (id, _) = policy_table(call, world)?;
    world.change_inside(&call.place(&TABLE), &id, |inside| {
        inside.remove("Policy");
        inside.remove("PolicyRevision");
    });
    Ok(Value::object())
}

//! Backups of tables, on demand and continuous, and tables restored from them.

use reeve_model::{Object, Value};

use super::{
    TABLE, item,
    table::{self, items},
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&BACKUP],
    operations: &[
        ("CreateBackup", Action::Own(create)),
        ("DescribeBackup", Action::Own(show)),
        ("ListBackups", Action::Own(list)),
        ("DeleteBackup", Action::Own(delete)),
        ("RestoreTableFromBackup", Action::Own(restore)),
        ("RestoreTableToPointInTime", Action::Own(restore_to_time)),
        ("DescribeContinuousBackups", Action::Own(show_continuous)),
        ("UpdateContinuousBackups", Action::Own(update_continuous)),
    ],
    tasks: &[("dynamodb:backup-available", available)],
};

/// A backup of a table: its id is the table's name, `/backup/`, and a number.
pub(super) static BACKUP: Definition = Definition {
    resource_type: "AWS::DynamoDB::Backup",
    arn: "arn:{partition}:dynamodb:{region}:{account}:backup-of-table/{id}",
    identity: &[("Id", Identity::Id)],
    missing: Missing::new("BackupNotFoundException", "Backup not found: {id}"),
    ..Definition::OF
};

const RESTORE_SECONDS: i64 = 300;

fn missing_table(id: &str) -> Failure {
    Failure::new("TableNotFoundException", format!("Table not found: {id}"))
}

fn create(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&TABLE, call.required("TableName")?);
    let name = call.required("BackupName")?;
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| missing_table(&id))?.clone();
    if table.fact("TableStatus") != Some("ACTIVE") {
        return Err(Failure::new(
            "TableInUseException",
            format!("Table is being created or changed: {id}"),
        ));
    }
    let shown = call.describe(&TABLE, &id, &table);
    let fact = |member: &str| shown.get(member).cloned().unwrap_or_default();
    let number = format!("{:014}-{}", call.now.as_millisecond(), world.random_hex(8));
    let kept_id = format!("{id}/backup/{number}");
    let by_service = call.caller.invoked_by.is_some();
    let details = object! {
        "BackupArn": (arn(call, &kept_id)),
        "BackupName": (name),
        "BackupSizeBytes": (fact("TableSizeBytes")),
        "BackupStatus": "CREATING",
        "BackupType": (if by_service { "AWS_BACKUP" } else { "USER" }),
        "BackupCreationDateTime": (call.now),
    };
    let throughput = shown
        .get("ProvisionedThroughput")
        .cloned()
        .unwrap_or_else(|| value!({"ReadCapacityUnits": 0_i64, "WriteCapacityUnits": 0_i64}));
    let mut source = object! {"BillingMode": (shown.get("BillingModeSummary").and_then(|s| s.get("BillingMode")).cloned().unwrap_or_else(|| Value::from("PROVISIONED")))};
    for member in ["TableName", "TableId", "TableArn", "TableSizeBytes", "KeySchema", "ItemCount"] {
        source.insert(member, fact(member));
    }
    source.insert("TableCreationDateTime", fact("CreationDateTime"));
    source.insert("ProvisionedThroughput", throughput);
    let described = object! {"BackupDetails": (details.clone()), "SourceTableDetails": (source)};
    let inside = object! {
        "Table": (Object::clone(&table.facts)),
        "Items": (contents(world, &call.place(&TABLE), &id)),
    };
    let place = call.place(&BACKUP);
    let backup = Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), kept_id.clone(), backup);
    world.schedule(later(call.now, 30), Task::new("dynamodb:backup-available", &place, &kept_id));
    Ok(value!({"BackupDetails": (details)}))
}

/// The ARN by which DynamoDB names a backup.
fn arn(call: &Call, id: &str) -> String {
    format!(
        "arn:{}:dynamodb:{}:{}:table/{id}",
        call.region.partition(),
        call.region,
        call.account()
    )
}

fn contents(world: &World, tables: &Place, id: &str) -> Value {
    items(world, tables, id).into_iter().map(|(_, item)| Value::from(item)).collect()
}

fn available(world: &mut World, task: &Task) {
    world.change(&task.place, &task.id, |facts| {
        if let Some(details) = facts.get_mut("BackupDetails").and_then(Value::as_object_mut) {
            details.insert("BackupStatus", "AVAILABLE");
        }
    });
}

/// The backup that a call names by its ARN.
fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let arn = call.required("BackupArn")?;
    let missing = || Failure::new("BackupNotFoundException", format!("Backup not found: {arn}"));
    let id = arn
        .split_once(":table/")
        .or_else(|| arn.split_once(":backup-of-table/"))
        .map(|(_, id)| id.to_owned())
        .ok_or_else(missing)?;
    Ok((id.clone(), call.resource(world, &BACKUP, &id).ok_or_else(missing)?))
}

fn show(call: &Call, world: &mut World) -> Answer {
    let (_, backup) = named(call, world)?;
    let mut shown = Object::clone(&backup.facts);
    let table = backup.inside.get("Table").cloned().unwrap_or_default();
    let mut features = Object::new();
    features.extend(table.pick([
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "SSEDescription",
    ]));
    shown.insert("SourceTableFeatureDetails", features);
    Ok(call.fit(value!({"BackupDescription": (shown)})))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let table = call.text("TableName").map(|name| call.id_of(&TABLE, name));
    let of_type = call.text("BackupType").unwrap_or("USER");
    let limit = call.integer("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let after = call
        .text("ExclusiveStartBackupArn")
        .and_then(|arn| arn.split_once(":table/"))
        .map(|(_, id)| id);
    let (from, to) = (call.time("TimeRangeLowerBound"), call.time("TimeRangeUpperBound"));
    let wanted = |id: &str, backup: &Resource| {
        let made =
            backup.value("BackupDetails.BackupCreationDateTime").and_then(Value::as_timestamp);
        after.is_none_or(|after| id > after)
            && table
                .as_deref()
                .is_none_or(|t| backup.fact("SourceTableDetails.TableName") == Some(t))
            && (of_type == "ALL" || backup.fact("BackupDetails.BackupType") == Some(of_type))
            && from.is_none_or(|from| made.is_some_and(|made| made >= from))
            && to.is_none_or(|to| made.is_some_and(|made| made < to))
    };
    let shelf = world.shelf(&call.place(&BACKUP));
    let mut rest = shelf.iter().filter(|(id, backup)| wanted(id, backup)).peekable();
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let summaries = page.iter().map(|(_, backup)| {
        let mut summary =
            backup.value("BackupDetails").and_then(Value::as_object).cloned().unwrap_or_default();
        for member in ["TableName", "TableId", "TableArn"] {
            let value = backup.value(&format!("SourceTableDetails.{member}")).cloned();
            summary.insert(member, value.unwrap_or_default());
        }
        Value::from(summary)
    });
    let mut output = Object::from_iter([("BackupSummaries", summaries.collect::<Value>())]);
    if let (Some((id, _)), Some(_)) = (page.last(), rest.peek()) {
        output.insert("LastEvaluatedBackupArn", arn(call, id));
    }
    Ok(output.into())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, backup) = named(call, world)?;
    let of_service = backup.fact("BackupDetails.BackupType") == Some("AWS_BACKUP");
    if of_service && call.caller.invoked_by.is_none() {
        return Err(item::invalid(
            "Backups created by AWS Backup can only be deleted in AWS Backup",
        ));
    }
    let mut shown = Object::clone(&backup.facts);
    if let Some(details) = shown.get_mut("BackupDetails").and_then(Value::as_object_mut) {
        details.insert("BackupStatus", "DELETED");
    }
    world.remove(&call.place(&BACKUP), &id);
    Ok(call.fit(value!({"BackupDescription": (shown)})))
}

fn restore(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["OnDemandThroughputOverride"])?;
    let (id, backup) = named(call, world)?;
    if backup.fact("BackupDetails.BackupStatus") != Some("AVAILABLE") {
        return Err(Failure::new(
            "BackupInUseException",
            format!("Backup is still being created: {id}"),
        ));
    }
    let table = backup.inside.get("Table").and_then(Value::as_object).cloned().unwrap_or_default();
    let items = backup.inside.list("Items").to_vec();
    let summary = value!({
        "SourceBackupArn": (call.required("BackupArn")?),
        "SourceTableArn": (backup.fact("SourceTableDetails.TableArn").unwrap_or_default()),
        "RestoreDateTime": (call.now),
        "RestoreInProgress": true,
    });
    make(call, world, (table, items), summary)
}

/// Makes the table that a restore is to become.
fn make(
    call: &Call,
    world: &mut World,
    (mut table, items): (Object, Vec<Value>),
    summary: Value,
) -> Answer {
    for member in [
        "GlobalSecondaryIndexOverride",
        "LocalSecondaryIndexOverride",
        "VectorIndexOverride",
        "SSESpecificationOverride",
    ] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let name = call.required("TargetTableName")?;
    if call.resource(world, &TABLE, name).is_some() {
        return Err(Failure::new(
            "TableAlreadyExistsException",
            format!("Table already exists: {name}"),
        ));
    }
    table.insert("TableStatus", "CREATING");
    table.insert("CreationDateTime", call.now);
    table.insert("DeletionProtectionEnabled", false);
    table.insert("RestoreSummary", summary);
    table.insert("ItemCount", 0_i64);
    table.insert("TableSizeBytes", 0_i64);
    for member in ["StreamSpecification", "LatestStreamArn", "LatestStreamLabel"] {
        table.remove(member);
    }
    if call.text("BillingModeOverride") == Some("PAY_PER_REQUEST") {
        table.insert("BillingModeSummary", value!({"BillingMode": "PAY_PER_REQUEST"}));
    }
    if let Some(throughput) = call.object("ProvisionedThroughputOverride") {
        table.insert("ProvisionedThroughput", throughput.clone());
    }
    let place = call.place(&TABLE);
    world.put(place.clone(), name, Resource::new(facts(table), std::sync::Arc::default()));
    if let Some(keys) = world.get(&place, name).and_then(super::key::Keys::of_table) {
        let target = item::Table {
            name: name.to_owned(),
            keys,
            items: call.place(&item::ITEM),
            tables: place.clone(),
        };
        for item in items.iter().filter_map(Value::as_object) {
            if let Some(id) = target.keys.id(name, item) {
                target.set(world, &id, Some(item.clone()));
            }
        }
    }
    table::LIFE.enter(world, &place, name, ("CREATING", RESTORE_SECONDS));
    Ok(value!({"TableDescription": (table::shown(call, world, name))}))
}

/// The twin keeps no history of items: only the latest restorable time can be restored to.
fn restore_to_time(call: &Call, world: &mut World) -> Answer {
    let source = call.text("SourceTableArn").or_else(|| call.text("SourceTableName"));
    let source =
        source.ok_or_else(|| call.invalid("SourceTableName or SourceTableArn must be given"))?;
    let id = call.id_of(&TABLE, source);
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| missing_table(&id))?.clone();
    if table.inside.get("PointInTime").is_none() {
        let message = format!("Point in time recovery is not enabled for table '{id}'");
        return Err(Failure::new("PointInTimeRecoveryUnavailableException", message));
    }
    if !call.flag("UseLatestRestorableTime") {
        return Err(
            call.invalid("RestoreDateTime is not supported here; use UseLatestRestorableTime")
        );
    }
    let items =
        items(world, &call.place(&TABLE), &id).into_iter().map(|(_, item)| item.into()).collect();
    let summary = value!({
        "SourceTableArn": (call.arn_of(&TABLE, &id)),
        "RestoreDateTime": (call.now),
        "RestoreInProgress": true,
    });
    make(call, world, (Object::clone(&table.facts), items), summary)
}

fn continuous(call: &Call, table: &Resource) -> Value {
    let recovery = match table.inside.get("PointInTime") {
        Some(kept) => {
            let since = kept.get("Since").and_then(Value::as_timestamp).unwrap_or(call.now);
            let days = kept.get("Days").and_then(Value::as_i64).unwrap_or(35);
            value!({
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": (days),
                "EarliestRestorableDateTime": (since.max(later(call.now, -days * 86_400))),
                "LatestRestorableDateTime": (later(call.now, -300).max(since)),
            })
        }
        None => value!({"PointInTimeRecoveryStatus": "DISABLED"}),
    };
    value!({"ContinuousBackupsDescription": {
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": (recovery),
    }})
}

fn show_continuous(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&TABLE, call.required("TableName")?);
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| missing_table(&id))?;
    Ok(continuous(call, table))
}

fn update_continuous(call: &Call, world: &mut World) -> Answer {
    let id = call.id_of(&TABLE, call.required("TableName")?);
    call.resource(world, &TABLE, &id).ok_or_else(|| missing_table(&id))?;
    let wanted = call.input.get("PointInTimeRecoverySpecification").cloned().unwrap_or_default();
    let enabled = wanted.flag("PointInTimeRecoveryEnabled");
    let days = wanted.get("RecoveryPeriodInDays").and_then(Value::as_i64).unwrap_or(35);
    world.change_inside(&call.place(&TABLE), &id, |inside| {
        let since = inside.get("PointInTime").and_then(|kept| kept.get("Since")).cloned();
        if enabled {
            let since = since.unwrap_or_else(|| Value::from(call.now));
            inside.insert("PointInTime", value!({"Since": (since), "Days": (days)}));
        } else {
            inside.remove("PointInTime");
        }
    });
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| missing_table(&id))?;
    Ok(continuous(call, table))
}

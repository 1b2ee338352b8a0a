//! Changes of instances: at once, or in the next maintenance window.

use reeve_model::{Object, Value};

use super::{
    DATABASE_INSTANCE, catalog, daily, event, given,
    instance::{self, answer, named, wrong_state},
    life, parameter, window,
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    recipe::Action,
    services::Part,
    store::{Place, Resource},
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[("ModifyDBInstance", Action::Own(modify))],
    tasks: &[
        ("rds:apply-changes", apply),
        ("rds:changes-applied", applied),
        ("rds:change-reachability", change_reachability),
    ],
};

/// What waits for the maintenance window unless it is to be applied at once.
const WAITING: [&str; 11] = [
    "AllocatedStorage",
    "DBInstanceClass",
    "EngineVersion",
    "MultiAZ",
    "Iops",
    "StorageThroughput",
    "StorageType",
    "LicenseModel",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "DBPortNumber",
];

/// What is changed at once, whatever is said.
const PROMPT: [(&str, &str); 16] = [
    ("PreferredBackupWindow", "PreferredBackupWindow"),
    ("PreferredMaintenanceWindow", "PreferredMaintenanceWindow"),
    ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade"),
    ("CopyTagsToSnapshot", "CopyTagsToSnapshot"),
    ("DeletionProtection", "DeletionProtection"),
    ("PubliclyAccessible", "PubliclyAccessible"),
    ("MonitoringInterval", "MonitoringInterval"),
    ("MonitoringRoleArn", "MonitoringRoleArn"),
    ("MaxAllocatedStorage", "MaxAllocatedStorage"),
    ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
    ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
    ("PromotionTier", "PromotionTier"),
    ("DatabaseInsightsMode", "DatabaseInsightsMode"),
    ("EngineLifecycleSupport", "EngineLifecycleSupport"),
    ("PerformanceInsightsKMSKeyId", "PerformanceInsightsKMSKeyId"),
    ("PerformanceInsightsRetentionPeriod", "PerformanceInsightsRetentionPeriod"),
];

fn modify(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    unsupported(call, &["ManageMasterUserPassword"])?;
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    let found = found.clone();
    let status = found.fact("DBInstanceStatus").unwrap_or_default();
    if !matches!(status, "available" | "storage-full" | "stopped" | "storage-optimization") {
        return Err(wrong_state(&id));
    }
    for member in ["NewDBInstanceIdentifier", "Engine", "Domain", "TdeCredentialArn"] {
        if call.text(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    instance::check_windows(call)?;
    let pending = wanted(call, &found)?;
    let place = call.place(&DATABASE_INSTANCE);
    prompt(call, world, &place, &id)?;
    let was_public = found.value("PubliclyAccessible").and_then(Value::as_bool).unwrap_or(false);
    if call.input.get("PubliclyAccessible").is_some_and(|it| it.as_bool() != Some(was_public)) {
        let soon = later(call.now, 15);
        world.schedule(soon, Task::new("rds:change-reachability", &place, &id));
    }
    if !pending.is_empty() {
        world.change(&place, &id, |facts| {
            let mut all = facts
                .get("PendingModifiedValues")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            all.extend(pending);
            facts.insert("PendingModifiedValues", all);
        });
        let text = found.fact("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30");
        let soon = later(call.now, 15);
        let due = if call.flag("ApplyImmediately") {
            soon
        } else {
            window::next_week(text, call.now).unwrap_or(soon)
        };
        world.schedule(due, Task::new("rds:apply-changes", &place, &id));
    }
    answer(call, world, &id)
}

/// What waits to be changed, as pending values show it.
fn wanted(call: &Call, found: &Resource) -> Result<Object, Failure> {
    let mut pending = Object::new();
    for member in WAITING {
        let Some(value) = call.input.get(member) else { continue };
        let name = if member == "DBPortNumber" { "Port" } else { member };
        if found.facts.get(name) != Some(value) {
            pending.insert(name, value.clone());
        }
    }
    let storage = pending.get("AllocatedStorage").and_then(Value::as_i64);
    let has = found.value("AllocatedStorage").and_then(Value::as_i64).unwrap_or(0);
    if storage.is_some_and(|gib| gib < has) {
        return Err(Failure::new(
            "InvalidParameterCombination",
            "Invalid storage size for engine name: cannot be decreased.",
        ));
    }
    if storage.is_some_and(|gib| gib < has + has / 10)
        && found.fact("DBInstanceStatus") != Some("storage-full")
    {
        let message = "Allocated storage must be increased by at least 10 percent.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    if storage.is_some() && found.fact("DBInstanceStatus") == Some("storage-optimization") {
        return Err(Failure::new(
            "InvalidDBInstanceState",
            "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
        ));
    }
    if let Some(class) = pending.get("DBInstanceClass").and_then(Value::as_str)
        && !catalog::CLASSES.iter().any(|(known, _, _)| *known == class)
    {
        return Err(call.invalid(format!("Invalid DB Instance class: {class}")));
    }
    if let Some(version) = call.text("EngineVersion") {
        check_upgrade(call, found, version, &mut pending)?;
    }
    if call.text("MasterUserPassword").is_some() {
        pending.insert("MasterUserPassword", "****");
    }
    Ok(pending)
}

fn check_upgrade(
    call: &Call,
    found: &Resource,
    version: &str,
    pending: &mut Object,
) -> Result<(), Failure> {
    let engine = found.fact("Engine").unwrap_or_default();
    let own = found.fact("EngineVersion").unwrap_or_default();
    if version == own {
        pending.remove("EngineVersion");
        return Ok(());
    }
    let (_, exact) = catalog::find(engine, Some(version)).ok_or_else(|| {
        Failure::new(
            "InvalidParameterCombination",
            format!("Cannot find version {version} for {engine}"),
        )
    })?;
    let targets = catalog::upgrades(engine, own);
    let target = targets.iter().find(|(target, _)| *target == exact).ok_or_else(|| {
        Failure::new(
            "InvalidParameterCombination",
            format!("Cannot upgrade {engine} from {own} to {version}"),
        )
    })?;
    if target.1 && !call.flag("AllowMajorVersionUpgrade") {
        let message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    pending.insert("EngineVersion", exact);
    Ok(())
}

fn prompt(call: &Call, world: &mut World, place: &Place, id: &str) -> Result<(), Failure> {
    let group = match call.text("DBParameterGroupName") {
        Some(name) => Some(parameter::existing(call, world, name)?),
        None => None,
    };
    world.change(place, id, |facts| {
        for (member, fact) in PROMPT {
            if let Some(value) = call.input.get(member) {
                facts.insert(fact, value.clone());
            }
        }
        if let Some(group) = group {
            // Another group is in force after the next reboot.
            let shown = value!([{"DBParameterGroupName": (group), "ParameterApplyStatus": "pending-reboot"}]);
            facts.insert("DBParameterGroups", shown);
        }
        if let Some(option) = call.text("OptionGroupName") {
            let shown = value!([{"OptionGroupName": (option), "Status": "in-sync"}]);
            facts.insert("OptionGroupMemberships", shown);
        }
        let groups = call.list("VpcSecurityGroupIds");
        if !groups.is_empty() {
            let shown = groups.iter().map(|group| value!({"VpcSecurityGroupId": (group.clone()), "Status": "active"}));
            facts.insert("VpcSecurityGroups", shown.collect::<Value>());
        }
        if let Some(logs) = call.input.get("CloudwatchLogsExportConfiguration") {
            let mut on = facts.list("EnabledCloudwatchLogsExports").to_vec();
            let off = logs.list("DisableLogTypes");
            on.retain(|log| !off.contains(log));
            for log in logs.list("EnableLogTypes") {
                if !on.contains(log) {
                    on.push(log.clone());
                }
            }
            facts.insert("EnabledCloudwatchLogsExports", Value::List(on));
        }
    });
    if call.text("PreferredBackupWindow").is_some() {
        daily::schedule(world, place, id);
    }
    Ok(())
}

fn pending(found: &Resource) -> Object {
    found.value("PendingModifiedValues").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// What a change is called while it is made, how long it takes, and the events about it.
fn course(pending: &Object) -> (&'static str, i64, &'static str) {
    if pending.contains("EngineVersion") {
        ("upgrading", 900, "maintenance")
    } else if pending.contains("DBInstanceClass") {
        ("modifying", 480, "maintenance")
    } else if pending.contains("MultiAZ") {
        ("modifying", 600, "availability")
    } else if pending.contains("AllocatedStorage")
        || pending.contains("StorageType")
        || pending.contains("Iops")
    {
        ("modifying", 240, "maintenance")
    } else if pending.contains("MasterUserPassword") {
        ("resetting-master-credentials", 30, "configuration change")
    } else {
        ("modifying", 60, "configuration change")
    }
}

fn apply(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(found) = world.get(place, id) else { return };
    let waiting = pending(found);
    if waiting.is_empty() {
        return;
    }
    match found.fact("DBInstanceStatus") {
        Some("available" | "storage-full" | "storage-optimization") => {}
        Some("deleting") => return,
        _ => {
            // Whatever is going on comes to its end first.
            let again = later(world.now(), 60);
            return world.schedule(again, Task::new("rds:apply-changes", place, id));
        }
    }
    let (status, seconds, category) = course(&waiting);
    if status == "modifying" {
        event::say(
            world,
            place,
            id,
            ("RDS-EVENT-0012", category, "Applying modification to database instance"),
        );
    } else if status == "upgrading" {
        event::say(
            world,
            place,
            id,
            ("RDS-EVENT-0266", category, "The DB instance engine version upgrade is in progress."),
        );
    }
    life::set_status(world, place, id, status);
    let due = later(world.now(), seconds);
    world.schedule(due, Task::new("rds:changes-applied", place, id));
}

/// Who can reach an instance is said at once, and takes a while to become true.
fn change_reachability(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let is_available = |found: &Resource| found.fact("DBInstanceStatus") == Some("available");
    if world.get(place, id).is_some_and(is_available) {
        life::set_status(world, place, id, "modifying");
        let due = later(world.now(), 60);
        world.schedule(due, Task::new("rds:changes-applied", place, id));
    }
}

fn applied(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(found) = world.get(place, id) else { return };
    if !matches!(
        found.fact("DBInstanceStatus"),
        Some("modifying" | "upgrading" | "resetting-master-credentials")
    ) {
        return;
    }
    let changes = pending(found);
    let region = place.region.to_string();
    let grows = changes.contains("AllocatedStorage") || changes.contains("StorageType");
    let said = changes.clone();
    life::remember(world, place, id);
    world.change(place, id, |facts| {
        for (member, value) in changes {
            if member.as_str() != "MasterUserPassword" {
                facts.insert(&member, value);
            }
        }
        facts.insert("PendingModifiedValues", Object::new());
        facts.insert("DBInstanceStatus", if grows { "storage-optimization" } else { "available" });
        if facts.flag("MultiAZ") {
            if !facts.contains("SecondaryAvailabilityZone") {
                facts.insert("SecondaryAvailabilityZone", format!("{region}b"));
            }
        } else {
            facts.remove("SecondaryAvailabilityZone");
        }
    });
    for (member, number, message) in [
        (
            "DBInstanceClass",
            "RDS-EVENT-0014",
            "Finished applying modification to DB instance class",
        ),
        (
            "AllocatedStorage",
            "RDS-EVENT-0017",
            "Finished applying modification to allocated storage",
        ),
        (
            "MultiAZ",
            "RDS-EVENT-0015",
            "Finished applying modification to convert to a Multi-AZ DB instance",
        ),
        ("EngineVersion", "RDS-EVENT-0047", "Database instance patched"),
        ("MasterUserPassword", "RDS-EVENT-0016", "Reset master credentials"),
    ] {
        if said.contains(member) {
            event::say(world, place, id, (number, "configuration change", message));
        }
    }
    if grows {
        life::work(world, place, id, ("storage-optimization", 6 * 3600));
    }
}

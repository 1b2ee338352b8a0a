//! Making and deleting database instances, and read replicas of them.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    DATABASE_CLUSTER, DATABASE_INSTANCE, catalog, daily, event, given, group, life, parameter,
    secret, snapshot, window,
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    recipe::Action,
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
        ("CreateDBInstance", Action::Own(create)),
        ("CreateDBInstanceReadReplica", Action::Own(create_replica)),
        ("PromoteReadReplica", Action::Own(promote)),
        ("DeleteDBInstance", Action::Own(delete)),
    ],
    tasks: &[],
};

/// How long an instance takes to be made.
pub(super) const CREATE_SECONDS: i64 = 300;
const DELETE_SECONDS: i64 = 180;

/// A description with what the clock says.
pub(super) fn shown(call: &Call, database: &Resource, mut description: Object) -> Object {
    let keeps = database.value("BackupRetentionPeriod").and_then(Value::as_i64).unwrap_or(0) > 0;
    let runs = matches!(
        database.fact("DBInstanceStatus").or(database.fact("Status")),
        Some("available" | "backing-up" | "modifying")
    );
    if keeps && runs {
        description.insert("LatestRestorableTime", later(call.now, -300));
    }
    description
}

/// The instance that a call names by this member.
pub(super) fn named<'w>(
    call: &Call,
    world: &'w World,
    member: &str,
) -> Result<(String, &'w Resource), Failure> {
    let wanted = call.required(member)?;
    let id = call.id_of(&DATABASE_INSTANCE, wanted).to_lowercase();
    let found = call.resource(world, &DATABASE_INSTANCE, &id);
    Ok((id, found.ok_or_else(|| super::missing(&DATABASE_INSTANCE, wanted))?))
}

/// The refusal of something that an instance's state forbids.
pub(super) fn wrong_state(id: &str) -> Failure {
    Failure::new("InvalidDBInstanceState", format!("Instance {id} is not in available state."))
}

/// An answer that shows an instance.
pub(super) fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let Some(found) = call.resource(world, &DATABASE_INSTANCE, id) else {
        return Ok(Value::object());
    };
    let description = call.describe(&DATABASE_INSTANCE, id, found);
    Ok(call.fit(Value::from_iter([("DBInstance", shown(call, found, description))])))
}

/// The name of a new instance.
pub(super) fn new_name(call: &Call, world: &World, member: &str) -> Result<String, Failure> {
    let id = call.required(member)?.to_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins = id.starts_with(|c: char| c.is_ascii_alphabetic());
    if id.len() > 63
        || !begins
        || !id.chars().all(allowed)
        || id.ends_with('-')
        || id.contains("--")
    {
        return Err(call.invalid(format!("The parameter {member} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.")));
    }
    if call.resource(world, &DATABASE_INSTANCE, &id).is_some() {
        return Err(Failure::new("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    Ok(id)
}

/// The tags of a call.
pub(super) fn tags(call: &Call) -> Result<Tags, Failure> {
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    Ok(given.into_iter().collect())
}

fn combination(message: &str) -> Failure {
    Failure::new("InvalidParameterCombination", message)
}

fn create(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let id = new_name(call, world, "DBInstanceIdentifier")?;
    let engine = call.required("Engine")?;
    let class = call.required("DBInstanceClass")?;
    if !catalog::CLASSES.iter().any(|(known, _, _)| *known == class) {
        return Err(call.invalid(format!("Invalid DB Instance class: {class}")));
    }
    let version = call.text("EngineVersion");
    let (line, version) = catalog::find(engine, version).ok_or_else(|| match version {
        Some(version) => combination(&format!("Cannot find version {version} for {engine}")),
        None => call.invalid("Invalid DB engine"),
    })?;
    let is_member = catalog::is_aurora(engine);
    let cluster = call.text("DBClusterIdentifier").map(str::to_lowercase);
    if is_member != cluster.is_some() {
        return Err(combination("The engine and the DBClusterIdentifier do not fit each other."));
    }
    let storage = call.integer("AllocatedStorage");
    if !is_member && (call.text("MasterUsername").is_none() || storage.is_none()) {
        return Err(Failure::new(
            "InvalidParameterValue",
            "MasterUsername and AllocatedStorage must be provided.",
        ));
    }
    if !is_member
        && call.text("MasterUserPassword").is_none()
        && !call.flag("ManageMasterUserPassword")
    {
        return Err(call.invalid("Invalid master password"));
    }
    if storage.is_some_and(|gib| !(5..=65_536).contains(&gib)) {
        return Err(call.invalid("Invalid storage size for engine name"));
    }
    check_windows(call)?;
    let mut described = common(call, (engine, version, class));
    described.insert("AllocatedStorage", if is_member { 1 } else { storage.unwrap_or(20) });
    described.insert("LicenseModel", call.text("LicenseModel").unwrap_or(catalog::license(engine)));
    let username = call.text("MasterUsername").unwrap_or("admin");
    described.insert("MasterUsername", username);
    let group =
        parameter::of_instance(call, world, call.text("DBParameterGroupName"), line.family)?;
    described.insert(
        "DBParameterGroups",
        value!([{"DBParameterGroupName": (group), "ParameterApplyStatus": "in-sync"}]),
    );
    group::place_instance(call, world, &mut described)?;
    place_in_zones(call, &mut described);
    if let Some(cluster) = &cluster {
        join_cluster(call, world, cluster, &id, &mut described)?;
    }
    let tags = tags(call)?;
    secret::manage(call, world, (&call.place(&DATABASE_INSTANCE), "db"), &mut described)?;
    begin(call, world, (&id, described), tags);
    answer(call, world, &id)
}

/// Puts an instance that is being made, and schedules what follows.
pub(super) fn begin(
    call: &Call,
    world: &mut World,
    (id, mut described): (&str, Object),
    tags: Tags,
) {
    let place = call.place(&DATABASE_INSTANCE);
    let resource = world.random_letters(26);
    described.insert("DbiResourceId", format!("db-{resource}"));
    let host = hex_digest(&format!("{}/{}/rds", call.account(), call.region), 12);
    let port = described.get("DbInstancePort").and_then(Value::as_i64).unwrap_or(3306);
    let endpoint = value!({
        "Address": (format!("{id}.{host}.{}.rds.amazonaws.com", call.region)),
        "Port": (port),
        "HostedZoneId": "Z29XKXDKYMONMX",
    });
    let inside = object! {"Endpoint": (endpoint)};
    let made = Resource::new(facts(described), tags.into()).with_inside(inside);
    world.put(place.clone(), id, made);
    let due = later(call.now, CREATE_SECONDS + world.random_between(0, 120));
    world.schedule(due, Task::new("rds:instance-created", &place, id));
    daily::schedule(world, &place, id);
}

/// What a new instance has as the call says it, if it does.
const AS_GIVEN: [&str; 14] = [
    "CharacterSetName",
    "DBClusterIdentifier",
    "DBName",
    "DatabaseInsightsMode",
    "EngineLifecycleSupport",
    "Iops",
    "KmsKeyId",
    "MaxAllocatedStorage",
    "MonitoringRoleArn",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PromotionTier",
    "StorageThroughput",
    "Timezone",
];

/// What all new instances have.
pub(super) fn common(call: &Call, (engine, version, class): (&str, &str, &str)) -> Object {
    let or = |member: &str, usual: bool| {
        call.input.get(member).and_then(Value::as_bool).unwrap_or(usual)
    };
    let mut facts = object! {
        "DBInstanceClass": (class),
        "Engine": (engine),
        "EngineVersion": (version),
        "DBInstanceStatus": "creating",
        "BackupRetentionPeriod": (call.integer("BackupRetentionPeriod").unwrap_or(1)),
        "PreferredBackupWindow": (call.text("PreferredBackupWindow").unwrap_or("03:30-04:00")),
        "PreferredMaintenanceWindow": (call.text("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30")),
        "PendingModifiedValues": {},
        "MultiAZ": (or("MultiAZ", false)),
        "AutoMinorVersionUpgrade": (or("AutoMinorVersionUpgrade", true)),
        "PubliclyAccessible": (or("PubliclyAccessible", false)),
        "StorageType": (call.text("StorageType").unwrap_or("gp3")),
        "StorageEncrypted": (or("StorageEncrypted", false)),
        "CopyTagsToSnapshot": (or("CopyTagsToSnapshot", false)),
        "IAMDatabaseAuthenticationEnabled": (or("EnableIAMDatabaseAuthentication", false)),
        "DeletionProtection": (or("DeletionProtection", false)),
        "PerformanceInsightsEnabled": (or("EnablePerformanceInsights", false)),
        "MonitoringInterval": (call.integer("MonitoringInterval").unwrap_or(0)),
        "CACertificateIdentifier": (call.text("CACertificateIdentifier").unwrap_or("rds-ca-rsa2048-g1")),
        "DbInstancePort": (call.integer("Port").unwrap_or(catalog::port(engine))),
        "DBSecurityGroups": [],
        "ReadReplicaDBInstanceIdentifiers": [],
        "AssociatedRoles": [],
        "DomainMemberships": [],
        "BackupTarget": "region",
        "NetworkType": "IPV4",
        "CustomerOwnedIpEnabled": false,
    };
    facts.extend(call.given(AS_GIVEN));
    let groups = call
        .list("VpcSecurityGroupIds")
        .iter()
        .map(|group| value!({"VpcSecurityGroupId": (group.clone()), "Status": "active"}));
    facts.insert("VpcSecurityGroups", groups.collect::<Value>());
    let logs = call.list("EnableCloudwatchLogsExports");
    if !logs.is_empty() {
        facts.insert("EnabledCloudwatchLogsExports", logs.to_vec());
    }
    let option =
        format!("default:{}-{}", engine, version.split('.').take(2).collect::<Vec<_>>().join("-"));
    let option = call.text("OptionGroupName").map_or(option, str::to_owned);
    facts.insert(
        "OptionGroupMemberships",
        value!([{"OptionGroupName": (option), "Status": "in-sync"}]),
    );
    facts
}

/// Chooses the zones of an instance.
pub(super) fn place_in_zones(call: &Call, described: &mut Object) {
    let region = &call.region;
    let zone = call.text("AvailabilityZone").map_or_else(|| format!("{region}a"), str::to_owned);
    if described.flag("MultiAZ") {
        let other = if zone.ends_with('a') { "b" } else { "a" };
        described.insert("SecondaryAvailabilityZone", format!("{region}{other}"));
    }
    described.insert("AvailabilityZone", zone);
}

pub(super) fn check_windows(call: &Call) -> Result<(), Failure> {
    if let Some(text) = call.text("PreferredMaintenanceWindow")
        && !window::is_weekly(text)
    {
        return Err(call.invalid(format!("Invalid maintenance window format: {text}")));
    }
    if let Some(text) = call.text("PreferredBackupWindow")
        && !window::is_daily(text)
    {
        return Err(call.invalid(format!("Invalid backup window format: {text}")));
    }
    if call.integer("BackupRetentionPeriod").is_some_and(|days| !(0..=35).contains(&days)) {
        return Err(call.invalid("Invalid backup retention period: must be between 0 and 35"));
    }
    Ok(())
}

fn join_cluster(
    call: &Call,
    world: &mut World,
    cluster: &str,
    id: &str,
    described: &mut Object,
) -> Result<(), Failure> {
    let found = call.resource(world, &DATABASE_CLUSTER, cluster);
    let found = found.ok_or_else(|| super::missing(&DATABASE_CLUSTER, cluster))?;
    let members = found.list("DBClusterMembers");
    let is_writer = !members.iter().any(|member| member.flag("IsClusterWriter"));
    described.extend(found.facts.pick([
        "MasterUsername",
        "StorageEncrypted",
        "EngineVersion",
        "BackupRetentionPeriod",
    ]));
    described.insert("StorageType", "aurora");
    let member = value!({
        "DBInstanceIdentifier": (id),
        "IsClusterWriter": (is_writer),
        "DBClusterParameterGroupStatus": "in-sync",
        "PromotionTier": (call.integer("PromotionTier").unwrap_or(1)),
    });
    let place = call.place(&DATABASE_CLUSTER);
    world.change(&place, cluster, |facts| {
        let mut members = facts.list("DBClusterMembers").to_vec();
        members.push(member);
        facts.insert("DBClusterMembers", Value::List(members));
    });
    Ok(())
}

fn create_replica(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let id = new_name(call, world, "DBInstanceIdentifier")?;
    let (source, found) = named(call, world, "SourceDBInstanceIdentifier")?;
    let found = found.clone();
    if found.fact("DBInstanceStatus") != Some("available") {
        return Err(wrong_state(&source));
    }
    if found.value("BackupRetentionPeriod").and_then(Value::as_i64) == Some(0) {
        let message = format!(
            "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value. {source}"
        );
        return Err(Failure::new("InvalidDBInstanceState", message));
    }
    let mut described = Object::clone(&found.facts);
    for gone in [
        "Endpoint",
        "InstanceCreateTime",
        "MasterUserSecret",
        "ReadReplicaDBInstanceIdentifiers",
        "SecondaryAvailabilityZone",
    ] {
        described.remove(gone);
    }
    described.insert("DBInstanceStatus", "creating");
    described.insert("ReadReplicaSourceDBInstanceIdentifier", source.as_str());
    described.insert("BackupRetentionPeriod", 0_i64);
    described.insert("MultiAZ", false);
    described.insert("PendingModifiedValues", Object::new());
    given::put(call, world, &mut described)?;
    place_in_zones(call, &mut described);
    let status =
        value!([{"StatusType": "read replication", "Normal": true, "Status": "replicating"}]);
    described.insert("StatusInfos", status);
    begin(call, world, (&id, described), tags(call)?);
    world.change(&call.place(&DATABASE_INSTANCE), &source, |facts| {
        let mut replicas = facts.list("ReadReplicaDBInstanceIdentifiers").to_vec();
        replicas.push(Value::from(id.as_str()));
        facts.insert("ReadReplicaDBInstanceIdentifiers", Value::List(replicas));
    });
    answer(call, world, &id)
}

fn leave_source(world: &mut World, place: &Place, id: &str) {
    let source = world
        .get(place, id)
        .and_then(|r| r.fact("ReadReplicaSourceDBInstanceIdentifier"))
        .map(str::to_owned);
    let Some(source) = source else { return };
    world.change(place, &source, |facts| {
        if let Some(Value::List(replicas)) = facts.get_mut("ReadReplicaDBInstanceIdentifiers") {
            replicas.retain(|replica| replica.as_str() != Some(id));
        }
    });
}

fn promote(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    if found.fact("ReadReplicaSourceDBInstanceIdentifier").is_none() {
        return Err(Failure::new(
            "InvalidDBInstanceState",
            format!("DB Instance is not a read replica: {id}"),
        ));
    }
    let place = call.place(&DATABASE_INSTANCE);
    leave_source(world, &place, &id);
    world.change(&place, &id, |facts| {
        facts.remove("ReadReplicaSourceDBInstanceIdentifier");
        facts.remove("StatusInfos");
        facts.insert("BackupRetentionPeriod", call.integer("BackupRetentionPeriod").unwrap_or(1));
    });
    life::work(world, &place, &id, ("modifying", 300));
    event::say(
        world,
        &place,
        &id,
        (
            "RDS-EVENT-0203",
            "read replica",
            "Promoted replica instance to a standalone database instance.",
        ),
    );
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world, "DBInstanceIdentifier")?;
    if found.fact("DBInstanceStatus") == Some("deleting") {
        return Err(Failure::new(
            "InvalidDBInstanceState",
            format!("Instance {id} is already being deleted."),
        ));
    }
    if found.flag("DeletionProtection") {
        return Err(combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        ));
    }
    let skip = call.flag("SkipFinalSnapshot");
    let last = call.text("FinalDBSnapshotIdentifier");
    let keeps = found.fact("DBClusterIdentifier").is_some()
        || found.fact("ReadReplicaSourceDBInstanceIdentifier").is_some();
    match (skip, last) {
        (true, Some(_)) => {
            return Err(combination(
                "FinalDBSnapshotIdentifier can not be specified when deleting a read replica or with SkipFinalSnapshot.",
            ));
        }
        (false, None) if !keeps => {
            return Err(combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            ));
        }
        _ => {}
    }
    let place = call.place(&DATABASE_INSTANCE);
    if let Some(last) = last.filter(|_| !keeps) {
        if !matches!(found.fact("DBInstanceStatus"), Some("available" | "stopped" | "storage-full"))
        {
            return Err(wrong_state(&id));
        }
        snapshot::take(
            world,
            &place,
            &id,
            &snapshot::Take { name: last, kind: "manual", tags: Tags::new() },
        )?;
    }
    let keep_backups =
        call.input.get("DeleteAutomatedBackups").and_then(Value::as_bool) == Some(false);
    world.set(&place, &id, "DBInstanceStatus", "deleting");
    let task =
        Task::new("rds:instance-gone", &place, &id).with(value!({"KeepBackups": (keep_backups)}));
    world.schedule(later(call.now, DELETE_SECONDS), task);
    answer(call, world, &id)
}

/// Takes an instance out of what it belongs to.
pub(super) fn leave(world: &mut World, place: &Place, id: &str) {
    leave_source(world, place, id);
    let cluster =
        world.get(place, id).and_then(|r| r.fact("DBClusterIdentifier")).map(str::to_owned);
    let Some(cluster) = cluster else { return };
    let clusters = place.beside(&DATABASE_CLUSTER);
    world.change(&clusters, &cluster, |facts| {
        let Some(Value::List(members)) = facts.get_mut("DBClusterMembers") else { return };
        let was_writer = members.iter().any(|member| {
            member.get("DBInstanceIdentifier").and_then(Value::as_str) == Some(id)
                && member.flag("IsClusterWriter")
        });
        members.retain(|member| {
            member.get("DBInstanceIdentifier").and_then(Value::as_str) != Some(id)
        });
        // The next member takes over.
        if was_writer && let Some(next) = members.first_mut().and_then(Value::as_object_mut) {
            next.insert("IsClusterWriter", true);
        }
    });
}

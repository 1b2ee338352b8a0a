//! Clusters of Aurora: made, changed, failed over, stopped, deleted.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    DATABASE_CLUSTER, DATABASE_INSTANCE, catalog, daily, event, given, group, instance, secret,
    snapshot::{self, Take},
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    digest::hex_digest,
    failure::Failure,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreateDBCluster", Action::Own(create)),
        ("ModifyDBCluster", Action::Own(modify)),
        ("DeleteDBCluster", Action::Own(delete)),
        ("FailoverDBCluster", Action::Own(fail_over)),
        ("StartDBCluster", Action::Own(start)),
        ("StopDBCluster", Action::Own(stop)),
    ],
    tasks: &[
        ("rds:cluster-state", reach),
        ("rds:cluster-gone", gone),
        ("rds:cluster-failed-over", failed_over),
    ],
};

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let wanted = call.required("DBClusterIdentifier")?;
    let id = call.id_of(&DATABASE_CLUSTER, wanted).to_lowercase();
    let found = call.resource(world, &DATABASE_CLUSTER, &id);
    Ok((id, found.ok_or_else(|| super::missing(&DATABASE_CLUSTER, wanted))?))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let Some(found) = call.resource(world, &DATABASE_CLUSTER, id) else {
        return Ok(Value::object());
    };
    let description = call.describe(&DATABASE_CLUSTER, id, found);
    Ok(call.fit(Value::from_iter([("DBCluster", instance::shown(call, found, description))])))
}

fn wrong_state(id: &str) -> Failure {
    Failure::new("InvalidDBClusterStateFault", format!("DBCluster {id} is not in available state."))
}

fn create(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let engine = call.required("Engine")?;
    if !catalog::is_aurora(engine) {
        return Err(call.invalid(format!("Clusters of engine {engine} are not supported here")));
    }
    let version = call.text("EngineVersion");
    let (line, version) = catalog::find(engine, version).ok_or_else(|| {
        call.invalid(format!("Cannot find version {} for {engine}", version.unwrap_or_default()))
    })?;
    if call.text("MasterUserPassword").is_none() && !call.flag("ManageMasterUserPassword") {
        return Err(call.invalid("The parameter MasterUserPassword must be provided"));
    }
    let group = call.text("DBClusterParameterGroupName");
    let group = group.map_or_else(|| format!("default.{}", line.family), str::to_owned);
    instance::check_windows(call)?;
    let mut described = object! {
        "Engine": (engine),
        "EngineVersion": (version),
        "EngineMode": (call.text("EngineMode").unwrap_or("provisioned")),
        "MasterUsername": (call.text("MasterUsername").unwrap_or("admin")),
        "Port": (call.integer("Port").unwrap_or(catalog::port(engine))),
        "BackupRetentionPeriod": (call.integer("BackupRetentionPeriod").unwrap_or(1)),
        "PreferredBackupWindow": (call.text("PreferredBackupWindow").unwrap_or("03:30-04:00")),
        "PreferredMaintenanceWindow": (call.text("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30")),
        "StorageEncrypted": (call.flag("StorageEncrypted")),
        "DeletionProtection": (call.flag("DeletionProtection")),
        "CopyTagsToSnapshot": (call.flag("CopyTagsToSnapshot")),
        "IAMDatabaseAuthenticationEnabled": (call.flag("EnableIAMDatabaseAuthentication")),
        "DBClusterParameterGroup": (group),
        "AllocatedStorage": 1_i64,
        "MultiAZ": false,
        "HttpEndpointEnabled": false,
        "AutoMinorVersionUpgrade": true,
        "CrossAccountClone": false,
        "ActivityStreamStatus": "stopped",
        "NetworkType": "IPV4",
    };
    described.extend(call.given_texts(["KmsKeyId", "DatabaseName"]));
    let groups = call
        .list("VpcSecurityGroupIds")
        .iter()
        .map(|group| value!({"VpcSecurityGroupId": (group.clone()), "Status": "active"}));
    described.insert("VpcSecurityGroups", groups.collect::<Value>());
    put_settings(call, world, &mut described)?;
    secret::manage(call, world, (&call.place(&DATABASE_CLUSTER), "cluster"), &mut described)?;
    begin(call, world, described)
}

/// Puts what a call says as it is.
fn put_settings(call: &Call, world: &World, described: &mut Object) -> Result<(), Failure> {
    for (member, fact) in [
        ("EnableCloudwatchLogsExports", "EnabledCloudwatchLogsExports"),
        ("EnableHttpEndpoint", "HttpEndpointEnabled"),
        ("EnableIAMDatabaseAuthentication", "IAMDatabaseAuthenticationEnabled"),
        ("EnablePerformanceInsights", "PerformanceInsightsEnabled"),
        ("MonitoringInterval", "MonitoringInterval"),
        ("MonitoringRoleArn", "MonitoringRoleArn"),
        ("NetworkType", "NetworkType"),
        ("StorageType", "StorageType"),
    ] {
        if let Some(value) = call.input.get(member) {
            described.insert(fact, value.clone());
        }
    }
    if let Some(name) = call.text("DBSubnetGroupName") {
        let name = name.to_lowercase();
        call.find(world, &group::SUBNET_GROUP, &name)?;
        described.insert("DBSubnetGroup", name);
    }
    Ok(())
}

/// Puts a cluster that is being made.
pub(super) fn begin(call: &Call, world: &mut World, mut described: Object) -> Answer {
    let id = call.required("DBClusterIdentifier")?.to_lowercase();
    if call.resource(world, &DATABASE_CLUSTER, &id).is_some() {
        return Err(Failure::new("DBClusterAlreadyExistsFault", "DB Cluster already exists"));
    }
    let region = &call.region;
    let host = hex_digest(&format!("{}/{region}/rds", call.account()), 12);
    described.insert("Status", "creating");
    described.insert("ClusterCreateTime", call.now);
    described.insert("DbClusterResourceId", format!("cluster-{}", world.random_letters(26)));
    described.insert("Endpoint", format!("{id}.cluster-{host}.{region}.rds.amazonaws.com"));
    described
        .insert("ReaderEndpoint", format!("{id}.cluster-ro-{host}.{region}.rds.amazonaws.com"));
    described.insert("DBClusterMembers", Value::List(Vec::new()));
    let zones = ["a", "b", "c"].into_iter().map(|letter| Value::from(format!("{region}{letter}")));
    described.insert("AvailabilityZones", zones.collect::<Value>());
    let place = call.place(&DATABASE_CLUSTER);
    world.put(
        place.clone(),
        id.as_str(),
        Resource::new(facts(described), instance::tags(call)?.into()),
    );
    reach_later(world, &place, &id, (("creating", "available"), 100));
    daily::schedule(world, &place, &id);
    event::say(world, &place, &id, ("RDS-EVENT-0170", "creation", "DB cluster created."));
    answer(call, world, &id)
}

/// Has a cluster be in another state after some seconds, if it is still in this one.
fn reach_later(
    world: &mut World,
    place: &Place,
    id: &str,
    ((from, to), seconds): ((&str, &str), i64),
) {
    world.set(place, id, "Status", from);
    let due = later(world.now(), seconds);
    world.schedule(
        due,
        Task::new("rds:cluster-state", place, id).with(value!({"From": (from), "To": (to)})),
    );
}

fn reach(world: &mut World, task: &Task) {
    let text = |member: &str| task.detail.get(member).and_then(Value::as_str);
    let (place, id) = (&task.place, task.id.as_str());
    if world.get(place, id).and_then(|r| r.fact("Status")) != text("From") {
        return;
    }
    let to = text("To").unwrap_or("available");
    world.set(place, id, "Status", to);
    let members: Vec<String> = members(world, place, id);
    let instances = place.beside(&DATABASE_INSTANCE);
    for member in members {
        world.change(&instances, &member, |facts| {
            let status = facts.get("DBInstanceStatus").and_then(Value::as_str);
            if matches!(status, Some("stopping" | "stopped" | "starting" | "available")) {
                facts.insert("DBInstanceStatus", to);
            }
        });
    }
}

fn members(world: &World, place: &Place, id: &str) -> Vec<String> {
    let list = world
        .get(place, id)
        .and_then(|r| r.value("DBClusterMembers"))
        .map_or(&[][..], Value::as_list);
    list.iter()
        .filter_map(|member| Some(member.get("DBInstanceIdentifier")?.as_str()?.to_owned()))
        .collect()
}

/// What is changed at once.
/// What cannot be changed here.
const UNCHANGED: [&str; 9] = [
    "AllocatedStorage",
    "CloudwatchLogsExportConfiguration",
    "EngineMode",
    "Iops",
    "ManageMasterUserPassword",
    "NewDBClusterIdentifier",
    "OptionGroupName",
    "RotateMasterUserPassword",
    "VpcSecurityGroupIds",
];

const KEPT: [&str; 6] = [
    "BackupRetentionPeriod",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "DeletionProtection",
    "CopyTagsToSnapshot",
    "Port",
];

fn modify(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("available") {
        return Err(wrong_state(&id));
    }
    unsupported(call, &UNCHANGED)?;
    instance::check_windows(call)?;
    let mut version = None;
    if let Some(wanted) = call.text("EngineVersion") {
        let engine = found.fact("Engine").unwrap_or_default();
        let own = found.fact("EngineVersion").unwrap_or_default();
        let target =
            catalog::upgrades(engine, own).into_iter().find(|(target, _)| *target == wanted);
        let (target, is_major) = target.ok_or_else(|| {
            Failure::new(
                "InvalidParameterCombination",
                format!("Cannot upgrade {engine} from {own} to {wanted}"),
            )
        })?;
        if is_major && !call.flag("AllowMajorVersionUpgrade") {
            let message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        version = Some(target);
    }
    let place = call.place(&DATABASE_CLUSTER);
    let mut changed = Object::new();
    put_settings(call, world, &mut changed)?;
    world.change(&place, &id, |facts| {
        changed.extend(call.given(KEPT));
        facts.extend(changed);
        if let Some(group) = call.text("DBClusterParameterGroupName") {
            facts.insert("DBClusterParameterGroup", group);
        }
        if let Some(version) = version {
            facts.insert("EngineVersion", version);
        }
    });
    if call.text("PreferredBackupWindow").is_some() {
        daily::schedule(world, &place, &id);
    }
    let course = if version.is_some() { ("upgrading", 900) } else { ("modifying", 60) };
    reach_later(world, &place, &id, ((course.0, "available"), course.1));
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.flag("DeletionProtection") {
        let message =
            "Cannot delete protected Cluster, please disable deletion protection and try again.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let place = call.place(&DATABASE_CLUSTER);
    let instances = place.beside(&DATABASE_INSTANCE);
    let alive = |member: &String| {
        world
            .get(&instances, member)
            .is_some_and(|r| r.fact("DBInstanceStatus") != Some("deleting"))
    };
    if members(world, &place, &id).iter().any(alive) {
        let message =
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.";
        return Err(Failure::new("InvalidDBClusterStateFault", message));
    }
    match (call.flag("SkipFinalSnapshot"), call.text("FinalDBSnapshotIdentifier")) {
        (false, None) => {
            let message =
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        (false, Some(name)) => {
            snapshot::take(world, &place, &id, &Take { name, kind: "manual", tags: Tags::new() })?;
        }
        (true, _) => {}
    }
    world.set(&place, &id, "Status", "deleting");
    world.schedule(later(call.now, 120), Task::new("rds:cluster-gone", &place, &id));
    answer(call, world, &id)
}

fn gone(world: &mut World, task: &Task) {
    if world.get(&task.place, &task.id).and_then(|r| r.fact("Status")) == Some("deleting") {
        event::say(
            world,
            &task.place,
            &task.id,
            ("RDS-EVENT-0171", "deletion", "DB cluster deleted."),
        );
        secret::forget(world, &task.place, &task.id);
        world.remove(&task.place, &task.id);
        snapshot::remove_automated(world, &task.place, &task.id, None);
    }
}

fn fail_over(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("available") {
        return Err(wrong_state(&id));
    }
    let list = found.list("DBClusterMembers");
    let is_writer = |member: &&Value| member.flag("IsClusterWriter");
    let wanted = call.text("TargetDBInstanceIdentifier").map(str::to_lowercase);
    let target = list
        .iter()
        .filter(|member| !is_writer(member))
        .filter_map(|member| member.get("DBInstanceIdentifier")?.as_str())
        .find(|member| wanted.as_deref().is_none_or(|wanted| wanted == *member));
    let target = target.ok_or_else(|| {
        Failure::new(
            "InvalidDBClusterStateFault",
            format!("Cannot failover cluster {id}, no reader is available"),
        )
    })?;
    let target = target.to_owned();
    let place = call.place(&DATABASE_CLUSTER);
    world.set(&place, &id, "Status", "failing-over");
    event::say(
        world,
        &place,
        &id,
        ("RDS-EVENT-0073", "failover", "Started cross AZ failover to DB instance"),
    );
    let task = Task::new("rds:cluster-failed-over", &place, &id).with(value!({"To": (target)}));
    world.schedule(later(call.now, 35), task);
    answer(call, world, &id)
}

fn failed_over(world: &mut World, task: &Task) {
    let target = task.detail.get("To").cloned().unwrap_or_default();
    let (place, id) = (&task.place, task.id.as_str());
    if world.get(place, id).and_then(|r| r.fact("Status")) != Some("failing-over") {
        return;
    }
    world.change(place, id, |facts| {
        facts.insert("Status", "available");
        let Some(Value::List(members)) = facts.get_mut("DBClusterMembers") else { return };
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            let is_target = member.get("DBInstanceIdentifier") == Some(&target);
            member.insert("IsClusterWriter", is_target);
        }
    });
    let message =
        format!("Completed failover to DB instance: {}", target.as_str().unwrap_or_default());
    event::say(world, place, id, ("RDS-EVENT-0071", "failover", &message));
}

fn start(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("stopped") {
        return Err(Failure::new(
            "InvalidDBClusterStateFault",
            format!("DBCluster {id} is not in stopped state."),
        ));
    }
    let place = call.place(&DATABASE_CLUSTER);
    reach_later(world, &place, &id, (("starting", "available"), 240));
    event::say(world, &place, &id, ("RDS-EVENT-0151", "notification", "DB cluster started."));
    answer(call, world, &id)
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("available") {
        return Err(wrong_state(&id));
    }
    let place = call.place(&DATABASE_CLUSTER);
    reach_later(world, &place, &id, (("stopping", "stopped"), 150));
    event::say(world, &place, &id, ("RDS-EVENT-0150", "notification", "DB cluster stopped."));
    answer(call, world, &id)
}

//! Clusters: made, changed, resized, paused, resumed, rebooted, deleted.

use reeve_model::{Object, Value};

use super::{CLUSTER, snapshot};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    digest::hex_digest,
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
        ("CreateCluster", Action::Own(create)),
        ("ModifyCluster", Action::Own(modify)),
        ("ModifyClusterMaintenance", Action::Own(modify_maintenance)),
        ("ModifyClusterIamRoles", Action::Own(modify_roles)),
        ("ResizeCluster", Action::Own(resize)),
        ("DescribeResize", Action::Own(show_resize)),
        ("PauseCluster", Action::Own(pause)),
        ("ResumeCluster", Action::Own(resume)),
        ("RebootCluster", Action::Own(reboot)),
        ("DeleteCluster", Action::Own(delete)),
        ("EnableLogging", Action::Own(enable_logging)),
        ("DisableLogging", Action::Own(disable_logging)),
        ("DescribeLoggingStatus", Action::Own(logging)),
        ("RotateEncryptionKey", Action::Own(rotate)),
    ],
    tasks: &[
        ("redshift:state", |world, task| LIFE.pass(world, task)),
        ("redshift:gone", |world, task| LIFE.pass(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "ClusterStatus",
    passing: &[
        ("creating", "redshift:state", Some("available")),
        ("modifying", "redshift:state", Some("available")),
        ("resizing", "redshift:state", Some("available")),
        ("rebooting", "redshift:state", Some("available")),
        ("rotating-keys", "redshift:state", Some("available")),
        ("pausing", "redshift:state", Some("paused")),
        ("resuming", "redshift:state", Some("available")),
        ("deleting", "redshift:gone", None),
    ],
    then: settled,
};

const NODE_TYPES: [&str; 7] = [
    "ra3.large",
    "ra3.xlplus",
    "ra3.4xlarge",
    "ra3.16xlarge",
    "dc2.large",
    "dc2.8xlarge",
    "rg.xlarge",
];

/// Parameters that change what happens on AWS and are not heeded here.
pub(super) const UNSUPPORTED: [&str; 20] = [
    "AdditionalInfo",
    "AquaConfigurationStatus",
    "AvailabilityZoneRelocation",
    "CatalogName",
    "ClusterExists",
    "DefaultIamRoleArn",
    "EndTime",
    "ExtraComputeForAutomaticOptimization",
    "FinalClusterSnapshotRetentionPeriod",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "IpAddressType",
    "LoadSampleData",
    "ManageMasterPassword",
    "MasterPasswordSecretKmsKeyId",
    "RedshiftIdcApplicationArn",
    "ReservedNodeId",
    "SnapshotScheduleIdentifier",
    "SortingEntities",
    "StartTime",
];

/// The cluster that a call names.
pub(super) fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let id = call.required("ClusterIdentifier")?.to_lowercase();
    let missing =
        || Failure::new("ClusterNotFound", format!("Cluster {id} not found.")).with_status(404);
    let found = call.resource(world, &CLUSTER, &id).ok_or_else(missing)?;
    Ok((id, found))
}

pub(super) fn wrong_state(message: impl Into<String>) -> Failure {
    Failure::new("InvalidClusterState", message)
}

pub(super) fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&CLUSTER, "Cluster"), id)
}

fn available(call: &Call, world: &World) -> Result<String, Failure> {
    let (id, found) = named(call, world)?;
    if found.fact("ClusterStatus") != Some("available") {
        return Err(wrong_state(format!(
            "There is an operation running on the Cluster {id}. Please try to perform the operation at a later time."
        )));
    }
    Ok(id)
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let node = call.required("NodeType")?;
    if !NODE_TYPES.contains(&node) {
        return Err(call.invalid(format!("Invalid node type: {node}")));
    }
    let single = call.text("ClusterType") == Some("single-node");
    let nodes = call.integer("NumberOfNodes").unwrap_or(1);
    if !single && call.integer("NumberOfNodes").is_none_or(|nodes| nodes < 2) {
        return Err(call.invalid(
            "Number of nodes for cluster type multi-node must be greater than or equal to 2",
        ));
    }
    let password = call.text("MasterUserPassword");
    if password.is_none() {
        return Err(call.invalid("MasterUserPassword must be given"));
    }
    let mut described = object! {
        "NodeType": (node),
        "NumberOfNodes": (nodes),
        "MasterUsername": (call.text("MasterUsername").unwrap_or("awsuser")),
        "DBName": (call.text("DBName").unwrap_or("dev")),
        "ClusterVersion": (call.text("ClusterVersion").unwrap_or("1.0")),
        "AllowVersionUpgrade": (call.input.get("AllowVersionUpgrade").and_then(Value::as_bool).unwrap_or(true)),
        "AutomatedSnapshotRetentionPeriod": (call.integer("AutomatedSnapshotRetentionPeriod").unwrap_or(1)),
        "ManualSnapshotRetentionPeriod": (call.integer("ManualSnapshotRetentionPeriod").unwrap_or(-1)),
        "PreferredMaintenanceWindow": (call.text("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:05:30")),
        "PubliclyAccessible": (call.flag("PubliclyAccessible")),
        "Encrypted": (call.input.get("Encrypted").and_then(Value::as_bool).unwrap_or(true)),
        "EnhancedVpcRouting": (call.flag("EnhancedVpcRouting")),
        "AvailabilityZone": (call.text("AvailabilityZone").map_or_else(|| format!("{}a", call.region), str::to_owned)),
        "PendingModifiedValues": {},
        "ClusterSecurityGroups": [],
        "IamRoles": [],
        "ClusterParameterGroups": [{
            "ParameterGroupName": (call.text("ClusterParameterGroupName").unwrap_or("default.redshift-1.0")),
            "ParameterApplyStatus": "in-sync",
        }],
        "Port": (call.integer("Port").unwrap_or(5439)),
    };
    let groups = call
        .list("VpcSecurityGroupIds")
        .iter()
        .map(|group| value!({"VpcSecurityGroupId": (group.clone()), "Status": "active"}));
    described.insert("VpcSecurityGroups", groups.collect::<Value>());
    described.extend(call.given_texts([
        "KmsKeyId",
        "ClusterSubnetGroupName",
        "MaintenanceTrackName",
    ]));
    begin(call, world, described)
}

/// Puts a cluster that is being made.
pub(super) fn begin(call: &Call, world: &mut World, mut described: Object) -> Answer {
    let id = call.required("ClusterIdentifier")?.to_lowercase();
    if call.resource(world, &CLUSTER, &id).is_some() {
        return Err(Failure::new("ClusterAlreadyExists", "Cluster already exists"));
    }
    described.insert("ClusterStatus", "creating");
    described.insert("ClusterAvailabilityStatus", "Modifying");
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    let host = hex_digest(&format!("{}/{}/redshift", call.account(), call.region), 12);
    let port = described.remove("Port").unwrap_or(Value::Integer(5439));
    let endpoint = value!({"Address": (format!("{id}.{host}.{}.redshift.amazonaws.com", call.region)), "Port": (port)});
    let place = call.place(&CLUSTER);
    let inside = object! {"Endpoint": (endpoint)};
    world.put(
        place.clone(),
        id.as_str(),
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    let seconds = 240 + world.random_between(0, 120);
    go(world, &place, &id, ("creating", seconds));
    snapshot::AUTOMATED.watch(call, world);
    answer(call, world, &id)
}

/// A cluster is in a passing state for some seconds.
fn go(world: &mut World, place: &Place, id: &str, state: (&str, i64)) {
    world.set(place, id, "ClusterAvailabilityStatus", "Modifying");
    LIFE.enter(world, place, id, state);
}

/// What was to change is as it should be.
fn settled(world: &mut World, task: &Task, was: &Resource) {
    let state = was.fact("ClusterStatus");
    if state == Some("deleting") {
        return snapshot::AUTOMATED.gone(world, &task.place, &task.id);
    }
    let now = world.now();
    world.change(&task.place, &task.id, |facts| {
        let is_paused = state == Some("pausing");
        facts.insert("ClusterAvailabilityStatus", if is_paused { "Paused" } else { "Available" });
        if state == Some("creating") {
            facts.insert("ClusterCreateTime", now);
        }
        facts.extend(was.inside.pick(["Endpoint"]));
        let pending = facts
            .get("PendingModifiedValues")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for (member, value) in pending {
            if member.as_str() != "MasterUserPassword" {
                facts.insert(&member, value);
            }
        }
        facts.insert("PendingModifiedValues", Object::new());
    });
}

/// What is changed at once.
const KEPT: [&str; 8] = [
    "AllowVersionUpgrade",
    "AutomatedSnapshotRetentionPeriod",
    "ManualSnapshotRetentionPeriod",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "EnhancedVpcRouting",
    "MaintenanceTrackName",
    "ClusterVersion",
];

/// What takes a while.
const SLOW: [&str; 4] = ["NodeType", "NumberOfNodes", "Encrypted", "MasterUserPassword"];

fn modify(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let id = available(call, world)?;
    for member in ["NewClusterIdentifier", "ElasticIp", "MultiAZ"] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let place = call.place(&CLUSTER);
    let mut pending = Object::new();
    for member in SLOW {
        if let Some(value) = call.input.get(member) {
            let shown =
                if member == "MasterUserPassword" { Value::from("****") } else { value.clone() };
            pending.insert(member, shown);
        }
    }
    let seconds =
        if pending.contains("NodeType") || pending.contains("NumberOfNodes") { 900 } else { 60 };
    let is_slow = !pending.is_empty();
    world.change(&place, &id, |facts| {
        facts.extend(call.given(KEPT));
        if let Some(group) = call.text("ClusterParameterGroupName") {
            let shown =
                value!([{"ParameterGroupName": (group), "ParameterApplyStatus": "pending-reboot"}]);
            facts.insert("ClusterParameterGroups", shown);
        }
        facts.insert("PendingModifiedValues", pending);
    });
    if is_slow {
        let state = if seconds == 900 { "resizing" } else { "modifying" };
        go(world, &place, &id, (state, seconds));
    }
    answer(call, world, &id)
}

fn modify_maintenance(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    world.change(&call.place(&CLUSTER), &id, |facts| {
        if let Some(name) = call.text("DeferMaintenanceIdentifier").or(Some("dfm-1")).filter(|_| call.flag("DeferMaintenance")) {
            let start = call.time("DeferMaintenanceStartTime").unwrap_or(call.now);
            let days = call.integer("DeferMaintenanceDuration").unwrap_or(45);
            let end = call.time("DeferMaintenanceEndTime").unwrap_or_else(|| later(start, days * 86_400));
            let shown = value!([{"DeferMaintenanceIdentifier": (name), "DeferMaintenanceStartTime": (start), "DeferMaintenanceEndTime": (end)}]);
            facts.insert("DeferredMaintenanceWindows", shown);
        } else {
            facts.remove("DeferredMaintenanceWindows");
        }
    });
    answer(call, world, &id)
}

fn modify_roles(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    let mut roles = found.list("IamRoles").to_vec();
    let arn = |role: &Value| role.text("IamRoleArn").to_owned();
    let gone = call.texts("RemoveIamRoles");
    roles.retain(|role| !gone.contains(&arn(role).as_str()));
    for added in call.texts("AddIamRoles") {
        roles.push(value!({"IamRoleArn": (added), "ApplyStatus": "in-sync"}));
    }
    world.set(&call.place(&CLUSTER), &id, "IamRoles", Value::List(roles));
    answer(call, world, &id)
}

fn resize(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let id = available(call, world)?;
    let place = call.place(&CLUSTER);
    let mut pending = Object::new();
    pending.extend(call.given(["NodeType", "NumberOfNodes"]));
    let classic = call.flag("Classic");
    let target = pending.clone();
    world.set(&place, &id, "PendingModifiedValues", pending);
    let (seconds, kind) = if classic { (3600, "ClassicResize") } else { (600, "ElasticResize") };
    let begun = call.now;
    world.set_inside(
        &place,
        &id,
        "Resize",
        value!({"Begun": (begun), "Seconds": (seconds), "Type": (kind), "Target": (target)}),
    );
    go(world, &place, &id, ("resizing", seconds));
    answer(call, world, &id)
}

fn show_resize(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    let missing = || {
        Failure::new("ResizeNotFound", format!("Resize of cluster {id} not found."))
            .with_status(404)
    };
    let resize = found.inside.get("Resize").ok_or_else(missing)?;
    let begun = resize.get("Begun").and_then(Value::as_timestamp).unwrap_or(call.now);
    let seconds = resize.get("Seconds").and_then(Value::as_i64).unwrap_or(600);
    let elapsed = call.now.duration_since(begun).as_secs().min(seconds);
    let is_done = found.fact("ClusterStatus") != Some("resizing");
    let target = |member: &str| {
        resize
            .path("Target")
            .and_then(|t| t.get(member))
            .or_else(|| found.facts.get(member))
            .cloned()
            .unwrap_or_default()
    };
    Ok(call.fit(value!({
        "Status": (if is_done { "SUCCEEDED" } else { "IN_PROGRESS" }),
        "ResizeType": (resize.get("Type").cloned().unwrap_or_default()),
        "TargetNodeType": (target("NodeType")),
        "TargetNumberOfNodes": (target("NumberOfNodes")),
        "ElapsedTimeInSeconds": (elapsed),
        "EstimatedTimeToCompletionInSeconds": (if is_done { 0 } else { seconds - elapsed }),
    })))
}

fn pause(call: &Call, world: &mut World) -> Answer {
    let id = available(call, world)?;
    go(world, &call.place(&CLUSTER), &id, ("pausing", 180));
    answer(call, world, &id)
}

fn resume(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("ClusterStatus") != Some("paused") {
        return Err(wrong_state(format!(
            "You can't resume cluster {id} because it is not paused."
        )));
    }
    go(world, &call.place(&CLUSTER), &id, ("resuming", 240));
    answer(call, world, &id)
}

fn reboot(call: &Call, world: &mut World) -> Answer {
    let id = available(call, world)?;
    let place = call.place(&CLUSTER);
    world.change(&place, &id, |facts| {
        if let Some(Value::List(groups)) = facts.get_mut("ClusterParameterGroups") {
            for group in groups.iter_mut().filter_map(Value::as_object_mut) {
                group.insert("ParameterApplyStatus", "in-sync");
            }
        }
    });
    go(world, &place, &id, ("rebooting", 120));
    answer(call, world, &id)
}

fn rotate(call: &Call, world: &mut World) -> Answer {
    let id = available(call, world)?;
    go(world, &call.place(&CLUSTER), &id, ("rotating-keys", 300));
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    if found.fact("ClusterStatus") == Some("deleting") {
        return Err(wrong_state(format!("Cluster {id} is already being deleted.")));
    }
    let place = call.place(&CLUSTER);
    match (call.flag("SkipFinalClusterSnapshot"), call.text("FinalClusterSnapshotIdentifier")) {
        (false, None) => {
            let message = "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is specified.";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        (true, Some(_)) => {
            let message =
                "FinalClusterSnapshotIdentifier cannot be specified with SkipFinalClusterSnapshot.";
            return Err(Failure::new("InvalidParameterCombination", message));
        }
        (false, Some(name)) => {
            snapshot::take(world, &place, &id, (name, "manual"), reeve_types::Tags::new())?;
        }
        (true, None) => {}
    }
    LIFE.enter(world, &place, &id, ("deleting", 180));
    answer(call, world, &id)
}

fn enable_logging(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    let mut kept = object! {"LoggingEnabled": true};
    kept.extend(call.given(["BucketName", "S3KeyPrefix", "LogDestinationType", "LogExports"]));
    // The service tells prefixes with the slash that it puts behind them.
    if let Some(prefix) = call.text("S3KeyPrefix").filter(|prefix| !prefix.ends_with('/')) {
        kept.insert("S3KeyPrefix", format!("{prefix}/"));
    }
    world.set_inside(&call.place(&CLUSTER), &id, "Logging", kept);
    logging(call, world)
}

fn disable_logging(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    world.change_inside(&call.place(&CLUSTER), &id, |inside| {
        inside.remove("Logging");
    });
    logging(call, world)
}

fn logging(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let kept = found.inside.get("Logging").cloned();
    Ok(call.fit(kept.unwrap_or_else(|| value!({"LoggingEnabled": false}))))
}

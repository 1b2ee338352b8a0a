//! Clusters: made, changed, upgraded and deleted, and the updates that tell of it.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{CLUSTER, PAGES, nodegroup};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity},
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Place, Resource, facts},
    tagging,
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&UPDATE],
    operations: &[
        ("CreateCluster", Action::Own(create)),
        ("UpdateClusterVersion", Action::Own(update_version)),
        ("UpdateClusterConfig", Action::Own(update_config)),
        ("DeleteCluster", Action::Own(delete)),
        ("DescribeUpdate", Action::Own(show_update)),
        ("ListUpdates", Action::Own(list_updates)),
        ("ListInsights", Action::Own(insights)),
        ("DescribeInsight", Action::Own(insight)),
        ("DescribeClusterVersions", Action::Own(versions)),
    ],
    tasks: &[
        ("eks:cluster-active", |world, task| LIFE.pass(world, task)),
        ("eks:cluster-gone", |world, task| LIFE.pass(world, task)),
        ("eks:update-done", done),
    ],
};

/// An update of a cluster or of a part of it: its id is the cluster's, a slash, and its own.
static UPDATE: Definition = Definition {
    resource_type: "AWS::EKS::Update",
    arn: "arn:{partition}:eks:{region}:{account}:update/{id}",
    identity: &[("id", Identity::Segment(1))],
    ..Definition::OF
};

/// Parameters that change what happens on AWS and are not heeded here.
const UNSUPPORTED: [&str; 7] = [
    "zonalShiftConfig",
    "controlPlaneScalingConfig",
    "kubeApiServerConfig",
    "kubeSchedulerConfig",
    "kubeControllerManagerConfig",
    "rollbackConfig",
    "filter",
];

/// Versions with the dates of release, end of standard support, end of extended support; oldest first.
const VERSIONS: [(&str, &str, &str, &str); 6] = [
    ("1.29", "2024-01-23", "2025-03-23", "2026-03-23"),
    ("1.30", "2024-05-23", "2025-07-23", "2026-07-23"),
    ("1.31", "2024-09-26", "2025-11-26", "2026-11-26"),
    ("1.32", "2025-01-23", "2026-03-23", "2027-03-23"),
    ("1.33", "2025-05-29", "2026-07-29", "2027-07-29"),
    ("1.34", "2025-10-02", "2026-12-02", "2027-12-02"),
];

static LIFE: Lifecycle = Lifecycle {
    member: "status",
    passing: &[
        ("CREATING", "eks:cluster-active", Some("ACTIVE")),
        ("DELETING", "eks:cluster-gone", None),
    ],
    then: settled,
};

const CREATE_SECONDS: i64 = 600;
const UPGRADE_SECONDS: i64 = 720;
const CHANGE_SECONDS: i64 = 240;
const DELETE_SECONDS: i64 = 300;

pub(super) fn in_use(message: impl Into<String>) -> Failure {
    Failure::new("ResourceInUseException", message).with_status(409)
}

pub(super) fn not_found(message: impl Into<String>) -> Failure {
    Failure::new("ResourceNotFoundException", message).with_status(404)
}

/// The cluster that a call names by this member.
pub(super) fn named<'w>(
    call: &Call,
    world: &'w World,
    member: &str,
) -> Result<(String, &'w Resource), Failure> {
    let name = call.required(member)?;
    let found = call.resource(world, &CLUSTER, name);
    Ok((
        name.to_owned(),
        found.ok_or_else(|| not_found(format!("No cluster found for name: {name}.")))?,
    ))
}

/// A cluster that is not busy.
pub(super) fn idle(call: &Call, world: &World, member: &str) -> Result<String, Failure> {
    let (name, found) = named(call, world, member)?;
    if found.fact("status") != Some("ACTIVE") {
        return Err(in_use(format!(
            "Cannot perform the operation while the cluster {name} has status {}",
            found.fact("status").unwrap_or_default()
        )));
    }
    Ok(name)
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let name = call.required("name")?;
    if call.resource(world, &CLUSTER, name).is_some() {
        return Err(in_use(format!("Cluster already exists with name: {name}")));
    }
    for member in ["outpostConfig", "remoteNetworkConfig", "computeConfig", "storageConfig"] {
        if call.input.get(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let version = call.text("version").unwrap_or("1.34");
    if !VERSIONS.iter().any(|(known, ..)| *known == version) {
        return Err(call.invalid(format!("unsupported Kubernetes version {version}")));
    }
    let mut network = object! {
        "endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": ["0.0.0.0/0"],
        "clusterSecurityGroupId": (format!("sg-{}", world.random_hex(17))),
    };
    network.extend(call.object("resourcesVpcConfig").cloned().unwrap_or_default());
    let issuer = world.random_hex(32).to_uppercase();
    let described = object! {
        "createdAt": (call.now),
        "version": (version),
        "roleArn": (call.required("roleArn")?),
        "resourcesVpcConfig": (network),
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "logging": (call.input.get("logging").cloned().unwrap_or_else(|| value!({"clusterLogging": [{
            "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": false,
        }]}))),
        "status": "CREATING",
        "platformVersion": "eks.1",
        "health": {"issues": []},
        "accessConfig": (call.input.get("accessConfig").cloned().unwrap_or_else(|| value!({"authenticationMode": "CONFIG_MAP"}))),
        "upgradePolicy": (call.input.get("upgradePolicy").cloned().unwrap_or_else(|| value!({"supportType": "EXTENDED"}))),
        "deletionProtection": (call.flag("deletionProtection")),
        "encryptionConfig": (call.list("encryptionConfig").to_vec()),
    };
    let endpoint = format!("https://{issuer}.gr7.{}.eks.amazonaws.com", call.region);
    let oidc = format!("https://oidc.eks.{}.amazonaws.com/id/{issuer}", call.region);
    let inside = object! {"endpoint": (endpoint), "identity": {"oidc": {"issuer": (oidc)}}};
    let tags = tagging::checked(call, tagging::mapped(call, "tags"))?;
    let place = call.place(&CLUSTER);
    world.put(
        place.clone(),
        name,
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    let seconds = CREATE_SECONDS + world.random_between(0, 180);
    LIFE.enter(world, &place, name, ("CREATING", seconds));
    call.answer(world, (&CLUSTER, "cluster"), name)
}

/// A new cluster has an endpoint; a deleted one takes its add-ons with it.
fn settled(world: &mut World, task: &Task, was: &Resource) {
    if was.fact("status") == Some("CREATING") {
        world.change(&task.place, &task.id, |facts| {
            facts.insert(
                "certificateAuthority",
                value!({"data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="}),
            );
            facts.extend(was.inside.pick(["endpoint", "identity"]));
        });
        return;
    }
    let addons = task.place.beside(&super::addon::ADDON);
    let prefix = format!("{}/", task.id);
    let ids: Vec<String> =
        world.shelf(&addons).keys().filter(|id| id.starts_with(&prefix)).cloned().collect();
    for id in ids {
        world.remove(&addons, &id);
    }
}

/// Begins an update: the thing is `UPDATING` until it is done, and then has these members.
pub(super) fn begin_update(
    world: &mut World,
    place: &Place,
    id: &str,
    update: &Begun<'_>,
) -> Value {
    let number = world.uuid();
    let cluster = id.split('/').next().unwrap_or(id);
    let params: Value = update
        .params
        .iter()
        .map(|(name, value)| value!({"type": (*name), "value": (value.as_str())}))
        .collect();
    let described = object! {
        "status": "InProgress", "type": (update.kind), "params": (params), "createdAt": (world.now()), "errors": [],
    };
    let updates = place.beside(&UPDATE);
    let key = format!("{cluster}/{number}");
    let inside = object! {"Of": (id), "Kind": (place.kind.resource_type)};
    world.put(
        updates,
        key.as_str(),
        Resource::new(facts(described.clone()), std::sync::Arc::default()).with_inside(inside),
    );
    world.set(place, id, "status", "UPDATING");
    let detail = value!({"Update": (key), "Changes": (update.changes.clone())});
    let due = later(world.now(), update.seconds);
    world.schedule(due, Task::new("eks:update-done", place, id).with(detail));
    let mut shown = described;
    shown.insert("id", number);
    shown.into()
}

/// An update that is begun.
pub(super) struct Begun<'b> {
    pub(super) kind: &'b str,
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) changes: Object,
    pub(super) seconds: i64,
}

fn done(world: &mut World, task: &Task) {
    let key = task.detail.text("Update").to_owned();
    let updates = task.place.beside(&UPDATE);
    let reason = match world.fate(&task.place, &task.id, "EksUpdate") {
        Fate::Never => return,
        Fate::Fails(reason) => Some(reason),
        Fate::Succeeds => None,
    };
    let changes =
        task.detail.get("Changes").and_then(Value::as_object).cloned().unwrap_or_default();
    let failed = reason.is_some();
    world.change(&updates, &key, |facts| {
        facts.insert("status", if failed { "Failed" } else { "Successful" });
        if let Some(reason) = reason {
            facts.insert("errors", value!([{"errorCode": "Unknown", "errorMessage": (reason)}]));
        }
    });
    world.change(&task.place, &task.id, |facts| {
        if facts.text("status") != "UPDATING" {
            return;
        }
        facts.insert("status", "ACTIVE");
        if !failed {
            facts.extend(changes);
        }
    });
}

fn update_version(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let name = idle(call, world, "name")?;
    let wanted = call.required("version")?;
    let own = call.find(world, &CLUSTER, &name)?.fact("version").unwrap_or_default().to_owned();
    let at = |version: &str| VERSIONS.iter().position(|(known, ..)| *known == version);
    match (at(&own), at(wanted)) {
        (Some(own), Some(wanted)) if wanted == own + 1 => {}
        (_, None) => return Err(call.invalid(format!("unsupported Kubernetes version {wanted}"))),
        _ => {
            return Err(call.invalid(format!(
                "Unsupported Kubernetes minor version update from {own} to {wanted}"
            )));
        }
    }
    let begun = Begun {
        kind: "VersionUpdate",
        params: vec![("Version", wanted.to_owned()), ("PlatformVersion", "eks.1".to_owned())],
        changes: object! {"version": (wanted), "platformVersion": "eks.1"},
        seconds: UPGRADE_SECONDS,
    };
    let update = begin_update(world, &call.place(&CLUSTER), &name, &begun);
    Ok(value!({"update": (update)}))
}

fn update_config(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let name = idle(call, world, "name")?;
    let found = call.find(world, &CLUSTER, &name)?.clone();
    let mut changes = Object::new();
    let mut kind = "ConfigUpdate";
    let mut params = Vec::new();
    if let Some(network) = call.object("resourcesVpcConfig") {
        let mut all = found
            .value("resourcesVpcConfig")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        all.extend(network.clone());
        changes.insert("resourcesVpcConfig", all);
        kind = "EndpointAccessUpdate";
        params.push((
            "EndpointPublicAccess",
            network
                .get("endpointPublicAccess")
                .and_then(Value::as_bool)
                .unwrap_or(true)
                .to_string(),
        ));
    }
    for (member, of) in [
        ("logging", "LoggingUpdate"),
        ("accessConfig", "AccessConfigUpdate"),
        ("upgradePolicy", "UpgradePolicyUpdate"),
        ("deletionProtection", "DeletionProtectionUpdate"),
    ] {
        if let Some(value) = call.input.get(member) {
            changes.insert(member, value.clone());
            kind = of;
        }
    }
    if changes.is_empty() {
        return Err(
            call.invalid("No changes needed for the cluster update given the arguments provided")
        );
    }
    let begun = Begun { kind, params, changes, seconds: CHANGE_SECONDS };
    let update = begin_update(world, &call.place(&CLUSTER), &name, &begun);
    Ok(value!({"update": (update)}))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (name, found) = named(call, world, "name")?;
    if found.flag("deletionProtection") {
        let message =
            format!("Cluster {name} cannot be deleted because deletion protection is enabled.");
        return Err(Failure::new("InvalidRequestException", message));
    }
    let prefix = format!("{name}/");
    if world.shelf(&call.place(&nodegroup::NODEGROUP)).keys().any(|id| id.starts_with(&prefix)) {
        return Err(in_use(format!("Cluster has nodegroups attached: {name}")));
    }
    LIFE.enter(world, &call.place(&CLUSTER), &name, ("DELETING", DELETE_SECONDS));
    call.answer(world, (&CLUSTER, "cluster"), &name)
}

fn show_update(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world, "name")?;
    let number = call.required("updateId")?;
    let found = call.resource(world, &UPDATE, &format!("{name}/{number}"));
    let found = found.ok_or_else(|| not_found(format!("No update found for ID: {number}")))?;
    let shown = call.describe(&UPDATE, &format!("{name}/{number}"), found);
    Ok(call.fit(Value::from_iter([("update", shown)])))
}

fn list_updates(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world, "name")?;
    let part = call.text("nodegroupName").or_else(|| call.text("addonName"));
    let of = part.map_or_else(|| name.clone(), |part| format!("{name}/{part}"));
    let keep = |_: &str, one: &Resource| one.inside.get("Of").and_then(Value::as_str) == Some(&of);
    let show = |id: &str, _: &Resource, _| Value::from(id.rsplit('/').next().unwrap_or_default());
    PAGES.list((call, world), (&UPDATE, "updateIds"), keep, show)
}

/// What EKS finds before an upgrade: whether nodes and add-ons are of the cluster's version.
fn found_insights(call: &Call, world: &World, name: &str) -> Vec<Object> {
    let Some(cluster) = call.resource(world, &CLUSTER, name) else { return Vec::new() };
    let version = cluster.fact("version").unwrap_or_default();
    let prefix = format!("{name}/");
    let behind: Vec<String> = world
        .shelf(&call.place(&nodegroup::NODEGROUP))
        .iter()
        .filter(|(id, one)| id.starts_with(&prefix) && one.fact("version") != Some(version))
        .map(|(id, _)| id.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    let next = VERSIONS
        .iter()
        .skip_while(|(known, ..)| *known != version)
        .nth(1)
        .map_or(version, |(next, ..)| next);
    let checked = later(call.now, -(call.now.as_second() % 86_400));
    let make = |title: &str, text: &str, is_bad: bool, reason: &str| {
        object! {
            "id": (crate::kind::uuid_of(&format!("{}/{name}/{title}", call.account()))),
            "name": (title),
            "category": "UPGRADE_READINESS",
            "kubernetesVersion": (next),
            "lastRefreshTime": (checked),
            "lastTransitionTime": (checked),
            "description": (text),
            "insightStatus": {"status": (if is_bad { "WARNING" } else { "PASSING" }), "reason": (reason)},
            "recommendation": (if is_bad { "Update the nodes to the version of the cluster." } else { "No action is needed." }),
            "additionalInfo": {},
            "resources": [],
        }
    };
    let reason = if behind.is_empty() {
        "All nodes are at the version of the cluster.".to_owned()
    } else {
        format!("Node groups behind the cluster: {}", behind.join(", "))
    };
    vec![
        make(
            "Kubelet version skew",
            "Checks for kubelet minor version of worker nodes.",
            !behind.is_empty(),
            &reason,
        ),
        make(
            "EKS add-on version compatibility",
            "Checks version of installed EKS add-ons.",
            false,
            "All installed EKS add-on versions are compatible with the next Kubernetes version.",
        ),
    ]
}

fn insights(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (name, _) = named(call, world, "clusterName")?;
    let wanted = call.input.path("filter.statuses").map_or(&[][..], Value::as_list).to_vec();
    let shown = found_insights(call, world, &name).into_iter().filter(|one| {
        let status = one.get("insightStatus").and_then(|status| status.get("status"));
        wanted.is_empty() || status.is_some_and(|status| wanted.contains(status))
    });
    Ok(call.fit(value!({"insights": (shown.map(Value::from).collect::<Value>())})))
}

fn insight(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world, "clusterName")?;
    let id = call.required("id")?;
    let found = found_insights(call, world, &name);
    let found = found.into_iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id));
    let found = found.ok_or_else(|| not_found(format!("No insight found for ID: {id}")))?;
    Ok(call.fit(Value::from_iter([("insight", found)])))
}

fn versions(call: &Call, _: &mut World) -> Answer {
    let wanted = call.texts("clusterVersions");
    let time = |day: &str| {
        format!("{day}T00:00:00Z").parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let shown = VERSIONS.iter().rev().filter_map(|(version, released, standard, extended)| {
        let status = if call.now < time(standard) {
            "STANDARD_SUPPORT"
        } else if call.now < time(extended) {
            "EXTENDED_SUPPORT"
        } else {
            "UNSUPPORTED"
        };
        let is_default = *version == "1.34";
        let fits = (wanted.is_empty() || wanted.contains(version))
            && (!call.flag("defaultOnly") || is_default)
            && call.text("versionStatus").is_none_or(|wanted| wanted == status);
        fits.then(|| value!({
            "clusterVersion": (*version), "clusterType": "eks", "defaultPlatformVersion": "eks.1", "defaultVersion": (is_default),
            "releaseDate": (time(released)), "endOfStandardSupportDate": (time(standard)), "endOfExtendedSupportDate": (time(extended)),
            "versionStatus": (status), "status": (status.to_lowercase().replace('_', "-")), "kubernetesPatchVersion": (format!("{version}.1")),
        }))
    });
    Ok(value!({"clusterVersions": (shown.collect::<Value>())}))
}

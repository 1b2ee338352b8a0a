//! Domains made, changed, upgraded, updated and deleted: each over minutes, as `Processing` shows.

use reeve_model::{Object, Value};

use super::{DOMAIN, missing};
use crate::{
    call::{Answer, Call},
    check::unsupported,
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
        ("CreateDomain", Action::Own(create)),
        ("UpdateDomainConfig", Action::Own(update)),
        ("DescribeDomainConfig", Action::Own(config)),
        ("DescribeDomainChangeProgress", Action::Own(progress)),
        ("DescribeDomainHealth", Action::Own(health)),
        ("DeleteDomain", Action::Own(delete)),
        ("UpgradeDomain", Action::Own(upgrade)),
        ("GetUpgradeStatus", Action::Own(upgrade_status)),
        ("GetUpgradeHistory", Action::Own(upgrade_history)),
        ("GetCompatibleVersions", Action::Own(compatible)),
        ("ListVersions", Action::Own(versions)),
        ("StartServiceSoftwareUpdate", Action::Own(start_update)),
        ("CancelServiceSoftwareUpdate", Action::Own(cancel_update)),
    ],
    tasks: &[
        ("opensearch:processed", processed),
        ("opensearch:gone", gone),
        ("opensearch:upgraded", upgraded),
        ("opensearch:updated", software_updated),
    ],
};

const CREATE_SECONDS: i64 = 900;
const UPDATE_SECONDS: i64 = 1200;
const UPGRADE_SECONDS: i64 = 1800;
const DELETE_SECONDS: i64 = 600;

/// Every version there is, newest first.
const VERSIONS: [&str; 14] = [
    "OpenSearch_3.1",
    "OpenSearch_2.19",
    "OpenSearch_2.17",
    "OpenSearch_2.15",
    "OpenSearch_2.13",
    "OpenSearch_2.11",
    "OpenSearch_2.9",
    "OpenSearch_1.3",
    "OpenSearch_1.2",
    "Elasticsearch_7.10",
    "Elasticsearch_7.9",
    "Elasticsearch_7.4",
    "Elasticsearch_6.8",
    "Elasticsearch_5.6",
];
const CURRENT_SOFTWARE: &str = "OpenSearch_2_17_R20250403-P1";
const NEXT_SOFTWARE: &str = "OpenSearch_2_17_R20250625";

/// What a caller may say about a domain.
const OPTIONS: [&str; 15] = [
    "ClusterConfig",
    "EBSOptions",
    "AccessPolicies",
    "IPAddressType",
    "SnapshotOptions",
    "CognitoOptions",
    "AdvancedOptions",
    "EncryptionAtRestOptions",
    "NodeToNodeEncryptionOptions",
    "LogPublishingOptions",
    "DomainEndpointOptions",
    "AdvancedSecurityOptions",
    "AutoTuneOptions",
    "OffPeakWindowOptions",
    "SoftwareUpdateOptions",
];

pub(in crate::services) fn named<'w>(
    call: &Call,
    world: &'w World,
) -> Result<(String, &'w Resource), Failure> {
    let name = call.required("DomainName")?;
    Ok((name.to_owned(), call.resource(world, &DOMAIN, name).ok_or_else(|| missing(name))?))
}

/// A domain as it is shown.
pub(in crate::services) fn shown(call: &Call, world: &World, name: &str) -> Object {
    let found = call.resource(world, &DOMAIN, name);
    found.map(|one| call.describe(&DOMAIN, name, one)).unwrap_or_default()
}

/// Parameters that change what happens on AWS and are not heeded here.
const UNSUPPORTED: [&str; 9] = [
    "AIMLOptions",
    "AutomatedSnapshotPauseOptions",
    "DeploymentStrategyOptions",
    "DesiredStartTime",
    "DryRunMode",
    "EngineMode",
    "IdentityCenterOptions",
    "ScheduleAt",
    "UseCase",
];

fn create(call: &Call, world: &mut World) -> Answer {
    let name =
        begin(call, world, call.text("EngineVersion").unwrap_or("OpenSearch_2.19"), &call.input)?;
    Ok(call.fit(Value::from_iter([("DomainStatus", shown(call, world, &name))])))
}

/// Puts a domain that is being made, and returns its name.
pub(in crate::services) fn begin(
    call: &Call,
    world: &mut World,
    version: &str,
    given: &Value,
) -> Result<String, Failure> {
    unsupported(call, &UNSUPPORTED)?;
    let name = call.required("DomainName")?.to_owned();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(3..=28).contains(&name.len())
        || !name.chars().all(allowed)
        || !name.starts_with(|c: char| c.is_ascii_lowercase())
    {
        return Err(
            call.invalid("Member must satisfy regular expression pattern: [a-z][a-z0-9\\-]+")
        );
    }
    if call.resource(world, &DOMAIN, &name).is_some() {
        return Err(Failure::new(
            "ResourceAlreadyExistsException",
            format!("Domain {name} already exists"),
        )
        .with_status(409));
    }
    if !VERSIONS.contains(&version) {
        return Err(call.invalid(format!("Invalid engine version: {version}")));
    }
    let mut described = object! {
        "Created": true,
        "Deleted": false,
        "Processing": true,
        "UpgradeProcessing": false,
        "DomainProcessingStatus": "Creating",
        "EngineVersion": (version),
        "ClusterConfig": {
            "InstanceType": "r7g.large.search", "InstanceCount": 1_i64, "DedicatedMasterEnabled": false,
            "ZoneAwarenessEnabled": false, "WarmEnabled": false,
        },
        "EBSOptions": {"EBSEnabled": true, "VolumeType": "gp3", "VolumeSize": 10_i64},
        "EncryptionAtRestOptions": {"Enabled": false},
        "NodeToNodeEncryptionOptions": {"Enabled": false},
        "DomainEndpointOptions": {"EnforceHTTPS": false, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"},
        "SnapshotOptions": {"AutomatedSnapshotStartHour": 0_i64},
        "AdvancedOptions": {"rest.action.multi.allow_explicit_index": "true"},
        "ServiceSoftwareOptions": {
            "CurrentVersion": (CURRENT_SOFTWARE), "NewVersion": (NEXT_SOFTWARE), "UpdateAvailable": true, "Cancellable": false,
            "UpdateStatus": "ELIGIBLE", "Description": "A newer release is available.", "OptionalDeployment": true,
        },
    };
    merge(&mut described, given);
    if let Some(network) = given.get("VPCOptions") {
        described.insert("VPCOptions", network.clone());
    }
    let tags = tagging::checked(call, tagging::listed(call, "TagList"))?;
    let host = hex_digest(&format!("{}/{}/{name}", call.account(), call.region), 26);
    let endpoint = format!("search-{name}-{host}.{}.es.amazonaws.com", call.region);
    let place = call.place(&DOMAIN);
    let inside = object! {"Endpoint": (endpoint)};
    world.put(
        place.clone(),
        name.as_str(),
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    let due = later(call.now, CREATE_SECONDS + world.random_between(0, 300));
    world.schedule(due, Task::new("opensearch:processed", &place, &name));
    Ok(name)
}

/// Puts what a caller says about a domain beside what is known.
fn merge(facts: &mut Object, given: &Value) {
    for option in OPTIONS {
        match given.get(option) {
            Some(Value::Object(given)) => {
                let mut all =
                    facts.get(option).and_then(Value::as_object).cloned().unwrap_or_default();
                all.extend(given.clone());
                facts.insert(option, all);
            }
            Some(other) => {
                facts.insert(option, other.clone());
            }
            None => {}
        }
    }
}

fn processed(world: &mut World, task: &Task) {
    let endpoint =
        world.get(&task.place, &task.id).and_then(|one| one.inside.get("Endpoint").cloned());
    world.change(&task.place, &task.id, |facts| {
        if facts.flag("Deleted") {
            return;
        }
        facts.insert("Processing", false);
        facts.insert("DomainProcessingStatus", "Active");
        match endpoint {
            Some(endpoint) if facts.contains("VPCOptions") => {
                facts.insert("Endpoints", Value::from_iter([("vpc", endpoint)]));
            }
            Some(endpoint) => {
                facts.insert("Endpoint", endpoint);
            }
            None => {}
        }
    });
}

/// Refuses what cannot be done while something else is.
fn idle(found: &Resource, name: &str) -> Result<(), Failure> {
    if found.flag("Processing") || found.flag("UpgradeProcessing") || found.flag("Deleted") {
        let message =
            format!("A change/update is in progress for domain {name}. Please try again later.");
        return Err(Failure::new("ValidationException", message));
    }
    Ok(())
}

/// Begins to change a domain's options.
pub(in crate::services) fn change(
    call: &Call,
    world: &mut World,
    given: &Value,
) -> Result<String, Failure> {
    unsupported(call, &UNSUPPORTED)?;
    let (name, found) = named(call, world)?;
    idle(found, &name)?;
    let place = call.place(&DOMAIN);
    let change = world.uuid();
    world.change(&place, &name, |facts| {
        merge(facts, given);
        facts.insert("Processing", true);
        facts.insert("DomainProcessingStatus", "Modifying");
        facts.insert("ChangeProgressDetails", value!({
            "ChangeId": (change), "StartTime": (call.now), "LastUpdatedTime": (call.now), "ConfigChangeStatus": "ApplyingChanges",
        }));
    });
    world.schedule(
        later(call.now, UPDATE_SECONDS),
        Task::new("opensearch:processed", &place, &name),
    );
    Ok(name)
}

fn update(call: &Call, world: &mut World) -> Answer {
    if call.flag("DryRun") {
        return Err(call.invalid("DryRun is not supported here"));
    }
    change(call, world, &call.input.clone())?;
    config(call, world)
}

/// Options with the status that configurations have.
pub(in crate::services) fn options_with_status(call: &Call, world: &World, name: &str) -> Object {
    let domain = shown(call, world, name);
    let busy = domain.flag("Processing");
    let status = value!({
        "CreationDate": (call.now), "UpdateDate": (call.now), "UpdateVersion": 1_i64, "PendingDeletion": false,
        "State": (if busy { "Processing" } else { "Active" }),
    });
    let mut output = Object::new();
    for option in OPTIONS.into_iter().chain(["EngineVersion", "VPCOptions"]) {
        if let Some(value) = domain.get(option) {
            output.insert(option, value!({"Options": (value.clone()), "Status": (status.clone())}));
        }
    }
    if let Some(details) = domain.get("ChangeProgressDetails") {
        output.insert("ChangeProgressDetails", details.clone());
    }
    output
}

fn config(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world)?;
    Ok(call.fit(Value::from_iter([("DomainConfig", options_with_status(call, world, &name))])))
}

fn progress(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let details = found.value("ChangeProgressDetails").cloned().unwrap_or_else(Value::object);
    let busy = found.flag("Processing");
    let mut shown = object! {
        "Status": (if busy { "PROCESSING" } else { "COMPLETED" }),
        "TotalNumberOfStages": 5_i64,
        "ConfigChangeStatus": (if busy { "ApplyingChanges" } else { "Completed" }),
    };
    shown.extend(details.pick(["ChangeId", "StartTime"]));
    Ok(call.fit(Value::from_iter([("ChangeProgressStatus", shown)])))
}

fn health(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let busy = found.flag("Processing");
    let nodes = found.value("ClusterConfig.InstanceCount").and_then(Value::as_i64).unwrap_or(1);
    let master = found.flag("ClusterConfig.DedicatedMasterEnabled");
    // What a scenario says of the cluster's health is what is shown.
    let cluster = found.inside.get("Health").cloned().unwrap_or_else(|| Value::from("Green"));
    Ok(call.fit(value!({
        "DomainState": (if busy { "Processing" } else { "Active" }),
        "AvailabilityZoneCount": "1",
        "ActiveAvailabilityZoneCount": "1",
        "StandByAvailabilityZoneCount": "0",
        "DataNodeCount": (nodes.to_string()),
        "DedicatedMaster": (master),
        "MasterEligibleNodeCount": (if master { "3".to_owned() } else { nodes.to_string() }),
        "WarmNodeCount": "0",
        "MasterNode": "Available",
        "ClusterHealth": (cluster),
        "TotalShards": "10",
        "TotalUnAssignedShards": "0",
    })))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world)?;
    end(call, world, &name);
    Ok(call.fit(Value::from_iter([("DomainStatus", shown(call, world, &name))])))
}

/// Begins to delete a domain.
pub(in crate::services) fn end(call: &Call, world: &mut World, name: &str) {
    let place = call.place(&DOMAIN);
    world.change(&place, name, |facts| {
        facts.insert("Deleted", true);
        facts.insert("Processing", true);
        facts.insert("DomainProcessingStatus", "Deleting");
    });
    world.schedule(later(call.now, DELETE_SECONDS), Task::new("opensearch:gone", &place, name));
}

fn gone(world: &mut World, task: &Task) {
    let is_deleted = |one: &Resource| one.flag("Deleted");
    if world.get(&task.place, &task.id).is_some_and(is_deleted) {
        world.remove(&task.place, &task.id);
    }
}

/// The versions that a version can be upgraded to: those of its major that are newer, and the first of the next.
fn targets(version: &str) -> Vec<&'static str> {
    let Some(own) = VERSIONS.iter().position(|known| *known == version) else { return Vec::new() };
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    let newer: Vec<&str> = VERSIONS.iter().take(own).rev().copied().collect();
    let next = newer.iter().map(|version| major(version)).find(|other| *other != major(version));
    newer
        .into_iter()
        .filter(|other| major(other) == major(version) || Some(major(other)) == next)
        .collect()
}

fn upgrade(call: &Call, world: &mut World) -> Answer {
    let target = call.required("TargetVersion")?.to_owned();
    begin_upgrade(call, world, &target)?;
    Ok(call.fit(value!({
        "UpgradeId": (world.uuid()),
        "DomainName": (call.required("DomainName")?),
        "TargetVersion": (target),
        "PerformCheckOnly": (call.flag("PerformCheckOnly")),
    })))
}

/// Begins an upgrade, unless only its possibility is asked for.
pub(in crate::services) fn begin_upgrade(
    call: &Call,
    world: &mut World,
    target: &str,
) -> Result<(), Failure> {
    unsupported(call, &UNSUPPORTED)?;
    let (name, found) = named(call, world)?;
    idle(found, &name)?;
    let version = found.fact("EngineVersion").unwrap_or_default().to_owned();
    if !targets(&version).contains(&target) {
        return Err(call.invalid(format!("Upgrade from {version} to {target} is not supported")));
    }
    if call.flag("PerformCheckOnly") {
        return Ok(());
    }
    let place = call.place(&DOMAIN);
    world.change(&place, &name, |facts| {
        facts.insert("UpgradeProcessing", true);
        facts.insert("DomainProcessingStatus", "UpgradingEngineVersion");
    });
    world.change_inside(&place, &name, |inside| {
        let mut all = inside.list("Upgrades").to_vec();
        all.insert(0, value!({
            "UpgradeName": (format!("Upgrade from {version} to {target}")), "StartTimestamp": (call.now), "UpgradeStatus": "IN_PROGRESS",
            "StepsList": [{"UpgradeStep": "UPGRADE", "UpgradeStepStatus": "IN_PROGRESS", "Issues": [], "ProgressPercent": 0.0}],
        }));
        inside.insert("Upgrades", Value::List(all));
    });
    let task = Task::new("opensearch:upgraded", &place, &name).with(value!({"Version": (target)}));
    world.schedule(later(call.now, UPGRADE_SECONDS), task);
    Ok(())
}

fn upgraded(world: &mut World, task: &Task) {
    let version = task.detail.get("Version").cloned().unwrap_or_default();
    world.change(&task.place, &task.id, |facts| {
        facts.insert("EngineVersion", version);
        facts.insert("UpgradeProcessing", false);
        facts.insert("DomainProcessingStatus", "Active");
    });
    world.change_inside(&task.place, &task.id, |inside| {
        let Some(Value::List(all)) = inside.get_mut("Upgrades") else { return };
        if let Some(last) = all.first_mut().and_then(Value::as_object_mut) {
            last.insert("UpgradeStatus", "SUCCEEDED");
            last.insert("StepsList", value!([{"UpgradeStep": "UPGRADE", "UpgradeStepStatus": "SUCCEEDED", "Issues": [], "ProgressPercent": 100.0}]));
        }
    });
}

fn upgrades(found: &Resource) -> Vec<Value> {
    found.inside.list("Upgrades").to_vec()
}

fn upgrade_status(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    let all = upgrades(found);
    let last = all
        .first()
        .cloned()
        .unwrap_or_else(|| value!({"UpgradeStatus": "SUCCEEDED", "UpgradeName": ""}));
    Ok(value!({
        "UpgradeStep": "UPGRADE",
        "StepStatus": (last.get("UpgradeStatus").cloned().unwrap_or_default()),
        "UpgradeName": (last.get("UpgradeName").cloned().unwrap_or_default()),
    }))
}

fn upgrade_history(call: &Call, world: &mut World) -> Answer {
    let (_, found) = named(call, world)?;
    Ok(value!({"UpgradeHistories": (upgrades(found))}))
}

fn compatible(call: &Call, world: &mut World) -> Answer {
    let only = match call.text("DomainName") {
        Some(_) => named(call, world)?.1.fact("EngineVersion").map(str::to_owned),
        None => None,
    };
    let shown = VERSIONS
        .iter()
        .filter(|version| only.as_deref().is_none_or(|only| only == **version))
        .map(|version| {
            let targets: Value = targets(version).into_iter().map(Value::from).collect();
            value!({"SourceVersion": (*version), "TargetVersions": (targets)})
        });
    Ok(value!({"CompatibleVersions": (shown.collect::<Value>())}))
}

fn versions(_: &Call, _: &mut World) -> Answer {
    Ok(
        value!({"Versions": (VERSIONS.iter().map(|version| Value::from(*version)).collect::<Value>())}),
    )
}

fn software(world: &World, place: &Place, name: &str) -> Object {
    let found = world
        .get(place, name)
        .and_then(|one| one.value("ServiceSoftwareOptions")?.as_object().cloned());
    found.unwrap_or_else(|| object! {
        "CurrentVersion": (CURRENT_SOFTWARE), "NewVersion": (NEXT_SOFTWARE), "UpdateAvailable": true, "Cancellable": false,
        "UpdateStatus": "ELIGIBLE", "OptionalDeployment": true,
    })
}

fn set_software(world: &mut World, place: &Place, name: &str, options: Object) {
    world.set(place, name, "ServiceSoftwareOptions", options);
}

/// Begins an update of the service's software.
pub(in crate::services) fn start_update(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (name, found) = named(call, world)?;
    idle(found, &name)?;
    let place = call.place(&DOMAIN);
    let mut options = software(world, &place, &name);
    if options.get("UpdateAvailable").and_then(Value::as_bool) != Some(true) {
        return Err(call.invalid("Software update is not available for the domain"));
    }
    options.insert("UpdateStatus", "PENDING_UPDATE");
    options.insert("Cancellable", true);
    set_software(world, &place, &name, options.clone());
    world.schedule(later(call.now, 1800), Task::new("opensearch:updated", &place, &name));
    Ok(call.fit(value!({"ServiceSoftwareOptions": (options)})))
}

/// Takes back an update that has not begun.
pub(in crate::services) fn cancel_update(call: &Call, world: &mut World) -> Answer {
    let (name, _) = named(call, world)?;
    let place = call.place(&DOMAIN);
    let mut options = software(world, &place, &name);
    if options.get("Cancellable").and_then(Value::as_bool) != Some(true) {
        return Err(call.invalid("There is no software update to cancel"));
    }
    options.insert("UpdateStatus", "ELIGIBLE");
    options.insert("Cancellable", false);
    set_software(world, &place, &name, options.clone());
    Ok(call.fit(value!({"ServiceSoftwareOptions": (options)})))
}

fn software_updated(world: &mut World, task: &Task) {
    let mut options = software(world, &task.place, &task.id);
    if options.text("UpdateStatus") != "PENDING_UPDATE" {
        return;
    }
    let new = options.remove("NewVersion").unwrap_or_default();
    options.insert("CurrentVersion", new);
    options.insert("UpdateStatus", "COMPLETED");
    options.insert("UpdateAvailable", false);
    options.insert("Cancellable", false);
    set_software(world, &task.place, &task.id, options);
}

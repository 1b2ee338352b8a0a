//! Cache clusters: made, changed, rebooted, deleted; engine versions; tags of everything.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    PAGES, group,
    replication::REPLICATION_GROUP,
    snapshot::{self, SNAPSHOT},
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Lifecycle, TagAccess, TagInput},
    services::Part,
    store::{Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&CLUSTER],
    operations: &[
        ("CreateCacheCluster", Action::Own(create)),
        ("DescribeCacheClusters", Action::Own(list)),
        ("ModifyCacheCluster", Action::Own(modify)),
        ("RebootCacheCluster", Action::Own(reboot)),
        ("DeleteCacheCluster", Action::Own(delete)),
        ("DescribeCacheEngineVersions", Action::Own(versions)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("AddTagsToResource", Action::Tag(&TAGS)),
        ("RemoveTagsFromResource", Action::Untag(&TAGS)),
    ],
    tasks: &[
        ("elasticache:cluster-available", |world, task| LIFE.pass(world, task)),
        ("elasticache:cluster-gone", |world, task| LIFE.pass(world, task)),
    ],
};

/// The states of a cluster.
pub(super) static LIFE: Lifecycle = Lifecycle {
    member: "CacheClusterStatus",
    passing: &[
        ("creating", "elasticache:cluster-available", Some("available")),
        ("modifying", "elasticache:cluster-available", Some("available")),
        ("rebooting cluster nodes", "elasticache:cluster-available", Some("available")),
        ("snapshotting", "elasticache:cluster-available", Some("available")),
        ("deleting", "elasticache:cluster-gone", None),
    ],
    then: settled,
};

/// `AWS::ElastiCache::CacheCluster`.
pub(crate) static CLUSTER: Definition = Definition {
    resource_type: "AWS::ElastiCache::CacheCluster",
    tagging_type: "elasticache:cluster",
    arn: "arn:{partition}:elasticache:{region}:{account}:cluster:{id}",
    identity: &[("CacheClusterId", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new("CacheClusterNotFound", "CacheCluster {id} not found.").with_status(404),
    sample: Some(|sample| {
        serde_json::json!({
            "CacheNodeType": "cache.t4g.small", "Engine": "redis", "EngineVersion": "7.1.0", "CacheClusterStatus": "available",
            "NumCacheNodes": 1, "PreferredAvailabilityZone": sample.zone("a"), "CacheClusterCreateTime": sample.created(),
            "PreferredMaintenanceWindow": "sun:05:00-sun:06:00", "AutoMinorVersionUpgrade": true, "SnapshotRetentionLimit": 7,
            "SnapshotWindow": "03:00-04:00", "TransitEncryptionEnabled": true, "AtRestEncryptionEnabled": true,
        })
    }),
    ..Definition::OF
};

static TAGS: TagAccess = TagAccess {
    arn: "ResourceName",
    kinds: &[
        &CLUSTER,
        &REPLICATION_GROUP,
        &SNAPSHOT,
        &group::PARAMETER_GROUP,
        &group::SUBNET_GROUP,
        &group::USER,
    ],
    tags: TagInput::List("Tags"),
    keys: "TagKeys",
    output: "TagList",
    ..TagAccess::OF
};

/// Engines with their versions, oldest first, and the family of their parameters.
pub(super) const ENGINES: [(&str, &str, &str); 9] = [
    ("memcached", "1.6.17", "memcached1.6"),
    ("memcached", "1.6.22", "memcached1.6"),
    ("redis", "6.2.6", "redis6.x"),
    ("redis", "7.0.7", "redis7"),
    ("redis", "7.1.0", "redis7"),
    ("valkey", "7.2.6", "valkey7"),
    ("valkey", "8.0.1", "valkey8"),
    ("valkey", "8.1.0", "valkey8"),
    ("valkey", "8.2.0", "valkey8"),
];

/// The version that a text stands for, and its family.
pub(super) fn version(
    call: &Call,
    engine: &str,
    wanted: Option<&str>,
) -> Result<(&'static str, &'static str), Failure> {
    let fits = |version: &str| {
        wanted.is_none_or(|wanted| version == wanted || version.starts_with(&format!("{wanted}.")))
    };
    let found = ENGINES.iter().rev().find(|(known, version, _)| *known == engine && fits(version));
    found.map(|(_, version, family)| (*version, *family)).ok_or_else(|| {
        call.invalid(format!("Cannot find version {} for {engine}", wanted.unwrap_or_default()))
    })
}

/// Parameters that change what happens on AWS and are not heeded here.
pub(super) const UNSUPPORTED: [&str; 24] = [
    "AuthTokenUpdateStrategy",
    "AZMode",
    "CacheSecurityGroupNames",
    "DataTieringEnabled",
    "DefaultOnly",
    "Durability",
    "Filters",
    "LogDeliveryConfigurations",
    "NewAvailabilityZones",
    "NodeGroupConfiguration",
    "NotificationTopicArn",
    "NotificationTopicStatus",
    "OutpostMode",
    "PreferredAvailabilityZones",
    "PreferredCacheClusterAZs",
    "PreferredOutpostArn",
    "PreferredOutpostArns",
    "RemoveUserGroups",
    "ReplicaConfiguration",
    "ReplicasToRemove",
    "ScaleConfig",
    "ServerlessCacheSnapshotName",
    "SnapshotArns",
    "TransitEncryptionMode",
];

/// The tags of a call.
pub(super) fn tags(call: &Call) -> Result<Tags, Failure> {
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    Ok(given.into_iter().collect())
}

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let id = call.required("CacheClusterId")?.to_lowercase();
    let found = call.find(world, &CLUSTER, &id)?;
    Ok((id, found))
}

pub(super) fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&CLUSTER, "CacheCluster"), id)
}

/// What a cluster has that a call makes.
pub(super) fn described(call: &Call, (engine, version, family): (&str, &str, &str)) -> Object {
    let mut described = object! {
        "CacheNodeType": (call.text("CacheNodeType").unwrap_or("cache.t4g.micro")),
        "Engine": (engine),
        "EngineVersion": (version),
        "CacheClusterStatus": "creating",
        "NumCacheNodes": (call.integer("NumCacheNodes").unwrap_or(1)),
        "PreferredMaintenanceWindow": (call.text("PreferredMaintenanceWindow").unwrap_or("sun:05:00-sun:06:00")),
        "PendingModifiedValues": {},
        "CacheSecurityGroups": [],
        "CacheParameterGroup": {
            "CacheParameterGroupName": (call.text("CacheParameterGroupName").map_or_else(|| format!("default.{family}"), str::to_owned)),
            "ParameterApplyStatus": "in-sync", "CacheNodeIdsToReboot": [],
        },
        "CacheSubnetGroupName": (call.text("CacheSubnetGroupName").unwrap_or("default")),
        "AutoMinorVersionUpgrade": (call.input.get("AutoMinorVersionUpgrade").and_then(Value::as_bool).unwrap_or(true)),
        "SnapshotRetentionLimit": (call.integer("SnapshotRetentionLimit").unwrap_or(0)),
        "SnapshotWindow": (call.text("SnapshotWindow").unwrap_or("03:00-04:00")),
        "AuthTokenEnabled": (call.text("AuthToken").is_some()),
        "TransitEncryptionEnabled": (call.flag("TransitEncryptionEnabled")),
        "AtRestEncryptionEnabled": (call.flag("AtRestEncryptionEnabled")),
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
    };
    let groups = call
        .list("SecurityGroupIds")
        .iter()
        .map(|group| value!({"SecurityGroupId": (group.clone()), "Status": "active"}));
    described.insert("SecurityGroups", groups.collect::<Value>());
    described
}

/// Puts a cluster that is being made.
pub(super) fn begin(
    call: &Call,
    world: &mut World,
    id: &str,
    (mut described, tags): (Object, Tags),
) {
    let port = call.integer("Port").unwrap_or(if described.text("Engine") == "memcached" {
        11_211
    } else {
        6379
    });
    let zone = call
        .text("PreferredAvailabilityZone")
        .map_or_else(|| format!("{}a", call.region), str::to_owned);
    let host = hex_digest(&format!("{}/{}/cache", call.account(), call.region), 6);
    let nodes = described.get("NumCacheNodes").and_then(Value::as_i64).unwrap_or(1);
    let made: Value = (1..=nodes)
        .map(|node| {
            value!({
                "CacheNodeId": (format!("{node:04}")), "CacheNodeStatus": "creating", "CacheNodeCreateTime": (call.now),
                "ParameterGroupStatus": "in-sync", "CustomerAvailabilityZone": (zone.as_str()),
                "Endpoint": {"Address": (format!("{id}.{host}.{node:04}.{}.cache.amazonaws.com", call.region)), "Port": (port)},
            })
        })
        .collect();
    described.insert("PreferredAvailabilityZone", zone);
    described.insert("CacheNodes", made);
    let place = call.place(&CLUSTER);
    world.put(place.clone(), id, Resource::new(facts(described), tags.into()));
    let seconds = 240 + world.random_between(0, 120);
    LIFE.enter(world, &place, id, ("creating", seconds));
    snapshot::OF_CLUSTERS.watch(call, world);
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let id = call.required("CacheClusterId")?.to_lowercase();
    if call.resource(world, &CLUSTER, &id).is_some() {
        return Err(Failure::new("CacheClusterAlreadyExists", "Cache cluster already exists"));
    }
    if call.text("ReplicationGroupId").is_some() || call.text("SnapshotName").is_some() {
        return Err(call.invalid("ReplicationGroupId and SnapshotName are not supported here"));
    }
    let engine = call.text("Engine").unwrap_or("memcached");
    let (version, family) = version(call, engine, call.text("EngineVersion"))?;
    if engine != "memcached" && call.integer("NumCacheNodes").unwrap_or(1) != 1 {
        return Err(call.invalid(
            "Cannot create a Redis cluster with a NumCacheNodes parameter greater than 1.",
        ));
    }
    let described = described(call, (engine, version, family));
    begin(call, world, &id, (described, tags(call)?));
    answer(call, world, &id)
}

/// A cluster is deleted in so many seconds.
pub(super) const DELETING: (&str, i64) = ("deleting", 120);

/// What was to change is as it should be.
fn settled(world: &mut World, task: &Task, was: &Resource) {
    if was.fact("CacheClusterStatus") == Some("deleting") {
        return snapshot::OF_CLUSTERS.gone(world, &task.place, &task.id);
    }
    let now = world.now();
    world.change(&task.place, &task.id, |facts| {
        if was.fact("CacheClusterStatus") == Some("creating") {
            facts.insert("CacheClusterCreateTime", now);
        }
        let pending = facts
            .get("PendingModifiedValues")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        facts.extend(pending);
        facts.insert("PendingModifiedValues", Object::new());
        resize(facts, now);
        if let Some(Value::List(nodes)) = facts.get_mut("CacheNodes") {
            for node in nodes.iter_mut().filter_map(Value::as_object_mut) {
                node.insert("CacheNodeStatus", "available");
            }
        }
    });
}

fn list(call: &Call, world: &mut World) -> Answer {
    let only = match call.text("CacheClusterId") {
        Some(_) => Some(named(call, world)?.0),
        None => None,
    };
    let alone = call.flag("ShowCacheClustersNotInReplicationGroups");
    let keep = |id: &str, one: &Resource| {
        only.as_deref().is_none_or(|only| only == id)
            && !(alone && one.fact("ReplicationGroupId").is_some())
    };
    let nodes = call.flag("ShowCacheNodeInfo");
    let show = |_: &str, _: &Resource, mut description: Object| {
        if !nodes {
            description.remove("CacheNodes");
        }
        description.into()
    };
    PAGES
        .list((call, world), (&CLUSTER, "CacheClusters"), keep, show)
        .map(|output| call.fit(output))
}

fn idle(found: &Resource, id: &str) -> Result<(), Failure> {
    if found.fact("CacheClusterStatus") == Some("available") {
        return Ok(());
    }
    Err(Failure::new(
        "InvalidCacheClusterState",
        format!("Cache cluster {id} is not in available state."),
    ))
}

/// Adds and removes nodes until there are as many as there should be.
fn resize(facts: &mut Object, now: Timestamp) {
    let wanted = facts.get("NumCacheNodes").and_then(Value::as_i64).unwrap_or(1);
    let gone = facts.list("CacheNodeIdsToRemove").to_vec();
    facts.remove("CacheNodeIdsToRemove");
    let Some(Value::List(nodes)) = facts.get_mut("CacheNodes") else { return };
    nodes.retain(|node| node.get("CacheNodeId").is_none_or(|id| !gone.contains(id)));
    let Some(first) = nodes.first().and_then(Value::as_object).cloned() else { return };
    let own = first.text("CacheNodeId").to_owned();
    let address = first.get("Endpoint").and_then(|e| e.get("Address")).and_then(Value::as_str);
    let port = first.get("Endpoint").and_then(|e| e.get("Port")).cloned().unwrap_or_default();
    let address = address.unwrap_or_default().to_owned();
    for number in 1_i64.. {
        if nodes.len() >= usize::try_from(wanted).unwrap_or(1) {
            break;
        }
        let id = format!("{number:04}");
        if nodes.iter().any(|node| node.get("CacheNodeId").and_then(Value::as_str) == Some(&id)) {
            continue;
        }
        let mut node = first.clone();
        let host = address.replace(&format!(".{own}."), &format!(".{id}."));
        node.insert("Endpoint", value!({"Address": (host), "Port": (port.clone())}));
        node.insert("CacheNodeId", id);
        node.insert("CacheNodeCreateTime", now);
        nodes.push(node.into());
    }
}

/// Which nodes go when a cluster is to have fewer.
fn removed(call: &Call, found: &Resource) -> Result<Option<Value>, Failure> {
    let has = found.value("NumCacheNodes").and_then(Value::as_i64).unwrap_or(1);
    let fewer = call.integer("NumCacheNodes").map_or(0, |wanted| has - wanted);
    let named = call.list("CacheNodeIdsToRemove");
    if i64::try_from(named.len()).unwrap_or(0) != fewer.max(0) {
        let message = "CacheNodeIdsToRemove must name as many nodes as NumCacheNodes takes away.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    Ok((fewer > 0).then(|| Value::List(named.to_vec())))
}

fn modify(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    idle(found, &id)?;
    let engine = found.fact("Engine").unwrap_or_default().to_owned();
    let mut pending = Object::new();
    if let Some(wanted) = call.text("EngineVersion") {
        pending.insert("EngineVersion", version(call, &engine, Some(wanted))?.0);
    }
    if let Some(nodes) = removed(call, found)? {
        pending.insert("CacheNodeIdsToRemove", nodes);
    }
    pending.extend(call.given(["CacheNodeType", "NumCacheNodes"]));
    let place = call.place(&CLUSTER);
    let waits = !pending.is_empty();
    world.change(&place, &id, |facts| {
        facts.extend(call.given([
            "PreferredMaintenanceWindow",
            "AutoMinorVersionUpgrade",
            "SnapshotRetentionLimit",
            "SnapshotWindow",
        ]));
        facts.insert("PendingModifiedValues", pending);
    });
    if waits && call.flag("ApplyImmediately") {
        LIFE.enter(world, &place, &id, ("modifying", 300));
    } else if waits {
        let text = "sun:05:00-sun:06:00";
        let window = call
            .resource(world, &CLUSTER, &id)
            .and_then(|one| one.fact("PreferredMaintenanceWindow"))
            .unwrap_or(text);
        let due = crate::services::rds::next_maintenance(window, call.now);
        world.schedule(due, Task::new("elasticache:cluster-available", &place, &id));
    }
    snapshot::OF_CLUSTERS.watch(call, world);
    answer(call, world, &id)
}

fn reboot(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    idle(found, &id)?;
    LIFE.enter(world, &call.place(&CLUSTER), &id, ("rebooting cluster nodes", 60));
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("ReplicationGroupId").is_some() {
        let message =
            "The cluster is part of a replication group; delete it with the replication group.";
        return Err(Failure::new("InvalidCacheClusterState", message));
    }
    let place = call.place(&CLUSTER);
    if let Some(name) = call.text("FinalSnapshotIdentifier") {
        snapshot::take(world, &place, &id, (name, "manual"))?;
    }
    LIFE.enter(world, &place, &id, DELETING);
    answer(call, world, &id)
}

fn versions(call: &Call, _: &mut World) -> Answer {
    unsupported(call, &UNSUPPORTED)?;
    let (engine, wanted, family) =
        (call.text("Engine"), call.text("EngineVersion"), call.text("CacheParameterGroupFamily"));
    let shown = ENGINES.iter().filter(|(known, version, of)| {
        engine.is_none_or(|engine| engine == *known)
            && wanted.is_none_or(|wanted| version.starts_with(wanted))
            && family.is_none_or(|family| family == *of)
    });
    let shown = shown.map(|(engine, version, family)| {
        value!({
            "Engine": (*engine), "EngineVersion": (*version), "CacheParameterGroupFamily": (*family),
            "CacheEngineDescription": (*engine), "CacheEngineVersionDescription": (format!("{engine} version {version}")),
        })
    });
    Ok(value!({"CacheEngineVersions": (shown.collect::<Value>())}))
}

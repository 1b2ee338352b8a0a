//! Replication groups: a primary and its replicas, and failover between them.

use reeve_model::{Object, Value};

use super::{
    PAGES,
    cluster::{self, CLUSTER},
    snapshot,
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    digest::hex_digest,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::{Action, Lifecycle},
    services::Part,
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&REPLICATION_GROUP],
    operations: &[
        ("CreateReplicationGroup", Action::Own(create)),
        ("DescribeReplicationGroups", Action::Own(list)),
        ("ModifyReplicationGroup", Action::Own(modify)),
        ("IncreaseReplicaCount", Action::Own(increase)),
        ("DecreaseReplicaCount", Action::Own(decrease)),
        ("TestFailover", Action::Own(fail_over)),
        ("DeleteReplicationGroup", Action::Own(delete)),
    ],
    tasks: &[
        ("elasticache:group-available", |world, task| LIFE.pass(world, task)),
        ("elasticache:group-gone", |world, task| LIFE.pass(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "Status",
    passing: &[
        ("creating", "elasticache:group-available", Some("available")),
        ("modifying", "elasticache:group-available", Some("available")),
        ("snapshotting", "elasticache:group-available", Some("available")),
        ("deleting", "elasticache:group-gone", None),
    ],
    then: settled,
};

/// `AWS::ElastiCache::ReplicationGroup`.
pub(crate) static REPLICATION_GROUP: Definition = Definition {
    resource_type: "AWS::ElastiCache::ReplicationGroup",
    tagging_type: "elasticache:replicationgroup",
    arn: "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{id}",
    identity: &[("ReplicationGroupId", Identity::Id), ("ARN", Identity::Arn)],
    missing: Missing::new("ReplicationGroupNotFoundFault", "ReplicationGroup {id} not found.")
        .with_status(404),
    ..Definition::OF
};

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let id = call.required("ReplicationGroupId")?.to_lowercase();
    let found = call.find(world, &REPLICATION_GROUP, &id)?;
    Ok((id, found))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&REPLICATION_GROUP, "ReplicationGroup"), id)
}

fn create(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    unsupported(call, &["PrimaryClusterId", "GlobalReplicationGroupId", "SnapshotName"])?;
    let id = call.required("ReplicationGroupId")?.to_lowercase();
    if call.resource(world, &REPLICATION_GROUP, &id).is_some() {
        return Err(Failure::new(
            "ReplicationGroupAlreadyExists",
            "Replication group already exists",
        ));
    }
    if call.integer("NumNodeGroups").unwrap_or(1) != 1 {
        return Err(call.invalid("Only one node group is supported here"));
    }
    let engine = call.text("Engine").unwrap_or("redis");
    let (version, family) = cluster::version(call, engine, call.text("EngineVersion"))?;
    let members = call
        .integer("NumCacheClusters")
        .or_else(|| call.integer("ReplicasPerNodeGroup").map(|n| n + 1))
        .unwrap_or(1);
    let automatic = call.flag("AutomaticFailoverEnabled");
    if automatic && members < 2 {
        return Err(call.invalid("Automatic failover requires at least one replica."));
    }
    let host = hex_digest(&format!("{}/{}/cache", call.account(), call.region), 6);
    let endpoint = |kind: &str| value!({"Address": (format!("{kind}.{id}.{host}.{}.cache.amazonaws.com", call.region)), "Port": (call.integer("Port").unwrap_or(6379))});
    let names: Vec<String> = (1..=members).map(|number| format!("{id}-{number:03}")).collect();
    let on = |flag: bool| if flag { "enabled" } else { "disabled" };
    let described = object! {
        "Description": (call.text("ReplicationGroupDescription").unwrap_or_default()),
        "Status": "creating",
        "PendingModifiedValues": {},
        "MemberClusters": (names.iter().map(Value::from).collect::<Value>()),
        "NodeGroups": [{
            "NodeGroupId": "0001", "Status": "creating",
            "PrimaryEndpoint": (endpoint("master")), "ReaderEndpoint": (endpoint("replica")),
            "NodeGroupMembers": (node_members(call, &names)),
        }],
        "AutomaticFailover": (on(automatic)),
        "MultiAZ": (on(call.flag("MultiAZEnabled"))),
        "SnapshotRetentionLimit": (call.integer("SnapshotRetentionLimit").unwrap_or(0)),
        "SnapshotWindow": (call.text("SnapshotWindow").unwrap_or("03:00-04:00")),
        "ClusterEnabled": false,
        "ClusterMode": "disabled",
        "CacheNodeType": (call.text("CacheNodeType").unwrap_or("cache.t4g.small")),
        "AuthTokenEnabled": (call.text("AuthToken").is_some()),
        "TransitEncryptionEnabled": (call.flag("TransitEncryptionEnabled")),
        "AtRestEncryptionEnabled": (call.flag("AtRestEncryptionEnabled")),
        "AutoMinorVersionUpgrade": (call.input.get("AutoMinorVersionUpgrade").and_then(Value::as_bool).unwrap_or(true)),
        "ReplicationGroupCreateTime": (call.now),
        "Engine": (engine),
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
    };
    let mut described = described;
    described.extend(call.given_texts(["KmsKeyId"]));
    let tags = cluster::tags(call)?;
    for name in &names {
        let mut member = cluster::described(call, (engine, version, family));
        member.insert("ReplicationGroupId", id.as_str());
        member.insert("NumCacheNodes", 1_i64);
        cluster::begin(call, world, name, (member, tags.clone()));
    }
    let place = call.place(&REPLICATION_GROUP);
    world.put(place.clone(), id.as_str(), Resource::new(facts(described), tags.into()));
    LIFE.enter(world, &place, &id, ("creating", 420));
    snapshot::OF_GROUPS.watch(call, world);
    answer(call, world, &id)
}

fn node_members(call: &Call, names: &[String]) -> Value {
    names
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let zone = ["a", "b", "c"].get(place % 3).copied().unwrap_or("a");
            value!({
                "CacheClusterId": (name.as_str()), "CacheNodeId": "0001",
                "PreferredAvailabilityZone": (format!("{}{zone}", call.region)),
                "CurrentRole": (if place == 0 { "primary" } else { "replica" }),
            })
        })
        .collect()
}

/// What was to change is as it should be.
fn settled(world: &mut World, task: &Task, was: &Resource) {
    if was.fact("Status") == Some("deleting") {
        return snapshot::OF_GROUPS.gone(world, &task.place, &task.id);
    }
    world.change(&task.place, &task.id, |facts| {
        let pending = facts
            .get("PendingModifiedValues")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if pending.get("AutomaticFailoverStatus").is_some() {
            facts.insert(
                "AutomaticFailover",
                pending.get("AutomaticFailoverStatus").cloned().unwrap_or_default(),
            );
        }
        facts.insert("PendingModifiedValues", Object::new());
        if let Some(Value::List(groups)) = facts.get_mut("NodeGroups") {
            for group in groups.iter_mut().filter_map(Value::as_object_mut) {
                group.insert("Status", "available");
            }
        }
    });
}

fn list(call: &Call, world: &mut World) -> Answer {
    let only = match call.text("ReplicationGroupId") {
        Some(_) => Some(named(call, world)?.0),
        None => None,
    };
    let keep = |id: &str, _: &Resource| only.as_deref().is_none_or(|only| only == id);
    PAGES
        .list((call, world), (&REPLICATION_GROUP, "ReplicationGroups"), keep, plain)
        .map(|output| call.fit(output))
}

fn idle(found: &Resource, id: &str) -> Result<(), Failure> {
    if found.fact("Status") == Some("available") {
        return Ok(());
    }
    let message = format!("Replication group {id} is not in available state.");
    Err(Failure::new("InvalidReplicationGroupState", message))
}

fn modify(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["UserGroupIdsToAdd", "UserGroupIdsToRemove"])?;
    unsupported(call, &cluster::UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    idle(found, &id)?;
    for member in ["PrimaryClusterId", "SnapshottingClusterId", "AuthToken"] {
        if call.text(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let members = found.list("MemberClusters").to_vec();
    let engine = found.fact("Engine").unwrap_or("redis").to_owned();
    let version = match call.text("EngineVersion") {
        Some(wanted) => Some(cluster::version(call, &engine, Some(wanted))?.0),
        None => None,
    };
    let place = call.place(&REPLICATION_GROUP);
    world.change(&place, &id, |facts| {
        for (member, name) in [
            ("ReplicationGroupDescription", "Description"),
            ("SnapshotRetentionLimit", "SnapshotRetentionLimit"),
            ("SnapshotWindow", "SnapshotWindow"),
            ("AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade"),
            ("CacheNodeType", "CacheNodeType"),
        ] {
            if let Some(value) = call.input.get(member) {
                facts.insert(name, value.clone());
            }
        }
        for (member, name) in
            [("AutomaticFailoverEnabled", "AutomaticFailover"), ("MultiAZEnabled", "MultiAZ")]
        {
            if let Some(flag) = call.input.get(member).and_then(Value::as_bool) {
                facts.insert(name, if flag { "enabled" } else { "disabled" });
            }
        }
    });
    let clusters = place.beside(&CLUSTER);
    for member in members.iter().filter_map(Value::as_str) {
        world.change(&clusters, member, |facts| {
            let mut pending = Object::new();
            if let Some(version) = version {
                pending.insert("EngineVersion", version);
            }
            pending.extend(call.given_texts(["CacheNodeType"]));
            facts.insert("PendingModifiedValues", pending);
        });
        if version.is_some() || call.text("CacheNodeType").is_some() {
            cluster::LIFE.enter(world, &clusters, member, ("modifying", 300));
        }
    }
    let seconds = if version.is_some() || call.text("CacheNodeType").is_some() { 420 } else { 20 };
    LIFE.enter(world, &place, &id, ("modifying", seconds));
    snapshot::OF_GROUPS.watch(call, world);
    answer(call, world, &id)
}

/// Gives a group so many members.
fn resize(call: &Call, world: &mut World, wanted: usize) -> Answer {
    let (id, found) = named(call, world)?;
    idle(found, &id)?;
    let members: Vec<String> =
        found.list("MemberClusters").iter().filter_map(|m| m.as_str().map(str::to_owned)).collect();
    let place = call.place(&REPLICATION_GROUP);
    let clusters = place.beside(&CLUSTER);
    let template = members
        .first()
        .and_then(|first| world.get(&clusters, first))
        .map(|one| Object::clone(&one.facts))
        .unwrap_or_default();
    let names: Vec<String> = (1..=wanted).map(|number| format!("{id}-{number:03}")).collect();
    for gone in members.iter().filter(|member| !names.contains(member)) {
        cluster::LIFE.enter(world, &clusters, gone, cluster::DELETING);
    }
    for new in names.iter().filter(|name| !members.contains(name)) {
        let mut member = template.clone();
        member.insert("CacheClusterStatus", "creating");
        cluster::begin(call, world, new, (member, reeve_types::Tags::new()));
    }
    let shown = node_members(call, &names);
    world.change(&place, &id, |facts| {
        facts.insert("MemberClusters", names.iter().map(Value::from).collect::<Value>());
        if let Some(Value::List(groups)) = facts.get_mut("NodeGroups")
            && let Some(first) = groups.first_mut().and_then(Value::as_object_mut)
        {
            first.insert("NodeGroupMembers", shown);
        }
    });
    LIFE.enter(world, &place, &id, ("modifying", 420));
    answer(call, world, &id)
}

fn increase(call: &Call, world: &mut World) -> Answer {
    count(call, world, true)
}

fn decrease(call: &Call, world: &mut World) -> Answer {
    count(call, world, false)
}

fn count(call: &Call, world: &mut World, grows: bool) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    let (_, found) = named(call, world)?;
    let has = found.value("MemberClusters").map_or(0, |members| members.as_list().len());
    let wanted = call.integer("NewReplicaCount").and_then(|count| usize::try_from(count).ok());
    let wanted = wanted.ok_or_else(|| call.invalid("NewReplicaCount must be given"))? + 1;
    let fits = if grows { wanted > has && wanted <= 6 } else { wanted < has && wanted >= 1 };
    if !fits {
        return Err(call.invalid("NewReplicaCount does not fit the present number of replicas."));
    }
    resize(call, world, wanted)
}

fn fail_over(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    idle(found, &id)?;
    if found.fact("AutomaticFailover") != Some("enabled") {
        let message = "Automatic failover is not enabled for the replication group.";
        return Err(Failure::new("InvalidReplicationGroupState", message));
    }
    let group = call.required("NodeGroupId")?;
    if group != "0001" {
        return Err(Failure::new(
            "NodeGroupNotFoundFault",
            format!("NodeGroup {group} not found."),
        )
        .with_status(404));
    }
    let place = call.place(&REPLICATION_GROUP);
    world.change(&place, &id, |facts| {
        let Some(Value::List(groups)) = facts.get_mut("NodeGroups") else { return };
        let Some(first) = groups.first_mut().and_then(Value::as_object_mut) else { return };
        let Some(Value::List(members)) = first.get_mut("NodeGroupMembers") else { return };
        let old = members.iter().position(|one| one.text("CurrentRole") == "primary");
        let next = members.iter().position(|one| one.text("CurrentRole") == "replica");
        for (place, role) in [(old, "replica"), (next, "primary")] {
            if let Some(one) =
                place.and_then(|place| members.get_mut(place)).and_then(Value::as_object_mut)
            {
                one.insert("CurrentRole", role);
            }
        }
    });
    LIFE.enter(world, &place, &id, ("modifying", 90));
    answer(call, world, &id)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if call.flag("RetainPrimaryCluster") {
        return Err(call.invalid("RetainPrimaryCluster is not supported here"));
    }
    let members: Vec<String> =
        found.list("MemberClusters").iter().filter_map(|m| m.as_str().map(str::to_owned)).collect();
    let place = call.place(&REPLICATION_GROUP);
    if let Some(name) = call.text("FinalSnapshotIdentifier") {
        snapshot::take(world, &place, &id, (name, "manual"))?;
    }
    let clusters = place.beside(&CLUSTER);
    for member in members {
        cluster::LIFE.enter(world, &clusters, &member, cluster::DELETING);
    }
    LIFE.enter(world, &place, &id, ("deleting", 180));
    answer(call, world, &id)
}

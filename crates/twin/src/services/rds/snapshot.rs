//! Snapshots of instances and clusters: taken, shared, copied, restored, deleted.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{DATABASE_CLUSTER, DATABASE_INSTANCE, PAGES, daily, event, given, instance};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind, Missing, TagForm, describe},
    page::plain,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SNAPSHOT, &CLUSTER_SNAPSHOT],
    operations: &[
        ("CreateDBSnapshot", Action::Own(create)),
        ("DescribeDBSnapshots", Action::Own(list)),
        ("DeleteDBSnapshot", Action::Own(delete)),
        ("CopyDBSnapshot", Action::Own(copy)),
        ("DescribeDBSnapshotAttributes", Action::Own(attributes)),
        ("ModifyDBSnapshotAttribute", Action::Own(modify_attribute)),
        ("CreateDBClusterSnapshot", Action::Own(create)),
        ("DescribeDBClusterSnapshots", Action::Own(list)),
        ("DeleteDBClusterSnapshot", Action::Own(delete)),
        ("CopyDBClusterSnapshot", Action::Own(copy)),
        ("DescribeDBClusterSnapshotAttributes", Action::Own(attributes)),
        ("ModifyDBClusterSnapshotAttribute", Action::Own(modify_attribute)),
    ],
    tasks: &[("rds:snapshot-available", available)],
};

/// `AWS::RDS::DBSnapshot`.
pub(crate) static SNAPSHOT: Definition = Definition {
    resource_type: "AWS::RDS::DBSnapshot",
    tagging_type: "rds:snapshot",
    arn: "arn:{partition}:rds:{region}:{account}:snapshot:{id}",
    identity: &[("DBSnapshotIdentifier", Identity::Id), ("DBSnapshotArn", Identity::Arn)],
    tags: TagForm::List("TagList"),
    missing: Missing::new("DBSnapshotNotFound", "DBSnapshot {id} not found.").with_status(404),
    ..Definition::OF
};

/// `AWS::RDS::DBClusterSnapshot`.
pub(crate) static CLUSTER_SNAPSHOT: Definition = Definition {
    resource_type: "AWS::RDS::DBClusterSnapshot",
    tagging_type: "rds:cluster-snapshot",
    arn: "arn:{partition}:rds:{region}:{account}:cluster-snapshot:{id}",
    identity: &[
        ("DBClusterSnapshotIdentifier", Identity::Id),
        ("DBClusterSnapshotArn", Identity::Arn),
    ],
    tags: TagForm::List("TagList"),
    missing: Missing::new("DBClusterSnapshotNotFoundFault", "DBClusterSnapshot {id} not found.")
        .with_status(404),
    ..Definition::OF
};

/// How the calls about one kind of snapshot name things.
struct Names {
    kind: Kind,
    id: &'static str,
    source: &'static str,
    source_kind: Kind,
    wrap: &'static str,
    list: &'static str,
    exists: &'static str,
    invalid: &'static str,
}

static OF_INSTANCES: Names = Names {
    kind: &SNAPSHOT,
    id: "DBSnapshotIdentifier",
    source: "DBInstanceIdentifier",
    source_kind: &DATABASE_INSTANCE,
    wrap: "DBSnapshot",
    list: "DBSnapshots",
    exists: "DBSnapshotAlreadyExists",
    invalid: "InvalidDBSnapshotState",
};

static OF_CLUSTERS: Names = Names {
    kind: &CLUSTER_SNAPSHOT,
    id: "DBClusterSnapshotIdentifier",
    source: "DBClusterIdentifier",
    source_kind: &DATABASE_CLUSTER,
    wrap: "DBClusterSnapshot",
    list: "DBClusterSnapshots",
    exists: "DBClusterSnapshotAlreadyExistsFault",
    invalid: "InvalidDBClusterSnapshotStateFault",
};

fn names(call: &Call) -> &'static Names {
    if call.operation.contains("DBCluster") { &OF_CLUSTERS } else { &OF_INSTANCES }
}

fn names_of(source: Kind) -> &'static Names {
    if source == &DATABASE_CLUSTER { &OF_CLUSTERS } else { &OF_INSTANCES }
}

/// A snapshot to be taken.
pub(super) struct Take<'t> {
    pub(super) name: &'t str,
    pub(super) kind: &'t str,
    pub(super) tags: Tags,
}

/// Takes a snapshot of an instance or a cluster.
pub(super) fn take(
    world: &mut World,
    place: &Place,
    source: &str,
    take: &Take<'_>,
) -> Result<(), Failure> {
    let names = names_of(place.kind);
    let name = take.name.to_lowercase();
    let place_of = place.beside(names.kind);
    if world.get(&place_of, &name).is_some() {
        let message = format!(
            "Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        );
        return Err(Failure::new(names.exists, message));
    }
    let Some(found) = world.get(place, source).cloned() else {
        return Err(super::missing(place.kind, source));
    };
    let described = description(world.now(), names, source, (&found, take.kind));
    let now = world.now();
    let mut tags = take.tags.clone();
    if found.flag("CopyTagsToSnapshot") {
        let own = found.tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
        tags.extend(own.map(|(key, value)| (key.clone(), value.clone())));
    }
    let mut inside = Object::new();
    inside.insert("Source", Object::clone(&found.facts));
    world.put(
        place_of.clone(),
        name.as_str(),
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    let gib = found.value("AllocatedStorage").and_then(Value::as_i64).unwrap_or(20);
    let due = later(now, 60 + (gib / 10).min(1800) + world.random_between(0, 30));
    world.schedule(due, Task::new("rds:snapshot-available", &place_of, &name));
    if take.kind == "manual" {
        let said = if names.kind == &SNAPSHOT {
            ("RDS-EVENT-0040", "creation", "Creating manual snapshot")
        } else {
            ("RDS-EVENT-0074", "backup", "Creating manual cluster snapshot.")
        };
        event::say(world, &place_of, &name, said);
    }
    Ok(())
}

/// What a snapshot keeps of its source.
const SAME: [&str; 17] = [
    "Engine",
    "EngineVersion",
    "EngineMode",
    "AllocatedStorage",
    "AvailabilityZone",
    "AvailabilityZones",
    "LicenseModel",
    "MasterUsername",
    "Iops",
    "StorageType",
    "StorageThroughput",
    "IAMDatabaseAuthenticationEnabled",
    "KmsKeyId",
    "DbiResourceId",
    "DbClusterResourceId",
    "Port",
    "VpcId",
];

/// A new snapshot of a source, which is of this type.
fn description(
    now: Timestamp,
    names: &Names,
    source: &str,
    (found, kind): (&Resource, &str),
) -> Object {
    let mut described = Object::new();
    described.extend(found.facts.pick(SAME));
    described.insert(names.source, source);
    described.insert("Status", "creating");
    described.insert("SnapshotType", kind);
    described.insert("PercentProgress", 0_i64);
    described.insert("SnapshotCreateTime", now);
    described.insert("OriginalSnapshotCreateTime", now);
    let encrypted = found.facts.get("StorageEncrypted").cloned().unwrap_or(Value::Bool(false));
    let member = if names.kind == &SNAPSHOT { "Encrypted" } else { "StorageEncrypted" };
    described.insert(member, encrypted);
    let created = found
        .facts
        .get("InstanceCreateTime")
        .or_else(|| found.facts.get("ClusterCreateTime"))
        .cloned();
    let member = if names.kind == &SNAPSHOT { "InstanceCreateTime" } else { "ClusterCreateTime" };
    described.insert(member, created.unwrap_or_else(|| Value::from(now)));
    if let Some(port) = found.value("Endpoint.Port").or_else(|| found.facts.get("Port")) {
        described.insert("Port", port.clone());
    }
    described
}

fn available(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if world.get(place, id).and_then(|r| r.fact("Status")) != Some("creating") {
        return;
    }
    world.change(place, id, |facts| {
        facts.insert("Status", "available");
        facts.insert("PercentProgress", 100_i64);
    });
    let kind =
        world.get(place, id).and_then(|r| r.fact("SnapshotType")).unwrap_or_default().to_owned();
    let said = match (place.kind == &SNAPSHOT, kind == "automated") {
        (true, true) => ("RDS-EVENT-0091", "creation", "Automated snapshot created"),
        (true, false) => ("RDS-EVENT-0042", "creation", "Manual snapshot created"),
        (false, true) => ("RDS-EVENT-0169", "backup", "Automated cluster snapshot created."),
        (false, false) => ("RDS-EVENT-0075", "backup", "Manual cluster snapshot created."),
    };
    event::say(world, place, id, said);
}

/// Takes away the automated snapshots of an instance or cluster, or those from before a time.
pub(super) fn remove_automated(
    world: &mut World,
    place: &Place,
    source: &str,
    before: Option<Timestamp>,
) {
    let names = names_of(place.kind);
    let place_of = place.beside(names.kind);
    let old: Vec<String> = world
        .shelf(&place_of)
        .iter()
        .filter(|(_, one)| {
            one.fact("SnapshotType") == Some("automated") && one.fact(names.source) == Some(source)
        })
        .filter(|(_, one)| {
            let made = one.value("SnapshotCreateTime").and_then(Value::as_timestamp);
            before.is_none_or(|before| made.is_some_and(|made| made <= before))
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in old {
        world.remove(&place_of, &id);
    }
}

fn named<'w>(
    call: &Call,
    world: &'w World,
    member: &str,
) -> Result<(String, &'w Resource), Failure> {
    let kind = names(call).kind;
    let id = call.id_of(kind, call.required(member)?).to_lowercase();
    let found = call.find(world, kind, &id)?;
    Ok((id, found))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    let names = names(call);
    let found = call.find(world, names.kind, id)?;
    let shown = describe(names.kind, (call.account(), &call.region), id, found);
    Ok(call.fit(Value::from_iter([(names.wrap, shown)])))
}

fn create(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let names = names(call);
    let source = call.id_of(names.source_kind, call.required(names.source)?).to_lowercase();
    let found = call.resource(world, names.source_kind, &source);
    let found = found.ok_or_else(|| super::missing(names.source_kind, &source))?;
    let status = found.fact("DBInstanceStatus").or_else(|| found.fact("Status"));
    if !matches!(status, Some("available" | "stopped" | "storage-full" | "storage-optimization")) {
        return Err(if names.kind == &SNAPSHOT {
            instance::wrong_state(&source)
        } else {
            let message = format!("DBCluster {source} is not in available state.");
            Failure::new("InvalidDBClusterStateFault", message)
        });
    }
    let name = call.required(names.id)?;
    let by_service = call.caller.invoked_by.is_some();
    if !by_service && (name.contains(':') || !name.starts_with(|c: char| c.is_ascii_alphabetic())) {
        return Err(call.invalid(format!("The parameter {} is not a valid identifier.", names.id)));
    }
    let kind = if by_service { "awsbackup" } else { "manual" };
    let take_of = Take { name, kind, tags: instance::tags(call)? };
    take(world, &call.place(names.source_kind), &source, &take_of)?;
    answer(call, world, &name.to_lowercase())
}

fn list(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    daily::watch(call, world);
    let names = names(call);
    if call.text(names.id).is_some() {
        let (id, found) = named(call, world, names.id)?;
        let shown = describe(names.kind, (call.account(), &call.region), &id, found);
        return Ok(call.fit(Value::from_iter([(names.list, Value::List(vec![shown.into()]))])));
    }
    let source = call.text(names.source).map(|id| call.id_of(names.source_kind, id).to_lowercase());
    for filter in call.list("Filters") {
        let name = filter.text("Name");
        if ![
            "db-instance-id",
            "db-cluster-id",
            "db-snapshot-id",
            "db-cluster-snapshot-id",
            "snapshot-type",
            "engine",
            "dbi-resource-id",
        ]
        .contains(&name)
        {
            return Err(call.invalid(format!("Unrecognized filter name: {name}")));
        }
    }
    let fits = |id: &str, one: &Resource| {
        call.list("Filters").iter().all(|filter| {
            let found = match filter.text("Name") {
                "db-snapshot-id" | "db-cluster-snapshot-id" => Some(id),
                "snapshot-type" => one.fact("SnapshotType"),
                "engine" => one.fact("Engine"),
                "dbi-resource-id" => one.fact("DbiResourceId"),
                _ => one.fact(names.source),
            };
            filter.list("Values").iter().any(|value| value.as_str() == found)
        })
    };
    let keep = |id: &str, one: &Resource| {
        source.as_deref().is_none_or(|source| one.fact(names.source) == Some(source))
            && call.text("SnapshotType").is_none_or(|kind| one.fact("SnapshotType") == Some(kind))
            && call
                .text("DbiResourceId")
                .is_none_or(|resource| one.fact("DbiResourceId") == Some(resource))
            && fits(id, one)
    };
    PAGES.list((call, world), (names.kind, names.list), keep, plain).map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let names = names(call);
    let (id, found) = named(call, world, names.id)?;
    if found.fact("SnapshotType") == Some("automated") {
        let message = format!("Only manual snapshots may be deleted: {id}");
        return Err(Failure::new(names.invalid, message));
    }
    if found.fact("SnapshotType") == Some("awsbackup") && call.caller.invoked_by.is_none() {
        let message = "Snapshots managed by AWS Backup can only be deleted in AWS Backup.";
        return Err(Failure::new(names.invalid, message));
    }
    let mut output = answer(call, world, &id)?;
    if let Some(shown) =
        output.as_object_mut().and_then(|o| o.get_mut(names.wrap)).and_then(Value::as_object_mut)
    {
        shown.insert("Status", "deleted");
    }
    let place = call.place(names.kind);
    event::say(world, &place, &id, ("RDS-EVENT-0041", "deletion", "Deleted user snapshot"));
    world.remove(&place, &id);
    Ok(output)
}

fn copy(call: &Call, world: &mut World) -> Answer {
    given::check(call)?;
    let names = names(call);
    let (source, target) = (format!("Source{}", names.id), format!("Target{}", names.id));
    let (from, found) = named(call, world, &source)?;
    let mut copied = found.clone();
    if found.fact("Status") != Some("available") {
        return Err(Failure::new(names.invalid, format!("Snapshot {from} is not available.")));
    }
    let name = call.required(&target)?.to_lowercase();
    let place = call.place(names.kind);
    if world.get(&place, &name).is_some() {
        return Err(Failure::new(names.exists, format!("Snapshot {name} already exists.")));
    }
    let arn = call.arn_of(names.kind, &from);
    let described = copied.facts_mut();
    described.insert("SnapshotType", "manual");
    described.insert("Status", "creating");
    described.insert("PercentProgress", 0_i64);
    described.insert("SnapshotCreateTime", call.now);
    described.insert(format!("Source{}Arn", names.wrap).as_str(), arn);
    if let Some(key) = call.text("KmsKeyId") {
        described.insert("KmsKeyId", key);
        described
            .insert(if names.kind == &SNAPSHOT { "Encrypted" } else { "StorageEncrypted" }, true);
    }
    let mut tags = if call.flag("CopyTags") { Tags::clone(&copied.tags) } else { Tags::new() };
    tags.retain(|key, _| !key.starts_with("aws:"));
    tags.extend(instance::tags(call)?);
    copied.set_tags(tags);
    world.put(place.clone(), name.as_str(), copied);
    world.schedule(later(call.now, 180), Task::new("rds:snapshot-available", &place, &name));
    answer(call, world, &name)
}

fn attributes(call: &Call, world: &mut World) -> Answer {
    let names = names(call);
    let (id, found) = named(call, world, names.id)?;
    let shared = found.inside.list("Shared").to_vec();
    let (wrap, list) = if names.kind == &SNAPSHOT {
        ("DBSnapshotAttributesResult", "DBSnapshotAttributes")
    } else {
        ("DBClusterSnapshotAttributesResult", "DBClusterSnapshotAttributes")
    };
    let mut result = Object::from_iter([(names.id, Value::from(id))]);
    result.insert(list, value!([{"AttributeName": "restore", "AttributeValues": (shared)}]));
    Ok(Value::from_iter([(wrap, result)]))
}

fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    let names = names(call);
    let (id, found) = named(call, world, names.id)?;
    if call.required("AttributeName")? != "restore" {
        return Err(call.invalid("Invalid attribute name"));
    }
    if found.fact("SnapshotType") == Some("automated") {
        return Err(Failure::new(names.invalid, "Automated snapshots cannot be shared."));
    }
    let mut shared = found.inside.list("Shared").to_vec();
    shared.retain(|one| !call.list("ValuesToRemove").contains(one));
    for value in call.list("ValuesToAdd") {
        if !shared.contains(value) {
            shared.push(value.clone());
        }
    }
    world.set_inside(&call.place(names.kind), &id, "Shared", Value::List(shared));
    attributes(call, world)
}

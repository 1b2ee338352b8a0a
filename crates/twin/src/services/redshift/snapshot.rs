//! Snapshots of clusters.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{CLUSTER, PAGES, cluster};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    kind::{Definition, Identity, TagForm},
    page::plain,
    recipe::{Action, Lifecycle},
    services::{
        Part,
        automated::{self, Automated},
    },
    store::{Place, Resource, facts},
    tagging,
    task::{Task, later},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SNAPSHOT],
    operations: &[
        ("CreateClusterSnapshot", Action::Own(create)),
        ("DescribeClusterSnapshots", Action::Own(list)),
        ("DeleteClusterSnapshot", Action::Own(delete)),
        ("ModifyClusterSnapshot", Action::Own(modify)),
        ("RestoreFromClusterSnapshot", Action::Own(restore)),
    ],
    tasks: &[
        ("redshift:snapshot-available", |world, task| LIFE.pass(world, task)),
        ("redshift:snapshot-expired", expired),
        (AUTOMATED.task, |world, task| AUTOMATED.turn(world, task)),
    ],
};

static LIFE: Lifecycle = Lifecycle {
    member: "Status",
    passing: &[("creating", "redshift:snapshot-available", Some("available"))],
    ..Lifecycle::OF
};

const EIGHT_HOURS: i64 = 8 * 3600;

/// The snapshots that are taken every eight hours.
pub(super) static AUTOMATED: Automated = Automated {
    kind: &CLUSTER,
    task: "redshift:automated-snapshot",
    plan: |_| "rate(8 hours)".to_owned(),
    next: |_, after| Some(later(after, EIGHT_HOURS)),
    days: |one| one.value("AutomatedSnapshotRetentionPeriod").and_then(Value::as_i64).unwrap_or(0),
    is_ready: |one| one.fact("ClusterStatus") == Some("available"),
    back_up: |world, place, id| {
        let name = format!("rs:{id}-{}", world.now().strftime("%Y-%m-%d-%H-%M-%S"));
        // There is at most one a second.
        let _ = take(world, place, id, (&name, "automated"), Tags::new());
    },
    forget: |world, place, id, before| {
        let snapshots = Place { kind: &SNAPSHOT, ..place.clone() };
        let is_one = |snapshot: &str, one: &Resource| {
            one.fact("SnapshotType") == Some("automated") && snapshot.split('/').next() == Some(id)
        };
        for old in automated::older(world, &snapshots, ("SnapshotCreateTime", before), is_one) {
            world.remove(&snapshots, &old);
        }
    },
};

/// Has a manual snapshot removed when it has been kept for as long as it says.
fn keep_for(world: &mut World, place: &Place, id: &str, days: i64) {
    world.change(place, id, |facts| {
        facts.insert("ManualSnapshotRetentionPeriod", days);
    });
    if let (Some(made), true) = (made(world, place, id), days > 0) {
        let due = later(made, days * 86_400).max(world.now());
        world.schedule(due, Task::new("redshift:snapshot-expired", place, id));
    }
}

fn made(world: &World, place: &Place, id: &str) -> Option<jiff::Timestamp> {
    world.get(place, id)?.value("SnapshotCreateTime")?.as_timestamp()
}

fn expired(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    let days = found.value("ManualSnapshotRetentionPeriod").and_then(Value::as_i64).unwrap_or(-1);
    let ends = made(world, &task.place, &task.id).map(|made| later(made, days * 86_400));
    // It may have been given more time, or all the time there is.
    if days > 0 && ends.is_some_and(|ends| ends <= world.now()) {
        world.remove(&task.place, &task.id);
    }
}

/// A snapshot: its id is the cluster's, a slash, and its name.
pub(super) static SNAPSHOT: Definition = Definition {
    resource_type: "AWS::Redshift::ClusterSnapshot",
    tagging_type: "redshift:snapshot",
    arn: "arn:{partition}:redshift:{region}:{account}:snapshot:{id}",
    identity: &[
        ("ClusterIdentifier", Identity::Segment(0)),
        ("SnapshotIdentifier", Identity::Segment(1)),
        ("SnapshotArn", Identity::Arn),
        ("OwnerAccount", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    ..Definition::OF
};

/// Takes a snapshot: its name and type.
pub(super) fn take(
    world: &mut World,
    place: &Place,
    source: &str,
    (name, kind): (&str, &str),
    tags: Tags,
) -> Result<String, Failure> {
    let id = format!("{source}/{}", name.to_lowercase());
    let place_of = place.beside(&SNAPSHOT);
    if find(world, &place_of, name).is_some() {
        return Err(Failure::new(
            "ClusterSnapshotAlreadyExists",
            format!("Snapshot {name} already exists."),
        ));
    }
    let Some(found) = world.get(place, source) else { return Ok(id) };
    let mut described = Object::new();
    described.extend(found.facts.pick([
        "NodeType",
        "NumberOfNodes",
        "MasterUsername",
        "DBName",
        "ClusterVersion",
        "AvailabilityZone",
        "Encrypted",
        "KmsKeyId",
        "VpcId",
        "ClusterCreateTime",
        "EnhancedVpcRouting",
    ]));
    let mut inside = Object::new();
    inside.insert("Source", Object::clone(&found.facts));
    let nodes = found.value("NumberOfNodes").and_then(Value::as_i64).unwrap_or(1);
    let now = world.now();
    described.insert("Status", "creating");
    described.insert("SnapshotType", kind);
    described.insert("SnapshotCreateTime", now);
    described.insert("Port", 5439_i64);
    described.insert("ManualSnapshotRetentionPeriod", -1_i64);
    described.insert(
        "TotalBackupSizeInMegaBytes",
        20_480.0 * f64::from(i32::try_from(nodes).unwrap_or(1)),
    );
    world.put(
        place_of.clone(),
        id.as_str(),
        Resource::new(facts(described), tags.into()).with_inside(inside),
    );
    LIFE.enter(world, &place_of, &id, ("creating", 120));
    Ok(id)
}

fn find(world: &World, place: &Place, name: &str) -> Option<String> {
    let wanted = format!("/{}", name.to_lowercase());
    world.shelf(place).keys().find(|id| id.ends_with(&wanted)).cloned()
}

fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let name = call.required("SnapshotIdentifier")?;
    let missing = || {
        Failure::new("ClusterSnapshotNotFound", format!("Snapshot {name} not found."))
            .with_status(404)
    };
    let id = find(world, &call.place(&SNAPSHOT), name).ok_or_else(missing)?;
    let found = call.resource(world, &SNAPSHOT, &id).ok_or_else(missing)?;
    Ok((id, found))
}

fn answer(call: &Call, world: &World, id: &str) -> Answer {
    call.answer(world, (&SNAPSHOT, "Snapshot"), id)
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (source, found) = cluster::named(call, world)?;
    if !matches!(found.fact("ClusterStatus"), Some("available" | "paused")) {
        return Err(cluster::wrong_state(format!("Cluster {source} is not available.")));
    }
    let usual = found.value("ManualSnapshotRetentionPeriod").and_then(Value::as_i64);
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    let name = call.required("SnapshotIdentifier")?;
    let tags: Tags = given.into_iter().collect();
    let id = take(world, &call.place(&CLUSTER), &source, (name, "manual"), tags)?;
    let days = call.integer("ManualSnapshotRetentionPeriod").or(usual);
    if let Some(days) = days {
        keep_for(world, &call.place(&SNAPSHOT), &id, days);
    }
    answer(call, world, &id)
}

fn list(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    AUTOMATED.watch(call, world);
    let only = match call.text("SnapshotIdentifier") {
        Some(_) => Some(named(call, world)?.0),
        None => None,
    };
    let keep = |id: &str, one: &Resource| {
        only.as_deref().is_none_or(|only| only == id)
            && call
                .text("ClusterIdentifier")
                .is_none_or(|cluster| id.split('/').next() == Some(cluster))
            && call.text("SnapshotType").is_none_or(|kind| one.fact("SnapshotType") == Some(kind))
    };
    PAGES.list((call, world), (&SNAPSHOT, "Snapshots"), keep, plain).map(|output| call.fit(output))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, found) = named(call, world)?;
    if found.fact("SnapshotType") == Some("automated") {
        let message = "Automated snapshots cannot be deleted.";
        return Err(Failure::new("InvalidClusterSnapshotState", message));
    }
    let mut output = answer(call, world, &id)?;
    if let Some(shown) =
        output.as_object_mut().and_then(|o| o.get_mut("Snapshot")).and_then(Value::as_object_mut)
    {
        shown.insert("Status", "deleted");
    }
    world.remove(&call.place(&SNAPSHOT), &id);
    Ok(output)
}

fn modify(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    if let Some(days) = call.integer("ManualSnapshotRetentionPeriod") {
        keep_for(world, &call.place(&SNAPSHOT), &id, days);
    }
    answer(call, world, &id)
}

fn restore(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &cluster::UNSUPPORTED)?;
    let (id, found) = named(call, world)?;
    if found.fact("Status") != Some("available") {
        let message = format!("Snapshot {id} is not available.");
        return Err(Failure::new("InvalidClusterSnapshotState", message));
    }
    let mut source =
        found.inside.get("Source").and_then(Value::as_object).cloned().unwrap_or_default();
    for member in ["Endpoint", "ClusterCreateTime", "PendingModifiedValues"] {
        source.remove(member);
    }
    for member in
        ["NodeType", "NumberOfNodes", "AvailabilityZone", "PubliclyAccessible", "KmsKeyId"]
    {
        if let Some(value) = call.input.get(member) {
            source.insert(member, value.clone());
        }
    }
    source.insert("PendingModifiedValues", Object::new());
    cluster::begin(call, world, source)
}

//! EBS snapshots: made, copied, described and deleted. They take time by the size of what they hold.

use std::ops::Bound;

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Tags};

use super::{
    catalogue, image, instance,
    listing::{Known, described_passes, read, refuse_id},
    settings,
    support::{
        PAGES, after, list, number, only_for, part, refuse, resource, specified, text, texts, truth,
    },
    volume::{self, VOLUME},
};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    fault::Fate,
    kind::{Definition, Identity, Missing, TagForm, describe},
    store::{Place, Resource},
    task::Task,
    world::World,
};

/// EBS snapshots.
pub(crate) static SNAPSHOT: Definition = Definition {
    resource_type: "AWS::EC2::Snapshot",
    tagging_type: "ec2:snapshot",
    arn: "arn:{partition}:ec2:{region}:{account}:snapshot/{id}",
    prefix: "snap-",
    identity: &[("SnapshotId", Identity::Id), ("OwnerId", Identity::Account)],
    tags: TagForm::List("Tags"),
    missing: Missing::new("InvalidSnapshot.NotFound", "The snapshot '{id}' does not exist."),
    ..Definition::OF
};

const FILTERS: [Known; 11] = [
    ("description", "Description"),
    ("encrypted", "Encrypted"),
    ("owner-alias", "OwnerAlias"),
    ("owner-id", "OwnerId"),
    ("progress", "Progress"),
    ("snapshot-id", "SnapshotId"),
    ("start-time", "StartTime"),
    ("status", "State"),
    ("storage-tier", "StorageTier"),
    ("volume-id", "VolumeId"),
    ("volume-size", "VolumeSize"),
];

/// How long a first snapshot takes: some seconds, and for each GiB.
const SECONDS: i64 = 20;
const SECONDS_PER_GIB: i64 = 2;
/// Later snapshots of a volume hold only what changed.
const LATER: i64 = 5;
const STEPS: i64 = 5;

/// The facts of a snapshot from which the caller may make a volume: its own, a shared one, or a public image's.
pub(super) fn usable(call: &Call, world: &World, id: &str) -> Result<Object, Failure> {
    if let Some(image) = catalogue::with_snapshot(&call.region, id) {
        return Ok(Object::from_iter([
            ("VolumeSize", Value::from(image.size)),
            ("Encrypted", Value::from(false)),
        ]));
    }
    let (_, found) = visible(call, world, id)?;
    match text(&found.facts, "State") {
        "completed" => {}
        "pending" => {
            let message = "Snapshot is in invalid state - pending";
            return Err(Failure::new("IncorrectState", message));
        }
        _ => return Err(SNAPSHOT.missing.failure(id)),
    }
    if text(&found.facts, "StorageTier") == "archive" {
        let message = format!("The snapshot {id} is archived. Restore it before you use it.");
        return Err(Failure::new("IncorrectState", message));
    }
    Ok(Object::clone(&found.facts))
}

/// A snapshot that the caller may see, and where it is.
pub(super) fn visible<'w>(
    call: &Call,
    world: &'w World,
    id: &str,
) -> Result<(Place, &'w Resource), Failure> {
    let own = call.place(&SNAPSHOT);
    if let Some(found) = world.get(&own, id) {
        return Ok((own, found));
    }
    let shared = world.every(&SNAPSHOT).find(|(place, known, resource)| {
        place.region == call.region && *known == id && is_shared(resource, call.account())
    });
    let shared = shared.map(|(place, _, resource)| (place.clone(), resource));
    shared.ok_or_else(|| refuse_id(&SNAPSHOT, "InvalidSnapshotID.Malformed", id))
}

/// A snapshot of the caller's own.
pub(super) fn find<'w>(call: &Call, world: &'w World, id: &str) -> Result<&'w Resource, Failure> {
    world
        .get(&call.place(&SNAPSHOT), id)
        .ok_or_else(|| refuse_id(&SNAPSHOT, "InvalidSnapshotID.Malformed", id))
}

/// Whether a snapshot is shared with an account.
pub(super) fn is_shared(snapshot: &Resource, account: &AccountId) -> bool {
    let permissions = list(&snapshot.inside, "Permissions");
    permissions.iter().any(|permission| {
        part(permission, "UserId") == account.as_str() || part(permission, "Group") == "all"
    })
}

/// `DescribeSnapshots`: the caller's own and those shared with it by name; public ones only if asked for by id.
pub(super) fn describe_all(call: &Call, world: &mut World) -> Answer {
    let filters = read(call, "Filters", &FILTERS)?;
    let ids = call.texts("SnapshotIds");
    let owner_wanted = |place: &Place| {
        let owners = call.texts("OwnerIds");
        owners.is_empty()
            || owners.iter().any(|owner| match *owner {
                "self" => place.account == *call.account(),
                other => place.account.as_str() == other,
            })
    };
    let show = |place: &Place, id: &str, resource: &Resource| {
        let described = place.describe(&SNAPSHOT, id, resource);
        (owner_wanted(place) && described_passes(&filters, &described, &resource.tags))
            .then(|| Value::from(described))
    };
    if !ids.is_empty() {
        let mut found = Vec::new();
        for id in ids {
            let (place, resource) = visible(call, world, id)?;
            found.extend(show(&place, id, resource));
        }
        return Ok(Value::from_iter([("Snapshots", Value::List(found))]));
    }
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let mut shown = Vec::new();
    let mut last: Option<String> = None;
    let own = call.place(&SNAPSHOT);
    let start = start.unwrap_or_default();
    let (owner, after) = start.split_once('/').unwrap_or((own.account.as_str(), ""));
    // The caller's own come first, then other accounts' in order.
    let mut places: Vec<&Place> = world
        .every(&SNAPSHOT)
        .map(|(place, ..)| place)
        .filter(|place| place.region == call.region && place.account != own.account)
        .collect();
    places.dedup();
    places.insert(0, &own);
    let restorable = call.texts("RestorableByUserIds");
    for place in places.into_iter().skip_while(|place| place.account.as_str() != owner) {
        let from = if place.account.as_str() == owner { after } else { "" };
        let bounds = (Bound::Excluded(from), Bound::Unbounded);
        for (id, resource) in world.shelf(place).range::<str, _>(bounds) {
            let is_own = place.account == own.account;
            let by_name = is_shared(resource, call.account());
            let wanted = restorable.is_empty()
                || restorable.contains(&"all") && public(resource)
                || restorable.contains(&"self") && (is_own || by_name);
            if !(is_own || by_name) || !wanted {
                continue;
            }
            let Some(described) = show(place, id, resource) else { continue };
            if shown.len() == size {
                let output = Object::from_iter([("Snapshots", Value::List(shown))]);
                return Ok(PAGES.finish(call, output, last.as_deref()));
            }
            last = Some(format!("{}/{id}", place.account));
            shown.push(described);
        }
    }
    Ok(Value::from_iter([("Snapshots", Value::List(shown))]))
}

fn public(resource: &Resource) -> bool {
    list(&resource.inside, "Permissions")
        .iter()
        .any(|permission| part(permission, "Group") == "all")
}

/// Starts a snapshot of a volume.
pub(super) fn start(
    world: &mut World,
    place: &Place,
    (volume, description, tags): (&str, &str, Tags),
    event: &str,
) -> Option<String> {
    let facts = world.get(&place.beside(&VOLUME), volume)?.facts.clone();
    let size = number(&facts, "Size").unwrap_or(1);
    let earlier = world.shelf(place).values().any(|other| other.fact("VolumeId") == Some(volume));
    let seconds = SECONDS + size * SECONDS_PER_GIB / if earlier { LATER } else { 1 };
    let mut made = Object::from_iter([
        ("Description", Value::from(description)),
        ("Encrypted", Value::from(truth(&facts, "Encrypted").unwrap_or(false))),
        ("VolumeId", Value::from(volume)),
        ("VolumeSize", Value::from(size)),
        ("StorageTier", Value::from("standard")),
    ]);
    if let Some(key) = facts.get("KmsKeyId") {
        made.insert("KmsKeyId", key.clone());
    }
    let source = super::support::arn(&place.beside(&VOLUME), volume);
    Some(begin(world, place, (made, tags), Course { seconds, event, source, earlier }))
}

/// How a snapshot comes to be.
pub(super) struct Course<'c> {
    pub(super) seconds: i64,
    /// What completing it is called in events.
    pub(super) event: &'c str,
    /// The ARN it is made from.
    pub(super) source: String,
    pub(super) earlier: bool,
}

/// Puts a pending snapshot in the world and schedules its progress.
pub(super) fn begin(
    world: &mut World,
    place: &Place,
    (mut facts, tags): (Object, Tags),
    course: Course<'_>,
) -> String {
    let id = format!("snap-0{}", world.random_hex(16));
    facts.insert("State", "pending");
    facts.insert("Progress", "0%");
    facts.insert("StartTime", world.now());
    world.put(place.clone(), id.clone(), resource(facts, tags));
    world.change_inside(place, &id, |inside| {
        inside.insert("Event", course.event);
        inside.insert("Source", course.source);
        inside.insert("Incremental", course.earlier);
    });
    for step in 1..=STEPS {
        let due = after(world, course.seconds * step / STEPS);
        let done = Value::from_iter([("Done", 100 * step / STEPS)]);
        world.schedule(due, Task::new("ec2:snapshot-progress", place, &id).with(done));
    }
    id
}

/// A snapshot has got on.
pub(super) fn progress(world: &mut World, task: &Task) {
    let Some(snapshot) = world.get(&task.place, &task.id) else { return };
    if text(&snapshot.facts, "State") != "pending" {
        return;
    }
    let done = task.detail.get("Done").and_then(Value::as_i64).unwrap_or(100);
    if done < 100 {
        world.set(&task.place, &task.id, "Progress", format!("{done}%"));
        return;
    }
    let fate = world.fate(&task.place, &task.id, "Snapshot");
    let now = world.now();
    let (result, cause) = match fate {
        Fate::Never => return,
        Fate::Succeeds => {
            world.change(&task.place, &task.id, |facts| {
                facts.insert("State", "completed");
                facts.insert("Progress", "100%");
                facts.insert("CompletionTime", now);
            });
            ("succeeded", String::new())
        }
        Fate::Fails(cause) => {
            world.change(&task.place, &task.id, |facts| {
                facts.insert("State", "error");
                facts.insert("StateMessage", cause.as_str());
            });
            ("failed", cause)
        }
    };
    announce(world, &task.place, &task.id, (result, &cause));
}

fn announce(world: &mut World, place: &Place, id: &str, (result, cause): (&str, &str)) {
    let Some(snapshot) = world.get(place, id) else { return };
    let inside = snapshot.inside.clone();
    let started = snapshot.facts.get("StartTime").and_then(Value::as_timestamp);
    let started = started.map(super::support::written).unwrap_or_default();
    let arn = format!("arn:{}:ec2::{}:snapshot/{id}", place.region.partition(), place.region);
    let mut detail = Object::from_iter([
        ("event", Value::from(text(&inside, "Event"))),
        ("result", Value::from(result)),
        ("cause", Value::from(cause)),
        ("request-id", Value::from(world.uuid())),
        ("snapshot_id", Value::from(arn.as_str())),
        ("source", Value::from(text(&inside, "Source"))),
        ("startTime", Value::from(started)),
        ("endTime", Value::from(super::support::written(world.now()))),
    ]);
    if text(&inside, "Event") != "copySnapshot" {
        let incremental = truth(&inside, "Incremental").unwrap_or(false);
        detail.insert("incremental", if incremental { "true" } else { "false" });
    }
    let event = Event::new("aws.ec2", "EBS Snapshot Notification", place).about(arn).with(detail);
    world.emit(event);
}

/// `CreateSnapshot`.
pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["OutpostArn"])?;
    only_for(call, &["snapshot"])?;
    let volume = call.required("VolumeId")?;
    let state = text(&volume::find(call, world, volume)?.facts, "State");
    if !matches!(state, "available" | "in-use") {
        let message = format!("Volume '{volume}' is in the '{state}' state.");
        return Err(Failure::new("IncorrectState", message));
    }
    let place = call.place(&SNAPSHOT);
    let pending = world.shelf(&place).values().filter(|other| {
        other.fact("VolumeId") == Some(volume) && other.fact("State") == Some("pending")
    });
    // Five for general purpose volumes; one for cold and throughput volumes.
    if pending.count() >= 5 {
        let message = "Maximum allowed in-progress snapshots for a single volume exceeded.";
        return Err(Failure::new("ConcurrentSnapshotLimitExceeded", message));
    }
    let description = call.text("Description").unwrap_or_default();
    let tags = specified(call, "snapshot")?;
    let id = start(world, &place, (volume, description, tags), "createSnapshot")
        .ok_or_else(|| VOLUME.missing.failure(volume))?;
    let made = find(call, world, &id)?;
    Ok(place.describe(&SNAPSHOT, &id, made).into())
}

/// `CreateSnapshots`: of all volumes of an instance at one moment.
pub(super) fn create_of_instance(call: &Call, world: &mut World) -> Answer {
    super::seeded::settle_all(call, world);
    refuse(call, &["OutpostArn"])?;
    only_for(call, &["snapshot"])?;
    let specification = call.input.get("InstanceSpecification").cloned().unwrap_or_default();
    let id = part(&specification, "InstanceId");
    let facts = instance::find(call, world, id)?.facts.clone();
    let boot = specification.flag("ExcludeBootVolume");
    let excluded = specification.as_object().map(|s| texts(s, "ExcludeDataVolumeIds"));
    let excluded = excluded.unwrap_or_default();
    let place = call.place(&SNAPSHOT);
    let description = call.text("Description").unwrap_or_default();
    let mut made = Vec::new();
    for mapping in list(&facts, "BlockDeviceMappings") {
        let volume = part(mapping, "Ebs.VolumeId");
        let is_root = part(mapping, "DeviceName") == text(&facts, "RootDeviceName");
        if volume.is_empty() || excluded.contains(&volume) || boot && is_root {
            continue;
        }
        let mut tags = specified(call, "snapshot")?;
        if call.text("CopyTagsFromSource") == Some("volume") {
            let source = volume::find(call, world, volume)?;
            let mut copied = Tags::clone(&source.tags);
            copied.retain(|key, _| !key.starts_with(crate::tagging::RESERVED));
            copied.extend(tags);
            tags = copied;
        }
        let snapshot = start(world, &place, (volume, description, tags), "createSnapshots");
        made.extend(snapshot);
    }
    let owner = (&place.account, &place.region);
    let shown = made
        .iter()
        .filter_map(|id| Some(Value::from(describe(&SNAPSHOT, owner, id, world.get(&place, id)?))));
    Ok(call.fit(Value::from_iter([("Snapshots", shown.collect::<Value>())])))
}

/// `CopySnapshot`.
pub(super) fn copy(call: &Call, world: &mut World) -> Answer {
    refuse(
        call,
        &["DestinationOutpostArn", "CompletionDurationMinutes", "DestinationAvailabilityZone"],
    )?;
    only_for(call, &["snapshot"])?;
    let source = call.required("SourceSnapshotId")?;
    let region = call.required("SourceRegion")?.parse().map_err(|_| {
        call.invalid(format!(
            "Invalid value '{}' for source region",
            call.text("SourceRegion").unwrap_or_default()
        ))
    })?;
    let from = world.every(&SNAPSHOT).find(|(place, id, resource)| {
        place.region == region
            && *id == source
            && (place.account == *call.account() || is_shared(resource, call.account()))
    });
    let (from_place, _, original) = from.ok_or_else(|| SNAPSHOT.missing.failure(source))?;
    let (from_place, mut facts) = (from_place.clone(), Object::clone(&original.facts));
    if text(&facts, "State") != "completed" {
        let message = "Snapshot is in invalid state - pending";
        return Err(Failure::new("IncorrectState", message));
    }
    let defaults = settings::of(world, &call.place(&settings::SETTINGS));
    let key = call.text("KmsKeyId").unwrap_or(&defaults.key).to_owned();
    let was = truth(&facts, "Encrypted").unwrap_or(false);
    let encrypted = was || call.flag("Encrypted") || defaults.encrypted;
    facts.insert("Encrypted", encrypted);
    if encrypted {
        facts.insert("KmsKeyId", settings::key_arn(call, world, &key));
    }
    let described = call.text("Description").map_or_else(
        || format!("[Copied {source} from {region}] {}", text(&facts, "Description")),
        str::to_owned,
    );
    facts.insert("Description", described);
    facts.insert("VolumeId", "vol-ffffffff");
    facts.remove("CompletionTime");
    let seconds = SECONDS + number(&facts, "VolumeSize").unwrap_or(1) * SECONDS_PER_GIB;
    let course = Course {
        seconds,
        event: "copySnapshot",
        source: super::support::arn(&from_place, source),
        earlier: false,
    };
    let tags = specified(call, "snapshot")?;
    let shown = crate::kind::tag_list(&tags);
    let id = begin(world, &call.place(&SNAPSHOT), (facts, tags), course);
    Ok(Value::from_iter([("SnapshotId", Value::from(id)), ("Tags", shown)]))
}

/// `DeleteSnapshot`.
pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SnapshotId")?;
    check_manager(call, find(call, world, id)?, "snapshot")?;
    if let Some(user) = image::using_snapshot(world, &call.place(&image::IMAGE), id) {
        let message = format!("The snapshot {id} is currently in use by {user}");
        return Err(Failure::new("InvalidSnapshot.InUse", message));
    }
    world.remove(&call.place(&SNAPSHOT), id);
    Ok(Value::object())
}

/// Refuses to delete what AWS Backup made, except to AWS Backup itself.
pub(super) fn check_manager(call: &Call, made: &Resource, what: &str) -> Result<(), Failure> {
    let is_backup = made.tags.contains_key("aws:backup:source-resource");
    if !is_backup || call.caller.invoked_by.as_deref() == Some("backup.amazonaws.com") {
        return Ok(());
    }
    let message = format!(
        "This {what} is managed by the AWS Backup service and cannot be deleted via EC2 APIs. If you wish to delete this \
         {what}, please do so via the Backup console."
    );
    Err(call.invalid(message))
}

//! Who else may use a snapshot, and snapshots that are put away.

use reeve_model::{Object, Value};

use super::{
    settings,
    snapshot::{self, SNAPSHOT, find},
    support::{PAGES, after, list, part, text, value},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::Resource,
    task::Task,
    world::World,
};

/// How long it takes to put a snapshot away and to fetch it back.
const ARCHIVING: i64 = 24 * 3600;
const RESTORING: i64 = 48 * 3600;

/// `DescribeSnapshotAttribute`.
pub(super) fn describe_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SnapshotId")?;
    let found = find(call, world, id)?;
    let mut answer = Object::from_iter([("SnapshotId", id)]);
    match call.required("Attribute")? {
        "createVolumePermission" => {
            let permissions = list(&found.inside, "Permissions").to_vec();
            answer.insert("CreateVolumePermissions", permissions);
        }
        "productCodes" => {
            answer.insert("ProductCodes", Value::List(Vec::new()));
        }
        other => return Err(invalid_attribute(call, other)),
    }
    Ok(answer.into())
}

/// The refusal of an attribute that there is not.
pub(super) fn invalid_attribute(call: &Call, attribute: &str) -> Failure {
    call.invalid(format!(
        "Value ({attribute}) for parameter attribute is invalid. Unknown attribute."
    ))
}

/// What is asked to be added and removed: in the new form, or in the old one with an operation type.
pub(super) fn changes(
    call: &Call,
    member: &str,
    (users, groups): (&str, &str),
) -> (Vec<Value>, Vec<Value>) {
    let of = |side: &str| {
        let path = format!("{member}.{side}");
        call.input.path(&path).map_or(&[][..], Value::as_list).to_vec()
    };
    let (mut added, mut removed) = (of("Add"), of("Remove"));
    let old =
        call.texts(users).into_iter().map(|user| Value::from_iter([("UserId", user)])).chain(
            call.texts(groups).into_iter().map(|group| Value::from_iter([("Group", group)])),
        );
    match call.text("OperationType") {
        Some("remove") => removed.extend(old),
        _ => added.extend(old),
    }
    (added, removed)
}

/// Permissions after a change.
pub(super) fn changed(before: &[Value], (added, removed): (Vec<Value>, Vec<Value>)) -> Vec<Value> {
    let mut permissions: Vec<Value> =
        before.iter().filter(|known| !removed.contains(known)).cloned().collect();
    for permission in added {
        if !permissions.contains(&permission) {
            permissions.push(permission);
        }
    }
    permissions
}

/// Refuses accounts that cannot be.
pub(super) fn check_users(permissions: &[Value]) -> Result<(), Failure> {
    for permission in permissions {
        let user = part(permission, "UserId");
        let wrong = !user.is_empty()
            && (user.len() != 12 || !user.chars().all(|digit| digit.is_ascii_digit()));
        if wrong {
            let message = format!("Invalid user ID: '{user}'");
            return Err(Failure::new("InvalidUserID.Malformed", message));
        }
    }
    Ok(())
}

/// `ModifySnapshotAttribute`.
pub(super) fn modify_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SnapshotId")?;
    let found = find(call, world, id)?;
    if let Some(attribute) = call.text("Attribute").filter(|a| *a != "createVolumePermission") {
        return Err(invalid_attribute(call, attribute));
    }
    let (added, removed) = changes(call, "CreateVolumePermission", ("UserIds", "GroupNames"));
    check_users(&added)?;
    let to_all = added.iter().any(|permission| part(permission, "Group") == "all");
    if to_all && found.facts.flag("Encrypted") {
        let message = "Encrypted snapshots cannot be shared publicly.";
        return Err(Failure::new("InvalidParameterValue", message));
    }
    if to_all && settings::sharing(world, &call.place(&settings::SETTINGS)) != "unblocked" {
        let message = "Block public access for snapshots prevents this snapshot from being \
                       publicly shared.";
        return Err(Failure::new("OperationNotPermitted", message));
    }
    let permissions = changed(list(&found.inside, "Permissions"), (added, removed));
    world.set_inside(&call.place(&SNAPSHOT), id, "Permissions", permissions);
    Ok(Value::object())
}

/// `ResetSnapshotAttribute`.
pub(super) fn reset_attribute(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SnapshotId")?;
    find(call, world, id)?;
    match call.required("Attribute")? {
        "createVolumePermission" => {}
        other => return Err(invalid_attribute(call, other)),
    }
    world.set_inside(&call.place(&SNAPSHOT), id, "Permissions", Value::List(Vec::new()));
    Ok(Value::object())
}

/// `ModifySnapshotTier`.
pub(super) fn archive(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SnapshotId")?;
    let facts = &find(call, world, id)?.facts;
    if text(facts, "State") != "completed" || text(facts, "StorageTier") == "archive" {
        let message = format!("The snapshot {id} is not in a state in which it can be archived.");
        return Err(Failure::new("IncorrectState", message));
    }
    let place = call.place(&SNAPSHOT);
    if let Some(user) = super::image::using_snapshot(world, &call.place(&super::image::IMAGE), id) {
        let message = format!("The snapshot {id} is currently in use by {user}");
        return Err(Failure::new("InvalidSnapshot.InUse", message));
    }
    let now = call.now;
    tiering(world, &place, id, ("archival-in-progress", now));
    let due = after(world, ARCHIVING);
    let task = Task::new("ec2:snapshot-tiered", &place, id);
    world.schedule(due, task.with(Value::from_iter([("Tier", "archive")])));
    Ok(Value::from_iter([("SnapshotId", Value::from(id)), ("TieringStartTime", Value::from(now))]))
}

fn tiering(
    world: &mut World,
    place: &crate::store::Place,
    id: &str,
    (status, now): (&str, jiff::Timestamp),
) {
    world.change_inside(place, id, |inside| {
        inside.insert("TieringStatus", status);
        inside.insert("TieringStart", now);
        inside.insert("TieringProgress", 0);
    });
}

/// `RestoreSnapshotTier`.
pub(super) fn restore(call: &Call, world: &mut World) -> Answer {
    super::support::refuse(call, &["TemporaryRestoreDays"])?;
    let id = call.required("SnapshotId")?;
    if text(&find(call, world, id)?.facts, "StorageTier") != "archive" {
        let message = format!("The snapshot {id} is not archived.");
        return Err(Failure::new("IncorrectState", message));
    }
    let place = call.place(&SNAPSHOT);
    let now = call.now;
    tiering(world, &place, id, ("permanent-restore-in-progress", now));
    let due = after(world, RESTORING);
    let task = Task::new("ec2:snapshot-tiered", &place, id);
    world.schedule(due, task.with(Value::from_iter([("Tier", "standard")])));
    Ok(Value::from_iter([
        ("SnapshotId", Value::from(id)),
        ("RestoreStartTime", Value::from(now)),
        ("IsPermanentRestore", Value::from(true)),
    ]))
}

/// A snapshot is where it was to go.
pub(super) fn tiered(world: &mut World, task: &Task) {
    let tier = part(&task.detail, "Tier").to_owned();
    world.set(&task.place, &task.id, "StorageTier", tier.as_str());
    let now = world.now();
    world.change_inside(&task.place, &task.id, |inside| {
        let archived = tier == "archive";
        let status = if archived { "archival-completed" } else { "permanent-restore-completed" };
        inside.insert("TieringStatus", status);
        inside.insert("TieringProgress", 100);
        if archived {
            inside.insert("ArchivalCompleteTime", now);
        }
    });
}

/// `DescribeSnapshotTierStatus`.
pub(super) fn describe_tiers(call: &Call, world: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 3] = [
        ("snapshot-id", "SnapshotId"),
        ("volume-id", "VolumeId"),
        ("last-tiering-operation", "LastTieringOperationStatus"),
    ];
    let filters = super::listing::read(call, "Filters", &FILTERS)?;
    let owner = call.account().to_string();
    let status = |id: &str, snapshot: &Resource| {
        let (facts, inside) = (&snapshot.facts, &snapshot.inside);
        let mut status = Object::from_iter([
            ("SnapshotId", Value::from(id)),
            ("VolumeId", Value::from(text(facts, "VolumeId"))),
            ("Status", Value::from(text(facts, "State"))),
            ("OwnerId", Value::from(owner.as_str())),
            ("Tags", crate::kind::tag_list(&snapshot.tags)),
            ("StorageTier", Value::from(text(facts, "StorageTier"))),
        ]);
        for (member, known) in [
            ("LastTieringStartTime", "TieringStart"),
            ("LastTieringProgress", "TieringProgress"),
            ("LastTieringOperationStatus", "TieringStatus"),
            ("ArchivalCompleteTime", "ArchivalCompleteTime"),
        ] {
            if let Some(found) = value(inside, known) {
                status.insert(member, found.clone());
            }
        }
        status
    };
    let keep = |id: &str, snapshot: &Resource| {
        super::listing::described_passes(&filters, &status(id, snapshot), &snapshot.tags)
    };
    let show = |id: &str, snapshot: &Resource, _: Object| status(id, snapshot).into();
    PAGES.list((call, world), (&snapshot::SNAPSHOT, "SnapshotTierStatuses"), keep, show)
}

//! Restore jobs: a recovery point becomes a resource again.

use reeve_model::Value;

use super::{
    PAGES, event, event::Notice, narrow, not_found, point, point::POINT, restore_calls, source,
};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    fault::Fate,
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::{Action, Describe},
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&JOB],
    operations: &[
        ("StartRestoreJob", Action::Own(start)),
        ("DescribeRestoreJob", Action::Describe(&SHOW)),
        ("ListRestoreJobs", Action::Own(list)),
        ("ListRestoreJobsByProtectedResource", Action::Own(list_by_resource)),
        ("GetRestoreJobMetadata", Action::Own(metadata)),
        ("PutRestoreValidationResult", Action::Own(validated)),
    ],
    tasks: &[("backup:restore-start", run), ("backup:restore-end", end)],
};

/// A restore job.
pub(super) static JOB: Definition = Definition {
    resource_type: "AWS::Backup::RestoreJob",
    arn: "arn:{partition}:backup:{region}:{account}:restore-job:{id}",
    identity: &[("RestoreJobId", Identity::Id), ("AccountId", Identity::Account)],
    missing: Missing::new("ResourceNotFoundException", "Restore job with ID {id} does not exist"),
    ..Definition::OF
};

static SHOW: Describe = Describe { kind: &JOB, id: "RestoreJobId", ..Describe::OF };

fn start(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("RecoveryPointArn")?;
    let point = call.resource(world, &POINT, &point::id_of(arn));
    let point = point.ok_or_else(|| not_found(format!("Cannot find recovery point. {arn}")))?;
    if !matches!(point.fact("Status"), Some("COMPLETED" | "PARTIAL" | "AVAILABLE" | "EXPIRED")) {
        return Err(super::refused("Recovery point is not in a state that can be restored"));
    }
    let role = call.text("IamRoleArn").ok_or_else(|| call.invalid("IamRoleArn is required"))?;
    let fact = |member: &str| point.facts.get(member).cloned().unwrap_or_default();
    let described = object! {
        "RecoveryPointArn": (arn),
        "SourceResourceArn": (fact("ResourceArn")),
        "ResourceArn": (fact("ResourceArn")),
        "BackupVaultArn": (fact("BackupVaultArn")),
        "ResourceType": (fact("ResourceType")),
        "RecoveryPointCreationDate": (fact("CreationDate")),
        "BackupSizeInBytes": (fact("BackupSizeInBytes")),
        "CreationDate": (call.now),
        "Status": "PENDING",
        "PercentDone": "0.00%",
        "IamRoleArn": (role),
        "IsParent": false,
    };
    let inside = object! {
        "Metadata": (call.object("Metadata").cloned().unwrap_or_default()),
        "CopyTags": (call.flag("CopySourceTagsToRestoredResource")),
    };
    let place = call.place(&JOB);
    let id = world.uuid().to_uppercase();
    let job = Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), id.clone(), job);
    event::say(world, &place, &id, "Restore Job");
    world.schedule(later(call.now, 10), Task::new("backup:restore-start", &place, &id));
    Ok(value!({"RestoreJobId": (id)}))
}

fn run(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(job) = world.get(place, id).cloned() else { return };
    let points = place.beside(&POINT);
    let arn = job.fact("RecoveryPointArn").unwrap_or_default();
    let Some(point) = world.get(&points, &point::id_of(arn)).cloned() else {
        return fail(world, place, id, "The recovery point no longer exists");
    };
    let metadata =
        job.inside.get("Metadata").and_then(Value::as_object).cloned().unwrap_or_default();
    let made = match restore_calls::restore(world, place, &point, &metadata) {
        Ok(made) => made,
        Err(failure) => return fail(world, place, id, &failure.message),
    };
    if job.inside.flag("CopyTags") {
        copy_tags(world, &point, &made);
    }
    let bytes = job.value("BackupSizeInBytes").and_then(Value::as_i64).unwrap_or(0);
    let minutes = source::seconds_for(bytes) / 60;
    world.change(place, id, |facts| {
        facts.insert("Status", "RUNNING");
        facts.insert("PercentDone", "0.00%");
        facts.insert("ExpectedCompletionTimeMinutes", minutes);
    });
    world.set_inside(place, id, "Created", made);
    event::say(world, place, id, "Restore Job");
    told(world, place, id, &["RESTORE_JOB_STARTED"]);
    let done = source::done_at(world, bytes);
    world.schedule(done, Task::new("backup:restore-end", place, id));
}

/// Gives what was restored the tags of what it was made from.
fn copy_tags(world: &mut World, point: &Resource, made: &str) {
    let Some((place, id)) = world.store.locate(made) else { return };
    let source = point.fact("ResourceArn").and_then(|arn| world.store.locate(arn));
    let tags = source.and_then(|(place, id)| world.get(&place, &id)).map(|r| r.tags.clone());
    if let (Some(tags), Some(resource)) = (tags, world.store.get_mut(&place, &id)) {
        resource.set_tags(tags.as_ref().clone());
    }
}

fn end(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    let Some(job) = world.get(place, id).filter(|job| job.fact("Status") == Some("RUNNING")) else {
        return;
    };
    let made = job.inside.text("Created").to_owned();
    if still_being_made(world, &made) {
        let again = later(world.now(), 60);
        return world.schedule(again, Task::new("backup:restore-end", place, id));
    }
    match world.fate(place, id, "RestoreJob") {
        Fate::Never => {}
        Fate::Fails(reason) => fail(world, place, id, &reason),
        Fate::Succeeds => {
            let now = world.now();
            world.change(place, id, |facts| {
                facts.insert("Status", "COMPLETED");
                facts.insert("PercentDone", "100.00%");
                facts.insert("CompletionDate", now);
                facts.insert("CreatedResourceArn", made);
            });
            let arn =
                world.get(place, id).and_then(|job| job.fact("RecoveryPointArn")).map(point::id_of);
            let points = place.beside(&POINT);
            world.set(&points, &arn.unwrap_or_default(), "LastRestoreTime", now);
            event::say(world, place, id, "Restore Job");
            told(world, place, id, &["RESTORE_JOB_SUCCESSFUL", "RESTORE_JOB_COMPLETED"]);
        }
    }
}

/// Whether the owner of what was restored has not finished it yet.
fn still_being_made(world: &World, arn: &str) -> bool {
    let Some((place, id)) = world.store.locate(arn) else { return false };
    let Some(resource) = world.get(&place, &id) else { return false };
    let states = [
        "State.Name",
        "State",
        "Status",
        "DBInstanceStatus",
        "TableStatus",
        "LifeCycleState",
        "Lifecycle",
        "ClusterStatus",
    ];
    let state = states.into_iter().find_map(|path| resource.fact(path)).unwrap_or_default();
    matches!(state, "pending" | "creating" | "CREATING" | "backing-up" | "restoring")
}

fn fail(world: &mut World, place: &Place, id: &str, reason: &str) {
    let now = world.now();
    world.change(place, id, |facts| {
        facts.insert("Status", "FAILED");
        facts.insert("StatusMessage", reason);
        facts.insert("CompletionDate", now);
    });
    event::say(world, place, id, "Restore Job");
    told(world, place, id, &["RESTORE_JOB_FAILED", "RESTORE_JOB_COMPLETED"]);
}

fn told(world: &mut World, place: &Place, id: &str, events: &[&str]) {
    let Some(job) = world.get(place, id).cloned() else { return };
    let text = |member: &str| job.fact(member).unwrap_or_default();
    let said = match text("Status") {
        "COMPLETED" => "An AWS Backup restore job was completed successfully.",
        "RUNNING" => "An AWS Backup restore job has started.",
        _ => "An AWS Backup restore job failed.",
    };
    let notice = Notice {
        text: format!(
            "{said} Recovery point ARN: {}. Restored Resource ARN: {}. RestoreJob ID : {id}",
            text("RecoveryPointArn"),
            text("CreatedResourceArn")
        ),
        state: text("Status"),
        id,
    };
    let vault = text("BackupVaultArn").rsplit(':').next().unwrap_or_default();
    event::notify(world, place, vault, events, &notice);
}

fn list(call: &Call, world: &mut World) -> Answer {
    let keep = |_: &str, job: &Resource| narrow::fits(call, job);
    let listed = PAGES.list((call, world), (&JOB, "RestoreJobs"), keep, plain);
    listed.map(|output| call.fit(output))
}

fn list_by_resource(call: &Call, world: &mut World) -> Answer {
    unsupported(call, &["ByRecoveryPointCreationDateAfter", "ByRecoveryPointCreationDateBefore"])?;
    let wanted = call.required("ResourceArn")?;
    let status = call.text("ByStatus");
    let keep = |_: &str, job: &Resource| {
        job.fact("SourceResourceArn") == Some(wanted)
            && status.is_none_or(|s| job.fact("Status") == Some(s))
    };
    let listed = PAGES.list((call, world), (&JOB, "RestoreJobs"), keep, plain);
    listed.map(|output| call.fit(output))
}

fn metadata(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RestoreJobId")?;
    let job = call.find(world, &JOB, id)?;
    let kept = job.inside.get("Metadata").cloned().unwrap_or_else(Value::object);
    Ok(value!({"RestoreJobId": (id), "Metadata": (kept)}))
}

fn validated(call: &Call, world: &mut World) -> Answer {
    let id = call.required("RestoreJobId")?;
    let job = call.find(world, &JOB, id)?;
    if job.fact("Status") != Some("COMPLETED") {
        return Err(super::refused("Restore job is not completed"));
    }
    world.change(&call.place(&JOB), id, |facts| {
        facts.insert("ValidationStatus", call.text("ValidationStatus").unwrap_or_default());
        facts.extend(call.given_texts(["ValidationStatusMessage"]));
    });
    Ok(Value::object())
}

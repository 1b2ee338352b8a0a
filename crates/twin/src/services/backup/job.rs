//! Backup jobs: created, run within their windows, and ended one way or another.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    PAGES, copy, days_later, event,
    event::Notice,
    narrow, not_found, point, refused, rule, source,
    vault::{self, VAULT},
};
use crate::{
    call::{Answer, Call},
    fault::Fate,
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    task::{Task, later},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&JOB],
    operations: &[
        ("StartBackupJob", Action::Own(start)),
        ("DescribeBackupJob", Action::Own(show)),
        ("ListBackupJobs", Action::Own(list)),
        ("StopBackupJob", Action::Own(stop)),
    ],
    tasks: &[
        ("backup:job-start", run),
        ("backup:job-end", end),
        ("backup:job-window", window_over),
        ("backup:job-aborted", aborted),
    ],
};

/// A backup job.
pub(super) static JOB: Definition = Definition {
    resource_type: "AWS::Backup::BackupJob",
    arn: "arn:{partition}:backup:{region}:{account}:backup-job:{id}",
    identity: &[("BackupJobId", Identity::Id), ("AccountId", Identity::Account)],
    missing: Missing::new("ResourceNotFoundException", "Backup job with ID {id} does not exist"),
    ..Definition::OF
};

/// How long the owner of a snapshot that is not done yet is left alone.
const LOOK_AGAIN_SECONDS: i64 = 60;

/// What to back up and how.
pub(super) struct Order<'o> {
    /// The vault's name.
    pub(super) vault: &'o str,
    /// The resource's ARN.
    pub(super) arn: &'o str,
    /// The role to do it with.
    pub(super) role: &'o str,
    /// The rule, or what of one a call says.
    pub(super) rule: &'o Value,
    /// The plan, if one asked for it.
    pub(super) created_by: Option<Value>,
}

fn start(call: &Call, world: &mut World) -> Answer {
    let vault = call.id_of(&VAULT, call.required("BackupVaultName")?);
    let found = call.resource(world, &VAULT, &vault);
    let found = found.ok_or_else(|| not_found(format!("Backup vault {vault} not found")))?;
    let lifecycle = call.input.get("Lifecycle");
    if let Some(wrong) = lifecycle.and_then(rule::wrong_lifecycle) {
        return Err(call.invalid(wrong));
    }
    if let Some(forbidden) = vault::lock_forbids(found, lifecycle) {
        return Err(call.invalid(forbidden));
    }
    for member in ["LogicallyAirGappedBackupVaultArn", "Index"] {
        if call.text(member).is_some() {
            return Err(call.invalid(format!("{member} is not supported here")));
        }
    }
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("Invalid ARN: {arn}. Specify a valid ARN.")));
    }
    if source::name_of(arn).is_none() {
        return Err(call.invalid(format!("Unsupported resource type: {arn}")));
    }
    let place = call.place(&JOB);
    if source::find(world, &place, arn).is_none() {
        return Err(call.invalid(format!("Resource {arn} cannot be found")));
    }
    let role = call.required("IamRoleArn")?;
    if !role.contains(":role/") {
        return Err(call.invalid(format!("Invalid role arn: {role}")));
    }
    let mut rule = Object::new();
    let members = [
        ("StartWindowMinutes", "StartWindowMinutes"),
        ("CompleteWindowMinutes", "CompletionWindowMinutes"),
        ("Lifecycle", "Lifecycle"),
        ("RecoveryPointTags", "RecoveryPointTags"),
        ("BackupOptions", "BackupOptions"),
    ];
    for (member, name) in members {
        if let Some(value) = call.input.get(member) {
            rule.insert(name, value.clone());
        }
    }
    if rule.get("StartWindowMinutes").and_then(Value::as_i64).is_some_and(|minutes| minutes < 60) {
        return Err(call.invalid("StartWindowMinutes must be greater than or equal to 60"));
    }
    let order = Order { vault: &vault, arn, role, rule: &rule.into(), created_by: None };
    let id = begin(world, &place, &order);
    Ok(value!({"BackupJobId": (id), "CreationDate": (call.now), "IsParent": false}))
}

/// Creates a job, which starts by itself within its window.
pub(super) fn begin(world: &mut World, place: &Place, order: &Order<'_>) -> String {
    let place = place.beside(&JOB);
    let now = world.now();
    let id = world.uuid().to_uppercase();
    let (start_by, _) = rule::windows(order.rule, now);
    let mut described = object! {
        "BackupVaultName": (order.vault),
        "BackupVaultArn": (place.arn_of(&VAULT, order.vault)),
        "ResourceArn": (order.arn),
        "ResourceType": (source::name_of(order.arn).unwrap_or_default()),
        "CreationDate": (now),
        "StartBy": (start_by),
        "State": "CREATED",
        "PercentDone": "0.0",
        "BackupSizeInBytes": 0_i64,
        "BytesTransferred": 0_i64,
        "IamRoleArn": (order.role),
        "IsParent": false,
        "VaultType": "BACKUP_VAULT",
    };
    for (member, name) in
        [("Lifecycle", "RecoveryPointLifecycle"), ("BackupOptions", "BackupOptions")]
    {
        if let Some(value) = order.rule.get(member) {
            described.insert(name, value.clone());
        }
    }
    if let Some(found) = source::find(world, &place, order.arn)
        && let Some(name) = source::display_name(world, &found)
    {
        described.insert("ResourceName", name);
    }
    if let Some(by) = &order.created_by {
        described.insert("CreatedBy", by.clone());
    }
    let inside = object! {"Rule": (order.rule.clone())};
    let resource = Resource::new(facts(described), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    event::say(world, &place, &id, "Backup Job");
    // Scheduled jobs are spread over the first minutes of their window.
    let wait = if order.created_by.is_some() {
        world.random_between(30, 900)
    } else {
        world.random_between(5, 60)
    };
    world.schedule(later(now, wait), Task::new("backup:job-start", &place, &id));
    id
}

/// Whether a rule's job for this resource is still within its start window.
pub(super) fn waiting_for_rule(world: &World, place: &Place, arn: &str, rule: &Value) -> bool {
    let now = world.now();
    let wanted = rule.get("RuleId").and_then(Value::as_str);
    world.shelf(&place.beside(&JOB)).values().any(|job| {
        job.fact("ResourceArn") == Some(arn)
            && job.fact("CreatedBy.BackupRuleId") == wanted
            && job.value("StartBy").and_then(Value::as_timestamp).is_some_and(|by| by > now)
            && !matches!(job.fact("State"), Some("FAILED" | "EXPIRED" | "ABORTED"))
    })
}

fn state(world: &World, place: &Place, id: &str) -> Option<String> {
    world.get(place, id)?.fact("State").map(str::to_owned)
}

/// Has the owning service begin the backup.
fn run(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if state(world, place, id).as_deref() != Some("CREATED") {
        return;
    }
    let Some(job) = world.get(place, id).cloned() else { return };
    let arn = job.fact("ResourceArn").unwrap_or_default();
    let Some(found) = source::find(world, place, arn) else {
        return fail(world, place, id, &format!("Resource {arn} no longer exists"));
    };
    if let Some(wrong) = wrong_role(world, job.fact("IamRoleArn").unwrap_or_default()) {
        return fail(world, place, id, &wrong);
    }
    let rule = job.inside.get("Rule").cloned().unwrap_or_default();
    let vaults = place.beside(&VAULT);
    let vault = job.fact("BackupVaultName").unwrap_or_default();
    let Some(kept_in) = world.get(&vaults, vault) else {
        return fail(world, place, id, &format!("Backup vault {vault} not found"));
    };
    if let Some(forbidden) = vault::lock_forbids(kept_in, rule.get("Lifecycle")) {
        return fail(world, place, id, &forbidden);
    }
    let extra =
        rule.get("RecoveryPointTags").and_then(Value::as_object).cloned().unwrap_or_default();
    let bytes = source::size(world, &found);
    let made = match source::back_up(world, &found, (arn, id), &extra) {
        Ok(made) => made,
        Err(failure) => return fail(world, place, id, &failure.message),
    };
    let now = world.now();
    let done = source::done_at(world, bytes);
    let (_, complete_by) = rule::windows(&rule, now);
    world.change(place, id, |facts| {
        facts.insert("State", "RUNNING");
        facts.insert("InitiationDate", now);
        facts.insert("ExpectedCompletionDate", done);
        facts.insert("RecoveryPointArn", made.arn.as_str());
        facts.insert("IsEncrypted", true);
        facts.insert("BackupSizeInBytes", bytes);
    });
    world.change_inside(place, id, |inside| {
        inside.insert("DoneAt", done);
        if let Some((resource_type, held)) = &made.held {
            inside.insert("Held", value!({"Type": (*resource_type), "Id": (held.as_str())}));
        }
    });
    point::begin(world, place, id, &found);
    event::say(world, place, id, "Backup Job");
    told(world, place, id, &["BACKUP_JOB_STARTED"]);
    world.schedule(done, Task::new("backup:job-end", place, id));
    world.schedule(complete_by, Task::new("backup:job-window", place, id));
}

/// Why a role cannot be used: it does not exist, and is not the one that AWS Backup makes itself.
fn wrong_role(world: &World, arn: &str) -> Option<String> {
    let usual = arn.ends_with("role/service-role/AWSBackupDefaultServiceRole");
    // Roles are kept by name; their paths are part of their ARNs alone.
    let name = arn.rsplit('/').next().unwrap_or_default();
    let short = arn.split_once("role/").map(|(owner, _)| format!("{owner}role/{name}"));
    let exists = || {
        world.store.locate(arn).is_some()
            || short.as_deref().is_some_and(|short| world.store.locate(short).is_some())
    };
    (!usual && !exists()).then(|| format!("IAM Role {arn} cannot be assumed by AWS Backup"))
}

fn end(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if state(world, place, id).as_deref() != Some("RUNNING") {
        return;
    }
    let held =
        world.get(place, id).and_then(|job| job.inside.get("Held").cloned()).unwrap_or_default();
    match source::outcome(world, place, &held) {
        None => {
            let again = later(world.now(), LOOK_AGAIN_SECONDS);
            world.set(place, id, "ExpectedCompletionDate", again);
            return world.schedule(again, Task::new("backup:job-end", place, id));
        }
        Some(Err(message)) => return fail(world, place, id, &message),
        Some(Ok(())) => {}
    }
    match world.fate(place, id, "BackupJob") {
        Fate::Succeeds => complete(world, place, id),
        Fate::Fails(reason) => fail(world, place, id, &reason),
        Fate::Never => {}
    }
}

fn complete(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    world.change(place, id, |facts| {
        let bytes = facts.get("BackupSizeInBytes").cloned().unwrap_or_default();
        facts.insert("State", "COMPLETED");
        facts.insert("CompletionDate", now);
        facts.insert("PercentDone", "100.0");
        facts.insert("BytesTransferred", bytes);
        facts.insert("MessageCategory", "SUCCESS");
    });
    event::say(world, place, id, "Backup Job");
    point::complete(world, place, id);
    told(world, place, id, &["BACKUP_JOB_SUCCESSFUL", "BACKUP_JOB_COMPLETED"]);
    copy::after_backup(world, place, id);
}

/// Ends a job badly, and takes away what it had begun to make.
fn fail(world: &mut World, place: &Place, id: &str, reason: &str) {
    finish(world, place, id, ("FAILED", reason, "FAILURE"));
    told(world, place, id, &["BACKUP_JOB_FAILED", "BACKUP_JOB_COMPLETED"]);
}

fn finish(
    world: &mut World,
    place: &Place,
    id: &str,
    (state, reason, category): (&str, &str, &str),
) {
    let now = world.now();
    let arn = world.get(place, id).and_then(|job| job.fact("RecoveryPointArn")).map(str::to_owned);
    world.change(place, id, |facts| {
        facts.insert("State", state);
        facts.insert("StatusMessage", reason);
        facts.insert("MessageCategory", category);
        facts.insert("CompletionDate", now);
        facts.remove("RecoveryPointArn");
    });
    if let Some(arn) = arn {
        point::discard(world, place, &arn);
    }
    event::say(world, place, id, "Backup Job");
}

fn window_over(world: &mut World, task: &Task) {
    if state(world, &task.place, &task.id).as_deref() == Some("RUNNING") {
        let reason = "Backup job expired before completion.";
        finish(world, &task.place, &task.id, ("EXPIRED", reason, "EXPIRED"));
        told(world, &task.place, &task.id, &["BACKUP_JOB_EXPIRED", "BACKUP_JOB_COMPLETED"]);
    }
}

fn aborted(world: &mut World, task: &Task) {
    if state(world, &task.place, &task.id).as_deref() == Some("ABORTING") {
        finish(
            world,
            &task.place,
            &task.id,
            ("ABORTED", "Backup job was stopped by user.", "ABORTED"),
        );
    }
}

fn told(world: &mut World, place: &Place, id: &str, events: &[&str]) {
    let Some(job) = world.get(place, id).cloned() else { return };
    let text = |member: &str| job.fact(member).unwrap_or_default();
    let said = match text("State") {
        "COMPLETED" => "An AWS Backup job was completed successfully.",
        "RUNNING" => "An AWS Backup job has started.",
        "EXPIRED" => "An AWS Backup job expired.",
        _ => "An AWS Backup job failed.",
    };
    let text_of = format!(
        "{said} Recovery point ARN: {}. Resource ARN : {}. BackupJob ID : {id}. Backup Job Completed Time : {}",
        text("RecoveryPointArn"),
        text("ResourceArn"),
        job.value("CompletionDate")
            .and_then(Value::as_timestamp)
            .map(|t| t.to_string())
            .unwrap_or_default(),
    );
    let notice = Notice { text: text_of, state: text("State"), id };
    event::notify(world, place, text("BackupVaultName"), events, &notice);
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupJobId")?;
    let place = call.place(&JOB);
    let job = call.find(world, &JOB, id)?;
    let found = source::name_of(job.fact("ResourceArn").unwrap_or_default());
    match job.fact("State") {
        Some("CREATED" | "PENDING") => {}
        // The owners of these cannot be stopped once they have begun.
        Some("RUNNING") if !matches!(found, Some("Aurora" | "RDS" | "FSx")) => {}
        Some("RUNNING") => {
            return Err(refused(format!(
                "Stop backup job is not supported for this resource type: job {id}"
            )));
        }
        _ => return Err(refused(format!("Backup job {id} is not running and cannot be stopped"))),
    }
    world.set(&place, id, "State", "ABORTING");
    event::say(world, &place, id, "Backup Job");
    world.schedule(later(call.now, 20), Task::new("backup:job-aborted", &place, id));
    Ok(Value::object())
}

/// How far a job is.
fn progress(job: &Resource, now: Timestamp) -> Option<f64> {
    if job.fact("State") != Some("RUNNING") {
        return None;
    }
    let begun = job.value("InitiationDate")?.as_timestamp()?;
    let done = job.inside.get("DoneAt")?.as_timestamp()?;
    let whole = done.duration_since(begun).as_secs_f64().max(1.0);
    Some((now.duration_since(begun).as_secs_f64() / whole * 100.0).clamp(0.0, 99.0))
}

fn shown(call: &Call, job: &Resource, mut description: Object) -> Object {
    if let Some(percent) = progress(job, call.now) {
        description.insert("PercentDone", format!("{percent:.1}"));
    }
    description
}

fn show(call: &Call, world: &mut World) -> Answer {
    let id = call.required("BackupJobId")?;
    let job = call.find(world, &JOB, id)?;
    let description = call.describe(&JOB, id, job);
    Ok(call.fit(shown(call, job, description).into()))
}

/// Jobs are listed for thirty days.
const LISTED_DAYS: i64 = 30;

fn list(call: &Call, world: &mut World) -> Answer {
    let show =
        |id: &str, job: &Resource, description| plain(id, job, shown(call, job, description));
    let oldest = days_later(call.now, -LISTED_DAYS);
    let is_recent = |job: &Resource| {
        job.value("CreationDate").and_then(Value::as_timestamp).is_some_and(|at| at >= oldest)
    };
    let keep = |_: &str, job: &Resource| is_recent(job) && narrow::fits(call, job);
    PAGES.list((call, world), (&JOB, "BackupJobs"), keep, show).map(|output| call.fit(output))
}

//! Copy jobs: a recovery point's twin in another vault, Region or account.

use reeve_model::{Object, Value};

use super::{
    PAGES, event,
    event::Notice,
    narrow, not_found,
    point::{self, POINT},
    rule, settings, source,
    vault::{self, VAULT},
};
use crate::{
    access::resource_policies::{self, Asker},
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
        ("StartCopyJob", Action::Own(start)),
        ("DescribeCopyJob", Action::Own(show)),
        ("ListCopyJobs", Action::Own(list)),
    ],
    tasks: &[("backup:copy-start", run), ("backup:copy-end", end)],
};

/// A copy job.
pub(super) static JOB: Definition = Definition {
    resource_type: "AWS::Backup::CopyJob",
    arn: "arn:{partition}:backup:{region}:{account}:copy-job:{id}",
    identity: &[("CopyJobId", Identity::Id), ("AccountId", Identity::Account)],
    missing: Missing::new("ResourceNotFoundException", "Copy job with ID {id} does not exist"),
    ..Definition::OF
};

fn start(call: &Call, world: &mut World) -> Answer {
    let vault = call.id_of(&VAULT, call.required("SourceBackupVaultName")?);
    let arn = call.required("RecoveryPointArn")?;
    let point = call.resource(world, &POINT, &point::id_of(arn));
    let point = point.filter(|point| point.fact("BackupVaultName") == Some(&vault));
    let point =
        point.ok_or_else(|| not_found(format!("Cannot find recovery point. {arn}")))?.clone();
    if !matches!(point.fact("Status"), Some("COMPLETED" | "PARTIAL")) {
        return Err(super::refused("Recovery point is not in a state that can be copied"));
    }
    let destination = call.required("DestinationBackupVaultArn")?;
    if world.store.locate(destination).is_none_or(|(place, _)| place.kind != &VAULT) {
        return Err(call.invalid(format!("Destination backup vault {destination} does not exist")));
    }
    let lifecycle = call.input.get("Lifecycle");
    if let Some(wrong) = lifecycle.and_then(rule::wrong_lifecycle) {
        return Err(call.invalid(wrong));
    }
    let order = Order {
        destination,
        lifecycle: lifecycle.cloned(),
        role: call.required("IamRoleArn")?,
        from: None,
    };
    let id = begin(world, &call.place(&JOB), &point, &order);
    Ok(value!({"CopyJobId": (id), "CreationDate": (call.now), "IsParent": false}))
}

struct Order<'o> {
    destination: &'o str,
    lifecycle: Option<Value>,
    role: &'o str,
    /// The backup job whose rule asked for it.
    from: Option<&'o str>,
}

fn begin(world: &mut World, place: &Place, point: &Resource, order: &Order<'_>) -> String {
    let place = place.beside(&JOB);
    let id = world.uuid().to_uppercase();
    let fact = |member: &str| point.facts.get(member).cloned().unwrap_or_default();
    let mut described = object! {
        "SourceBackupVaultArn": (fact("BackupVaultArn")),
        "SourceRecoveryPointArn": (fact("RecoveryPointArn")),
        "DestinationBackupVaultArn": (order.destination),
        "ResourceArn": (fact("ResourceArn")),
        "ResourceType": (fact("ResourceType")),
        "ResourceName": (fact("ResourceName")),
        "CreationDate": (world.now()),
        "State": "CREATED",
        "BackupSizeInBytes": (fact("BackupSizeInBytes")),
        "IamRoleArn": (order.role),
        "CreatedBy": (fact("CreatedBy")),
        "IsParent": false,
    };
    // A copy without a lifecycle of its own lives as long as its source.
    let lifecycle = order.lifecycle.clone().or_else(|| point.facts.get("Lifecycle").cloned());
    if let Some(lifecycle) = lifecycle {
        described.insert("DestinationRecoveryPointLifecycle", lifecycle);
    }
    if let Some(job) = order.from {
        described.insert("CreatedByBackupJobId", job);
    }
    world.put(
        place.clone(),
        id.clone(),
        Resource::new(facts(described), std::sync::Arc::default()),
    );
    event::say(world, &place, &id, "Copy Job");
    let due = later(world.now(), 15);
    world.schedule(due, Task::new("backup:copy-start", &place, &id));
    id
}

/// Begins the copies that the rule of a backup job asks for.
pub(super) fn after_backup(world: &mut World, place: &Place, job: &str) {
    let Some(done) = world.get(place, job).cloned() else { return };
    let rule = done.inside.get("Rule").cloned().unwrap_or_default();
    let arn = done.fact("RecoveryPointArn").unwrap_or_default();
    let points = place.beside(&POINT);
    let Some(point) = world.get(&points, &point::id_of(arn)).cloned() else { return };
    for action in rule.list("CopyActions") {
        let order = Order {
            destination: action.text("DestinationBackupVaultArn"),
            lifecycle: action.get("Lifecycle").cloned(),
            role: done.fact("IamRoleArn").unwrap_or_default(),
            from: Some(job),
        };
        begin(world, place, &point, &order);
    }
}

fn run(world: &mut World, task: &Task) {
    let Some(job) = world.get(&task.place, &task.id) else { return };
    let bytes = job.value("BackupSizeInBytes").and_then(Value::as_i64).unwrap_or(0);
    world.set(&task.place, &task.id, "State", "RUNNING");
    event::say(world, &task.place, &task.id, "Copy Job");
    told(world, &task.place, &task.id, &["COPY_JOB_STARTED"]);
    let done = source::done_at(world, bytes);
    world.schedule(done, Task::new("backup:copy-end", &task.place, &task.id));
}

fn end(world: &mut World, task: &Task) {
    let (place, id) = (&task.place, task.id.as_str());
    if world.get(place, id).and_then(|job| job.fact("State")) != Some("RUNNING") {
        return;
    }
    let result = match world.fate(place, id, "CopyJob") {
        Fate::Never => return,
        Fate::Fails(reason) => Err(reason),
        Fate::Succeeds => copied(world, place, id),
    };
    let now = world.now();
    let event = if result.is_ok() { "COPY_JOB_SUCCESSFUL" } else { "COPY_JOB_FAILED" };
    world.change(place, id, |facts| {
        facts.insert("CompletionDate", now);
        match result {
            Ok(arn) => {
                facts.insert("State", "COMPLETED");
                facts.insert("DestinationRecoveryPointArn", arn);
                facts.insert("MessageCategory", "SUCCESS");
            }
            Err(reason) => {
                facts.insert("State", "FAILED");
                facts.insert("StatusMessage", reason);
                facts.insert("MessageCategory", "FAILURE");
            }
        }
    });
    event::say(world, place, id, "Copy Job");
    told(world, place, id, &[event]);
}

/// Makes the copy, and returns its ARN or why there is none.
fn copied(world: &mut World, place: &Place, id: &str) -> Result<String, String> {
    let job = world.get(place, id).cloned().ok_or("the copy job is gone")?;
    let source_arn = job.fact("SourceRecoveryPointArn").unwrap_or_default();
    let points = place.beside(&POINT);
    let point = world.get(&points, &point::id_of(source_arn)).cloned();
    let point = point.ok_or("The source recovery point no longer exists")?;
    let destination = job.fact("DestinationBackupVaultArn").unwrap_or_default();
    let (vault_place, vault_id) =
        world.store.locate(destination).ok_or("The destination backup vault does not exist")?;
    let vault =
        world.get(&vault_place, &vault_id).ok_or("The destination backup vault does not exist")?;
    let lifecycle = job.facts.get("DestinationRecoveryPointLifecycle");
    if let Some(forbidden) = vault::lock_forbids(vault, lifecycle) {
        return Err(forbidden);
    }
    let role = job.fact("IamRoleArn").unwrap_or_default();
    if vault_place.account != place.account
        && !(settings::crosses_accounts(world) && lets_in(world, vault, (place, role), destination))
    {
        return Err("Access Denied trying to call AWS Backup service".to_owned());
    }
    let key = vault.facts.get("EncryptionKeyArn").cloned().unwrap_or_default();
    let (arn, held) = hold(world, &point, &vault_place)?;
    let mut facts_of = Object::clone(&point.facts);
    facts_of.insert("RecoveryPointArn", arn.as_str());
    facts_of.insert("BackupVaultName", vault_id.as_str());
    facts_of.insert("BackupVaultArn", destination);
    facts_of.insert("SourceBackupVaultArn", job.fact("SourceBackupVaultArn").unwrap_or_default());
    facts_of.insert("EncryptionKeyArn", key);
    facts_of.insert("CreationDate", world.now());
    facts_of.insert("CompletionDate", world.now());
    facts_of.insert("StorageClass", "WARM");
    facts_of.insert("Status", "COMPLETED");
    facts_of.remove("LastRestoreTime");
    match lifecycle {
        Some(lifecycle) => facts_of.insert("Lifecycle", lifecycle.clone()),
        None => facts_of.remove("Lifecycle"),
    };
    let mut inside = Object::clone(&point.inside);
    inside.insert("Held", held);
    let copy = Resource::new(facts(facts_of), point.tags.clone()).with_inside(inside);
    let target = Place { kind: &POINT, ..vault_place };
    let key = point::id_of(&arn);
    world.put(target.clone(), key.clone(), copy);
    point::calculate(world, &target, &key);
    event::say(world, &target, &key, "Recovery Point");
    Ok(arn)
}

/// Whether a vault's access policy lets a role of another account copy into it.
fn lets_in(world: &World, vault: &Resource, (from, role): (&Place, &str), arn: &str) -> bool {
    let policy = vault.inside.text("Policy");
    let asker = Asker { account: &from.account, role };
    resource_policies::opens_to(world, policy, &asker, ("backup:CopyIntoBackupVault", arn))
}

/// Puts the same as holds a recovery point into another place: its ARN, and what holds it there.
fn hold(world: &mut World, point: &Resource, target: &Place) -> Result<(String, Value), String> {
    let region = &target.region;
    let partition = region.partition();
    let held = point.inside.get("Held").cloned().unwrap_or_default();
    let Some((kind, source_id)) = source::held_kind(&held) else {
        let id = world.uuid();
        let arn = format!("arn:{partition}:backup:{region}:{}:recovery-point:{id}", target.account);
        return Ok((arn, Value::Null));
    };
    let source_arn = point.fact("ResourceArn").unwrap_or_default();
    let vault = point.fact("BackupVaultArn").unwrap_or_default();
    let (vault_place, _) =
        world.store.parse(vault).ok_or("The source backup vault does not exist")?;
    let from = Place { kind, ..vault_place };
    let original = world.get(&from, source_id).cloned();
    let mut original =
        original.ok_or_else(|| format!("{source_id} of {source_arn} no longer exists"))?;
    let id = match kind.resource_type {
        "AWS::EC2::Snapshot" => format!("snap-{}", world.random_hex(17)),
        "AWS::EC2::Image" => format!("ami-{}", world.random_hex(17)),
        "AWS::FSx::Backup" => format!("backup-{}", world.random_hex(17)),
        "AWS::DynamoDB::Backup" | "AWS::Redshift::ClusterSnapshot" => {
            let (owner, _) = source_id.rsplit_once('/').unwrap_or((source_id, ""));
            format!("{owner}/awsbackup:copyjob-{}", world.uuid())
        }
        _ => format!("awsbackup:copyjob-{}", world.uuid()),
    };
    original.facts_mut().insert("OwnerId", target.account.as_str());
    let place = Place { kind, ..target.clone() };
    world.put(place, id.clone(), original);
    let owned = kind.arn(&target.account, region, &id);
    let arn = match kind.resource_type {
        "AWS::EC2::Snapshot" => format!("arn:{partition}:ec2:{region}::snapshot/{id}"),
        "AWS::EC2::Image" => format!("arn:{partition}:ec2:{region}::image/{id}"),
        _ => owned,
    };
    Ok((arn, value!({"Type": (kind.resource_type), "Id": (id)})))
}

fn told(world: &mut World, place: &Place, id: &str, events: &[&str]) {
    let Some(job) = world.get(place, id).cloned() else { return };
    let text = |member: &str| job.fact(member).unwrap_or_default();
    let said = match text("State") {
        "COMPLETED" => "An AWS Backup copy job was completed successfully.",
        "RUNNING" => "An AWS Backup copy job has started.",
        _ => "An AWS Backup copy job failed.",
    };
    let notice = Notice {
        text: format!(
            "{said} Source recovery point ARN: {}. CopyJob ID : {id}.",
            text("SourceRecoveryPointArn")
        ),
        state: text("State"),
        id,
    };
    let vault = text("SourceBackupVaultArn").rsplit(':').next().unwrap_or_default();
    event::notify(world, place, vault, events, &notice);
}

fn show(call: &Call, world: &mut World) -> Answer {
    let id = call.required("CopyJobId")?;
    let job = call.find(world, &JOB, id)?;
    let description = call.describe(&JOB, id, job);
    Ok(call.fit(Value::from_iter([("CopyJob", description)])))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let keep = |_: &str, job: &Resource| narrow::fits(call, job);
    let listed = PAGES.list((call, world), (&JOB, "CopyJobs"), keep, plain);
    listed.map(|output| call.fit(output))
}

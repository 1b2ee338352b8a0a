//! Backup vaults: what holds recovery points, with a lock, an access policy and notifications.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region};
use serde_json::json;

use super::{PAGES, days_later, event, not_found, point, refused};
use crate::{
    call::{Answer, Call},
    check::unsupported,
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, List, NewId, TagInput},
    services::Part,
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&VAULT],
    operations: &[
        ("CreateBackupVault", Action::Create(&CREATE)),
        ("CreateLogicallyAirGappedBackupVault", Action::Create(&CREATE_AIR_GAPPED)),
        ("DescribeBackupVault", Action::Own(show)),
        (
            "ListBackupVaults",
            Action::Own(|call, world| {
                unsupported(call, &["ByShared"])?;
                Action::List(&LIST).perform(call, world)
            }),
        ),
        ("DeleteBackupVault", Action::Own(delete)),
        ("PutBackupVaultAccessPolicy", Action::Own(put_policy)),
        ("GetBackupVaultAccessPolicy", Action::Own(get_policy)),
        ("DeleteBackupVaultAccessPolicy", Action::Own(delete_policy)),
        ("PutBackupVaultLockConfiguration", Action::Own(lock)),
        ("DeleteBackupVaultLockConfiguration", Action::Own(unlock)),
        ("PutBackupVaultNotifications", Action::Own(put_notifications)),
        ("GetBackupVaultNotifications", Action::Own(get_notifications)),
        ("DeleteBackupVaultNotifications", Action::Own(delete_notifications)),
    ],
    tasks: &[],
};

/// `AWS::Backup::BackupVault`.
pub(super) static VAULT: Definition = Definition {
    resource_type: "AWS::Backup::BackupVault",
    tagging_type: "backup:backup-vault",
    arn: "arn:{partition}:backup:{region}:{account}:backup-vault:{id}",
    identity: &[("BackupVaultName", Identity::Id), ("BackupVaultArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Backup vault {id} not found"),
    sample: Some(|sample| {
        json!({
            "CreationDate": sample.created(),
            "VaultType": "BACKUP_VAULT",
            "VaultState": "AVAILABLE",
            "Locked": false,
            "EncryptionKeyArn": key_of(&sample.place.account, &sample.place.region),
        })
    }),
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &VAULT,
    id: NewId::Member("BackupVaultName"),
    keep: &[("EncryptionKeyArn", "EncryptionKeyArn"), ("CreatorRequestId", "CreatorRequestId")],
    facts: made,
    tags: TagInput::Map("BackupVaultTags"),
    exists: ("AlreadyExistsException", "Backup vault with the same name already exists"),
    check: check_name,
    then: created,
    ..Create::OF
};

static CREATE_AIR_GAPPED: Create = Create {
    keep: &[
        ("EncryptionKeyArn", "EncryptionKeyArn"),
        ("CreatorRequestId", "CreatorRequestId"),
        ("MinRetentionDays", "MinRetentionDays"),
        ("MaxRetentionDays", "MaxRetentionDays"),
    ],
    facts: made_air_gapped,
    check: check_air_gapped,
    ..CREATE_OF
};

const CREATE_OF: Create = Create {
    kind: &VAULT,
    id: NewId::Member("BackupVaultName"),
    tags: TagInput::Map("BackupVaultTags"),
    exists: ("AlreadyExistsException", "Backup vault with the same name already exists"),
    then: created,
    ..Create::OF
};

static LIST: List = List {
    kind: &VAULT,
    member: "BackupVaultList",
    paging: &PAGES,
    filters: Filters::Members(&[("ByVaultType", "VaultType")]),
    show: Some(|call, world, id, description| counted(call, world, id, description).into()),
    ..List::OF
};

fn made(call: &Call, _: &mut World) -> Object {
    let mut facts = object! {
        "CreationDate": (call.now),
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "Locked": false,
    };
    if call.text("EncryptionKeyArn").is_none() {
        facts.insert("EncryptionKeyArn", usual_key(call));
    }
    facts
}

fn made_air_gapped(call: &Call, world: &mut World) -> Object {
    let mut facts = made(call, world);
    facts.insert("VaultType", "LOGICALLY_AIR_GAPPED_BACKUP_VAULT");
    facts.insert("Locked", true);
    facts
}

/// The key of vaults that were made without one: the account's own for AWS Backup.
fn usual_key(call: &Call) -> String {
    key_of(call.account(), &call.region)
}

fn key_of(account: &AccountId, region: &Region) -> String {
    let key = crate::kind::uuid_of(&format!("aws/backup/{account}/{region}"));
    format!("arn:{}:kms:{region}:{account}:key/{key}", region.partition())
}

fn created(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    announce(call, world, id, "CREATED");
    Ok(())
}

fn announce(call: &Call, world: &mut World, id: &str, state: &str) {
    event::say_state(world, &call.place(&VAULT), id, ("Backup Vault", state));
}

fn check_name(call: &Call, _: &mut World, name: &str) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(2..=50).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(call.invalid(format!("Invalid backup vault name: {name}")));
    }
    Ok(())
}

fn check_air_gapped(call: &Call, world: &mut World, name: &str) -> Result<(), Failure> {
    let (least, most) = (call.integer("MinRetentionDays"), call.integer("MaxRetentionDays"));
    if least.is_none_or(|days| days < 7) || most.is_none_or(|days| Some(days) < least) {
        return Err(
            call.invalid("MinRetentionDays must be at least 7 and at most MaxRetentionDays")
        );
    }
    check_name(call, world, name)
}

/// A vault's description with what changes without anybody saying so.
fn counted(call: &Call, world: &World, id: &str, mut description: Object) -> Object {
    let points = point::in_vault(world, &call.place(&point::POINT), id).count();
    description.insert("NumberOfRecoveryPoints", i64::try_from(points).unwrap_or(i64::MAX));
    description
}

fn show(call: &Call, world: &mut World) -> Answer {
    if call.text("BackupVaultAccountId").is_some_and(|owner| owner != call.account().as_str()) {
        return Err(Failure::new(
            "AccessDeniedException",
            "Insufficient privileges to perform this action.",
        )
        .with_status(403));
    }
    let (id, vault) = named(call, world)?;
    let description = call.describe(&VAULT, &id, vault);
    Ok(call.fit(counted(call, world, &id, description).into()))
}

/// The vault that a call names.
pub(super) fn named<'w>(call: &Call, world: &'w World) -> Result<(String, &'w Resource), Failure> {
    let id = call.id_of(&VAULT, call.required("BackupVaultName")?);
    let vault = call.resource(world, &VAULT, &id).ok_or_else(|| {
        let message = "Insufficient privileges to perform this action.";
        // A vault that does not exist cannot be told from one that belongs to others, except when it is described.
        if call.operation == "DescribeBackupVault" {
            Failure::new("AccessDeniedException", message).with_status(403)
        } else {
            not_found(format!("Backup vault {id} not found"))
        }
    })?;
    Ok((id, vault))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call, world)?;
    if point::in_vault(world, &call.place(&point::POINT), &id).next().is_some() {
        return Err(refused("Backup vault cannot be deleted because it contains recovery points."));
    }
    announce(call, world, &id, "DELETED");
    world.remove(&call.place(&VAULT), &id);
    Ok(Value::object())
}

fn change(call: &Call, world: &mut World, member: &str, value: Option<Value>) -> Answer {
    let (id, _) = named(call, world)?;
    world.change_inside(&call.place(&VAULT), &id, |inside| match value {
        Some(value) => {
            inside.insert(member, value);
        }
        None => {
            inside.remove(member);
        }
    });
    announce(call, world, &id, "MODIFIED");
    Ok(Value::object())
}

fn put_policy(call: &Call, world: &mut World) -> Answer {
    let policy = call.text("Policy").ok_or_else(|| call.invalid("Policy must be provided"))?;
    let read = serde_json::from_str::<serde_json::Value>(policy);
    if !read.is_ok_and(|policy| policy.get("Statement").is_some()) {
        return Err(
            call.invalid("The specified policy cannot be added to the vault due to invalid JSON")
        );
    }
    change(call, world, "Policy", Some(Value::from(policy)))
}

fn get_policy(call: &Call, world: &mut World) -> Answer {
    let (id, vault) = named(call, world)?;
    let policy = vault.inside.get("Policy").cloned();
    let policy = policy.ok_or_else(|| not_found("Access policy not found for backup vault"))?;
    let arn = call.arn_of(&VAULT, &id);
    Ok(value!({"BackupVaultName": (id), "BackupVaultArn": (arn), "Policy": (policy)}))
}

fn delete_policy(call: &Call, world: &mut World) -> Answer {
    change(call, world, "Policy", None)
}

/// A lock holds at once in governance mode; one with days of grace cannot be taken back after them.
fn lock(call: &Call, world: &mut World) -> Answer {
    let (id, vault) = named(call, world)?;
    if is_final(vault, call.now) {
        return Err(refused("Backup vault lock configuration cannot be changed: it is immutable"));
    }
    let (least, most) = (call.integer("MinRetentionDays"), call.integer("MaxRetentionDays"));
    if least.is_some_and(|days| days < 1) || most.is_some_and(|days| days < 1) {
        return Err(call.invalid("Retention days must be at least 1"));
    }
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        return Err(call.invalid("MinRetentionDays must not be greater than MaxRetentionDays"));
    }
    let grace = call.integer("ChangeableForDays");
    if grace.is_some_and(|days| days < 3) {
        return Err(call.invalid("ChangeableForDays must be greater than or equal to 3"));
    }
    world.change(&call.place(&VAULT), &id, |facts| {
        facts.insert("Locked", true);
        for (member, days) in [("MinRetentionDays", least), ("MaxRetentionDays", most)] {
            match days {
                Some(days) => {
                    facts.insert(member, days);
                }
                None => {
                    facts.remove(member);
                }
            }
        }
        match grace {
            Some(days) => {
                facts.insert("LockDate", days_later(call.now, days));
            }
            None => {
                facts.remove("LockDate");
            }
        }
    });
    announce(call, world, &id, "MODIFIED");
    Ok(Value::object())
}

/// Whether a vault's lock can no longer be taken back.
fn is_final(vault: &Resource, now: Timestamp) -> bool {
    vault.value("LockDate").and_then(Value::as_timestamp).is_some_and(|date| date <= now)
}

fn unlock(call: &Call, world: &mut World) -> Answer {
    let (id, vault) = named(call, world)?;
    if is_final(vault, call.now) {
        return Err(refused("Backup vault lock configuration cannot be deleted: it is immutable"));
    }
    world.change(&call.place(&VAULT), &id, |facts| {
        facts.insert("Locked", false);
        for member in ["MinRetentionDays", "MaxRetentionDays", "LockDate"] {
            facts.remove(member);
        }
    });
    announce(call, world, &id, "MODIFIED");
    Ok(Value::object())
}

/// Why recovery points with this lifecycle may not be kept in a vault, if they may not.
pub(super) fn lock_forbids(vault: &Resource, lifecycle: Option<&Value>) -> Option<String> {
    if vault.value("Locked").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let bound = |member: &str| vault.value(member).and_then(Value::as_i64);
    let days = lifecycle
        .and_then(|lifecycle| lifecycle.get("DeleteAfterDays"))
        .and_then(Value::as_i64)
        .filter(|days| *days > 0);
    let short =
        bound("MinRetentionDays").is_some_and(|least| days.is_some_and(|days| days < least));
    let long = bound("MaxRetentionDays").is_some_and(|most| days.is_none_or(|days| days > most));
    (short || long).then(|| {
        "Backup job failed because the retention period does not fall within the minimum and \
         maximum retention period specified by the backup vault lock"
            .to_owned()
    })
}

fn put_notifications(call: &Call, world: &mut World) -> Answer {
    const KNOWN: [&str; 18] = [
        "BACKUP_JOB_STARTED",
        "BACKUP_JOB_COMPLETED",
        "BACKUP_JOB_SUCCESSFUL",
        "BACKUP_JOB_FAILED",
        "BACKUP_JOB_EXPIRED",
        "RESTORE_JOB_STARTED",
        "RESTORE_JOB_COMPLETED",
        "RESTORE_JOB_SUCCESSFUL",
        "RESTORE_JOB_FAILED",
        "COPY_JOB_STARTED",
        "COPY_JOB_SUCCESSFUL",
        "COPY_JOB_FAILED",
        "RECOVERY_POINT_MODIFIED",
        "BACKUP_PLAN_CREATED",
        "BACKUP_PLAN_MODIFIED",
        "S3_BACKUP_OBJECT_FAILED",
        "S3_RESTORE_OBJECT_FAILED",
        "RECOVERY_POINT_INDEX_COMPLETED",
    ];
    let events = call.texts("BackupVaultEvents");
    if let Some(unknown) = events.iter().find(|event| !KNOWN.contains(event)) {
        return Err(call.invalid(format!("Invalid backup vault event: {unknown}")));
    }
    let kept = value!({
        "SNSTopicArn": (call.required("SNSTopicArn")?),
        "BackupVaultEvents": (call.list("BackupVaultEvents").to_vec()),
    });
    change(call, world, "Notifications", Some(kept))
}

fn get_notifications(call: &Call, world: &mut World) -> Answer {
    let (id, vault) = named(call, world)?;
    let kept = vault.inside.get("Notifications").and_then(Value::as_object).cloned();
    let mut output = kept
        .ok_or_else(|| not_found("Failed reading notifications from database for Backup vault"))?;
    output.insert("BackupVaultArn", call.arn_of(&VAULT, &id));
    output.insert("BackupVaultName", id);
    Ok(output.into())
}

fn delete_notifications(call: &Call, world: &mut World) -> Answer {
    change(call, world, "Notifications", None)
}

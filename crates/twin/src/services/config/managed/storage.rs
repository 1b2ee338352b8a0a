//! Rules about buckets, databases, file systems, functions, keys and what else keeps something.

use reeve_model::Value;

use super::super::judge::{Compliance, Subject};
use crate::value::value;

/// Asks S3 about a bucket: nothing if it says that there is no such configuration.
fn bucket(subject: &mut Subject<'_>, operation: &str) -> Result<Option<Value>, Compliance> {
    let name = subject.id.clone();
    match subject.ask("s3", operation, value!({ "Bucket": (name) })) {
        Ok(found) => Ok(Some(found)),
        Err(code) if code.starts_with("NoSuch") || code.ends_with("NotFoundError") => Ok(None),
        Err(code) => Err(Compliance::Unknown(code)),
    }
}

/// Public access to the bucket is blocked.
pub(super) fn public_access_blocked(subject: &mut Subject<'_>) -> Compliance {
    let settings =
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    match bucket(subject, "GetPublicAccessBlock") {
        Err(unknown) => unknown,
        Ok(found) => {
            let found = found.unwrap_or_default();
            let is = |name: &&str| {
                let setting = found.path(&format!("PublicAccessBlockConfiguration.{name}"));
                setting.and_then(Value::as_bool) == Some(true)
            };
            Compliance::of(settings.iter().all(is), "Public access is not blocked.")
        }
    }
}

fn open_to_all(subject: &mut Subject<'_>, permissions: &[&str], reason: &str) -> Compliance {
    match public_access_blocked(subject) {
        Compliance::Compliant => return Compliance::Compliant,
        Compliance::Unknown(code) => return Compliance::Unknown(code),
        _ => {}
    }
    match bucket(subject, "GetBucketPolicyStatus") {
        Err(unknown) => return unknown,
        Ok(Some(status))
            if status.path("PolicyStatus.IsPublic").and_then(Value::as_bool) == Some(true) =>
        {
            return Compliance::NonCompliant(reason.to_owned());
        }
        Ok(_) => {}
    }
    match bucket(subject, "GetBucketAcl") {
        Err(unknown) => unknown,
        Ok(found) => {
            let found = found.unwrap_or_default();
            let grants = found.list("Grants");
            let is_open = grants.iter().any(|grant| {
                let uri = grant.path("Grantee.URI").and_then(Value::as_str).unwrap_or_default();
                let permission = grant.text("Permission");
                let everybody = uri.ends_with("/AllUsers") || uri.ends_with("/AuthenticatedUsers");
                everybody && permissions.contains(&permission)
            });
            Compliance::of(!is_open, reason)
        }
    }
}

/// Nobody unknown reads the bucket.
pub(super) fn no_public_read(subject: &mut Subject<'_>) -> Compliance {
    open_to_all(subject, &["READ", "FULL_CONTROL"], "The bucket allows public read access.")
}

/// Nobody unknown writes to the bucket.
pub(super) fn no_public_write(subject: &mut Subject<'_>) -> Compliance {
    open_to_all(subject, &["WRITE", "FULL_CONTROL"], "The bucket allows public write access.")
}

/// Access to the bucket is logged.
pub(super) fn bucket_logging(subject: &mut Subject<'_>) -> Compliance {
    match bucket(subject, "GetBucketLogging") {
        Err(unknown) => unknown,
        Ok(found) => {
            let is = found.is_some_and(|found| found.get("LoggingEnabled").is_some());
            Compliance::of(is, "Server access logging is not enabled.")
        }
    }
}

/// The bucket encrypts.
pub(super) fn bucket_encryption(subject: &mut Subject<'_>) -> Compliance {
    match bucket(subject, "GetBucketEncryption") {
        Err(unknown) => unknown,
        Ok(found) => Compliance::of(found.is_some(), "Default encryption is not enabled."),
    }
}

/// The bucket's policy refuses what is not encrypted on its way.
pub(super) fn secure_transport(subject: &mut Subject<'_>) -> Compliance {
    match bucket(subject, "GetBucketPolicy") {
        Err(unknown) => unknown,
        Ok(found) => {
            let found = found.unwrap_or_default();
            let policy = found.text("Policy");
            let is = policy.contains("aws:SecureTransport") && policy.contains("Deny");
            Compliance::of(is, "The bucket's policy allows requests without SSL.")
        }
    }
}

/// The bucket keeps versions.
pub(super) fn versioning(subject: &mut Subject<'_>) -> Compliance {
    match bucket(subject, "GetBucketVersioning") {
        Err(unknown) => unknown,
        Ok(found) => {
            let found = found.unwrap_or_default();
            let status = found.get("Status").and_then(Value::as_str);
            Compliance::of(status == Some("Enabled"), "Versioning is not enabled.")
        }
    }
}

/// A database is backed up.
pub(super) fn database_backup(subject: &mut Subject<'_>) -> Compliance {
    let days = subject.resource.value("BackupRetentionPeriod").and_then(Value::as_i64);
    match days {
        None => Compliance::Unknown("the retention of backups is not known".to_owned()),
        Some(days) => Compliance::of(days > 0, "Automated backups are disabled."),
    }
}

/// A database is kept at the newest minor version.
pub(super) fn minor_upgrades(subject: &mut Subject<'_>) -> Compliance {
    subject.must("AutoMinorVersionUpgrade", true, "Automatic minor version upgrades are disabled.")
}

/// It cannot be deleted by mistake.
pub(super) fn deletion_protection(subject: &mut Subject<'_>) -> Compliance {
    subject.must("DeletionProtection", true, "Deletion protection is disabled.")
}

/// A database is monitored closely.
pub(super) fn enhanced_monitoring(subject: &mut Subject<'_>) -> Compliance {
    let interval =
        subject.resource.value("MonitoringInterval").and_then(Value::as_i64).unwrap_or(0);
    Compliance::of(interval > 0, "Enhanced monitoring is disabled.")
}

/// It cannot be reached from everywhere.
pub(super) fn not_public(subject: &mut Subject<'_>) -> Compliance {
    subject.must("PubliclyAccessible", false, "It is publicly accessible.")
}

/// A database is in several zones.
pub(super) fn multiple_zones(subject: &mut Subject<'_>) -> Compliance {
    subject.must("MultiAZ", true, "It is in one Availability Zone.")
}

/// A snapshot is encrypted.
pub(super) fn snapshot_encrypted(subject: &mut Subject<'_>) -> Compliance {
    encrypted(subject)
}

/// A database's storage is encrypted.
pub(super) fn storage_encrypted(subject: &mut Subject<'_>) -> Compliance {
    subject.must("StorageEncrypted", true, "The storage is not encrypted.")
}

/// It is encrypted.
pub(super) fn encrypted(subject: &mut Subject<'_>) -> Compliance {
    subject.must("Encrypted", true, "It is not encrypted.")
}

/// A table can be restored to any point in time.
pub(super) fn point_in_time(subject: &mut Subject<'_>) -> Compliance {
    let name = subject.id.clone();
    match subject.ask("dynamodb", "DescribeContinuousBackups", value!({ "TableName": (name) })) {
        Err(code) => Compliance::Unknown(code),
        Ok(found) => {
            let path = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus";
            let status = found.path(path).and_then(Value::as_str);
            Compliance::of(status == Some("ENABLED"), "Point-in-time recovery is disabled.")
        }
    }
}

/// A table cannot be deleted by mistake.
pub(super) fn table_protection(subject: &mut Subject<'_>) -> Compliance {
    let is = subject.flag("DeletionProtectionEnabled").unwrap_or(false);
    Compliance::of(is, "Deletion protection is disabled.")
}

/// A domain is encrypted at rest.
pub(super) fn domain_encrypted(subject: &mut Subject<'_>) -> Compliance {
    let is = subject.flag("EncryptionAtRestOptions.Enabled").unwrap_or(false);
    Compliance::of(is, "Encryption at rest is disabled.")
}

/// A recovery point is encrypted.
pub(super) fn recovery_point_encrypted(subject: &mut Subject<'_>) -> Compliance {
    subject.must("IsEncrypted", true, "The recovery point is not encrypted.")
}

/// A function has somewhere for what fails.
pub(super) fn dead_letters(subject: &mut Subject<'_>) -> Compliance {
    let target = subject.text("DeadLetterConfig.TargetArn");
    Compliance::of(!target.is_empty(), "The function has no dead-letter queue.")
}

/// A function's runtime and settings are allowed.
pub(super) fn function_settings(subject: &mut Subject<'_>) -> Compliance {
    let runtimes = subject.parameter("runtime").unwrap_or_default();
    let runtime = subject.text("Runtime");
    if runtime.is_empty() {
        return Compliance::NotApplicable;
    }
    let is = runtimes.split(',').any(|one| one.trim() == runtime);
    Compliance::of(is, "The runtime is not allowed.")
}

/// A function is in a VPC.
pub(super) fn function_in_vpc(subject: &mut Subject<'_>) -> Compliance {
    Compliance::of(!subject.list("VpcConfig.SubnetIds").is_empty(), "The function is not in a VPC.")
}

/// A topic encrypts.
pub(super) fn topic_encrypted(subject: &mut Subject<'_>) -> Compliance {
    let arn = subject.place.arn_of(subject.place.kind, &subject.id);
    match subject.ask("sns", "GetTopicAttributes", value!({ "TopicArn": (arn) })) {
        Err(code) => Compliance::Unknown(code),
        Ok(found) => {
            let key =
                found.path("Attributes.KmsMasterKeyId").and_then(Value::as_str).unwrap_or_default();
            Compliance::of(!key.is_empty(), "The topic is not encrypted.")
        }
    }
}

/// A secret is rotated.
pub(super) fn secret_rotated(subject: &mut Subject<'_>) -> Compliance {
    let is = subject.flag("RotationEnabled").unwrap_or(false);
    Compliance::of(is, "Rotation is not enabled.")
}

/// An alarm does something.
pub(super) fn alarm_acts(subject: &mut Subject<'_>) -> Compliance {
    let has = |member: &str| !subject.list(member).is_empty();
    Compliance::of(has("AlarmActions"), "The alarm has no action.")
}

/// A log group keeps its events long enough.
pub(super) fn retention(subject: &mut Subject<'_>) -> Compliance {
    let least: i64 =
        subject.parameter("MinRetentionTime").and_then(|days| days.parse().ok()).unwrap_or(365);
    // A group without a retention keeps its events for ever.
    let days = subject.resource.value("retentionInDays").and_then(Value::as_i64);
    Compliance::of(days.is_none_or(|days| days >= least), "The retention is too short.")
}

/// A key is rotated; keys that AWS manages and those that are not symmetric are not looked at.
pub(super) fn key_rotated(subject: &mut Subject<'_>) -> Compliance {
    let id = subject.id.clone();
    match subject.ask("kms", "GetKeyRotationStatus", value!({ "KeyId": (id) })) {
        Err(code) if code == "UnsupportedOperationException" => Compliance::NotApplicable,
        Err(code) => Compliance::Unknown(code),
        Ok(found) => {
            let is = found.flag("KeyRotationEnabled");
            Compliance::of(is, "Key rotation is disabled.")
        }
    }
}

/// A key is not about to be deleted.
pub(super) fn key_stays(subject: &mut Subject<'_>) -> Compliance {
    let is = subject.text("KeyState") != "PendingDeletion";
    Compliance::of(is, "The key is scheduled for deletion.")
}

/// A load balancer cannot be deleted by mistake.
pub(super) fn balancer_protection(subject: &mut Subject<'_>) -> Compliance {
    let arn = subject.place.arn_of(subject.place.kind, &subject.id);
    match subject.ask(
        "elbv2",
        "DescribeLoadBalancerAttributes",
        value!({ "LoadBalancerArn": (arn) }),
    ) {
        Err(code) => Compliance::Unknown(code),
        Ok(found) => {
            let attributes = found.list("Attributes");
            let is = attributes.iter().any(|one| {
                one.text("Key") == "deletion_protection.enabled" && one.text("Value") == "true"
            });
            Compliance::of(is, "Deletion protection is disabled.")
        }
    }
}

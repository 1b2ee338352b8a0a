//! Rules about an account as a whole, its users and its trails.

use jiff::Timestamp;
use reeve_model::Value;

use super::super::judge::{Compliance, Subject};
use crate::value::value;

fn answered(answer: Result<Value, String>, judge: impl Fn(&Value) -> Compliance) -> Compliance {
    match answer {
        Ok(found) => judge(&found),
        Err(code) => Compliance::Unknown(code),
    }
}

fn has(found: &Value, member: &str) -> bool {
    !found.list(member).is_empty()
}

fn of_user(subject: &mut Subject<'_>, operation: &str) -> Result<Value, String> {
    let name = subject.text("UserName").to_owned();
    let name = if name.is_empty() { subject.id.clone() } else { name };
    subject.ask("iam", operation, value!({ "UserName": (name) }))
}

/// No snapshot can be restored by everybody.
pub(super) fn public_snapshots(subject: &mut Subject<'_>) -> Compliance {
    let account = subject.place.account.to_string();
    let input = value!({ "OwnerIds": [(account)], "RestorableByUserIds": ["all"] });
    answered(subject.ask("ec2", "DescribeSnapshots", input), |found| {
        Compliance::of(!has(found, "Snapshots"), "Snapshots are publicly restorable.")
    })
}

/// New volumes are encrypted.
pub(super) fn encryption_by_default(subject: &mut Subject<'_>) -> Compliance {
    answered(subject.ask("ec2", "GetEbsEncryptionByDefault", Value::object()), |found| {
        let is = found.flag("EbsEncryptionByDefault");
        Compliance::of(is, "EBS encryption by default is disabled.")
    })
}

/// A user's active keys are young enough.
pub(super) fn keys_rotated(subject: &mut Subject<'_>) -> Compliance {
    let days: i64 =
        subject.parameter("maxAccessKeyAge").and_then(|days| days.parse().ok()).unwrap_or(90);
    let now = subject.world.now();
    answered(of_user(subject, "ListAccessKeys"), |found| {
        let keys = found.list("AccessKeyMetadata");
        let is_old = |key: &Value| {
            let created = key
                .get("CreateDate")
                .and_then(Value::as_timestamp)
                .unwrap_or(Timestamp::UNIX_EPOCH);
            key.text("Status") == "Active" && now.as_second() - created.as_second() > days * 86_400
        };
        Compliance::of(!keys.iter().any(is_old), "An access key is too old.")
    })
}

/// A user has a second factor.
pub(super) fn user_mfa(subject: &mut Subject<'_>) -> Compliance {
    answered(of_user(subject, "ListMFADevices"), |found| {
        Compliance::of(has(found, "MFADevices"), "The user has no MFA device.")
    })
}

/// A user who has a password has a second factor.
pub(super) fn console_mfa(subject: &mut Subject<'_>) -> Compliance {
    match of_user(subject, "GetLoginProfile") {
        Ok(_) => user_mfa(subject),
        Err(code) if code == "NoSuchEntity" => Compliance::NotApplicable,
        Err(code) => Compliance::Unknown(code),
    }
}

/// A user is in a group.
pub(super) fn user_in_group(subject: &mut Subject<'_>) -> Compliance {
    answered(of_user(subject, "ListGroupsForUser"), |found| {
        Compliance::of(has(found, "Groups"), "The user is in no group.")
    })
}

/// A user has permissions by groups and roles only.
pub(super) fn user_without_policies(subject: &mut Subject<'_>) -> Compliance {
    let own = of_user(subject, "ListUserPolicies");
    let attached = of_user(subject, "ListAttachedUserPolicies");
    answered(own, |own| {
        answered(attached.clone(), |attached| {
            let is = !has(own, "PolicyNames") && !has(attached, "AttachedPolicies");
            Compliance::of(is, "The user has policies.")
        })
    })
}

/// Passwords are long enough.
pub(super) fn password_policy(subject: &mut Subject<'_>) -> Compliance {
    let least: i64 = subject
        .parameter("MinimumPasswordLength")
        .and_then(|least| least.parse().ok())
        .unwrap_or(14);
    match subject.ask("iam", "GetAccountPasswordPolicy", Value::object()) {
        Err(code) if code == "NoSuchEntity" => {
            Compliance::NonCompliant("The account has no password policy.".to_owned())
        }
        answer => answered(answer, |found| {
            let length = found.path("PasswordPolicy.MinimumPasswordLength").and_then(Value::as_i64);
            Compliance::of(
                length.unwrap_or(0) >= least,
                "The minimum password length is too small.",
            )
        }),
    }
}

fn summary(subject: &mut Subject<'_>, name: &str) -> Result<i64, String> {
    let found = subject.ask("iam", "GetAccountSummary", Value::object())?;
    let count = found.path(&format!("SummaryMap.{name}")).and_then(Value::as_i64);
    count.ok_or_else(|| format!("{name} is not known"))
}

/// The root user has no access key.
pub(super) fn root_key(subject: &mut Subject<'_>) -> Compliance {
    match summary(subject, "AccountAccessKeysPresent") {
        Ok(count) => Compliance::of(count == 0, "The root user has an access key."),
        Err(code) => Compliance::Unknown(code),
    }
}

/// The root user has a second factor.
pub(super) fn root_mfa(subject: &mut Subject<'_>) -> Compliance {
    match summary(subject, "AccountMFAEnabled") {
        Ok(count) => Compliance::of(count == 1, "The root user has no MFA device."),
        Err(code) => Compliance::Unknown(code),
    }
}

fn trails(subject: &mut Subject<'_>, wanted: impl Fn(&Value) -> bool, reason: &str) -> Compliance {
    let found = match subject.ask("cloudtrail", "DescribeTrails", Value::object()) {
        Ok(found) => found,
        Err(code) => return Compliance::Unknown(code),
    };
    for trail in found.list("trailList").iter().filter(|one| wanted(one)) {
        let arn = trail.text("TrailARN");
        let status = subject.ask("cloudtrail", "GetTrailStatus", value!({ "Name": (arn) }));
        if status.is_ok_and(|status| status.flag("IsLogging")) {
            return Compliance::Compliant;
        }
    }
    Compliance::NonCompliant(reason.to_owned())
}

/// The account has a trail that is on.
pub(super) fn trail(subject: &mut Subject<'_>) -> Compliance {
    trails(subject, |_| true, "No trail is logging.")
}

/// The account has a trail of all Regions that is on.
pub(super) fn trail_of_all_regions(subject: &mut Subject<'_>) -> Compliance {
    let all = |trail: &Value| trail.flag("IsMultiRegionTrail");
    trails(subject, all, "No multi-Region trail is logging.")
}

/// A trail is encrypted.
pub(super) fn trail_encrypted(subject: &mut Subject<'_>) -> Compliance {
    Compliance::of(!subject.text("KmsKeyId").is_empty(), "The trail is not encrypted.")
}

/// A trail's files can be checked.
pub(super) fn trail_validated(subject: &mut Subject<'_>) -> Compliance {
    let is = subject.flag("LogFileValidationEnabled").unwrap_or(false);
    Compliance::of(is, "Log file validation is disabled.")
}

/// `GuardDuty` is on.
pub(super) fn guardduty(subject: &mut Subject<'_>) -> Compliance {
    answered(subject.ask("guardduty", "ListDetectors", Value::object()), |found| {
        Compliance::of(has(found, "DetectorIds"), "GuardDuty is not enabled.")
    })
}

/// Security Hub is on.
pub(super) fn security_hub(subject: &mut Subject<'_>) -> Compliance {
    let is_on = subject.ask("securityhub", "DescribeHub", Value::object()).is_ok();
    Compliance::of(is_on, "Security Hub is not enabled.")
}

//! What can be said of an object after it was put: tags, access control lists, locks, restores; and its attributes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{access, bucket, bucket_tags, content, object::Target};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_list,
    objects::{Content, Restoration, Retention, Versioning},
    value::value,
    world::World,
};

/// How long a restore out of an archive takes.
const RESTORE: [(&str, i64); 3] = [("Expedited", 4), ("Standard", 4 * 60), ("Bulk", 10 * 60)];

/// Changes what a version says of itself; the version's id, if versions have ids here.
fn change(
    call: &Call,
    world: &mut World,
    change: impl FnOnce(&mut Content),
) -> Result<Option<String>, Failure> {
    let target = Target::of(call, world)?;
    target.find(call, world)?;
    let versioned = target.versioning(world) != Versioning::Off;
    let contents = world.objects.of_mut(&target.bucket);
    let Some(version) = contents.version_mut(&target.key, call.text("VersionId")) else {
        return Ok(None);
    };
    if let Some(content) = &mut version.content {
        change(Arc::make_mut(content));
    }
    Ok(versioned.then(|| version.id.clone()))
}

fn with_version(mut output: Object, version: Option<String>) -> Value {
    if let Some(version) = version {
        output.insert("VersionId", version);
    }
    output.into()
}

pub(super) fn get_tags(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (version, found) = target.find(call, world)?;
    let versioned = target.versioning(world) != Versioning::Off;
    let output = Object::from_iter([("TagSet", tag_list(&found.tags))]);
    Ok(with_version(output, versioned.then(|| version.id.clone())))
}

pub(super) fn put_tags(call: &Call, world: &mut World) -> Answer {
    let given = bucket_tags::posted(call);
    content::check_tags(call, &given)?;
    let tags: Tags = given.into_iter().collect();
    let version = change(call, world, |content| content.tags = tags)?;
    Ok(with_version(Object::new(), version))
}

pub(super) fn delete_tags(call: &Call, world: &mut World) -> Answer {
    let version = change(call, world, |content| content.tags.clear())?;
    Ok(with_version(Object::new(), version))
}

pub(super) fn get_acl(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (_, found) = target.find(call, world)?;
    Ok(access::canned_acl(&target.place, found.canned_acl.as_deref()))
}

pub(super) fn put_acl(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    access::check_acls(call, world, (&target.place, &target.bucket))?;
    if call.input.get("AccessControlPolicy").is_some() {
        let message = "A header you provided implies functionality that is not implemented";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let canned = call.text("ACL").map(str::to_owned);
    change(call, world, |content| content.canned_acl = canned)?;
    Ok(Value::object())
}

/// Refuses locks in a bucket that has none.
fn check_lockable(call: &Call, world: &World) -> Result<(), Failure> {
    let (place, name) = bucket::here(call, world)?;
    if bucket::fact(world, &place, &name, "ObjectLockConfiguration").is_some() {
        return Ok(());
    }
    Err(Failure::new("InvalidRequest", "Bucket is missing Object Lock Configuration"))
}

pub(super) fn get_retention(call: &Call, world: &mut World) -> Answer {
    check_lockable(call, world)?;
    let target = Target::of(call, world)?;
    let (_, found) = target.find(call, world)?;
    let retention = found.retention.as_ref().ok_or_else(no_lock)?;
    Ok(
        value!({"Retention": {"Mode": (retention.mode.as_str()), "RetainUntilDate": (retention.until)}}),
    )
}

fn no_lock() -> Failure {
    let message = "The specified object does not have a ObjectLock configuration";
    Failure::new("NoSuchObjectLockConfiguration", message).with_status(404)
}

pub(super) fn put_retention(call: &Call, world: &mut World) -> Answer {
    check_lockable(call, world)?;
    let target = Target::of(call, world)?;
    let (_, found) = target.find(call, world)?;
    let mode = call.input.path("Retention.Mode").and_then(Value::as_str);
    let until = call.input.path("Retention.RetainUntilDate").and_then(Value::as_timestamp);
    let wanted = mode.zip(until).map(|(mode, until)| Retention { mode: mode.to_owned(), until });
    if wanted.as_ref().is_some_and(|wanted| wanted.until <= call.now) {
        return Err(Failure::new(
            "InvalidArgument",
            "The retain until date must be in the future!",
        ));
    }
    if let Some(kept) = found.retention.as_ref().filter(|kept| kept.until > call.now) {
        let longer = wanted
            .as_ref()
            .is_some_and(|wanted| wanted.mode == kept.mode && wanted.until >= kept.until);
        let bypassed = kept.mode == "GOVERNANCE" && call.flag("BypassGovernanceRetention");
        if !longer && !bypassed {
            let message = "Access Denied because object protected by object lock.";
            return Err(Failure::new("AccessDenied", message).with_status(403));
        }
    }
    change(call, world, |content| content.retention = wanted)?;
    Ok(Value::object())
}

pub(super) fn get_legal_hold(call: &Call, world: &mut World) -> Answer {
    check_lockable(call, world)?;
    let target = Target::of(call, world)?;
    let (_, found) = target.find(call, world)?;
    let status = if found.legal_hold { "ON" } else { "OFF" };
    Ok(value!({"LegalHold": {"Status": (status)}}))
}

pub(super) fn put_legal_hold(call: &Call, world: &mut World) -> Answer {
    check_lockable(call, world)?;
    let held = call.input.path("LegalHold.Status").and_then(Value::as_str) == Some("ON");
    change(call, world, |content| content.legal_hold = held)?;
    Ok(Value::object())
}

pub(super) fn restore(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (_, found) = target.find(call, world)?;
    if !content::ARCHIVES.contains(&content::storage_class(found)) {
        let message = "Restore is not allowed for the object's current storage class";
        return Err(Failure::new("InvalidObjectState", message)
            .with_status(403)
            .with_detail("StorageClass", content::storage_class(found)));
    }
    let days =
        call.input.path("RestoreRequest.Days").and_then(Value::as_i64).filter(|days| *days >= 1);
    let days = days.ok_or_else(|| {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        Failure::new("MalformedXML", message)
    })?;
    if found.restoration.as_ref().is_some_and(|copy| call.now < copy.ready) {
        let message = "Object restore is already in progress";
        return Err(Failure::new("RestoreAlreadyInProgress", message).with_status(409));
    }
    let tier = call
        .input
        .path("RestoreRequest.GlacierJobParameters.Tier")
        .and_then(Value::as_str)
        .unwrap_or("Standard");
    let minutes =
        RESTORE.iter().find(|(name, _)| *name == tier).map_or(240, |(_, minutes)| *minutes);
    // Out of the deep archive everything takes longer.
    let deep = content::storage_class(found) == "DEEP_ARCHIVE";
    let minutes = if deep { minutes * 3 } else { minutes };
    let ready = match found.restoration.as_ref().filter(|copy| call.now < copy.expires) {
        Some(copy) => copy.ready,
        None => later(call.now, minutes),
    };
    let expires = later(ready, days.saturating_mul(24 * 60));
    change(call, world, |content| content.restoration = Some(Restoration { ready, expires }))?;
    Ok(Value::object())
}

fn later(from: Timestamp, minutes: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_mins(minutes.min(100 * 365 * 24 * 60))).unwrap_or(from)
}

pub(super) fn attributes(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (version, found) = target.find(call, world)?;
    let asked = call.texts("ObjectAttributes");
    let mut output = Object::from_iter([("LastModified", Value::from(version.modified))]);
    if target.versioning(world) != Versioning::Off {
        output.insert("VersionId", version.id.as_str());
    }
    for attribute in asked {
        match attribute {
            "ETag" => output.insert("ETag", super::etag::bare(&found.etag)),
            "StorageClass" => output.insert("StorageClass", content::storage_class(found)),
            "ObjectSize" => output.insert("ObjectSize", content::length(found.body.len())),
            "Checksum" => output.insert("Checksum", checksum(found)),
            "ObjectParts" if !found.parts.is_empty() => output.insert(
                "ObjectParts",
                value!({"TotalPartsCount": (content::length(found.parts.len()))}),
            ),
            _ => None,
        };
    }
    Ok(output.into())
}

fn checksum(found: &Content) -> Value {
    let mut sums: Object =
        found.checksums.iter().map(|(member, sum)| (member.as_str(), Value::from(sum))).collect();
    sums.insert("ChecksumType", "FULL_OBJECT");
    sums.into()
}

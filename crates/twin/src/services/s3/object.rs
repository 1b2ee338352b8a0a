//! Objects: put, got, headed, deleted, one at a time or many.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::{bucket, content, etag, notification, range, replication};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    objects::{Content, NULL, Version, Versioning},
    store::Place,
    value::value,
    world::World,
};

const LONGEST_KEY: usize = 1024;
const LARGEST_PUT: usize = 5 * 1024 * 1024 * 1024;

/// The object that a call is about.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Target {
    /// The object named by `Bucket` and `Key`.
    pub(super) fn of(call: &Call, world: &World) -> Result<Self, Failure> {
        let (place, bucket) = bucket::here(call, world)?;
        let key = call.required("Key")?;
        if key.len() > LONGEST_KEY {
            return Err(Failure::new("KeyTooLongError", "Your key is too long"));
        }
        Ok(Self { place, bucket, key: key.to_owned() })
    }

    /// Whether the bucket keeps old versions.
    pub(super) fn versioning(&self, world: &World) -> Versioning {
        bucket::versioning(world, &self.place, &self.bucket)
    }

    /// The version that a call names, or the current one. Refused if there is none, or only a marker.
    pub(super) fn find<'w>(
        &self,
        call: &Call,
        world: &'w World,
    ) -> Result<(&'w Version, &'w Arc<Content>), Failure> {
        let wanted = call.text("VersionId");
        let found =
            world.objects.of(&self.bucket).and_then(|contents| contents.version(&self.key, wanted));
        let Some(version) = found else {
            return Err(match wanted {
                Some(wanted) => {
                    Failure::new("NoSuchVersion", "The specified version does not exist.")
                        .with_status(404)
                        .with_detail("Key", self.key.as_str())
                        .with_detail("VersionId", wanted)
                }
                None => self.missing(),
            });
        };
        match &version.content {
            Some(content) => Ok((version, content)),
            None if wanted.is_some() => {
                let message = "The specified method is not allowed against this resource.";
                Err(Failure::new("MethodNotAllowed", message)
                    .with_status(405)
                    .with_header("x-amz-delete-marker", "true"))
            }
            None => Err(self
                .missing()
                .with_header("x-amz-delete-marker", "true")
                .with_header("x-amz-version-id", version.id.as_str())),
        }
    }

    fn missing(&self) -> Failure {
        Failure::new("NoSuchKey", "The specified key does not exist.")
            .with_status(404)
            .with_detail("Key", self.key.as_str())
    }

    /// Adds a version and tells those who want to know; the version's id, if versions have ids here.
    pub(super) fn store(
        &self,
        world: &mut World,
        mut content: Content,
        cause: &str,
    ) -> Option<String> {
        // A copy of a replica is an object like any other.
        content.headers.remove("ReplicationStatus");
        let versioning = self.versioning(world);
        let id = match versioning {
            Versioning::Enabled => world.random_letters(32),
            Versioning::Off | Versioning::Suspended => NULL.to_owned(),
        };
        let change = notification::Change {
            cause,
            size: Some(content.body.len()),
            etag: Some(content.etag.clone()),
            version: (versioning == Versioning::Enabled).then(|| id.clone()),
        };
        let version =
            Version { id: id.clone(), modified: world.now(), content: Some(Arc::new(content)) };
        world.objects.of_mut(&self.bucket).put(&self.key, version, versioning);
        notification::tell(world, self, &change);
        replication::begin(world, self, &id);
        (versioning != Versioning::Off).then_some(id)
    }
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    check_conditions(call, world, &target)?;
    let mut made = content::described(call, world, &target)?;
    (made.body, made.checksums) = content::body(call)?;
    if made.body.len() > LARGEST_PUT {
        let message = "Your proposed upload exceeds the maximum allowed size";
        return Err(Failure::new("EntityTooLarge", message));
    }
    made.etag = etag::of_body(made.body.bytes());
    let mut output = Object::from_iter([("ETag", Value::from(&made.etag))]);
    for (member, sum) in &made.checksums {
        output.insert(member.as_str(), sum.as_str());
    }
    output.insert("ChecksumType", "FULL_OBJECT");
    content::insert_encryption(&mut output, &made);
    if let Some(id) = target.store(world, made, "ObjectCreated:Put") {
        output.insert("VersionId", id);
    }
    Ok(output.into())
}

/// Refuses a write whose caller wants the key to be new, or to be as it was.
pub(super) fn check_conditions(call: &Call, world: &World, target: &Target) -> Result<(), Failure> {
    let current =
        world.objects.of(&target.bucket).and_then(|contents| contents.current(&target.key));
    let current = current.and_then(|version| version.content.as_ref());
    let failed = |condition: &str| {
        let message = "At least one of the pre-conditions you specified did not hold";
        Failure::new("PreconditionFailed", message)
            .with_status(412)
            .with_detail("Condition", condition)
    };
    if let Some(wanted) = call.text("IfNoneMatch") {
        if wanted != "*" {
            let message = "A header you provided implies functionality that is not implemented";
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
        if current.is_some() {
            return Err(failed("If-None-Match"));
        }
    }
    match (call.text("IfMatch"), current) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(target.missing()),
        (Some(wanted), Some(current)) if etag::bare(wanted) == etag::bare(&current.etag) => Ok(()),
        (Some(_), Some(_)) => Err(failed("If-Match")),
    }
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (version, found) = target.find(call, world)?;
    check_reading(call, version, found)?;
    let archived = content::ARCHIVES.contains(&content::storage_class(found));
    let restored = found
        .restoration
        .as_ref()
        .is_some_and(|copy| copy.ready <= call.now && call.now < copy.expires);
    if archived && !restored {
        let message = "The operation is not valid for the object's storage class";
        return Err(Failure::new("InvalidObjectState", message)
            .with_status(403)
            .with_detail("StorageClass", content::storage_class(found)));
    }
    let mut output = content::shown(call, version, found, target.versioning(world));
    let bytes = cut(call, found, &mut output)?;
    output.insert("Body", bytes);
    Ok(output.into())
}

pub(super) fn head(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (version, found) = target.find(call, world)?;
    check_reading(call, version, found)?;
    let mut output = content::shown(call, version, found, target.versioning(world));
    cut(call, found, &mut output)?;
    Ok(call.fit(output.into()))
}

/// The bytes asked for: all, a range, or one part.
fn cut(call: &Call, found: &Content, output: &mut Object) -> Result<Vec<u8>, Failure> {
    let whole = found.body.bytes();
    let asked = match (call.text("Range"), call.integer("PartNumber")) {
        (Some(header), _) => range::read(header, whole.len())?,
        (None, Some(number)) => {
            output.insert("PartsCount", content::length(found.parts.len().max(1)));
            Some(range::of_part(&found.parts, number, whole.len())?)
        }
        (None, None) => None,
    };
    let Some((first, end)) = asked else { return Ok(whole.to_vec()) };
    let bytes = whole.get(first..end).unwrap_or_default().to_vec();
    // The checksums are those of the whole.
    let sums: Vec<_> =
        output.names().filter(|name| name.starts_with("Checksum")).cloned().collect();
    for sum in sums {
        output.remove(&sum);
    }
    output.insert("ContentLength", content::length(bytes.len()));
    output
        .insert("ContentRange", format!("bytes {first}-{}/{}", end.saturating_sub(1), whole.len()));
    Ok(bytes)
}

/// Refuses a read whose caller knows what it would get, or wanted something else.
fn check_reading(call: &Call, version: &Version, found: &Content) -> Result<(), Failure> {
    let failed = || {
        let message = "At least one of the pre-conditions you specified did not hold";
        Failure::new("PreconditionFailed", message).with_status(412)
    };
    let unchanged = || Failure::new("NotModified", "Not Modified").with_status(304);
    let same = |wanted: &str| wanted == "*" || etag::bare(wanted) == etag::bare(&found.etag);
    let time = |member: &str| call.input.get(member).and_then(Value::as_timestamp);
    if let Some(wanted) = call.text("IfMatch") {
        if !same(wanted) {
            return Err(failed());
        }
    } else if time("IfUnmodifiedSince").is_some_and(|since| version.modified > since) {
        return Err(failed());
    }
    if let Some(known) = call.text("IfNoneMatch") {
        if same(known) {
            return Err(unchanged());
        }
    } else if time("IfModifiedSince").is_some_and(|since| version.modified <= since) {
        return Err(unchanged());
    }
    Ok(())
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let deleted = delete_one(call, world, &target, call.text("VersionId"))?;
    let mut output = Object::new();
    if deleted.marker {
        output.insert("DeleteMarker", true);
    }
    if let Some(version) = deleted.version {
        output.insert("VersionId", version);
    }
    Ok(output.into())
}

/// What a deletion did.
struct Deleted {
    /// Whether it made or took away a delete marker.
    marker: bool,
    /// The version that it made or took away.
    version: Option<String>,
}

/// Takes a version away, or hides the object behind a marker. What does not exist is deleted already.
fn delete_one(
    call: &Call,
    world: &mut World,
    target: &Target,
    version: Option<&str>,
) -> Result<Deleted, Failure> {
    let versioning = target.versioning(world);
    let change = |cause: &'static str, version: Option<String>| notification::Change {
        cause,
        size: None,
        etag: None,
        version,
    };
    if let Some(id) = version {
        let found = world
            .objects
            .of(&target.bucket)
            .and_then(|contents| contents.version(&target.key, Some(id)));
        if let Some(content) = found.and_then(|version| version.content.as_ref()) {
            check_lock(call, content)?;
        }
        let removed = world.objects.of_mut(&target.bucket).remove(&target.key, id);
        if removed.is_some() {
            notification::tell(world, target, &change("ObjectRemoved:Delete", Some(id.to_owned())));
        }
        let marker = removed.is_some_and(|version| version.is_marker());
        return Ok(Deleted { marker, version: Some(id.to_owned()) });
    }
    if versioning == Versioning::Off {
        let removed = world.objects.of_mut(&target.bucket).keys.remove(&target.key);
        if removed.is_some() {
            notification::tell(world, target, &change("ObjectRemoved:Delete", None));
        }
        return Ok(Deleted { marker: false, version: None });
    }
    let id = mark_deleted(world, target, versioning);
    notification::tell(
        world,
        target,
        &change("ObjectRemoved:DeleteMarkerCreated", Some(id.clone())),
    );
    Ok(Deleted { marker: true, version: Some(id) })
}

/// Puts a delete marker over an object.
pub(super) fn mark_deleted(world: &mut World, target: &Target, versioning: Versioning) -> String {
    let id = match versioning {
        Versioning::Enabled => world.random_letters(32),
        Versioning::Off | Versioning::Suspended => NULL.to_owned(),
    };
    let marker = Version { id: id.clone(), modified: world.now(), content: None };
    world.objects.of_mut(&target.bucket).put(&target.key, marker, versioning);
    replication::begin(world, target, &id);
    id
}

/// Refuses to delete a version that somebody has locked.
fn check_lock(call: &Call, content: &Content) -> Result<(), Failure> {
    let retained = content.retention.as_ref().is_some_and(|retention| {
        let bypassed = retention.mode == "GOVERNANCE" && call.flag("BypassGovernanceRetention");
        retention.until > call.now && !bypassed
    });
    if retained || content.legal_hold {
        let message = "Access Denied because object protected by object lock.";
        return Err(Failure::new("AccessDenied", message).with_status(403));
    }
    Ok(())
}

pub(super) fn delete_many(call: &Call, world: &mut World) -> Answer {
    let (place, bucket) = bucket::here(call, world)?;
    let objects = call.input.path("Delete.Objects").map_or(&[][..], Value::as_list);
    if objects.is_empty() || objects.len() > 1000 {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(Failure::new("MalformedXML", message));
    }
    let quiet = call.input.path("Delete.Quiet").and_then(Value::as_bool).unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in objects {
        let text = |member: &str| object.get(member).and_then(Value::as_str);
        let key = text("Key").unwrap_or_default().to_owned();
        let target = Target { place: place.clone(), bucket: bucket.clone(), key };
        let version = text("VersionId");
        match delete_one(call, world, &target, version) {
            Ok(done) => deleted.push(entry(&target.key, version, &done)),
            Err(failure) => errors.push(value!({
                "Key": (target.key.as_str()),
                "Code": (failure.code),
                "Message": (failure.message),
            })),
        }
    }
    let mut output = Object::new();
    if !quiet {
        output.insert("Deleted", deleted);
    }
    if !errors.is_empty() {
        output.insert("Errors", errors);
    }
    Ok(output.into())
}

fn entry(key: &str, asked: Option<&str>, done: &Deleted) -> Value {
    let mut entry = Object::from_iter([("Key", Value::from(key))]);
    if let Some(asked) = asked {
        entry.insert("VersionId", asked);
    }
    if done.marker {
        entry.insert("DeleteMarker", true);
        entry.insert("DeleteMarkerVersionId", done.version.clone().unwrap_or_default());
    }
    entry.into()
}

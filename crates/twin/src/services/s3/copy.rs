//! Copies of objects, and parts of uploads that are copied.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use reeve_model::{Object, Value};

use super::{BUCKET, bucket, content, etag, multipart, object::Target, range};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    objects::{Body, Content, Version, Versioning},
    store::Place,
    value::value,
    world::World,
};

/// What a copy is made of.
struct Source {
    version: Version,
    content: Arc<Content>,
    versioned: bool,
}

impl Source {
    /// Reads `CopySource`: a bucket, a key, and perhaps a version.
    fn of(call: &Call, world: &World) -> Result<Self, Failure> {
        let named = call.required("CopySource")?;
        let (path, version) = match named.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version)),
            None => (named, None),
        };
        let path =
            percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy().into_owned();
        let (name, key) = path.split_once('/').ok_or_else(|| {
            Failure::new(
                "InvalidArgument",
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            )
        })?;
        let (account, region) = bucket::owner(world, name).ok_or_else(|| {
            Failure::new("NoSuchBucket", "The specified bucket does not exist")
                .with_status(404)
                .with_detail("BucketName", name)
        })?;
        let place = Place { account, region, kind: &BUCKET };
        if place.account != *call.account() && bucket::fact(world, &place, name, "Policy").is_none()
        {
            return Err(Failure::new("AccessDenied", "Access Denied").with_status(403));
        }
        let found = world.objects.of(name).and_then(|contents| contents.version(key, version));
        let content = found.and_then(|found| found.content.clone());
        let (Some(found), Some(content)) = (found, content) else {
            return Err(match version {
                Some(_) => Failure::new("NoSuchVersion", "The specified version does not exist.")
                    .with_status(404),
                None => Failure::new("NoSuchKey", "The specified key does not exist.")
                    .with_status(404)
                    .with_detail("Key", key),
            });
        };
        let versioned = bucket::versioning(world, &place, name) != Versioning::Off;
        let source = Self { version: found.clone(), content, versioned };
        source.check(call)?;
        Ok(source)
    }

    /// Refuses a copy of what is not as its caller thinks.
    fn check(&self, call: &Call) -> Result<(), Failure> {
        let same = |wanted: &str| etag::bare(wanted) == etag::bare(&self.content.etag);
        let time = |member: &str| call.input.get(member).and_then(Value::as_timestamp);
        let modified = self.version.modified;
        let wrong = call.text("CopySourceIfMatch").is_some_and(|wanted| !same(wanted))
            || call.text("CopySourceIfNoneMatch").is_some_and(same)
            || time("CopySourceIfModifiedSince").is_some_and(|since| modified <= since)
            || time("CopySourceIfUnmodifiedSince").is_some_and(|since| modified > since);
        if wrong {
            let message = "At least one of the pre-conditions you specified did not hold";
            return Err(Failure::new("PreconditionFailed", message).with_status(412));
        }
        Ok(())
    }
}

pub(super) fn object(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let source = Source::of(call, world)?;
    let mut made = content::described(call, world, &target)?;
    let replaced = call.text("MetadataDirective") == Some("REPLACE");
    if !replaced {
        made.metadata.clone_from(&source.content.metadata);
        for (header, text) in &source.content.headers {
            // What encrypts the copy and where it is kept is the copy's own.
            if !["ServerSideEncryption", "SSEKMSKeyId", "StorageClass"].contains(&header.as_str()) {
                made.headers.insert(header.clone(), text.clone());
            }
        }
    }
    if call.text("TaggingDirective") != Some("REPLACE") {
        made.tags.clone_from(&source.content.tags);
    }
    check_self(call, &target, replaced)?;
    made.body = source.content.body.clone();
    made.checksums.clone_from(&source.content.checksums);
    made.etag = etag::of_body(made.body.bytes());
    let mut result = Object::from_iter([
        ("ETag", Value::from(&made.etag)),
        ("LastModified", Value::from(call.now)),
    ]);
    for (member, sum) in &made.checksums {
        result.insert(member.as_str(), sum.as_str());
    }
    let mut output = Object::from_iter([("CopyObjectResult", Value::from(result))]);
    content::insert_encryption(&mut output, &made);
    if source.versioned {
        output.insert("CopySourceVersionId", source.version.id.as_str());
    }
    if let Some(id) = target.store(world, made, "ObjectCreated:Copy") {
        output.insert("VersionId", id);
    }
    Ok(output.into())
}

/// A copy onto itself that changes nothing is refused.
fn check_self(call: &Call, target: &Target, replaced: bool) -> Result<(), Failure> {
    let own = format!("{}/{}", target.bucket, target.key);
    let named =
        percent_decode_str(call.text("CopySource").unwrap_or_default().trim_start_matches('/'))
            .decode_utf8_lossy();
    let changes = ["StorageClass", "ServerSideEncryption", "WebsiteRedirectLocation"];
    if named == own && !replaced && !changes.iter().any(|member| call.text(member).is_some()) {
        let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                       the object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(Failure::new("InvalidRequest", message));
    }
    Ok(())
}

pub(super) fn part(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let source = Source::of(call, world)?;
    let whole = source.content.body.bytes();
    let bytes = match call
        .text("CopySourceRange")
        .map(|header| range::read(header, whole.len()))
        .transpose()?
    {
        Some(Some((first, end))) => whole.get(first..end).unwrap_or_default().to_vec(),
        _ => whole.to_vec(),
    };
    let etag = multipart::keep_part(call, world, &target, Body::from(bytes))?;
    let mut output = Object::from_iter([(
        "CopyPartResult",
        value!({"ETag": (etag), "LastModified": (call.now)}),
    )]);
    if source.versioned {
        output.insert("CopySourceVersionId", source.version.id.as_str());
    }
    Ok(output.into())
}

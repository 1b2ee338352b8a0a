//! Objects that come in parts.

use reeve_model::{ChecksumAlgorithm, Object, Value};

use super::{
    bucket::canonical_id,
    content, etag,
    object::{self, Target},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    objects::{Body, Part, Upload},
    value::value,
    world::World,
};

const MOST_PARTS: i64 = 10_000;
/// Every part but the last has at least so many bytes.
const LEAST_PART: usize = 5 * 1024 * 1024;

pub(super) fn create(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let made = content::described(call, world, &target)?;
    let id = world.random_hex(64);
    let mut output = Object::from_iter([
        ("Bucket", Value::from(&target.bucket)),
        ("Key", Value::from(&target.key)),
        ("UploadId", Value::from(&id)),
    ]);
    content::insert_encryption(&mut output, &made);
    let upload = Upload { key: target.key, initiated: call.now, content: made, parts: [].into() };
    world.objects.of_mut(&target.bucket).uploads.insert(id, upload);
    Ok(output.into())
}

pub(super) fn upload_part(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let (body, checksums) = content::body(call)?;
    let etag = keep_part(call, world, &target, body)?;
    let mut output = Object::from_iter([("ETag", Value::from(etag))]);
    for (member, sum) in checksums {
        output.insert(member, sum);
    }
    Ok(output.into())
}

/// Adds a part to the upload that a call names; the part's entity tag.
pub(super) fn keep_part(
    call: &Call,
    world: &mut World,
    target: &Target,
    body: Body,
) -> Result<String, Failure> {
    let number = call.integer("PartNumber").unwrap_or(0);
    if !(1..=MOST_PARTS).contains(&number) {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        return Err(Failure::new("InvalidArgument", message));
    }
    find(call, world, target)?;
    let etag = etag::of_body(body.bytes());
    let part = Part { body, etag: etag.clone(), modified: call.now };
    let id = call.required("UploadId")?;
    if let Some(upload) = world.objects.of_mut(&target.bucket).uploads.get_mut(id) {
        upload.parts.insert(number, part);
    }
    Ok(etag)
}

fn find<'w>(call: &Call, world: &'w World, target: &Target) -> Result<&'w Upload, Failure> {
    let id = call.required("UploadId")?;
    let upload = world.objects.of(&target.bucket).and_then(|contents| contents.uploads.get(id));
    upload.filter(|upload| upload.key == target.key).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        Failure::new("NoSuchUpload", message).with_status(404).with_detail("UploadId", id)
    })
}

pub(super) fn complete(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let upload = find(call, world, &target)?.clone();
    object::check_conditions(call, world, &target)?;
    let chosen = chosen_parts(call, &upload)?;
    let mut bytes = Vec::new();
    for part in &chosen {
        bytes.extend_from_slice(part.body.bytes());
    }
    let mut made = upload.content;
    made.parts = chosen.iter().map(|part| part.body.len()).collect();
    made.etag = etag::of_parts(chosen.iter().map(|part| part.etag.as_str()));
    made.checksums.insert(
        "ChecksumCRC64NVME".to_owned(),
        etag::checksum(ChecksumAlgorithm::Crc64Nvme, &bytes),
    );
    made.body = Body::from(bytes);
    let mut output = Object::from_iter([
        (
            "Location",
            Value::from(format!(
                "https://{}.s3.{}.amazonaws.com/{}",
                target.bucket, call.region, target.key
            )),
        ),
        ("Bucket", Value::from(&target.bucket)),
        ("Key", Value::from(&target.key)),
        ("ETag", Value::from(&made.etag)),
    ]);
    content::insert_encryption(&mut output, &made);
    world.objects.of_mut(&target.bucket).uploads.remove(call.required("UploadId")?);
    if let Some(id) = target.store(world, made, "ObjectCreated:CompleteMultipartUpload") {
        output.insert("VersionId", id);
    }
    Ok(output.into())
}

/// The parts that the caller wants, in order.
fn chosen_parts(call: &Call, upload: &Upload) -> Result<Vec<Part>, Failure> {
    let listed = call.input.path("MultipartUpload.Parts").map_or(&[][..], Value::as_list);
    if listed.is_empty() {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(Failure::new("MalformedXML", message));
    }
    let mut chosen: Vec<Part> = Vec::new();
    let number_of = |wanted: &Value| wanted.get("PartNumber").and_then(Value::as_i64).unwrap_or(0);
    if !listed.is_sorted_by(|one, other| number_of(one) < number_of(other)) {
        let message = "The list of parts was not in ascending order. The parts list must be specified in order by part \
                       number.";
        return Err(Failure::new("InvalidPartOrder", message));
    }
    for (index, wanted) in listed.iter().enumerate() {
        let number = number_of(wanted);
        let tag = wanted.text("ETag");
        let part =
            upload.parts.get(&number).filter(|part| etag::bare(&part.etag) == etag::bare(tag));
        let part = part.ok_or_else(|| {
            let message = "One or more of the specified parts could not be found. The part may not have been uploaded, or \
                           the specified entity tag may not match the part's entity tag.";
            Failure::new("InvalidPart", message).with_detail("PartNumber", number.to_string())
        })?;
        if index + 1 < listed.len() && part.body.len() < LEAST_PART {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Failure::new("EntityTooSmall", message));
        }
        chosen.push(part.clone());
    }
    Ok(chosen)
}

pub(super) fn abort(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    find(call, world, &target)?;
    world.objects.of_mut(&target.bucket).uploads.remove(call.required("UploadId")?);
    Ok(Value::object())
}

pub(super) fn list_parts(call: &Call, world: &mut World) -> Answer {
    let target = Target::of(call, world)?;
    let upload = find(call, world, &target)?;
    let after = call.integer("PartNumberMarker").unwrap_or(0);
    let most = call
        .integer("MaxParts")
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(1000)
        .min(1000);
    let mut rest = upload.parts.range(after.saturating_add(1)..);
    let page: Vec<_> = rest.by_ref().take(most).collect();
    let more = rest.next().is_some();
    let parts = page.iter().map(|(number, part)| {
        value!({
            "PartNumber": (**number),
            "LastModified": (part.modified),
            "ETag": (part.etag.as_str()),
            "Size": (content::length(part.body.len())),
        })
    });
    let owner = Value::from_iter([("ID", canonical_id(&target.place.account))]);
    let mut output = Object::from_iter([
        ("Bucket", Value::from(&target.bucket)),
        ("Key", Value::from(&target.key)),
        ("UploadId", Value::from(call.required("UploadId")?)),
        ("PartNumberMarker", Value::from(after)),
        ("MaxParts", content::length(most)),
        ("IsTruncated", Value::from(more)),
        ("StorageClass", Value::from(content::storage_class(&upload.content))),
        ("Owner", owner.clone()),
        ("Initiator", owner),
        ("Parts", parts.collect()),
    ]);
    if let Some((last, _)) = page.last() {
        output.insert("NextPartNumberMarker", **last);
    }
    Ok(output.into())
}

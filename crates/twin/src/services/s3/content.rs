//! What an object is besides its bytes: read from the request that puts it, shown to those who ask.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use reeve_model::{ChecksumAlgorithm, Object, Value};
use reeve_types::Tags;

use super::{bucket, bucket_tags, etag, object::Target};
use crate::{
    call::Call,
    failure::Failure,
    objects::{Body, Content, NULL, Retention, Version, Versioning},
    tagging,
    world::World,
};

/// What is kept as the request says it and shown under the same names.
const HEADERS: [&str; 9] = [
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "WebsiteRedirectLocation",
    "StorageClass",
    "ServerSideEncryption",
    "SSEKMSKeyId",
];

const CHECKSUMS: [(&str, ChecksumAlgorithm); 5] = [
    ("ChecksumCRC32", ChecksumAlgorithm::Crc32),
    ("ChecksumCRC32C", ChecksumAlgorithm::Crc32c),
    ("ChecksumCRC64NVME", ChecksumAlgorithm::Crc64Nvme),
    ("ChecksumSHA1", ChecksumAlgorithm::Sha1),
    ("ChecksumSHA256", ChecksumAlgorithm::Sha256),
];

const MOST_TAGS: usize = 10;
const MOST_METADATA: usize = 2048;

/// The storage classes whose objects must be restored before they can be read.
pub(super) const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// Reads what the object will be, without its body.
pub(super) fn described(call: &Call, world: &World, target: &Target) -> Result<Content, Failure> {
    refuse_unsupported(call)?;
    super::access::check_acls(call, world, (&target.place, &target.bucket))?;
    let mut headers = BTreeMap::new();
    for header in HEADERS {
        if let Some(text) = call.text(header) {
            headers.insert(header.to_owned(), text.to_owned());
        }
    }
    if let Some(expires) = call.input.get("Expires") {
        let text = expires.as_timestamp().map_or_else(
            || expires.as_str().unwrap_or_default().to_owned(),
            |time| time.to_string(),
        );
        headers.insert("Expires".to_owned(), text);
    }
    headers.entry("ContentType".to_owned()).or_insert_with(|| "binary/octet-stream".to_owned());
    encrypt(world, target, &mut headers);
    let tags = tags_of_header(call)?;
    Ok(Content {
        headers,
        metadata: metadata(call)?,
        tags,
        retention: retention(call, world, target)?,
        legal_hold: call.text("ObjectLockLegalHoldStatus") == Some("ON"),
        canned_acl: call.text("ACL").map(str::to_owned),
        ..Content::default()
    })
}

fn refuse_unsupported(call: &Call) -> Result<(), Failure> {
    let members = [
        "SSECustomerAlgorithm",
        "SSECustomerKey",
        "WriteOffsetBytes",
        "CopySourceSSECustomerAlgorithm",
    ];
    if let Some(member) = members.iter().find(|member| call.input.get(member).is_some()) {
        let message = format!("the twin does not implement `{member}`");
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    Ok(())
}

/// Objects are encrypted as the request says, or else as their bucket does by default.
fn encrypt(world: &World, target: &Target, headers: &mut BTreeMap<String, String>) {
    if headers.contains_key("ServerSideEncryption") {
        return;
    }
    let fact =
        bucket::fact(world, &target.place, &target.bucket, "ServerSideEncryptionConfiguration");
    let rules = fact.unwrap_or_else(super::configuration::default_encryption);
    let default = rules.path("Rules.0.ApplyServerSideEncryptionByDefault");
    let text =
        |member: &str| default.and_then(|rule| rule.get(member)?.as_str()).map(str::to_owned);
    let algorithm = text("SSEAlgorithm").unwrap_or_else(|| "AES256".to_owned());
    if algorithm.starts_with("aws:kms")
        && let Some(key) = text("KMSMasterKeyID")
    {
        headers.insert("SSEKMSKeyId".to_owned(), key);
    }
    headers.insert("ServerSideEncryption".to_owned(), algorithm);
}

fn metadata(call: &Call) -> Result<BTreeMap<String, String>, Failure> {
    let given = call.input.get("Metadata").and_then(Value::as_object);
    let metadata: BTreeMap<String, String> = given
        .into_iter()
        .flat_map(Object::iter)
        .map(|(key, value)| {
            (key.to_ascii_lowercase(), value.as_str().unwrap_or_default().to_owned())
        })
        .collect();
    if metadata.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > MOST_METADATA {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Failure::new("MetadataTooLarge", message));
    }
    Ok(metadata)
}

/// Tags come as a query: `team=web&cost=low`.
fn tags_of_header(call: &Call) -> Result<Tags, Failure> {
    let text = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = call.text("Tagging").unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let tags: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (text(key), text(value)))
        .collect();
    check_tags(call, &tags)?;
    Ok(tags.into_iter().collect())
}

/// Objects have fewer tags than other resources.
pub(super) fn check_tags(call: &Call, tags: &[(String, String)]) -> Result<(), Failure> {
    bucket_tags::check(call, tags)?;
    if tags.len() > MOST_TAGS {
        return Err(Failure::new("BadRequest", "Object tags cannot be greater than 10"));
    }
    debug_assert!(tags.iter().all(|(key, _)| !key.starts_with(tagging::RESERVED)));
    Ok(())
}

/// Until when the object cannot be deleted: as the request says, or else as its bucket does by default.
fn retention(call: &Call, world: &World, target: &Target) -> Result<Option<Retention>, Failure> {
    let lock = bucket::fact(world, &target.place, &target.bucket, "ObjectLockConfiguration");
    let asked = call.text("ObjectLockMode");
    if lock.is_none() && (asked.is_some() || call.text("ObjectLockLegalHoldStatus").is_some()) {
        let message = "Bucket is missing Object Lock Configuration";
        return Err(Failure::new("InvalidRequest", message));
    }
    if let Some(mode) = asked {
        let until = call.input.get("ObjectLockRetainUntilDate").and_then(Value::as_timestamp);
        let until = until.filter(|until| *until > call.now).ok_or_else(|| {
            Failure::new("InvalidArgument", "The retain until date must be in the future!")
        })?;
        return Ok(Some(Retention { mode: mode.to_owned(), until }));
    }
    let default = lock.as_ref().and_then(|lock| lock.path("Rule.DefaultRetention"));
    let Some(default) = default else { return Ok(None) };
    let number = |member: &str| default.get(member).and_then(Value::as_i64);
    let days = number("Days").or_else(|| number("Years").map(|years| years.saturating_mul(365)));
    let mode = default.get("Mode").and_then(Value::as_str);
    let until = days.and_then(|days| {
        let hours = days.saturating_mul(24).min(1_000_000);
        call.now.checked_add(jiff::SignedDuration::from_hours(hours)).ok()
    });
    Ok(mode.zip(until).map(|(mode, until)| Retention { mode: mode.to_owned(), until }))
}

/// The body in a request, found to be what the client says it sent; its checksums.
pub(super) fn body(call: &Call) -> Result<(Body, BTreeMap<String, String>), Failure> {
    let bytes = call.input.get("Body").and_then(Value::as_blob).unwrap_or_default().to_vec();
    let wrong = |name: &str| {
        let message = format!("The {name} you specified did not match the calculated checksum.");
        Failure::new("BadDigest", message)
    };
    if let Some(sum) = call.text("ContentMD5")
        && sum != etag::checksum(ChecksumAlgorithm::Md5, &bytes)
    {
        return Err(wrong("Content-MD5"));
    }
    let mut checksums = BTreeMap::new();
    for (member, algorithm) in CHECKSUMS {
        let asked = call.text("ChecksumAlgorithm") == Some(algorithm.as_str());
        let given = call.text(member);
        if given.is_some() || asked {
            let sum = etag::checksum(algorithm, &bytes);
            if given.is_some_and(|given| given != sum) {
                return Err(wrong(algorithm.as_str()));
            }
            checksums.insert(member.to_owned(), sum);
        }
    }
    if checksums.is_empty() {
        let sum = etag::checksum(ChecksumAlgorithm::Crc64Nvme, &bytes);
        checksums.insert("ChecksumCRC64NVME".to_owned(), sum);
    }
    Ok((Body::from(bytes), checksums))
}

/// What is shown of a version to those who get or head it.
pub(super) fn shown(
    call: &Call,
    version: &Version,
    content: &Content,
    versioning: Versioning,
) -> Object {
    let mut output = Object::from_iter([
        ("AcceptRanges", Value::from("bytes")),
        ("LastModified", Value::from(version.modified)),
        ("ContentLength", length(content.body.len())),
        ("ETag", Value::from(&content.etag)),
    ]);
    for (header, text) in &content.headers {
        if (header.as_str(), text.as_str()) == ("StorageClass", "STANDARD") {
            continue;
        }
        output.insert(header.as_str(), text.as_str());
    }
    output.insert(
        "Metadata",
        content
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), Value::from(value)))
            .collect::<Value>(),
    );
    if versioning != Versioning::Off || version.id != NULL {
        output.insert("VersionId", version.id.as_str());
    }
    if call.text("ChecksumMode") == Some("ENABLED") {
        for (member, sum) in &content.checksums {
            output.insert(member.as_str(), sum.as_str());
        }
        if !content.checksums.is_empty() {
            output.insert("ChecksumType", "FULL_OBJECT");
        }
    }
    if let Some(retention) = &content.retention {
        output.insert("ObjectLockMode", retention.mode.as_str());
        output.insert("ObjectLockRetainUntilDate", retention.until);
    }
    if content.legal_hold {
        output.insert("ObjectLockLegalHoldStatus", "ON");
    }
    if !content.tags.is_empty() {
        output.insert("TagCount", length(content.tags.len()));
    }
    if let Some(restoration) = content.restoration.as_ref().filter(|found| call.now < found.expires)
    {
        output.insert("Restore", restore_header(call, restoration));
    }
    for (asked, member) in [
        ("ResponseContentType", "ContentType"),
        ("ResponseContentDisposition", "ContentDisposition"),
        ("ResponseContentEncoding", "ContentEncoding"),
        ("ResponseContentLanguage", "ContentLanguage"),
        ("ResponseCacheControl", "CacheControl"),
    ] {
        if let Some(text) = call.text(asked) {
            output.insert(member, text);
        }
    }
    output
}

fn restore_header(call: &Call, restoration: &crate::objects::Restoration) -> String {
    if call.now < restoration.ready {
        return "ongoing-request=\"true\"".to_owned();
    }
    let date = restoration.expires.strftime("%a, %d %b %Y %H:%M:%S GMT");
    format!("ongoing-request=\"false\", expiry-date=\"{date}\"")
}

/// A length as a value.
pub(super) fn length(length: usize) -> Value {
    Value::from(i64::try_from(length).unwrap_or(i64::MAX))
}

/// The storage class of an object.
pub(super) fn storage_class(content: &Content) -> &str {
    content.headers.get("StorageClass").map_or("STANDARD", String::as_str)
}

/// What an answer says of how an object is encrypted.
pub(super) fn insert_encryption(output: &mut Object, content: &Content) {
    for member in ["ServerSideEncryption", "SSEKMSKeyId"] {
        if let Some(text) = content.headers.get(member) {
            output.insert(member, text.as_str());
        }
    }
}

//! Inventory: a list of what is in a bucket, delivered every day or every Sunday to where its configurations say.
//!
//! As on AWS the list comes as compressed CSV with a manifest beside it that names the file and its columns.

use jiff::{Timestamp, tz::TimeZone};
use reeve_model::Value;
use serde_json::json;

use super::{bucket, etag, lifecycle};
use crate::{
    call::Call,
    failure::Failure,
    objects::Version,
    services::logs::gzip,
    store::Place,
    task::Task,
    value::object,
    world::{Origin, World},
};

pub(super) const DAILY: &str = "s3:inventory";
const BY: &str = "s3.amazonaws.com";
/// What `inside` of a bucket says while its inventories are made daily.
const RUNNING: &str = "InventoryRunning";
const FIELDS: [&str; 7] = [
    "Size",
    "LastModifiedDate",
    "StorageClass",
    "ETag",
    "IsMultipartUploaded",
    "ReplicationStatus",
    "EncryptionStatus",
];

/// Refuses inventories that the twin does not make, or that have nowhere to go.
pub(super) fn check(call: &Call, world: &World, configuration: &Value) -> Result<(), Failure> {
    let unsupported = |what: &str| {
        let message = format!("Inventories with {what} are not implemented");
        Err(Failure::new("NotImplemented", message).with_status(501))
    };
    let destination = configuration.path("Destination.S3BucketDestination");
    let text = |member: &str| destination.and_then(|known| known.get(member)?.as_str());
    match text("Format") {
        Some("CSV") => {}
        Some(format) => return unsupported(&format!("format {format}")),
        None => return Err(call.invalid("The destination of an inventory must be a bucket")),
    }
    if destination.is_some_and(|known| known.get("Encryption").is_some()) {
        return unsupported("encryption of their own");
    }
    let fields = configuration.get("OptionalFields").map_or(&[][..], Value::as_list);
    let unknown = fields.iter().filter_map(Value::as_str).find(|field| !FIELDS.contains(field));
    if let Some(field) = unknown {
        return unsupported(&format!("the field {field}"));
    }
    let bucket = text("Bucket").unwrap_or_default();
    if bucket::owner(world, bucket.rsplit(":::").next().unwrap_or(bucket)).is_none() {
        let message = "The destination bucket does not exist.";
        return Err(Failure::new("S3DestinationBucketNotFound", message).with_status(404));
    }
    Ok(())
}

/// Has a bucket's inventories made every midnight, if they are not already.
pub(super) fn begin(world: &mut World, place: &Place, name: &str) {
    if world.get(place, name).is_some_and(|bucket| bucket.inside.contains(RUNNING)) {
        return;
    }
    world.change_inside(place, name, |inside| {
        inside.insert(RUNNING, true);
    });
    world.schedule(lifecycle::next_midnight(world.now()), Task::new(DAILY, place, name));
}

/// One midnight of one bucket.
pub(super) fn run(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(kept) = bucket::fact(world, place, name, "InventoryConfigurations") else {
        world.change_inside(place, name, |inside| {
            inside.remove(RUNNING);
        });
        return;
    };
    let today = world.now().to_zoned(TimeZone::UTC).weekday();
    for configuration in kept.as_list() {
        let is_on = configuration.get("IsEnabled").and_then(Value::as_bool) == Some(true);
        let weekly =
            configuration.path("Schedule.Frequency").and_then(Value::as_str) == Some("Weekly");
        if is_on && (!weekly || today == jiff::civil::Weekday::Sunday) {
            deliver(world, (place, name), configuration);
        }
    }
    world.schedule(lifecycle::next_midnight(world.now()), task.clone());
}

fn deliver(world: &mut World, (place, name): (&Place, &str), configuration: &Value) {
    let text = |path: &str| configuration.path(path).and_then(Value::as_str).unwrap_or_default();
    let arn = text("Destination.S3BucketDestination.Bucket");
    let bucket = arn.rsplit(":::").next().unwrap_or(arn).to_owned();
    let prefix = match text("Destination.S3BucketDestination.Prefix") {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    let folder = format!("{prefix}{name}/{}", text("Id"));
    let (columns, rows) = table(world, name, configuration);
    let file = gzip(rows.as_bytes());
    let data = format!("{folder}/data/{}.csv.gz", world.uuid());
    let now = world.now();
    let manifest = json!({
        "sourceBucket": name,
        "destinationBucket": arn,
        "version": "2016-11-30",
        "creationTimestamp": now.as_millisecond().to_string(),
        "fileFormat": "CSV",
        "fileSchema": columns.join(", "),
        "files": [{"key": data, "size": file.len(), "MD5checksum": digest(&file)}],
    });
    let manifest = manifest.to_string().into_bytes();
    let dated = format!("{folder}/{}", now.strftime("%Y-%m-%dT%H-%MZ"));
    let sum = digest(&manifest).into_bytes();
    // The manifest comes last: whoever waits for it finds everything.
    let files = [
        (data, file),
        (format!("{dated}/manifest.checksum"), sum),
        (format!("{dated}/manifest.json"), manifest),
    ];
    for (key, body) in files {
        let input = object! {"Bucket": (bucket.as_str()), "Key": (key), "Body": (body)};
        if let Err(failure) = world.call(&Origin::at(place, BY), "s3", "PutObject", input) {
            tracing::debug!(code = failure.code, "an inventory could not be delivered");
            return;
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    etag::bare(&etag::of_body(bytes)).to_owned()
}

/// The columns, and a row for each object or version.
fn table(world: &World, name: &str, configuration: &Value) -> (Vec<&'static str>, String) {
    let every = configuration.get("IncludedObjectVersions").and_then(Value::as_str) == Some("All");
    let asked = configuration.get("OptionalFields").map_or(&[][..], Value::as_list);
    let asked =
        FIELDS.into_iter().filter(|field| asked.iter().any(|one| one.as_str() == Some(field)));
    let mut columns = vec!["Bucket", "Key"];
    if every {
        columns.extend(["VersionId", "IsLatest", "IsDeleteMarker"]);
    }
    columns.extend(asked);
    let prefix = configuration.path("Filter.Prefix").and_then(Value::as_str).unwrap_or_default();
    let mut rows = String::new();
    for (key, versions) in
        world.objects.of(name).map(|contents| &contents.keys).into_iter().flatten()
    {
        if !key.starts_with(prefix) {
            continue;
        }
        let last = versions.len().saturating_sub(1);
        for (at, version) in versions.iter().enumerate().rev() {
            if !every && (at != last || version.is_marker()) {
                continue;
            }
            let cells = columns.iter().map(|column| {
                let cell = match *column {
                    "Bucket" => name.to_owned(),
                    "Key" => super::logging::encoded(key),
                    "IsLatest" => (at == last).to_string(),
                    other => cell(version, other),
                };
                format!("\"{cell}\"")
            });
            rows.push_str(&cells.collect::<Vec<_>>().join(","));
            rows.push('\n');
        }
    }
    (columns, rows)
}

fn cell(version: &Version, column: &str) -> String {
    match column {
        "VersionId" => return version.id.clone(),
        "IsDeleteMarker" => return version.is_marker().to_string(),
        "LastModifiedDate" => return stamp(version.modified),
        _ => {}
    }
    let Some(content) = &version.content else { return String::new() };
    let header = |name: &str| content.headers.get(name).cloned();
    match column {
        "Size" => content.body.len().to_string(),
        "StorageClass" => header("StorageClass").unwrap_or_else(|| "STANDARD".to_owned()),
        "ETag" => etag::bare(&content.etag).to_owned(),
        "IsMultipartUploaded" => (!content.parts.is_empty()).to_string(),
        "ReplicationStatus" => header("ReplicationStatus").unwrap_or_default(),
        "EncryptionStatus" => match header("ServerSideEncryption").as_deref() {
            Some("aws:kms") => "SSE-KMS".to_owned(),
            Some("aws:kms:dsse") => "DSSE-KMS".to_owned(),
            _ => "SSE-S3".to_owned(),
        },
        _ => String::new(),
    }
}

fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

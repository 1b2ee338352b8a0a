//! Replication: what is put into a bucket with rules appears in their destinations a little later.
//!
//! ```text
//! version is put ─► PENDING ─► copied to every destination ─► COMPLETED, or FAILED
//!                                  └─► REPLICA, of the same version id
//! ```
//!
//! What was there before a rule came is not replicated, and neither are replicas.

use std::sync::Arc;

use reeve_model::Value;

use super::{bucket, notification, object::Target};
use crate::{
    fault::Fate,
    objects::{Content, Version, Versioning},
    store::Place,
    task::{Task, later},
    value::value,
    world::World,
};

pub(super) const TASK: &str = "s3:replicate";
/// Most objects are there within seconds.
const SECONDS: i64 = 12;
const STATUS: &str = "ReplicationStatus";

/// Enters the replication of a version that was just put, if a rule is about it.
pub(super) fn begin(world: &mut World, target: &Target, version: &str) {
    if rules(world, target, version).is_empty() {
        return;
    }
    set_status(world, target, version, "PENDING");
    let detail = value!({"Key": (target.key.as_str()), "VersionId": version});
    let task = Task::new(TASK, &target.place, &target.bucket).with(detail);
    world.schedule(later(world.now(), SECONDS), task);
}

/// The destinations that the rules in force give a version, of rules with one destination the one that goes first.
fn rules(world: &World, target: &Target, version: &str) -> Vec<Value> {
    let fact = bucket::fact(world, &target.place, &target.bucket, "ReplicationConfiguration");
    let found = world.objects.of(&target.bucket);
    let found = found.and_then(|contents| contents.version(&target.key, Some(version)));
    let (Some(configuration), Some(found)) = (fact, found) else { return Vec::new() };
    let rules = configuration.get("Rules").map_or(&[][..], Value::as_list).iter();
    let mut fitting: Vec<&Value> =
        rules.filter(|rule| is_about(rule, &target.key, found)).collect();
    let priority = |rule: &Value| rule.get("Priority").and_then(Value::as_i64).unwrap_or(0);
    fitting.sort_by_key(|rule| std::cmp::Reverse(priority(rule)));
    let mut destinations: Vec<Value> = Vec::new();
    for destination in fitting.iter().filter_map(|rule| rule.get("Destination")) {
        let bucket = destination.get("Bucket");
        if !destinations.iter().any(|known| known.get("Bucket") == bucket) {
            destinations.push(destination.clone());
        }
    }
    destinations
}

fn is_about(rule: &Value, key: &str, version: &Version) -> bool {
    let text = |path: &str| rule.path(path).and_then(Value::as_str);
    let prefix = text("Prefix").or(text("Filter.Prefix")).or(text("Filter.And.Prefix"));
    let tags = rule.path("Filter.And.Tags").map_or(&[][..], Value::as_list).iter();
    let mut tags = tags.chain(rule.path("Filter.Tag"));
    if text("Status") != Some("Enabled") || !key.starts_with(prefix.unwrap_or_default()) {
        return false;
    }
    let Some(content) = &version.content else {
        // Markers have no tags to be filtered by.
        return text("DeleteMarkerReplication.Status") == Some("Enabled") && tags.next().is_none();
    };
    let has = |tag: &Value| {
        let text = |member: &str| tag.get(member).and_then(Value::as_str).unwrap_or_default();
        content.tags.get(text("Key")).map(String::as_str) == Some(text("Value"))
    };
    let by_key = content.headers.get("ServerSideEncryption").is_some_and(|by| by == "aws:kms");
    let takes_keys =
        text("SourceSelectionCriteria.SseKmsEncryptedObjects.Status") == Some("Enabled");
    tags.all(has) && (!by_key || takes_keys) && !is_replica(content)
}

fn is_replica(content: &Content) -> bool {
    content.headers.get(STATUS).is_some_and(|status| status == "REPLICA")
}

fn set_status(world: &mut World, target: &Target, version: &str, status: &str) {
    let contents = world.objects.of_mut(&target.bucket);
    let found = contents.version_mut(&target.key, Some(version));
    if let Some(content) = found.and_then(|version| version.content.as_mut()) {
        Arc::make_mut(content).headers.insert(STATUS.to_owned(), status.to_owned());
    }
}

/// A version is copied to where it is to be, if it and the rules are still there.
pub(super) fn run(world: &mut World, task: &Task) {
    let text = |member: &str| task.detail.get(member).and_then(Value::as_str).unwrap_or_default();
    let (key, version) = (text("Key").to_owned(), text("VersionId").to_owned());
    let target = Target { place: task.place.clone(), bucket: task.id.clone(), key };
    let destinations = rules(world, &target, &version);
    let ends_well = match world.fate(&task.place, &task.id, "Replication") {
        Fate::Succeeds => true,
        Fate::Fails(_) => false,
        Fate::Never => return,
    };
    let mut copied = ends_well && !destinations.is_empty();
    for destination in &destinations {
        copied = copied && copy(world, (&target, &version), destination);
    }
    set_status(world, &target, &version, if copied { "COMPLETED" } else { "FAILED" });
}

/// Copies a version to one destination. Whether that could be done.
fn copy(world: &mut World, (source, version): (&Target, &str), destination: &Value) -> bool {
    let text = |member: &str| destination.get(member).and_then(Value::as_str);
    let bucket = text("Bucket").unwrap_or_default();
    let bucket = bucket.rsplit(":::").next().unwrap_or(bucket).to_owned();
    let Some((account, region)) = bucket::owner(world, &bucket) else { return false };
    let place = Place { account, region, kind: &super::BUCKET };
    let target = Target { place, bucket, key: source.key.clone() };
    let contents = world.objects.of(&source.bucket);
    let found = contents.and_then(|contents| contents.version(&source.key, Some(version))).cloned();
    let (Some(mut replica), Versioning::Enabled) = (found, target.versioning(world)) else {
        return false;
    };
    let mut change = notification::Change {
        cause: "ObjectRemoved:DeleteMarkerCreated",
        size: None,
        etag: None,
        version: Some(version.to_owned()),
    };
    if let Some(content) = replica.content.as_mut().map(Arc::make_mut) {
        content.headers.insert(STATUS.to_owned(), "REPLICA".to_owned());
        if let Some(class) = text("StorageClass") {
            content.headers.insert("StorageClass".to_owned(), class.to_owned());
        }
        change.cause = "ObjectCreated:Put";
        change.size = Some(content.body.len());
        change.etag = Some(content.etag.clone());
    }
    world.objects.of_mut(&target.bucket).put(&target.key, replica, Versioning::Enabled);
    notification::tell(world, &target, &change);
    true
}

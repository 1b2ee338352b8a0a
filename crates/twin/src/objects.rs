//! The bytes of S3: every bucket's keys, their versions, and uploads in parts that are under way.
//!
//! A key has its versions in the order in which they came; the last is the current one. A version without content is a
//! delete marker. What buckets are configured to do is in the store, with the buckets.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use reeve_types::Tags;
use serde::{Deserialize, Serialize};

mod body;

pub(crate) use body::Body;

/// The id of versions that came while their bucket had no versioning.
pub(crate) const NULL: &str = "null";

/// The contents of all buckets, by the buckets' names.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Objects {
    buckets: BTreeMap<String, Contents>,
}

/// What is in one bucket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// The versions of every key, oldest first. Invariant: no key without a version.
    pub(crate) keys: BTreeMap<String, Vec<Version>>,
    /// Uploads in parts that are under way, by their ids.
    pub(crate) uploads: BTreeMap<String, Upload>,
    /// The lines of its access log that are still to be delivered.
    #[serde(default)]
    pub(crate) log: Vec<String>,
}

/// One version of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) modified: Timestamp,
    /// Absent in delete markers.
    pub(crate) content: Option<Arc<Content>>,
}

/// What a version holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) body: Body,
    pub(crate) etag: String,
    /// The sizes of its parts, if it came in parts.
    pub(crate) parts: Vec<usize>,
    /// What S3 knows of it by the names of `HeadObject`'s output: `ContentType`, `StorageClass`, `ServerSideEncryption`.
    pub(crate) headers: BTreeMap<String, String>,
    /// What its owner says of it.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tags: Tags,
    /// Base64 checksums, by member: `ChecksumCRC32`.
    pub(crate) checksums: BTreeMap<String, String>,
    pub(crate) retention: Option<Retention>,
    pub(crate) legal_hold: bool,
    pub(crate) restoration: Option<Restoration>,
    /// The canned access control list it was put with.
    pub(crate) canned_acl: Option<String>,
}

/// Until when a version cannot be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retention {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub(crate) mode: String,
    pub(crate) until: Timestamp,
}

/// A copy out of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restoration {
    pub(crate) ready: Timestamp,
    pub(crate) expires: Timestamp,
}

/// An upload in parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) initiated: Timestamp,
    /// What the object will be, without its body.
    pub(crate) content: Content,
    pub(crate) parts: BTreeMap<i64, Part>,
}

/// A part of an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) body: Body,
    pub(crate) etag: String,
    pub(crate) modified: Timestamp,
}

/// Whether a bucket keeps old versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// It never has.
    Off,
    Enabled,
    /// It keeps those it has.
    Suspended,
}

impl Objects {
    /// What is in a bucket, if anything was ever put there.
    pub(crate) fn of(&self, bucket: &str) -> Option<&Contents> {
        self.buckets.get(bucket)
    }

    /// What is in a bucket, to be changed.
    pub(crate) fn of_mut(&mut self, bucket: &str) -> &mut Contents {
        self.buckets.entry(bucket.to_owned()).or_default()
    }

    /// Forgets a bucket.
    pub(crate) fn forget(&mut self, bucket: &str) {
        self.buckets.remove(bucket);
    }
}

impl Contents {
    /// The current version of a key, a delete marker included.
    pub(crate) fn current(&self, key: &str) -> Option<&Version> {
        self.keys.get(key)?.last()
    }

    /// A version of a key: the current one if none is named.
    pub(crate) fn version(&self, key: &str, id: Option<&str>) -> Option<&Version> {
        match id {
            None => self.current(key),
            Some(id) => self.keys.get(key)?.iter().find(|version| version.id == id),
        }
    }

    /// The same, to be changed.
    pub(crate) fn version_mut(&mut self, key: &str, id: Option<&str>) -> Option<&mut Version> {
        let versions = self.keys.get_mut(key)?;
        match id {
            None => versions.last_mut(),
            Some(id) => versions.iter_mut().find(|version| version.id == id),
        }
    }

    /// Adds a version, in place of those that the bucket does not keep.
    pub(crate) fn put(&mut self, key: &str, version: Version, versioning: Versioning) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        match versioning {
            Versioning::Off => versions.clear(),
            Versioning::Suspended => versions.retain(|other| other.id != NULL),
            Versioning::Enabled => {}
        }
        versions.push(version);
    }

    /// Takes a version away for ever.
    pub(crate) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let position = versions.iter().position(|version| version.id == id)?;
        let removed = versions.remove(position);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(removed)
    }
}

impl Version {
    /// Whether this hides the versions before it.
    pub(crate) fn is_marker(&self) -> bool {
        self.content.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, body: Option<&str>) -> Version {
        let content = body.map(|body| {
            let body = Body::from(body.as_bytes().to_vec());
            Arc::new(Content { body, ..Content::default() })
        });
        Version { id: id.to_owned(), modified: Timestamp::UNIX_EPOCH, content }
    }

    fn ids(contents: &Contents) -> Vec<&str> {
        contents.keys.values().flatten().map(|version| version.id.as_str()).collect()
    }

    #[test]
    fn a_bucket_keeps_the_versions_that_its_versioning_says() {
        let mut contents = Contents::default();
        contents.put("k", version(NULL, Some("1")), Versioning::Off);
        contents.put("k", version(NULL, Some("2")), Versioning::Off);
        assert_eq!(ids(&contents), [NULL]);
        contents.put("k", version("a", Some("3")), Versioning::Enabled);
        contents.put("k", version("b", None), Versioning::Enabled);
        assert_eq!(ids(&contents), [NULL, "a", "b"]);
        assert!(contents.current("k").unwrap().is_marker());
        contents.put("k", version(NULL, Some("4")), Versioning::Suspended);
        assert_eq!(ids(&contents), ["a", "b", NULL]);
        for id in ["a", "b", NULL] {
            assert!(contents.remove("k", id).is_some(), "{id}");
        }
        assert!(contents.keys.is_empty());
    }

    #[test]
    fn contents_survive_being_written_and_read() {
        let mut objects = Objects::default();
        objects.of_mut("bucket").put("k", version("a", Some("héllo\0")), Versioning::Enabled);
        let json = serde_json::to_string(&objects).unwrap();
        let read: Objects = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }
}

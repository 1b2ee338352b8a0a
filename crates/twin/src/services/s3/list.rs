//! Listings of a bucket's objects, versions and uploads.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reeve_model::{Object, Value};

use super::{
    bucket::{self, canonical_id},
    content::{length, storage_class},
    listing::{self, Entry, Wanted},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    objects::{Contents, Version},
    store::Place,
    value::value,
    world::World,
};

const MOST: usize = 1000;
/// What stays as it is in keys that are to be encoded for URLs.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// What a listing says of itself, before what it lists.
struct Head<'c> {
    call: &'c Call,
    place: Place,
    bucket: String,
    output: Object,
}

impl<'c> Head<'c> {
    fn of(call: &'c Call, world: &World, size: &str) -> Result<Self, Failure> {
        let (place, bucket) = bucket::here(call, world)?;
        let mut head = Self { call, place, bucket, output: Object::new() };
        let most = head.most(size)?;
        head.output.insert(size, length(most));
        for member in ["Prefix", "Delimiter", "EncodingType"] {
            if let Some(text) = call.text(member) {
                let text =
                    if member == "EncodingType" { text.to_owned() } else { head.encoded(text) };
                head.output.insert(member, text);
            }
        }
        Ok(head)
    }

    fn most(&self, size: &str) -> Result<usize, Failure> {
        match self.call.integer(size) {
            None => Ok(MOST),
            Some(wanted) => usize::try_from(wanted).map(|wanted| wanted.min(MOST)).map_err(|_| {
                Failure::new(
                    "InvalidArgument",
                    format!("Argument {size} must be an integer between 0 and 2147483647"),
                )
            }),
        }
    }

    fn encoded(&self, key: &str) -> String {
        match self.call.text("EncodingType") {
            Some("url") => utf8_percent_encode(key, PLAIN).to_string(),
            _ => key.to_owned(),
        }
    }

    fn wanted(&self, after: &'c str, most: usize) -> Wanted<'c> {
        let text = |member: &str| self.call.text(member).unwrap_or_default();
        Wanted { prefix: text("Prefix"), delimiter: text("Delimiter"), after, most }
    }

    fn owner(&self) -> Value {
        Value::from_iter([("ID", canonical_id(&self.place.account))])
    }

    /// An entry for the current version of a key.
    fn object(&self, key: &str, version: &Version, with_owner: bool) -> Option<Value> {
        let content = version.content.as_ref()?;
        let mut entry = Object::from_iter([
            ("Key", Value::from(self.encoded(key))),
            ("LastModified", Value::from(version.modified)),
            ("ETag", Value::from(&content.etag)),
            ("Size", length(content.body.len())),
            ("StorageClass", Value::from(storage_class(content))),
        ]);
        if let Some(member) = content.checksums.keys().next() {
            let algorithm = member.trim_start_matches("Checksum");
            entry.insert("ChecksumAlgorithm", vec![Value::from(algorithm)]);
            entry.insert("ChecksumType", "FULL_OBJECT");
        }
        if with_owner {
            entry.insert("Owner", self.owner());
        }
        Some(entry.into())
    }
}

fn is_shown(versions: &[Version]) -> bool {
    versions.last().is_some_and(|version| !version.is_marker())
}

pub(super) fn objects(call: &Call, world: &mut World) -> Answer {
    let head = Head::of(call, world, "MaxKeys")?;
    let after = call.text("Marker").unwrap_or_default();
    let (mut output, next) = keys_after(&head, world, after, true)?;
    output.insert("Marker", head.encoded(after));
    output.insert("IsTruncated", next.is_some());
    // Without a delimiter the last key is the marker, and callers know that.
    if let Some(next) = next.filter(|_| call.text("Delimiter").is_some()) {
        output.insert("NextMarker", head.encoded(&next));
    }
    Ok(output.into())
}

pub(super) fn objects_v2(call: &Call, world: &mut World) -> Answer {
    let head = Head::of(call, world, "MaxKeys")?;
    let after = match call.text("ContinuationToken") {
        Some(token) => unseal(&head.bucket, token)?,
        None => call.text("StartAfter").unwrap_or_default().to_owned(),
    };
    let (mut output, next) = keys_after(&head, world, &after, call.flag("FetchOwner"))?;
    let count = ["Contents", "CommonPrefixes"]
        .iter()
        .map(|member| output.get(member).map_or(0, |list| list.as_list().len()))
        .sum();
    output.insert("KeyCount", length(count));
    output.insert("IsTruncated", next.is_some());
    output.extend(call.given_texts(["ContinuationToken", "StartAfter"]));
    if let Some(next) = next {
        output.insert("NextContinuationToken", seal(&head.bucket, &next));
    }
    Ok(output.into())
}

fn keys_after(
    head: &Head<'_>,
    world: &World,
    after: &str,
    with_owner: bool,
) -> Result<(Object, Option<String>), Failure> {
    let most = head.most("MaxKeys")?;
    let empty = Contents::default();
    let contents = world.objects.of(&head.bucket).unwrap_or(&empty);
    let wanted = Wanted { after, ..head.wanted("", most) };
    let page = listing::page(&contents.keys, &wanted, |versions| is_shown(versions));
    let mut listed = Vec::new();
    let mut prefixes = Vec::new();
    for entry in &page.entries {
        match entry {
            Entry::Key(key) => listed.extend(
                contents.current(key).and_then(|version| head.object(key, version, with_owner)),
            ),
            Entry::CommonPrefix(prefix) => {
                prefixes.push(value!({"Prefix": (head.encoded(prefix))}));
            }
        }
    }
    let mut output = head.output.clone();
    output.insert("Name", head.bucket.as_str());
    if !listed.is_empty() {
        output.insert("Contents", listed);
    }
    if !prefixes.is_empty() {
        output.insert("CommonPrefixes", prefixes);
    }
    Ok((output, page.next.filter(|_| most > 0)))
}

/// Tokens say which bucket they are of, so that one of another bucket is refused.
fn seal(bucket: &str, next: &str) -> String {
    format!("{}{}", hex_digest(bucket, 8), hex::encode(next))
}

fn unseal(bucket: &str, token: &str) -> Result<String, Failure> {
    let read = || {
        let (digest, next) = token.split_at_checked(8)?;
        (digest == hex_digest(bucket, 8)).then_some(())?;
        String::from_utf8(hex::decode(next).ok()?).ok()
    };
    read().ok_or_else(|| {
        Failure::new("InvalidArgument", "The continuation token provided is incorrect")
    })
}

pub(super) fn versions(call: &Call, world: &mut World) -> Answer {
    let head = Head::of(call, world, "MaxKeys")?;
    let most = head.most("MaxKeys")?;
    let empty = Contents::default();
    let contents = world.objects.of(&head.bucket).unwrap_or(&empty);
    let (key_marker, version_marker) =
        (call.text("KeyMarker").unwrap_or_default(), call.text("VersionIdMarker"));
    let mut page = VersionPage::default();
    // Versions of the key at the marker come first: those after the version that the last page ended with.
    if let (Some(marker), Some(versions)) = (version_marker, contents.keys.get(key_marker)) {
        let rest = versions.iter().rev().skip_while(|version| version.id != marker).skip(1);
        page.add(&head, key_marker, (versions, rest), most);
    }
    let wanted = head.wanted(key_marker, most.saturating_add(1));
    let keys = listing::page(&contents.keys, &wanted, |_| true);
    for entry in &keys.entries {
        if page.full {
            break;
        }
        match entry {
            Entry::Key(key) => {
                let versions = contents.keys.get(*key).map_or(&[][..], Vec::as_slice);
                page.add(&head, key, (versions, versions.iter().rev()), most);
            }
            Entry::CommonPrefix(_) if page.count >= most => page.full = true,
            Entry::CommonPrefix(prefix) => {
                page.count += 1;
                page.last = Some((prefix.clone(), None));
                page.prefixes.push(value!({"Prefix": (head.encoded(prefix))}));
            }
        }
    }
    Ok(page.finish(&head))
}

#[derive(Default)]
struct VersionPage {
    versions: Vec<Value>,
    markers: Vec<Value>,
    prefixes: Vec<Value>,
    count: usize,
    last: Option<(String, Option<String>)>,
    full: bool,
}

impl VersionPage {
    /// Adds versions of a key, newest first, until the page is full.
    fn add<'v>(
        &mut self,
        head: &Head<'_>,
        key: &str,
        (all, rest): (&[Version], impl Iterator<Item = &'v Version>),
        most: usize,
    ) {
        let latest = all.last().map(|version| version.id.as_str());
        for version in rest {
            if self.count >= most {
                self.full = true;
                return;
            }
            self.count += 1;
            self.last = Some((key.to_owned(), Some(version.id.clone())));
            let object = head.object(key, version, true);
            let mut entry =
                object.as_ref().and_then(Value::as_object).cloned().unwrap_or_else(|| {
                    Object::from_iter([
                        ("Key", Value::from(head.encoded(key))),
                        ("LastModified", Value::from(version.modified)),
                        ("Owner", head.owner()),
                    ])
                });
            entry.insert("VersionId", version.id.as_str());
            entry.insert("IsLatest", latest == Some(version.id.as_str()));
            if object.is_some() {
                self.versions.push(entry.into());
            } else {
                self.markers.push(entry.into());
            }
        }
    }

    fn finish(self, head: &Head<'_>) -> Value {
        let mut output = head.output.clone();
        output.insert("Name", head.bucket.as_str());
        for member in ["KeyMarker", "VersionIdMarker"] {
            output.insert(member, head.call.text(member).unwrap_or_default());
        }
        output.insert("IsTruncated", self.full);
        for (member, list) in [
            ("Versions", self.versions),
            ("DeleteMarkers", self.markers),
            ("CommonPrefixes", self.prefixes),
        ] {
            if !list.is_empty() {
                output.insert(member, list);
            }
        }
        if let Some((key, version)) = self.last.filter(|_| self.full) {
            output.insert("NextKeyMarker", head.encoded(&key));
            if let Some(version) = version {
                output.insert("NextVersionIdMarker", version);
            }
        }
        output.into()
    }
}

pub(super) fn uploads(call: &Call, world: &mut World) -> Answer {
    let head = Head::of(call, world, "MaxUploads")?;
    let most = head.most("MaxUploads")?;
    let prefix = call.text("Prefix").unwrap_or_default();
    let after = (call.text("KeyMarker").unwrap_or_default(), call.text("UploadIdMarker"));
    let contents = world.objects.of(&head.bucket);
    let mut found: Vec<_> = contents
        .into_iter()
        .flat_map(|contents| &contents.uploads)
        .filter(|(_, upload)| upload.key.starts_with(prefix))
        .filter(|(id, upload)| match after {
            (key, Some(marker)) => (upload.key.as_str(), id.as_str()) > (key, marker),
            (key, None) => key.is_empty() || upload.key.as_str() > key,
        })
        .collect();
    found.sort_by(|one, other| (&one.1.key, one.0).cmp(&(&other.1.key, other.0)));
    let more = found.len() > most;
    found.truncate(most);
    let mut output = head.output.clone();
    output.insert("Bucket", head.bucket.as_str());
    output.insert("IsTruncated", more);
    if let Some((id, upload)) = found.last().filter(|_| more) {
        output.insert("NextKeyMarker", head.encoded(&upload.key));
        output.insert("NextUploadIdMarker", id.as_str());
    }
    let shown = found.iter().map(|(id, upload)| {
        value!({
            "UploadId": (id.as_str()),
            "Key": (head.encoded(&upload.key)),
            "Initiated": (upload.initiated),
            "StorageClass": (storage_class(&upload.content)),
            "Owner": (head.owner()),
            "Initiator": (head.owner()),
        })
    });
    output.insert("Uploads", shown.collect::<Value>());
    Ok(output.into())
}

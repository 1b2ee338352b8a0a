//! What single services expect beyond what their models say, as AWS's own clients know it: one row each.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use super::PATH_SEGMENTS;
use crate::{
    Operation, Service, Value, WireRequest,
    schema::{Member, Structure},
};

/// Headers that a service wants in every request.
const HEADERS: [(&str, &str, HeaderText); 2] = [
    // Without it the answers are in another form than the model's.
    ("API Gateway", "Accept", HeaderText::Fixed("application/json")),
    ("Glacier", "x-amz-glacier-version", HeaderText::ApiVersion),
];

/// Ids that a service gives with a path before them, and takes without.
const IDS: [(&str, &str); 3] =
    [("Route 53", "ResourceId"), ("Route 53", "DelegationSetId"), ("Route 53", "ChangeId")];

/// Keys that travel in base64, each with the MD5 of what it was.
const KEYS: [(&str, &str, &str); 2] = [
    ("S3", "SSECustomerKey", "SSECustomerKeyMD5"),
    ("S3", "CopySourceSSECustomerKey", "CopySourceSSECustomerKeyMD5"),
];

/// Members that name an object by bucket and key, and travel percent-encoded, save for the version at their end.
const SOURCES: [(&str, &str); 1] = [("S3", "CopySource")];

/// Where the version of an object begins that is named as a source.
const VERSION: &str = "?versionId=";

/// Operations whose body has a hash of the hashes of its mebibytes.
const TREE_HASHES: [(&str, &str); 2] =
    [("Glacier", "UploadArchive"), ("Glacier", "UploadMultipartPart")];

const MEBIBYTE: usize = 1024 * 1024;

#[derive(Clone, Copy)]
enum HeaderText {
    Fixed(&'static str),
    ApiVersion,
}

/// Settles an input.
pub(super) fn settle_input(service: &Service, operation: &Operation, input: &mut Cow<'_, Value>) {
    let id = &*service.metadata().service_id;
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let Some(structure) = structure else { return };
    for (_, shape) in IDS.iter().filter(|(of, _)| *of == id) {
        let of_shape = |member: &&Member| &*service.shape(member.shape).name == *shape;
        for member in structure.members().iter().filter(of_shape) {
            let last = text(input, &member.name).and_then(|given| Some(given.rsplit_once('/')?.1));
            if let Some(last) = last.map(str::to_owned) {
                set(input, &member.name, last);
            }
        }
    }
    for (_, source) in
        SOURCES.iter().filter(|(of, source)| *of == id && structure.member(source).is_some())
    {
        if let Some(given) = text(input, source).map(encode_source) {
            set(input, source, given);
        }
    }
    for (_, key, hash) in KEYS.iter().filter(|(of, ..)| *of == id) {
        settle_key(structure, (key, hash), input);
    }
}

/// Settles a request; its body is complete.
pub(super) fn settle_request(service: &Service, operation: &Operation, request: &mut WireRequest) {
    let metadata = service.metadata();
    let id = &*metadata.service_id;
    for (_, header, value) in HEADERS.iter().filter(|(of, ..)| *of == id) {
        let value = match value {
            HeaderText::Fixed(text) => *text,
            HeaderText::ApiVersion => &*metadata.api_version,
        };
        add_header(request, header, || value.to_owned());
    }
    if TREE_HASHES.contains(&(id, &*operation.name)) {
        let body = std::mem::take(&mut request.body);
        add_header(request, "x-amz-content-sha256", || hexadecimal(&Sha256::digest(&body)));
        add_header(request, "x-amz-sha256-tree-hash", || tree_hash(&body));
        request.body = body;
    }
}

/// Undoes what [`settle_input`] does to members that a server wants as they were given.
pub(super) fn restore_input(service: &Service, input: &mut Value) {
    let id = &*service.metadata().service_id;
    for (_, source) in SOURCES.iter().filter(|(of, _)| *of == id) {
        let decoded = text(input, source).and_then(decode_source);
        if let (Some(decoded), Some(object)) = (decoded, input.as_object_mut()) {
            object.insert(*source, decoded);
        }
    }
}

fn decode_source(source: &str) -> Option<String> {
    let version = source.rfind(VERSION).unwrap_or(source.len());
    let (object, version) = source.split_at_checked(version)?;
    let object = percent_decode_str(object).decode_utf8().ok()?;
    Some(format!("{object}{version}"))
}

fn encode_source(source: &str) -> String {
    let version = source.rfind(VERSION).unwrap_or(source.len());
    let (object, version) = source.split_at_checked(version).unwrap_or((source, ""));
    format!("{}{version}", utf8_percent_encode(object, PATH_SEGMENTS))
}

fn settle_key(structure: &Structure, (key, hash): (&str, &str), input: &mut Cow<'_, Value>) {
    if structure.member(hash).is_none() || text(input, hash).is_some() {
        return;
    }
    let Some(given) = text(input, key).map(str::to_owned) else { return };
    set(input, key, STANDARD.encode(&given));
    set(input, hash, STANDARD.encode(Md5::digest(&given)));
}

fn text<'v>(input: &'v Value, member: &str) -> Option<&'v str> {
    input.get(member).and_then(Value::as_str)
}

fn set(input: &mut Cow<'_, Value>, member: &str, text: String) {
    if let Some(object) = input.to_mut().as_object_mut() {
        object.insert(member, text);
    }
}

fn add_header(request: &mut WireRequest, name: &str, value: impl FnOnce() -> String) {
    if request.header(name).is_none() {
        request.headers.push((name.to_owned(), value()));
    }
}

/// Hashes each mebibyte, then pairs of hashes until one is left.
fn tree_hash(body: &[u8]) -> String {
    let mut hashes: Vec<Vec<u8>> =
        body.chunks(MEBIBYTE).map(|chunk| Sha256::digest(chunk).to_vec()).collect();
    while hashes.len() > 1 {
        hashes = hashes
            .chunks(2)
            .map(|pair| match pair {
                [single] => single.clone(),
                pair => Sha256::digest(pair.concat()).to_vec(),
            })
            .collect();
    }
    match hashes.first() {
        Some(hash) => hexadecimal(hash),
        None => hexadecimal(&Sha256::digest(b"")),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_is_named_in_percent_encoding_and_its_version_as_it_is() {
        for (given, sent) in [
            ("bucket/a b/ä.txt", "bucket/a%20b/%C3%A4.txt"),
            ("bucket/a?versionId=x+/y", "bucket/a?versionId=x+/y"),
            ("bucket/what?", "bucket/what%3F"),
        ] {
            assert_eq!(encode_source(given), sent);
            assert_eq!(decode_source(sent).as_deref(), Some(given));
        }
    }

    #[test]
    fn the_hash_of_one_mebibyte_is_its_own_and_of_more_that_of_pairs() {
        let one = vec![b'a'; MEBIBYTE];
        assert_eq!(tree_hash(&one), hexadecimal(&Sha256::digest(&one)));
        let three = vec![b'a'; 3 * MEBIBYTE];
        let leaf = Sha256::digest(&one);
        let pair = Sha256::digest([leaf, leaf].concat());
        assert_eq!(tree_hash(&three), hexadecimal(&Sha256::digest([pair, leaf].concat())));
        assert_eq!(tree_hash(b""), hexadecimal(&Sha256::digest(b"")));
    }
}

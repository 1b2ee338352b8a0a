//! The MD5 digests by which clients check that a message arrived whole.

use md5::{Digest, Md5};
use reeve_model::{Object, Value};

/// Of a text.
pub(crate) fn md5_of_text(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// Of message attributes: in order of name, each name, type and value after its length, values also after their sort.
/// None without attributes.
pub(crate) fn md5_of_attributes(attributes: &Object) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut sorted: Vec<(&str, &Value)> =
        attributes.iter().map(|(name, value)| (name.as_str(), value)).collect();
    sorted.sort_by_key(|(name, _)| *name);
    let mut bytes = Vec::new();
    for (name, attribute) in sorted {
        let text = |member: &str| attribute.get(member).and_then(Value::as_str);
        push(&mut bytes, name.as_bytes());
        push(&mut bytes, text("DataType").unwrap_or_default().as_bytes());
        match attribute.get("BinaryValue").and_then(Value::as_blob) {
            Some(blob) => {
                bytes.push(2);
                push(&mut bytes, blob);
            }
            None => {
                bytes.push(1);
                push(&mut bytes, text("StringValue").unwrap_or_default().as_bytes());
            }
        }
    }
    Some(hex::encode(Md5::digest(&bytes)))
}

fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_digest_that_clients_expect() {
        assert_eq!(md5_of_text("hello"), "5d41402abc4b2a76b9719d911017c592");
    }
}

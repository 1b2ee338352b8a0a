//! Keys of objects in S3's lists, whatever characters they have.
//!
//! S3's lists are XML 1.0, which has no way to write most control characters: a single key with one makes the whole list
//! unreadable. So keys are asked for in percent-encoding and decoded again, unless the caller asked for the encoding.

use percent_encoding::percent_decode_str;

use crate::{Operation, Service, Value};

const ENCODING: &str = "EncodingType";
const IN_URLS: &str = "url";

/// A list: its operation, its members that are keys, and its lists whose elements have a key.
struct Listing {
    operation: &'static str,
    keys: &'static [&'static str],
    lists: &'static [(&'static str, &'static str)],
}

const LISTINGS: [Listing; 3] = [
    Listing {
        operation: "ListObjects",
        keys: &["Delimiter", "Marker", "NextMarker", "Prefix"],
        lists: &[("Contents", "Key"), ("CommonPrefixes", "Prefix")],
    },
    Listing {
        operation: "ListObjectsV2",
        keys: &["Delimiter", "Prefix", "StartAfter"],
        lists: &[("Contents", "Key"), ("CommonPrefixes", "Prefix")],
    },
    Listing {
        operation: "ListObjectVersions",
        keys: &["Delimiter", "KeyMarker", "NextKeyMarker", "Prefix"],
        lists: &[("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")],
    },
];

/// Asks for keys in percent-encoding, where that is the caller's to leave to us. Says whether it did: then the output is for
/// [`decode_keys`].
pub fn ask_for_encoded_keys(service: &Service, operation: &Operation, input: &mut Value) -> bool {
    if service.name().as_str() != "s3" || find(operation).is_none() || input.get(ENCODING).is_some()
    {
        return false;
    }
    let Some(input) = input.as_object_mut() else { return false };
    input.insert(ENCODING, IN_URLS);
    true
}

/// Decodes the keys of an output, if they are in percent-encoding, and takes out that they were.
pub fn decode_keys(operation: &Operation, output: &mut Value) {
    let Some(listing) = find(operation) else { return };
    let Some(output) = output.as_object_mut() else { return };
    if output.get(ENCODING).and_then(Value::as_str) != Some(IN_URLS) {
        return;
    }
    output.remove(ENCODING);
    for key in listing.keys {
        output.get_mut(key).into_iter().for_each(decode);
    }
    for (list, key) in listing.lists {
        let Some(Value::List(elements)) = output.get_mut(list) else { continue };
        for element in elements.iter_mut().filter_map(Value::as_object_mut) {
            element.get_mut(key).into_iter().for_each(decode);
        }
    }
}

fn find(operation: &Operation) -> Option<&'static Listing> {
    LISTINGS.iter().find(|listing| operation.name.as_str() == listing.operation)
}

/// Decodes a text. What does not decode to a text is left as it is.
fn decode(value: &mut Value) {
    if let Value::String(text) = value
        && let Ok(decoded) = percent_decode_str(text).decode_utf8()
    {
        *value = Value::from(decoded.into_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog;

    #[test]
    fn keys_are_asked_for_in_an_encoding_that_carries_them_and_come_back_as_they_are() {
        let service = catalog().service("s3").unwrap();
        let operation = service.operation("ListObjectsV2").unwrap();
        let mut input = Value::from_json(&json!({"Bucket": "b"}));
        assert!(ask_for_encoded_keys(&service, operation, &mut input));
        assert_eq!(input.to_json(), json!({"Bucket": "b", "EncodingType": "url"}));

        let mut output = Value::from_json(&json!({
            "EncodingType": "url", "Prefix": "a%20b/", "NextContinuationToken": "%41",
            "Contents": [{"Key": "a%20b/%01+%C3%A4"}], "CommonPrefixes": [{"Prefix": "%25/"}],
        }));
        decode_keys(operation, &mut output);
        let expected = json!({
            "Prefix": "a b/", "NextContinuationToken": "%41",
            "Contents": [{"Key": "a b/\u{1}+ä"}], "CommonPrefixes": [{"Prefix": "%/"}],
        });
        assert_eq!(output.to_json(), expected);
    }

    #[test]
    fn who_asks_for_the_encoding_gets_it_and_other_operations_are_left_alone() {
        let service = catalog().service("s3").unwrap();
        for (operation, input) in [
            ("ListObjects", json!({"Bucket": "b", "EncodingType": "url"})),
            ("ListParts", json!({"Bucket": "b"})),
        ] {
            let operation = service.operation(operation).unwrap();
            let mut asked = Value::from_json(&input);
            assert!(!ask_for_encoded_keys(&service, operation, &mut asked));
            assert_eq!(asked.to_json(), input);
        }
    }
}

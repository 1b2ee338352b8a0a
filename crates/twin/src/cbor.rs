//! Requests in RPC v2 CBOR, for services that also speak JSON: translated on the way in and out.
//!
//! Current AWS SDKs prefer CBOR where a service offers it. What is said is the same as in JSON, so the twin serves JSON
//! and translates the bodies. Blobs and timestamps, which JSON does not have, occur in no service that it serves so.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use reeve_model::WireRequest;
use serde_json::{Map, Number, Value};

const PROTOCOL_HEADER: &str = "smithy-protocol";
const PROTOCOL: &str = "rpc-v2-cbor";
const DEEPEST: usize = 32;

/// Turns a request in CBOR into the same request in JSON; tells whether it was one.
pub(crate) fn into_json(request: &mut WireRequest) -> bool {
    if request.header(PROTOCOL_HEADER) != Some(PROTOCOL) {
        return false;
    }
    let mut steps = request.path.trim_start_matches('/').split('/');
    let target = match [steps.next(), steps.next(), steps.next(), steps.next()] {
        [Some("service"), Some(service), Some("operation"), Some(operation)] => {
            format!("{service}.{operation}")
        }
        _ => return false,
    };
    let body = decode(&request.body).unwrap_or(Value::Object(Map::new()));
    request.body = body.to_string().into_bytes();
    "/".clone_into(&mut request.path);
    let known = ["content-type", "content-length", "x-amz-target"];
    request.headers.retain(|(name, _)| !known.contains(&name.to_ascii_lowercase().as_str()));
    let json = ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned());
    request.headers.extend([json, ("x-amz-target".to_owned(), target)]);
    true
}

/// Turns a response in JSON into the same response in CBOR. What is no JSON stays as it is.
pub(crate) fn into_cbor(response: &mut Response<Bytes>) {
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else { return };
    let mut bytes = Vec::new();
    encode(&body, &mut bytes);
    *response.body_mut() = Bytes::from(bytes);
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    headers.insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(count), _, _) => head(0, count, out),
            (None, Some(negative), _) => head(1, (!negative).unsigned_abs(), out),
            (None, None, fraction) => {
                out.push(0xfb);
                out.extend_from_slice(&fraction.unwrap_or(f64::NAN).to_be_bytes());
            }
        },
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(elements) => {
            head(4, elements.len() as u64, out);
            for element in elements {
                encode(element, out);
            }
        }
        Value::Object(members) => {
            head(5, members.len() as u64, out);
            for (name, member) in members {
                head(3, name.len() as u64, out);
                out.extend_from_slice(name.as_bytes());
                encode(member, out);
            }
        }
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    if let Ok(small) = u8::try_from(argument) {
        if small < 24 {
            out.push(major | small);
        } else {
            out.extend_from_slice(&[major + 24, small]);
        }
    } else if let Ok(medium) = u16::try_from(argument) {
        out.push(major + 25);
        out.extend_from_slice(&medium.to_be_bytes());
    } else if let Ok(large) = u32::try_from(argument) {
        out.push(major + 26);
        out.extend_from_slice(&large.to_be_bytes());
    } else {
        out.push(major + 27);
        out.extend_from_slice(&bytes);
    }
}

fn decode(bytes: &[u8]) -> Option<Value> {
    Reader { rest: bytes }.value(DEEPEST)
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        let first = self.byte()?;
        self.value_after(first, depth.checked_sub(1)?)
    }

    fn value_after(&mut self, first: u8, depth: usize) -> Option<Value> {
        let (major, info) = (first >> 5, first & 0x1f);
        Some(match major {
            0 => self.argument(info)?.into(),
            1 => Value::from(!i64::try_from(self.argument(info)?).ok()?),
            2 | 3 => Value::String(self.text(major, info)?),
            4 => self.array(info, depth)?,
            5 => self.map(info, depth)?,
            // A tag says how to read what follows; without its help it is read as it stands.
            6 => {
                self.argument(info)?;
                self.value(depth)?
            }
            _ => self.simple(info)?,
        })
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        Some(match info {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 | 23 => Value::Null,
            26 => {
                let bits = u32::try_from(self.argument(info)?).ok()?;
                Number::from_f64(f32::from_bits(bits).into())?.into()
            }
            27 => Number::from_f64(f64::from_bits(self.argument(info)?))?.into(),
            _ => return None,
        })
    }

    fn text(&mut self, major: u8, info: u8) -> Option<String> {
        if info != 31 {
            let length = usize::try_from(self.argument(info)?).ok()?;
            return String::from_utf8(self.take(length)?.to_vec()).ok();
        }
        let mut text = String::new();
        loop {
            match self.byte()? {
                0xff => return Some(text),
                chunk if chunk >> 5 == major && chunk & 0x1f != 31 => {
                    text.push_str(&self.text(major, chunk & 0x1f)?);
                }
                _ => return None,
            }
        }
    }

    fn array(&mut self, info: u8, depth: usize) -> Option<Value> {
        let mut elements = Vec::new();
        let mut left = self.count(info)?;
        while left != Some(0) {
            let first = self.byte()?;
            if left.is_none() && first == 0xff {
                break;
            }
            elements.push(self.value_after(first, depth.checked_sub(1)?)?);
            left = left.map(|left| left - 1);
        }
        Some(Value::Array(elements))
    }

    fn map(&mut self, info: u8, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        let mut left = self.count(info)?;
        while left != Some(0) {
            let first = self.byte()?;
            if left.is_none() && first == 0xff {
                break;
            }
            let Value::String(name) = self.value_after(first, depth.checked_sub(1)?)? else {
                return None;
            };
            let member = self.value(depth)?;
            members.insert(name, member);
            left = left.map(|left| left - 1);
        }
        Some(Value::Object(members))
    }

    /// How many elements follow; `Some(None)` if they end with a break.
    #[expect(clippy::option_option, reason = "not readable, until the break, or so many")]
    fn count(&mut self, info: u8) -> Option<Option<u64>> {
        if info == 31 { Some(None) } else { Some(Some(self.argument(info)?)) }
    }

    fn argument(&mut self, info: u8) -> Option<u64> {
        let length = match info {
            0..24 => return Some(info.into()),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return None,
        };
        let bytes = self.take(length)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let long = "x".repeat(70_000);
        let values = [
            json!({"a": [1, 23, 24, 255, 256, 65_536, 4_294_967_296_u64], "b": {"c": null}}),
            json!([true, false, -1, -500, 1.5, "", "é", long]),
        ];
        for value in values {
            let mut bytes = Vec::new();
            encode(&value, &mut bytes);
            assert_eq!(decode(&bytes), Some(value));
        }
    }

    #[test]
    fn indefinite_lengths_are_read() {
        let bytes = hex::decode("bf61619f0102ff61627f61786179ffff").unwrap();
        assert_eq!(decode(&bytes), Some(json!({"a": [1, 2], "b": "xy"})));
    }

    #[test]
    fn what_is_cut_short_or_too_deep_is_refused() {
        assert_eq!(decode(&hex::decode("a26161").unwrap()), None);
        assert_eq!(decode(&[0x9f; 1000]), None);
        assert_eq!(decode(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]), None);
    }
}

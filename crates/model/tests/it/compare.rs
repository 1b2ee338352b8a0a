//! Comparisons that overlook what does not matter: white space between XML elements, the order of JSON members, how a
//! number is written.

use std::fmt::Debug;

use percent_encoding::percent_decode_str;
use quick_xml::{Reader, events::Event};
use reeve_model::{Protocol, Service, Value};
use serde_json::Value as Json;

pub(crate) fn equal<T: PartialEq + Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: found {found:?}, expected {expected:?}"))
    }
}

pub(crate) fn uris(found: &str, expected: &str) -> Result<(), String> {
    let parts = |uri: &str| {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut pairs = pairs(query);
        pairs.sort();
        (path.to_owned(), pairs)
    };
    equal("uri", &parts(found), &parts(expected))
}

pub(crate) fn headers(name: &str, found: &str, expected: &str) -> Result<(), String> {
    let plain = |text: &str| text.replace("; charset=utf-8", "").replace(", ", ",");
    equal(&format!("header `{name}`"), &plain(found), &plain(expected))
}

pub(crate) fn bodies(service: &Service, found: &[u8], expected: &str) -> Result<(), String> {
    let found = std::str::from_utf8(found).unwrap();
    match service.metadata().protocol {
        Protocol::Ec2 | Protocol::Query => {
            let sorted = |text: &str| {
                let mut pairs = pairs(text);
                pairs.sort();
                pairs
            };
            equal("body", &sorted(found), &sorted(expected))
        }
        Protocol::RestXml if expected.trim_start().starts_with('<') => {
            equal("body", &elements(found), &elements(expected))
        }
        _ => match (serde_json::from_str::<Json>(found), serde_json::from_str::<Json>(expected)) {
            (Ok(found), Ok(expected)) if same(&found, &expected) => Ok(()),
            _ => equal("body", &found, &expected),
        },
    }
}

pub(crate) fn values(what: &str, found: &Value, expected: &Json) -> Result<(), String> {
    let found = plain(found);
    if same(&found, expected) {
        Ok(())
    } else {
        Err(format!("{what}: found {found}, expected {expected}"))
    }
}

/// As the cases write values: blobs as their text, timestamps as seconds.
fn plain(value: &Value) -> Json {
    match value {
        Value::Blob(bytes) => String::from_utf8_lossy(bytes).into(),
        Value::Timestamp(instant) => (instant.as_duration().as_secs_f64()).into(),
        Value::List(elements) => elements.iter().map(plain).collect(),
        Value::Object(object) => Json::Object(
            object.iter().map(|(name, value)| (name.to_string(), plain(value))).collect(),
        ),
        other => other.to_json(),
    }
}

fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (one, other) => one == other,
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

#[derive(Debug, PartialEq, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

fn elements(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let attributes = start.attributes().map(|attribute| attribute.unwrap());
                let mut attributes: Vec<(String, String)> = attributes
                    .map(|attribute| {
                        (attribute.key.into_inner().to_owned(), attribute.value.into_owned())
                    })
                    .collect();
                attributes.sort();
                let name = start.name().into_inner().to_owned();
                open.push(Element { name, attributes, ..Element::default() });
            }
            Event::End(_) => {
                let mut element = open.pop().unwrap();
                if !element.children.is_empty() {
                    element.text = element.text.trim().to_owned();
                }
                open.last_mut().unwrap().children.push(element);
            }
            Event::Text(part) => open.last_mut().unwrap().text.push_str(&part.into_inner()),
            Event::GeneralRef(reference) => {
                let text = &mut open.last_mut().unwrap().text;
                text.extend(["&", &*reference, ";"]);
            }
            Event::Eof => {
                let mut document = open.pop().unwrap();
                document.text = String::new();
                return document;
            }
            _ => {}
        }
    }
}

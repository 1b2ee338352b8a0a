//! Compares bodies, overlooking what does not matter: white space between XML elements, the order of members, how a number
//! or the length of a CBOR list is written.

use ciborium::Value as Cbor;
use percent_encoding::percent_decode_str;
use quick_xml::{Reader, events::Event};
use reeve_model::Protocol;
use serde_json::Value as Json;

use crate::{difference, suites::aws_protocols::Case};

pub(super) fn compare(case: &Case, found: &[u8], expected: &str) -> Result<(), String> {
    if case.protocol() == Protocol::RpcV2Cbor {
        let expected = case.bytes(expected, false)?;
        return difference::equal("body", &cbor(found)?, &cbor(&expected)?);
    }
    let found = std::str::from_utf8(found).map_err(|_| "body: found bytes that are no text")?;
    match case.protocol() {
        Protocol::Ec2 | Protocol::Query => difference::equal("body", &form(found), &form(expected)),
        Protocol::RestXml if expected.trim_start().starts_with('<') => {
            difference::equal("body", &xml(found)?, &xml(expected)?)
        }
        _ => match (serde_json::from_str::<Json>(found), serde_json::from_str::<Json>(expected)) {
            (Ok(found), Ok(expected)) => difference::json("body", &found, &expected),
            _ => difference::equal("body", &found, &expected),
        },
    }
}

/// The decoded pairs of a form or a query string, sorted.
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect();
    pairs.sort();
    pairs
}

/// CBOR as text, which also compares not-a-number. Members are sorted; definite and indefinite lengths are the same.
fn cbor(bytes: &[u8]) -> Result<String, String> {
    if bytes.is_empty() {
        return Ok("nothing".to_owned());
    }
    let value: Cbor = ciborium::from_reader(bytes)
        .map_err(|error| format!("body: {} bytes that are not CBOR: {error}", bytes.len()))?;
    Ok(cbor_text(&value))
}

fn cbor_text(value: &Cbor) -> String {
    match value {
        Cbor::Map(entries) => {
            let mut entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", cbor_text(key), cbor_text(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        Cbor::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(cbor_text).collect();
            format!("[{}]", elements.join(", "))
        }
        Cbor::Tag(tag, inner) => match &**inner {
            // The seconds of a timestamp may be an integer or a float.
            Cbor::Integer(number) => format!("{tag}({:?})", Cbor::Float(to_float(*number))),
            inner => format!("{tag}({})", cbor_text(inner)),
        },
        Cbor::Integer(number) => i128::from(*number).to_string(),
        other => format!("{other:?}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
fn to_float(number: ciborium::value::Integer) -> f64 {
    i128::from(number) as f64
}

#[derive(Debug, PartialEq, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

/// The elements below the document; text beside them is dropped.
fn xml(text: &str) -> Result<Vec<Element>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("body: found XML that is broken: {error}");
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| broken(&error))? {
            Event::Start(start) => {
                let mut attributes = Vec::new();
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|error| broken(&error))?;
                    let name = attribute.key.into_inner().to_owned();
                    attributes.push((name, attribute.value.into_owned()));
                }
                attributes.sort();
                let name = start.name().into_inner().to_owned();
                open.push(Element { name, attributes, ..Element::default() });
            }
            Event::End(_) => {
                let mut element = open.pop().unwrap_or_default();
                if !element.children.is_empty() {
                    // White space between elements means nothing.
                    element.text = element.text.split_whitespace().collect();
                }
                let parent = open.last_mut().ok_or_else(|| broken(&"too many ends"))?;
                parent.children.push(element);
            }
            Event::Text(part) => append(&mut open, &[&part.into_inner()]),
            Event::GeneralRef(reference) => append(&mut open, &["&", &reference, ";"]),
            Event::Eof => return Ok(open.pop().unwrap_or_default().children),
            _ => {}
        }
    }
}

fn append(open: &mut [Element], parts: &[&str]) {
    if let Some(element) = open.last_mut() {
        element.text.extend(parts.iter().copied());
    }
}

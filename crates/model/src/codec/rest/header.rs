//! Headers: lists in one value, and maps over many headers.

use crate::{
    Object, Value,
    codec::{
        error::{DecodeError, EncodeError},
        path::AtPath,
        rest::binding,
    },
    schema::{Location, Member, Service, ShapeKind, Structure, TimestampFormat},
};

/// What stands for an `Expires` that is no time, as AWS's own clients call it.
const UNREAD_EXPIRES: &str = "ExpiresString";

/// Writes the members of a structure that are bound to headers.
pub(super) fn encode_headers(
    service: &Service,
    structure: &Structure,
    object: &Object,
) -> Result<Vec<(String, String)>, EncodeError> {
    let mut headers = Vec::new();
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = structure.member(name) else { continue };
        match member.location {
            Some(Location::Header) => {
                let text =
                    encode_header(service, member, value).map_err(|error| error.in_member(name))?;
                headers.extend(text.map(|text| (member.wire_name.to_string(), text)));
            }
            Some(Location::Headers) => {
                let entries = value.as_object();
                let entries = entries
                    .ok_or_else(|| EncodeError::mismatch("a map", value.kind()).in_member(name))?;
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
                    let header = format!("{}{key}", prefix(member));
                    if is_claimed(structure, object, &header) {
                        continue;
                    }
                    let text = value.as_str().ok_or_else(|| {
                        EncodeError::mismatch("a string", value.kind())
                            .in_member(key)
                            .in_member(name)
                    })?;
                    headers.push((header, text.to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok(headers)
}

/// Reads the members of a structure that are bound to headers.
pub(super) fn decode_headers(
    service: &Service,
    structure: &Structure,
    headers: &[(String, String)],
    object: &mut Object,
) -> Result<(), DecodeError> {
    for member in structure.members() {
        match member.location {
            Some(Location::Header) => {
                let found =
                    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&member.wire_name));
                let Some((_, text)) = found else { continue };
                let value = match decode_header(service, member, text) {
                    Ok(value) => value,
                    // Whoever stored an object may have said anything there: nothing else depends on it.
                    Err(_) if member.wire_name == *"Expires" => {
                        object.insert(UNREAD_EXPIRES, text.as_str());
                        continue;
                    }
                    Err(error) => return Err(error.in_member(&member.name)),
                };
                if let Some(value) = value {
                    object.insert(&member.name, value);
                }
            }
            Some(Location::Headers) => {
                let entries: Object = headers
                    .iter()
                    .filter_map(|(name, text)| {
                        Some((strip_prefix(name, prefix(member))?, text.as_str()))
                    })
                    .collect();
                object.insert(&member.name, entries);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a member of its own says what the header is.
fn is_claimed(structure: &Structure, object: &Object, header: &str) -> bool {
    let mut members =
        structure.members().iter().filter(|member| member.location == Some(Location::Header));
    members.any(|member| {
        member.wire_name.eq_ignore_ascii_case(header) && object.contains(&member.name)
    })
}

fn prefix(member: &Member) -> &str {
    member.location_name.as_deref().unwrap_or_default()
}

fn strip_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// An empty list is no header.
fn encode_header(
    service: &Service,
    member: &Member,
    value: &Value,
) -> Result<Option<String>, EncodeError> {
    let ShapeKind::List(list) = &service.shape(member.shape).kind else {
        return Ok(Some(binding::to_text(service, member, Location::Header, value)?.into_owned()));
    };
    let Value::List(elements) = value else {
        return Err(EncodeError::mismatch("a list", value.kind()));
    };
    let mut texts = Vec::with_capacity(elements.len());
    let is_string = matches!(service.shape(list.member.shape).kind, ShapeKind::String(_));
    for (position, element) in elements.iter().enumerate().filter(|(_, element)| !element.is_null())
    {
        let text = binding::to_text(service, &list.member, Location::Header, element)
            .map_err(|error| error.in_element(position))?;
        texts.push(if is_string { quoted(&text) } else { text.into_owned() });
    }
    Ok((!texts.is_empty()).then(|| texts.join(", ")))
}

fn decode_header(
    service: &Service,
    member: &Member,
    text: &str,
) -> Result<Option<Value>, DecodeError> {
    let ShapeKind::List(list) = &service.shape(member.shape).kind else {
        return binding::from_text(service, member, Location::Header, text);
    };
    let is_http_date = matches!(service.shape(list.member.shape).kind, ShapeKind::Timestamp)
        && binding::timestamp_format(&list.member, Location::Header) == TimestampFormat::HttpDate;
    let mut elements = Vec::new();
    for (position, part) in split(text, if is_http_date { 2 } else { 1 }).into_iter().enumerate() {
        let element = binding::from_text(service, &list.member, Location::Header, &part)
            .map_err(|error| error.in_element(position))?;
        elements.extend(element);
    }
    Ok(Some(Value::List(elements)))
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',']) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

/// Splits at each comma, or at every second one: HTTP dates contain one. Commas within quotes do not count.
fn split(text: &str, commas_per_element: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut in_quotes = false;
    let mut commas = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_quotes => part.extend(characters.next()),
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes && commas + 1 == commas_per_element => {
                parts.push(part.trim().to_owned());
                part.clear();
                commas = 0;
            }
            ',' if !in_quotes => {
                commas += 1;
                part.push(',');
            }
            other => part.push(other),
        }
    }
    if !part.trim().is_empty() || !parts.is_empty() {
        parts.push(part.trim().to_owned());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_within_quotes_do_not_split() {
        assert_eq!(split(r#""b,c", "\"def\"", a"#, 1), ["b,c", "\"def\"", "a"]);
        assert_eq!(split("", 1), Vec::<String>::new());
    }

    #[test]
    fn http_dates_keep_their_comma() {
        let text = "Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:19 GMT";
        assert_eq!(
            split(text, 2),
            ["Mon, 16 Dec 2019 23:48:18 GMT", "Mon, 16 Dec 2019 23:48:19 GMT"]
        );
    }

    #[test]
    fn what_is_quoted_reads_back() {
        for text in ["plain", "a,b", "say \"hi\"", "back\\slash, and \"more\""] {
            assert_eq!(split(&quoted(text), 1), [text]);
        }
    }
}

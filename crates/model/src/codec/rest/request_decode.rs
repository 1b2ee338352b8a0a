//! Requests to inputs.

use crate::{
    Object, Operation, Value, WireRequest,
    codec::{
        error::DecodeError,
        path::AtPath,
        rest::{BodyFormat, binding, header},
    },
    schema::{Location, Member, Service, ShapeKind, Structure},
};

/// Reads the input of the operation that a request was found to mean.
pub(crate) fn decode_request(
    service: &Service,
    operation: &Operation,
    format: BodyFormat,
    request: &WireRequest,
) -> Result<Value, DecodeError> {
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let Some(structure) = structure else { return Ok(Value::object()) };
    // A stream of events is read by whoever has the connection.
    let body = if operation.event_input(service).is_some() { &[][..] } else { &request.body };
    let mut object = format.decode_body(service, structure, Member::in_request_body, body)?;
    header::decode_headers(service, structure, &request.headers, &mut object)?;
    // A prefix without headers says nothing in a request.
    for member in
        structure.members().iter().filter(|member| member.location == Some(Location::Headers))
    {
        if object.get(&member.name).and_then(Value::as_object).is_some_and(Object::is_empty) {
            object.remove(&member.name);
        }
    }
    labels(service, operation, structure, (request, &mut object))?;
    query(service, operation, structure, (request, &mut object))?;
    Ok(Value::Object(object))
}

fn labels(
    service: &Service,
    operation: &Operation,
    structure: &Structure,
    (request, object): (&WireRequest, &mut Object),
) -> Result<(), DecodeError> {
    for (label, text) in operation.http.uri.match_path(&request.path).unwrap_or_default() {
        let mut members = structure.members().iter();
        let member = members
            .find(|member| member.location == Some(Location::Uri) && *member.wire_name == *label);
        let Some(member) = member else { continue };
        let value = binding::from_text(service, member, Location::Uri, &text);
        if let Some(value) = value.map_err(|error| error.in_member(&member.name))? {
            object.insert(&member.name, value);
        }
    }
    Ok(())
}

fn query(
    service: &Service,
    operation: &Operation,
    structure: &Structure,
    (request, object): (&WireRequest, &mut Object),
) -> Result<(), DecodeError> {
    let bound = || {
        structure.members().iter().filter(|member| member.location == Some(Location::QueryString))
    };
    let is_named = |key: &str| {
        operation.http.uri.query.iter().any(|(literal, _)| literal == key)
            || bound().any(|member| *member.wire_name == *key)
    };
    for member in bound() {
        let in_member = |error: DecodeError| error.in_member(&member.name);
        match &service.shape(member.shape).kind {
            ShapeKind::Map(map) => {
                let mut entries = Object::new();
                for (key, _) in request.query.iter().filter(|(key, _)| !is_named(key)) {
                    if let Some(value) =
                        query_values(service, (&map.value, key), request).map_err(in_member)?
                    {
                        entries.insert(key.as_str(), value);
                    }
                }
                if !entries.is_empty() {
                    object.insert(&member.name, entries);
                }
            }
            _ => {
                if let Some(value) = query_values(service, (member, &member.wire_name), request)
                    .map_err(in_member)?
                {
                    object.insert(&member.name, value);
                }
            }
        }
    }
    Ok(())
}

fn query_values(
    service: &Service,
    (member, key): (&Member, &str),
    request: &WireRequest,
) -> Result<Option<Value>, DecodeError> {
    let mut texts =
        request.query.iter().filter(|(name, _)| name == key).map(|(_, text)| text.as_str());
    let ShapeKind::List(list) = &service.shape(member.shape).kind else {
        return match texts.next() {
            Some(text) => binding::from_text(service, member, Location::QueryString, text),
            None => Ok(None),
        };
    };
    let mut elements = Vec::new();
    for text in texts {
        let element = binding::from_text(service, &list.member, Location::QueryString, text);
        elements.extend(element.map_err(|error| error.in_element(elements.len()))?);
    }
    Ok((!elements.is_empty()).then_some(Value::List(elements)))
}

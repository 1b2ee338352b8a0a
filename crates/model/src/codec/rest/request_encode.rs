//! Inputs to requests.

use percent_encoding::utf8_percent_encode;

use crate::{
    Object, Operation, Value, WireRequest,
    codec::{
        PATH_SEGMENTS, UNRESERVED,
        error::EncodeError,
        event_stream,
        path::{AtPath, ValuePath},
        rest::{BodyFormat, BodyKind, binding, header},
        scalar,
    },
    schema::{Location, Member, Service, ShapeKind, Structure, UriPart},
};

/// Writes the request of an operation.
pub(crate) fn encode_request(
    service: &Service,
    operation: &Operation,
    format: BodyFormat,
    input: &Value,
) -> Result<WireRequest, EncodeError> {
    let none = Object::new();
    let object = match input {
        Value::Object(object) => object,
        Value::Null => &none,
        other => return Err(EncodeError::mismatch("a structure", other.kind())),
    };
    let mut request =
        WireRequest { method: operation.http.method.to_string(), ..WireRequest::default() };
    let template = &operation.http.uri;
    let literals =
        template.query.iter().map(|(key, value)| (key.clone(), value.clone().unwrap_or_default()));
    request.query.extend(literals);
    let structure =
        operation.input.as_ref().and_then(|input| Some((input, service.structure(input.shape)?)));
    let Some((root, structure)) = structure else {
        request.path = path(service, None, &template.path, &none)?;
        return Ok(request);
    };
    request.path = path(service, Some(structure), &template.path, object)?;
    query(service, structure, object, &mut request.query)?;
    request.headers = header::encode_headers(service, structure, object)?;
    if let Some(unknown) = object.names().find(|name| structure.member(name).is_none()) {
        let path = ValuePath::member(unknown);
        return Err(EncodeError::UnknownMember { path, shape: structure.name.clone() });
    }
    let (body, content_type) = body(service, format, (root, structure), object)?;
    request.body = body;
    if let Some(content_type) = content_type.filter(|_| request.header("content-type").is_none()) {
        request.headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    Ok(request)
}

fn path(
    service: &Service,
    structure: Option<&Structure>,
    parts: &[UriPart],
    object: &Object,
) -> Result<String, EncodeError> {
    let mut path = String::new();
    for part in parts {
        match part {
            UriPart::Literal(text) => path.push_str(text),
            UriPart::Label { name, greedy } => {
                let mut members = structure.into_iter().flat_map(Structure::members);
                let member = members
                    .find(|member| {
                        member.location == Some(Location::Uri) && *member.wire_name == **name
                    })
                    .ok_or_else(|| EncodeError::Missing {
                        path: ValuePath::member(name),
                        part: "URI",
                    })?;
                let text = match object.get(&member.name) {
                    None | Some(Value::Null) => "".into(),
                    Some(value) => binding::to_text(service, member, Location::Uri, value)
                        .map_err(|error| error.in_member(&member.name))?,
                };
                if text.is_empty() {
                    return Err(EncodeError::Missing {
                        path: ValuePath::member(&member.name),
                        part: "URI",
                    });
                }
                path.extend(utf8_percent_encode(
                    &text,
                    if *greedy { PATH_SEGMENTS } else { UNRESERVED },
                ));
            }
        }
    }
    Ok(path)
}

fn query(
    service: &Service,
    structure: &Structure,
    object: &Object,
    query: &mut Vec<(String, String)>,
) -> Result<(), EncodeError> {
    let bound = || {
        object.iter().filter(|(_, value)| !value.is_null()).filter_map(|(name, value)| {
            let member = structure.member(name)?;
            (member.location == Some(Location::QueryString)).then_some((member, value))
        })
    };
    let is_map = |member: &Member| matches!(service.shape(member.shape).kind, ShapeKind::Map(_));
    for (member, value) in bound().filter(|(member, _)| !is_map(member)) {
        query_member(service, (member, &member.wire_name), value, query)
            .map_err(|error| error.in_member(&member.name))?;
    }
    // What has a member of its own wins over a map's entry of the same name.
    let taken: Vec<String> = query.iter().map(|(key, _)| key.clone()).collect();
    for (member, value) in bound().filter(|(member, _)| is_map(member)) {
        let (ShapeKind::Map(map), Value::Object(entries)) =
            (&service.shape(member.shape).kind, value)
        else {
            return Err(EncodeError::mismatch("a map", value.kind()).in_member(&member.name));
        };
        for (key, value) in
            entries.iter().filter(|(key, _)| !taken.iter().any(|taken| **taken == ***key))
        {
            query_member(service, (&map.value, key), value, query)
                .map_err(|error| error.in_member(key).in_member(&member.name))?;
        }
    }
    Ok(())
}

fn query_member(
    service: &Service,
    (member, key): (&Member, &str),
    value: &Value,
    query: &mut Vec<(String, String)>,
) -> Result<(), EncodeError> {
    let ShapeKind::List(list) = &service.shape(member.shape).kind else {
        let text = binding::to_text(service, member, Location::QueryString, value)?;
        query.push((key.to_owned(), text.into_owned()));
        return Ok(());
    };
    let Value::List(elements) = value else {
        return Err(EncodeError::mismatch("a list", value.kind()));
    };
    for (position, element) in elements.iter().enumerate() {
        let text = binding::to_text(service, &list.member, Location::QueryString, element)
            .map_err(|error| error.in_element(position))?;
        query.push((key.to_owned(), text.into_owned()));
    }
    Ok(())
}

fn body(
    service: &Service,
    format: BodyFormat,
    (root, structure): (&Member, &Structure),
    object: &Object,
) -> Result<(Vec<u8>, Option<&'static str>), EncodeError> {
    let given = |member: &Member| object.get(&member.name).filter(|value| !value.is_null());
    match BodyKind::of(service, structure, Member::in_request_body) {
        BodyKind::Empty => Ok((Vec::new(), None)),
        BodyKind::Raw(member) => match given(member) {
            None => Ok((Vec::new(), None)),
            Some(value) => {
                let is_text = matches!(service.shape(member.shape).kind, ShapeKind::String(_));
                let body = scalar::bytes(value).map_err(|error| error.in_member(&member.name))?;
                let content_type = if is_text { "text/plain" } else { "application/octet-stream" };
                Ok((body.to_vec(), Some(content_type)))
            }
        },
        // Events follow as they occur, from whoever has the connection.
        BodyKind::Payload(member) if member.flags.event_stream => {
            match given(member) {
                None => Ok((Vec::new(), Some(event_stream::CONTENT_TYPE))),
                Some(value) => Err(EncodeError::mismatch("left to be streamed", value.kind())
                    .in_member(&member.name)),
            }
        }
        BodyKind::Payload(member) => match (given(member), format) {
            (Some(value), _) => {
                let body = format.encode_payload(service, member, value);
                Ok((
                    body.map_err(|error| error.in_member(&member.name))?,
                    Some(format.content_type()),
                ))
            }
            // An object without members is a structure, but no union.
            (None, BodyFormat::Json)
                if service.structure(member.shape).is_none_or(|structure| !structure.union) =>
            {
                Ok((b"{}".to_vec(), Some(format.content_type())))
            }
            (None, BodyFormat::Json | BodyFormat::Xml) => Ok((Vec::new(), None)),
        },
        BodyKind::Members => {
            let is_given = structure
                .members()
                .iter()
                .any(|member| member.in_request_body() && given(member).is_some());
            if format == BodyFormat::Xml && !is_given {
                return Ok((Vec::new(), None));
            }
            let body = format.encode_members(
                service,
                (root, structure),
                object,
                Member::in_request_body,
            )?;
            Ok((body, Some(format.content_type())))
        }
    }
}

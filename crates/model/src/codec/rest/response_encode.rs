//! Outputs to responses.

use crate::{
    Object, Operation, ServiceError, Value, WireResponse,
    codec::{
        error::EncodeError,
        event_stream,
        path::{AtPath, ValuePath},
        rest::{BodyFormat, BodyKind, header},
        scalar,
    },
    schema::{Location, Member, Service, ShapeKind, Structure},
};

/// Writes the response of an operation.
pub(crate) fn encode_response(
    service: &Service,
    operation: &Operation,
    format: BodyFormat,
    output: &Value,
) -> Result<WireResponse, EncodeError> {
    let none = Object::new();
    let object = match output {
        Value::Object(object) => object,
        Value::Null => &none,
        other => return Err(EncodeError::mismatch("a structure", other.kind())),
    };
    let mut response =
        WireResponse { status: operation.http.response_code, ..WireResponse::default() };
    let structure = operation
        .output
        .as_ref()
        .and_then(|output| Some((output, service.structure(output.shape)?)));
    let Some((root, structure)) = structure else { return Ok(response) };
    if let Some(unknown) = object.names().find(|name| structure.member(name).is_none()) {
        let path = ValuePath::member(unknown);
        return Err(EncodeError::UnknownMember { path, shape: structure.name.clone() });
    }
    response.headers = header::encode_headers(service, structure, object)?;
    for member in
        structure.members().iter().filter(|member| member.location == Some(Location::StatusCode))
    {
        let status = object.get(&member.name).and_then(Value::as_i64);
        response.status =
            status.and_then(|status| u16::try_from(status).ok()).unwrap_or(response.status);
    }
    let (body, content_type) = match operation.event_output(service) {
        Some(_) => {
            let stream =
                event_stream::encode_stream(service, format.protocol(), operation, output)?;
            (stream, Some(event_stream::CONTENT_TYPE))
        }
        None => body(service, format, (root, structure), object)?,
    };
    response.body = body;
    if let Some(content_type) = content_type.filter(|_| response.header("content-type").is_none()) {
        response.headers.push(("Content-Type".to_owned(), content_type.to_owned()));
    }
    Ok(response)
}

/// Writes the members of an error that are bound to headers. Those that cannot be written are left out: the error must
/// reach its reader.
pub(crate) fn error_headers(service: &Service, error: &ServiceError) -> Vec<(String, String)> {
    let exception = service.exception(&error.code).map(|(_, structure)| structure);
    let headers = exception.zip(error.detail.as_object()).map(|(structure, detail)| {
        header::encode_headers(service, structure, detail).unwrap_or_default()
    });
    headers.unwrap_or_default()
}

fn body(
    service: &Service,
    format: BodyFormat,
    (root, structure): (&Member, &Structure),
    object: &Object,
) -> Result<(Vec<u8>, Option<&'static str>), EncodeError> {
    let given = |member: &Member| object.get(&member.name).filter(|value| !value.is_null());
    match BodyKind::of(service, structure, Member::in_response_body) {
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
        BodyKind::Payload(member) => match given(member) {
            None => Ok((Vec::new(), None)),
            Some(value) => {
                let body = format.encode_payload(service, member, value);
                Ok((
                    body.map_err(|error| error.in_member(&member.name))?,
                    Some(format.content_type()),
                ))
            }
        },
        BodyKind::Members => {
            let body = format.encode_members(
                service,
                (root, structure),
                object,
                Member::in_response_body,
            )?;
            Ok((body, Some(format.content_type())))
        }
    }
}

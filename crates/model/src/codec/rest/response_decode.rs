//! Responses to outputs.

use crate::{
    Object, Operation, Value, WireResponse,
    codec::{
        error::DecodeError,
        event_stream,
        rest::{BodyFormat, header},
    },
    schema::{Location, Member, Service, Structure},
};

/// Reads the output of an operation.
pub(crate) fn decode_response(
    service: &Service,
    operation: &Operation,
    format: BodyFormat,
    response: &WireResponse,
) -> Result<Value, DecodeError> {
    let structure = operation.output.as_ref().and_then(|output| service.structure(output.shape));
    let Some(structure) = structure else { return Ok(Value::object()) };
    let body = &response.body;
    let mut object = match operation.event_output(service) {
        Some(_) if body.is_empty() => Object::new(),
        Some(_) => event_stream::decode_stream(service, operation, body)?,
        None => format.decode_body(service, structure, Member::in_response_body, body)?,
    };
    decode_bindings(service, structure, response, &mut object)?;
    Ok(Value::Object(object))
}

/// Reads the members that are bound to the status and to headers.
pub(crate) fn decode_bindings(
    service: &Service,
    structure: &Structure,
    response: &WireResponse,
    object: &mut Object,
) -> Result<(), DecodeError> {
    header::decode_headers(service, structure, &response.headers, object)?;
    for member in
        structure.members().iter().filter(|member| member.location == Some(Location::StatusCode))
    {
        object.insert(&member.name, Value::Integer(response.status.into()));
    }
    Ok(())
}

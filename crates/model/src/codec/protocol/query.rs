//! The query protocol: forms in, XML out.

use std::borrow::Cow;

use crate::{
    Object, Operation, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec,
        error::{DecodeError, EncodeError},
        error_body,
        form::{self, Dialect, Node},
        xml,
    },
};

/// The query protocol.
pub(in crate::codec) struct Query;

impl Codec for Query {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        encode_form_request(service, operation, Dialect::Query, input)
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        decode_xml_response(service, operation, &[&*wrapper(operation)], response)
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        error_body::decode_xml(service, response)
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        decode_form_request(service, Dialect::Query, request)
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        let root = format!("{}Response", operation.name);
        let mut writer = xml::Writer::new(service);
        writer.open(&root, service.metadata().xml_namespace.as_deref());
        if operation.output.is_some() {
            writer.open(&wrapper(operation), None);
            write_output(&mut writer, service, operation, output)?;
            writer.close(&wrapper(operation));
        }
        writer.open("ResponseMetadata", None);
        writer.text_element("RequestId", request_id);
        writer.close("ResponseMetadata");
        writer.close(&root);
        Ok(xml_response(200, writer))
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let mut writer = xml::Writer::new(service);
        writer.open("ErrorResponse", service.metadata().xml_namespace.as_deref());
        writer.open("Error", None);
        writer.text_element("Type", if error.sender_fault { "Sender" } else { "Receiver" });
        write_error_fields(&mut writer, service, error);
        writer.close("Error");
        writer.text_element("RequestId", error.request_id.as_deref().unwrap_or_default());
        writer.close("ErrorResponse");
        xml_response(error.status, writer)
    }
}

/// The element around an output.
fn wrapper(operation: &Operation) -> Cow<'_, str> {
    match &operation.result_wrapper {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("{}Result", operation.name)),
    }
}

/// A request that is a form, in either dialect.
pub(super) fn encode_form_request(
    service: &Service,
    operation: &Operation,
    dialect: Dialect,
    input: &Value,
) -> Result<WireRequest, EncodeError> {
    Ok(WireRequest {
        method: operation.http.method.to_string(),
        // The form says the operation; a few models say it in the query string as well, which no client sends.
        path: operation.http.uri.to_string(),
        query: Vec::new(),
        headers: vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: form::encode_form(service, operation, dialect, input)?,
        host_prefix: None,
    })
}

/// Reads a form from the body and the query string: old clients use either.
pub(super) fn decode_form_request<'a>(
    service: &'a Service,
    dialect: Dialect,
    request: &WireRequest,
) -> Result<(&'a Operation, Value), DecodeError> {
    let body = std::str::from_utf8(&request.body);
    let body = body.map_err(|error| DecodeError::malformed("form", error.to_string()))?;
    let mut pairs = request.query.clone();
    pairs.extend(form::parse_pairs(body));
    let form = Node::from_pairs(&pairs)?;
    let action = form.child("Action").and_then(|action| action.text.as_deref()).unwrap_or_default();
    let operation = service.operation(action).map_err(|_| DecodeError::UnknownOperation {
        service: service.name().clone(),
        request: format!("the action `{action}`"),
    })?;
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let input = match structure {
        Some(structure) => form::decode_form(service, structure, dialect, &form)?,
        None => Object::new(),
    };
    Ok((operation, Value::Object(input)))
}

/// Reads an XML response whose output stands where `way` leads.
pub(super) fn decode_xml_response(
    service: &Service,
    operation: &Operation,
    way: &[&str],
    response: &WireResponse,
) -> Result<Value, DecodeError> {
    let structure = operation.output.as_ref().and_then(|output| service.structure(output.shape));
    let structure = structure.filter(|structure| !structure.members().is_empty());
    let Some(structure) = structure else {
        if !response.body.is_empty() {
            xml::check_response(&response.body)?;
        }
        return Ok(Value::object());
    };
    let decoded = xml::decode_within(service, structure, way, &response.body)?;
    decoded.map(Value::Object).ok_or_else(|| {
        DecodeError::malformed("XML", format!("it has no element `{}`", way.join("/")))
    })
}

/// Writes an output's members.
pub(super) fn write_output(
    writer: &mut xml::Writer<'_>,
    service: &Service,
    operation: &Operation,
    output: &Value,
) -> Result<(), EncodeError> {
    let structure = operation.output.as_ref().and_then(|output| service.structure(output.shape));
    match (structure, output) {
        (Some(structure), Value::Object(object)) => writer.members(structure, object, |_| true),
        (_, Value::Null) => Ok(()),
        (None, Value::Object(object)) if object.is_empty() => Ok(()),
        _ => Err(EncodeError::mismatch("a structure", output.kind())),
    }
}

/// Writes code, message and the other members of an error.
pub(super) fn write_error_fields(
    writer: &mut xml::Writer<'_>,
    service: &Service,
    error: &ServiceError,
) {
    writer.text_element("Code", &error.code);
    writer.text_element("Message", &error.message);
    let Some((_, structure)) = service.exception(&error.code) else { return };
    let mut detail = error.detail.as_object().cloned().unwrap_or_default();
    detail.remove("message");
    detail.remove("Message");
    let mut members = xml::Writer::new(service);
    // Members that cannot be written leave the error without them: it must reach its reader.
    if members.members(structure, &detail, crate::schema::Member::in_response_body).is_ok() {
        writer.append(&members);
    }
}

/// A response with an XML body.
pub(super) fn xml_response(status: u16, writer: xml::Writer<'_>) -> WireResponse {
    WireResponse {
        status,
        headers: vec![("Content-Type".to_owned(), "text/xml".to_owned())],
        body: writer.into_bytes(),
    }
}

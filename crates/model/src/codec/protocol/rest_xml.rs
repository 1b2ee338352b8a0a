//! The rest-xml protocol: HTTP bindings and XML bodies. S3 has ways of its own.

use crate::{
    Operation, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec,
        error::{DecodeError, EncodeError},
        error_body::{self, is_s3},
        protocol::query,
        rest::{self, BodyFormat},
        xml,
    },
    schema::{Member, ShapeKind},
};

/// The rest-xml protocol.
pub(in crate::codec) struct RestXml;

impl Codec for RestXml {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        rest::encode_request(service, operation, BodyFormat::Xml, input)
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        if let Some(error) = error_in_success(service, operation, response) {
            return Err(DecodeError::Service(Box::new(error)));
        }
        match unwrapped_member(service, operation) {
            Some(member) => {
                let value = xml::decode_root(service, member, &response.body)?;
                // The Region that was there before Regions is written as nothing.
                let is_given = value.as_str().is_none_or(|text| !text.is_empty());
                Ok(Value::Object(
                    [(&member.name, value)].into_iter().filter(|_| is_given).collect(),
                ))
            }
            None => rest::decode_response(service, operation, BodyFormat::Xml, response),
        }
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        error_body::decode_xml(service, response)
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        let operation = rest::find_operation(service, request)?;
        Ok((operation, rest::decode_request(service, operation, BodyFormat::Xml, request)?))
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        _request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        let Some(member) = unwrapped_member(service, operation) else {
            return rest::encode_response(service, operation, BodyFormat::Xml, output);
        };
        let nothing = Value::from("");
        let mut writer = xml::Writer::new(service);
        writer.element(member, &member.wire_name, output.get(&member.name).unwrap_or(&nothing))?;
        Ok(query::xml_response(200, writer))
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let request_id = error.request_id.as_deref().unwrap_or_default();
        let mut writer = xml::Writer::new(service);
        if is_s3(service) {
            writer.open("Error", None);
            query::write_error_fields(&mut writer, service, error);
            writer.text_element("RequestId", request_id);
            writer.close("Error");
        } else {
            writer.open("ErrorResponse", service.metadata().xml_namespace.as_deref());
            writer.open("Error", None);
            writer.text_element("Type", if error.sender_fault { "Sender" } else { "Receiver" });
            query::write_error_fields(&mut writer, service, error);
            writer.close("Error");
            writer.text_element("RequestId", request_id);
            writer.close("ErrorResponse");
        }
        let mut response = query::xml_response(error.status, writer);
        response.headers.extend(rest::error_headers(service, error));
        response
    }
}

/// The member that is the root element itself: the published models have lost S3's word for it.
fn unwrapped_member<'a>(service: &'a Service, operation: &Operation) -> Option<&'a Member> {
    if !is_s3(service) || &*operation.name != "GetBucketLocation" {
        return None;
    }
    service.structure(operation.output.as_ref()?.shape)?.member("LocationConstraint")
}

/// S3 begins its answer to long copies before it knows how they end: the error comes under a status of success.
fn error_in_success(
    service: &Service,
    operation: &Operation,
    response: &WireResponse,
) -> Option<ServiceError> {
    if !is_s3(service) || !response.body.windows(7).take(200).any(|window| window == b"<Error>") {
        return None;
    }
    let structure = service.structure(operation.output.as_ref()?.shape)?;
    let is_raw = structure.payload().is_some_and(|payload| {
        matches!(service.shape(payload.shape).kind, ShapeKind::Blob | ShapeKind::String(_))
    });
    if is_raw { None } else { error_body::decode_xml(service, response) }
}

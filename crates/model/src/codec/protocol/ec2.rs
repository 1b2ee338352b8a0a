//! EC2's dialect of the query protocol.

use crate::{
    Operation, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec,
        error::{DecodeError, EncodeError},
        error_body,
        form::Dialect,
        protocol::query,
        xml,
    },
};

/// The EC2 protocol.
pub(in crate::codec) struct Ec2;

impl Codec for Ec2 {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        query::encode_form_request(service, operation, Dialect::Ec2, input)
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        query::decode_xml_response(service, operation, &[], response)
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        error_body::decode_xml(service, response)
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        query::decode_form_request(service, Dialect::Ec2, request)
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        let root = format!("{}Response", operation.name);
        let version = &service.metadata().api_version;
        let mut writer = xml::Writer::new(service);
        writer.open(&root, Some(&format!("http://ec2.amazonaws.com/doc/{version}/")));
        writer.text_element("requestId", request_id);
        query::write_output(&mut writer, service, operation, output)?;
        writer.close(&root);
        Ok(query::xml_response(200, writer))
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let mut writer = xml::Writer::new(service);
        writer.open("Response", None);
        writer.open("Errors", None);
        writer.open("Error", None);
        query::write_error_fields(&mut writer, service, error);
        writer.close("Error");
        writer.close("Errors");
        writer.text_element("RequestID", error.request_id.as_deref().unwrap_or_default());
        writer.close("Response");
        query::xml_response(error.status, writer)
    }
}

//! The rest-json protocol: HTTP bindings and JSON bodies.

use crate::{
    Operation, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec,
        error::{DecodeError, EncodeError},
        error_body,
        protocol::json,
        rest::{self, BodyFormat},
    },
};

/// The rest-json protocol.
pub(in crate::codec) struct RestJson;

impl Codec for RestJson {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        rest::encode_request(service, operation, BodyFormat::Json, input)
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        rest::decode_response(service, operation, BodyFormat::Json, response)
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        error_body::decode_json(service, response)
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        let operation = rest::find_operation(service, request)?;
        Ok((operation, rest::decode_request(service, operation, BodyFormat::Json, request)?))
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        _request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        rest::encode_response(service, operation, BodyFormat::Json, output)
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("x-amzn-errortype".to_owned(), json::error_type(service, error)),
        ];
        headers.extend(rest::error_headers(service, error));
        let body = serde_json::Value::Object(json::error_fields(service, error)).to_string();
        WireResponse { status: error.status, headers, body: body.into() }
    }
}

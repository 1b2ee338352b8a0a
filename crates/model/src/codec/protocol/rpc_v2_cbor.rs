//! The RPC v2 protocol with CBOR bodies: the operation in the path.

use crate::{
    Object, Operation, Protocol, Service, ServiceError, Value, WireRequest, WireResponse,
    codec::{
        Codec, cbor,
        error::{DecodeError, EncodeError, excerpt},
        error_body, event_stream,
        protocol::json,
    },
    schema::Member,
};

const MARK: &str = "smithy-protocol";
const PROTOCOL: &str = "rpc-v2-cbor";
const CONTENT_TYPE: &str = "application/cbor";

/// The RPC v2 protocol with CBOR bodies.
pub(in crate::codec) struct RpcV2Cbor;

impl Codec for RpcV2Cbor {
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError> {
        let name = service.metadata().target_prefix.as_ref().unwrap_or(service.name());
        let accepted = match operation.event_output(service) {
            Some(_) => event_stream::CONTENT_TYPE,
            None => CONTENT_TYPE,
        };
        let mut headers = marked();
        headers.push(("Accept".to_owned(), accepted.to_owned()));
        if operation.input.is_some() {
            headers.push(("Content-Type".to_owned(), CONTENT_TYPE.to_owned()));
        }
        headers.extend(json::query_mode_header(service));
        Ok(WireRequest {
            method: "POST".to_owned(),
            path: format!("/service/{name}/operation/{}", operation.name),
            headers,
            body: encode_body(service, operation.input.as_ref(), input)?,
            ..WireRequest::default()
        })
    }

    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError> {
        // An answer without a mark is read all the same: what is no CBOR will not be taken for it.
        if let Some(mark) = response.header(MARK).filter(|mark| !is_marked(Some(mark))) {
            let reason = format!("its header `{MARK}` says `{}`", excerpt(mark, 40));
            return Err(DecodeError::malformed("CBOR", reason));
        }
        if operation.event_output(service).is_some() && !response.body.is_empty() {
            return event_stream::decode_stream(service, operation, &response.body)
                .map(Value::Object);
        }
        decode_body(service, operation.output.as_ref(), &response.body)
    }

    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError> {
        let error = error_body::decode_cbor(service, response);
        // What stands before the service may refuse a request in words of its own.
        error.or_else(|| error_body::decode_json(service, response))
    }

    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError> {
        let unknown = || DecodeError::UnknownOperation {
            service: service.name().clone(),
            request: format!("`{} {}`", request.method, request.path),
        };
        // Whatever precedes it is where the service is mounted.
        let (_, name) = request.path.rsplit_once("/operation/").ok_or_else(unknown)?;
        let operation = service.operation(name).map_err(|_| unknown())?;
        Ok((operation, decode_body(service, operation.input.as_ref(), &request.body)?))
    }

    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        _request_id: &str,
    ) -> Result<WireResponse, EncodeError> {
        let mut headers = marked();
        if operation.event_output(service).is_some() {
            headers.push(("Content-Type".to_owned(), event_stream::CONTENT_TYPE.to_owned()));
            let body =
                event_stream::encode_stream(service, Protocol::RpcV2Cbor, operation, output)?;
            return Ok(WireResponse { status: 200, headers, body });
        }
        if operation.output.is_some() {
            headers.push(("Content-Type".to_owned(), CONTENT_TYPE.to_owned()));
        }
        let body = encode_body(service, operation.output.as_ref(), output)?;
        Ok(WireResponse { status: 200, headers, body })
    }

    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse {
        let mut headers = marked();
        headers.push(("Content-Type".to_owned(), CONTENT_TYPE.to_owned()));
        headers.extend(json::query_error_header(service, error));
        WireResponse {
            status: error.status,
            headers,
            body: error_body::encode_cbor(service, error),
        }
    }
}

fn marked() -> Vec<(String, String)> {
    vec![(MARK.to_owned(), PROTOCOL.to_owned())]
}

/// Whether a message says that it is in this protocol.
pub(in crate::codec) fn is_marked(header: Option<&str>) -> bool {
    header.is_some_and(|header| header.trim().eq_ignore_ascii_case(PROTOCOL))
}

fn encode_body(
    service: &Service,
    root: Option<&Member>,
    value: &Value,
) -> Result<Vec<u8>, EncodeError> {
    let none = Object::new();
    let object = match value {
        Value::Object(object) => object,
        Value::Null => &none,
        other => return Err(EncodeError::mismatch("a structure", other.kind())),
    };
    match root.and_then(|root| service.structure(root.shape)) {
        Some(structure) => cbor::encode_members(service, structure, object, |_| true),
        None if object.is_empty() => Ok(Vec::new()),
        None => Err(EncodeError::mismatch("nothing", value.kind())),
    }
}

fn decode_body(
    service: &Service,
    root: Option<&Member>,
    body: &[u8],
) -> Result<Value, DecodeError> {
    match root.and_then(|root| service.structure(root.shape)) {
        Some(structure) => cbor::decode_members(service, structure, body).map(Value::Object),
        None => cbor::error_fields(body).map(|_| Value::object()),
    }
}

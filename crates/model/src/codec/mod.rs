//! The wire protocols, in both directions.
//!
//! A protocol is one file under `protocol/`, of one shape: the six functions of [`Codec`]. What protocols share is beside
//! them: bodies by shape (`json`, `xml`, `form`), the HTTP bindings of the REST protocols (`rest`), scalars and
//! timestamps as text. What is the same for all of them is here: tokens, host prefixes and checksums on the way out, and
//! what to make of an answer that is no answer of the service.
//!
//! ```text
//! input ─► encode_request ─► [wire] ─► decode_request ─► input      (client ─► server)
//! output ◄─ decode_response ◄─ [wire] ◄─ encode_response ◄─ output  (server ─► client)
//! ```

mod checksum;
mod error;
mod error_body;
mod form;
mod host;
mod json;
pub(crate) mod number;
mod path;
mod protocol;
mod rest;
mod scalar;
mod timestamp;
mod token;
mod union;
mod xml;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::{Operation, Protocol, Service, ServiceError, Value, WireRequest, WireResponse};

pub use error::{DecodeError, EncodeError};
pub use path::ValuePath;
pub use token::random_token;

/// All but RFC 3986's unreserved characters.
pub(crate) const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All but the unreserved characters and slashes.
const PATH_SEGMENTS: &AsciiSet = &UNRESERVED.remove(b'/');

/// How deeply values may be nested: deeper than any service goes, and far from exhausting the stack.
const DEPTH_LIMIT: usize = 128;

/// Writes the request of an operation. Absent idempotency tokens are filled with random ones.
pub fn encode_request(
    service: &Service,
    operation: &Operation,
    input: &Value,
) -> Result<WireRequest, EncodeError> {
    encode_request_with(service, operation, input, &mut random_token)
}

/// Like [`encode_request`], with idempotency tokens from `token`: the same token makes a repeated request do nothing
/// twice.
pub fn encode_request_with(
    service: &Service,
    operation: &Operation,
    input: &Value,
    token: &mut dyn FnMut() -> String,
) -> Result<WireRequest, EncodeError> {
    let codec = codec(service).map_err(|protocol| EncodeError::UnsupportedProtocol {
        service: service.name().clone(),
        protocol: protocol.as_str(),
    })?;
    let input = token::fill_tokens(service, operation, input, token);
    let mut request = codec.encode_request(service, operation, &input)?;
    request.host_prefix = host::expand_prefix(service, operation, &input)?;
    checksum::add_checksum(operation, &input, &mut request)?;
    Ok(request)
}

/// Reads the output of an operation from a response of success (a status below 300).
pub fn decode_response(
    service: &Service,
    operation: &Operation,
    response: &WireResponse,
) -> Result<Value, DecodeError> {
    decoder(service)?.decode_response(service, operation, response)
}

/// Reads the error from any other response. What is no error of the service (a proxy's page, nothing at all) becomes one
/// whose code is the HTTP status.
pub fn decode_error(service: &Service, response: &WireResponse) -> ServiceError {
    let decoded = codec(service).ok().and_then(|codec| codec.decode_error(service, response));
    let mut error = decoded.unwrap_or_else(|| error_body::from_status(response));
    if error.code.is_empty() {
        error.code = response.status.to_string();
    }
    if error.request_id.is_none() {
        error.request_id = request_id(response);
    }
    error
}

/// The id that the service gave the request.
pub fn request_id(response: &WireResponse) -> Option<String> {
    let headers = ["x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"];
    let header = headers.iter().find_map(|name| response.header(name));
    header.map(str::to_owned).or_else(|| error_body::request_id_in_xml(&response.body))
}

/// Reads which operation a request means, and its input.
pub fn decode_request(
    service: &Service,
    request: &WireRequest,
) -> Result<(String, Value), DecodeError> {
    let (operation, input) = decoder(service)?.decode_request(service, request)?;
    Ok((operation.name.to_string(), input))
}

/// Writes the response of an operation.
pub fn encode_response(
    service: &Service,
    operation: &Operation,
    output: &Value,
    request_id: &str,
) -> Result<WireResponse, EncodeError> {
    let codec = codec(service).map_err(|protocol| EncodeError::UnsupportedProtocol {
        service: service.name().clone(),
        protocol: protocol.as_str(),
    })?;
    let mut response = codec.encode_response(service, operation, output, request_id)?;
    let name = error_body::request_id_header(service);
    response.headers.push((name.to_owned(), request_id.to_owned()));
    Ok(response)
}

/// Writes an error.
pub fn encode_error(service: &Service, error: &ServiceError) -> WireResponse {
    let mut response = match codec(service) {
        Ok(codec) => codec.encode_error(service, error),
        Err(_) => WireResponse { status: error.status, ..WireResponse::default() },
    };
    if let Some(request_id) = &error.request_id {
        let name = error_body::request_id_header(service);
        response.headers.push((name.to_owned(), request_id.clone()));
    }
    response
}

/// What a protocol can do.
trait Codec: Sync {
    /// Writes the request of an operation.
    fn encode_request(
        &self,
        service: &Service,
        operation: &Operation,
        input: &Value,
    ) -> Result<WireRequest, EncodeError>;

    /// Reads the output of an operation.
    fn decode_response(
        &self,
        service: &Service,
        operation: &Operation,
        response: &WireResponse,
    ) -> Result<Value, DecodeError>;

    /// Reads an error; none if the response is none of the service's.
    fn decode_error(&self, service: &Service, response: &WireResponse) -> Option<ServiceError>;

    /// Reads which operation a request means, and its input.
    fn decode_request<'a>(
        &self,
        service: &'a Service,
        request: &WireRequest,
    ) -> Result<(&'a Operation, Value), DecodeError>;

    /// Writes the response of an operation.
    fn encode_response(
        &self,
        service: &Service,
        operation: &Operation,
        output: &Value,
        request_id: &str,
    ) -> Result<WireResponse, EncodeError>;

    /// Writes an error.
    fn encode_error(&self, service: &Service, error: &ServiceError) -> WireResponse;
}

fn codec(service: &Service) -> Result<&'static dyn Codec, Protocol> {
    match service.metadata().protocol {
        Protocol::Ec2 => Ok(&protocol::Ec2),
        Protocol::Query => Ok(&protocol::Query),
        Protocol::Json => Ok(&protocol::Json),
        Protocol::RestJson => Ok(&protocol::RestJson),
        Protocol::RestXml => Ok(&protocol::RestXml),
        protocol @ Protocol::RpcV2Cbor => Err(protocol),
    }
}

fn decoder(service: &Service) -> Result<&'static dyn Codec, DecodeError> {
    codec(service).map_err(|protocol| DecodeError::UnsupportedProtocol {
        service: service.name().clone(),
        protocol: protocol.as_str(),
    })
}

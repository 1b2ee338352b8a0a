//! The wire protocols, in both directions.
//!
//! A protocol is one file under `protocol/`, of one shape: the six functions of [`Codec`]. What protocols share is beside
//! them: bodies by shape (`json`, `xml`, `cbor`, `form`), the HTTP bindings of the REST protocols (`rest`), streams of
//! events, scalars and timestamps as text. What is the same for all of them is here: tokens, host prefixes, compression and
//! checksums on the way out, which protocol a request is in, and what to make of an answer that is no answer of the
//! service.
//!
//! ```text
//! input ─► encode_request ─► [wire] ─► decode_request ─► input      (client ─► server)
//! output ◄─ decode_response ◄─ [wire] ◄─ encode_response ◄─ output  (server ─► client)
//! ```

mod cbor;
mod checksum;
mod compression;
mod error;
mod error_body;
pub mod event_stream;
mod form;
mod gather;
mod host;
mod json;
mod kind;
pub(crate) mod number;
mod path;
mod protocol;
mod quirk;
mod rest;
mod scalar;
mod settings;
mod timestamp;
mod token;
mod union;
mod xml;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::{Operation, Protocol, Service, ServiceError, Value, WireRequest, WireResponse};

pub use checksum::{ChecksumAlgorithm, ChecksumHasher, request_checksum, response_checksum};
pub use error::{DecodeError, EncodeError};
pub use path::ValuePath;
pub use settings::{ChecksumPolicy, RequestSettings};
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
    let mut token = random_token;
    encode_request_with(service, operation, input, RequestSettings::new(&mut token))
}

/// Like [`encode_request`], with what the caller settles: where idempotency tokens come from, what is compressed and what
/// gets a checksum.
pub fn encode_request_with(
    service: &Service,
    operation: &Operation,
    input: &Value,
    settings: RequestSettings<'_>,
) -> Result<WireRequest, EncodeError> {
    let RequestSettings { token, compress_from, checksums } = settings;
    let mut input = token::fill_tokens(service, operation, input, token);
    quirk::settle_input(service, operation, &mut input);
    checksum::fill_members(service, operation, checksums, &mut input)?;
    let codec = codec(service.metadata().protocol);
    let mut request = codec.encode_request(service, operation, &input)?;
    request.host_prefix = host::expand_prefix(service, operation, &input)?;
    compression::compress(service, operation, compress_from, &mut request);
    quirk::settle_request(service, operation, &mut request);
    checksum::add_checksum(service, operation, (&input, checksums), &mut request)?;
    Ok(request)
}

/// Reads the output of an operation from a response of success (a status below 300).
pub fn decode_response(
    service: &Service,
    operation: &Operation,
    response: &WireResponse,
) -> Result<Value, DecodeError> {
    checksum::check_response(operation, response)?;
    codec(service.metadata().protocol).decode_response(service, operation, response)
}

/// Reads the error from any other response. What is no error of the service (a proxy's page, nothing at all) becomes one
/// whose code is the HTTP status.
pub fn decode_error(service: &Service, response: &WireResponse) -> ServiceError {
    let decoded = codec(service.metadata().protocol).decode_error(service, response);
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

/// The protocol of the service's that a request is in: services that offer several answer in the client's.
///
/// What says no protocol of the service is taken for its preferred one, whose codec then says what is wrong.
pub fn request_protocol(service: &Service, request: &WireRequest) -> Protocol {
    let spoken = &service.metadata().protocols;
    if let [only] = &**spoken {
        return *only;
    }
    let is_form = || {
        let content_type = request.header("content-type").unwrap_or_default();
        content_type.starts_with("application/x-www-form-urlencoded")
            || request.query.iter().any(|(key, _)| key == "Action")
    };
    let speaks = |protocol: &Protocol| match protocol {
        Protocol::RpcV2Cbor => protocol::is_marked(request.header("smithy-protocol")),
        Protocol::Json => request.header("x-amz-target").is_some(),
        Protocol::Query | Protocol::Ec2 => is_form(),
        // They have no mark of their own: what no other says is theirs.
        Protocol::RestJson | Protocol::RestXml => false,
    };
    let is_rest = |protocol: &&Protocol| matches!(protocol, Protocol::RestJson | Protocol::RestXml);
    let found = spoken.iter().find(|protocol| speaks(protocol)).or(spoken.iter().find(is_rest));
    found.copied().unwrap_or(service.metadata().protocol)
}

/// Reads which operation a request means, and its input, in whichever of the service's protocols it is.
pub fn decode_request(
    service: &Service,
    request: &WireRequest,
) -> Result<(String, Value), DecodeError> {
    let codec = codec(request_protocol(service, request));
    if let Some(plain) = compression::decompress(service, request)? {
        let (operation, input) = codec.decode_request(service, &plain)?;
        // For all other operations, the encoding says something about what they carry.
        if !operation.request_encodings.is_empty() {
            return Ok((operation.name.to_string(), input));
        }
    }
    let (operation, mut input) = codec.decode_request(service, request)?;
    quirk::restore_input(service, &mut input);
    Ok((operation.name.to_string(), input))
}

/// Writes the response of an operation, in the protocol of its request ([`request_protocol`]).
pub fn encode_response(
    service: &Service,
    protocol: Protocol,
    operation: &Operation,
    output: &Value,
    request_id: &str,
) -> Result<WireResponse, EncodeError> {
    let mut response = codec(protocol).encode_response(service, operation, output, request_id)?;
    let name = error_body::request_id_header(service);
    response.headers.push((name.to_owned(), request_id.to_owned()));
    Ok(response)
}

/// Writes an error, in the protocol of its request ([`request_protocol`]).
pub fn encode_error(service: &Service, protocol: Protocol, error: &ServiceError) -> WireResponse {
    let mut response = codec(protocol).encode_error(service, error);
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

fn codec(protocol: Protocol) -> &'static dyn Codec {
    match protocol {
        Protocol::Ec2 => &protocol::Ec2,
        Protocol::Query => &protocol::Query,
        Protocol::Json => &protocol::Json,
        Protocol::RestJson => &protocol::RestJson,
        Protocol::RestXml => &protocol::RestXml,
        Protocol::RpcV2Cbor => &protocol::RpcV2Cbor,
    }
}

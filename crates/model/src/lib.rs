#![doc = include_str!("../README.md")]

mod artefact;
mod catalog;
mod codec;
mod conform;
pub mod endpoint;
mod expression;
mod listing;
mod name;
mod nearest;
mod object;
mod paginate;
mod permission;
mod redact;
pub mod schema;
mod value;
mod waiter;
mod wire;

pub use artefact::ArtefactError;
pub use catalog::{Catalog, ServiceSummary, UnknownService, catalog};
pub use codec::{
    ChecksumAlgorithm, ChecksumHasher, ChecksumPolicy, DecodeError, EncodeError, RequestSettings,
    ValuePath, decode_error, decode_request, decode_response, encode_error, encode_request,
    encode_request_with, encode_response,
    event_stream::{self, EventMessage},
    random_token, request_checksum, request_id, request_protocol, response_checksum,
};
pub use conform::{ShapeError, ShapeProblem, conform};
pub use endpoint::{
    Endpoint, EndpointError, EndpointParameters, Partition, Partitions, resolve_endpoint,
};
pub use expression::{Expression, ExpressionError};
pub use listing::{ask_for_encoded_keys, decode_keys};
pub use name::Name;
pub use object::Object;
pub use paginate::{PaginationError, Paginator};
pub use permission::{Authorization, ConditionalPermission, Permissions, permissions_for};
pub use redact::{
    REDACTED, Redaction, errors_have_secrets, input_has_secrets, output_has_secrets, redact_error,
    redact_input, redact_json, redact_output,
};
pub use schema::{
    Metadata, Operation, Protocol, SchemaError, Service, Shape, ShapeId, ShapeKind,
    UnknownOperation,
};
pub use value::Value;
pub use waiter::{Acceptor, Matcher, Waiter, WaiterOutcome, WaiterState};
pub use wire::{ServiceError, WireRequest, WireResponse};

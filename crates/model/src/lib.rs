#![doc = include_str!("../README.md")]

mod artefact;
mod catalog;
mod codec;
mod conform;
pub mod endpoint;
mod expression;
mod name;
mod object;
mod paginate;
pub mod schema;
mod value;
mod waiter;
mod wire;

pub use artefact::ArtefactError;
pub use catalog::{Catalog, ServiceSummary, UnknownService, catalog};
pub use codec::{
    DecodeError, EncodeError, ValuePath, decode_error, decode_request, decode_response,
    encode_error, encode_request, encode_request_with, encode_response, random_token, request_id,
};
pub use conform::{ShapeError, ShapeProblem, conform};
pub use endpoint::{
    Endpoint, EndpointError, EndpointParameters, Partition, Partitions, resolve_endpoint,
};
pub use expression::{Expression, ExpressionError};
pub use name::Name;
pub use object::Object;
pub use paginate::{PaginationError, Paginator};
pub use schema::{
    Metadata, Operation, Protocol, SchemaError, Service, Shape, ShapeId, ShapeKind,
    UnknownOperation,
};
pub use value::Value;
pub use waiter::{Acceptor, Matcher, Waiter, WaiterState};
pub use wire::{ServiceError, WireRequest, WireResponse};

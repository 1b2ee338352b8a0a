//! What a model says about one operation.

use crate::{
    Name,
    schema::{Member, ShapeId, UriTemplate},
};

/// One operation of a service.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub struct Operation {
    /// The name, such as `DescribeInstances`.
    pub name: Name,
    /// Method, URI and status.
    pub http: Http,
    /// The input, if there is one.
    pub input: Option<Member>,
    /// The output, if there is one.
    pub output: Option<Member>,
    /// The element around the output in the query protocol.
    pub result_wrapper: Option<Name>,
    /// The errors that the model names.
    pub errors: Vec<ShapeId>,
    /// What precedes the host name, with labels such as `{AccountId}.`.
    pub host_prefix: Option<Name>,
    /// What must be said about the body so that its receiver can check it.
    pub checksum: Checksum,
    /// How requests are authenticated where it differs from the service, such as `none`.
    pub auth_type: Option<Name>,
    /// The authentication schemes where they differ from the service.
    pub auth: Vec<Name>,
    /// Parameters of the endpoint rules that this operation fixes, as published.
    pub static_context_params: serde_json::Value,
    /// Parameters of the endpoint rules taken from the input by expressions, as published.
    pub operation_context_params: serde_json::Value,
    /// Repeating it does nothing more.
    pub idempotent: bool,
    /// It changes nothing.
    pub readonly: bool,
    /// The body is not part of the signature.
    pub unsigned_payload: bool,
    /// Not to be used any more.
    pub deprecated: bool,
}

/// How an operation uses HTTP.
#[derive(Debug, Clone)]
pub struct Http {
    /// The method, such as `POST`.
    pub method: Name,
    /// The URI as published, such as `/{Bucket}?tagging`.
    pub request_uri: Name,
    /// The URI, parsed.
    pub uri: UriTemplate,
    /// The status of success.
    pub response_code: u16,
}

/// What an operation says about checksums.
#[derive(Debug, Clone, Default)]
pub struct Checksum {
    /// The body needs a checksum.
    pub required: bool,
    /// The input member that names the algorithm.
    pub request_algorithm_member: Option<Name>,
    /// The input member that asks for checksums in the response.
    pub request_validation_mode_member: Option<Name>,
    /// The algorithms that a response may use.
    pub response_algorithms: Vec<Name>,
}

//! AWS Cloud Control API, and the registry of resource types that `CloudFormation` shares with it.
//!
//! What a type is, is data ([`registry::ResourceType`]): which calls make, read, change and delete one. The calls are those
//! of the owning service, made as any caller would make them.

pub(crate) mod engine;
mod fitting;
mod operations;
pub(crate) mod registry;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudcontrol",
    signing_name: "cloudcontrolapi",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cloudformation",
    invalid: "InvalidRequestException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidRequestException"),
    parts: &[&operations::PART],
};

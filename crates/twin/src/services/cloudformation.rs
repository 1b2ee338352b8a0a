//! AWS CloudFormation.

mod evaluate;
mod functions;
mod parameters;
mod plan;
mod template;
#[cfg(test)]
mod tests;
pub(crate) mod yaml;

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};
pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudformation",
    signing_name: "cloudformation",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "cloudformation",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("ValidationError"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

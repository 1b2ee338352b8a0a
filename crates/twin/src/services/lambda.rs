//! AWS Lambda.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "lambda",
    signing_name: "lambda",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "lambda",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

/// The policy of the function with this ARN, if it has one.
pub(crate) fn policy_of(_world: &crate::world::World, _arn: &str) -> Option<String> {
    None
}

//! AWS Compute Optimizer.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "compute-optimizer",
    signing_name: "compute-optimizer",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "compute-optimizer",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

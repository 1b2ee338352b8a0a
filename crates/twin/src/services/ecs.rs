//! Amazon EC2 Container Service.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ecs",
    signing_name: "ecs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "ecs",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! AWS CodeDeploy.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "codedeploy",
    signing_name: "codedeploy",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "codedeploy",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

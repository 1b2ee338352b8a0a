//! AWS Cloud Control API.

use super::{Part, ServiceDefinition};
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
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

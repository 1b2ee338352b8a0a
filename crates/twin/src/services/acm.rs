//! AWS Certificate Manager.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "acm",
    signing_name: "acm",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "acm",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! AWS Cost Explorer Service.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ce",
    signing_name: "ce",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "ce",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! AWS SecurityHub.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "securityhub",
    signing_name: "securityhub",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "securityhub",
    invalid: "InvalidInputException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("InvalidInputException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

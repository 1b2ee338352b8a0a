//! Inspector2.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "inspector2",
    signing_name: "inspector2",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "inspector2",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

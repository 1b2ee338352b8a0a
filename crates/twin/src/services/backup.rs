//! AWS Backup.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "backup",
    signing_name: "backup",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "backup",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

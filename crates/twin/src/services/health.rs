//! AWS Health APIs and Notifications.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "health",
    signing_name: "health",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "health",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

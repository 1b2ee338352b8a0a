//! TrustedAdvisor Public API.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "trustedadvisor",
    signing_name: "trustedadvisor",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "trustedadvisor",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! Service Quotas.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "service-quotas",
    signing_name: "servicequotas",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "servicequotas",
    invalid: "IllegalArgumentException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("IllegalArgumentException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

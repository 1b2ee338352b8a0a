//! AWS Identity and Access Management.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "iam",
    signing_name: "iam",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "iam",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("ValidationError"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

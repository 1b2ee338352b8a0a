//! AWS CloudTrail.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudtrail",
    signing_name: "cloudtrail",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cloudtrail",
    invalid: "InvalidParameterCombinationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterCombinationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

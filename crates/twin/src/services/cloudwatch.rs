//! Amazon CloudWatch.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudwatch",
    signing_name: "monitoring",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cloudwatch",
    invalid: "InvalidParameterValue",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

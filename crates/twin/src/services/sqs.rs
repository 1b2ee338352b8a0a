//! Amazon Simple Queue Service.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "sqs",
    signing_name: "sqs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "sqs",
    invalid: "InvalidParameterValue",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! Amazon Macie 2.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "macie2",
    signing_name: "macie2",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "macie2",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

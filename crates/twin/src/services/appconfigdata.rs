//! AWS AppConfig Data.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "appconfigdata",
    signing_name: "appconfig",
    api_version: Some("configuration"),
    dialect: Dialect::RestJson,
    iam_prefix: "appconfig",
    invalid: "BadRequestException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

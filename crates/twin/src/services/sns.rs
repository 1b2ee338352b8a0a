//! Amazon Simple Notification Service.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "sns",
    signing_name: "sns",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "sns",
    invalid: "InvalidParameter",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("InvalidParameter"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! Amazon ElastiCache.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "elasticache",
    signing_name: "elasticache",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "elasticache",
    invalid: "InvalidParameterValue",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("InvalidParameterValue"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

//! AWS Key Management Service.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "kms",
    signing_name: "kms",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "kms",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

use crate::{call::Call, world::World};

/// The ARN of the key that a call is about.
pub(crate) fn subject_arn(_world: &World, _call: &Call) -> Option<String> {
    None
}

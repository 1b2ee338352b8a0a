//! AWS Secrets Manager.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "secretsmanager",
    signing_name: "secretsmanager",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "secretsmanager",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

use crate::{call::Call, world::World};

/// The ARN of the secret that a call is about.
pub(crate) fn subject_arn(_world: &World, _call: &Call) -> Option<String> {
    None
}

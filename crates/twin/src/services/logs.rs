//! Amazon CloudWatch Logs.

use super::{Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "logs",
    signing_name: "logs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "logs",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&PART],
};

static PART: Part = Part { kinds: &[], operations: &[], tasks: &[] };

/// The texts of the resource policies of an account and Region.
pub(crate) fn policies_of(_world: &crate::world::World, _place: &crate::store::Place) -> Vec<String> {
    Vec::new()
}

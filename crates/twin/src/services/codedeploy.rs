//! AWS `CodeDeploy`: applications, groups, configurations, and deployments that go from target to target.
//!
//! Nothing is installed: each lifecycle event takes its time, and faults decide (as `Deployment`) whether it goes well.

mod deployments;
mod groups;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "codedeploy",
    signing_name: "codedeploy",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "codedeploy",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&groups::PART, &deployments::PART],
};

//! AWS `CodePipeline`: pipelines whose executions go from stage to stage, wait for people, and call other services.

mod executions;
mod pipelines;
mod state;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "codepipeline",
    signing_name: "codepipeline",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "codepipeline",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&pipelines::PART, &executions::PART, &state::PART],
};

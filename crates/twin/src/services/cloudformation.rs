//! AWS `CloudFormation`: templates become resources of the world, one after the other, over time.
//!
//! ```text
//! template ─► parameters ─► plan ─► deploy (every few seconds: what is ready to be made is made) ─► events, outputs
//!                                     │ a resource fails
//!                                     ▼
//!                                  rollback
//! ```
//!
//! What a template means is pure (`template`, `parameters`, `evaluate`, `functions`, `plan`); [`deploy`] performs it through
//! the registry of resource types in `cloudcontrol`.

mod change_sets;
mod deploy;
mod drift;
mod evaluate;
mod functions;
mod guards;
mod parameters;
mod plan;
mod policy;
mod record;
mod removal;
mod stack_sets;
mod stacks;
mod template;
mod templates;
#[cfg(test)]
mod tests;
mod watch;
pub(crate) mod yaml;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudformation",
    signing_name: "cloudformation",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "cloudformation",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors::all("ValidationError"),
    parts: &[
        &stacks::PART,
        &guards::PART,
        &templates::PART,
        &change_sets::PART,
        &drift::PART,
        &stack_sets::PART,
        &deploy::PART,
        &watch::PART,
    ],
};

//! Amazon `GuardDuty`: detectors, findings from scenarios and samples, members, filters and lists.
//!
//! Nothing here looks for threats: what is found is what a scenario puts there by [`inject`], or a caller asks for as
//! samples. What happens to findings then is as it is at AWS: filters archive them, administrators see their members',
//! and they go on to EventBridge and Security Hub.

pub(crate) mod criteria;
mod detectors;
mod findings;
mod lists;
mod members;
mod types;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(crate) use findings::{inject, lowered};
pub(crate) use members::joined;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "guardduty",
    signing_name: "guardduty",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "guardduty",
    invalid: "BadRequestException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&detectors::PART, &findings::PART, &members::PART, &lists::PART],
};

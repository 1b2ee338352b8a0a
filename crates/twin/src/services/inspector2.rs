//! Amazon Inspector: scans of EC2 instances for vulnerable packages, and the findings of them.

mod accounts;
mod coverage;
mod criteria;
mod findings;
mod scan;
mod suppression;

pub(crate) use accounts::joined;
pub(crate) use scan::soon;

use super::ServiceDefinition;
use crate::{dialect::Dialect, page::Paging, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "inspector2",
    signing_name: "inspector2",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "inspector2",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors {
        reserved: "BadRequestException",
        too_many: "BadRequestException",
        duplicate: "BadRequestException",
    },
    parts: &[&accounts::PART, &coverage::PART, &findings::PART, &suppression::PART],
};

/// A listing of so many at most.
const fn pages(most: usize) -> Paging {
    Paging::of("maxResults", "nextToken", (most, most), "ValidationException")
}

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
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    page::Paging,
    tagging::TagErrors,
};

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
    Paging {
        size: "maxResults",
        bounds: PageSize { least: 1, most, default: most },
        token: "nextToken",
        next: "nextToken",
        bad_token: "ValidationException",
    }
}

/// One page of things that are ordered by a key of their own.
fn page(
    call: &Call,
    paging: &Paging,
    member: &str,
    items: Vec<(String, reeve_model::Value)>,
) -> Answer {
    super::ssm::paged(call, paging, member, items)
}

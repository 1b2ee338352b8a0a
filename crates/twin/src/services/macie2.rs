//! Amazon Macie: whether it is on, jobs that look into buckets, and findings from scenarios and samples.

mod findings;
mod jobs;
mod session;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(crate) use findings::inject;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "macie2",
    signing_name: "macie2",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "macie2",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&session::PART, &findings::PART, &jobs::PART],
};

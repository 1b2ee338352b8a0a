//! Amazon `AppConfig`: configurations that reach their readers little by little, and go back when an alarm sounds.

mod deployments;
mod feature_flags;
mod profiles;
pub(super) mod retrieval;
mod schema;
mod strategies;
mod things;
mod versions;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "appconfig",
    signing_name: "appconfig",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "appconfig",
    invalid: "BadRequestException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[
        &things::PART,
        &profiles::PART,
        &versions::PART,
        &strategies::PART,
        &deployments::PART,
        &retrieval::PART,
    ],
};

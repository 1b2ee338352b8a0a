//! AWS Security Hub: findings of every service and product in one place, standards with their controls, insights, rules.
//!
//! Findings come from the services that find (`GuardDuty`, Inspector, Macie, Config) by [`import`], from callers, from
//! scenarios by [`inject`], and from the controls of enabled standards, which judge the resources of the world.

mod automation;
mod controls;
mod filters;
mod findings;
mod hub;
mod insights;
mod members;
mod standards;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(crate) use findings::{import, inject};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "securityhub",
    signing_name: "securityhub",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "securityhub",
    invalid: "InvalidInputException",
    throttled: ("TooManyRequestsException", 429),
    tag_errors: TagErrors::all("InvalidInputException"),
    parts: &[
        &hub::PART,
        &findings::PART,
        &standards::PART,
        &insights::PART,
        &automation::PART,
        &members::PART,
    ],
};

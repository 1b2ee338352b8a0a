//! AWS Identity and Access Management: who there is in an account, and what they may do.
//!
//! Users, groups, roles and policies are resources like others. Their ids are names with their path, as ARNs have them.
//! What is decided by them is decided in `crate::access`.

mod access_keys;
mod account;
mod attachments;
mod authorization_details;
pub(crate) mod common;
mod credential_report;
mod devices;
mod groups;
mod inline;
pub(crate) mod kinds;
mod last_accessed;
mod login;
pub(crate) mod managed;
mod policies;
mod profiles;
mod providers;
mod roles;
mod server_certificates;
mod service_linked;
mod simulate;
pub(crate) mod users;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "iam",
    signing_name: "iam",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "iam",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "InvalidInput",
        too_many: "LimitExceeded",
        duplicate: "InvalidInput",
    },
    parts: &[
        &users::PART,
        &groups::PART,
        &roles::PART,
        &service_linked::PART,
        &policies::PART,
        &inline::PART,
        &attachments::PART,
        &profiles::PART,
        &access_keys::PART,
        &login::PART,
        &devices::PART,
        &providers::PART,
        &server_certificates::PART,
        &account::PART,
        &credential_report::PART,
        &last_accessed::PART,
        &simulate::PART,
    ],
};

pub(crate) use policies::document as policy_document;
pub(crate) use roles::{seeded as roles_seeded, seeded_user as user_seeded};

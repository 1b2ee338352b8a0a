//! AWS Systems Manager: managed instances, documents, commands, patches, maintenance windows, parameters, `OpsItems`.

mod associations;
mod builtin;
mod commands;
mod compliance;
mod delivery;
mod document;
mod documents;
mod instances;
mod inventory;
mod ops_items;
pub(crate) mod parameters;
pub(crate) mod patch;
mod settings;
mod shared;
mod tags;
mod windows;

pub(crate) use windows::settle;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ssm",
    signing_name: "ssm",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "ssm",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors {
        reserved: "ValidationException",
        too_many: "TooManyTagsError",
        duplicate: "ValidationException",
    },
    parts: &[
        &associations::PART,
        &commands::PART,
        &compliance::PART,
        &documents::PART,
        &instances::PART,
        &inventory::PART,
        &ops_items::PART,
        &parameters::PART,
        &patch::PART,
        &patch::BASELINES,
        &settings::PART,
        &tags::PART,
        &windows::PART,
        &windows::EXECUTIONS,
    ],
};

//! AWS Config: what resources were and are, and whether they are as rules want them.
//!
//! ```text
//! world changes ─► recorder (every minute) ─► configuration items ─► rules on changes ─► compliance ─► events
//!                                              clock ─► periodic rules ─┘
//! ```

mod aggregators;
mod announce;
mod delivery;
mod evaluation;
mod items;
mod judge;
mod managed;
mod packs;
mod query;
mod recorder;
mod remediation;
mod rules;

use super::ServiceDefinition;
use crate::{dialect::Dialect, tagging::TagErrors};

pub(crate) use judge::{Compliance, judge};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "config",
    signing_name: "config",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "config",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[
        &recorder::PART,
        &delivery::PART,
        &items::PART,
        &rules::PART,
        &evaluation::PART,
        &packs::PART,
        &remediation::PART,
        &aggregators::PART,
    ],
};

//! AWS Backup: vaults, plans and their selections, jobs that back up, copy and restore, and the recovery points they make.
//!
//! ```text
//! plan rule ─► (schedule) ─► backup job: CREATED ─► RUNNING ─► COMPLETED │ FAILED │ EXPIRED │ ABORTED
//!                                                      │            │
//!                                         the owning service's      └─► recovery point ─► cold ─► deleted
//!                                         snapshot, image, backup            └─► copy job, restore job
//! ```

use jiff::Timestamp;

use super::ServiceDefinition;
use crate::{dialect::Dialect, failure::Failure, page::Paging, tagging::TagErrors, task::later};

mod copy;
mod event;
mod hold;
mod job;
mod narrow;
mod plan;
mod point;
mod protected;
mod report;
mod restore;
mod restore_calls;
mod rule;
mod run;
mod selection;
mod selections;
mod settings;
mod source;
mod summary;
mod tags;
mod vault;

pub(crate) use run::schedule_plan as settle;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "backup",
    signing_name: "backup",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "backup",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[
        &vault::PART,
        &plan::PART,
        &selections::PART,
        &run::PART,
        &job::PART,
        &point::PART,
        &protected::PART,
        &copy::PART,
        &restore::PART,
        &hold::PART,
        &report::PART,
        &settings::PART,
        &summary::PART,
        &tags::PART,
    ],
};

/// How AWS Backup calls other services.
const PRINCIPAL: &str = "backup.amazonaws.com";

/// How all listings of AWS Backup are paged.
static PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (1000, 1000), "InvalidParameterValueException");

/// A time some days later.
fn days_later(from: Timestamp, days: i64) -> Timestamp {
    later(from, days.saturating_mul(86_400))
}

/// Something that does not exist, in the words of AWS Backup.
fn not_found(message: impl Into<String>) -> Failure {
    Failure::new("ResourceNotFoundException", message)
}

/// A request that the state of things forbids.
fn refused(message: impl Into<String>) -> Failure {
    Failure::new("InvalidRequestException", message)
}

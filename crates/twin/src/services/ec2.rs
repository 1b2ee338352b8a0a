//! Amazon EC2, in three parts: machines and their storage, the network, and tags.

pub(crate) mod compute;
pub(crate) mod network;
mod tags;

use super::ServiceDefinition;
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{self, Kind},
    page::Paging,
    tagging::TagErrors,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "ec2",
    signing_name: "ec2",
    api_version: None,
    dialect: Dialect::Ec2,
    iam_prefix: "ec2",
    invalid: "InvalidParameterValue",
    throttled: ("RequestLimitExceeded", 503),
    tag_errors: TagErrors {
        reserved: "InvalidParameterValue",
        too_many: "TagLimitExceeded",
        duplicate: "InvalidParameterValue",
    },
    parts: &[&compute::PART, &network::PART, &tags::PART],
};

/// Without a page size AWS returns as much as it can; the twin returns its largest page and a token.
pub(super) const PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (1000, 1000), "InvalidParameterValue").with_least(5);

/// Refuses ids that cannot be of a kind, in EC2's words: `InvalidVolumeID.Malformed` and the like come from `code`.
fn check_ids(call: &Call, kind: Kind, ids: &[&str], code: &str) -> Result<(), Failure> {
    let of_kind = |id: &str| kind::of_prefixed(call.service.kinds(), id) == Some(kind);
    match ids.iter().find(|id| !of_kind(id)) {
        Some(wrong) => Err(Failure::new(code, format!("Invalid id: \"{wrong}\""))),
        None => Ok(()),
    }
}

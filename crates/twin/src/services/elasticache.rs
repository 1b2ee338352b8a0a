//! Amazon `ElastiCache`: cache clusters and replication groups, their snapshots, groups, users and service updates.

use super::ServiceDefinition;
use crate::{dialect::Dialect, page::Paging, tagging::TagErrors};

mod cluster;
mod group;
mod replication;
mod snapshot;
mod update;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "elasticache",
    signing_name: "elasticache",
    api_version: None,
    dialect: Dialect::Query,
    iam_prefix: "elasticache",
    invalid: "InvalidParameterValue",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "InvalidParameterValue",
        too_many: "TagQuotaPerResourceExceeded",
        duplicate: "InvalidParameterValue",
    },
    parts: &[&cluster::PART, &replication::PART, &snapshot::PART, &group::PART, &update::PART],
};

/// How all listings of `ElastiCache` are paged.
static PAGES: Paging =
    Paging::of("MaxRecords", "Marker", (100, 100), "InvalidParameterValue").with_least(20);

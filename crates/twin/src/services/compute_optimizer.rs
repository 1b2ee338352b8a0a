//! AWS Compute Optimizer: which instances and volumes are too large or too small, by how the machines are loaded.

mod enrollment;
mod instances;
mod summaries;
mod volumes;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "compute-optimizer",
    signing_name: "compute-optimizer",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "compute-optimizer",
    invalid: "InvalidParameterValueException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterValueException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&enrollment::ENROLLMENT],
    operations: &[
        ("GetEnrollmentStatus", Action::Own(enrollment::get)),
        ("UpdateEnrollmentStatus", Action::Own(enrollment::update)),
        ("GetEC2InstanceRecommendations", Action::Own(instances::list)),
        ("GetEBSVolumeRecommendations", Action::Own(volumes::list)),
        ("GetRecommendationSummaries", Action::Own(summaries::list)),
    ],
    tasks: &[(enrollment::DONE, enrollment::done)],
};

//! Trusted Advisor's own API, over the checks of AWS Support: a recommendation for each check.

mod recommendations;
mod resources;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "trustedadvisor",
    signing_name: "trustedadvisor",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "trustedadvisor",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&recommendations::LIFECYCLE],
    operations: &[
        ("ListChecks", Action::Own(recommendations::checks)),
        ("ListRecommendations", Action::Own(recommendations::list)),
        ("GetRecommendation", Action::Own(recommendations::get)),
        ("UpdateRecommendationLifecycle", Action::Own(recommendations::update)),
        ("ListRecommendationResources", Action::Own(resources::list)),
        ("BatchUpdateRecommendationResourceExclusion", Action::Own(resources::exclude)),
    ],
    tasks: &[],
};

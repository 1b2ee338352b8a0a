//! AWS Support: cases, and the checks of Trusted Advisor.

pub(super) mod advice;
mod cases;
mod catalogue;
mod checks;
mod scans;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "support",
    signing_name: "support",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "support",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&cases::CASE, &advice::EXCLUSION],
    operations: &[
        ("DescribeTrustedAdvisorChecks", Action::Own(checks::list)),
        ("DescribeTrustedAdvisorCheckResult", Action::Own(checks::result)),
        ("DescribeTrustedAdvisorCheckSummaries", Action::Own(checks::summaries)),
        ("RefreshTrustedAdvisorCheck", Action::Own(checks::refresh)),
        ("DescribeTrustedAdvisorCheckRefreshStatuses", Action::Own(checks::refresh_statuses)),
        ("CreateCase", Action::Own(cases::create)),
        ("DescribeCases", Action::Own(cases::list)),
        ("ResolveCase", Action::Own(cases::resolve)),
        ("AddCommunicationToCase", Action::Own(cases::add)),
        ("DescribeCommunications", Action::Own(cases::communications)),
        ("DescribeServices", Action::Own(cases::services)),
        ("DescribeSeverityLevels", Action::Own(cases::severity_levels)),
    ],
    tasks: &[(cases::ANSWERED, cases::answer)],
};

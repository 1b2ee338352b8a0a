//! Service Quotas: what the services here allow, what is in use, and requests for more, approved after a while.

mod quotas;
mod requests;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "service-quotas",
    signing_name: "servicequotas",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "servicequotas",
    invalid: "IllegalArgumentException",
    throttled: ("TooManyRequestsException", 400),
    tag_errors: TagErrors::all("TagPolicyViolationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&requests::REQUEST, &quotas::APPLIED],
    operations: &[
        ("ListServices", Action::Own(quotas::services)),
        ("ListServiceQuotas", Action::Own(quotas::list)),
        ("ListAWSDefaultServiceQuotas", Action::Own(quotas::list_defaults)),
        ("GetServiceQuota", Action::Own(quotas::get)),
        ("GetAWSDefaultServiceQuota", Action::Own(quotas::get_default)),
        ("RequestServiceQuotaIncrease", Action::Own(requests::request)),
        ("GetRequestedServiceQuotaChange", Action::Own(requests::get)),
        ("ListRequestedServiceQuotaChangeHistory", Action::Own(requests::list)),
        ("ListRequestedServiceQuotaChangeHistoryByQuota", Action::Own(requests::list)),
    ],
    tasks: &[(requests::DECIDED, requests::decide)],
};

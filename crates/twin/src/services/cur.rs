//! AWS Cost and Usage Reports: definitions, and a report of the month so far in S3 every day.

mod definitions;
mod delivery;

use super::{Action, Part, ServiceDefinition};
use crate::{dialect::Dialect, recipe::TagAccess, tagging::TagErrors};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cur",
    signing_name: "cur",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cur",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&definitions::REPORT],
    operations: &[
        ("PutReportDefinition", Action::Own(definitions::put)),
        ("DescribeReportDefinitions", Action::Own(definitions::list)),
        ("ModifyReportDefinition", Action::Own(definitions::modify)),
        ("DeleteReportDefinition", Action::Own(definitions::delete)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[(delivery::DUE, delivery::deliver)],
};

static TAGS: TagAccess =
    TagAccess { arn: "ReportName", kinds: &[&definitions::REPORT], ..TagAccess::OF };

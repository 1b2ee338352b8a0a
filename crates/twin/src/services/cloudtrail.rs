//! AWS `CloudTrail`: the event history and trails. Records are in [`crate::trail`].

mod delivery;
mod history;
mod lakes;
mod selectors;
mod tags;
mod trails;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    page::Paging,
    tagging::TagErrors,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "cloudtrail",
    signing_name: "cloudtrail",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "cloudtrail",
    invalid: "InvalidParameterCombinationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors {
        reserved: "InvalidTagParameterException",
        too_many: "TagsLimitExceededException",
        duplicate: "InvalidTagParameterException",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&TRAIL, &EVENT_DATA_STORE],
    operations: &[
        ("LookupEvents", Action::Own(history::lookup)),
        ("CreateTrail", Action::Own(trails::create)),
        ("UpdateTrail", Action::Own(trails::update)),
        ("DeleteTrail", Action::Own(trails::delete)),
        ("DescribeTrails", Action::Own(trails::describe)),
        ("GetTrail", Action::Own(trails::get)),
        ("ListTrails", Action::Own(trails::list)),
        ("StartLogging", Action::Own(trails::start)),
        ("StopLogging", Action::Own(trails::stop)),
        ("GetTrailStatus", Action::Own(trails::status)),
        ("PutEventSelectors", Action::Own(selectors::put)),
        ("GetEventSelectors", Action::Own(selectors::get)),
        ("PutInsightSelectors", Action::Own(selectors::put_insight)),
        ("GetInsightSelectors", Action::Own(selectors::get_insight)),
        ("AddTags", Action::Own(tags::add)),
        ("RemoveTags", Action::Own(tags::remove)),
        ("ListTags", Action::Own(tags::list)),
        ("CreateEventDataStore", Action::Own(lakes::create)),
        ("GetEventDataStore", Action::Own(lakes::get)),
        ("UpdateEventDataStore", Action::Own(lakes::update)),
        ("DeleteEventDataStore", Action::Own(lakes::delete)),
        ("ListEventDataStores", Action::Own(lakes::list)),
    ],
    tasks: &[("cloudtrail:deliver", delivery::deliver), ("cloudtrail:forget-store", lakes::forget)],
};

/// A trail.
pub(crate) static TRAIL: Definition = Definition {
    resource_type: "AWS::CloudTrail::Trail",
    tagging_type: "cloudtrail:trail",
    arn: "arn:{partition}:cloudtrail:{region}:{account}:trail/{id}",
    identity: &[
        ("Name", Identity::Id),
        ("TrailARN", Identity::Arn),
        ("HomeRegion", Identity::Region),
    ],
    missing: Missing::new("TrailNotFoundException", "Unknown trail: {id}"),
    sample: Some(|sample| {
        serde_json::json!({
            "S3BucketName": format!("trail-{}", sample.id),
            "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true,
            "LogFileValidationEnabled": true,
            "IsOrganizationTrail": false,
        })
    }),
    ..Definition::OF
};

/// A store of events that can be queried.
pub(crate) static EVENT_DATA_STORE: Definition = Definition {
    resource_type: "AWS::CloudTrail::EventDataStore",
    tagging_type: "cloudtrail:eventdatastore",
    arn: "arn:{partition}:cloudtrail:{region}:{account}:eventdatastore/{id}",
    identity: &[("EventDataStoreArn", Identity::Arn)],
    missing: Missing::new(
        "EventDataStoreNotFoundException",
        "The specified event data store was not found: {id}",
    ),
    ..Definition::OF
};

static PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (1000, 1000), "InvalidNextTokenException");

fn empty() -> Value {
    Value::Object(Object::new())
}

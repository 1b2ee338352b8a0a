//! Amazon CloudWatch Logs: groups, streams, events, filters, queries, exports. Events are in [`crate::log_store`].

mod exports;
mod filters;
mod groups;
mod policies;
mod queries;
mod reading;
mod streams;
mod writing;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    store::Place,
    tagging::TagErrors,
    world::World,
};

pub(crate) use policies::policies_of;
pub(crate) use writing::gzip;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "logs",
    signing_name: "logs",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "logs",
    invalid: "InvalidParameterException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("InvalidParameterException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[
        &LOG_GROUP,
        &METRIC_FILTER,
        &SUBSCRIPTION_FILTER,
        &QUERY,
        &QUERY_DEFINITION,
        &RESOURCE_POLICY,
        &EXPORT_TASK,
    ],
    operations: &[
        ("CreateLogGroup", Action::Own(groups::create)),
        ("DeleteLogGroup", Action::Own(groups::delete)),
        ("DescribeLogGroups", Action::Own(groups::describe)),
        ("ListLogGroups", Action::Own(groups::list)),
        ("PutRetentionPolicy", Action::Own(groups::put_retention)),
        ("DeleteRetentionPolicy", Action::Own(groups::delete_retention)),
        ("AssociateKmsKey", Action::Own(groups::associate_key)),
        ("DisassociateKmsKey", Action::Own(groups::disassociate_key)),
        ("PutLogGroupDeletionProtection", Action::Own(groups::protect)),
        ("TagLogGroup", Action::Tag(&OLD_TAGS)),
        ("UntagLogGroup", Action::Untag(&OLD_TAGS)),
        ("ListTagsLogGroup", Action::ListTags(&OLD_TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("CreateLogStream", Action::Own(streams::create)),
        ("DeleteLogStream", Action::Own(streams::delete)),
        ("DescribeLogStreams", Action::Own(streams::describe)),
        ("PutLogEvents", Action::Own(writing::put)),
        ("GetLogEvents", Action::Own(reading::get)),
        ("FilterLogEvents", Action::Own(reading::filter)),
        ("GetLogRecord", Action::Own(reading::record)),
        ("GetLogGroupFields", Action::Own(reading::fields)),
        ("PutMetricFilter", Action::Own(filters::put_metric)),
        ("DeleteMetricFilter", Action::Own(filters::delete_metric)),
        ("DescribeMetricFilters", Action::Own(filters::describe_metric)),
        ("TestMetricFilter", Action::Own(filters::test)),
        ("PutSubscriptionFilter", Action::Own(filters::put_subscription)),
        ("DeleteSubscriptionFilter", Action::Own(filters::delete_subscription)),
        ("DescribeSubscriptionFilters", Action::Own(filters::describe_subscription)),
        ("StartQuery", Action::Own(queries::start)),
        ("GetQueryResults", Action::Own(queries::results)),
        ("StopQuery", Action::Own(queries::stop)),
        ("DescribeQueries", Action::Own(queries::describe)),
        ("PutQueryDefinition", Action::Own(queries::put_definition)),
        ("DeleteQueryDefinition", Action::Own(queries::delete_definition)),
        ("DescribeQueryDefinitions", Action::Own(queries::describe_definitions)),
        ("PutResourcePolicy", Action::Own(policies::put)),
        ("DeleteResourcePolicy", Action::Own(policies::delete)),
        ("DescribeResourcePolicies", Action::Own(policies::describe)),
        ("CreateExportTask", Action::Own(exports::create)),
        ("CancelExportTask", Action::Own(exports::cancel)),
        ("DescribeExportTasks", Action::Own(exports::describe)),
    ],
    tasks: &[("logs:export", exports::finish)],
};

static TAGS: TagAccess = TagAccess {
    arn: "resourceArn",
    kinds: &[&LOG_GROUP],
    tags: TagInput::Map("tags"),
    keys: "tagKeys",
    output: "tags",
    ..TagAccess::OF
};

static OLD_TAGS: TagAccess = TagAccess {
    arn: "logGroupName",
    kinds: &[&LOG_GROUP],
    tags: TagInput::Map("tags"),
    keys: "tags",
    output: "tags",
    ..TagAccess::OF
};

/// A log group.
pub(crate) static LOG_GROUP: Definition = Definition {
    resource_type: "AWS::Logs::LogGroup",
    tagging_type: "logs:log-group",
    arn: "arn:{partition}:logs:{region}:{account}:log-group:{id}",
    identity: &[("logGroupName", Identity::Id), ("logGroupArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "The specified log group does not exist."),
    sample: Some(|sample| serde_json::json!({"created": sample.created(), "retentionInDays": 90})),
    ..Definition::OF
};

/// A metric filter: its id is the name of the group, a colon and its own.
pub(crate) static METRIC_FILTER: Definition = Definition {
    resource_type: "AWS::Logs::MetricFilter",
    arn: "arn:{partition}:logs:{region}:{account}:metric-filter/{id}",
    missing: Missing::new(
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
    ),
    ..Definition::OF
};

/// A subscription filter, likewise.
pub(crate) static SUBSCRIPTION_FILTER: Definition = Definition {
    resource_type: "AWS::Logs::SubscriptionFilter",
    arn: "arn:{partition}:logs:{region}:{account}:subscription-filter/{id}",
    missing: Missing::new(
        "ResourceNotFoundException",
        "The specified subscription filter does not exist.",
    ),
    ..Definition::OF
};

/// A query that was started.
pub(crate) static QUERY: Definition = Definition {
    resource_type: "AWS::Logs::Query",
    arn: "arn:{partition}:logs:{region}:{account}:query/{id}",
    identity: &[("queryId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Query {id} not found."),
    ..Definition::OF
};

/// A query that is kept to be used again.
pub(crate) static QUERY_DEFINITION: Definition = Definition {
    resource_type: "AWS::Logs::QueryDefinition",
    arn: "arn:{partition}:logs:{region}:{account}:query-definition:{id}",
    identity: &[("queryDefinitionId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Query definition {id} not found."),
    ..Definition::OF
};

/// A policy that lets services write log events.
pub(crate) static RESOURCE_POLICY: Definition = Definition {
    resource_type: "AWS::Logs::ResourcePolicy",
    arn: "arn:{partition}:logs:{region}:{account}:resource-policy/{id}",
    identity: &[("policyName", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "Policy with name [{id}] does not exist."),
    ..Definition::OF
};

/// An export to S3.
pub(crate) static EXPORT_TASK: Definition = Definition {
    resource_type: "AWS::Logs::ExportTask",
    arn: "arn:{partition}:logs:{region}:{account}:export-task/{id}",
    identity: &[("taskId", Identity::Id)],
    missing: Missing::new("ResourceNotFoundException", "The specified export task does not exist."),
    ..Definition::OF
};

/// Pages of descriptions.
static PAGES: Paging = Paging::of("limit", "nextToken", (50, 50), "InvalidParameterException");

fn empty() -> Value {
    Value::Object(Object::new())
}

/// The name in a name or ARN of a group.
fn name_of(identifier: &str) -> &str {
    match identifier.split_once(":log-group:") {
        Some((_, name)) => name.strip_suffix(":*").unwrap_or(name),
        None => identifier,
    }
}

/// The group that a call names, which must exist.
fn group(call: &Call, world: &World) -> Result<String, Failure> {
    let named = call.text("logGroupName").or_else(|| call.text("logGroupIdentifier"));
    let named = named.ok_or_else(|| {
        call.invalid("Either logGroupName or logGroupIdentifier must be provided")
    })?;
    let name = name_of(named).to_owned();
    call.find(world, &LOG_GROUP, &name)?;
    Ok(name)
}

/// The events of a group.
fn events<'w>(world: &'w mut World, place: &Place, name: &str) -> &'w mut crate::log_store::Group {
    let arn = place.arn_of(&LOG_GROUP, name);
    let oldest = oldest(world, place, name);
    world.logs.group(&arn, oldest)
}

/// Before when events of a group are not kept, in milliseconds.
fn oldest(world: &World, place: &Place, name: &str) -> i64 {
    let days = world.get(place, name).and_then(|group| group.value("retentionInDays")?.as_i64());
    match days {
        Some(days) => world.now().as_millisecond() - days * 86_400_000,
        None => i64::MIN,
    }
}

//! Amazon EventBridge: buses, rules and their targets, archives, connections. Delivery is in [`crate::bus`].

mod archives;
mod buses;
mod destinations;
mod putting;
mod rules;
mod targets;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    bus,
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{Delete, Describe, List, TagAccess, TagInput},
    tagging::TagErrors,
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "events",
    signing_name: "events",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "events",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&EVENT_BUS, &RULE, &ARCHIVE, &REPLAY, &CONNECTION, &API_DESTINATION],
    operations: &[
        ("CreateEventBus", Action::Own(buses::create)),
        ("DescribeEventBus", Action::Own(buses::describe)),
        ("UpdateEventBus", Action::Own(buses::update)),
        ("DeleteEventBus", Action::Own(buses::delete)),
        ("ListEventBuses", Action::Own(buses::list)),
        ("PutPermission", Action::Own(buses::put_permission)),
        ("RemovePermission", Action::Own(buses::remove_permission)),
        ("PutRule", Action::Own(rules::put)),
        ("DescribeRule", Action::Own(rules::describe)),
        ("DeleteRule", Action::Own(rules::delete)),
        ("EnableRule", Action::Own(rules::enable)),
        ("DisableRule", Action::Own(rules::disable)),
        ("ListRules", Action::Own(rules::list)),
        ("ListRuleNamesByTarget", Action::Own(rules::list_by_target)),
        ("PutTargets", Action::Own(targets::put)),
        ("RemoveTargets", Action::Own(targets::remove)),
        ("ListTargetsByRule", Action::Own(targets::list)),
        ("PutEvents", Action::Own(putting::put)),
        ("TestEventPattern", Action::Own(putting::test)),
        ("CreateArchive", Action::Own(archives::create)),
        ("DescribeArchive", Action::Own(archives::describe)),
        ("UpdateArchive", Action::Own(archives::update)),
        ("DeleteArchive", Action::Own(archives::delete)),
        ("ListArchives", Action::Own(archives::list)),
        ("StartReplay", Action::Own(archives::start_replay)),
        (
            "DescribeReplay",
            Action::Describe(&Describe { kind: &REPLAY, id: "ReplayName", ..Describe::OF }),
        ),
        ("CancelReplay", Action::Own(archives::cancel_replay)),
        (
            "ListReplays",
            Action::List(&List { kind: &REPLAY, member: "Replays", paging: &PAGES, ..List::OF }),
        ),
        ("CreateConnection", Action::Own(destinations::create_connection)),
        (
            "DescribeConnection",
            Action::Describe(&Describe { kind: &CONNECTION, id: "Name", ..Describe::OF }),
        ),
        ("UpdateConnection", Action::Own(destinations::update_connection)),
        (
            "DeleteConnection",
            Action::Delete(&Delete { kind: &CONNECTION, id: "Name", ..Delete::OF }),
        ),
        (
            "ListConnections",
            Action::List(&List {
                kind: &CONNECTION,
                member: "Connections",
                paging: &PAGES,
                ..List::OF
            }),
        ),
        ("CreateApiDestination", Action::Own(destinations::create)),
        (
            "DescribeApiDestination",
            Action::Describe(&Describe { kind: &API_DESTINATION, id: "Name", ..Describe::OF }),
        ),
        ("UpdateApiDestination", Action::Own(destinations::update)),
        (
            "DeleteApiDestination",
            Action::Delete(&Delete { kind: &API_DESTINATION, id: "Name", ..Delete::OF }),
        ),
        (
            "ListApiDestinations",
            Action::List(&List {
                kind: &API_DESTINATION,
                member: "ApiDestinations",
                paging: &PAGES,
                ..List::OF
            }),
        ),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[
        ("events:schedule", bus::fire_schedule),
        ("events:retry", bus::retry),
        ("events:replay", bus::replay),
    ],
};

static TAGS: TagAccess = TagAccess {
    arn: "ResourceARN",
    kinds: &[&RULE, &EVENT_BUS],
    tags: TagInput::List("Tags"),
    keys: "TagKeys",
    output: "Tags",
    ..TagAccess::OF
};

pub(super) static PAGES: Paging =
    Paging::of("Limit", "NextToken", (100, 100), "ValidationException");

/// A bus. The default one exists without being made.
pub(crate) static EVENT_BUS: Definition = Definition {
    resource_type: "AWS::Events::EventBus",
    tagging_type: "events:event-bus",
    arn: "arn:{partition}:events:{region}:{account}:event-bus/{id}",
    identity: &[("Name", Identity::Id), ("Arn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Event bus {id} does not exist."),
    sample: Some(|sample| serde_json::json!({"CreationTime": sample.created()})),
    ..Definition::OF
};

/// A rule: its id is its name, after the name of its bus and a slash unless that is the default one.
pub(crate) static RULE: Definition = Definition {
    resource_type: "AWS::Events::Rule",
    tagging_type: "events:rule",
    arn: "arn:{partition}:events:{region}:{account}:rule/{id}",
    identity: &[("Arn", Identity::Arn)],
    missing: Missing::new(
        "ResourceNotFoundException",
        "Rule {id} does not exist on EventBus default.",
    ),
    sample: Some(|sample| {
        serde_json::json!({
            "Name": sample.id,
            "EventBusName": "default",
            "State": "ENABLED",
            "EventPattern": "{\"source\":[\"aws.health\"]}",
        })
    }),
    ..Definition::OF
};

/// An archive of events.
pub(crate) static ARCHIVE: Definition = Definition {
    resource_type: "AWS::Events::Archive",
    arn: "arn:{partition}:events:{region}:{account}:archive/{id}",
    identity: &[("ArchiveName", Identity::Id), ("ArchiveArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Archive {id} does not exist."),
    ..Definition::OF
};

/// A replay of archived events.
pub(crate) static REPLAY: Definition = Definition {
    resource_type: "AWS::Events::Replay",
    arn: "arn:{partition}:events:{region}:{account}:replay/{id}",
    identity: &[("ReplayName", Identity::Id), ("ReplayArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Replay {id} does not exist."),
    ..Definition::OF
};

/// How an endpoint outside of AWS is authorized with.
pub(crate) static CONNECTION: Definition = Definition {
    resource_type: "AWS::Events::Connection",
    arn: "arn:{partition}:events:{region}:{account}:connection/{id}/{uuid}",
    identity: &[("Name", Identity::Id), ("ConnectionArn", Identity::Arn)],
    missing: Missing::new(
        "ResourceNotFoundException",
        "Failed to describe the connection(s). Connection '{id}' does not exist.",
    ),
    ..Definition::OF
};

/// An endpoint outside of AWS.
pub(crate) static API_DESTINATION: Definition = Definition {
    resource_type: "AWS::Events::ApiDestination",
    arn: "arn:{partition}:events:{region}:{account}:api-destination/{id}/{uuid}",
    identity: &[("Name", Identity::Id), ("ApiDestinationArn", Identity::Arn)],
    missing: Missing::new(
        "ResourceNotFoundException",
        "Failed to describe the api-destination(s). An api-destination '{id}' does not exist.",
    ),
    ..Definition::OF
};

/// The name of the bus with this ARN.
pub(crate) fn bus_of_arn(arn: &str) -> Option<&str> {
    arn.split_once(":event-bus/").map(|(_, name)| name)
}

/// The bus that a call names, by name or ARN; the default one if it names none. It must exist.
fn bus_of(call: &Call, world: &mut World, member: &str) -> Result<String, Failure> {
    let named = call.text(member).unwrap_or(bus::DEFAULT);
    let name = bus_of_arn(named).unwrap_or(named).to_owned();
    buses::ensure_default(call, world);
    call.find(world, &EVENT_BUS, &name)?;
    Ok(name)
}

fn empty() -> Value {
    Value::Object(Object::new())
}

/// Refuses a text that is no event pattern.
fn check_pattern(pattern: &str) -> Result<(), Failure> {
    reeve_events::Pattern::parse(pattern).map(|_| ()).map_err(|error| {
        let message = format!("Event pattern is not valid. Reason: {error}");
        Failure::new("InvalidEventPatternException", message)
    })
}

//! What a detector is told: filters that archive, lists of addresses, and where findings are exported to.

use reeve_model::{Object, Value};

use super::{
    criteria,
    detectors::{PAGES, required},
};
use crate::{
    call::Call,
    failure::Failure,
    kind::{Definition, Identity, Missing, TagForm},
    recipe::{Action, Create, Delete, Describe, List, NewId, TagInput, Update},
    services::Part,
    store::Place,
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FILTER, &LIST, &DESTINATION],
    operations: &[
        ("CreateFilter", Action::Create(&CREATE_FILTER)),
        ("GetFilter", Action::Describe(&GET_FILTER)),
        ("UpdateFilter", Action::Update(&UPDATE_FILTER)),
        ("DeleteFilter", Action::Delete(&DELETE_FILTER)),
        ("ListFilters", Action::List(&LIST_FILTERS)),
        ("CreateIPSet", Action::Create(&CREATE_LIST)),
        ("GetIPSet", Action::Describe(&GET_LIST)),
        ("UpdateIPSet", Action::Update(&UPDATE_LIST)),
        ("DeleteIPSet", Action::Delete(&DELETE_LIST)),
        ("ListIPSets", Action::List(&LIST_LISTS)),
        ("CreatePublishingDestination", Action::Create(&CREATE_DESTINATION)),
        ("DescribePublishingDestination", Action::Describe(&GET_DESTINATION)),
        ("UpdatePublishingDestination", Action::Update(&UPDATE_DESTINATION)),
        ("DeletePublishingDestination", Action::Delete(&DELETE_DESTINATION)),
        ("ListPublishingDestinations", Action::List(&LIST_DESTINATIONS)),
    ],
    tasks: &[],
};

/// A filter of findings.
pub(crate) static FILTER: Definition = Definition {
    resource_type: "AWS::GuardDuty::Filter",
    arn: "arn:{partition}:guardduty:{region}:{account}:filter/{id}",
    identity: &[("Name", Identity::Id)],
    tags: TagForm::Map("Tags"),
    missing: Missing::new("BadRequestException", "The filter {id} does not exist."),
    ..Definition::OF
};

/// A list of trusted addresses.
pub(crate) static LIST: Definition = Definition {
    resource_type: "AWS::GuardDuty::IPSet",
    arn: "arn:{partition}:guardduty:{region}:{account}:ipset/{id}",
    identity: &[("IpSetId", Identity::Id)],
    tags: TagForm::Map("Tags"),
    missing: Missing::new("BadRequestException", "The IP set {id} does not exist."),
    ..Definition::OF
};

/// Where findings are exported to.
pub(crate) static DESTINATION: Definition = Definition {
    resource_type: "AWS::GuardDuty::PublishingDestination",
    arn: "arn:{partition}:guardduty:{region}:{account}:publishingdestination/{id}",
    identity: &[("DestinationId", Identity::Id)],
    tags: TagForm::Map("Tags"),
    missing: Missing::new("BadRequestException", "The publishing destination {id} does not exist."),
    ..Definition::OF
};

static CREATE_FILTER: Create = Create {
    kind: &FILTER,
    id: NewId::Member("Name"),
    keep: &[("Description", "Description"), ("FindingCriteria", "FindingCriteria")],
    facts: filter_facts,
    tags: TagInput::Map("Tags"),
    check: has_detector,
    exists: (
        "BadRequestException",
        "The request is rejected because the input name {id} is already used.",
    ),
    ..Create::OF
};

static GET_FILTER: Describe = Describe { kind: &FILTER, id: "FilterName", ..Describe::OF };

static UPDATE_FILTER: Update = Update {
    kind: &FILTER,
    id: "FilterName",
    keep: &[
        ("Description", "Description"),
        ("FindingCriteria", "FindingCriteria"),
        ("Action", "Action"),
        ("Rank", "Rank"),
    ],
    check: has_detector,
    ..Update::OF
};

static DELETE_FILTER: Delete =
    Delete { kind: &FILTER, id: "FilterName", check: has_detector, ..Delete::OF };

static LIST_FILTERS: List =
    List { kind: &FILTER, member: "FilterNames", paging: &PAGES, only_ids: true, ..List::OF };

static CREATE_LIST: Create = Create {
    kind: &LIST,
    id: NewId::Made(list_id),
    keep: &[("Name", "Name"), ("Format", "Format"), ("Location", "Location")],
    facts: list_facts,
    tags: TagInput::Map("Tags"),
    check: has_detector,
    ..Create::OF
};

static GET_LIST: Describe = Describe { kind: &LIST, id: "IpSetId", ..Describe::OF };

static UPDATE_LIST: Update = Update {
    kind: &LIST,
    id: "IpSetId",
    keep: &[("Name", "Name"), ("Location", "Location")],
    check: has_detector,
    then: activated,
    ..Update::OF
};

static DELETE_LIST: Delete =
    Delete { kind: &LIST, id: "IpSetId", check: has_detector, ..Delete::OF };

static LIST_LISTS: List =
    List { kind: &LIST, member: "IpSetIds", paging: &PAGES, only_ids: true, ..List::OF };

static CREATE_DESTINATION: Create = Create {
    kind: &DESTINATION,
    id: NewId::Made(list_id),
    keep: &[
        ("DestinationType", "DestinationType"),
        ("DestinationProperties", "DestinationProperties"),
    ],
    facts: destination_facts,
    tags: TagInput::Map("Tags"),
    check: has_detector,
    ..Create::OF
};

static GET_DESTINATION: Describe =
    Describe { kind: &DESTINATION, id: "DestinationId", ..Describe::OF };

static UPDATE_DESTINATION: Update = Update {
    kind: &DESTINATION,
    id: "DestinationId",
    keep: &[("DestinationProperties", "DestinationProperties")],
    check: has_detector,
    ..Update::OF
};

static DELETE_DESTINATION: Delete =
    Delete { kind: &DESTINATION, id: "DestinationId", check: has_detector, ..Delete::OF };

static LIST_DESTINATIONS: List =
    List { kind: &DESTINATION, member: "Destinations", paging: &PAGES, ..List::OF };

fn has_detector(call: &Call, world: &mut World, _: &str) -> Result<(), Failure> {
    required(call, world).map(|_| ())
}

fn list_id(_: &Call, world: &mut World) -> Result<String, Failure> {
    Ok(world.random_hex(32))
}

fn filter_facts(call: &Call, world: &mut World) -> Object {
    object! {
        "Action": (call.text("Action").unwrap_or("NOOP")),
        "Rank": (call.integer("Rank").unwrap_or(1)),
        "CreatedAt": (world.now()),
        "UpdatedAt": (world.now()),
        "Version": (1)
    }
}

fn list_facts(call: &Call, _: &mut World) -> Object {
    object! { "Status": (if call.flag("Activate") { "ACTIVE" } else { "INACTIVE" }) }
}

fn activated(call: &Call, world: &mut World, id: &str) -> Result<(), Failure> {
    if call.input.get("Activate").is_some() {
        let status = if call.flag("Activate") { "ACTIVE" } else { "INACTIVE" };
        world.set(&call.place(&LIST), id, "Status", status);
    }
    Ok(())
}

fn destination_facts(_: &Call, _: &mut World) -> Object {
    object! { "Status": "PUBLISHING", "PublishingFailureStartTimestamp": (0) }
}

/// Whether a filter archives a new finding: the first that fits, by rank, decides.
pub(super) fn archives(world: &World, place: &Place, finding: &Object) -> bool {
    let place = place.beside(&FILTER);
    let mut filters: Vec<_> = world.shelf(&place).values().collect();
    filters.sort_by_key(|filter| filter.value("Rank").and_then(Value::as_i64));
    let fits = |criterion: Option<&Value>| {
        criterion.and_then(Value::as_object).is_some_and(|one| criteria::hold(finding, one))
    };
    let first = filters.into_iter().find(|filter| fits(filter.value("FindingCriteria.Criterion")));
    first.is_some_and(|filter| filter.fact("Action") == Some("ARCHIVE"))
}

//! Event subscriptions: what a topic hears of.

use reeve_model::{Object, Value};

use super::{
    PAGES,
    event::{Said, source_type},
    one_or_list,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    filter::Filters,
    kind::{Definition, Identity, Missing},
    recipe::{Action, Create, Delete, List, NewId, TagInput, Update},
    services::Part,
    store::Place,
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&SUBSCRIPTION],
    operations: &[
        ("CreateEventSubscription", Action::Create(&CREATE)),
        (
            "DescribeEventSubscriptions",
            Action::Own(|call, world| one_or_list(call, world, (&LIST, "SubscriptionName"))),
        ),
        ("ModifyEventSubscription", Action::Update(&UPDATE)),
        ("DeleteEventSubscription", Action::Delete(&DELETE)),
        ("AddSourceIdentifierToSubscription", Action::Own(add)),
        ("RemoveSourceIdentifierFromSubscription", Action::Own(remove)),
    ],
    tasks: &[],
};

/// `AWS::RDS::EventSubscription`.
pub(super) static SUBSCRIPTION: Definition = Definition {
    resource_type: "AWS::RDS::EventSubscription",
    tagging_type: "rds:es",
    arn: "arn:{partition}:rds:{region}:{account}:es:{id}",
    identity: &[
        ("CustSubscriptionId", Identity::Id),
        ("EventSubscriptionArn", Identity::Arn),
        ("CustomerAwsId", Identity::Account),
    ],
    missing: Missing::new("SubscriptionNotFound", "Event Subscription {id} not found.")
        .with_status(404),
    ..Definition::OF
};

const KEPT: &[(&str, &str)] = &[
    ("SnsTopicArn", "SnsTopicArn"),
    ("SourceType", "SourceType"),
    ("SourceIds", "SourceIdsList"),
    ("EventCategories", "EventCategoriesList"),
    ("Enabled", "Enabled"),
];

static CREATE: Create = Create {
    kind: &SUBSCRIPTION,
    id: NewId::Member("SubscriptionName"),
    keep: KEPT,
    facts: made,
    tags: TagInput::List("Tags"),
    exists: ("SubscriptionAlreadyExist", "Event Subscription {id} already exists."),
    wrap: "EventSubscription",
    ..Create::OF
};

static LIST: List = List {
    kind: &SUBSCRIPTION,
    member: "EventSubscriptionsList",
    paging: &PAGES,
    filters: Filters::Members(&[("SubscriptionName", "")]),
    ..List::OF
};

static UPDATE: Update = Update {
    kind: &SUBSCRIPTION,
    id: "SubscriptionName",
    keep: KEPT,
    wrap: "EventSubscription",
    ..Update::OF
};

static DELETE: Delete =
    Delete { kind: &SUBSCRIPTION, id: "SubscriptionName", wrap: "EventSubscription", ..Delete::OF };

fn made(call: &Call, _: &mut World) -> Object {
    let mut facts = object! {
        "Status": "active",
        "SubscriptionCreationTime": (call.now.to_string()),
    };
    if call.input.get("Enabled").is_none() {
        facts.insert("Enabled", true);
    }
    facts
}

fn change(call: &Call, world: &mut World, change: fn(&mut Vec<Value>, &str)) -> Answer {
    let id = call.required("SubscriptionName")?;
    let source = call.required("SourceIdentifier")?;
    call.find(world, &SUBSCRIPTION, id)?;
    let place = call.place(&SUBSCRIPTION);
    world.change(&place, id, |facts| {
        let mut sources = facts.list("SourceIdsList").to_vec();
        change(&mut sources, source);
        facts.insert("SourceIdsList", Value::List(sources));
    });
    shown(call, world, id)
}

fn shown(call: &Call, world: &World, id: &str) -> Answer {
    let found = call.find(world, &SUBSCRIPTION, id)?;
    let shown = call.describe(&SUBSCRIPTION, id, found);
    Ok(call.fit(Value::from_iter([("EventSubscription", shown)])))
}

fn add(call: &Call, world: &mut World) -> Answer {
    change(call, world, |sources, source| sources.push(Value::from(source)))
}

fn remove(call: &Call, world: &mut World) -> Answer {
    let id = call.required("SubscriptionName")?;
    let found = call.find(world, &SUBSCRIPTION, id)?;
    let wanted = call.text("SourceIdentifier");
    let known = found.list("SourceIdsList");
    if !known.iter().any(|source| source.as_str() == wanted) {
        let message = format!("Source {} not found.", wanted.unwrap_or_default());
        return Err(Failure::new("SourceNotFound", message).with_status(404));
    }
    change(call, world, |sources, source| sources.retain(|one| one.as_str() != Some(source)))
}

/// Tells the topics of those who subscribed.
pub(super) fn tell(
    world: &mut World,
    place: &Place,
    id: &str,
    (number, category, message): Said<'_>,
) {
    let subscriptions = place.beside(&SUBSCRIPTION);
    let source = source_type(place.kind);
    let any = |list: Option<&Value>, wanted: &str| {
        let list = list.map_or(&[][..], Value::as_list);
        list.is_empty() || list.iter().any(|one| one.as_str() == Some(wanted))
    };
    let topics: Vec<String> = world
        .shelf(&subscriptions)
        .values()
        .filter(|one| one.flag("Enabled"))
        .filter(|one| one.fact("SourceType").is_none_or(|of| of == source))
        .filter(|one| any(one.facts.get("SourceIdsList"), id))
        .filter(|one| any(one.facts.get("EventCategoriesList"), category))
        .filter_map(|one| one.fact("SnsTopicArn").map(str::to_owned))
        .collect();
    for topic in topics {
        let said = serde_json::json!({
            "Event Source": source,
            "Event Time": world.now().strftime("%Y-%m-%d %H:%M:%S.000").to_string(),
            "Source ID": id,
            "Source ARN": place.arn_of(place.kind, id),
            "Event ID": format!("http://docs.amazonwebservices.com/AmazonRDS/latest/UserGuide/USER_Events.html#{number}"),
            "Event Message": message,
        });
        let input = value!({
            "TopicArn": (topic),
            "Subject": "RDS Notification Message",
            "Message": (said.to_string()),
        });
        // A topic that is gone hears nothing.
        let _ = world.call(&Origin::at(place, "events.rds.amazonaws.com"), "sns", "Publish", input);
    }
}

//! Filters that somebody keeps; those that suppress take findings out of sight.

use reeve_model::{Object, Value};

use super::{criteria, findings::FINDING, pages, scan};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Identity, Missing, TagForm},
    page::Paging,
    recipe::{Action, Create, NewId, TagAccess, TagInput},
    services::Part,
    store::{Place, Resource},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&FILTER],
    operations: &[
        ("CreateFilter", Action::Create(&CREATE)),
        ("UpdateFilter", Action::Own(update)),
        ("DeleteFilter", Action::Own(delete)),
        ("ListFilters", Action::Own(list)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[],
};

/// A filter.
static FILTER: Definition = Definition {
    resource_type: "AWS::InspectorV2::Filter",
    tagging_type: "inspector2:filter",
    arn: "arn:{partition}:inspector2:{region}:{account}:owner/{account}/filter/{id}",
    identity: &[("arn", Identity::Arn), ("ownerId", Identity::Account)],
    tags: TagForm::Map("tags"),
    missing: Missing::new("ResourceNotFoundException", "The filter {id} was not found")
        .with_status(404),
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &FILTER,
    id: NewId::Made(|_, world| Ok(world.random_hex(16))),
    keep: &[
        ("name", "name"),
        ("action", "action"),
        ("filterCriteria", "criteria"),
        ("description", "description"),
        ("reason", "reason"),
    ],
    facts: |call, _| object! {"createdAt": (call.now), "updatedAt": (call.now)},
    tags: TagInput::Map("tags"),
    check: |call, world, _| {
        let taken = |one: &Resource| one.fact("name") == call.text("name");
        if world.shelf(&call.place(&FILTER)).values().any(taken) {
            return Err(call.invalid("A filter of this name exists already."));
        }
        criteria::holds(call.object("filterCriteria"), &value!({})).map(|_| ())
    },
    then: |call, world, _| {
        apply(world, &call.place(&FINDING));
        Ok(())
    },
    ..Create::OF
};

static TAGS: TagAccess = TagAccess {
    arn: "resourceArn",
    kinds: &[&FILTER],
    tags: TagInput::Map("tags"),
    keys: "tagKeys",
    output: "tags",
    ..TagAccess::OF
};

static PAGES: Paging = pages(100);

/// Whether one of the account's filters suppresses a finding.
pub(super) fn suppresses(world: &World, place: &Place, id: &str, facts: &Object) -> bool {
    let mut shown = facts.clone();
    shown.insert("findingArn", place.arn_of(&FINDING, id));
    shown.insert("awsAccountId", place.account.to_string());
    // A finding that is suppressed would be active otherwise: criteria on its status mean that.
    shown.insert("status", "ACTIVE");
    let shown = Value::from(shown);
    let here = place.beside(&FILTER);
    world.shelf(&here).values().any(|filter| {
        let criteria = filter.value("criteria").and_then(Value::as_object);
        filter.fact("action") == Some("SUPPRESS")
            && criteria::holds(criteria, &shown).unwrap_or(false)
    })
}

/// Filters have changed: findings are looked at again.
fn apply(world: &mut World, place: &Place) {
    let open: Vec<(String, Object, String)> = world
        .shelf(place)
        .iter()
        .filter_map(|(id, one)| {
            let status = one.fact("status")?.to_owned();
            (status != "CLOSED").then(|| (id.clone(), Object::clone(&one.facts), status))
        })
        .collect();
    let now = world.now();
    for (id, facts, before) in open {
        let status = if suppresses(world, place, &id, &facts) { "SUPPRESSED" } else { "ACTIVE" };
        if status != before {
            world.change(place, &id, |facts| {
                facts.insert("status", status);
                facts.insert("updatedAt", now);
            });
            scan::tell(world, place, &id);
        }
    }
}

fn update(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("filterArn")?;
    let id = call.id_of(&FILTER, arn);
    call.find(world, &FILTER, &id)?;
    criteria::holds(call.object("filterCriteria"), &value!({}))?;
    let input = call.input.clone();
    let now = call.now;
    world.change(&call.place(&FILTER), &id, |facts| {
        for (member, fact) in CREATE.keep {
            if let Some(value) = input.get(member) {
                facts.insert(*fact, value.clone());
            }
        }
        facts.insert("updatedAt", now);
    });
    apply(world, &call.place(&FINDING));
    Ok(value!({"arn": arn}))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("arn")?;
    let id = call.id_of(&FILTER, arn);
    if world.remove(&call.place(&FILTER), &id).is_none() {
        return Err(FILTER.missing.failure(arn));
    }
    apply(world, &call.place(&FINDING));
    Ok(value!({"arn": arn}))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (arns, action) = (call.texts("arns"), call.text("action"));
    let mut items: Vec<(String, Value)> = Vec::new();
    for (id, filter) in world.shelf(&call.place(&FILTER)) {
        let shown = call.describe(&FILTER, id, filter);
        let named = shown.get("arn").and_then(Value::as_str).is_some_and(|arn| arns.contains(&arn));
        let fits = action.is_none_or(|action| filter.fact("action") == Some(action));
        if (arns.is_empty() || named) && fits {
            items.push((id.clone(), shown.into()));
        }
    }
    PAGES.sort(call, "filters", items)
}

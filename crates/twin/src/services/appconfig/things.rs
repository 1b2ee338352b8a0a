//! Applications, their environments, and the tags of all that `AppConfig` has.

use std::sync::Arc;

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{deployments::DEPLOYMENT, profiles::PROFILE, strategies::STRATEGY};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind, Missing, describe, tag_map},
    page::Paging,
    recipe::{Create, Describe, List, NewId, TagInput, Update},
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&APPLICATION, &ENVIRONMENT],
    operations: &[
        ("CreateApplication", Action::Create(&CREATE)),
        ("GetApplication", Action::Describe(&GET)),
        ("UpdateApplication", Action::Update(&UPDATE)),
        ("ListApplications", Action::List(&LIST)),
        ("DeleteApplication", Action::Own(delete_application)),
        ("CreateEnvironment", Action::Own(create_environment)),
        ("GetEnvironment", Action::Own(get_environment)),
        ("UpdateEnvironment", Action::Own(update_environment)),
        ("ListEnvironments", Action::Own(list_environments)),
        ("DeleteEnvironment", Action::Own(delete_environment)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// How this service says that something is not there.
pub(super) const MISSING: Missing =
    Missing::new("ResourceNotFoundException", "Could not find {id}").with_status(404);

/// An application.
pub(super) static APPLICATION: Definition = Definition {
    resource_type: "AWS::AppConfig::Application",
    tagging_type: "appconfig:application",
    arn: "arn:{partition}:appconfig:{region}:{account}:application/{segment}",
    identity: &[("Id", Identity::Id)],
    missing: MISSING,
    ..Definition::OF
};

/// An environment, kept as `application/environment`. Its ARN has words between the two, so it is put together here.
pub(super) static ENVIRONMENT: Definition = Definition {
    resource_type: "AWS::AppConfig::Environment",
    identity: &[("ApplicationId", Identity::Segment(0)), ("Id", Identity::Segment(1))],
    missing: MISSING,
    ..Definition::OF
};

/// How listings are paged.
pub(super) static PAGES: Paging =
    Paging::of("MaxResults", "NextToken", (50, 50), "BadRequestException");

static CREATE: Create = Create {
    kind: &APPLICATION,
    id: NewId::Made(new_id),
    keep: &[("Name", "Name"), ("Description", "Description")],
    tags: TagInput::Map("Tags"),
    ..Create::OF
};
static GET: Describe = Describe { kind: &APPLICATION, id: "ApplicationId", ..Describe::OF };
static UPDATE: Update = Update {
    kind: &APPLICATION,
    id: "ApplicationId",
    keep: &[("Name", "Name"), ("Description", "Description")],
    ..Update::OF
};
static LIST: List = List { kind: &APPLICATION, member: "Items", paging: &PAGES, ..List::OF };

/// For how long somebody who read a configuration counts as a reader of it.
const READ_LATELY: SignedDuration = SignedDuration::from_hours(1);

/// An id as `AppConfig` makes them.
#[expect(clippy::unnecessary_wraps, reason = "the recipe for new ids may refuse")]
pub(super) fn new_id(_: &Call, world: &mut World) -> Result<String, Failure> {
    Ok(world.random_letters(7).to_lowercase())
}

/// The application of a call, which must exist.
pub(super) fn application<'c>(call: &'c Call, world: &World) -> Result<&'c str, Failure> {
    let id = call.required("ApplicationId")?;
    call.find(world, &APPLICATION, id)?;
    Ok(id)
}

/// The key of something within the call's application, which must exist.
pub(super) fn within(
    call: &Call,
    world: &World,
    kind: Kind,
    member: &str,
) -> Result<String, Failure> {
    let key = format!("{}/{}", application(call, world)?, call.required(member)?);
    call.find(world, kind, &key)?;
    Ok(key)
}

/// A description of something, cut to the output.
pub(super) fn shown(call: &Call, world: &World, kind: Kind, key: &str) -> Answer {
    let place = call.place(kind);
    let found = call.find(world, kind, key)?;
    let shown = place.describe(kind, key, found);
    Ok(call.fit(shown.into()))
}

/// Everything of a kind whose key begins with `owner/`, in order.
pub(super) fn of_owner(world: &World, place: &Place, owner: &str) -> Vec<(String, Resource)> {
    let start = format!("{owner}/");
    let found = world.shelf(place).range(start.clone()..);
    found
        .take_while(|(key, _)| key.starts_with(&start))
        .map(|(key, found)| (key.clone(), found.clone()))
        .collect()
}

/// Descriptions of everything of a kind that belongs to `owner`.
pub(super) fn shown_of(call: &Call, world: &World, kind: Kind, owner: &str) -> Vec<Value> {
    let place = call.place(kind);
    let of = (&place.account, &place.region);
    let all = of_owner(world, &place, owner);
    all.iter().map(|(key, found)| describe(kind, of, key, found).into()).collect()
}

/// Keeps something with the call's tags.
pub(super) fn keep(
    call: &Call,
    world: &mut World,
    (kind, key): (Kind, &str),
    (shown, inside): (Object, Object),
) -> Result<(), Failure> {
    let given = tagging::mapped(call, "Tags");
    tagging::check(call, &given)?;
    let tags = Arc::new(given.into_iter().collect());
    let resource = Resource::new(facts(shown), tags).with_inside(inside);
    world.put(call.place(kind), key, resource);
    Ok(())
}

/// Changes the facts that the caller names.
pub(super) fn apply(call: &Call, world: &mut World, (kind, key): (Kind, &str), members: &[&str]) {
    world.change(&call.place(kind), key, |facts| {
        for member in members {
            if let Some(value) = call.input.get(member) {
                facts.insert(*member, value.clone());
            }
        }
    });
}

/// Refuses members of the input that would change what happens, and are not done here.
pub(super) fn unsupported(call: &Call, members: &[&str]) -> Result<(), Failure> {
    match members.iter().find(|member| call.input.get(member).is_some()) {
        Some(member) => Err(call.invalid(format!("{member} is not supported here"))),
        None => Ok(()),
    }
}

/// Refuses to delete what somebody reads, if the caller wants that checked.
pub(super) fn check_readers(call: &Call, found: &Resource) -> Result<(), Failure> {
    let read = found.inside.get("Read").and_then(Value::as_timestamp);
    let lately = read.is_some_and(|read| call.now < read + READ_LATELY);
    if lately && call.text("DeletionProtectionCheck") == Some("APPLY") {
        let message = "The resource was used within the deletion protection period";
        return Err(call.invalid(message));
    }
    Ok(())
}

fn delete_application(call: &Call, world: &mut World) -> Answer {
    let id = application(call, world)?;
    for (kind, what) in [(&ENVIRONMENT, "environments"), (&PROFILE, "configuration profiles")] {
        if !of_owner(world, &call.place(kind), id).is_empty() {
            let message = format!("Application {id} still has {what}");
            return Err(call.invalid(message));
        }
    }
    world.remove(&call.place(&APPLICATION), id);
    Ok(Value::object())
}

fn check_monitors(call: &Call, world: &World) -> Result<(), Failure> {
    for monitor in call.list("Monitors") {
        let arn = monitor.text("AlarmArn");
        if world.store.locate(arn).is_none() {
            return Err(call.invalid(format!("Could not find the CloudWatch alarm {arn}")));
        }
    }
    Ok(())
}

fn create_environment(call: &Call, world: &mut World) -> Answer {
    let application = application(call, world)?;
    check_monitors(call, world)?;
    let key = format!("{application}/{}", new_id(call, world)?);
    let mut shown_facts: Object = call.given(["Name", "Description", "Monitors"]).collect();
    shown_facts.insert("State", "READY_FOR_DEPLOYMENT");
    keep(call, world, (&ENVIRONMENT, &key), (shown_facts, Object::new()))?;
    shown(call, world, &ENVIRONMENT, &key)
}

fn get_environment(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    shown(call, world, &ENVIRONMENT, &key)
}

fn update_environment(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    check_monitors(call, world)?;
    apply(call, world, (&ENVIRONMENT, &key), &["Name", "Description", "Monitors"]);
    shown(call, world, &ENVIRONMENT, &key)
}

fn list_environments(call: &Call, world: &mut World) -> Answer {
    let application = application(call, world)?;
    let all = shown_of(call, world, &ENVIRONMENT, application);
    PAGES.slice(call, "Items", all)
}

fn delete_environment(call: &Call, world: &mut World) -> Answer {
    let key = within(call, world, &ENVIRONMENT, "EnvironmentId")?;
    let place = call.place(&ENVIRONMENT);
    let found = call.find(world, &ENVIRONMENT, &key)?;
    check_readers(call, found)?;
    if matches!(found.fact("State"), Some("DEPLOYING" | "ROLLING_BACK")) {
        let message = "Environment cannot be deleted while a deployment is in progress";
        return Err(Failure::new("ConflictException", message).with_status(409));
    }
    world.remove(&place, &key);
    let deployments = call.place(&DEPLOYMENT);
    for (deployment, _) in of_owner(world, &deployments, &key) {
        world.remove(&deployments, &deployment);
    }
    Ok(Value::object())
}

/// What an ARN of this service names: the words between ids are dropped.
fn tagged(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("ResourceArn")?;
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let parts: Vec<&str> = resource.split('/').collect();
    let (kind, key): (Kind, String) = match parts.as_slice() {
        ["application", id] => (&APPLICATION, (*id).to_owned()),
        ["deploymentstrategy", id] => (&STRATEGY, (*id).to_owned()),
        ["application", owner, "environment", id] => (&ENVIRONMENT, format!("{owner}/{id}")),
        ["application", owner, "configurationprofile", id] => (&PROFILE, format!("{owner}/{id}")),
        ["application", owner, "environment", id, "deployment", number] => {
            (&DEPLOYMENT, format!("{owner}/{id}/{number:0>8}"))
        }
        _ => return Err(call.invalid(format!("Invalid resource ARN {arn}"))),
    };
    let place = call.place(kind);
    // The ARN must be of this account and Region.
    let here = format!(":appconfig:{}:{}:", place.region, place.account);
    if !arn.contains(&here) || world.get(&place, &key).is_none() {
        return Err(MISSING.failure(arn));
    }
    Ok((place, key))
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, key) = tagged(call, world)?;
    let tags = world.get(&place, &key).map(|found| tag_map(&found.tags)).unwrap_or_default();
    Ok(value!({ "Tags": (tags) }))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, key) = tagged(call, world)?;
    let added = tagging::mapped(call, "Tags");
    if let Some(resource) = world.store.get_mut(&place, &key) {
        let tags = tagging::with(call, resource, &added)?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, key) = tagged(call, world)?;
    if let Some(resource) = world.store.get_mut(&place, &key) {
        let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

//! Tags of vaults, plans, recovery points, holds and report plans.

use reeve_model::{Object, Value};

use super::{
    PAGES,
    hold::HOLD,
    not_found,
    plan::PLAN,
    point::{self, POINT},
    report::PLAN as REPORT_PLAN,
    vault::VAULT,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{self, Kind},
    recipe::Action,
    services::Part,
    store::{Place, Resource},
    tagging,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListTags", Action::Own(list)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

fn find(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("Invalid ARN: {arn}. Specify a valid ARN.")));
    }
    if arn.split(':').nth(2) != Some("backup") {
        let message = format!("{arn} is not managed by AWS Backup: its own service has its tags");
        return Err(call.invalid(message));
    }
    let kinds: [Kind; 4] = [&VAULT, &PLAN, &HOLD, &REPORT_PLAN];
    let place = match kind::parse_arn(arn) {
        Some((kind, parsed)) if kinds.contains(&kind) => {
            Some((call.place(kind), parsed.id.to_owned()))
        }
        _ => Some((call.place(&POINT), point::id_of(arn))),
    };
    place
        .filter(|(place, id)| world.get(place, id).is_some())
        .ok_or_else(|| not_found(format!("Resource {arn} not found")))
}

fn resource<'w>(
    world: &'w mut World,
    (place, id): (&Place, &str),
) -> Result<&'w mut Resource, Failure> {
    world.store.get_mut(place, id).ok_or_else(|| not_found(format!("Resource {id} not found")))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (place, id) = find(call, world)?;
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let found = resource(world, (&place, &id))?;
    let mut rest = found
        .tags
        .iter()
        .filter(|(key, _)| start.as_ref().is_none_or(|start| *key > start))
        .peekable();
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let last = page.last().map(|(key, _)| key.as_str()).filter(|_| rest.peek().is_some());
    let tags: Object =
        page.iter().map(|(key, value)| (key.as_str(), Value::from(*value))).collect();
    Ok(PAGES.finish(call, Object::from_iter([("Tags", tags)]), last))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = find(call, world)?;
    let added = tagging::mapped(call, "Tags");
    let found = resource(world, (&place, &id))?;
    let tags = tagging::with(call, found, &added)?;
    found.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = find(call, world)?;
    let found = resource(world, (&place, &id))?;
    let tags = tagging::without(call, found, &call.texts("TagKeyList"))?;
    found.set_tags(tags);
    Ok(Value::object())
}

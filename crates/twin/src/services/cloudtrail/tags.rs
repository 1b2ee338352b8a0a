//! Tags of trails and event data stores.

use reeve_model::{Object, Value};

use super::{EVENT_DATA_STORE, TRAIL, empty};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::tag_list,
    store::Place,
    tagging,
    value::object,
    world::World,
};

fn located(call: &Call, world: &World, arn: &str) -> Result<(Place, String), Failure> {
    let Some((place, id)) = world.store.parse(arn) else {
        let message = format!("The specified ARN {arn} is not valid.");
        return Err(Failure::new("CloudTrailARNInvalidException", message));
    };
    let known = [&TRAIL, &EVENT_DATA_STORE].contains(&place.kind);
    if !known || place.account != *call.account() {
        let message = format!("Resource type not supported: {arn}");
        return Err(Failure::new("ResourceTypeNotSupportedException", message));
    }
    if world.get(&place, &id).is_none() {
        let message = format!("The specified resource was not found: {arn}");
        return Err(Failure::new("ResourceNotFoundException", message));
    }
    Ok((place, id))
}

pub(super) fn add(call: &Call, world: &mut World) -> Answer {
    let (place, id) = located(call, world, call.required("ResourceId")?)?;
    let Some(resource) = world.store.get_mut(&place, &id) else { return Ok(empty()) };
    let tags = tagging::with(call, resource, &tagging::listed(call, "TagsList"))?;
    resource.set_tags(tags);
    Ok(empty())
}

pub(super) fn remove(call: &Call, world: &mut World) -> Answer {
    let (place, id) = located(call, world, call.required("ResourceId")?)?;
    let Some(resource) = world.store.get_mut(&place, &id) else { return Ok(empty()) };
    let given = tagging::listed(call, "TagsList");
    let keys: Vec<&str> = given.iter().map(|(key, _)| key.as_str()).collect();
    let tags = tagging::without(call, resource, &keys)?;
    resource.set_tags(tags);
    Ok(empty())
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let mut all: Vec<Value> = Vec::new();
    for arn in call.texts("ResourceIdList") {
        let (place, id) = located(call, world, arn)?;
        let tags = world.get(&place, &id).map(|found| tag_list(&found.tags)).unwrap_or_default();
        all.push(object!("ResourceId": (arn), "TagsList": (tags)).into());
    }
    Ok(Object::from_iter([("ResourceTagList", all)]).into())
}

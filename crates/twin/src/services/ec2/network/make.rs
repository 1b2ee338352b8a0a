//! What making, finding and deleting has in common for everything in the network.

use std::sync::Arc;

use reeve_model::{Object, Value};
use reeve_types::Tags;

use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    recipe::TagInput,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

/// How many hexadecimal digits ids have.
const ID_DIGITS: usize = 17;

/// Makes a resource of the caller's, tagged as its `TagSpecifications` for `specification` say; its id.
pub(super) fn make(
    call: &Call,
    world: &mut World,
    kind: Kind,
    (mut described, specification): (Object, &'static str),
) -> Result<String, Failure> {
    let given = TagInput::Specifications(specification).read(call);
    tagging::check(call, &given)?;
    let tags: Tags = given.into_iter().collect();
    tagging::check_count(call, &tags)?;
    described.insert("OwnerId", call.account().as_str());
    let id = new_id(world, kind.prefix);
    world.put(call.place(kind), id.clone(), Resource::new(facts(described), Arc::new(tags)));
    Ok(id)
}

/// A new id.
pub(super) fn new_id(world: &mut World, prefix: &str) -> String {
    format!("{prefix}{}", world.random_hex(ID_DIGITS))
}

/// The description of a resource of the caller's, as the output's member `wrap`.
pub(super) fn shown(call: &Call, world: &World, (kind, id): (Kind, &str), wrap: &str) -> Answer {
    let description = described(call, world, kind, id);
    Ok(call.fit(Value::from_iter([(wrap, description)])))
}

/// The description of a resource of the caller's.
pub(super) fn described(call: &Call, world: &World, kind: Kind, id: &str) -> Object {
    let place = call.place(kind);
    let found = world.get(&place, id);
    found.map(|found| place.describe(kind, id, found)).unwrap_or_default()
}

/// The ids of the resources of a kind beside this place that fit.
pub(super) fn fitting(
    world: &World,
    place: &Place,
    kind: Kind,
    fits: impl Fn(&Resource) -> bool,
) -> Vec<String> {
    let shelf = world.shelf(&place.beside(kind));
    shelf.iter().filter(|(_, resource)| fits(resource)).map(|(id, _)| id.clone()).collect()
}

/// Whether a resource of a kind beside this place fits.
pub(super) fn any(
    world: &World,
    place: &Place,
    kind: Kind,
    fits: impl Fn(&Resource) -> bool,
) -> bool {
    world.shelf(&place.beside(kind)).values().any(fits)
}

/// What an output has where AWS says that it went well.
pub(super) fn done(call: &Call) -> Answer {
    Ok(call.fit(Value::from_iter([("Return", true)])))
}

/// Something is in use.
pub(super) fn in_use(message: String) -> Failure {
    Failure::new("DependencyViolation", message)
}

/// Refuses an attribute of the input that the twin does not know how to honour.
pub(super) fn refuse(call: &Call, members: &[&str]) -> Result<(), Failure> {
    match members.iter().find(|member| call.input.get(member).is_some_and(|value| !value.is_null()))
    {
        Some(member) => {
            let message =
                format!("the twin does not implement the parameter {member} of {}", call.operation);
            Err(Failure::new("UnsupportedOperation", message))
        }
        None => Ok(()),
    }
}

/// The same call with another input.
pub(super) fn with_input(call: &Call, input: Value) -> Call {
    Call {
        service: call.service,
        model: call.model.clone(),
        operation: call.operation.clone(),
        caller: call.caller.clone(),
        region: call.region.clone(),
        input,
        now: call.now,
    }
}

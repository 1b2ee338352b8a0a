//! The ordinary operations as data: create, describe, list, update, delete, and tags; and the states that resources pass
//! through by themselves, their [`Lifecycle`].
//!
//! Most of what a service does to a resource is the same for all of them: keep what the caller said, show it again, page
//! through it. A service's file says which members mean what, in a static of one of these types; what has consequences
//! it does itself.

mod create;
mod delete;
mod describe;
mod lifecycle;
mod list;
mod tags;
mod update;

use reeve_model::{Object, Value};

pub(crate) use create::{Create, NewId, TagInput};
pub(crate) use delete::Delete;
pub(crate) use describe::Describe;
pub(crate) use lifecycle::Lifecycle;
pub(crate) use list::List;
pub(crate) use tags::TagAccess;
pub(crate) use update::Update;

use crate::{
    call::{Answer, Call, Handler},
    failure::Failure,
    world::World,
};

/// How an operation is performed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// By the service's own function.
    Own(Handler),
    /// A resource is made.
    Create(&'static Create),
    /// One resource is shown.
    Describe(&'static Describe),
    /// Resources are shown page by page.
    List(&'static List),
    /// A resource is changed.
    Update(&'static Update),
    /// A resource is deleted.
    Delete(&'static Delete),
    /// A resource's tags are shown.
    ListTags(&'static TagAccess),
    /// A resource is given tags.
    Tag(&'static TagAccess),
    /// Tags are taken from a resource.
    Untag(&'static TagAccess),
}

impl Action {
    /// Performs the operation.
    pub(crate) fn perform(self, call: &Call, world: &mut World) -> Answer {
        match self {
            Self::Own(handler) => handler(call, world),
            Self::Create(create) => create.perform(call, world),
            Self::Describe(describe) => describe.perform(call, world),
            Self::List(list) => list.perform(call, world),
            Self::Update(update) => update.perform(call, world),
            Self::Delete(delete) => delete.perform(call, world),
            Self::ListTags(access) => access.list(call, world),
            Self::Tag(access) => access.tag(call, world),
            Self::Untag(access) => access.untag(call, world),
        }
    }
}

/// Input members and the facts they become; `("*", "*")` stands for all of them under their own names.
pub(crate) type Keep = &'static [(&'static str, &'static str)];

/// What happens to one resource after an operation, or what forbids it.
pub(crate) type Step = fn(&Call, &mut World, &str) -> Result<(), Failure>;

/// Nothing more happens, and nothing forbids it.
pub(crate) fn nothing(_: &Call, _: &mut World, _: &str) -> Result<(), Failure> {
    Ok(())
}

/// No further facts.
pub(crate) fn no_facts(_: &Call, _: &mut World) -> Object {
    Object::new()
}

/// The facts in an input.
fn kept(call: &Call, keep: Keep) -> Object {
    let mut facts = Object::new();
    let Some(input) = call.input.as_object() else { return facts };
    for (member, fact) in keep {
        if *member == "*" {
            for (name, value) in input.iter() {
                facts.insert(name, value.clone());
            }
        } else if let Some(value) = input.get(member) {
            facts.insert(*fact, value.clone());
        }
    }
    facts
}

/// An output: the description itself, or the member that holds it.
fn wrapped(call: &Call, wrap: &str, description: Object) -> Value {
    let output =
        if wrap.is_empty() { description.into() } else { Value::from_iter([(wrap, description)]) };
    call.fit(output)
}

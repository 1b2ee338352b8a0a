//! Making a resource.

use std::sync::Arc;

use reeve_model::Object;
use reeve_types::Tags;

use super::{Keep, Step, kept, no_facts, nothing, wrapped};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Kind},
    store::{Resource, facts},
    tagging,
    world::World,
};

/// An operation that makes a resource and shows it.
#[derive(Debug)]
pub(crate) struct Create {
    /// What it makes.
    pub(crate) kind: Kind,
    /// Where its id comes from.
    pub(crate) id: NewId,
    /// What the caller says about it.
    pub(crate) keep: Keep,
    /// What it is besides: its state, its time of creation, what is usual.
    pub(crate) facts: fn(&Call, &mut World) -> Object,
    /// Where the caller says its tags.
    pub(crate) tags: TagInput,
    /// The error code and message (with `{id}`) if there is one of this id.
    pub(crate) exists: (&'static str, &'static str),
    /// Refuses what cannot be made, before it is; the id is that of the new resource.
    pub(crate) check: Step,
    /// What follows once it is made.
    pub(crate) then: Step,
    /// The output member that holds the description; empty if the output is the description.
    pub(crate) wrap: &'static str,
}

/// Where the id of a new resource comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NewId {
    /// The caller says it in this member.
    Member(&'static str),
    /// This prefix and so many random hexadecimal digits.
    Prefixed(&'static str, usize),
    /// A random UUID.
    Uuid,
    /// The service's own rule.
    Made(fn(&Call, &mut World) -> Result<String, Failure>),
}

/// Where and how the caller says tags.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TagInput {
    /// Nowhere.
    None,
    /// In a list of `Key` and `Value`.
    List(&'static str),
    /// In a list of `key` and `value`.
    LowerList(&'static str),
    /// In a map.
    Map(&'static str),
    /// In EC2's `TagSpecifications`, for this resource type.
    Specifications(&'static str),
}

impl TagInput {
    /// The tags in a call.
    pub(crate) fn read(self, call: &Call) -> Vec<(String, String)> {
        match self {
            Self::None => Vec::new(),
            Self::List(member) => tagging::listed(call, member),
            Self::LowerList(member) => tagging::lower_listed(call, member),
            Self::Map(member) => tagging::mapped(call, member),
            Self::Specifications(kind) => tagging::specified(call, kind),
        }
    }
}

impl Create {
    /// What most operations of this kind have in common.
    pub(crate) const OF: Self = Self {
        kind: &Definition::OF,
        id: NewId::Uuid,
        keep: &[("*", "*")],
        facts: no_facts,
        tags: TagInput::None,
        exists: ("ResourceAlreadyExistsException", "{id} already exists"),
        check: nothing,
        then: nothing,
        wrap: "",
    };

    pub(super) fn perform(&self, call: &Call, world: &mut World) -> Answer {
        let id = self.id.make(call, world)?;
        let place = call.place(self.kind);
        if world.get(&place, &id).is_some() {
            let (code, message) = self.exists;
            return Err(Failure::new(code, message.replace("{id}", &id)));
        }
        let given = self.tags.read(call);
        tagging::check(call, &given)?;
        let tags: Tags = given.into_iter().collect();
        tagging::check_count(call, &tags)?;
        (self.check)(call, world, &id)?;
        let mut described = kept(call, self.keep);
        for (member, value) in (self.facts)(call, world) {
            described.insert(member, value);
        }
        world.put(place.clone(), id.clone(), Resource::new(facts(described), Arc::new(tags)));
        (self.then)(call, world, &id)?;
        // What follows may have been that it is gone already.
        let shown = world.get(&place, &id).map(|made| place.describe(self.kind, &id, made));
        Ok(wrapped(call, self.wrap, shown.unwrap_or_default()))
    }
}

impl NewId {
    fn make(self, call: &Call, world: &mut World) -> Result<String, Failure> {
        match self {
            Self::Member(member) => call.required(member).map(str::to_owned),
            Self::Prefixed(prefix, digits) => Ok(format!("{prefix}{}", world.random_hex(digits))),
            Self::Uuid => Ok(world.uuid()),
            Self::Made(make) => make(call, world),
        }
    }
}

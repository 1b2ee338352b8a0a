//! Changing a resource.

use super::{Keep, Step, kept, nothing, wrapped};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Kind},
    world::World,
};

/// An operation that changes a resource: what the caller says replaces what was said before.
#[derive(Debug)]
pub(crate) struct Update {
    /// What it changes.
    pub(crate) kind: Kind,
    /// The input member with its id or ARN.
    pub(crate) id: &'static str,
    /// What the caller may change.
    pub(crate) keep: Keep,
    /// Refuses what cannot be changed, before it is.
    pub(crate) check: Step,
    /// What follows.
    pub(crate) then: Step,
    /// The output member that holds the description; empty if the output is the description.
    pub(crate) wrap: &'static str,
}

impl Update {
    /// What most operations of this kind have in common.
    pub(crate) const OF: Self =
        Self { kind: &Definition::OF, id: "", keep: &[], check: nothing, then: nothing, wrap: "" };

    pub(super) fn perform(&self, call: &Call, world: &mut World) -> Answer {
        let id = call.id_of(self.kind, call.required(self.id)?);
        call.find(world, self.kind, &id)?;
        (self.check)(call, world, &id)?;
        let place = call.place(self.kind);
        let changes = kept(call, self.keep);
        world.change(&place, &id, |facts| {
            for (member, value) in changes {
                facts.insert(member, value);
            }
        });
        (self.then)(call, world, &id)?;
        let shown = world.get(&place, &id).map(|found| place.describe(self.kind, &id, found));
        Ok(wrapped(call, self.wrap, shown.unwrap_or_default()))
    }
}

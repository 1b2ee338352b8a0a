//! Deleting a resource.

use super::{Step, nothing, wrapped};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Kind},
    world::World,
};

/// An operation that deletes a resource at once, and shows what it was.
#[derive(Debug)]
pub(crate) struct Delete {
    /// What it deletes.
    pub(crate) kind: Kind,
    /// The input member with its id or ARN.
    pub(crate) id: &'static str,
    /// Refuses what cannot be deleted.
    pub(crate) check: Step,
    /// What follows once it is gone.
    pub(crate) then: Step,
    /// The output member that holds the description; empty if the output is the description.
    pub(crate) wrap: &'static str,
}

impl Delete {
    /// What most operations of this kind have in common.
    pub(crate) const OF: Self =
        Self { kind: &Definition::OF, id: "", check: nothing, then: nothing, wrap: "" };

    pub(super) fn perform(&self, call: &Call, world: &mut World) -> Answer {
        let id = call.id_of(self.kind, call.required(self.id)?);
        let place = call.place(self.kind);
        let found = call.find(world, self.kind, &id)?;
        let shown = place.describe(self.kind, &id, found);
        (self.check)(call, world, &id)?;
        world.remove(&place, &id);
        (self.then)(call, world, &id)?;
        Ok(wrapped(call, self.wrap, shown))
    }
}

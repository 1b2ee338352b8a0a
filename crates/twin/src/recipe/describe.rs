//! Showing one resource.

use super::wrapped;
use crate::{
    call::{Answer, Call},
    kind::{Definition, Kind},
    world::World,
};

/// An operation that shows one resource.
#[derive(Debug)]
pub(crate) struct Describe {
    /// What it shows.
    pub(crate) kind: Kind,
    /// The input member with its id or ARN.
    pub(crate) id: &'static str,
    /// The output member that holds the description; empty if the output is the description.
    pub(crate) wrap: &'static str,
}

impl Describe {
    /// What most operations of this kind have in common.
    pub(crate) const OF: Self = Self { kind: &Definition::OF, id: "", wrap: "" };

    pub(super) fn perform(&self, call: &Call, world: &mut World) -> Answer {
        let id = call.id_of(self.kind, call.required(self.id)?);
        let resource = call.find(world, self.kind, &id)?;
        let place = call.place(self.kind);
        let shown = place.describe(self.kind, &id, resource);
        Ok(wrapped(call, self.wrap, shown))
    }
}

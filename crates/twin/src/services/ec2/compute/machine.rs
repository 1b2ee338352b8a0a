//! The machine inside an instance: what EC2 does to it, as the fleet is told.

use reeve_model::Value;

use super::snapshot::SNAPSHOT;
pub(super) use crate::fleet::{
    impair, launched, rebooted, root_kept, root_replaced, root_returned, started, stopped,
    terminated, volume_resized,
};
use crate::{fleet, store::Place, world::World};

/// It boots from a volume made of a snapshot: what happened to the old one since is undone.
pub(super) fn root_restored(world: &mut World, place: &Place, id: &str, snapshot: &str) {
    let taken = world
        .get(&place.beside(&SNAPSHOT), snapshot)
        .and_then(|found| found.facts.get("StartTime").and_then(Value::as_timestamp));
    fleet::root_restored(world, place, id, taken);
}

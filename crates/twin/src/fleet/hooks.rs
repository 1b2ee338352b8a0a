//! What becomes of instances, as EC2 tells it to the fleet.
//!
//! Each is called when the change takes effect, with the place of the instance (or of anything beside it) and its id.

use jiff::Timestamp;

use super::{change, load::Strain};
use crate::{store::Place, world::World};

/// An instance is new: its system boots from its image.
pub(crate) fn launched(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    world.fleet.forget(place, id);
    change(world, place, id, |machine| {
        machine.changes.launched = Some(now);
        machine.changes.booted = Some(now);
    });
}

/// A stopped instance runs again.
pub(crate) fn started(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    change(world, place, id, |machine| {
        machine.changes.halted = None;
        machine.reboot(now);
    });
}

/// An instance has stopped, or begins to: tell before its description changes or after, but tell.
pub(crate) fn stopped(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    change(world, place, id, |machine| {
        // Its description loses when it was launched as soon as it starts again.
        machine.changes.launched = Some(machine.launched());
        machine.changes.halted = Some(now);
    });
}

/// An instance was rebooted.
pub(crate) fn rebooted(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    change(world, place, id, |machine| machine.reboot(now));
}

/// An instance is gone.
pub(crate) fn terminated(world: &mut World, place: &Place, id: &str) {
    world.fleet.forget(place, id);
}

/// An instance's root volume was replaced by one of the state that it was launched with.
pub(crate) fn root_replaced(world: &mut World, place: &Place, id: &str) {
    root_restored(world, place, id, None);
}

/// An instance's root volume was replaced by one made from a snapshot of this time.
pub(crate) fn root_restored(world: &mut World, place: &Place, id: &str, of: Option<Timestamp>) {
    let now = world.now();
    change(world, place, id, |machine| machine.restore(of, now));
}

/// The root volume of an instance is taken off: what is on it stays on it.
pub(crate) fn root_kept(world: &mut World, place: &Place, id: &str, volume: &str) {
    change(world, place, id, |machine| machine.keep_root(volume));
}

/// An instance boots from a volume that may have been its root volume before.
pub(crate) fn root_returned(world: &mut World, place: &Place, id: &str, volume: &str) {
    let now = world.now();
    change(world, place, id, |machine| machine.take_root(volume, now));
}

/// A volume of an instance has grown, from so many GiB: partition and file system stay as they were.
pub(crate) fn volume_resized(
    world: &mut World,
    place: &Place,
    id: &str,
    volume: &str,
    before: i64,
) {
    change(world, place, id, |machine| {
        let disk = machine.changes.disks.entry(volume.to_owned()).or_default();
        disk.size.get_or_insert(before);
        disk.partition.get_or_insert(before);
    });
}

/// An instance's system does not answer any more, for this reason, until it is rebooted.
pub(crate) fn impair(world: &mut World, place: &Place, id: &str, reason: &str) {
    change(world, place, id, |machine| machine.changes.impaired = Some(reason.to_owned()));
}

/// Something keeps an instance busy.
pub(crate) fn strain(world: &mut World, place: &Place, id: &str, strain: Strain) {
    change(world, place, id, |machine| machine.changes.strains.push(strain));
}

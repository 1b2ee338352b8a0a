//! Machines that are asked again and again: made once, and made anew when what they were made from has changed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Changes, Load, Machine, beginning, beside, key, load::load, machine_with, of, public_image,
};
use crate::{
    store::{Place, Seen},
    world::World,
};

/// A machine, and what it was made from.
#[derive(Debug)]
pub(crate) struct Known {
    machine: Machine,
    /// The instance, its volumes, and its image where an account made it.
    resources: Vec<Seen>,
    key: String,
    changes: Option<Arc<Changes>>,
}

/// The machine inside an instance, to be asked more than once.
pub(crate) fn known(world: &World, place: &Place, id: &str) -> Option<Known> {
    let key = key(place, id);
    let changes = world.fleet.changes.get(&key).cloned();
    let machine = machine_with(world, place, id, changes.as_deref())?;
    let instances = of(place);
    let seen =
        |place: Option<Place>, id: &str| place.map(|place| Seen::of(&world.store, place, id));
    let image = world.get(&instances, id).and_then(|instance| instance.fact("ImageId"));
    let made = image.filter(|image| public_image(place, image).is_none());
    let image = made.and_then(|image| seen(beside(place, "AWS::EC2::Image"), image));
    let volumes = machine.hardware.volumes.iter();
    let volumes = volumes.filter_map(|(_, id, _)| seen(beside(place, "AWS::EC2::Volume"), id));
    let resources = volumes.chain(image).chain(seen(Some(instances), id)).collect();
    Some(Known { machine, resources, key, changes })
}

impl Known {
    /// Whether it is still what would be made now.
    pub(crate) fn holds(&self, world: &World) -> bool {
        let changes = world.fleet.changes.get(&self.key);
        let unchanged = match (&self.changes, changes) {
            (Some(then), Some(now)) => Arc::ptr_eq(then, now),
            (then, now) => then.is_none() && now.is_none(),
        };
        unchanged
            && beginning(world, self.machine.hardware.launched) == self.machine.beginning
            && self.resources.iter().all(|seen| seen.holds(&world.store))
    }

    /// How busy it is at a time; nothing if it is not up.
    pub(crate) fn load(&self, at: Timestamp) -> Option<Load> {
        self.machine.hardware.running.then(|| load(&self.machine, at))
    }

    /// The machine.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }
}

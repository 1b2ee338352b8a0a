//! The states that a resource passes through by itself: each for a while, and then another, or none.

use crate::{
    store::{Place, Resource},
    task::{Task, later},
    world::World,
};

/// The passing states of a kind of resource.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    /// The member of the description with the state.
    pub(crate) member: &'static str,
    /// The passing states.
    pub(crate) passing: &'static [Passing],
    /// What else follows when one has passed; told what the resource was before.
    pub(crate) then: fn(&mut World, &Task, &Resource),
}

/// A passing state, the task that ends it, and the state that follows; none if the resource is gone then.
pub(crate) type Passing = (&'static str, &'static str, Option<&'static str>);

impl Lifecycle {
    /// What most lifecycles have in common.
    pub(crate) const OF: Self = Self { member: "", passing: &[], then: |_, _, _| {} };

    /// Has a resource be in a passing state for some seconds.
    pub(crate) fn enter(
        &self,
        world: &mut World,
        place: &Place,
        id: &str,
        (state, seconds): (&str, i64),
    ) {
        world.set(place, id, self.member, state);
        if let Some((_, task, _)) = self.passing.iter().find(|(passing, ..)| *passing == state) {
            world.schedule(later(world.now(), seconds), Task::new(task, place, id));
        }
    }

    /// Ends the state that a resource is in, if that is one which this task ends.
    pub(crate) fn pass(&self, world: &mut World, task: &Task) {
        let Some(was) = world.get(&task.place, &task.id).cloned() else { return };
        let state = was.fact(self.member).unwrap_or_default();
        let ends = |passing: &&Passing| passing.0 == state && passing.1 == task.name;
        match self.passing.iter().find(ends) {
            Some((_, _, Some(next))) => _ = world.set(&task.place, &task.id, self.member, *next),
            Some((_, _, None)) => _ = world.remove(&task.place, &task.id),
            None => return,
        }
        (self.then)(world, task, &was);
    }
}

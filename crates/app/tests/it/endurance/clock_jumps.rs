//! The clock is set, an hour forward or back, while the execution rests. What a step may take is counted by that clock, so the
//! waits of the document may take a day.

use jiff::SignedDuration;
use reeve_app::executions::Worker;

use super::{Outcome, begun, begun_on_postgres, every_case, stages, step_on};
use crate::{die::live_long, world::World};

/// An hour either way, at each rest.
fn jumps_at_every_rest(begun: &World) {
    let expected = Outcome::of(&begun.fork());
    let stages = stages(begun);
    let cases: Vec<_> = stages.iter().flat_map(|stage| [(stage, 1), (stage, -1)]).collect();
    let tried = every_case(|number| {
        let Some((stage, hours)) = cases.get(number - 1) else { return false };
        let world = stage.world.fork_whole();
        world.clock.set(world.clock.now() + SignedDuration::from_hours(*hours));
        live_long(&world, async |app| step_on(app, &Worker::new(app)).await);
        Outcome::after(&stage.earlier, &world).assert_is(&expected, &format!("{hours} h"));
        true
    });
    assert!(tried > 20, "there were only {tried} jumps");
}

#[test]
fn a_clock_that_is_set_changes_nothing() {
    jumps_at_every_rest(&begun(World::new("")));
}

#[test]
fn a_clock_that_is_set_changes_nothing_on_postgres() {
    let Some(begun) = begun_on_postgres() else { return };
    jumps_at_every_rest(&begun);
}

//! Each change goes wrong on its way, one after the other: it does not arrive, its answer is lost, nothing can be read of it,
//! or AWS asks to slow down.

use reeve_twin::{Effect, FaultRule, ServedCall};

use super::{Outcome, begun, begun_on_postgres, every_case};
use crate::world::World;

/// How often the client itself tries.
const TRIES: u64 = 3;

/// What goes wrong, and how often in a row. Where it goes wrong as often as the client tries, the worker has to find out.
const FAULTS: [(Effect, u64); 7] = [
    (Effect::DropBefore, 1),
    (Effect::DropBefore, TRIES),
    (Effect::DropAfter, 1),
    (Effect::DropAfter, TRIES),
    (Effect::MalformedBody, 1),
    (Effect::InternalError, 1),
    (Effect::Throttle, TRIES - 1),
];

/// A change of the undisturbed run: the service, the operation, and which call of it.
fn changes(undisturbed: &World) -> Vec<(String, String, u64)> {
    let calls = undisturbed.changes();
    let same = |one: &ServedCall, other: &ServedCall| {
        one.service == other.service && one.operation == other.operation
    };
    let place = |(at, call): (usize, &ServedCall)| {
        let before = calls.iter().take(at).filter(|earlier| same(earlier, call)).count();
        (call.service.clone(), call.operation.clone(), before as u64)
    };
    calls.iter().enumerate().map(place).collect()
}

fn everything_is_lost_once(begun: &World) {
    let undisturbed = begun.fork();
    let expected = Outcome::of(&undisturbed);
    let changes = changes(&undisturbed);
    assert_eq!(changes.len(), 14);
    let cases: Vec<_> =
        changes.iter().flat_map(|change| FAULTS.iter().map(move |fault| (change, fault))).collect();
    every_case(|number| {
        let Some(((service, operation, before), (effect, times))) = cases.get(number - 1) else {
            return false;
        };
        let world = begun.fork();
        let rule = FaultRule::every_call(effect.clone()).of(service, operation).times(*times);
        world.twin.faults().add(FaultRule { skip: *before, ..rule });
        let why = format!("{service}:{operation} {before}: {effect:?} {times}");
        Outcome::of(&world).assert_is(&expected, &why);
        true
    });
}

#[test]
fn a_change_that_goes_wrong_on_its_way_is_made_once() {
    everything_is_lost_once(&begun(World::new("")));
}

#[test]
fn a_change_that_goes_wrong_on_its_way_is_made_once_on_postgres() {
    let Some(begun) = begun_on_postgres() else { return };
    everything_is_lost_once(&begun);
}

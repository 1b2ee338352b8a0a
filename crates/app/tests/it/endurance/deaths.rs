//! A worker dies at every wait there is, on either side of it, and another one goes on.
//!
//! Between two waits nothing is written, asked for or learned, so these are all the places where a death can make a difference:
//! before and after each transaction of the journal, and each call.

use reeve_app::executions::Worker;

use super::{Outcome, begun, begun_on_postgres, every_case, stages, step_on};
use crate::{
    die::{Moment, live},
    world::World,
};

/// Fewer than these would mean that the document has become a trifle.
const WAITS: usize = 200;

/// Every so many waits are taken, others in each stage; on PostgreSQL fewer, as a look over the network is several waits and each
/// case has a database of its own. All of them are with `REEVE_EXHAUSTIVE=1`, which takes many minutes.
fn stride(usually: usize) -> usize {
    if std::env::var_os("REEVE_EXHAUSTIVE").is_some() { 1 } else { usually }
}

const ON_SQLITE: usize = 4;
const ON_POSTGRES: usize = 20;

/// Each life begins where the execution rests and ends at one of the waits until it rests again; the next goes on to the end.
fn dies_at_every_wait(begun: &World, moment: Moment, stride: usize) {
    let expected = Outcome::of(&begun.fork());
    assert_eq!(expected.status, "Success");
    let mut deaths = 0;
    for (place, stage) in stages(begun).iter().enumerate() {
        deaths += every_case(|number| {
            let waits = (number - 1) * stride + 1 + place % stride;
            let world = stage.world.fork_whole();
            let life = async |app: &_| step_on(app, &Worker::new(app)).await;
            let died = live(&world, (waits, moment), life).is_none();
            let why = format!("died in stage {place} at wait {waits}, {moment:?}");
            Outcome::after(&stage.earlier, &world).assert_is(&expected, &why);
            died
        });
    }
    assert!(deaths * stride > WAITS, "there were only {deaths} waits to die at");
}

#[test]
fn a_worker_that_dies_after_asking_for_something_is_replaced_and_nothing_is_done_twice() {
    dies_at_every_wait(&begun(World::new("")), Moment::Asked, stride(ON_SQLITE));
}

#[test]
fn a_worker_that_dies_before_it_learns_of_an_answer_is_replaced_and_nothing_is_done_twice() {
    dies_at_every_wait(&begun(World::new("")), Moment::Answered, stride(ON_SQLITE));
}

#[test]
fn a_worker_on_postgres_that_dies_after_asking_is_replaced_and_nothing_is_done_twice() {
    let Some(begun) = begun_on_postgres() else { return };
    dies_at_every_wait(&begun, Moment::Asked, stride(ON_POSTGRES));
}

#[test]
fn a_worker_on_postgres_that_dies_before_it_learns_is_replaced_and_nothing_is_done_twice() {
    let Some(begun) = begun_on_postgres() else { return };
    dies_at_every_wait(&begun, Moment::Answered, stride(ON_POSTGRES));
}

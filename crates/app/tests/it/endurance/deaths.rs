//! A worker dies at every wait there is, on either side of it, and another one goes on.
//!
//! Between two waits nothing is written, asked for or learned, so these are all the places where a death can make a difference:
//! before and after each transaction of the journal, and each call.

use super::{Outcome, begun, begun_on_postgres, every_case, see_to_the_end};
use crate::{
    die::{Moment, live},
    world::World,
};

/// Fewer than these would mean that the document has become a trifle.
const WAITS: usize = 200;

fn dies_at_every_wait(begun: &World, moment: Moment) {
    let expected = Outcome::of(&begun.fork());
    assert_eq!(expected.status, "Success");
    let waits = every_case(|waits| {
        let world = begun.fork();
        let died = live(&world, (waits, moment), async |app| see_to_the_end(app).await).is_none();
        assert_eq!(Outcome::of(&world), expected, "died at wait {waits}, {moment:?}");
        died
    });
    assert!(waits > WAITS, "there were only {waits} waits to die at");
}

#[test]
fn a_worker_that_dies_after_asking_for_something_is_replaced_and_nothing_is_done_twice() {
    dies_at_every_wait(&begun(World::new("")), Moment::Asked);
}

#[test]
fn a_worker_that_dies_before_it_learns_of_an_answer_is_replaced_and_nothing_is_done_twice() {
    dies_at_every_wait(&begun(World::new("")), Moment::Answered);
}

#[test]
fn a_worker_on_postgres_that_dies_after_asking_is_replaced_and_nothing_is_done_twice() {
    let Some(begun) = begun_on_postgres() else { return };
    dies_at_every_wait(&begun, Moment::Asked);
}

#[test]
fn a_worker_on_postgres_that_dies_before_it_learns_is_replaced_and_nothing_is_done_twice() {
    let Some(begun) = begun_on_postgres() else { return };
    dies_at_every_wait(&begun, Moment::Answered);
}

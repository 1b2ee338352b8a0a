//! The process dies at every wait of an apply and of an undo, and is started again.
//!
//! Whatever it was waiting for, the estate and the ledger end up as if nothing had happened, and no change is made twice.

use reeve_app::views;
use reeve_care::progress::{Direction, PlanEvent, Step};
use reeve_store::{Entry, Event};
use reeve_twin::ServedCall;
use reeve_types::PlanId;

use crate::{
    die::{Moment, live, live_long},
    world::{
        SILVER, World, ana, approve, assert_ledger_is_intact, detail, perform, phases, propose,
    },
};

#[test]
fn a_process_that_dies_after_asking_for_something_finishes_its_apply() {
    dies_at_every_wait(&approved(1), Direction::Apply, Moment::Asked);
}

#[test]
fn a_process_that_dies_before_it_learns_of_an_answer_finishes_its_apply() {
    dies_at_every_wait(&approved(1), Direction::Apply, Moment::Answered);
}

#[test]
fn a_process_that_dies_amid_several_actions_finishes_its_apply() {
    dies_at_every_wait(&approved(4), Direction::Apply, Moment::Answered);
}

#[test]
fn a_process_that_dies_before_it_learns_of_an_answer_finishes_its_undo() {
    dies_at_every_wait(&undoing(1), Direction::Undo, Moment::Answered);
}

#[test]
fn a_process_that_dies_amid_several_actions_finishes_its_undo() {
    dies_at_every_wait(&undoing(4), Direction::Undo, Moment::Asked);
}

#[test]
fn a_process_that_dies_again_and_again_finishes_its_apply() {
    let start = approved(2);
    let expected = Outcome::of(&start.fork(), Direction::Apply);
    let world = start.fork();
    let mut lives = 1;
    while live(&world, (10 + lives, Moment::Answered), perform).is_none() {
        lives += 1;
    }
    assert!(lives > 3, "{lives}");
    assert_eq!(Outcome::of(&world, Direction::Apply), expected);
}

#[test]
fn a_process_that_dies_while_it_looks_has_proposed_everything_or_nothing() {
    for waits in (1..).step_by(5) {
        let mut world = World::new(SILVER);
        world.settings.scopes_in_flight = 2;
        let died = live(&world, (waits, Moment::Answered), propose).is_none();
        let plan = live_long(&world, async |app| {
            let plan = propose(app).await;
            assert_eq!(phases(app).await, ["proposed"], "died at wait {waits}");
            assert_ledger_is_intact(app).await;
            plan
        });
        assert_eq!(plan.actions, 6);
        if !died {
            assert!(waits > 30, "there were only {waits} waits to die at");
            return;
        }
    }
}

/// What came of it all.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    ends: Vec<String>,
    tags: Vec<(String, String)>,
    changes: Vec<String>,
}

impl Outcome {
    /// Finishes what is unfinished, and looks.
    fn of(world: &World, direction: Direction) -> Self {
        let plan = live_long(world, async |app| {
            perform(app).await;
            assert_ledger_is_intact(app).await;
            let plan = detail(app, "latest").await;
            for action in &plan.items {
                let id: PlanId = plan.summary.id.parse().unwrap();
                let history = app.store.action_history(id, action.number).await.unwrap();
                assert_changes_are_journaled(&world.changes(), action, &history);
            }
            plan
        });
        let end = |action: &views::ActionView| match direction {
            Direction::Apply => format!("{}: {}", action.id, action.apply.step),
            Direction::Undo => format!("{}: {}", action.id, action.undo.step),
        };
        let mut changes: Vec<String> = world.changes().iter().map(shown).collect();
        changes.sort();
        Self {
            ends: plan.items.iter().map(end).collect(),
            tags: world.all_tags().into_iter().collect(),
            changes,
        }
    }
}

/// Dies at the first wait, in a world just like it at the second, and so on, until a life comes to its end.
fn dies_at_every_wait(start: &World, direction: Direction, moment: Moment) {
    let expected = Outcome::of(&start.fork(), direction);
    assert!(expected.ends.iter().all(|end| end.ends_with(": verified")), "{:?}", expected.ends);
    assert_eq!(expected.changes.len(), 12, "{:?}", expected.changes);
    for waits in 1.. {
        let world = start.fork();
        let died = live(&world, (waits, moment), perform).is_none();
        assert_eq!(Outcome::of(&world, direction), expected, "died at wait {waits}");
        if !died {
            assert!(waits > 20, "there were only {waits} waits to die at");
            return;
        }
    }
}

/// A plan of six actions over two accounts, about to be applied.
fn approved(actions_in_flight: usize) -> World {
    let mut world = World::new(SILVER);
    world.settings.actions_in_flight = actions_in_flight;
    live_long(&world, async |app| approve(app, &propose(app).await).await);
    world
}

/// The same plan, applied and about to be undone.
fn undoing(actions_in_flight: usize) -> World {
    let world = approved(actions_in_flight);
    live_long(&world, async |app| {
        perform(app).await;
        app.request_undo(&ana(), "latest", "only trying").await.unwrap();
    });
    world
}

/// The last thing that was recorded about an action before each change of its resource is that it was started, and
/// how it ended comes after all of them.
fn assert_changes_are_journaled(
    changes: &[ServedCall],
    action: &views::ActionView,
    history: &[Entry],
) {
    let step = |entry: &Entry| match &entry.event {
        Event::Plan { event: PlanEvent::Action { step, .. }, .. } => step.clone(),
        _ => Step::Pending,
    };
    let of_action = |call: &&ServedCall| {
        call.account.as_str() == action.account && call.input.contains(&action.id)
    };
    for call in changes.iter().filter(of_action) {
        let before = history.iter().rfind(|entry| entry.at < call.at).map(step);
        assert_eq!(before, Some(Step::Started), "before {call:?}");
        let end = history.iter().rfind(|entry| entry.at > call.at).map(step);
        assert!(end.is_some_and(|step| step.is_final()), "after {call:?}");
    }
}

fn shown(call: &ServedCall) -> String {
    let ServedCall { account, service, operation, input, .. } = call;
    format!("{account} {service}:{operation} {input}")
}

//! What is folded into rows is what a replay of the ledger says.

use proptest::{prelude::*, test_runner::TestRunner};
use reeve_care::progress::{Direction, PlanEvent, Progress, Step};
use reeve_store::{Limit, StoreError};
use tokio::runtime::Runtime;

use crate::kit::{self, Fresh, ana, refusal, undo};

const ACTIONS: u32 = 3;

#[derive(Debug, Clone)]
enum Attempt {
    Approve,
    Refuse,
    RequestApply,
    FinishApply,
    RequestUndo,
    FinishUndo,
    Step(Direction, u32, Step),
}

fn attempts() -> impl Strategy<Value = Vec<(Attempt, bool)>> {
    let step = prop_oneof![
        Just(Step::Pending),
        Just(Step::Started),
        Just(Step::Performed),
        Just(Step::Verified),
        "[a-z]{1,5}".prop_map(Step::Refused),
        "[a-z]{1,5}".prop_map(Step::Failed),
    ];
    let direction = prop_oneof![3 => Just(Direction::Apply), 1 => Just(Direction::Undo)];
    let attempt = prop_oneof![
        1 => Just(Attempt::Approve),
        1 => Just(Attempt::Refuse),
        4 => Just(Attempt::RequestApply),
        3 => Just(Attempt::FinishApply),
        3 => Just(Attempt::RequestUndo),
        2 => Just(Attempt::FinishUndo),
        24 => (direction, 0..=ACTIONS + 1, step)
            .prop_map(|(direction, number, step)| Attempt::Step(direction, number, step)),
    ];
    // The flag says whether the attempt is sent together with the one before.
    proptest::collection::vec((attempt, any::<bool>()), 1..60)
}

#[test]
fn rows_say_what_a_replay_says_whatever_was_attempted() {
    let runtime = Runtime::new().unwrap();
    check_many(&runtime, &runtime.block_on(kit::sqlite()));
}

#[test]
fn rows_on_postgres_say_what_a_replay_says_whatever_was_attempted() {
    let runtime = Runtime::new().unwrap();
    if let Some(fresh) = runtime.block_on(kit::postgres()) {
        check_many(&runtime, &fresh);
    }
}

fn check_many(runtime: &Runtime, fresh: &Fresh) {
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    let outcome = TestRunner::new(config).run(&attempts(), |attempts| {
        runtime.block_on(check(fresh, attempts));
        Ok(())
    });
    outcome.unwrap();
}

async fn check(fresh: &Fresh, attempts: Vec<(Attempt, bool)>) {
    let plan = fresh.proposed(ACTIONS).await;
    let events = attempts.into_iter().map(|(attempt, joined)| {
        let event = match attempt {
            Attempt::Approve => kit::approval(&plan),
            Attempt::Refuse => refusal(),
            Attempt::RequestApply => PlanEvent::ApplyRequested,
            Attempt::FinishApply => PlanEvent::ApplyFinished,
            Attempt::RequestUndo => undo(),
            Attempt::FinishUndo => PlanEvent::UndoFinished,
            Attempt::Step(direction, number, step) => PlanEvent::Action { direction, number, step },
        };
        (event, joined)
    });
    let mut requests: Vec<Vec<PlanEvent>> = vec![vec![kit::approval(&plan)]];
    for (event, joined) in events {
        match requests.last_mut() {
            Some(last) if joined => last.push(event),
            _ => requests.push(vec![event]),
        }
    }
    let mut expected = Progress::new(plan.actions.len());
    for request in requests {
        let mut attempt = expected.clone();
        let possible = request.iter().all(|event| attempt.record(event).is_ok());
        let entries = request.iter().map(|event| ana(plan.id, event.clone())).collect();
        let outcome = fresh.store.append(entries).await;
        match outcome {
            Ok(_) => assert!(possible, "{request:?} was accepted"),
            Err(StoreError::Conflict { .. }) => assert!(!possible, "{request:?} was refused"),
            Err(error) => panic!("{error}"),
        }
        if possible {
            expected = attempt;
        }
    }
    assert_eq!(fresh.store.progress(plan.id).await.unwrap(), expected, "the replay");
    let page = fresh.store.plan_page(plan.id, 0, Limit::default()).await.unwrap();
    let rows: Vec<_> = page.items.into_iter().map(|planned| planned.progress).collect();
    assert_eq!(rows, expected.actions, "the rows");
    let summary = fresh.store.plan_summary(plan.id).await.unwrap();
    assert_eq!(summary.phase, expected.phase);
    assert_eq!(summary.tally, expected.tally(Direction::Apply));
    if let Some(tally) = summary.undo_tally {
        assert_eq!(tally, expected.tally(Direction::Undo));
    }
}

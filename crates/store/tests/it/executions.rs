//! Executions of runbooks: who has them, what is written of them, what they are told.

use jiff::{SignedDuration, Timestamp};
use reeve_store::{
    Along, Event, ExecutionFilter, Heeded, Leased, Limit, Move, NewEntry, NewExecution, NewRecord,
    NewUndo, Pulse, RunbookAttachment, RunbookDocument, Standing, StoreError,
};
use reeve_types::{Actor, ExecutionId};

use crate::kit::{ACCOUNT, Fresh};

const LEASE: SignedDuration = SignedDuration::from_secs(10);

fn standing(state: &str, due_at: Option<Timestamp>) -> Standing {
    Standing {
        state: state.to_owned(),
        status: "InProgress".to_owned(),
        step: Some("first".to_owned()),
        due_at,
        has_ended: false,
        records: vec![NewRecord { kind: "note".to_owned(), data: format!("\"{state}\"") }],
    }
}

/// An execution that is due at once.
pub(crate) async fn begun(fresh: &Fresh) -> ExecutionId {
    let execution = new_execution(fresh, None);
    let id = execution.id;
    fresh.store.begin_execution(execution, Vec::new()).await.unwrap();
    id
}

fn new_execution(fresh: &Fresh, parent: Option<ExecutionId>) -> NewExecution {
    let now = fresh.tick();
    NewExecution {
        id: ExecutionId::from_uuid(fresh.ids.uuid(now)),
        runbook: "Reeve-Test".to_owned(),
        document: RunbookDocument {
            digest: "ab".repeat(32),
            format: "yaml".to_owned(),
            text: "schemaVersion: '0.3'".to_owned(),
        },
        account: ACCOUNT.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parent,
        started_by: Actor::Person("ana".to_owned()),
        reason: "a test".to_owned(),
        standing: standing("begun", Some(now)),
    }
}

async fn claimed(fresh: &Fresh, worker: &str) -> Vec<Leased> {
    fresh.store.claim_executions(worker, LEASE, 10).await.unwrap()
}

fn moved(leased: &Leased, worker: &str, standing: Standing) -> Move {
    Move {
        id: leased.id,
        worker: worker.to_owned(),
        seen: leased.records,
        standing,
        taken: None,
        release: true,
        entries: Vec::new(),
    }
}

pub(crate) async fn an_execution_is_had_by_one_worker_at_a_time(fresh: Fresh) {
    let id = begun(&fresh).await;
    let first = claimed(&fresh, "one").await;
    assert_eq!(first.iter().map(|leased| leased.id).collect::<Vec<_>>(), [id]);
    assert_eq!(first[0].state, "begun");
    assert!(claimed(&fresh, "two").await.is_empty());
}

pub(crate) async fn a_worker_that_dies_loses_what_it_had_and_can_write_no_more(fresh: Fresh) {
    begun(&fresh).await;
    let first = claimed(&fresh, "one").await.remove(0);
    fresh.clock.set(fresh.clock.now() + LEASE + SignedDuration::from_secs(1));
    let second = claimed(&fresh, "two").await.remove(0);
    assert_eq!(second.records, first.records);
    let late = fresh.store.move_execution(moved(&first, "one", standing("late", None))).await;
    assert!(matches!(late, Err(StoreError::NotLeased { .. })), "{late:?}");
    fresh.store.move_execution(moved(&second, "two", standing("on", None))).await.unwrap();
    assert_eq!(fresh.store.execution_state(first.id).await.unwrap(), "on");
}

pub(crate) async fn a_worker_that_renews_its_leases_keeps_them(fresh: Fresh) {
    begun(&fresh).await;
    claimed(&fresh, "one").await;
    fresh.clock.set(fresh.clock.now() + SignedDuration::from_secs(8));
    fresh.store.renew_leases("one", LEASE).await.unwrap();
    fresh.clock.set(fresh.clock.now() + SignedDuration::from_secs(8));
    assert!(claimed(&fresh, "two").await.is_empty());
}

pub(crate) async fn what_was_recorded_once_is_not_recorded_again(fresh: Fresh) {
    let id = begun(&fresh).await;
    let leased = claimed(&fresh, "one").await.remove(0);
    let keep =
        |state: &str| Move { release: false, ..moved(&leased, "one", standing(state, None)) };
    fresh.store.move_execution(keep("second")).await.unwrap();
    let again = fresh.store.move_execution(keep("again")).await;
    assert!(matches!(again, Err(StoreError::NotLeased { .. })), "{again:?}");
    let records = fresh.store.execution_records(id, 0, Limit::default()).await.unwrap();
    let found: Vec<(u64, &str)> =
        records.items.iter().map(|record| (record.number, record.data.as_str())).collect();
    assert_eq!(found, [(1, "\"begun\""), (2, "\"second\"")]);
}

pub(crate) async fn an_execution_that_waits_is_due_when_it_says(fresh: Fresh) {
    begun(&fresh).await;
    let leased = claimed(&fresh, "one").await.remove(0);
    let later = fresh.clock.now() + SignedDuration::from_hours(1);
    let waits = moved(&leased, "one", standing("waits", Some(later)));
    fresh.store.move_execution(waits).await.unwrap();
    assert!(claimed(&fresh, "one").await.is_empty());
    assert_eq!(fresh.store.next_due().await.unwrap(), Some(later));
    fresh.clock.set(later);
    assert_eq!(claimed(&fresh, "two").await.len(), 1);
}

pub(crate) async fn what_an_execution_is_told_wakes_it_and_is_taken_once(fresh: Fresh) {
    let id = begun(&fresh).await;
    let leased = claimed(&fresh, "one").await.remove(0);
    fresh.store.tell_execution(id, "\"yes\"".to_owned(), Vec::new()).await.unwrap();
    // The worker did not see what was said, and gives the execution back to wait for ever.
    fresh.store.move_execution(moved(&leased, "one", standing("waits", None))).await.unwrap();
    let leased = claimed(&fresh, "two").await.remove(0);
    let told = fresh.store.told(id).await.unwrap();
    assert_eq!(told, [(1, "\"yes\"".to_owned())]);
    let taken = Move { taken: Some(1), ..moved(&leased, "two", standing("told", None)) };
    fresh.store.move_execution(taken).await.unwrap();
    assert!(fresh.store.told(id).await.unwrap().is_empty());
    assert!(claimed(&fresh, "one").await.is_empty());
}

pub(crate) async fn an_execution_that_has_ended_is_never_due_and_hears_nothing(fresh: Fresh) {
    let id = begun(&fresh).await;
    let leased = claimed(&fresh, "one").await.remove(0);
    let now = fresh.clock.now();
    let over = Standing {
        has_ended: true,
        status: "Success".to_owned(),
        step: None,
        ..standing("over", Some(now))
    };
    fresh.store.move_execution(moved(&leased, "one", over)).await.unwrap();
    let told = fresh.store.tell_execution(id, "\"no\"".to_owned(), Vec::new()).await;
    assert!(matches!(told, Err(StoreError::ExecutionOver { .. })), "{told:?}");
    assert!(claimed(&fresh, "one").await.is_empty());
    let summary = fresh.store.execution(id).await.unwrap();
    assert_eq!((summary.status.as_str(), summary.ended_at), ("Success", Some(now)));
}

pub(crate) async fn executions_are_listed_newest_first_and_found_by_the_end_of_their_id(
    fresh: Fresh,
) {
    let (first, second) = (begun(&fresh).await, begun(&fresh).await);
    let filter = ExecutionFilter::default();
    let page = fresh.store.executions(&filter, None, Limit::new(1)).await.unwrap();
    assert_eq!(page.items.iter().map(|item| item.id).collect::<Vec<_>>(), [second]);
    let page = fresh.store.executions(&filter, page.next, Limit::new(1)).await.unwrap();
    assert_eq!((page.items[0].id, page.next), (first, None));
    let none = ExecutionFilter { status: Some("Failed".to_owned()), ..filter };
    assert!(fresh.store.executions(&none, None, Limit::default()).await.unwrap().items.is_empty());
    let text = first.to_string();
    let (_, end) = text.split_at(text.len() - 6);
    assert_eq!(fresh.store.find_execution(end).await.unwrap(), first);
    assert_eq!(fresh.store.find_execution(&end.to_ascii_uppercase()).await.unwrap(), first);
    assert_eq!(fresh.store.find_execution("latest").await.unwrap(), second);
    for wrong in ["", "zzzzzz", "%"] {
        assert!(fresh.store.find_execution(wrong).await.is_err(), "{wrong}");
    }
    let document = fresh.store.runbook_document(&"ab".repeat(32)).await.unwrap();
    assert_eq!(document.text, "schemaVersion: '0.3'");
}

pub(crate) async fn of_many_that_move_at_once_one_that_may_not_takes_no_other_down(fresh: Fresh) {
    for _ in 0..8 {
        begun(&fresh).await;
    }
    let leased = claimed(&fresh, "one").await;
    let moves = leased.iter().enumerate().map(|(place, leased)| {
        let worker = if place == 3 { "two" } else { "one" };
        fresh.store.move_execution(moved(leased, worker, standing("moved", None)))
    });
    let outcomes = futures_util::future::join_all(moves).await;
    let refused: Vec<usize> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| outcome.is_err())
        .map(|(place, _)| place)
        .collect();
    assert_eq!(refused, [3]);
}

pub(crate) async fn a_file_of_a_runbook_is_kept_once_and_byte_by_byte(fresh: Fresh) {
    let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let attachment = RunbookAttachment { digest: "cd".repeat(32), content: content.clone() };
    for _ in 0..2 {
        fresh.store.keep_attachment(attachment.clone()).await.unwrap();
    }
    assert_eq!(fresh.store.attachment(&"cd".repeat(32)).await.unwrap(), Some(content));
    assert_eq!(fresh.store.attachment(&"ef".repeat(32)).await.unwrap(), None);
}

pub(crate) async fn what_one_execution_does_to_others_is_written_with_its_move_or_not_at_all(
    fresh: Fresh,
) {
    let parent = begun(&fresh).await;
    let leased = claimed(&fresh, "one").await.remove(0);
    let along = |child: &NewExecution| Along {
        begins: vec![(child.clone(), Vec::new())],
        tells: Vec::new(),
    };
    let child = new_execution(&fresh, Some(parent));
    let stranger = moved(&leased, "two", standing("late", None));
    let late = fresh.store.move_execution_along(stranger, along(&child)).await;
    assert!(matches!(late, Err(StoreError::NotLeased { .. })), "{late:?}");
    assert!(fresh.store.execution(child.id).await.is_err());
    let rests = moved(&leased, "one", standing("waits", None));
    fresh.store.move_execution_along(rests, along(&child)).await.unwrap();
    let children = fresh.store.children(parent, None, Limit::default()).await.unwrap().items;
    assert_eq!(children.iter().map(|child| child.id).collect::<Vec<_>>(), [child.id]);
    assert_eq!(fresh.store.find_execution("latest").await.unwrap(), parent);

    let leased = claimed(&fresh, "one").await.remove(0);
    assert_eq!(leased.id, child.id);
    let ended = Standing { has_ended: true, ..standing("ended", None) };
    // The one that has ended is told nothing, and nobody minds.
    let tells = vec![(parent, "\"it ended\"".to_owned()), (child.id, "\"you ended\"".to_owned())];
    let along = Along { begins: Vec::new(), tells };
    fresh.store.move_execution_along(moved(&leased, "one", ended), along).await.unwrap();
    let woken = claimed(&fresh, "one").await.remove(0);
    assert_eq!(woken.id, parent);
    assert_eq!(fresh.store.told(parent).await.unwrap(), [(1, "\"it ended\"".to_owned())]);
    assert!(fresh.store.told(child.id).await.unwrap().is_empty());
}

/// Begins an execution that takes others back.
async fn undone(
    fresh: &Fresh,
    execution: ExecutionId,
    within: &[ExecutionId],
) -> Result<ExecutionId, StoreError> {
    let beginning = new_execution(fresh, None);
    let id = beginning.id;
    let undo = NewUndo { execution, within: within.to_vec(), plan: "{}".to_owned() };
    fresh.store.begin_undo(beginning, undo, Vec::new()).await.map(|()| id)
}

/// Ends whatever is due.
async fn end(fresh: &Fresh, status: &str) {
    for leased in claimed(fresh, "one").await {
        let over =
            Standing { has_ended: true, status: status.to_owned(), ..standing("over", None) };
        fresh.store.move_execution(moved(&leased, "one", over)).await.unwrap();
    }
}

pub(crate) async fn an_execution_is_taken_back_once_unless_the_undo_failed(fresh: Fresh) {
    let (parent, child) = (begun(&fresh).await, begun(&fresh).await);
    end(&fresh, "Success").await;
    let refused = |result: Result<ExecutionId, StoreError>| match result {
        Err(StoreError::AlreadyUndone { execution, undo }) => (execution, undo),
        other => panic!("{other:?}"),
    };
    let first = undone(&fresh, parent, &[child]).await.unwrap();
    assert_eq!(refused(undone(&fresh, parent, &[]).await), (parent, first));
    assert_eq!(refused(undone(&fresh, child, &[]).await), (child, first));
    end(&fresh, "Failed").await;
    let second = undone(&fresh, child, &[]).await.unwrap();
    end(&fresh, "Success").await;
    assert_eq!(refused(undone(&fresh, parent, &[child]).await), (child, second));
    // Nothing is left of what was refused.
    assert_eq!(fresh.store.undos_of(parent).await.unwrap().len(), 1);
    let third = undone(&fresh, parent, &[]).await.unwrap();
    assert_eq!(fresh.store.undone_by(third).await.unwrap(), Some((parent, "{}".to_owned())));
    assert_eq!(fresh.store.undone_by(parent).await.unwrap(), None);
    let undos = fresh.store.undos_of(parent).await.unwrap();
    assert_eq!(undos.iter().map(|undo| undo.undo).collect::<Vec<_>>(), [first, third]);
    assert_eq!(
        undos.iter().map(reeve_store::UndoSummary::holds).collect::<Vec<_>>(),
        [false, true]
    );
}

pub(crate) async fn whoever_watches_learns_how_far_executions_have_come(fresh: Fresh) {
    let watched = fresh.store.executions_moved();
    let (first, second) = (begun(&fresh).await, begun(&fresh).await);
    assert!(watched.has_changed().unwrap());
    let pulse = |records, has_ended| Pulse { records, has_ended };
    let ids = [first, second, ExecutionId::from_uuid(fresh.ids.uuid(fresh.tick()))];
    let mut pulses = fresh.store.execution_pulses(&ids).await.unwrap();
    pulses.sort();
    assert_eq!(pulses, [(first, pulse(1, false)), (second, pulse(1, false))]);
    let leased = claimed(&fresh, "one").await.remove(0);
    let ended = Standing { has_ended: true, ..standing("ended", None) };
    fresh.store.move_execution(moved(&leased, "one", ended)).await.unwrap();
    let pulses = fresh.store.execution_pulses(&[leased.id]).await.unwrap();
    assert_eq!(pulses, [(leased.id, pulse(2, true))]);
    assert!(fresh.store.execution_pulses(&[]).await.unwrap().is_empty());
}

pub(crate) async fn many_workers_heed_what_each_execution_was_told_and_that_changes_are_suspended(
    fresh: Fresh,
) {
    let mut executions = Vec::new();
    for _ in 0..5 {
        executions.push(begun(&fresh).await);
    }
    for word in ["one", "two"] {
        fresh.store.tell_execution(executions[1], word.to_owned(), Vec::new()).await.unwrap();
    }
    let heeded = async || {
        // The same one twice: a worker that had it before looks as well.
        let looks = executions.iter().chain(&executions[1..2]);
        let looks = looks.map(|execution| fresh.store.heeded(*execution));
        futures_util::future::try_join_all(looks).await.unwrap()
    };
    let told = |heeded: &[Heeded]| heeded.iter().map(|it| it.told.len()).collect::<Vec<_>>();
    let free = heeded().await;
    assert_eq!(told(&free), [0, 2, 0, 0, 0, 2]);
    assert_eq!(free[1].told, [(1, "one".to_owned()), (2, "two".to_owned())]);
    assert!(free.iter().all(|it| !it.is_suspended));
    let suspended = Event::Suspended { reason: "a freeze".to_owned() };
    fresh.store.append(vec![NewEntry::new(Actor::Reeve, suspended)]).await.unwrap();
    let held = heeded().await;
    assert_eq!(told(&held), [0, 2, 0, 0, 0, 2]);
    assert!(held.iter().all(|it| it.is_suspended));
    fresh.store.append(vec![NewEntry::new(Actor::Reeve, Event::Resumed)]).await.unwrap();
    assert!(heeded().await.iter().all(|it| !it.is_suspended));
}

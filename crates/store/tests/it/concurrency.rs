//! Many at once: tasks of one process, and stores on one database as of several processes.

use futures_util::future::join_all;
use reeve_care::progress::{Phase, PlanEvent, Step};
use reeve_store::{LedgerFilter, Limit, StoreError, verify_ledger};
use reeve_types::Actor;

use crate::kit::{Fresh, Tampering, ana, approval, refusal, step, suspended};

pub(crate) async fn two_hundred_appends_at_once_keep_the_chain(fresh: Fresh) {
    let appends = (0..200).map(|number| {
        let store = fresh.store.clone();
        tokio::spawn(async move {
            store.append(vec![suspended(&format!("reason {number}")), suspended("again")]).await
        })
    });
    let mut places = Vec::new();
    for appended in join_all(appends).await {
        let sequences = appended.unwrap().unwrap();
        assert_eq!(sequences.len(), 2);
        assert_eq!(sequences[0] + 1, sequences[1], "entries of one request stay together");
        places.extend(sequences);
    }
    places.sort_unstable();
    assert_eq!(places, (1..=400).collect::<Vec<u64>>());
    let verification = fresh.store.verify().await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 400);
}

pub(crate) async fn several_stores_append_at_once_and_the_chain_stays_whole(fresh: Fresh) {
    let stores = [fresh.store.clone(), fresh.another().await, fresh.another().await];
    let appends = stores.iter().enumerate().flat_map(|(writer, store)| {
        (0..40).map(move |number| {
            let (store, reason) = (store.clone(), format!("{writer}:{number}"));
            tokio::spawn(async move {
                let places = store.append(vec![suspended(&reason), suspended("again")]).await;
                (places.unwrap(), reason)
            })
        })
    });
    let mut seen: Vec<(Vec<u64>, String)> = Vec::new();
    for appended in join_all(appends).await {
        seen.push(appended.unwrap());
    }
    seen.sort();
    let places: Vec<u64> = seen.iter().flat_map(|(places, _)| places.iter().copied()).collect();
    assert_eq!(places, (1..=240).collect::<Vec<u64>>());
    let verification = verify_ledger(&fresh.location).await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 240);
    let page = fresh.store.ledger(&LedgerFilter::default(), None, Limit::new(240)).await.unwrap();
    for (places, reason) in seen {
        let index = usize::try_from(240 - places[0]).unwrap();
        assert!(page.items[index].summary().ends_with(&reason), "each is where it was told");
    }
}

pub(crate) async fn of_two_stores_that_answer_the_same_plan_exactly_one_wins(fresh: Fresh) {
    let other = fresh.another().await;
    for _ in 0..20 {
        let plan = fresh.proposed(2).await;
        let approve = fresh.store.append(vec![ana(plan.id, approval(&plan))]);
        let refuse = other.append(vec![ana(plan.id, PlanEvent::Superseded { by: None })]);
        let (approved, refused) = tokio::join!(approve, refuse);
        // Superseding an approved plan is possible; approving a superseded one is not.
        let history = fresh.store.history(plan.id).await.unwrap();
        assert!(refused.is_ok());
        assert_eq!(approved.is_ok(), history.len() == 3, "{approved:?}");

        let plan = fresh.proposed(2).await;
        let twice =
            [&fresh.store, &other].map(|store| store.append(vec![ana(plan.id, approval(&plan))]));
        let outcomes = join_all(twice).await;
        let conflicts = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(StoreError::Conflict { .. })))
            .count();
        assert_eq!(conflicts, 1, "{outcomes:?}");
        assert_eq!(fresh.store.history(plan.id).await.unwrap().len(), 2);
    }
    assert!(other.verify().await.unwrap().is_intact());
}

pub(crate) async fn an_append_that_cannot_be_takes_no_other_down_with_it(fresh: Fresh) {
    let plan = fresh.applying(50).await;
    let appends = (1..=50).map(|number| {
        let store = fresh.store.clone();
        // Every fifth answers a plan that is past answering.
        let event = if number % 5 == 0 { refusal() } else { step(number, Step::Started) };
        tokio::spawn(async move { store.append(vec![ana(plan.id, event)]).await.is_ok() })
    });
    let accepted = join_all(appends).await.into_iter().filter(|ok| *ok.as_ref().unwrap()).count();
    assert_eq!(accepted, 40);
    let page = fresh.store.ledger(&LedgerFilter::default(), None, Limit::new(1)).await.unwrap();
    assert_eq!(page.items[0].sequence, 3 + 40);
    assert!(fresh.store.verify().await.unwrap().is_intact());
}

pub(crate) async fn two_stores_propose_at_once_and_one_plan_waits(fresh: Fresh) {
    let other = fresh.another().await;
    let (left, right) = (fresh.plan(3), fresh.plan(3));
    let (first, second) = tokio::join!(
        fresh.store.propose(&left, &Actor::Reeve),
        other.propose(&right, &Actor::Reeve)
    );
    assert_eq!(first.unwrap().id(), second.unwrap().id());
    assert!(other.verify().await.unwrap().is_intact());
}

pub(crate) async fn of_an_approval_and_a_supersession_at_once_one_wins_and_none_fails(
    fresh: Fresh,
) {
    let other = fresh.another().await;
    for _ in 0..20 {
        let plan = fresh.proposed(1).await;
        let approve = fresh.store.append(vec![ana(plan.id, approval(&plan))]);
        let supersede = other.supersede_waiting(&plan.controller, &plan.start, &Actor::Reeve);
        let (approved, superseded) = tokio::join!(approve, supersede);
        let phase = fresh.store.plan_summary(plan.id).await.unwrap().phase;
        match superseded.unwrap().as_slice() {
            [] => assert_eq!((approved.is_ok(), phase), (true, Phase::Approved)),
            [id] => assert_eq!((*id, approved.is_ok(), phase), (plan.id, false, Phase::Superseded)),
            more => panic!("{more:?}"),
        }
        assert_eq!(fresh.store.history(plan.id).await.unwrap().len(), 2);
    }
    assert!(other.verify().await.unwrap().is_intact());
}

pub(crate) async fn a_ledger_is_intact_while_others_append_to_it(fresh: Fresh) {
    let store = fresh.store.clone();
    let appends = tokio::spawn(async move {
        for number in 0..400 {
            store.append(vec![suspended(&format!("reason {number}"))]).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    while !appends.is_finished() {
        let verification = verify_ledger(&fresh.location).await.unwrap();
        assert!(verification.is_intact(), "{verification:?}");
        seen.push(verification.entries);
        // Its end is looked at when a store is opened, too.
        fresh.another().await.close().await;
    }
    appends.await.unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(verify_ledger(&fresh.location).await.unwrap().entries, 400);
}

pub(crate) async fn a_store_opens_while_another_process_writes(fresh: Fresh) {
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    let mut writer = fresh.raw().await;
    let take_lock = fresh.words(Tampering::TakeWriteLock);
    sqlx::raw_sql(take_lock).execute(&mut writer).await.unwrap();
    let other = fresh.another().await;
    assert!(other.suspension().await.unwrap().is_some());
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    other.append(vec![suspended("more")]).await.unwrap();
}

pub(crate) async fn only_one_holds_the_engine_lock(fresh: Fresh) {
    let other = fresh.another().await;
    let lock = fresh.store.try_engine_lock().await.unwrap();
    assert!(lock.is_some());
    assert!(other.try_engine_lock().await.unwrap().is_none());
    assert!(fresh.store.try_engine_lock().await.unwrap().is_none());
    drop(lock);
    assert!(other.try_engine_lock().await.unwrap().is_some());
}

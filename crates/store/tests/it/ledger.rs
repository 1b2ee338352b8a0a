//! The ledger: appending and reading.

use reeve_care::progress::Step;
use reeve_store::{Event, LedgerFilter, Limit, NewEntry, RunFinished, Store, StoreError};
use reeve_types::Actor;

use crate::kit::{ACCOUNT, Fresh, OTHER_ACCOUNT, ana, step, suspended};

fn all() -> LedgerFilter {
    LedgerFilter::default()
}

async fn sequences(store: &Store, filter: &LedgerFilter) -> Vec<u64> {
    let page = store.ledger(filter, None, Limit::default()).await.unwrap();
    page.items.iter().map(|entry| entry.sequence).collect()
}

pub(crate) async fn entries_are_numbered_from_one_and_read_back_as_they_were_appended(
    fresh: Fresh,
) {
    let new = suspended("a storm").within(ACCOUNT.parse().unwrap(), "eu-west-1".parse().unwrap());
    let places = fresh.store.append(vec![new.clone(), suspended("still")]).await.unwrap();
    assert_eq!(places, [1, 2]);
    let page = fresh.store.ledger(&all(), None, Limit::default()).await.unwrap();
    let first = &page.items[1];
    assert_eq!((first.sequence, first.at), (1, fresh.clock.now()));
    assert_eq!((&first.actor, &first.event), (&new.actor, &new.event));
    assert_eq!((&first.account, &first.region), (&new.account, &new.region));
    assert_eq!(first.kind(), "estate.suspended");
    assert_eq!(first.summary(), "every change was suspended: a storm (in 111122223333 eu-west-1)");
    assert_eq!(first.data, r#"{"version":"1","kind":"estate.suspended","reason":"a storm"}"#);
    assert_eq!(first.hash.len(), 64);
    assert_eq!(page.items.len(), 2);
}

pub(crate) async fn a_page_of_the_ledger_is_newest_first_and_says_where_the_next_begins(
    fresh: Fresh,
) {
    for number in 1..=5 {
        fresh.store.append(vec![suspended(&number.to_string())]).await.unwrap();
    }
    let first = fresh.store.ledger(&all(), None, Limit::new(2)).await.unwrap();
    let places: Vec<u64> = first.items.iter().map(|entry| entry.sequence).collect();
    assert_eq!((places, first.next), (vec![5, 4], Some(4)));
    let last = fresh.store.ledger(&all(), Some(2), Limit::new(2)).await.unwrap();
    assert_eq!((last.items.len(), last.next), (1, None));
}

pub(crate) async fn the_ledger_is_filtered_by_plan_kind_and_account(fresh: Fresh) {
    let plan = fresh.applying(2).await;
    let here = ana(plan.id, step(1, Step::Started))
        .within(ACCOUNT.parse().unwrap(), "eu-west-1".parse().unwrap());
    fresh.store.append(vec![here, suspended("a storm")]).await.unwrap();
    let (of_plan, of_account) = (
        LedgerFilter { plan: Some(plan.id), ..all() },
        LedgerFilter { account: Some(ACCOUNT.parse().unwrap()), ..all() },
    );
    let kind = |kind: &str| LedgerFilter { kind: Some(kind.to_owned()), ..all() };
    assert_eq!(sequences(&fresh.store, &of_plan).await, [4, 3, 2, 1]);
    assert_eq!(sequences(&fresh.store, &of_account).await, [4]);
    assert_eq!(sequences(&fresh.store, &kind("plan.approved")).await, [2]);
    assert_eq!(sequences(&fresh.store, &kind("plan")).await, [4, 3, 2, 1]);
    assert_eq!(sequences(&fresh.store, &kind("plan.action")).await, [4]);
    assert_eq!(sequences(&fresh.store, &kind("pla")).await, [0; 0]);
    assert_eq!(sequences(&fresh.store, &kind("Plan.Action")).await, [4]);
    assert_eq!(sequences(&fresh.store, &kind("pl_n")).await, [0; 0]);
    let narrow = LedgerFilter { kind: Some("plan.action.started".to_owned()), ..of_plan };
    assert_eq!(sequences(&fresh.store, &narrow).await, [4]);
    let elsewhere = LedgerFilter { account: Some(OTHER_ACCOUNT.parse().unwrap()), ..narrow };
    assert_eq!(sequences(&fresh.store, &elsewhere).await, [0; 0]);
}

pub(crate) async fn the_last_word_decides_whether_changes_are_suspended(fresh: Fresh) {
    assert_eq!(fresh.store.suspension().await.unwrap(), None);
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    let suspension = fresh.store.suspension().await.unwrap().unwrap();
    assert_eq!(suspension.reason, "a storm");
    assert_eq!(suspension.by, Actor::Person("ana".to_owned()));
    assert_eq!(suspension.at, fresh.clock.now());
    fresh.store.append(vec![NewEntry::new(Actor::Reeve, Event::Resumed)]).await.unwrap();
    assert_eq!(fresh.store.suspension().await.unwrap(), None);
    fresh.store.append(vec![suspended("another")]).await.unwrap();
    assert_eq!(fresh.store.suspension().await.unwrap().unwrap().reason, "another");
}

pub(crate) async fn the_latest_entry_of_a_kind_is_found(fresh: Fresh) {
    assert_eq!(fresh.store.latest("run.finished").await.unwrap(), None);
    let mut finished = RunFinished {
        run: fresh.run_id(),
        controller: "resource-tagger".to_owned(),
        resources: 120,
        failing: 3,
        scopes: 14,
        unknown_scopes: 1,
        milliseconds: 2_500,
        profile_digest: "0123456789abcdef".to_owned(),
        plan: None,
        alerts: vec!["more resources are unmanaged".to_owned()],
    };
    for resources in [120, 121] {
        finished.resources = resources;
        let event = Event::RunFinished(finished.clone());
        fresh.store.append(vec![NewEntry::new(Actor::Reeve, event)]).await.unwrap();
    }
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    let latest = fresh.store.latest("run.finished").await.unwrap().unwrap();
    assert_eq!(latest.event, Event::RunFinished(finished));
}

pub(crate) async fn appending_nothing_writes_nothing(fresh: Fresh) {
    assert_eq!(fresh.store.append(Vec::new()).await.unwrap(), [0; 0]);
    assert_eq!(fresh.store.verify().await.unwrap().entries, 0);
}

pub(crate) async fn a_closed_store_refuses_and_its_entries_are_there_after_opening_again(
    fresh: Fresh,
) {
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    fresh.store.close().await;
    let refused = fresh.store.append(vec![suspended("more")]).await;
    assert!(matches!(refused, Err(StoreError::Closed)), "{refused:?}");
    fresh.store.close().await;
    assert_eq!(fresh.another().await.verify().await.unwrap().entries, 1);
}

//! What the committer does when the disk is full.

use std::sync::atomic::Ordering;

use reeve_time::Clock;
use reeve_types::Actor;
use tempfile::TempDir;

use super::*;
use crate::{
    connection::Access,
    entry::{Event, NewEntry},
};

fn entry(letters: usize) -> NewEntry {
    NewEntry::new(Actor::Reeve, Event::Suspended { reason: "x".repeat(letters) })
}

fn append(letters: usize) -> (Request, oneshot::Receiver<Result<Outcome, StoreError>>) {
    let (reply, answer) = oneshot::channel();
    let entries = vec![PreparedEntry::new(entry(letters)).unwrap()];
    (Request { work: Work::Append(entries), reply }, answer)
}

/// A committer on a fresh database that may grow by `pages` pages, with nobody but the test to feed it.
async fn cramped(folder: &TempDir, pages: u32) -> Committer {
    let clock = Clock::system();
    Store::open(folder.path(), clock.clone()).await.unwrap().close().await;
    let database = Database::new(folder.path().into());
    let mut reader = database.reader(Access::Read).await.unwrap();
    let used: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut reader).await.unwrap();
    database.page_limit.store(u32::try_from(used).unwrap() + pages, Ordering::SeqCst);
    let (_, requests) = mpsc::channel(1);
    Committer { database, connection: None, mark: Mark::new(&clock), clock, requests }
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let mut committer = cramped(&folder, 8).await;
    let (requests, answers): (Vec<_>, Vec<_>) =
        [100, 1_000_000, 100, 1_000_000, 100].map(append).into_iter().unzip();
    committer.commit(requests).await;
    let mut places = Vec::new();
    for answer in answers {
        match answer.await.unwrap() {
            Ok(outcome) => places.extend(outcome.sequences),
            Err(error) => {
                assert!(matches!(error, StoreError::DiskFull), "{error:?}");
                assert!(error.retryable());
                places.push(0);
            }
        }
    }
    assert_eq!(places, [1, 0, 2, 0, 3]);
}

#[tokio::test]
async fn a_store_goes_on_by_itself_once_there_is_space_again() {
    let folder = TempDir::new().unwrap();
    let mut committer = cramped(&folder, 4).await;
    for _ in 0..3 {
        let (request, answer) = append(1_000_000);
        committer.commit(vec![request]).await;
        assert!(matches!(answer.await.unwrap(), Err(StoreError::DiskFull)));
    }
    committer.database.page_limit.store(0, Ordering::SeqCst);
    let (request, answer) = append(1_000_000);
    committer.commit(vec![request]).await;
    assert_eq!(answer.await.unwrap().unwrap().sequences, [1]);
    let verification = crate::verify_ledger(folder.path()).await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 1);
}

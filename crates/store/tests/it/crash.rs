//! What is there after the process died.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use reeve_store::{DatabaseLocation, Store, verify_ledger};
use reeve_time::Clock;
use reeve_types::Actor;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::kit::{self, Fresh, suspended};

const LOCATION: &str = "REEVE_STORE_CRASH_LOCATION";

/// Not a test by itself: the process that the next one kills.
#[tokio::test]
async fn a_child_appends_until_it_is_killed() {
    let Ok(location) = std::env::var(LOCATION) else { return };
    let location: DatabaseLocation = location.parse().unwrap();
    let store = Store::open(location, Clock::system()).await.unwrap();
    for number in 0.. {
        let several = (0..5).map(|_| suspended(&format!("reason {number}"))).collect();
        let last = store.append(several).await.unwrap().pop().unwrap();
        writeln!(std::io::stdout(), "appended {last}").unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_process_was_killed() {
    let folder = TempDir::new().unwrap();
    check_killed(folder.path().to_str().unwrap()).await;
}

#[tokio::test]
async fn what_postgres_acknowledged_is_there_after_the_process_was_killed() {
    if let Some(url) = kit::database().await {
        check_killed(&url).await;
    }
}

async fn check_killed(location: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::a_child_appends_until_it_is_killed", "--exact", "--nocapture"])
        .env(LOCATION, location)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let appended = lines.map_while(Result::ok).filter_map(|line| {
        line.split_once("appended ").map(|(_, place)| place.parse::<u64>().unwrap())
    });
    let last = appended.take(20).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let location: DatabaseLocation = location.parse().unwrap();
    let untouched = verify_ledger(&location).await.unwrap();
    assert!(untouched.is_intact(), "{untouched:?}");
    assert!(untouched.entries >= last);
    assert_eq!(untouched.entries % 5, 0, "entries of one request are there all or none");
    let store = Store::open(location, Clock::system()).await.unwrap();
    store.append(vec![suspended("afterwards")]).await.unwrap();
    assert!(store.verify().await.unwrap().is_intact());
}

/// The runtime goes away with requests under way, as when a process ends without waiting.
#[test]
fn a_plan_that_was_being_proposed_is_there_whole_or_not_at_all() {
    let first = Runtime::new().unwrap();
    let fresh = first.block_on(kit::sqlite());
    check_whole(first, &fresh);
}

#[test]
fn a_plan_that_was_being_proposed_to_postgres_is_there_whole_or_not_at_all() {
    let first = Runtime::new().unwrap();
    if let Some(fresh) = first.block_on(kit::postgres()) {
        check_whole(first, &fresh);
    }
}

fn check_whole(first: Runtime, fresh: &Fresh) {
    let plan = fresh.plan(5_000);
    let (store, id) = (fresh.store.clone(), plan.id);
    first.spawn(async move { store.propose(&plan, &Actor::Reeve).await });
    first.block_on(async { tokio::task::yield_now().await });
    first.shutdown_background();

    Runtime::new().unwrap().block_on(async {
        let store = fresh.another().await;
        // What a server is still at is over once another has written.
        store.append(vec![suspended("afterwards")]).await.unwrap();
        match store.plan_summary(id).await {
            Ok(summary) => {
                assert_eq!(store.plan(id).await.unwrap().actions.len(), 5_000);
                assert_eq!(summary.actions, 5_000);
                assert_eq!(store.history(id).await.unwrap().len(), 1);
            }
            Err(_) => assert!(store.history(id).await.unwrap().is_empty()),
        }
        assert!(store.verify().await.unwrap().is_intact());
    });
}

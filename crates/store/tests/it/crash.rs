//! What is there after the process died.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use reeve_store::{Store, verify_ledger};
use reeve_time::Clock;
use reeve_types::Actor;
use tempfile::TempDir;

use crate::kit::{self, suspended};

const FOLDER: &str = "REEVE_STORE_CRASH_FOLDER";

/// Not a test by itself: the process that the next one kills.
#[tokio::test]
async fn a_child_appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = Store::open(folder.as_ref(), Clock::system()).await.unwrap();
    for number in 0.. {
        let several = (0..5).map(|_| suspended(&format!("reason {number}"))).collect();
        let last = store.append(several).await.unwrap().pop().unwrap();
        writeln!(std::io::stdout(), "appended {last}").unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_process_was_killed() {
    let folder = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::a_child_appends_until_it_is_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
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

    let untouched = verify_ledger(folder.path()).await.unwrap();
    assert!(untouched.is_intact(), "{untouched:?}");
    assert!(untouched.entries >= last);
    assert_eq!(untouched.entries % 5, 0, "entries of one request are there all or none");
    let store = Store::open(folder.path(), Clock::system()).await.unwrap();
    store.append(vec![suspended("afterwards")]).await.unwrap();
    assert!(store.verify().await.unwrap().is_intact());
}

/// The runtime goes away with requests under way, as when a process ends without waiting.
#[test]
fn a_plan_that_was_being_proposed_is_there_whole_or_not_at_all() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    let fresh = first.block_on(kit::sqlite());
    let plan = fresh.plan(5_000);
    let (store, id) = (fresh.store.clone(), plan.id);
    first.spawn(async move { store.propose(&plan, &Actor::Reeve).await });
    first.block_on(async { tokio::task::yield_now().await });
    first.shutdown_background();

    runtime().block_on(async {
        let store = fresh.another().await;
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

//! Two processes on one data folder, or one database.

use crate::world::{SILVER, World, approve, assert_ledger_is_intact, ends, perform, propose};

#[tokio::test]
async fn only_one_of_two_processes_performs() {
    let world = World::new(SILVER);
    let (one, other) = (world.app().await, world.app().await);
    let plan = approve(&one, &propose(&other).await).await;
    let (performed, left_alone) = tokio::join!(
        one.perform_unfinished(&|_, _, _| {}),
        other.perform_unfinished(&|_, _, _| {})
    );
    assert_eq!((performed.unwrap(), left_alone.unwrap()), (true, false));
    assert_eq!(world.changes().len(), 12);
    assert!(ends(&other, &plan).await.iter().all(|end| end.ends_with(": verified")));
    assert_ledger_is_intact(&other).await;
}

#[tokio::test]
async fn the_other_process_goes_on_where_the_first_stopped() {
    goes_on_where_the_first_stopped(&World::new(SILVER)).await;
}

#[tokio::test]
async fn the_other_process_on_postgres_goes_on_where_the_first_stopped() {
    if let Some(world) = World::new(SILVER).on_postgres().await {
        goes_on_where_the_first_stopped(&world).await;
    }
}

async fn goes_on_where_the_first_stopped(world: &World) {
    let (one, other) = (world.app().await, world.app().await);
    let plan = approve(&one, &propose(&one).await).await;
    let until_a_change = async {
        while world.changes().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = one.perform_unfinished(&|_, _, _| {}) => panic!("it ended too soon"),
        () = until_a_change => {}
    }
    perform(&other).await;
    assert_eq!(world.changes().len(), 12);
    assert!(ends(&one, &plan).await.iter().all(|end| end.ends_with(": verified")));
    assert_ledger_is_intact(&one).await;
}

#[tokio::test]
async fn two_processes_may_look_and_propose_at_once() {
    let world = World::new(SILVER);
    let (one, other) = (world.app().await, world.app().await);
    let (first, second) = tokio::join!(propose(&one), propose(&other));
    assert_eq!(first.id, second.id);
    assert_ledger_is_intact(&one).await;
}

//! The clock is put back while Reeve works.

use jiff::SignedDuration;

use crate::world::{
    SILVER, World, ana, approve, assert_ledger_is_intact, ends, perform, phases, propose, run,
    undo_ends,
};

#[tokio::test]
async fn an_hour_that_comes_again_and_again_does_no_harm() {
    let world = World::new(SILVER);
    let before = world.all_tags();
    let app = world.app().await;
    let put_back = || world.clock.set(world.clock.now() - SignedDuration::from_hours(1));
    let plan = propose(&app).await;
    put_back();
    assert_eq!(propose(&app).await.id, plan.id);
    put_back();
    approve(&app, &plan).await;
    put_back();
    perform(&app).await;
    assert!(ends(&app, &plan).await.iter().all(|end| end.ends_with(": verified")));
    put_back();
    assert!(run(&app).await.plans.is_empty());
    put_back();
    app.request_undo(&ana(), &plan.id, "only trying").await.unwrap();
    put_back();
    perform(&app).await;
    assert!(undo_ends(&app, &plan).await.iter().all(|end| end.ends_with(": verified")));
    assert_eq!(world.all_tags(), before);
    assert_ledger_is_intact(&app).await;
}

#[tokio::test]
async fn a_plan_from_an_hour_that_came_again_supersedes_the_one_before() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let older = propose(&app).await;
    world.clock.set(world.clock.now() - SignedDuration::from_hours(1));
    world.set_tag("Carts", "ams:rt:owner", "eve");
    let newer = propose(&app).await;
    approve(&app, &newer).await;
    perform(&app).await;
    let mut now = phases(&app).await;
    now.sort_unstable();
    assert_eq!(now, ["applied", "superseded"]);
    assert_ne!(older.id, newer.id);
    assert_ledger_is_intact(&app).await;
}

#[tokio::test]
async fn a_suspension_from_an_hour_that_comes_again_still_holds() {
    let world = World::new(SILVER);
    let app = world.app().await;
    app.suspend(&ana(), "first").await.unwrap();
    app.resume(&ana()).await.unwrap();
    world.clock.set(world.clock.now() - SignedDuration::from_hours(1));
    app.suspend(&ana(), "second").await.unwrap();
    assert_eq!(app.suspension().await.unwrap().unwrap().reason, "second");
}

//! The estate changes while a plan waits, and parts of it cannot be looked at.

use reeve_twin::{Effect, FaultRule};

use crate::world::{SILVER, World, approve, detail, ends, perform, phases, propose, run};

#[tokio::test]
async fn a_plan_keeps_the_actions_of_what_could_not_be_looked_at_this_time() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let before = propose(&app).await;
    world.twin.faults().add(FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables"));
    let outcome = run(&app).await;
    assert!(!outcome.unknown.is_empty());
    assert_eq!(phases(&app).await, ["proposed"], "nothing was taken for done");
    let after = &outcome.plans[0];
    assert_eq!((&after.id, after.actions), (&before.id, before.actions));
}

#[tokio::test]
async fn a_plan_is_not_superseded_because_nothing_could_be_looked_at() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let before = propose(&app).await;
    world.twin.faults().add(FaultRule::every_call(Effect::Deny));
    run(&app).await;
    assert_eq!(phases(&app).await, ["proposed"]);
    assert_eq!(detail(&app, "latest").await.summary.id, before.id);
}

/// Approves a plan, changes the estate, and shows how each action ended.
async fn check(from: &str, to: &str, expected: &str) {
    let mut world = World::new(SILVER);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    app.store.close().await;
    world.edit(from, to);
    let app = world.app().await;
    perform(&app).await;
    let ended = ends(&app, &plan).await;
    assert!(ended.iter().any(|end| end.contains(expected)), "{ended:#?}");
}

#[tokio::test]
async fn a_region_that_was_taken_out_of_the_estate_is_left_alone() {
    check("regions: [eu-west-1]", "regions: [us-east-1]", "the estate no longer looks after").await;
}

#[tokio::test]
async fn after_read_only_was_set_an_approved_plan_changes_nothing() {
    let mut world = World::new(SILVER);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    app.store.close().await;
    let profile = world.files.custom_tags.take().unwrap();
    let read_only = profile.replacen('{', r#"{ "Options": { "ReadOnly": true },"#, 1);
    world.files.custom_tags = Some(read_only);
    let app = world.app().await;
    perform(&app).await;
    let ended = ends(&app, &plan).await;
    assert!(ended.iter().all(|end| end.contains("ReadOnly")), "{ended:#?}");
    assert!(world.changes().is_empty());
}

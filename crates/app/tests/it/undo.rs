//! What was applied is taken back.

use reeve_twin::{Effect, FaultRule};

use crate::world::{
    SILVER, World, ana, apply, approve, assert_ledger_is_intact, ends, perform, phases, propose,
    undo, undo_ends,
};

#[tokio::test]
async fn an_undo_restores_what_was_overwritten_and_removed() {
    let world = World::new(SILVER);
    let before = world.all_tags();
    let app = world.app().await;
    let plan = apply(&app).await;
    assert_ne!(world.all_tags(), before);
    undo(&app, &plan).await;
    assert_eq!(world.all_tags(), before);
    assert_eq!(phases(&app).await, ["undone"]);
    assert_ledger_is_intact(&app).await;
}

#[tokio::test]
async fn what_somebody_changed_since_is_not_taken_back() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = apply(&app).await;
    world.set_tag("Carts", "ams:rt:tier", "platinum");
    undo(&app, &plan).await;
    let ended = undo_ends(&app, &plan).await;
    assert_eq!(ended[0], "Carts: refused: tag `ams:rt:tier` was `gold`, now is `platinum`");
    assert!(ended[1..].iter().all(|end| end.ends_with(": verified")), "{ended:?}");
    assert_eq!(world.tags("Carts"), "Team=web ams:rt:backup=daily ams:rt:tier=platinum");
}

#[tokio::test]
async fn what_somebody_took_back_already_is_left_alone() {
    let world = World::new("shop | table | Carts | ams:rt:tier=gold");
    let app = world.app().await;
    let plan = apply(&app).await;
    world.twin.set_tags(world.arn("Carts"), [("ams:rt:tier".into(), "gold".into())].into());
    let changes = world.changes().len();
    undo(&app, &plan).await;
    assert_eq!(undo_ends(&app, &plan).await, ["Carts: verified"]);
    assert_eq!(world.changes().len(), changes);
}

#[tokio::test]
async fn other_tags_may_have_changed_since() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = apply(&app).await;
    world.set_tag("Carts", "Team", "bank");
    undo(&app, &plan).await;
    assert_eq!(world.tags("Carts"), "Team=bank ams:rt:owner=bob ams:rt:tier=silver");
}

#[tokio::test]
async fn of_a_partly_failed_plan_what_was_done_is_taken_back() {
    let world = World::new(SILVER);
    let before = world.all_tags();
    let app = world.app().await;
    // The second call of these two actions is denied, and the first stands.
    world.twin.faults().add(FaultRule::every_call(Effect::Deny).of("dynamodb", "TagResource"));
    world.twin.remove(world.arn("i-0fedcba9876543210"));
    world.replace(SILVER.lines().find(|row| row.contains("i-0fedcba9876543210")).unwrap());
    let plan = approve(&app, &propose(&app).await).await;
    world.set_tag("i-0fedcba9876543210", "ams:rt:owner", "eve");
    perform(&app).await;
    let words: Vec<String> = ends(&app, &plan)
        .await
        .iter()
        .map(|end| end.split(": ").nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(words, ["failed", "verified", "verified", "failed", "refused", "verified"]);
    assert_eq!(world.tags("Accounts"), "ams:rt:tier=silver");

    world.twin.faults().clear();
    undo(&app, &plan).await;
    let undone = undo_ends(&app, &plan).await;
    assert_eq!(undone.iter().filter(|end| end.ends_with(": verified")).count(), 5, "{undone:?}");
    assert_eq!(undone[4], "i-0fedcba9876543210: pending");
    world.set_tag("i-0fedcba9876543210", "ams:rt:owner", "bob");
    assert_eq!(world.all_tags(), before);
}

#[tokio::test]
async fn a_failed_undo_can_be_asked_for_again() {
    let world = World::new(SILVER);
    let before = world.all_tags();
    let app = world.app().await;
    let plan = apply(&app).await;
    world.twin.faults().add(FaultRule::every_call(Effect::Deny).of("ec2", "DeleteTags"));
    undo(&app, &plan).await;
    let failed = undo_ends(&app, &plan).await;
    assert_eq!(failed.iter().filter(|end| end.contains(": failed: ")).count(), 2, "{failed:?}");
    world.twin.faults().clear();
    undo(&app, &plan).await;
    assert_eq!(world.all_tags(), before);
    let error = app.request_undo(&ana(), &plan.id, "").await.unwrap_err();
    assert!(error.message.contains("without a failed action"), "{error}");
}

#[tokio::test]
async fn a_plan_that_changed_nothing_cannot_be_undone() {
    let world = World::new("shop | table | Carts |");
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    world.twin.remove(world.arn("Carts"));
    perform(&app).await;
    let error = app.request_undo(&ana(), &plan.id, "").await.unwrap_err();
    assert!(error.message.ends_with("left nothing to undo"), "{error}");
}

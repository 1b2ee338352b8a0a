//! How far the estate lets Reeve go, from the plan to the last action.

use reeve_types::Actor;

use crate::world::{
    SILVER, World, ana, apply, approval, approve, detail, ends, perform, phases, propose, run,
    undo, undo_ends, verdicts,
};

const CARTS: &str = "shop | table | Carts | Team=web ams:rt:tier=silver";

#[tokio::test]
async fn where_reeve_may_only_observe_it_finds_and_plans_nothing() {
    let world = World::new(CARTS).with_authority("authority: { all: observe }");
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!((outcome.run.failing, outcome.plans.len()), (1, 0));
    assert_eq!(verdicts(&app).await, ["Carts: fail"]);
    perform(&app).await;
    assert!(world.changes().is_empty());
}

#[tokio::test]
async fn under_a_read_only_profile_it_finds_and_plans_nothing() {
    let profile = r#"{
        "Options": { "ReadOnly": true },
        "AWS::DynamoDB::Table": { "Gold": { "Filter": { "TableName": "*" }, "Tags": TAGS } }
    }"#;
    let world = World::new(CARTS).with_profile(profile).with_authority("authority: { all: act }");
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!((outcome.run.failing, outcome.plans.len()), (1, 0));
    let resources = app.resources(&reeve_app::ResourceQuery::default()).await.unwrap().items;
    assert_eq!((resources[0].verdict, resources[0].changes.len()), ("fail", 2));
}

#[tokio::test]
async fn where_reeve_may_act_a_plan_starts_by_itself_and_says_by_which_rule() {
    let world = World::new(SILVER).with_authority("authority: { all: act }");
    let app = world.app().await;
    let plan = propose(&app).await;
    assert_eq!((plan.phase, plan.start), ("applying", "at_once"));
    perform(&app).await;
    assert_eq!(phases(&app).await, ["applied"]);
    let history = detail(&app, &plan.id).await.history;
    let approved = history.iter().find(|entry| entry.event == "approved").unwrap();
    assert_eq!(approved.actor, "reeve");
    assert!(
        approved.detail.ends_with(": the estate sets every controller to act"),
        "{}",
        approved.detail
    );
}

#[tokio::test]
async fn accounts_of_different_levels_have_different_plans() {
    let mut world = World::new(SILVER);
    world.edit("name: bank", "name: bank, authority: { all: act }");
    let app = world.app().await;
    let plans = run(&app).await.plans;
    let shown: Vec<_> = plans.iter().map(|plan| (plan.start, plan.accounts[0].as_str())).collect();
    assert_eq!(shown, [("on_approval", crate::world::SHOP), ("at_once", crate::world::BANK)]);
    perform(&app).await;
    assert_eq!(phases(&app).await, ["proposed", "applied"]);
    assert!(world.tags("Carts").contains("silver"));
    assert!(world.tags("Accounts").contains("gold"));
}

#[tokio::test]
async fn equally_specific_rules_that_disagree_mean_observe() {
    let rules = "authority: { all: act }\nauthority-by-tag:\n  \
                 - { key: Team, level: act }\n  - { key: ams:rt:tier, level: propose }";
    let world = World::new(CARTS).with_authority(rules);
    let app = world.app().await;
    assert!(run(&app).await.plans.is_empty());
    assert_eq!(verdicts(&app).await, ["Carts: fail"]);
}

#[tokio::test]
async fn a_plan_that_only_a_rule_for_a_tag_allows_can_be_applied_and_undone() {
    let rules = "authority-by-tag: [{ key: Team, value: web, level: propose }]";
    let world = World::new(SILVER).with_authority(rules);
    let app = world.app().await;
    let plan = apply(&app).await;
    assert_eq!((plan.actions, plan.tally.verified), (3, 3));
    undo(&app, &plan).await;
    assert_eq!(phases(&app).await, ["undone"]);
}

#[tokio::test]
async fn after_the_level_was_lowered_a_plan_cannot_be_applied() {
    let mut world = World::new(CARTS);
    let plan = propose(&world.app().await).await;
    world.set_authority("authority: { all: observe }");
    let app = world.app().await;
    app.approve(&ana(), &plan.id, &approval(&plan, false)).await.unwrap();
    let error = app.request_apply(&ana(), &plan.id).await.unwrap_err();
    assert_eq!(error.code, "RV1005");
    assert_eq!(error.message, "the estate sets every controller to observe");
}

/// Approves a plan for `CARTS`, changes the authority, and applies.
async fn check_refused(before: &str, after: &str, expected: &str) {
    let mut world = World::new(CARTS).with_authority(before);
    let app = world.app().await;
    let plan = propose(&app).await;
    if plan.start == "on_approval" {
        approve(&app, &plan).await;
    }
    app.store.close().await;
    world.set_authority(after);
    let app = world.app().await;
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, [format!("Carts: {expected}")], "{before} -> {after}");
    assert!(world.changes().is_empty());
}

#[tokio::test]
async fn an_action_is_refused_if_the_level_was_lowered_after_the_approval() {
    check_refused(
        "authority: { all: propose }",
        "authority: { all: observe }",
        "refused: the estate sets every controller to observe",
    )
    .await;
}

#[tokio::test]
async fn an_action_is_refused_if_a_rule_for_one_of_its_tags_was_added_after_the_approval() {
    check_refused(
        "authority: { all: propose }",
        "authority: { all: propose }\nauthority-by-tag: [{ key: Team, level: observe }]",
        "refused: the estate sets every controller to observe for resources tagged `Team`",
    )
    .await;
}

#[tokio::test]
async fn a_plan_that_started_at_once_does_nothing_if_the_level_was_lowered_before() {
    for level in ["propose", "observe"] {
        let mut world = World::new(CARTS).with_authority("authority: { all: act }");
        let app = world.app().await;
        propose(&app).await;
        app.store.close().await;
        world.set_authority(&format!("authority: {{ all: {level} }}"));
        let app = world.app().await;
        perform(&app).await;
        assert!(world.changes().is_empty(), "{level}");
        let tally =
            app.plans(&reeve_app::PlanQuery::default()).await.unwrap().items.remove(0).tally;
        assert_eq!((tally.refused, tally.total), (1, 1), "{level}");
    }
}

#[tokio::test]
async fn after_the_level_was_lowered_the_next_run_asks() {
    let mut world = World::new(CARTS).with_authority("authority: { all: act }");
    let app = world.app().await;
    propose(&app).await;
    app.store.close().await;
    world.set_authority("authority: { all: propose }");
    let app = world.app().await;
    let plan = propose(&app).await;
    assert_eq!(plan.start, "on_approval");
    perform(&app).await;
    let mut phases = phases(&app).await;
    phases.sort_unstable();
    assert_eq!(phases, ["applied", "proposed"]);
    assert!(world.changes().is_empty(), "nobody agreed to anything");
}

#[tokio::test]
async fn a_tag_that_the_authority_rests_on_may_not_change_before_the_action() {
    let rules = "authority-by-tag: [{ key: Team, value: web, level: propose }]";
    let world = World::new(CARTS).with_authority(rules);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    world.set_tag("Carts", "Team", "bank");
    perform(&app).await;
    let ended = ends(&app, &plan).await;
    assert_eq!(ended, ["Carts: refused: tag `Team` was `web`, now is `bank`"]);
}

#[tokio::test]
async fn an_undo_is_refused_where_reeve_may_no_longer_change_anything() {
    let mut world = World::new(SILVER);
    let app = world.app().await;
    let plan = apply(&app).await;
    app.store.close().await;
    world.edit("name: bank", "name: bank, authority: { all: observe }");
    let app = world.app().await;
    undo(&app, &plan).await;
    let refused = "refused: account 444455556666 sets every controller to observe";
    assert_eq!(
        undo_ends(&app, &plan).await,
        [
            "Carts: verified".to_owned(),
            "i-0123456789abcdef0: verified".to_owned(),
            "harbour-orders: verified".to_owned(),
            format!("Accounts: {refused}"),
            format!("i-0fedcba9876543210: {refused}"),
            format!("payments: {refused}"),
        ]
    );
}

#[tokio::test]
async fn what_a_person_took_back_is_not_done_at_once_again() {
    let world = World::new(CARTS).with_authority("authority: { all: act }");
    let app = world.app().await;
    let plan = propose(&app).await;
    perform(&app).await;
    undo(&app, &plan).await;

    let again = propose(&app).await;
    assert_eq!((again.start, again.actions), ("on_approval", 1));
    perform(&app).await;
    assert!(world.tags("Carts").contains("silver"));
    approve(&app, &again).await;
    perform(&app).await;
    assert!(world.tags("Carts").contains("gold"));
    assert_eq!(Actor::Reeve.to_string(), detail(&app, &plan.id).await.history[1].actor);
}

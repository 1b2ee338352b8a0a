//! The switch that stops everything.

use reeve_app::{Error, ErrorKind, LedgerQuery};
use reeve_aws::Target;

use crate::world::{
    SHOP, SILVER, World, ana, apply, approval, approve, assert_ledger_is_intact, perform, phases,
    propose, run,
};

fn check_suspended<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let error = answer.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Conflict, "RV1004"));
    assert_eq!(error.message, "suspended by person:ana: the auditors are here");
}

async fn suspend(app: &reeve_app::App) {
    app.suspend(&ana(), "the auditors are here").await.unwrap();
}

#[tokio::test]
async fn while_suspended_nothing_is_applied_or_undone() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let applied = apply(&app).await;
    world.set_tag("Carts", "ams:rt:tier", "silver");
    let plan = propose(&app).await;
    suspend(&app).await;
    check_suspended(app.approve(&ana(), &plan.id, &approval(&plan, true)).await);
    assert_eq!(app.plan_summary(plan.id.parse().unwrap()).await.unwrap().phase, "proposed");
    app.approve(&ana(), &plan.id, &approval(&plan, false)).await.unwrap();
    check_suspended(app.request_apply(&ana(), &plan.id).await);
    check_suspended(app.request_undo(&ana(), &applied.id, "").await);
}

#[tokio::test]
async fn while_suspended_what_waits_goes_on_waiting() {
    let world = World::new(SILVER);
    let app = world.app().await;
    propose(&app).await;
    suspend(&app).await;
    world.set_tag("Carts", "ams:rt:owner", "eve");
    let outcome = run(&app).await;
    assert_eq!((outcome.run.failing, outcome.plans.len()), (6, 0));
    assert_eq!(phases(&app).await, ["proposed"]);
}

#[tokio::test]
async fn while_suspended_a_plan_that_started_by_itself_does_nothing() {
    let world = World::new(SILVER).with_authority("authority: { all: act }");
    let app = world.app().await;
    propose(&app).await;
    suspend(&app).await;
    perform(&app).await;
    assert_eq!(phases(&app).await, ["applying"]);
    assert!(world.changes().is_empty());
    app.resume(&ana()).await.unwrap();
    perform(&app).await;
    assert_eq!(phases(&app).await, ["applied"]);
}

#[tokio::test]
async fn a_suspension_amid_an_apply_stops_it_and_it_goes_on_after() {
    let rows: Vec<String> =
        (0..40).map(|number| format!("shop | table | Table{number:03} |")).collect();
    let mut world = World::new(&rows.join("\n"));
    world.settings.actions_in_flight = 2;
    let app = world.app().await;
    approve(&app, &propose(&app).await).await;

    let watch = |_, _, _: &_| {};
    let performing = app.perform_unfinished(&watch);
    let suspending = async {
        while world.changes().len() < 5 {
            tokio::task::yield_now().await;
        }
        suspend(&app).await;
        world.changes().len()
    };
    let (performed, made_before) = tokio::join!(performing, suspending);
    assert!(performed.unwrap());
    let made = world.changes().len();
    assert!(made <= made_before + 2, "more than the two that were under way: {made} of 40");
    assert_eq!(phases(&app).await, ["applying"]);

    perform(&app).await;
    assert_eq!(world.changes().len(), made, "still suspended");
    app.resume(&ana()).await.unwrap();
    perform(&app).await;
    assert_eq!((phases(&app).await, world.changes().len()), (vec!["applied"], 40));
    assert_ledger_is_intact(&app).await;
}

#[tokio::test]
async fn a_suspension_without_a_reason_is_refused() {
    let world = World::new("");
    let app = world.app().await;
    assert_eq!(app.suspend(&ana(), "  ").await.unwrap_err().code, "RV1010");
    assert!(app.suspension().await.unwrap().is_none());
}

#[tokio::test]
async fn a_call_outside_of_plans_is_recorded_before_and_after_and_refused_while_suspended() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let target = Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "ana".to_owned(),
        reason: None,
        role: None,
    };
    let tag = reeve_model::Value::from_json(&serde_json::json!({
        "ResourceArn": world.arn("Carts").to_string(),
        "Tags": [{ "Key": "secret", "Value": "hunter2" }],
    }));
    let names = ("dynamodb", "TagResource");
    app.call(&ana(), &target, names, tag.clone()).await.unwrap().unwrap();
    let query = LedgerQuery { kind: Some("call".to_owned()), ..LedgerQuery::default() };
    let entries = app.ledger(&query).await.unwrap().items;
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["call.succeeded", "call.started"]);
    assert!(entries.iter().all(|entry| !entry.data.to_string().contains("hunter2")));

    suspend(&app).await;
    let error = app.call(&ana(), &target, names, tag).await.unwrap_err();
    assert_eq!(error.code, "RV1004");
}

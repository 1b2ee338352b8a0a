//! People answer plans, and runs replace what nobody has answered.

use reeve_app::{Error, ErrorKind, RunRequest};

use crate::world::{
    BANK, SHOP, SILVER, World, ana, apply, approval, approve, detail, ends, perform, phases,
    propose, run,
};

fn check_refused<T: std::fmt::Debug>(answer: Result<T, Error>, code: &str, message: &str) {
    let error = answer.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Conflict, code), "{error}");
    assert!(error.message.contains(message), "{error}");
}

#[tokio::test]
async fn a_plan_shows_every_change_with_its_reason() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    assert_eq!((plan.phase, plan.start, plan.actions), ("proposed", "on_approval", 6));
    assert_eq!(plan.accounts, [SHOP, BANK]);
    let shown: Vec<_> = detail(&app, &plan.id).await.items[0]
        .changes
        .iter()
        .map(|change| (change.key.clone(), change.before.clone(), change.after.clone()))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown,
        [
            ("ams:rt:backup".to_owned(), None, text("daily")),
            ("ams:rt:owner".to_owned(), text("bob"), None),
            ("ams:rt:tier".to_owned(), text("silver"), text("gold")),
        ]
    );
    assert!(world.changes().is_empty(), "a plan changes nothing");
}

#[tokio::test]
async fn an_approved_plan_is_applied_exactly() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = apply(&app).await;
    assert_eq!((plan.phase, plan.tally.verified), ("applied", 6));
    assert_eq!(world.tags("Carts"), "Team=web ams:rt:backup=daily ams:rt:tier=gold");
    assert!(run(&app).await.plans.is_empty(), "nothing is left to do");
}

#[tokio::test]
async fn an_approval_of_another_digest_is_refused() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    let mut other = approval(&plan, true);
    other.digest = "0".repeat(64);
    check_refused(app.approve(&ana(), &plan.id, &other).await, "RV1003", &plan.digest);
    assert_eq!(phases(&app).await, ["proposed"]);
}

#[tokio::test]
async fn a_second_approval_is_a_conflict() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    app.approve(&ana(), &plan.id, &approval(&plan, false)).await.unwrap();
    let second = app.approve(&ana(), &plan.id, &approval(&plan, false)).await;
    check_refused(second, "RV1002", "approving it is not possible: the plan is approved");
}

#[tokio::test]
async fn a_plan_that_nobody_approved_cannot_be_applied() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    check_refused(app.request_apply(&ana(), &plan.id).await, "RV1002", "waits for approval");
    perform(&app).await;
    assert!(world.changes().is_empty());
}

#[tokio::test]
async fn a_refused_plan_cannot_be_applied() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    app.refuse(&ana(), &plan.id, "not now").await.unwrap();
    check_refused(app.request_apply(&ana(), &plan.id).await, "RV1002", "the plan was refused");
    let approved = app.approve(&ana(), &plan.id, &approval(&plan, true)).await;
    check_refused(approved, "RV1002", "the plan was refused");
    let history = detail(&app, &plan.id).await.history;
    assert!(history[1].detail.ends_with("was refused: not now"), "{history:?}");
}

#[tokio::test]
async fn an_approved_plan_waits_until_someone_has_it_applied() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    app.approve(&ana(), &plan.id, &approval(&plan, false)).await.unwrap();
    perform(&app).await;
    assert!(world.changes().is_empty());
    app.request_apply(&ana(), &plan.id).await.unwrap();
    app.request_apply(&ana(), &plan.id).await.unwrap();
    perform(&app).await;
    assert_eq!(phases(&app).await, ["applied"]);
}

#[tokio::test]
async fn another_run_with_the_same_wishes_keeps_the_plan() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = propose(&app).await;
    assert_eq!(propose(&app).await.id, plan.id);
    approve(&app, &plan).await;
    assert_eq!(phases(&app).await, ["applying"]);
}

#[tokio::test]
async fn a_run_with_other_wishes_supersedes_the_plan() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let older = propose(&app).await;
    world.set_tag("Carts", "ams:rt:owner", "eve");
    let newer = propose(&app).await;
    assert_eq!(phases(&app).await, ["superseded", "proposed"]);
    let answer = app.approve(&ana(), &older.id, &approval(&older, true)).await;
    check_refused(answer, "RV1002", "superseded");
    let history = detail(&app, &older.id).await.history;
    assert!(history[1].detail.ends_with(&format!("was superseded by {}", newer.id)), "{history:?}");
}

#[tokio::test]
async fn a_run_that_finds_nothing_to_do_supersedes_the_plan_that_waits() {
    let world = World::new("shop | table | Carts | ams:rt:tier=gold");
    let app = world.app().await;
    propose(&app).await;
    world.set_tag("Carts", "ams:rt:backup", "daily");
    assert!(run(&app).await.plans.is_empty());
    assert_eq!(phases(&app).await, ["superseded"]);
}

#[tokio::test]
async fn a_run_over_one_account_keeps_what_waits_for_the_others() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let everything = propose(&app).await;
    let request = RunRequest { accounts: vec!["shop".to_owned()] };
    let again = app.run(&ana(), &request, &|_| {}).await.unwrap().plans;
    assert_eq!(again[0].id, everything.id);

    world.set_tag("Carts", "ams:rt:owner", "eve");
    let plans = app.run(&ana(), &request, &|_| {}).await.unwrap().plans;
    assert_eq!((plans[0].actions, plans[0].accounts.len()), (6, 2));
    approve(&app, &plans[0]).await;
    perform(&app).await;
    assert!(ends(&app, &plans[0]).await.iter().all(|end| end.ends_with(": verified")));
}

#[tokio::test]
async fn a_run_over_an_account_that_is_not_in_the_estate_is_refused() {
    let world = World::new("");
    let app = world.app().await;
    let request = RunRequest { accounts: vec!["shpo".to_owned()] };
    let error = app.run(&ana(), &request, &|_| {}).await.unwrap_err();
    assert_eq!((error.code, error.hint.as_deref()), ("RV1009", Some("did you mean `shop`?")));
}

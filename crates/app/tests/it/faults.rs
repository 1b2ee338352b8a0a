//! AWS answers badly, or not at all.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use reeve_app::views;
use reeve_aws::TransportError;
use reeve_twin::{Effect, FaultRule};

use crate::world::{
    SILVER, World, ana, answer, apply, approve, assert_ledger_is_intact, ends, perform, propose,
    run, undo_ends, verdicts,
};

/// What each scope or resource is unknown for.
fn unknown(outcome: &views::RunOutcome) -> Vec<String> {
    let shown = |scope: &views::UnknownScopeView| {
        let views::UnknownScopeView { account, resource_type, id, unknown, .. } = scope;
        let name = id.as_deref().unwrap_or("all");
        let permission = unknown.missing_permission.as_deref().unwrap_or("no permission");
        format!("{account} {resource_type} {name}: {}: {permission}", unknown.call)
    };
    outcome.unknown.iter().map(shown).collect()
}

fn count(ended: &[String], word: &str) -> usize {
    ended.iter().filter(|end| end.split(": ").nth(1) == Some(word)).count()
}

#[tokio::test]
async fn calls_that_are_throttled_twice_are_made_all_the_same() {
    let mut world = World::new(SILVER);
    let tries: Mutex<HashMap<(String, Vec<u8>), usize>> = Mutex::default();
    world.answer_by(move |twin, request| {
        let which = (request.uri().to_string(), request.body().to_vec());
        let mut tries = tries.lock().unwrap();
        let tried = tries.entry(which).or_default();
        *tried += 1;
        if !tried.is_multiple_of(3) {
            twin.faults().add(FaultRule::every_call(Effect::Throttle));
        }
        let answered = answer(twin.handle(request));
        twin.faults().clear();
        answered
    });
    let app = world.app().await;
    let plan = apply(&app).await;
    assert_eq!((plan.tally.verified, world.changes().len()), (6, 12));
}

#[tokio::test]
async fn changes_whose_answers_are_lost_are_made_and_verified() {
    let mut world = World::new(SILVER);
    let mut lost = std::collections::HashSet::new();
    let gateway =
        Mutex::new(move |twin: &reeve_twin::Twin, request: http::Request<bytes::Bytes>| {
            let which = (request.uri().to_string(), request.body().to_vec());
            let response = twin.handle(request);
            if twin.calls().last().unwrap().is_change() && lost.insert(which) {
                let reset = io::Error::from(io::ErrorKind::ConnectionReset);
                return Err(TransportError::Lost(Arc::new(reset)));
            }
            answer(response)
        });
    world.answer_by(move |twin, request| gateway.lock().unwrap()(twin, request));
    let app = world.app().await;
    let plan = apply(&app).await;
    assert_eq!(plan.tally.verified, 6);
    assert_eq!(world.tags("Carts"), "Team=web ams:rt:backup=daily ams:rt:tier=gold");
    assert_eq!(world.changes().len(), 24, "each is repeated, and has the same effect");
}

#[tokio::test]
async fn a_change_whose_answer_cannot_be_read_fails_and_is_found_done() {
    let world = World::new("shop | instance | i-0123456789abcdef0 |");
    world.twin.faults().add(FaultRule::every_call(Effect::MalformedBody).of("ec2", "CreateTags"));
    let app = world.app().await;
    let plan = apply(&app).await;
    let ended = ends(&app, &plan).await;
    assert!(ended[0].contains("failed: `ec2:CreateTags` in account 111122223333"), "{ended:?}");
    app.request_apply(&ana(), &plan.id).await.unwrap();
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, ["i-0123456789abcdef0: verified"]);
    assert_eq!(world.changes().len(), 1, "it is found done");
}

#[tokio::test]
async fn a_denied_change_fails_with_the_permission_and_can_be_tried_again() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "TagResource");
    world.twin.faults().add(denied.in_account(&crate::world::SHOP.parse().unwrap()));
    let plan = apply(&app).await;
    assert_eq!((plan.phase, plan.tally.verified, plan.tally.failed), ("applied", 5, 1));
    let failed = ends(&app, &plan).await.remove(0);
    assert!(failed.starts_with("Carts: failed: `dynamodb:TagResource`"), "{failed}");
    assert!(failed.contains("; allow `dynamodb:TagResource` to "), "{failed}");

    let changes = world.changes().len();
    world.twin.faults().clear();
    app.request_apply(&ana(), &plan.id).await.unwrap();
    perform(&app).await;
    assert_eq!(count(&ends(&app, &plan).await, "verified"), 6);
    assert_eq!(world.changes().len(), changes + 1, "only what was left of the failed action");
    assert_eq!(world.tags("Carts"), "Team=web ams:rt:backup=daily ams:rt:tier=gold");
    assert_ledger_is_intact(&app).await;
}

#[tokio::test]
async fn a_denied_change_of_a_bucket_names_the_permission() {
    let world = World::new("shop | bucket | harbour-orders |");
    let app = world.app().await;
    let denied = FaultRule::every_call(Effect::Deny).of("resourcegroupstaggingapi", "TagResources");
    world.twin.faults().add(denied);
    let plan = apply(&app).await;
    let failed = ends(&app, &plan).await.remove(0);
    assert!(failed.contains("; allow `tag:TagResources` to "), "{failed}");
}

#[tokio::test]
async fn a_change_that_cannot_be_read_back_fails() {
    let world = World::new("shop | table | Carts |");
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTagsOfResource");
    world.twin.faults().add(denied.on_call(2));
    perform(&app).await;
    let failed = ends(&app, &plan).await.remove(0);
    assert!(failed.contains("; allow `dynamodb:ListTagsOfResource` to "), "{failed}");
    app.request_apply(&ana(), &plan.id).await.unwrap();
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, ["Carts: verified"]);
    assert_eq!(world.changes().len(), 1);
}

#[tokio::test]
async fn a_denied_list_makes_one_type_in_one_account_unknown() {
    let world = World::new(SILVER);
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables");
    world.twin.faults().add(denied.in_account(&crate::world::SHOP.parse().unwrap()));
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!(
        unknown(&outcome),
        ["111122223333 AWS::DynamoDB::Table all: dynamodb:ListTables: dynamodb:ListTables"]
    );
    assert_eq!(outcome.run.unknown_scopes, 1);
    assert_eq!(outcome.plans[0].actions, 5);
}

#[tokio::test]
async fn what_was_right_and_cannot_be_seen_any_more_is_unknown() {
    let world = World::new("shop | table | Carts | ams:rt:backup=daily ams:rt:tier=gold");
    let app = world.app().await;
    run(&app).await;
    assert_eq!(verdicts(&app).await, ["Carts: pass"]);
    world.twin.faults().add(FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables"));
    run(&app).await;
    assert_eq!(verdicts(&app).await, ["Carts: unknown"]);
    let overview = app.overview().await.unwrap();
    let tables =
        overview.coverage.iter().find(|one| one.resource_type == "AWS::DynamoDB::Table").unwrap();
    assert_eq!((tables.compliant, tables.unknown, tables.unknown_scopes), (0, 1, 2));
    assert!(overview.needs.iter().any(|need| need.kind == "unknown"));
}

#[tokio::test]
async fn a_bucket_whose_tags_are_denied_is_unknown_and_the_others_are_not() {
    let world = World::new(
        "shop | bucket | harbour-carts   |
         shop | bucket | harbour-orders  |
         shop | bucket | harbour-returns |",
    );
    let denied = FaultRule::every_call(Effect::Deny).of("s3", "GetBucketTagging");
    world.twin.faults().add(denied.on_call(2));
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!(
        unknown(&outcome),
        ["111122223333 AWS::S3::Bucket harbour-orders: s3:GetBucketTagging: s3:GetBucketTagging"]
    );
    assert_eq!((outcome.run.unknown_resources, outcome.run.unknown_scopes), (1, 0));
    assert_eq!(outcome.plans[0].actions, 2);
    assert_eq!(
        verdicts(&app).await,
        ["harbour-carts: fail", "harbour-orders: unknown", "harbour-returns: fail"]
    );
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_makes_its_scopes_unknown() {
    let mut world = World::new(SILVER);
    world.answer_by(|twin, request| {
        // DynamoDB has an address for each account.
        if request.uri().host().is_some_and(|host| host.contains(".ddb.")) {
            let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
            return Err(TransportError::Connect(Arc::new(refused)));
        }
        answer(twin.handle(request))
    });
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!(
        unknown(&outcome),
        [
            "111122223333 AWS::DynamoDB::Table all: dynamodb:ListTables: no permission",
            "444455556666 AWS::DynamoDB::Table all: dynamodb:ListTables: no permission",
        ]
    );
    let message = &outcome.unknown[0].unknown.message;
    assert!(
        message.contains("did not reach `https://111122223333.ddb.eu-west-1.amazonaws.com"),
        "{message}"
    );
    assert_eq!(outcome.plans[0].actions, 4);
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_is_unknown_and_the_others_are_not() {
    let mut world = World::new(SILVER);
    world.edit("name: bank", "name: bank, role: nobody");
    let app = world.app().await;
    let outcome = run(&app).await;
    assert_eq!(outcome.run.unknown_scopes, 5);
    let every = unknown(&outcome);
    assert!(
        every
            .iter()
            .all(|one| one.starts_with("444455556666") && one.ends_with(": sts:AssumeRole")),
        "{every:?}"
    );
    assert_eq!((outcome.plans[0].actions, outcome.plans[0].accounts.len()), (3, 1));
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_any_more_fails_its_actions_and_no_others() {
    let mut world = World::new(SILVER);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    app.store.close().await;
    world.edit("name: bank", "name: bank, role: nobody");
    let app = world.app().await;
    perform(&app).await;
    let ended = ends(&app, &plan).await;
    assert_eq!((count(&ended, "verified"), count(&ended, "failed")), (3, 3), "{ended:?}");
    assert!(ended[3].contains("no credentials for `dynamodb:ListTagsOfResource`"), "{ended:?}");
    assert!(undo_ends(&app, &plan).await.iter().all(|end| end.ends_with(": pending")));
}

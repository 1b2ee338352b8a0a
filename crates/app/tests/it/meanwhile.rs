//! Somebody else was there between the plan and its apply.

use reeve_care::progress::{Direction, PlanEvent, Step};
use reeve_store::{Event, NewEntry};
use reeve_types::{Actor, PlanId};

use crate::world::{SILVER, World, ana, approve, ends, perform, propose, undo, undo_ends};

/// Each of these is asked for something that may change.
const ASKING: &str = r#"{
  "AWS::EC2::Instance": { "Linux": { "Filter": { "Platform": "linux" }, "Tags": TAGS } },
  "AWS::EC2::NatGateway": { "Live": { "Filter": { "State": "available" }, "Tags": TAGS } },
  "AWS::DynamoDB::Table": {
    "Web": { "Filter": { "Tag": { "Key": "Team", "Value": "web" } }, "Tags": TAGS }
  }
}"#;

const INSTANCE: &str = "shop | instance | i-0123456789abcdef0";
const NAT: &str = "shop | nat | nat-0123456789abcdef0";
const CARTS: &str = "shop | table | Carts";

/// Plans for one resource, lets `meanwhile` happen, and applies.
async fn check(row: &str, meanwhile: impl FnOnce(&World), expected: &str) {
    let world = World::new(row).with_profile(ASKING);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    meanwhile(&world);
    perform(&app).await;
    let ended = ends(&app, &plan).await.remove(0);
    assert_eq!(ended.split_once(": ").unwrap().1, expected);
    if expected.starts_with("refused") {
        assert!(world.changes().is_empty());
    }
}

#[tokio::test]
async fn a_resource_that_was_deleted_is_refused() {
    for (row, id) in [
        (format!("{INSTANCE} |"), "i-0123456789abcdef0"),
        (format!("{NAT} |"), "nat-0123456789abcdef0"),
        (format!("{CARTS} | Team=web"), "Carts"),
    ] {
        let remove = |world: &World| assert!(world.twin.remove(world.arn(id)));
        check(&row, remove, "refused: the resource no longer exists").await;
    }
}

#[tokio::test]
async fn a_bucket_that_was_deleted_is_refused() {
    let world = World::new(SILVER);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    world.twin.remove(world.arn("harbour-orders"));
    perform(&app).await;
    let ended = ends(&app, &plan).await;
    assert!(ended.contains(&"harbour-orders: refused: the resource no longer exists".to_owned()));
    assert_eq!(ended.iter().filter(|end| end.ends_with(": verified")).count(), 5);
}

#[tokio::test]
async fn a_changed_tag_that_a_filter_read_is_refused() {
    let expected = "refused: tag `Team` was `web`, now is `bank`";
    check(&format!("{CARTS} | Team=web"), |world| world.set_tag("Carts", "Team", "bank"), expected)
        .await;
}

#[tokio::test]
async fn a_changed_platform_is_refused() {
    let expected = "refused: `Platform` was `linux`, now is `windows`";
    let replace = |world: &World| world.replace(&format!("{INSTANCE} | +Platform=windows"));
    check(&format!("{INSTANCE} |"), replace, expected).await;
}

#[tokio::test]
async fn a_changed_state_is_refused() {
    let expected = "refused: `State` was `available`, now is `failed`";
    let replace = |world: &World| world.replace(&format!("{NAT} | +State=failed"));
    check(&format!("{NAT} |"), replace, expected).await;
}

#[tokio::test]
async fn a_tag_that_somebody_else_wrote_is_refused() {
    let silver = format!("{CARTS} | Team=web ams:rt:tier=silver");
    let bronze = |world: &World| world.set_tag("Carts", "ams:rt:tier", "bronze");
    check(&silver, bronze, "refused: tag `ams:rt:tier` was `silver`, now is `bronze`").await;
    let gold = |world: &World| world.set_tag("Carts", "ams:rt:tier", "gold");
    check(&silver, gold, "refused: tag `ams:rt:tier` was `silver`, now is `gold`").await;
}

#[tokio::test]
async fn a_tag_that_nobody_asked_about_may_change() {
    let other = |world: &World| world.set_tag("Carts", "Owner", "eve");
    check(&format!("{CARTS} | Team=web"), other, "verified").await;
}

#[tokio::test]
async fn what_was_refused_is_planned_anew() {
    let world = World::new(&format!("{CARTS} | Team=web")).with_profile(ASKING);
    let app = world.app().await;
    let plan = approve(&app, &propose(&app).await).await;
    world.set_tag("Carts", "ams:rt:tier", "bronze");
    perform(&app).await;
    let error = app.request_apply(&ana(), &plan.id).await.unwrap_err();
    assert!(error.message.contains("without a failed action"), "{error}");
    let plan = approve(&app, &propose(&app).await).await;
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, ["Carts: verified"]);
}

/// A plan of one action whose change was recorded as made by a process that died before it looked.
async fn performed(app: &reeve_app::App) -> reeve_app::views::PlanSummary {
    let plan = approve(app, &propose(app).await).await;
    let id: PlanId = plan.id.parse().unwrap();
    for step in [Step::Started, Step::Performed] {
        let event = PlanEvent::Action { direction: Direction::Apply, number: 1, step };
        let entry = NewEntry::new(Actor::Reeve, Event::Plan { plan: id, event });
        app.store.append(vec![entry]).await.unwrap();
    }
    plan
}

#[tokio::test]
async fn a_change_that_was_made_and_is_gone_after_a_restart_fails_and_can_be_tried_again() {
    let world = World::new(&format!("{CARTS} | Team=web ams:rt:tier=gold")).with_profile(ASKING);
    let app = world.app().await;
    let plan = performed(&app).await;
    perform(&app).await;
    let expected = "Carts: failed: read back: tag `ams:rt:backup` should be `daily`, but is absent";
    assert_eq!(ends(&app, &plan).await, [expected]);
    assert!(world.changes().is_empty(), "what was accepted once is not repeated unasked");
    app.request_apply(&ana(), &plan.id).await.unwrap();
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, ["Carts: verified"]);
}

#[tokio::test]
async fn a_change_that_shows_late_after_a_restart_is_waited_for() {
    let mut world = World::new(&format!("{CARTS} | Team=web ams:rt:tier=gold"));
    world.settings.read_back_waits = vec![std::time::Duration::ZERO; 3];
    let arn = world.arn("Carts").clone();
    let looks = std::sync::atomic::AtomicUsize::new(0);
    world.answer_by(move |twin, request| {
        let answer = crate::world::answer(twin.handle(request));
        let last = twin.calls().pop().unwrap();
        // The run looks once; the second look after the restart still shows the old state.
        if last.operation == "ListTagsOfResource"
            && looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 2
        {
            let mut tags = twin.tags(&arn).unwrap();
            tags.insert("ams:rt:backup".to_owned(), "daily".to_owned());
            twin.set_tags(&arn, tags);
        }
        answer
    });
    let app = world.app().await;
    let plan = performed(&app).await;
    perform(&app).await;
    assert_eq!(ends(&app, &plan).await, ["Carts: verified"]);
    assert!(world.changes().is_empty());
    undo(&app, &plan).await;
    assert_eq!(undo_ends(&app, &plan).await, ["Carts: verified"]);
}

//! Someone with a database client: every change to the ledger is found, at the right place.

use reeve_care::progress::Step;
use reeve_store::{LedgerFilter, Limit, StoreError, Verification, verify_ledger};

use crate::kit::{ACCOUNT, Fresh, Tampering, ana, step, suspended};

/// Six entries: a plan that is proposed, approved and applied, its first action, and a suspension.
async fn history(fresh: &Fresh) {
    let plan = fresh.applying(2).await;
    let started = ana(plan.id, step(1, Step::Started))
        .within(ACCOUNT.parse().unwrap(), "eu-west-1".parse().unwrap());
    fresh.store.append(vec![started, suspended("a storm"), suspended("more")]).await.unwrap();
    fresh.tamper_by(Tampering::UnguardLedger).await;
}

async fn verify(fresh: &Fresh) -> Verification {
    verify_ledger(&fresh.location).await.unwrap()
}

/// Checks that the first problem is at `sequence`, and returns what is said about it.
async fn problem_at(fresh: &Fresh, sequence: u64) -> String {
    let verification = verify(fresh).await;
    let problem = verification.problem.unwrap();
    assert_eq!(problem.sequence, sequence, "{}", problem.message);
    problem.message
}

pub(crate) async fn an_untouched_ledger_is_intact(fresh: Fresh) {
    history(&fresh).await;
    let verification = verify(&fresh).await;
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 6);
    let page = fresh.store.ledger(&LedgerFilter::default(), None, Limit::new(1)).await.unwrap();
    assert_eq!(verification.head.as_ref(), Some(&page.items[0].hash));
}

pub(crate) async fn an_empty_ledger_is_intact(fresh: Fresh) {
    let verification = verify(&fresh).await;
    assert_eq!(verification, Verification { entries: 0, head: None, problem: None });
}

pub(crate) async fn an_edit_of_any_field_is_found(fresh: Fresh) {
    history(&fresh).await;
    let edits = [
        ("at", "UPDATE ledger SET at = at + 1 WHERE sequence = 4"),
        ("actor", "UPDATE ledger SET actor = 'person:bob' WHERE sequence = 4"),
        ("kind", "UPDATE ledger SET kind = 'plan.action.verified' WHERE sequence = 4"),
        ("plan_id", "UPDATE ledger SET plan_id = NULL WHERE sequence = 4"),
        ("action_number", "UPDATE ledger SET action_number = 2 WHERE sequence = 4"),
        ("account", "UPDATE ledger SET account = '444455556666' WHERE sequence = 4"),
        ("region", "UPDATE ledger SET region = 'eu-west-2' WHERE sequence = 4"),
        ("data", "UPDATE ledger SET data = replace(data, 'started', 'failed') WHERE sequence = 4"),
        (
            "hash",
            "UPDATE ledger SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE sequence = 4",
        ),
        (
            "previous_hash",
            "UPDATE ledger SET previous_hash = substr(previous_hash, 2) || '0' WHERE sequence = 4",
        ),
    ];
    for (field, edit) in edits {
        fresh.tamper("CREATE TABLE kept AS SELECT * FROM ledger WHERE sequence = 4").await;
        fresh.tamper(edit).await;
        let message = problem_at(&fresh, 4).await;
        assert!(message.contains("it was altered"), "{field}: {message}");
        fresh
            .tamper(
                "DELETE FROM ledger WHERE sequence = 4; INSERT INTO ledger SELECT * FROM kept; \
                 DROP TABLE kept",
            )
            .await;
        assert!(verify(&fresh).await.is_intact(), "{field} is put back");
    }
}

pub(crate) async fn a_removed_entry_is_found(fresh: Fresh) {
    history(&fresh).await;
    fresh.tamper("DELETE FROM ledger WHERE sequence = 3").await;
    let message = problem_at(&fresh, 3).await;
    assert_eq!(message, "it is missing: entry 2 is followed by entry 4");
    fresh.tamper("UPDATE ledger SET sequence = sequence - 1 WHERE sequence > 3").await;
    problem_at(&fresh, 3).await;
    fresh.tamper("DELETE FROM ledger WHERE sequence = 1").await;
    assert_eq!(problem_at(&fresh, 1).await, "it is missing: the ledger begins with entry 2");
}

pub(crate) async fn two_swapped_entries_are_found(fresh: Fresh) {
    history(&fresh).await;
    fresh
        .tamper(
            "UPDATE ledger SET sequence = 99 WHERE sequence = 3; \
             UPDATE ledger SET sequence = 3 WHERE sequence = 5; \
             UPDATE ledger SET sequence = 5 WHERE sequence = 99",
        )
        .await;
    problem_at(&fresh, 3).await;
}

pub(crate) async fn a_cut_end_is_found(fresh: Fresh) {
    history(&fresh).await;
    fresh.tamper("DELETE FROM ledger WHERE sequence > 4").await;
    let message = problem_at(&fresh, 5).await;
    assert_eq!(message, "it is missing: the ledger was cut off, its head is entry 6");
    fresh.tamper("DELETE FROM ledger").await;
    problem_at(&fresh, 1).await;
}

pub(crate) async fn a_changed_head_is_found(fresh: Fresh) {
    history(&fresh).await;
    fresh.tamper("UPDATE ledger_head SET hash = 'x'").await;
    problem_at(&fresh, 6).await;
    fresh.tamper("UPDATE ledger_head SET sequence = 4").await;
    assert_eq!(problem_at(&fresh, 7).await, "the ledger goes on beyond its recorded head, entry 4");
    fresh.tamper("DELETE FROM ledger_head").await;
    problem_at(&fresh, 7).await;
    assert!(matches!(
        fresh.store.append(vec![suspended("more")]).await,
        Err(StoreError::Damaged { .. })
    ));
}

pub(crate) async fn an_entry_that_was_added_past_the_head_is_found(fresh: Fresh) {
    history(&fresh).await;
    fresh
        .tamper(
            "INSERT INTO ledger SELECT 7, at, actor, kind, plan_id, action_number, account, region, data, \
             hash, hash FROM ledger WHERE sequence = 6",
        )
        .await;
    problem_at(&fresh, 7).await;
}

pub(crate) async fn the_database_refuses_to_edit_or_remove_an_entry(fresh: Fresh) {
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    for statement in ["UPDATE ledger SET actor = 'person:bob'", "DELETE FROM ledger"] {
        let refused = sqlx::raw_sql(statement).execute(&mut fresh.raw().await).await;
        assert!(refused.unwrap_err().to_string().contains("append-only"), "{statement}");
    }
}

pub(crate) async fn an_edited_plan_is_found_and_not_performed(fresh: Fresh) {
    let plan = fresh.applying(2).await;
    fresh.tamper_by(Tampering::UnguardActions).await;
    let edits = [
        "UPDATE plans SET start = 'at_once', start_reason = 'act'",
        "UPDATE plans SET start = 'somehow'",
        "UPDATE plans SET controller = 'patcher'",
        "UPDATE plans SET actions = 1",
        "UPDATE plans SET digest = '0'",
        "UPDATE plan_actions SET resource_id = 'i-other' WHERE number = 2",
        "UPDATE plan_actions SET document = replace(document, 'linux', 'windows') WHERE number = 1",
        "UPDATE plan_actions SET document = replace(document, 'true', 'false') WHERE number = 1",
        "UPDATE plan_actions SET document = '{}' WHERE number = 1",
        "UPDATE plan_actions SET region = '' WHERE number = 1",
        "UPDATE plan_actions SET number = 3 WHERE number = 2",
        "DELETE FROM plan_actions WHERE number = 2",
        "DELETE FROM plan_actions; DELETE FROM plans",
    ];
    for edit in edits {
        fresh
            .tamper(
                "CREATE TABLE kept_plans AS SELECT * FROM plans; \
                 CREATE TABLE kept_actions AS SELECT * FROM plan_actions",
            )
            .await;
        fresh.tamper_loosely(edit).await;
        let message = problem_at(&fresh, 1).await;
        assert!(message.contains(&plan.id.to_string()), "{edit}: {message}");
        assert!(fresh.store.verified_plan(plan.id).await.is_err(), "{edit}");
        assert!(fresh.store.plan(plan.id).await.is_err(), "{edit}");
        fresh
            .tamper_loosely(
                "DELETE FROM plan_actions; DELETE FROM plans; \
                 INSERT INTO plans SELECT * FROM kept_plans; DROP TABLE kept_plans; \
                 INSERT INTO plan_actions SELECT * FROM kept_actions; DROP TABLE kept_actions",
            )
            .await;
        assert!(verify(&fresh).await.is_intact(), "{edit} is put back");
        assert_eq!(fresh.store.verified_plan(plan.id).await.unwrap().0, plan);
    }
}

pub(crate) async fn a_plan_whose_digest_was_edited_with_its_actions_is_not_performed(fresh: Fresh) {
    let plan = fresh.applying(2).await;
    let mut edited = plan.clone();
    edited.actions[1].resource.id = "i-other".to_owned();
    fresh.tamper_by(Tampering::UnguardActions).await;
    fresh.tamper("UPDATE plan_actions SET resource_id = 'i-other' WHERE number = 2").await;
    let mut raw = fresh.raw().await;
    let edit = sqlx::query("UPDATE plans SET digest = $1").bind(edited.digest());
    edit.execute(&mut raw).await.unwrap();
    for refused in [
        fresh.store.verified_plan(plan.id).await.map(|_| ()),
        fresh.store.progress(plan.id).await.map(|_| ()),
        fresh.store.plan(plan.id).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    }
    let message = problem_at(&fresh, 1).await;
    assert_eq!(
        message,
        format!("{} is not the plan that was proposed: its rows have another digest", plan.id)
    );
}

pub(crate) async fn a_plan_that_nobody_proposed_is_found_and_not_performed(fresh: Fresh) {
    let plan = fresh.proposed(2).await;
    let stray = "plan_00000000000000000000000000";
    fresh
        .tamper(
            "INSERT INTO plans SELECT 'plan_00000000000000000000000000', controller, created_at, 'at_once', \
             'act', digest, accounts, actions, 'applying', 0, 0, 0, 0, 0, 0, 0 FROM plans; \
             INSERT INTO plan_actions SELECT 'plan_00000000000000000000000000', number, account, region, \
             type, resource_id, arn, digest, document FROM plan_actions",
        )
        .await;
    let id = stray.parse().unwrap();
    assert!(matches!(fresh.store.verified_plan(id).await, Err(StoreError::Damaged { .. })));
    assert!(matches!(fresh.store.progress(id).await, Err(StoreError::Damaged { .. })));
    assert!(fresh.store.verified_plan(plan.id).await.is_ok());
    assert_eq!(
        problem_at(&fresh, 2).await,
        format!("it is missing: nothing says that {stray} was proposed")
    );
}

//! Plans: proposing, answering and reading them.

use reeve_care::{
    plan::{Plan, Start, TagChange},
    progress::{ActionProgress, Direction, Phase, PlanEvent, Step, Tally},
};
use reeve_store::{Limit, PlanFilter, PlanSummary, Proposed, StoreError, UndoneChange};
use reeve_types::{Actor, PlanId};

use crate::kit::{ACCOUNT, Fresh, ana, approval, refusal, step, suspended, undo};

async fn propose(fresh: &Fresh, plan: &Plan) -> Proposed {
    fresh.store.propose(plan, &Actor::Reeve).await.unwrap()
}

async fn phase(fresh: &Fresh, id: PlanId) -> Phase {
    fresh.store.plan_summary(id).await.unwrap().phase
}

async fn entries(fresh: &Fresh) -> u64 {
    let verification = fresh.store.verify().await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    verification.entries
}

fn conflicts<T: std::fmt::Debug>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Conflict { .. }))
}

pub(crate) async fn a_proposed_plan_is_read_back_whole(fresh: Fresh) {
    let mut plan = fresh.plan(300);
    plan.start = Start::AtOnce("`act` on `111122223333`".to_owned());
    assert_eq!(propose(&fresh, &plan).await, Proposed::New { id: plan.id, superseded: Vec::new() });
    assert_eq!(fresh.store.plan(plan.id).await.unwrap(), plan);
    let tally = Tally { total: 300, open: 300, ..Tally::default() };
    let expected = PlanSummary {
        id: plan.id,
        controller: plan.controller.clone(),
        created_at: plan.created_at,
        start: plan.start.clone(),
        digest: plan.digest(),
        accounts: vec![ACCOUNT.parse().unwrap()],
        actions: 300,
        phase: Phase::Proposed,
        tally,
        undo_tally: None,
    };
    assert_eq!(fresh.store.plan_summary(plan.id).await.unwrap(), expected);
    assert_eq!(fresh.store.history(plan.id).await.unwrap()[0].actor, Actor::Reeve);
}

pub(crate) async fn a_plan_without_actions_is_refused(fresh: Fresh) {
    let outcome = fresh.store.propose(&fresh.plan(0), &Actor::Reeve).await;
    assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
}

pub(crate) async fn a_plan_whose_actions_are_misnumbered_is_refused(fresh: Fresh) {
    let mut plan = fresh.plan(3);
    plan.actions[2].number = 4;
    let outcome = fresh.store.propose(&plan, &Actor::Reeve).await;
    assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
}

pub(crate) async fn a_newer_plan_takes_the_place_of_one_that_waits(fresh: Fresh) {
    let (older, newer) = (fresh.plan(2), fresh.plan(3));
    propose(&fresh, &older).await;
    let proposed = propose(&fresh, &newer).await;
    assert_eq!(proposed, Proposed::New { id: newer.id, superseded: vec![older.id] });
    assert_eq!(phase(&fresh, older.id).await, Phase::Superseded);
    let history = fresh.store.history(older.id).await.unwrap();
    let event = reeve_store::Event::Plan {
        plan: older.id,
        event: PlanEvent::Superseded { by: Some(newer.id) },
    };
    assert_eq!(history.last().unwrap().event, event);
    assert!(conflicts(&fresh.store.append(vec![ana(older.id, approval(&older))]).await));
    assert_eq!(entries(&fresh).await, 3);
}

pub(crate) async fn the_same_wish_keeps_the_plan_that_waits(fresh: Fresh) {
    let (older, newer) = (fresh.plan(2), fresh.plan(2));
    propose(&fresh, &older).await;
    assert_eq!(propose(&fresh, &newer).await, Proposed::Unchanged(older.id));
    assert!(matches!(
        fresh.store.plan_summary(newer.id).await,
        Err(StoreError::PlanNotFound { .. })
    ));
    assert_eq!(entries(&fresh).await, 1);
}

pub(crate) async fn the_same_wish_keeps_the_plan_that_was_approved(fresh: Fresh) {
    let (older, newer, another) = (fresh.plan(2), fresh.plan(2), fresh.plan(3));
    propose(&fresh, &older).await;
    fresh.record(older.id, approval(&older)).await;
    assert_eq!(propose(&fresh, &newer).await, Proposed::Unchanged(older.id));
    // Another wish does not take back what someone approved.
    assert_eq!(
        propose(&fresh, &another).await,
        Proposed::New { id: another.id, superseded: vec![] }
    );
    assert_eq!(phase(&fresh, older.id).await, Phase::Approved);
}

pub(crate) async fn a_plan_of_another_controller_or_start_is_left_alone(fresh: Fresh) {
    let (waiting, mut other, mut at_once) = (fresh.plan(2), fresh.plan(3), fresh.plan(4));
    other.controller = "patcher".to_owned();
    at_once.start = Start::AtOnce("`act`".to_owned());
    for plan in [&waiting, &other, &at_once] {
        assert_eq!(propose(&fresh, plan).await, Proposed::New { id: plan.id, superseded: vec![] });
    }
    assert_eq!(phase(&fresh, waiting.id).await, Phase::Proposed);
}

pub(crate) async fn approval_of_another_digest_is_refused(fresh: Fresh) {
    let plan = fresh.proposed(2).await;
    let outcome = fresh.store.append(vec![ana(plan.id, approval(&fresh.plan(3)))]).await;
    assert!(conflicts(&outcome), "{outcome:?}");
    assert_eq!(phase(&fresh, plan.id).await, Phase::Proposed);
}

pub(crate) async fn an_event_that_cannot_happen_is_refused_and_leaves_no_entry(fresh: Fresh) {
    let plan = fresh.proposed(2).await;
    let impossible = [
        PlanEvent::ApplyRequested,
        PlanEvent::ApplyFinished,
        PlanEvent::UndoFinished,
        undo(),
        step(1, Step::Started),
    ];
    for event in impossible {
        let outcome = fresh.store.append(vec![ana(plan.id, event.clone())]).await;
        assert!(conflicts(&outcome), "{event:?}: {outcome:?}");
    }
    fresh.record(plan.id, approval(&plan)).await;
    fresh.record(plan.id, PlanEvent::ApplyRequested).await;
    fresh.run(plan.id, Direction::Apply, 1, Step::Verified).await;
    for event in [step(1, Step::Started), step(0, Step::Started), step(3, Step::Started), refusal()]
    {
        let outcome = fresh.store.append(vec![ana(plan.id, event.clone())]).await;
        assert!(conflicts(&outcome), "{event:?}: {outcome:?}");
    }
    let again =
        fresh.store.append(vec![ana(plan.id, PlanEvent::Proposed { digest: plan.digest() })]);
    assert!(matches!(again.await, Err(StoreError::Invalid { .. })));
    assert_eq!(entries(&fresh).await, 6);
}

pub(crate) async fn entries_are_appended_all_or_none(fresh: Fresh) {
    let plan = fresh.proposed(2).await;
    let request = vec![
        suspended("a storm"),
        ana(plan.id, approval(&plan)),
        ana(plan.id, PlanEvent::ApplyRequested),
        ana(plan.id, PlanEvent::UndoFinished),
    ];
    let outcome = fresh.store.append(request).await;
    assert!(conflicts(&outcome), "{outcome:?}");
    assert_eq!(phase(&fresh, plan.id).await, Phase::Proposed);
    assert_eq!(fresh.store.suspension().await.unwrap(), None);
    assert_eq!(entries(&fresh).await, 1);
}

pub(crate) async fn an_event_of_a_plan_that_does_not_exist_is_refused(fresh: Fresh) {
    let plan = fresh.plan(1);
    let outcome = fresh.store.append(vec![ana(plan.id, refusal())]).await;
    assert!(matches!(outcome, Err(StoreError::PlanNotFound { .. })), "{outcome:?}");
    assert!(fresh.store.progress(plan.id).await.is_err());
}

pub(crate) async fn a_plan_is_found_by_a_part_of_its_id(fresh: Fresh) {
    assert!(fresh.store.resolve_plan("latest").await.is_err());
    let (first, second) = (fresh.proposed(1).await.id, fresh.proposed(1).await.id);
    let text = first.to_string();
    let bare = text.trim_start_matches("plan_");
    let (beginning, _) = text.split_at(text.len() - 1);
    let (_, end) = text.split_at(text.len() - 6);
    for part in [text.as_str(), bare, beginning, end] {
        assert_eq!(fresh.store.resolve_plan(part).await.unwrap(), first, "{part}");
    }
    let shouted = bare.to_uppercase();
    assert_eq!(fresh.store.resolve_plan(&shouted).await.unwrap(), first);
    assert_eq!(fresh.store.resolve_plan("latest").await.unwrap(), second);
    for nothing in ["", "%", "plan-", "plan_zzzz", "\\"] {
        let outcome = fresh.store.resolve_plan(nothing).await;
        assert!(matches!(outcome, Err(StoreError::PlanNotFound { .. })), "{nothing}: {outcome:?}");
    }
    let ambiguous = fresh.store.resolve_plan("plan_0").await;
    let Err(StoreError::AmbiguousPlan { candidates, .. }) = ambiguous else {
        panic!("{ambiguous:?}")
    };
    assert_eq!(candidates, [second.to_string(), first.to_string()]);
}

pub(crate) async fn plans_are_listed_newest_first(fresh: Fresh) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(fresh.proposed(1).await.id);
    }
    ids.reverse();
    fresh.record(ids[1], refusal()).await;
    let list = async |filter: &PlanFilter, before, limit| {
        let page = fresh.store.plans(filter, before, Limit::new(limit)).await.unwrap();
        (page.items.iter().map(|plan| plan.id).collect::<Vec<_>>(), page.next)
    };
    let all = PlanFilter::default();
    assert_eq!(list(&all, None, 2).await, (ids[..2].to_vec(), Some(ids[1])));
    assert_eq!(list(&all, Some(ids[1]), 3).await, (ids[2..].to_vec(), None));
    let refused = PlanFilter { phase: Some(Phase::Refused), ..all.clone() };
    assert_eq!(list(&refused, None, 9).await.0, [ids[1]]);
    let controller = PlanFilter { controller: Some("nobody".to_owned()), ..all };
    assert_eq!(list(&controller, None, 9).await.0, []);
}

pub(crate) async fn actions_are_paged_with_their_progress(fresh: Fresh) {
    let plan = fresh.applying(5).await;
    fresh.run(plan.id, Direction::Apply, 1, Step::Verified).await;
    fresh.run(plan.id, Direction::Apply, 2, Step::Failed("throttled".to_owned())).await;
    fresh.record(plan.id, step(3, Step::Refused("it is gone".to_owned()))).await;
    fresh.record(plan.id, step(4, Step::Started)).await;
    let first = fresh.store.plan_page(plan.id, 0, Limit::new(3)).await.unwrap();
    assert_eq!(first.next, Some(3));
    let second = fresh.store.plan_page(plan.id, 3, Limit::new(3)).await.unwrap();
    assert_eq!(second.next, None);
    let planned = [first.items, second.items].concat();
    let actions: Vec<_> = planned.iter().map(|planned| planned.action.clone()).collect();
    assert_eq!(actions, plan.actions);
    let progress: Vec<ActionProgress> =
        planned.into_iter().map(|planned| planned.progress).collect();
    let at = |apply, started_before| ActionProgress { apply, started_before, ..Default::default() };
    let expected = [
        at(Step::Verified, true),
        at(Step::Failed("throttled".to_owned()), true),
        at(Step::Refused("it is gone".to_owned()), false),
        at(Step::Started, true),
        ActionProgress::default(),
    ];
    assert_eq!(progress, expected);
    let summary = fresh.store.plan_summary(plan.id).await.unwrap();
    assert_eq!(summary.tally, Tally { total: 5, verified: 1, refused: 1, failed: 1, open: 2 });
}

pub(crate) async fn a_plans_history_leaves_out_what_happened_to_each_action(fresh: Fresh) {
    let plan = fresh.applied(2).await;
    let kinds = |entries: Vec<reeve_store::Entry>| {
        entries.iter().map(reeve_store::Entry::kind).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(fresh.store.history(plan.id).await.unwrap()),
        ["plan.proposed", "plan.approved", "plan.apply_requested", "plan.apply_finished"]
    );
    assert_eq!(
        kinds(fresh.store.action_history(plan.id, 2).await.unwrap()),
        ["plan.action.started", "plan.action.performed", "plan.action.verified"]
    );
}

pub(crate) async fn unfinished_plans_are_those_the_engine_goes_on_with(fresh: Fresh) {
    fresh.proposed(1).await;
    fresh.applied(1).await;
    let waiting = fresh.proposed(1).await;
    fresh.record(waiting.id, approval(&waiting)).await;
    let applying = fresh.applying(1).await;
    let undoing = fresh.applied(1).await;
    fresh.record(undoing.id, undo()).await;
    let mut at_once = fresh.plan(1);
    at_once.start = Start::AtOnce("`act`".to_owned());
    propose(&fresh, &at_once).await;
    let unfinished = fresh.store.unfinished_plans().await.unwrap();
    let phases: Vec<_> = unfinished.iter().map(|plan| (plan.id, plan.phase)).collect();
    assert_eq!(
        phases,
        [
            (applying.id, Phase::Applying),
            (undoing.id, Phase::Undoing),
            (at_once.id, Phase::Proposed)
        ]
    );
    fresh.record(at_once.id, approval(&at_once)).await;
    let unfinished = fresh.store.unfinished_plans().await.unwrap();
    assert_eq!(unfinished.last().unwrap().phase, Phase::Approved);
}

async fn undone(fresh: &Fresh, controller: &str) -> Vec<(String, String)> {
    let changes = fresh.store.undone_changes(controller).await.unwrap();
    let mut shown: Vec<_> = changes
        .into_iter()
        .map(|UndoneChange { arn, key, after }| {
            let (_, id) = arn.rsplit_once('/').unwrap();
            (id.to_owned(), format!("{key}={}", after.unwrap_or_default()))
        })
        .collect();
    shown.sort();
    shown
}

pub(crate) async fn an_undone_change_is_remembered_until_it_is_applied_again(fresh: Fresh) {
    let first = fresh.applied(2).await;
    let controller = first.controller.as_str();
    assert_eq!(undone(&fresh, controller).await, []);
    fresh.record(first.id, undo()).await;
    fresh.run(first.id, Direction::Undo, 2, Step::Verified).await;
    fresh.run(first.id, Direction::Undo, 1, Step::Failed("denied".to_owned())).await;
    fresh.record(first.id, PlanEvent::UndoFinished).await;
    let second = ("i-00000002".to_owned(), "ams:rt:ams-managed=true".to_owned());
    let remembered = std::slice::from_ref(&second);
    assert_eq!(undone(&fresh, controller).await, remembered);
    assert_eq!(undone(&fresh, "patcher").await, []);

    let mut again = fresh.plan(2);
    again.controller.clone_from(&first.controller);
    propose(&fresh, &again).await;
    fresh.record(again.id, approval(&again)).await;
    fresh.record(again.id, PlanEvent::ApplyRequested).await;
    fresh.run(again.id, Direction::Apply, 2, Step::Failed("denied".to_owned())).await;
    assert_eq!(undone(&fresh, controller).await, remembered, "it was not applied");
    fresh.run(again.id, Direction::Apply, 1, Step::Verified).await;
    fresh.record(again.id, PlanEvent::ApplyFinished).await;
    fresh.record(again.id, PlanEvent::ApplyRequested).await;
    fresh.run(again.id, Direction::Apply, 2, Step::Verified).await;
    assert_eq!(undone(&fresh, controller).await, []);
}

pub(crate) async fn of_several_undone_changes_only_those_applied_again_are_forgotten(fresh: Fresh) {
    let change = |key: &str, before: Option<&str>, after: Option<&str>| TagChange {
        key: key.to_owned(),
        before: before.map(ToOwned::to_owned),
        after: after.map(ToOwned::to_owned),
        reason: "`Linux` matches".to_owned(),
    };
    let changed = async |changes: Vec<TagChange>| {
        let mut plan = fresh.plan(1);
        plan.actions[0].changes = changes;
        propose(&fresh, &plan).await;
        fresh.record(plan.id, approval(&plan)).await;
        fresh.record(plan.id, PlanEvent::ApplyRequested).await;
        fresh.run(plan.id, Direction::Apply, 1, Step::Verified).await;
        fresh.record(plan.id, PlanEvent::ApplyFinished).await;
        plan
    };
    let plan = changed(vec![
        change("a", None, Some("1")),
        change("b", None, Some("1")),
        change("c", Some("1"), None),
    ])
    .await;
    fresh.record(plan.id, undo()).await;
    fresh.run(plan.id, Direction::Undo, 1, Step::Verified).await;
    fresh.record(plan.id, PlanEvent::UndoFinished).await;
    let remembered = async || {
        let changes = undone(&fresh, &plan.controller).await;
        changes.into_iter().map(|(_, change)| change).collect::<Vec<_>>()
    };
    assert_eq!(remembered().await, ["a=1", "b=1", "c="]);
    // Another value is another change, and what a tag was before does not matter.
    changed(vec![change("a", Some("0"), Some("1")), change("b", None, Some("2"))]).await;
    assert_eq!(remembered().await, ["b=1", "c="]);
}

pub(crate) async fn plans_without_a_subject_are_superseded_unless_they_were_answered(fresh: Fresh) {
    let (mut other, mut at_once) = (fresh.plan(1), fresh.plan(1));
    other.controller = "patcher".to_owned();
    at_once.start = Start::AtOnce("`act`".to_owned());
    let approved = fresh.plan(2);
    propose(&fresh, &approved).await;
    fresh.record(approved.id, approval(&approved)).await;
    let waiting = fresh.plan(3);
    for plan in [&other, &at_once, &waiting] {
        propose(&fresh, plan).await;
    }
    let supersede = async || {
        let store = &fresh.store;
        store.supersede_waiting("resource-tagger", &Start::OnApproval, &Actor::Reeve).await.unwrap()
    };
    assert_eq!(supersede().await, [waiting.id]);
    assert_eq!(phase(&fresh, waiting.id).await, Phase::Superseded);
    let last = fresh.store.history(waiting.id).await.unwrap().pop().unwrap();
    let event = PlanEvent::Superseded { by: None };
    assert_eq!(last.event, reeve_store::Event::Plan { plan: waiting.id, event });
    assert_eq!(phase(&fresh, approved.id).await, Phase::Approved);
    for plan in [&other, &at_once] {
        assert_eq!(phase(&fresh, plan.id).await, Phase::Proposed);
    }
    assert_eq!(supersede().await, []);
    // Which rule lets a plan start does not matter here.
    let start = Start::AtOnce(String::new());
    let superseded = fresh.store.supersede_waiting("resource-tagger", &start, &Actor::Reeve).await;
    assert_eq!(superseded.unwrap(), [at_once.id]);
    assert_eq!(entries(&fresh).await, 7);
}

pub(crate) async fn the_same_wish_for_other_facts_makes_a_new_plan(fresh: Fresh) {
    let (older, mut newer) = (fresh.plan(2), fresh.plan(2));
    newer.actions[1].reads.tags.insert("Team".to_owned(), Some("web".to_owned()));
    propose(&fresh, &older).await;
    let proposed = propose(&fresh, &newer).await;
    assert_eq!(proposed, Proposed::New { id: newer.id, superseded: vec![older.id] });
    assert_eq!(fresh.store.plan(newer.id).await.unwrap(), newer);
}

pub(crate) async fn a_verified_plan_is_the_plan_and_where_it_stands(fresh: Fresh) {
    let plan = fresh.applying(3).await;
    fresh.run(plan.id, Direction::Apply, 2, Step::Verified).await;
    let (read, progress) = fresh.store.verified_plan(plan.id).await.unwrap();
    assert_eq!(read, plan);
    assert_eq!(progress, fresh.store.progress(plan.id).await.unwrap());
    assert_eq!(progress.tally(Direction::Apply).verified, 1);
}

pub(crate) async fn a_plan_is_found_by_what_it_wants(fresh: Fresh) {
    let plan = fresh.proposed(2).await;
    fresh.record(plan.id, refusal()).await;
    let found = fresh.store.plan_with_digest(&plan.controller, &plan.digest()).await.unwrap();
    assert_eq!(found.unwrap().phase, Phase::Refused);
    assert_eq!(fresh.store.plan_with_digest("patcher", &plan.digest()).await.unwrap(), None);
}

pub(crate) async fn a_plan_of_many_actions_is_proposed_read_and_applied(fresh: Fresh) {
    const MANY: u32 = 3_000;
    let plan = fresh.applying(MANY).await;
    for round in [Step::Started, Step::Performed, Step::Verified] {
        let events = (1..=MANY).map(|number| ana(plan.id, step(number, round.clone())));
        fresh.store.append(events.collect()).await.unwrap();
    }
    fresh.record(plan.id, PlanEvent::ApplyFinished).await;
    assert_eq!(fresh.store.plan(plan.id).await.unwrap(), plan);
    let progress = fresh.store.progress(plan.id).await.unwrap();
    let tally = progress.tally(Direction::Apply);
    assert_eq!(tally.verified, 3_000);
    assert_eq!(fresh.store.plan_summary(plan.id).await.unwrap().tally, tally);
    assert_eq!(entries(&fresh).await, 4 + 3 * u64::from(MANY));
}

//! Where a plan stands, from its events.

use reeve_care::progress::{Direction, Phase, PlanEvent, Progress, Step};

use crate::plan::{action, plan};

/// Reads `proposed`, `approved`, `apply`, `undo`, `applied`, `undone`, `refused`, `superseded`, or an action's step:
/// `1 started` forth, `-1 started` back.
fn event(text: &str) -> PlanEvent {
    if let Some((number, step)) = text.split_once(' ') {
        let direction = if number.starts_with('-') { Direction::Undo } else { Direction::Apply };
        let step = match step {
            "pending" => Step::Pending,
            "started" => Step::Started,
            "performed" => Step::Performed,
            "verified" => Step::Verified,
            "refused" => Step::Refused("changed".to_owned()),
            "failed" => Step::Failed("denied".to_owned()),
            other => panic!("{other}"),
        };
        let number = number.trim_start_matches('-').parse().unwrap();
        return PlanEvent::Action { direction, number, step };
    }
    let text_of = String::new;
    match text {
        "proposed" => PlanEvent::Proposed { digest: text_of() },
        "approved" => PlanEvent::Approved { digest: text_of(), comment: text_of() },
        "refused" => PlanEvent::Refused { comment: text_of() },
        "superseded" => PlanEvent::Superseded { by: None },
        "apply" => PlanEvent::ApplyRequested,
        "applied" => PlanEvent::ApplyFinished,
        "undo" => PlanEvent::UndoRequested { comment: text_of() },
        "undone" => PlanEvent::UndoFinished,
        other => panic!("{other}"),
    }
}

fn replay(script: &str) -> Result<Progress, String> {
    let three = plan((1..=3).map(|number| action(number, "AWS::S3::Bucket a", vec![])).collect());
    let events: Vec<PlanEvent> = script.split(',').map(|text| event(text.trim())).collect();
    Progress::replay(&three, &events).map_err(|error| error.to_string())
}

const STARTED: &str = "proposed, approved, apply, 1 started, 1 performed, 1 verified";
const APPLIED: &str = "proposed, approved, apply, 1 started, 1 performed, 1 verified, 2 started, 2 failed, \
                       3 refused, applied";

#[test]
fn a_plan_is_where_its_events_have_brought_it() {
    for (script, phase) in [
        ("proposed", Phase::Proposed),
        ("proposed, refused", Phase::Refused),
        ("proposed, superseded", Phase::Superseded),
        ("proposed, approved", Phase::Approved),
        ("proposed, approved, refused", Phase::Refused),
        ("proposed, approved, superseded", Phase::Superseded),
        ("proposed, approved, apply", Phase::Applying),
        (STARTED, Phase::Applying),
        (APPLIED, Phase::Applied),
        (&format!("{APPLIED}, undo"), Phase::Undoing),
        (&format!("{APPLIED}, undo, -2 verified, -1 started, -1 verified, undone"), Phase::Undone),
    ] {
        assert_eq!(replay(script).unwrap().phase, phase, "{script}");
    }
}

#[test]
fn what_cannot_happen_is_refused() {
    for (script, expected) in [
        ("proposed, apply", "applying it is not possible: the plan waits for approval"),
        ("proposed, undo", "undoing it is not possible: the plan waits for approval"),
        ("proposed, refused, approved", "approving it is not possible: the plan was refused"),
        ("proposed, approved, approved", "approving it is not possible: the plan is approved"),
        (
            "proposed, approved, apply, superseded",
            "superseding it is not possible: the plan is being applied",
        ),
        (
            "proposed, approved, 1 started",
            "a step of an action is not possible: the plan is approved",
        ),
        (
            "proposed, approved, apply, -1 started",
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            "proposed, approved, apply, 4 started",
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            "proposed, approved, apply, 0 started",
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            "proposed, approved, apply, 1 started, 1 performed, 1 started",
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            "proposed, approved, apply, 1 started, 1 pending",
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            &format!("{STARTED}, 1 failed"),
            "a step of an action is not possible: the plan is being applied",
        ),
        (
            &format!("{STARTED}, applied"),
            "finishing its apply is not possible: the plan is being applied with open actions",
        ),
        (
            &format!("{APPLIED}, undo, undone"),
            "finishing its undo is not possible: the plan is being undone with open actions",
        ),
        (
            "proposed, approved, apply, 1 refused, 2 refused, 3 refused, applied, undo",
            "undoing it is not possible: the plan was applied and left nothing to undo",
        ),
        (
            "proposed, approved, apply, 1 refused, 2 refused, 3 refused, applied, apply",
            "applying it again is not possible: the plan was applied without a failed action",
        ),
        (
            &format!("{APPLIED}, undo, -2 verified, -1 verified, undone, undo"),
            "undoing it is not possible: the plan was undone without a failed action",
        ),
        (
            &format!("{APPLIED}, undo, -2 verified, -1 verified, undone, apply"),
            "applying it is not possible: the plan was undone",
        ),
    ] {
        assert_eq!(replay(script).unwrap_err(), expected, "{script}");
    }
}

#[test]
fn an_apply_goes_forwards_over_what_is_not_at_its_end() {
    let next = |script: &str| replay(script).unwrap().next(2);
    assert_eq!(next("proposed, approved"), (Direction::Apply, vec![]));
    assert_eq!(next("proposed, approved, apply"), (Direction::Apply, vec![1, 2]));
    assert_eq!(next("proposed, approved, apply, 1 started"), (Direction::Apply, vec![1, 2]));
    assert_eq!(next(STARTED), (Direction::Apply, vec![2, 3]));
    assert_eq!(next(APPLIED), (Direction::Apply, vec![]));
}

#[test]
fn an_undo_goes_backwards_over_what_may_have_been_changed() {
    let undoing = replay(&format!("{APPLIED}, undo")).unwrap();
    assert_eq!(undoing.next(9), (Direction::Undo, vec![2, 1]), "3 was refused before it started");
    let half = replay(&format!("{APPLIED}, undo, -2 started, -2 verified")).unwrap();
    assert_eq!(half.next(9), (Direction::Undo, vec![1]));
}

#[test]
fn failed_actions_are_tried_again_and_refused_ones_are_not() {
    let again = replay(&format!("{APPLIED}, apply")).unwrap();
    assert_eq!(again.next(9), (Direction::Apply, vec![2]));
    assert!(again.action(2).unwrap().may_have_changed(), "it was started before");
    assert!(!again.action(3).unwrap().may_have_changed());
    let failed_undo =
        replay(&format!("{APPLIED}, undo, -2 failed, -1 refused, undone, undo")).unwrap();
    assert_eq!(failed_undo.next(9), (Direction::Undo, vec![2]));
}

#[test]
fn an_action_may_start_again_after_a_crash_and_find_its_work_done() {
    let script =
        "proposed, approved, apply, 1 started, 1 started, 1 verified, 2 started, 2 refused";
    assert_eq!(replay(script).unwrap().next(9), (Direction::Apply, vec![3]));
}

#[test]
fn a_tally_counts_every_end() {
    let applied = replay(APPLIED).unwrap().tally(Direction::Apply);
    let numbers = (applied.total, applied.verified, applied.refused, applied.failed, applied.open);
    assert_eq!(numbers, (3, 1, 1, 1, 0));
    let undoing = replay(&format!("{APPLIED}, undo, -2 verified")).unwrap().tally(Direction::Undo);
    let numbers = (undoing.total, undoing.verified, undoing.refused, undoing.failed, undoing.open);
    assert_eq!(numbers, (2, 1, 0, 0, 1), "what never started is not part of the undo");
}

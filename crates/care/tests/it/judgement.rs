//! Whether an action may still be performed.

use reeve_care::{
    judgement::{Judgement, judge, verify},
    plan::Action,
    progress::Direction,
};

use crate::{
    plan::{action, change},
    support::resource,
};

/// The action that sets `new`, changes `old` and removes `gone`, decided on `Platform` and `env`.
fn three_changes() -> Action {
    let mut action = action(
        1,
        "AWS::EC2::Instance i-1",
        vec![
            change("gone", Some("1"), None),
            change("new", None, Some("1")),
            change("old", Some("1"), Some("2")),
        ],
    );
    let seen = resource("AWS::EC2::Instance i-1 Platform=linux | env=prod");
    action.reads.attributes =
        seen.attributes.into_iter().map(|(name, value)| (name, Some(value))).collect();
    action.reads.attributes.insert("SubnetId".to_owned(), None);
    action.reads.tags = seen.tags.into_iter().map(|(key, value)| (key, Some(value))).collect();
    action.reads.tags.insert("skip".to_owned(), None);
    action
}

const OBSERVED: &str = "Platform=linux | env=prod gone=1 old=1 other=x";
const DONE: &str = "Platform=linux | env=prod new=1 old=2 other=x";

/// Judges and writes the judgement as `+key=value`, `-key`, `done`, or the differences.
fn judged(direction: Direction, started_before: bool, now: Option<&str>) -> String {
    let now = now.map(|rest| resource(&format!("AWS::EC2::Instance i-1 {rest}")));
    match judge(&three_changes(), direction, started_before, now.as_ref()) {
        Judgement::AlreadyDone => "done".to_owned(),
        Judgement::Refuse(differences) => differences.join("; "),
        Judgement::Perform(write) => {
            let set = write.set.iter().map(|(key, value)| format!("+{key}={value}"));
            set.chain(write.remove.iter().map(|key| format!("-{key}")))
                .collect::<Vec<_>>()
                .join(" ")
        }
    }
}

#[test]
fn an_action_on_a_resource_as_it_was_observed_is_performed() {
    for started_before in [false, true] {
        assert_eq!(judged(Direction::Apply, started_before, Some(OBSERVED)), "+new=1 +old=2 -gone");
    }
}

#[test]
fn an_action_on_a_resource_that_is_gone_is_refused() {
    for direction in [Direction::Apply, Direction::Undo] {
        assert_eq!(judged(direction, true, None), "the resource no longer exists");
    }
}

#[test]
fn a_fact_that_changed_refuses_the_action_and_is_named() {
    for (now, expected) in [
        ("Platform=windows | env=prod gone=1 old=1", "`Platform` was `linux`, now is `windows`"),
        ("| env=prod gone=1 old=1", "`Platform` was `linux`, now is absent"),
        (
            "Platform=linux SubnetId=s-1 | env=prod gone=1 old=1",
            "`SubnetId` was absent, now is `s-1`",
        ),
        ("Platform=linux | env=test gone=1 old=1", "tag `env` was `prod`, now is `test`"),
        ("Platform=linux | env=prod skip=yes gone=1 old=1", "tag `skip` was absent, now is `yes`"),
    ] {
        for started_before in [false, true] {
            assert_eq!(judged(Direction::Apply, started_before, Some(now)), expected);
        }
    }
}

#[test]
fn a_tag_to_be_changed_that_someone_changed_refuses_the_action() {
    for (now, expected) in [
        ("Platform=linux | env=prod gone=1 old=9", "tag `old` was `1`, now is `9`"),
        ("Platform=linux | env=prod gone=1 old=1 new=9", "tag `new` was absent, now is `9`"),
        ("Platform=linux | env=prod gone=9 old=1", "tag `gone` was `1`, now is `9`"),
    ] {
        assert_eq!(judged(Direction::Apply, false, Some(now)), expected);
        assert_eq!(judged(Direction::Apply, true, Some(now)), expected);
    }
}

#[test]
fn a_fresh_action_that_finds_its_work_done_by_another_hand_is_refused() {
    assert_eq!(
        judged(Direction::Apply, false, Some(DONE)),
        "tag `gone` was `1`, now is absent; tag `new` was absent, now is `1`; tag `old` was `1`, now is `2`"
    );
}

#[test]
fn a_resumed_action_that_finds_its_own_work_does_only_the_rest() {
    assert_eq!(judged(Direction::Apply, true, Some(DONE)), "done");
    let half = "Platform=linux | env=prod gone=1 old=2 new=1";
    assert_eq!(judged(Direction::Apply, true, Some(half)), "-gone");
}

#[test]
fn an_undo_restores_what_was_recorded_and_touches_nothing_else() {
    assert_eq!(judged(Direction::Undo, false, Some(DONE)), "+gone=1 +old=1 -new");
    assert_eq!(judged(Direction::Undo, false, Some(OBSERVED)), "done");
    let half = "Platform=linux | env=prod gone=1 old=2 new=1";
    assert_eq!(judged(Direction::Undo, true, Some(half)), "+old=1 -new");
}

#[test]
fn an_undo_does_not_ask_about_the_facts_of_the_decision() {
    let now = "Platform=windows | env=test new=1 old=2";
    assert_eq!(judged(Direction::Undo, false, Some(now)), "+gone=1 +old=1 -new");
}

#[test]
fn an_undo_of_a_tag_that_someone_changed_since_is_refused() {
    let now = "Platform=linux | env=prod new=1 old=9";
    assert_eq!(judged(Direction::Undo, true, Some(now)), "tag `old` was `2`, now is `9`");
}

#[test]
fn what_is_read_back_is_compared_with_what_was_wanted() {
    let verified = |direction, rest: Option<&str>| {
        let now = rest.map(|rest| resource(&format!("AWS::EC2::Instance i-1 {rest}")));
        verify(&three_changes(), direction, now.as_ref()).join("; ")
    };
    assert_eq!(verified(Direction::Apply, Some(DONE)), "");
    assert_eq!(verified(Direction::Undo, Some(OBSERVED)), "");
    assert_eq!(
        verified(Direction::Apply, Some("| gone=1 old=2")),
        "tag `gone` should be absent, but is `1`; tag `new` should be `1`, but is absent"
    );
    assert_eq!(verified(Direction::Apply, None), "the resource no longer exists");
}

//! Digests of plans: what an approval binds.

use jiff::Timestamp;
use reeve_care::plan::{Action, Facts, Plan, Start, TagChange};
use reeve_types::{Attribute, PlanId};

use crate::support::resource;

pub(crate) fn change(key: &str, before: Option<&str>, after: Option<&str>) -> TagChange {
    TagChange {
        key: key.to_owned(),
        before: before.map(ToOwned::to_owned),
        after: after.map(ToOwned::to_owned),
        reason: "because".to_owned(),
    }
}

pub(crate) fn plan(actions: Vec<Action>) -> Plan {
    let id: PlanId = "plan_00000000000000000000000000".parse().unwrap();
    Plan {
        id,
        controller: "resource-tagger".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        start: Start::OnApproval,
        actions,
    }
}

pub(crate) fn action(number: u32, line: &str, changes: Vec<TagChange>) -> Action {
    Action { number, resource: resource(line).reference, changes, reads: Facts::default() }
}

fn two() -> Plan {
    plan(vec![
        action(1, "AWS::S3::Bucket a", vec![change("x", None, Some("1")), change("y", None, None)]),
        action(2, "AWS::S3::Bucket b", vec![change("x", Some("1"), None)]),
    ])
}

#[test]
fn the_same_wishes_have_the_same_digest_whenever_and_for_whatever_reason() {
    let (mine, mut other) = (two(), two());
    other.id = "plan_00000000000000000000000001".parse().unwrap();
    other.created_at = "2026-03-01T09:00:00Z".parse().unwrap();
    other.actions[0].changes[0].reason = "because of something else".to_owned();
    assert_eq!(mine.digest(), other.digest());
    assert_eq!(mine.digest().len(), 64);
}

fn read_tag(plan: &mut Plan, value: Option<&str>) {
    plan.actions[0].reads.tags.insert("Name".to_owned(), value.map(ToOwned::to_owned));
}

fn read_attribute(plan: &mut Plan, value: Option<Attribute>) {
    plan.actions[0].reads.attributes.insert("Name".to_owned(), value);
}

#[test]
fn anything_that_would_be_done_or_known_otherwise_has_another_digest() {
    type Edit = fn(&mut Plan);
    let edits: [(&str, Edit); 23] = [
        ("the controller", |plan| plan.controller.push('x')),
        ("the order", |plan| plan.actions.reverse()),
        ("an action less", |plan| drop(plan.actions.pop())),
        ("no action", |plan| plan.actions.clear()),
        ("a change less", |plan| drop(plan.actions[0].changes.pop())),
        ("the order of changes", |plan| plan.actions[0].changes.reverse()),
        ("a key", |plan| plan.actions[0].changes[0].key = "z".to_owned()),
        ("a value", |plan| plan.actions[0].changes[0].after = Some("2".to_owned())),
        ("a removal for a setting", |plan| plan.actions[0].changes[0].after = None),
        ("an empty value for none", |plan| plan.actions[0].changes[0].before = Some(String::new())),
        ("the value before", |plan| plan.actions[1].changes[0].before = Some("2".to_owned())),
        ("the id", |plan| plan.actions[0].resource.id.push('x')),
        ("the ARN", |plan| plan.actions[0].resource.arn.push('x')),
        ("the account", |plan| {
            plan.actions[0].resource.scope.account = "222222222222".parse().unwrap();
        }),
        ("the start", |plan| plan.start = Start::AtOnce(String::new())),
        ("the rule that lets it start", |plan| plan.start = Start::AtOnce("act".to_owned())),
        ("a tag that was read", |plan| read_tag(plan, Some("web"))),
        ("a tag that was read and empty", |plan| read_tag(plan, Some(""))),
        ("a tag that was absent", |plan| read_tag(plan, None)),
        ("an attribute that was absent", |plan| read_attribute(plan, None)),
        ("an attribute that was read", |plan| {
            read_attribute(plan, Some(Attribute::Text("true".to_owned())));
        }),
        ("a flag for a text", |plan| read_attribute(plan, Some(Attribute::Flag(true)))),
        ("another flag", |plan| read_attribute(plan, Some(Attribute::Flag(false)))),
    ];
    let mut digests = std::collections::BTreeSet::from([two().digest()]);
    for (what, edit) in edits {
        let mut plan = two();
        edit(&mut plan);
        assert!(digests.insert(plan.digest()), "{what}");
    }
}

#[test]
fn text_that_moves_from_one_field_to_the_next_is_noticed() {
    let of = |key: &str, after: &str| {
        plan(vec![action(1, "AWS::S3::Bucket a", vec![change(key, None, Some(after))])]).digest()
    };
    assert_ne!(of("ab", "c"), of("a", "bc"));
}

#[test]
fn an_action_is_found_by_its_number() {
    let plan = two();
    assert_eq!(plan.action(2).unwrap().resource.id, "b");
    assert_eq!((plan.action(0), plan.action(3)), (None, None));
    assert_ne!(plan.actions[0].digest(), plan.actions[1].digest());
}

#[test]
fn the_accounts_of_a_plan_are_each_named_once() {
    let lines =
        ["222222222222/eu-west-1 AWS::S3::Bucket a", "AWS::S3::Bucket b", "AWS::S3::Bucket c"];
    let plan = plan(lines.iter().map(|line| action(1, line, Vec::new())).collect());
    let shown: Vec<_> = plan.accounts().iter().map(|account| account.as_str()).collect();
    assert_eq!(shown, ["111111111111", "222222222222"]);
}

#[test]
fn a_change_is_shown_in_words() {
    for (change, expected) in [
        (change("x", None, Some("1")), "set `x` to `1`"),
        (change("x", Some("0"), Some("1")), "change `x` from `0` to `1`"),
        (change("x", Some("0"), None), "remove `x` (was `0`)"),
    ] {
        assert_eq!(change.to_string(), expected);
    }
}

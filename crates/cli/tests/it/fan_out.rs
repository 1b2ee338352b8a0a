//! `reeve aws` in several accounts and Regions.

use insta::assert_snapshot;
use reeve_twin::{Effect, FaultRule};
use serde_json::Value;

use crate::harness::{Shown, World};

/// The lines of an output in the order of their places, which is not that in which they come.
fn sorted(shown: &Shown) -> String {
    let mut lines: Vec<&str> = shown.stdout.lines().collect();
    lines.sort_unstable();
    format!("{}\n{}[exit {:?}]", lines.join("\n"), shown.stderr, shown.status.unwrap())
}

/// Each place with what it answered: the number of tables, or the code of the error.
fn places(shown: &Shown) -> Vec<String> {
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap_or("none").to_owned();
        let came = match line["error"]["code"].as_str() {
            Some(code) => code.to_owned(),
            None => line["output"]["TableNames"].as_array().unwrap().len().to_string(),
        };
        format!("{}/{}: {came}", text("account"), text("region"))
    };
    let mut places: Vec<String> = shown.stdout.lines().map(read).collect();
    places.sort();
    places
}

#[test]
fn each_scope_answers_on_a_line_of_its_own() {
    let world = World::new();
    let shown = world.run(
        "aws sts GetCallerIdentity --account all --region eu-west-1,us-east-1 --query Account",
    );
    assert_snapshot!(sorted(&shown), @r#"
    {"account":"111122223333","region":"eu-west-1","output":"111122223333"}
    {"account":"111122223333","region":"us-east-1","output":"111122223333"}
    {"account":"444455556666","region":"eu-west-1","output":"444455556666"}
    {"account":"444455556666","region":"us-east-1","output":"444455556666"}
    4 of 4 scopes answered
    [exit 0]
    "#);
}

#[test]
fn all_regions_are_those_that_are_enabled_in_the_account() {
    let world = World::new();
    let shown = world.run("aws dynamodb list-tables --account production --region all");
    assert_eq!(places(&shown), ["444455556666/eu-west-1: 3", "444455556666/us-east-1: 1"]);
    assert_eq!((shown.stderr.as_str(), shown.status), ("2 of 2 scopes answered\n", Some(0)));
    let calls = world.twin.calls();
    assert_eq!(calls.iter().filter(|call| call.operation == "DescribeRegions").count(), 1);
}

#[test]
fn accounts_and_regions_may_be_named_twice_and_in_any_way() {
    let world = World::new();
    let shown = world.run(
        "aws dynamodb ListTables --account production --account 444455556666,management --region eu-west-1",
    );
    assert_eq!(places(&shown), ["111122223333/eu-west-1: 0", "444455556666/eu-west-1: 3"]);
}

#[test]
fn a_scope_that_does_not_answer_is_data_and_told_in_the_summary() {
    let world = World::new();
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables");
    world.twin.faults().add(denied.in_region(&"us-east-1".parse().unwrap()));
    let words = "aws dynamodb ListTables --account all --region eu-west-1,us-east-1 --query 'length(TableNames)'";
    let shown = world.run(words);
    let answers = sorted(&shown);
    assert!(answers.contains(r#"{"account":"444455556666","region":"eu-west-1","output":3}"#));
    let failed =
        answers.lines().find(|line| line.contains("444455556666\",\"region\":\"us-")).unwrap();
    let failed: Value = serde_json::from_str(failed).unwrap();
    let error = failed["error"].as_object().unwrap();
    let keys: Vec<&str> = error.keys().map(String::as_str).collect();
    assert_eq!(keys, ["code", "message", "request_id", "missing_permission", "hint"]);
    assert_eq!(error["code"], "AccessDeniedException");
    assert_eq!(error["missing_permission"], "dynamodb:ListTables");
    assert!(
        error["message"].as_str().unwrap().contains("in account 444455556666, Region us-east-1")
    );
    assert!(
        error["hint"].as_str().unwrap().starts_with("allow `dynamodb:ListTables` to `arn:aws:")
    );
    assert!(error["request_id"].is_string());
    assert_eq!(shown.stderr, "2 of 4 scopes answered; 2 denied (dynamodb:ListTables)\n");
    assert_eq!(shown.status, Some(3));
}

#[test]
fn a_call_that_nobody_answers_has_failed() {
    let world = World::new();
    world.twin.faults().add(FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables"));
    let shown = world.run("aws dynamodb ListTables --account all");
    assert_eq!(shown.status, Some(1));
    assert_eq!(shown.stderr, "0 of 2 scopes answered; 2 denied (dynamodb:ListTables)\n");
}

#[test]
fn an_account_whose_regions_cannot_be_told_is_a_scope_that_did_not_answer() {
    let world = World::new();
    let denied = FaultRule::every_call(Effect::Deny).of("ec2", "DescribeRegions");
    world.twin.faults().add(denied.in_account(&"111122223333".parse().unwrap()));
    let shown = world.run("aws dynamodb ListTables --account all --region all");
    assert_eq!(
        places(&shown),
        [
            "111122223333/eu-west-1: UnauthorizedOperation",
            "444455556666/eu-west-1: 3",
            "444455556666/us-east-1: 1"
        ]
    );
    assert_eq!(shown.stderr, "2 of 3 scopes answered; 1 denied (ec2:DescribeRegions)\n");
    assert_eq!(shown.status, Some(3));
}

#[test]
fn all_pages_of_all_scopes_are_a_line_each() {
    let world = World::new();
    let shown = world.run(
        "aws dynamodb ListTables --account all --region all --paginate --input '{\"Limit\":2}'",
    );
    assert_eq!(
        places(&shown),
        [
            "111122223333/eu-west-1: 0",
            "111122223333/us-east-1: 1",
            "444455556666/eu-west-1: 1",
            "444455556666/eu-west-1: 2",
            "444455556666/us-east-1: 1",
        ]
    );
    assert_eq!(shown.stderr, "4 of 4 scopes answered\n");
}

const UNTAG: &str = "aws dynamodb UntagResource --account all --region eu-west-1,us-east-1 --input \
    '{\"ResourceArn\":\"arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions\",\"TagKeys\":[\"Team\"]}'";

#[test]
fn a_change_in_several_scopes_is_not_made_unless_somebody_agreed() {
    let world = World::new();
    assert_snapshot!(world.run(UNTAG).to_string(), @r"
    ! error: there is no terminal to ask on whether to call `dynamodb:UntagResource`, which may change something, in 4 scopes: accounts 111122223333, 444455556666; Regions eu-west-1, us-east-1
    !   hint: `--yes` answers the question
    [exit 2]
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn a_change_in_several_scopes_is_in_the_ledger_for_each() {
    let world = World::new();
    let shown = world.run(&format!("{UNTAG} --yes"));
    assert_eq!(shown.status, Some(3), "{shown}");
    assert!(shown.stderr.starts_with("1 of 4 scopes answered; "), "{}", shown.stderr);
    let ledger = world.json("ledger --kind call");
    assert_eq!(ledger["items"].as_array().unwrap().len(), 8);
}

#[test]
fn a_change_in_several_scopes_is_suspended_as_well() {
    let world = World::new();
    world.run("suspend why");
    let shown = world.run(&format!("{UNTAG} --yes"));
    assert_eq!((shown.status, shown.stdout.as_str()), (Some(1), ""));
    assert!(shown.stderr.contains("suspended"), "{}", shown.stderr);
    assert!(world.twin.calls().iter().all(|call| !call.is_change()));
}

//! For scripts: one JSON document on standard output and nothing else, and a reader may stop reading.

use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::harness::World;

/// The members of a document, and of the first of its items.
fn outline(document: &Value) -> String {
    let keys = |value: &Value| match value {
        Value::Object(members) => members.keys().cloned().collect::<Vec<_>>().join(" "),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    };
    match document.get("items").and_then(|items| items.get(0)) {
        Some(item) => format!("{} > {}", keys(document), keys(item)),
        None => keys(document),
    }
}

#[test]
fn every_command_prints_one_document_and_says_the_rest_elsewhere() {
    let world = World::new();
    let commands = [
        "validate",
        "plan",
        "accounts",
        "resources --limit 1",
        "resources unknown",
        "resources types",
        "plan list",
        "plan show latest",
        "approve latest --yes",
        "apply latest",
        "undo latest",
        "suspend why",
        "resume",
        "ledger --limit 1",
        "ledger verify",
        "aws sts GetCallerIdentity",
        "aws sts",
        "init other",
    ];
    let outlines =
        commands.map(|words| format!("{words}: {}", outline(&world.json(words)))).join("\n");
    assert_snapshot!(outlines, @r"
    validate: name accounts regions errors warnings
    plan: run plans unknown
    accounts: items next > id name regions role_arn authority resources failing unknown_scopes observed_at
    resources --limit 1: items next > account region type id arn name tags verdict unknown coverage configurations changes notes rule observed_at
    resources unknown: items next
    resources types: a list
    plan list: items next > id controller created_at phase start start_reason actions tally undo_tally accounts digest
    plan show latest: id controller created_at phase start start_reason actions tally undo_tally accounts digest items next history > number account region type id arn changes apply undo
    approve latest --yes: id controller created_at phase start start_reason actions tally undo_tally accounts digest
    apply latest: id controller created_at phase start start_reason actions tally undo_tally accounts digest
    undo latest: id controller created_at phase start start_reason actions tally undo_tally accounts digest
    suspend why: suspended
    resume: suspended
    ledger --limit 1: items next > sequence at actor kind plan action account summary data hash
    ledger verify: intact entries head problem
    aws sts GetCallerIdentity: UserId Account Arn
    aws sts: a list
    init other: folder files
    ");
}

#[test]
fn errors_leave_standard_output_empty() {
    let world = World::new();
    for words in ["plan show nothing --json", "apply latest --json", "aws ec3 --json"] {
        let shown = world.run(words);
        assert_eq!((shown.stdout.as_str(), shown.status), ("", Some(2)), "{words}");
    }
}

#[test]
fn who_has_read_enough_may_stop_reading() {
    let world = World::new();
    for words in ["resources types", "aws services", "plan"] {
        let mut child =
            world.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("error"), "{words}: {stderr}");
    }
}

#[test]
fn pages_follow_each_other_by_their_cursor() {
    let world = World::new();
    world.run("plan");
    let first = world.json("resources --limit 4");
    let cursor = first["next"].as_str().unwrap();
    let second = world.json(&format!("resources --limit 4 --cursor '{cursor}'"));
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_snapshot!(format!("{:?}\n{:?}", ids(&first), ids(&second)), @r#"
    ["DeploymentLocks", "ContainerPositions", "FeatureFlags", "Sessions"]
    ["SessionsReplica"]
    "#);
    assert_eq!(second["next"], Value::Null);
}

#[test]
fn help_and_version_are_answers() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["--version", "approve --help"]), @r"
    $ reeve --version
    reeve 0.0.0

    $ reeve approve --help
    Approve a plan: exactly what it shows

    Usage: reeve approve [OPTIONS] <PLAN>

    Arguments:
      <PLAN>  The plan: its id, the end of its id, or `latest`

    Options:
      -m, --comment <COMMENT>  Why; kept in the ledger
          --digest <DIGEST>    The digest that was shown; the plan's own by default
          --apply              Apply it at once
      -y, --yes                Do not ask
      -h, --help               Print help

    Options of every command:
      -C, --estate <DIR>        The estate folder [default: .]
          --database <URL>      Keep the records in this PostgreSQL database, not in the estate folder:
                                `postgres://USER@HOST/NAME` [env: REEVE_DATABASE_URL]
          --json                Print JSON on standard output
          --endpoint-url <URL>  Call this endpoint instead of AWS, for every service
          --profile <NAME>      The AWS profile that holds the base credentials
          --record <DIR>        Write what AWS is asked and answers to this folder, without secrets
          --replay <DIR>        Answer from such a folder instead of asking AWS; records are kept apart
      -v, --verbose...          Say more on standard error; twice for even more
    ");
    let help = world.run("--help");
    assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
}

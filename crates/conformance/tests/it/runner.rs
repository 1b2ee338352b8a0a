//! The program, with small suites that were made up.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A folder of suites that holds these files.
fn suites(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn conformance(suites: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reeve-conformance"))
        .args(arguments)
        .env("REEVE_SUITES", suites)
        .output()
        .unwrap()
}

/// What is printed, and the exit status.
fn check(files: &[(&str, &str)], arguments: &[&str], status: i32, expected: &[&str]) {
    let folder = suites(files);
    let output = conformance(folder.path(), arguments);
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    let printed = printed.replace(folder.path().to_str().unwrap(), "<suites>");
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    assert_eq!(output.status.code(), Some(status));
}

/// A protocol file of one suite: an operation that takes a text, called with `x`, and the bodies that must come out.
fn protocol_cases(bodies: &[&str]) -> String {
    let case = |(position, body): (usize, &&str)| {
        json!({
            "id": format!("Case{position}"),
            "given": {"name": "Put", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "Input"}},
            "params": {"Text": "x"},
            "serialized": {"method": "POST", "uri": "/", "body": body},
        })
    };
    let cases: Vec<Json> = bodies.iter().enumerate().map(case).collect();
    json!([{
        "description": "Texts",
        "metadata": {"protocol": "json", "jsonVersion": "1.1", "targetPrefix": "Made.Up"},
        "shapes": {
            "Input": {"type": "structure", "members": {"Text": {"shape": "String"}}},
            "String": {"type": "string"},
        },
        "cases": cases,
    }])
    .to_string()
}

#[test]
fn a_case_that_fails_is_listed_and_makes_the_status_one() {
    let cases = protocol_cases(&[r#"{"Text": "x"}"#, r#"{"Text": "y"}"#]);
    check(
        &[("aws-protocols/input/made-up.json", &cases)],
        &["aws-protocols"],
        1,
        &[
            r#"aws-protocols: FAILED input/made-up: Case1: body at `Text`: found `"x"`, expected `"y"`"#,
            "aws-protocols: 1 passed, 1 failed, 0 skipped",
        ],
    );
}

#[test]
fn suites_that_are_absent_are_named_and_are_no_failure() {
    check(
        &[
            ("aws-protocols/a/deep/folder.json", &protocol_cases(&[r#"{"Text":"x"}"#])),
            ("something-else/file.txt", ""),
        ],
        &[],
        0,
        &[
            "folders that no suite reads: something-else",
            "aws-endpoints: absent, not run (no folder `<suites>/aws-endpoints`)",
            "aws-recordings: absent, not run (no folder `<suites>/aws-recordings`)",
            "ssm-automation: absent, not run (no folder `<suites>/ssm-automation`)",
            "aws-protocols: 1 passed, 0 failed, 0 skipped",
        ],
    );
}

#[test]
fn a_suite_that_is_asked_for_by_name_must_be_there() {
    check(
        &[],
        &["aws-endpoints"],
        2,
        &[
            "error: the cases of `aws-endpoints` are not here: `<suites>` has no folder of this name (hint: \
           `REEVE_SUITES` names another place)",
        ],
    );
}

#[test]
fn an_unknown_suite_is_answered_with_the_nearest_names() {
    check(
        &[],
        &["aws-protocol"],
        2,
        &["error: no suite is called `aws-protocol`; did you mean `aws-protocols`?"],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_case_that_fails() {
    check(
        &[
            ("aws-protocols/cut.json", r#"[{"cases": ["#),
            ("aws-protocols/none.json", r#"[{"metadata": {}}]"#),
            ("aws-protocols/odd.json", r#"[{"cases": [{"id": "Odd"}]}]"#),
            ("aws-recordings/made-up/sqs.ListQueues_1.json", "\u{0}"),
        ],
        &[],
        1,
        &[
            "aws-protocols: FAILED cut: is not JSON: EOF while parsing a list at line 1 column 12",
            "aws-protocols: FAILED none: has a suite without `cases`",
            "aws-protocols: FAILED odd: Odd: the model of `suite` cannot be read at `metadata`",
            "aws-recordings: FAILED made-up/sqs.ListQueues_1: is not JSON: expected value at line 1 column 1",
            "aws-endpoints: absent, not run (no folder `<suites>/aws-endpoints`)",
            "ssm-automation: absent, not run (no folder `<suites>/ssm-automation`)",
            "aws-protocols: 0 passed, 3 failed, 0 skipped",
            "aws-recordings: 0 passed, 1 failed, 0 skipped",
        ],
    );
}

#[test]
fn recordings_are_judged_by_the_shapes_of_whichever_service_has_them() {
    let recording = |data: &Json| json!({"status_code": 200, "data": data}).to_string();
    let pool = |name: &str| recording(&json!({"LoadBalancers": [{"LoadBalancerArn": name}]}));
    let moment = json!({
        "__class__": "datetime", "year": 2024, "month": 2, "day": 29, "hour": 1, "minute": 2, "second": 3,
        "microsecond": 400_000,
    });
    let missing = json!({
        "status_code": 400,
        "data": {"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}, "ResponseMetadata": {}},
    });
    check(
        &[
            ("aws-recordings/x/elasticloadbalancing.DescribeLoadBalancers_1.json", &pool("arn")),
            (
                "aws-recordings/x/ssm.GetParameter_1.json",
                &recording(&json!({"Parameter": {"LastModifiedDate": moment}})),
            ),
            ("aws-recordings/x/dynamodb.DescribeTable_1.json", &missing.to_string()),
            ("aws-recordings/x/sqs.ListQueues_1.json", &recording(&json!({"Colour": "red"}))),
            ("aws-recordings/x/sqs.ListThings_1.json", &recording(&json!({}))),
        ],
        &["aws-recordings"],
        0,
        &[
            "aws-recordings: skipped x/sqs.ListQueues_1: `Colour` is not in the model: `ListQueuesResult` has no such \
             member",
            "aws-recordings: skipped x/sqs.ListThings_1: the models have no operation `ListThings` of `sqs`",
            "aws-recordings: 3 passed, 0 failed, 2 skipped",
        ],
    );
}

#[test]
fn the_results_are_also_to_be_had_as_data() {
    let cases = protocol_cases(&[r#"{"Text": "x"}"#, r#"{"Text": "y"}"#]);
    let folder = suites(&[("aws-protocols/made-up.json", &cases)]);
    let output = conformance(folder.path(), &["aws-protocols", "--json"]);
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({
        "suites": [{
            "suite": "aws-protocols", "passed": 1, "failed": 1, "skipped": 0,
            "failures": [
                {"case": "made-up: Case1", "difference": "body at `Text`: found `\"x\"`, expected `\"y\"`"},
            ],
            "skips": [],
        }],
        "folders_without_suite": [],
    });
    assert_eq!(found, expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn runbooks_are_accepted_or_refused_with_their_places() {
    let good = "schemaVersion: '0.3'\nmainSteps:\n- {name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}\n";
    check(
        &[
            ("ssm-automation/good.yaml", good),
            ("ssm-automation/deep/bad.yml", &good.replace("sleep", "slep")),
            ("ssm-automation/torn.json", "{"),
            ("ssm-automation/readme.md", "no runbook"),
        ],
        &["ssm-automation"],
        0,
        &[
            "ssm-automation: skipped deep/bad.yml: refused: deep/bad.yml:3:23: mainSteps[0].action: `aws:slep` is no action",
            "  hint: did you mean `aws:sleep`?",
            "ssm-automation: skipped torn.json: refused: torn.json:1:1: unterminated object",
            "ssm-automation: 1 passed, 0 failed, 2 skipped",
        ],
    );
}

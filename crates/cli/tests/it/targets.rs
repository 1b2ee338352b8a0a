//! `reeve runbook run` for several targets, `reeve run pause` and `resume`, and what is wrong with what was asked.

use insta::assert_snapshot;

use crate::harness::World;

/// Tags a table.
const TAG: &str = "schemaVersion: '0.3'
parameters:
  TableName: {type: String}
  Owner: {type: String, default: web}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: DescribeTable, TableName: '{{ TableName }}'}
  outputs: [{Name: Arn, Selector: $.Table.TableArn, Type: String}]
- name: tag
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: TagResource, ResourceArn: '{{ look.Arn }}', Tags: [{Key: Owner, Value: '{{ Owner }}'}]}
";

const ASK: &str = "schemaVersion: '0.3'
parameters: {Name: {type: String, default: x}}
mainSteps:
- {name: ask, action: 'aws:pause', inputs: {}}
";

fn world() -> World {
    let world = World::new();
    world.write("runbooks/Tag.yaml", TAG);
    world.write("runbooks/Ask.yaml", ASK);
    world
}

/// What is said, with what differs from run to run made alike.
fn alike(world: &World, text: &str) -> String {
    let ids = regex_lite::Regex::new("exec_[0-9a-z]{26}").unwrap();
    ids.replace_all(&world.filtered(text), "exec_ID").into_owned()
}

#[test]
fn a_runbook_runs_for_each_target_and_shows_how_each_is() {
    let world = world();
    let run = world.run(
        "runbook run Tag --account production --region eu-west-1 --target-parameter TableName --targets ParameterValues=Sessions,NoSuchTable,Later --max-concurrency 1",
    );
    let shown = world.run("run show latest");
    assert_eq!(run.status, Some(1), "{run}");
    assert_snapshot!(alike(&world, &shown.to_string()), @r"
    exec_ID Tag Failed
    in 444455556666 eu-west-1, by person:ana
      2026-01-01 00:00:00Z targets began
      2026-01-01 00:00:00Z starts the runbook Tag
      2026-01-01 00:00:00Z 3 targets
      2026-01-01 00:00:00Z exec_ID ended: Success
      2026-01-01 00:00:00Z exec_ID ended: Failed
      2026-01-01 00:00:00Z targets: Failed: 3 targets: 1 succeeded, 1 failed, 1 not begun
      2026-01-01 00:00:00Z the execution ended: Failed
    3 targets: 1 succeeded, 1 failed, 1 not begun
      exec_ID Sessions: Success
      exec_ID NoSuchTable: Failed
      - Later: Pending
    targets.Output = 
    [exit 1]
    ");
    let detail = world.json("run show latest");
    assert_eq!(detail["targets"]["pending"], 1);
    assert_eq!(detail["children"][0]["target"], "Sessions");
    assert_eq!(detail["children"][2]["id"], serde_json::Value::Null);
    let table = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions".parse().unwrap();
    assert_eq!(world.twin.tags(&table).unwrap().get("Owner").map(String::as_str), Some("web"));
}

#[test]
fn targets_are_written_as_for_the_aws_cli_or_shorter() {
    let world = world();
    let ways = [
        "--targets ParameterValues=Sessions",
        "--targets Key=ParameterValues,Values=Sessions",
        r#"--targets {"Key":"ParameterValues","Values":["Sessions"]}"#,
        r#"--targets [{"Key":"ParameterValues","Values":["Sessions"]}]"#,
    ];
    for way in ways {
        let line = format!(
            "runbook run Tag --account production --region eu-west-1 --target-parameter-name TableName {way}"
        );
        assert_eq!(world.json(&line)["targets"]["success"], 1, "{way}");
    }
    let maps = r#"runbook run Tag --accounts production --regions eu-west-1 --target-maps [{"TableName":["Sessions"],"Owner":["ana"]}]"#;
    let whole = world.json(maps);
    assert_eq!(whole["status"], "Success", "{whole:#}");
    assert_eq!(whole["account"], "444455556666");
    let table = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions".parse().unwrap();
    assert_eq!(world.twin.tags(&table).unwrap().get("Owner").map(String::as_str), Some("ana"));
}

#[test]
fn what_is_wrong_with_targets_is_said_and_nothing_begins() {
    let world = world();
    let run =
        |more: &str| format!("runbook run Tag --account production --region eu-west-1 {more}");
    let lines = [
        run("--max-errors 1"),
        run("--targets tag:Env=prod"),
        run("--targets ParameterValues=a --target-parameter Table"),
        run("--targets Env=prod --target-parameter TableName"),
        run("--targets [{} --target-parameter TableName"),
        run("--targets ParameterValues=a --target-parameter TableName --max-concurrency many"),
        run("--target-maps 7"),
        run("--accounts nobody --regions eu-west-1"),
        run("--accounts production --regions eu-north-1 -p TableName=x"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_snapshot!(world.transcript(&lines), @r"
    $ reeve runbook run Tag --account production --region eu-west-1 --max-errors 1
    ! error RV1010: neither targets nor accounts and Regions are named: `Targets`, `TargetMaps` or `TargetLocations`
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --targets tag:Env=prod
    ! error RV1015: `Targets` needs `TargetParameterName`: the parameter that takes a target
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --targets ParameterValues=a --target-parameter Table
    ! error RV1015: the runbook has no parameter `Table` that could take a target
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --targets Env=prod --target-parameter TableName
    ! error RV1015: `Env` is no key of `Targets`: it is `ParameterValues`, `tag:<key>`, `tag-key`, `ResourceGroup`, or `AWS::EC2::Instance` or `InstanceIds` with the value `*`
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --targets [{} --target-parameter TableName
    ! error: `--targets` is not JSON: EOF while parsing a list at line 1 column 3
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --targets ParameterValues=a --target-parameter TableName --max-concurrency many
    ! error RV1015: `MaxConcurrency`: `many` is neither a number nor a share from 0% to 100%
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --target-maps 7
    ! error: `--target-maps` is a list of maps
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --accounts nobody --regions eu-west-1
    ! error: the estate has no account `nobody`
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve runbook run Tag --account production --region eu-west-1 --accounts production --regions eu-north-1 -p TableName=x
    ! error RV1010: the estate does not look after eu-north-1 in account 444455556666
    [exit 2]
    ");
    let without = world.run("runbook run Tag --accounts production");
    assert_eq!(without.status, Some(2));
    assert!(world.json("run list")["items"].as_array().unwrap().is_empty());
}

#[test]
fn an_execution_is_paused_and_resumed_and_then_its_step() {
    let world = world();
    world.run("runbook run Ask --account production --region eu-west-1");
    let paused = world.run("run pause latest --comment lunch");
    assert_eq!(paused.status, Some(0), "{paused}");
    assert!(paused.stdout.contains("paused by person:ana: lunch"), "{paused}");
    assert!(paused.stdout.ends_with("it was paused: `reeve run resume` or `cancel`\n"), "{paused}");
    assert_eq!(world.json("run list --status Paused")["items"].as_array().unwrap().len(), 1);
    let again = world.run("run pause latest");
    assert!(again.stderr.contains("the execution is paused already"), "{again}");
    assert_eq!(world.json("run resume latest")["status"], "Waiting");
    assert_eq!(world.json("run resume latest")["status"], "Success");
    let ended = world.run("run pause latest");
    assert_eq!(ended.status, Some(1), "{ended}");
    let words: Vec<String> = world.json("ledger")["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "execution.told")
        .map(|entry| entry["summary"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(words.len(), 3, "{words:?}");
}

#[test]
fn a_whole_that_waits_for_people_in_its_targets_is_paused_and_cancelled_with_them() {
    let world = world();
    let begun = world.json(
        "runbook run Ask --detach --account production --region eu-west-1 --target-parameter Name --targets ParameterValues=a,b",
    );
    assert_eq!(begun["status"], "InProgress");
    let paused = world.json("run pause latest");
    assert_eq!(paused["status"], "Paused", "{paused:#}");
    let cancelled = world.run("run cancel latest");
    assert_eq!(cancelled.status, Some(1), "{cancelled}");
    assert_eq!(world.json("run show latest")["status"], "Cancelled");
}

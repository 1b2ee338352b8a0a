//! Runbooks: listed, shown, checked, run, and answered.

use insta::assert_snapshot;

use crate::harness::World;

/// Asks first, then looks at a table and tags it.
const TAG_TABLE: &str = "schemaVersion: '0.3'
description: Tags a table. Asks first.
parameters:
  TableName: {type: String, description: The table.}
  Owner: {type: String, allowedPattern: '^[a-z]+$'}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: DescribeTable, TableName: '{{ TableName }}'}
  outputs: [{Name: Arn, Selector: $.Table.TableArn, Type: String}]
- name: ask
  action: aws:approve
  onCancel: step:tag
  inputs: {Approvers: [ana]}
- name: tag
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: TagResource, ResourceArn: '{{ look.Arn }}', Tags: [{Key: Owner, Value: '{{ Owner }}'}]}
outputs: [look.Arn]
";

fn world() -> World {
    let world = World::new();
    world.write("runbooks/Tag-Table.yaml", TAG_TABLE);
    world
}

/// What is said, with what differs from run to run made alike.
fn alike(world: &World, text: &str) -> String {
    let ids = regex_lite::Regex::new("exec_[0-9a-z]{26}").unwrap();
    ids.replace_all(&world.filtered(text), "exec_ID").into_owned()
}

#[test]
fn runbooks_of_the_estate_stand_beside_those_that_come_with_reeve() {
    let world = world();
    let listed = world.json("runbook list");
    let row = |name: &str| {
        let items = listed["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap().clone()
    };
    assert_eq!(row("Tag-Table")["origin"], "estate");
    assert_eq!(row("Tag-Table")["about"], "Tags a table.");
    assert_eq!(row("Reeve-StopInstance")["origin"], "reeve");
    assert_snapshot!(world.transcript(&["runbook show Tag-Table"]), @r"
    $ reeve runbook show Tag-Table
    Tag-Table
    Tags a table. Asks first.

    parameters
      TableName: String, required
          The table.
      Owner: String, required

    steps
      look  aws:executeAwsApi dynamodb:DescribeTable
      ask  aws:approve
      tag  aws:executeAwsApi dynamodb:TagResource

    tells in the end
      look.Arn
    ");
}

#[test]
fn every_shipped_runbook_is_right() {
    let world = World::new();
    let checked = world.json("runbook lint --strict");
    assert_eq!(checked["findings"].as_array().unwrap().len(), 0, "{checked:#}");
}

#[test]
fn what_is_wrong_with_a_document_is_said_with_its_place() {
    let world = world();
    world.write("runbooks/Bad.yaml", &TAG_TABLE.replace("aws:approve", "aws:aprove"));
    assert_snapshot!(
        world.transcript(&[
            "runbook lint Bad",
            "runbook run Bad --account production --region eu-west-1",
            "runbook run Tag-Tabel --account production --region eu-west-1",
            "runbook run Tag-Table",
            "runbook run Tag-Table --account production",
            "runbook run Tag-Table --account production --region eu-west-1 -p Owner=ana",
            "runbook run Tag-Table --account production --region eu-west-1 -p TableName=x -p Owner=ANA",
            "runbook run Tag-Table --account production --region eu-west-1 -p Nothing=x",
            "run show latest",
        ]),
        @r"
    $ reeve runbook lint Bad
    error: Bad:12:11: mainSteps[1].action: `aws:aprove` is no action
      hint: did you mean `aws:approve`?
    1 runbooks: 1 errors, 0 warnings
    [exit 2]

    $ reeve runbook run Bad --account production --region eu-west-1
    ! Bad:12:11: mainSteps[1].action: `aws:aprove` is no action
    !   hint: did you mean `aws:approve`?
    ! nothing was done
    [exit 2]

    $ reeve runbook run Tag-Tabel --account production --region eu-west-1
    ! error: there is no runbook and no file `Tag-Tabel`; did you mean `Tag-Table`?
    !   hint: `reeve runbook list` shows the runbooks
    [exit 2]

    $ reeve runbook run Tag-Table
    ! error: the estate has several accounts: name one with `--account`
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve runbook run Tag-Table --account production
    ! error: account 444455556666 has several Regions: name one with `--region` (eu-west-1, us-east-1)
    [exit 2]

    $ reeve runbook run Tag-Table --account production --region eu-west-1 -p Owner=ana
    ! error RV1015: parameter `TableName` must be given
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag-Table --account production --region eu-west-1 -p TableName=x -p Owner=ANA
    ! error RV1015: parameter `Owner`: the text `ANA` does not match `^[a-z]+$`
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Tag-Table --account production --region eu-west-1 -p Nothing=x
    ! error RV1015: the runbook has no parameter `Nothing`
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve run show latest
    ! error RV1013: there is no execution `latest`, or more than one
    !   hint: `reeve run list` shows the executions; `latest` names the newest
    [exit 2]
    "
    );
}

#[test]
fn a_runbook_waits_for_an_answer_and_goes_on() {
    let world = world();
    let begun = world.run(
        "runbook run Tag-Table --account production --region eu-west-1 -p TableName=Sessions -p Owner=web --reason because",
    );
    assert_snapshot!(alike(&world, &begun.to_string()), @r"
    exec_ID Tag-Table Waiting
    in 444455556666 eu-west-1, by person:ana: because
      2026-01-01 00:00:00Z look began
      2026-01-01 00:00:00Z look: Success
      2026-01-01 00:00:00Z ask began
    step `ask` waits: `reeve run approve`, `reject`, `resume` or `cancel`
    ! 2026-01-01 00:00:00Z look began
    ! 2026-01-01 00:00:00Z look: Success
    ! 2026-01-01 00:00:00Z ask began
    ");
    let answered = world.run("run approve latest --comment fine");
    assert_snapshot!(alike(&world, &answered.to_string()), @r"
    exec_ID Tag-Table Success
    in 444455556666 eu-west-1, by person:ana: because
      2026-01-01 00:00:00Z look began
      2026-01-01 00:00:00Z look: Success
      2026-01-01 00:00:00Z ask began
      2026-01-01 00:00:00Z approved by person:ana: fine
      2026-01-01 00:00:00Z ask: Success
      2026-01-01 00:00:00Z tag began
      2026-01-01 00:00:00Z calls dynamodb:TagResource
      2026-01-01 00:00:00Z tag: Success
      2026-01-01 00:00:00Z the execution ended: Success
    look.Arn = arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions
    ! 2026-01-01 00:00:00Z look began
    ! 2026-01-01 00:00:00Z look: Success
    ! 2026-01-01 00:00:00Z ask began
    ! 2026-01-01 00:00:00Z approved by person:ana: fine
    ! 2026-01-01 00:00:00Z ask: Success
    ! 2026-01-01 00:00:00Z tag began
    ! 2026-01-01 00:00:00Z calls dynamodb:TagResource
    ! 2026-01-01 00:00:00Z tag: Success
    ! 2026-01-01 00:00:00Z the execution ended: Success
    ");
    let again = world.run("run approve latest");
    assert_snapshot!(alike(&world, &again.to_string()), @r"
    ! error RV1014: the execution has ended
    !   hint: `reeve run show` says what happened to it
    [exit 1]
    ");
    let table = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions".parse().unwrap();
    assert_eq!(world.twin.tags(&table).unwrap().get("Owner").map(String::as_str), Some("web"));
}

#[test]
fn only_those_who_are_asked_may_answer() {
    let world = world();
    world.write("runbooks/Ask.yaml", "schemaVersion: '0.3'\nmainSteps:\n- {name: ask, action: 'aws:approve', inputs: {Approvers: [ben]}}\n");
    let begun = world.run("runbook run Ask --account production --region eu-west-1");
    assert_eq!(begun.status, Some(0));
    let refused = world.run("run approve latest");
    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.contains("`person:ana` is not among those who are asked"), "{refused}");
    let cancelled = world.run("run cancel latest");
    assert_eq!(cancelled.status, Some(1), "an execution that is cancelled has not succeeded");
    assert_eq!(world.json("run show latest")["status"], "Cancelled");
}

#[test]
fn an_execution_that_was_only_begun_is_moved_on_by_whoever_watches() {
    let world = world();
    let words = "runbook run Tag-Table --detach --account production --region eu-west-1 -p TableName=Sessions -p Owner=web";
    assert_eq!(world.json(words)["status"], "InProgress");
    assert_eq!(world.json("run watch latest")["status"], "Waiting");
    assert_eq!(world.json("run list --status Waiting")["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.json("run list --status Failed")["items"].as_array().unwrap().len(), 0);
}

#[test]
fn a_call_that_is_denied_fails_its_step_and_says_so() {
    let world = world();
    let begun = world.run(
        "runbook run Tag-Table --account production --region eu-west-1 -p TableName=NoSuchTable -p Owner=web",
    );
    assert_eq!(begun.status, Some(1));
    assert!(begun.stdout.contains("look: Failed: "), "{begun}");
    let kinds: Vec<String> = world.json("ledger")["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["execution.ended", "execution.started"]);
}

#[test]
fn what_a_runbook_would_do_is_told_without_doing_it() {
    let world = world();
    assert_snapshot!(
        world.transcript(&[
            "runbook dry-run Tag-Table --account production --region eu-west-1 -p TableName=Sessions -p Owner=web",
            "runbook dry-run Reeve-ReleaseIdleAddress --account production --region eu-west-1 -p AllocationId=eipalloc-0123456789",
            "runbook policy Tag-Table",
        ]),
        @r#"
    $ reeve runbook dry-run Tag-Table --account production --region eu-west-1 -p TableName=Sessions -p Owner=web
    look: reads dynamodb:DescribeTable {"TableName":"Sessions"}
    ask: would wait for somebody: aws:approve by ["ana"]
    tag: would call dynamodb:TagResource {"ResourceArn":"arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions","Tags":[{"Key":"Owner","Value":"web"}]}
    ends with Success look.Arn=arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions
    1 call that would change something

    $ reeve runbook dry-run Reeve-ReleaseIdleAddress --account production --region eu-west-1 -p AllocationId=eipalloc-0123456789
    look: reads ec2:DescribeAddresses {"AllocationIds":["eipalloc-0123456789"]}
    ends with Failed: step `look`: `ec2:DescribeAddresses` in account 444455556666, Region eu-west-1 failed with `InvalidAllocationID.NotFound`: The allocation ID 'eipalloc-0123456789' does not exist look.PublicIp=
    nothing would be changed

    $ reeve runbook policy Tag-Table
    # reeve-Tag-Table, 261 of 6144 characters
    #   Steps1: steps tag
    #   Steps2: steps look
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Steps1",
          "Effect": "Allow",
          "Action": [
            "dynamodb:ListTagsOfResource",
            "dynamodb:TagResource"
          ],
          "Resource": "*"
        },
        {
          "Sid": "Steps2",
          "Effect": "Allow",
          "Action": "dynamodb:DescribeTable",
          "Resource": "arn:aws:dynamodb:*:*:table/*"
        }
      ]
    }
    "#
    );
    assert!(world.twin.calls().iter().all(|call| !call.is_change()));
    assert!(world.json("run list")["items"].as_array().unwrap().is_empty());
}

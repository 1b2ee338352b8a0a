//! `reeve aws`: any operation of any service.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::harness::World;

#[test]
fn names_that_aws_does_not_know_are_answered_with_the_nearest() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "aws ec3",
        "aws ec2 DescribeInstance",
        r#"aws ec2 DescribeInstances --input '{"Filter":[], "MaxResults":"ten"}'"#,
        r#"aws ec2 DescribeInstances --input '{"Filters":[{"Name":7}]}'"#,
        "aws dynamodb DescribeTable",
        "aws ec2 DescribeInstances --input '{'",
        "aws ec2 DescribeInstances --input @nowhere.json",
        &format!("aws ec2 DescribeInstances --input {}", world.path("estate.yaml").display()),
        "aws ec2 DescribeInstances --account nobody",
        "aws ec2 DescribeInstances --account Prodcution",
        "aws ec2 DescribeInstances --region Mars",
    ]), @r#"
    $ reeve aws ec3
    ! error: no AWS service is called `ec3`; did you mean `ec2` or `ecr` or `ecs`?
    !   hint: `reeve aws services` lists them
    [exit 2]

    $ reeve aws ec2 DescribeInstance
    ! error: `ec2` has no operation `DescribeInstance`; did you mean `DescribeInstances` or `DescribeInstanceTypes` or `DescribeInstanceStatus`?
    !   hint: `reeve aws operations ec2` lists them
    [exit 2]

    $ reeve aws ec2 DescribeInstances --input '{"Filter":[], "MaxResults":"ten"}'
    ! error: the input does not fit `ec2:DescribeInstances`:
    !   `Filter`: `DescribeInstancesRequest` has no such member; did you mean `Filters`?
    !   `MaxResults`: expected an integer, found the string `ten`
    !   hint: `reeve aws shape ec2 DescribeInstances` shows it
    [exit 2]

    $ reeve aws ec2 DescribeInstances --input '{"Filters":[{"Name":7}]}'
    ! error: the input does not fit `ec2:DescribeInstances`:
    !   `Filters[0].Name`: expected a string, found the number `7`
    !   hint: `reeve aws shape ec2 DescribeInstances` shows it
    [exit 2]

    $ reeve aws dynamodb DescribeTable
    ! error: the input does not fit `dynamodb:DescribeTable`:
    !   `TableName`: required, expected a string
    !   hint: `reeve aws shape dynamodb DescribeTable` shows it
    [exit 2]

    $ reeve aws ec2 DescribeInstances --input '{'
    ! error: the input is not JSON: EOF while parsing an object at line 1 column 1
    [exit 2]

    $ reeve aws ec2 DescribeInstances --input @nowhere.json
    ! error: cannot read `nowhere.json`: No such file or directory (os error 2)
    [exit 2]

    $ reeve aws ec2 DescribeInstances --input HOME/estate/estate.yaml
    ! error: the input is not JSON: expected value at line 1 column 1
    !   hint: `--input @HOME/estate/estate.yaml` reads it from the file
    [exit 2]

    $ reeve aws ec2 DescribeInstances --account nobody
    ! error: the estate has no account `nobody`
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve aws ec2 DescribeInstances --account Prodcution
    ! error: the estate has no account `Prodcution`; did you mean `production`?
    !   hint: `reeve accounts` lists them
    [exit 2]

    $ reeve aws ec2 DescribeInstances --region Mars
    ! error: invalid value 'Mars' for '--region <REGION>': `Mars` is not the name of an AWS Region: expected lower-case words joined by `-`, as in `eu-central-1`
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
    assert!(world.twin.calls().is_empty());
}

#[test]
fn what_is_said_as_in_the_aws_cli_is_answered_with_how_to_say_it() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "aws ec2 wait instance-running",
        "aws ec2 DescribeInstances i-1",
        "aws ec2 DescribeInstances --concurrency 0",
    ]), @r"
    $ reeve aws ec2 wait instance-running
    ! error: waiters have a command of their own
    !   hint: `reeve aws wait ec2 instance-running`
    [exit 2]

    $ reeve aws ec2 DescribeInstances i-1
    ! error: nothing is expected after the operation: `i-1`
    !   hint: `--input` takes the input, as JSON
    [exit 2]

    $ reeve aws ec2 DescribeInstances --concurrency 0
    ! error: invalid value '0' for '--concurrency <NUMBER>': expected a number, at least 1
    !
    ! For more information, try '--help'.
    [exit 2]
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn a_call_goes_to_the_account_and_region_that_were_named() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "aws sts GetCallerIdentity",
        "aws sts GetCallerIdentity --account production",
        "aws dynamodb ListTables --account production --region us-east-1",
    ]), @r#"
    $ reeve aws sts GetCallerIdentity
    {
      "UserId": "AIDAIOSFODNN7EXAMPLE",
      "Account": "111122223333",
      "Arn": "arn:aws:iam::111122223333:user/reeve"
    }

    $ reeve aws sts GetCallerIdentity --account production
    {
      "UserId": "AROA8FA46A7BDDE5424D7:reeve-ana",
      "Account": "444455556666",
      "Arn": "arn:aws:sts::444455556666:assumed-role/reeve/reeve-ana"
    }

    $ reeve aws dynamodb ListTables --account production --region us-east-1
    {
      "TableNames": [
        "SessionsReplica"
      ]
    }
    "#);
}

#[test]
fn an_answer_is_printed_although_the_query_makes_no_sense_of_it() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["aws sts GetCallerIdentity --query 'sum(Account)'"]), @r#"
    $ reeve aws sts GetCallerIdentity --query 'sum(Account)'
    {
      "UserId": "AIDAIOSFODNN7EXAMPLE",
      "Account": "111122223333",
      "Arn": "arn:aws:iam::111122223333:user/reeve"
    }
    ! error: the expression `sum(Account)` cannot be evaluated: column 4: argument 0 expects type array[number], given string
    [exit 1]
    "#);
}

#[test]
fn all_pages_are_a_line_each() {
    let world = World::new();
    let words = "aws dynamodb ListTables --account production --paginate --input '{\"Limit\":2}'";
    assert_snapshot!(world.transcript(&[words]), @r#"
    $ reeve aws dynamodb ListTables --account production --paginate --input '{"Limit":2}'
    {"TableNames":["ContainerPositions","FeatureFlags"],"LastEvaluatedTableName":"FeatureFlags"}
    {"TableNames":["Sessions"]}
    "#);
}

#[test]
fn who_has_read_enough_is_not_sent_more_and_calls_end() {
    let world = World::new();
    let words =
        "aws ec2 DescribeInstances --account production --paginate --input '{\"MaxResults\":5}'";
    let mut child =
        world.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let pages = world.twin.calls();
    let pages = pages.iter().filter(|call| call.operation == "DescribeInstances");
    assert_eq!(pages.count(), 1);
}

#[test]
fn a_refusal_names_the_permission_and_an_error_its_code() {
    let world = World::new();
    let denied = reeve_twin::FaultRule::every_call(reeve_twin::Effect::Deny);
    world.twin.faults().add(denied.of("dynamodb", "ListTables"));
    assert_snapshot!(world.transcript(&[
        "aws dynamodb ListTables --account production",
        r#"aws dynamodb DescribeTable --account production --input '{"TableName":"Nothing"}'"#,
    ]), @r#"
    $ reeve aws dynamodb ListTables --account production
    ! error: `dynamodb:ListTables` in account 444455556666, Region eu-west-1 was denied (AccessDeniedException): User: arn:aws:sts::444455556666:assumed-role/reeve/reeve-ana is not authorized to perform: dynamodb:ListTables on resource: * because no identity-based policy allows the dynamodb:ListTables action
    !   hint: allow `dynamodb:ListTables` to `arn:aws:sts::444455556666:assumed-role/reeve/reeve-ana`
    [exit 1]

    $ reeve aws dynamodb DescribeTable --account production --input '{"TableName":"Nothing"}'
    ! error: `dynamodb:DescribeTable` in account 444455556666, Region eu-west-1 failed with `ResourceNotFoundException`: Requested resource not found: Table: Nothing not found
    [exit 1]
    "#);
}

#[test]
fn services_and_operations_are_listed() {
    let world = World::new();
    let services = world.run("aws services").stdout;
    assert!(services.lines().count() > 400);
    assert!(services.lines().any(|line| line == "dynamodb                             DynamoDB"));
    assert!(world.run("aws sts").stdout.lines().any(|line| line == "GetCallerIdentity"));
}

#[test]
fn a_change_outside_of_plans_is_in_the_ledger_and_is_suspended_as_well() {
    let world = World::new();
    let untag = "aws dynamodb UntagResource --account production --input \
        '{\"ResourceArn\":\"arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions\",\"TagKeys\":[\"Team\"]}'";
    let statuses = ["suspend why", untag, "resume", untag].map(|words| world.run(words).status);
    assert_eq!(statuses, [Some(0), Some(1), Some(0), Some(0)]);
    let calls = world.twin.calls();
    assert_eq!(calls.iter().filter(|call| call.is_change()).count(), 1);
    let ledger = world.run("ledger --kind call").stdout;
    assert!(ledger.contains("call.started") && ledger.contains("call.succeeded"), "{ledger}");
}

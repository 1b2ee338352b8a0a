//! `reeve aws`: what there is to be called, shown and waited for, and queries.

use insta::assert_snapshot;

use crate::harness::World;

#[test]
fn an_operation_is_shown_with_what_it_takes_and_returns() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["aws shape dynamodb untag-resource"]), @r"
    $ reeve aws shape dynamodb untag-resource
    dynamodb:UntagResource
      POST /

    input: UntagResourceInput
      ResourceArn  string, required, 1 to 1283 characters
      TagKeys      list of string, required

    output: nothing

    errors: LimitExceededException, ResourceNotFoundException, InternalServerError, ResourceInUseException
    ");
    assert_snapshot!(world.transcript(&["aws shape sts GetCallerIdentity"]), @r"
    $ reeve aws shape sts GetCallerIdentity
    sts:GetCallerIdentity
      POST /

    input: nothing

    output: GetCallerIdentityResponse
      UserId   string
      Account  string
      Arn      string, 20 to 2048 characters
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn a_shape_that_contains_itself_is_shown_once() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["aws shape dynamodb AttributeValue"]), @r"
    $ reeve aws shape dynamodb AttributeValue
    AttributeValue
      S     string
      N     string
      B     blob
      SS    list of string
      NS    list of string
      BS    list of blob
      M     map of string to AttributeValue (as above)
      L     list of AttributeValue (as above)
      NULL  boolean
      BOOL  boolean
    ");
    assert_snapshot!(world.transcript(&["aws shape ec2 Filter", "aws shape ec2 DescribeTags --depth 1"]), @r"
    $ reeve aws shape ec2 Filter
    Filter
      Name    string
      Values  list of string

    $ reeve aws shape ec2 DescribeTags --depth 1
    ec2:DescribeTags
      POST /; has pages: `--paginate`

    input: DescribeTagsRequest
      DryRun      boolean
      Filters     list of Filter (…)
      MaxResults  integer
      NextToken   string

    output: DescribeTagsResult
      NextToken  string
      Tags       list of TagDescription (…)
    ");
}

#[test]
fn shapes_are_json_for_programs() {
    let world = World::new();
    let shown = world.json("aws shape dynamodb UntagResource");
    assert_eq!(shown["input"], "UntagResourceInput");
    let shapes = &shown["shapes"];
    assert_eq!(shapes["UntagResourceInput"]["members"]["TagKeys"]["shape"], "TagKeyList");
    assert_eq!(shapes["UntagResourceInput"]["members"]["TagKeys"]["required"], true);
    assert_eq!(shapes["TagKeyList"]["member"], "TagKeyString");
    assert_eq!(shapes["TagKeyString"]["max"], 128);
}

#[test]
fn every_operation_of_a_large_service_can_be_shown() {
    let world = World::new();
    let shown = world.run("aws shape ec2 DescribeInstances").stdout;
    assert!(shown.lines().count() > 200);
    assert!(
        shown.lines().any(|line| line.trim_end().ends_with("GroupIdentifier (as above)")),
        "{shown}"
    );
}

#[test]
fn what_is_not_there_is_answered_with_the_nearest_before_anything_is_sent() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "aws operations ec3",
        "aws shape ec2 DescribeInstancs",
        "aws ec2 describe-instance",
        "aws wait ec2 instance-runing",
        "aws wait ec2 instance-running --max-wait soon",
        "aws ec2 DescribeInstances --query 'Reservations[*'",
        "aws ec2 DescribeInstances --query 'lenght(Reservations)'",
        "aws ec2 StopInstances --paginate --input '{\"InstanceIds\":[\"i-1\"]}'",
    ]), @r#"
    $ reeve aws operations ec3
    ! error: no AWS service is called `ec3`; did you mean `ec2` or `ecr` or `ecs`?
    !   hint: `reeve aws services` lists them
    [exit 2]

    $ reeve aws shape ec2 DescribeInstancs
    ! error: `ec2` has no operation and no shape `DescribeInstancs`; did you mean `DescribeInstances` or `DescribeInstanceTypes` or `DescribeInstanceStatus`?
    [exit 2]

    $ reeve aws ec2 describe-instance
    ! error: `ec2` has no operation `describe-instance`; did you mean `DescribeInstances` or `DescribeInstanceTypes` or `DescribeInstanceStatus`?
    !   hint: `reeve aws operations ec2` lists them
    [exit 2]

    $ reeve aws wait ec2 instance-runing
    ! error: `ec2` has no waiter `instance-runing`; did you mean `InstanceRunning` or `InstanceTerminated` or `InstanceExists`?
    !   hint: `reeve aws wait ec2` lists them
    [exit 2]

    $ reeve aws wait ec2 instance-running --max-wait soon
    ! error: invalid value 'soon' for '--max-wait <TIME>': expected a time span such as `30s`, `15m`, `1h30m` or `2d`
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve aws ec2 DescribeInstances --query 'Reservations[*'
    ! error: the query `Reservations[*` is no JMESPath: column 15: expected ']' for wildcard index, found the end
    !   hint: https://jmespath.org/tutorial.html
    [exit 2]

    $ reeve aws ec2 DescribeInstances --query 'lenght(Reservations)'
    ! error: the query `lenght(Reservations)` is no JMESPath: column 1: there is no function `lenght`; did you mean `length`?
    !   hint: https://jmespath.org/tutorial.html
    [exit 2]

    $ reeve aws ec2 StopInstances --paginate --input '{"InstanceIds":["i-1"]}'
    ! error: `ec2:StopInstances` may change something: it has no pages
    !   hint: leave `--paginate` out
    [exit 2]
    "#);
    assert!(world.twin.calls().is_empty());
}

#[test]
fn a_query_takes_what_is_wanted_out_of_each_page() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "aws dynamodb list-tables --account production --query 'TableNames[0]'",
        "aws dynamodb ListTables --account production --query Nothing",
        "aws dynamodb ListTables --account production --paginate --input '{\"Limit\":2}' --query TableNames",
    ]), @r#"
    $ reeve aws dynamodb list-tables --account production --query 'TableNames[0]'
    "ContainerPositions"

    $ reeve aws dynamodb ListTables --account production --query Nothing
    null

    $ reeve aws dynamodb ListTables --account production --paginate --input '{"Limit":2}' --query TableNames
    ["ContainerPositions","FeatureFlags"]
    ["Sessions"]
    "#);
}

#[test]
fn an_input_may_come_from_a_file_or_from_standard_input() {
    use std::io::Write as _;

    let world = World::new();
    world.write("input.json", r#"{"Limit": 1}"#);
    let query = "--account production --query TableNames";
    let path = world.path("input.json");
    let shown = world.run(&format!("aws dynamodb ListTables {query} --input @{}", path.display()));
    let expected = "[\n  \"ContainerPositions\"\n]\n";
    assert_eq!(shown.stdout, expected);
    let mut command = world.command(&format!("aws dynamodb ListTables {query} --input -"));
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"Limit": 1}"#).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, expected.as_bytes());
}

#[test]
fn a_state_is_waited_for_in_one_scope_or_in_many() {
    let world = World::new();
    let wait = "aws wait dynamodb table-exists --account production";
    let table = |name: &str| format!("--input '{{\"TableName\":\"{name}\"}}'");
    let shown = world.run(&format!("{wait} {}", table("Sessions")));
    assert_eq!((shown.stdout.as_str(), shown.status), ("", Some(0)));
    assert!(shown.stderr.starts_with("TableExists after 1 call in "), "{}", shown.stderr);
    let json = world.json(&format!("{wait} {}", table("Sessions")));
    assert_eq!(json["output"]["Table"]["TableStatus"], "ACTIVE");
    let late = world.run(&format!("{wait} {} --max-wait 10ms --interval 1ms", table("Nothing")));
    assert_eq!(late.status, Some(1));
    assert!(
        late.stderr.contains("the call failed with `ResourceNotFoundException`"),
        "{}",
        late.stderr
    );
    let many = world.run(&format!(
        "{wait} {} --region eu-west-1,us-east-1 --max-wait 10ms --interval 1ms",
        table("Sessions")
    ));
    assert_eq!(many.stderr, "1 of 2 scopes answered; 1 not in time\n");
    assert_eq!((many.status, many.stdout.lines().count()), (Some(3), 2));
}

#[test]
fn the_waiters_of_a_service_are_listed() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["aws wait dynamodb", "aws wait sts"]), @r"
    $ reeve aws wait dynamodb
    BulkOperationCompleted
    ContributorInsightsEnabled
    ExportCompleted
    ImportCompleted
    KinesisStreamingDestinationActive
    TableExists
    TableNotExists

    $ reeve aws wait sts
    `sts` has no waiters
    ");
}

#[test]
fn a_url_is_made_without_a_call_of_what_it_is_for() {
    let world = World::new();
    let words = "aws presign sts GetCallerIdentity --region eu-west-1 --expires 1h";
    let shown = world.run(words);
    assert!(shown.stdout.contains("Action=GetCallerIdentity"), "{shown}");
    assert!(shown.stdout.contains("X-Amz-Expires=3600"), "{shown}");
    assert!(shown.stderr.starts_with("call it with GET until "), "{shown}");
    assert_eq!(world.json(words)["method"], "GET");
    assert_snapshot!(world.transcript(&[
        "aws presign sts GetCallerIdentity --account all",
        "aws presign sts GetCallerIdentity --expires 8d",
        "aws presign dynamodb ListTables",
    ]), @r"
    $ reeve aws presign sts GetCallerIdentity --account all
    ! error: a URL is for one scope
    !   hint: name one account and one Region
    [exit 2]

    $ reeve aws presign sts GetCallerIdentity --expires 8d
    ! error: `sts:GetCallerIdentity` in Region eu-west-1 was not made: a URL is valid from 1 second to 7 days
    [exit 2]

    $ reeve aws presign dynamodb ListTables
    ! error: `dynamodb:ListTables` in Region eu-west-1 was not made: its input travels in a body, which no URL can carry
    [exit 2]
    ");
}

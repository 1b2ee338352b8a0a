//! What stands in the way is named, the rest of the estate is still looked at, and nothing unknown counts as right.

use std::{net::TcpListener, time::Duration};

use insta::assert_snapshot;
use reeve_time::Stopwatch;
use reeve_twin::{Effect, FaultRule};

use crate::harness::World;

/// A port that was free a moment ago.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn without_credentials_everything_is_unknown() {
    let world = World::new();
    let estate =
        world.estate("").replace("  profile: demo\n  credentials-file: aws-credentials\n", "");
    world.write("estate.yaml", &estate);
    assert_snapshot!(world.transcript(&["plan", "resources", "accounts"]), @r"
    $ reeve plan
    looked at 0 resources in SOME s: 0 not as they should be, 4 parts unknown

    unknown, and not counted as right:
    111122223333 eu-west-1, us-east-1: 2 scopes
      no credentials for the call: tried environment (environment variable not set), profile (it is not in the shared files, or holds no credentials), web identity ($AWS_WEB_IDENTITY_TOKEN_FILE was not set), container (ECS provider not configured), instance metadata (IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`)
      calls: dynamodb:ListTables
      types: AWS::DynamoDB::Table

    444455556666 eu-west-1, us-east-1: 2 scopes
      no credentials for the call: tried environment (environment variable not set), profile (it is not in the shared files, or holds no credentials), web identity ($AWS_WEB_IDENTITY_TOKEN_FILE was not set), container (ECS provider not configured), instance metadata (IMDS disabled by AWS_EC2_METADATA_DISABLED env var set to `true`)
      calls: dynamodb:ListTables
      types: AWS::DynamoDB::Table
    ! no plan: there is nothing to do where it could be looked at
    [exit 3]

    $ reeve resources
    there are no such resources
    ! 4 parts of the estate are unknown: `reeve resources unknown` says why
    [exit 3]

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger propose  0          0        2               never
    444455556666  production  eu-west-1 us-east-1  resource-tagger propose  0          0        2               never
    [exit 3]
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn an_account_without_a_way_in_leaves_the_rest_to_be_done() {
    let world = World::new();
    let staging = "  - { id: \"777788889999\", name: staging, role: nobody }\n";
    world.write("estate.yaml", &world.estate(staging));
    assert_snapshot!(world.transcript(&["plan", "accounts", "plan --account production"]), @r"
    $ reeve plan
    looked at 5 resources in SOME s: 3 not as they should be, 2 parts unknown

    unknown, and not counted as right:
    777788889999 eu-west-1, us-east-1: 2 scopes
      no credentials for the call: tried role `arn:aws:iam::777788889999:role/nobody` (it cannot be assumed): `sts:AssumeRole` in account 777788889999, Region eu-west-1 was denied (AccessDenied): User: arn:aws:iam::111122223333:user/reeve is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::777788889999:role/nobody
      missing permission: sts:AssumeRole
      calls: dynamodb:ListTables
      types: AWS::DynamoDB::Table

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, proposed
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    ! next: `reeve approve plan_aaaaaaaaaaaaaaaaaaaaaaaaaa` or `reeve refuse plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    [exit 3]

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger propose  1          0        0               2026-01-01 00:00:00Z
    444455556666  production  eu-west-1 us-east-1  resource-tagger propose  4          3        0               2026-01-01 00:00:00Z
    777788889999  staging     eu-west-1 us-east-1  resource-tagger propose  0          0        2               never
    [exit 3]

    $ reeve plan --account production
    looked at 4 resources in SOME s: 3 not as they should be

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, proposed
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    ! next: `reeve approve plan_aaaaaaaaaaaaaaaaaaaaaaaaaa` or `reeve refuse plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    ");
}

#[test]
fn a_denied_call_names_the_permission_and_is_never_compliant() {
    let world = World::new();
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables");
    let region = world.seeded.regions[1].clone();
    world.twin.faults().add(denied.in_region(&region));
    assert_snapshot!(world.transcript(&[
        "plan",
        "resources --verdict unknown",
        "resources --region eu-west-1 --verdict fail",
        "resources unknown",
    ]), @r"
    $ reeve plan
    looked at 3 resources in SOME s: 2 not as they should be, 2 parts unknown

    unknown, and not counted as right:
    111122223333 us-east-1: AWS::DynamoDB::Table
      `dynamodb:ListTables` in account 111122223333, Region us-east-1 was denied (AccessDeniedException): User: arn:aws:sts::111122223333:assumed-role/reeve/reeve-ana is not authorized to perform: dynamodb:ListTables on resource: * because no identity-based policy allows the dynamodb:ListTables action
      missing permission: dynamodb:ListTables

    444455556666 us-east-1: AWS::DynamoDB::Table
      `dynamodb:ListTables` in account 444455556666, Region us-east-1 was denied (AccessDeniedException): User: arn:aws:sts::444455556666:assumed-role/reeve/reeve-ana is not authorized to perform: dynamodb:ListTables on resource: * because no identity-based policy allows the dynamodb:ListTables action
      missing permission: dynamodb:ListTables

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 2 actions in 1 account, proposed
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    ! next: `reeve approve plan_aaaaaaaaaaaaaaaaaaaaaaaaaa` or `reeve refuse plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    [exit 3]

    $ reeve resources --verdict unknown
    there are no such resources
    ! 2 parts of the estate are unknown: `reeve resources unknown` says why
    [exit 3]

    $ reeve resources --region eu-west-1 --verdict fail
    VERDICT  ACCOUNT       REGION     TYPE                  ID                  NAME  WHY
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  ContainerPositions        ams:rt:ams-monitoring-policy should go
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  Sessions                  ams:rt:backup should be `none`

    $ reeve resources unknown
    111122223333 us-east-1: AWS::DynamoDB::Table
      `dynamodb:ListTables` in account 111122223333, Region us-east-1 was denied (AccessDeniedException): User: arn:aws:sts::111122223333:assumed-role/reeve/reeve-ana is not authorized to perform: dynamodb:ListTables on resource: * because no identity-based policy allows the dynamodb:ListTables action
      missing permission: dynamodb:ListTables

    444455556666 us-east-1: AWS::DynamoDB::Table
      `dynamodb:ListTables` in account 444455556666, Region us-east-1 was denied (AccessDeniedException): User: arn:aws:sts::444455556666:assumed-role/reeve/reeve-ana is not authorized to perform: dynamodb:ListTables on resource: * because no identity-based policy allows the dynamodb:ListTables action
      missing permission: dynamodb:ListTables
    [exit 3]
    ");
}

#[test]
fn what_was_seen_before_is_unknown_once_it_cannot_be_looked_at() {
    let world = World::new();
    assert_eq!(world.run("plan").status, Some(0));
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "ListTables");
    world.twin.faults().add(denied);
    assert_eq!(world.run("plan").status, Some(3));
    assert_eq!(world.json("resources --verdict pass")["items"].as_array().unwrap().len(), 0);
    assert_eq!(world.json("resources --verdict fail")["items"].as_array().unwrap().len(), 0);
    assert_eq!(world.json("resources --verdict unknown")["items"].as_array().unwrap().len(), 5);
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_named() {
    let world = World::new();
    let port = closed_port();
    let shown = world.run(&format!("plan --endpoint-url http://127.0.0.1:{port}"));
    let shown = shown.to_string().replace(&port.to_string(), "PORT");
    // Which calls were among those that tried is nobody's choice; what these came to is told by all.
    let shown = shown.replace("not tried, since the endpoint answered nobody lately: ", "");
    assert_snapshot!(world.filtered(&shown), @r"
    looked at 0 resources in SOME s: 0 not as they should be, 4 parts unknown

    unknown, and not counted as right:
    111122223333 eu-west-1, us-east-1: 2 scopes
      no credentials for the call: tried role `arn:aws:iam::111122223333:role/reeve` (it cannot be assumed): `sts:AssumeRole` in account 111122223333, Region eu-west-1 did not reach `http://127.0.0.1:PORT` in SOME attempts: cannot connect: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
      calls: dynamodb:ListTables
      types: AWS::DynamoDB::Table

    444455556666 eu-west-1, us-east-1: 2 scopes
      no credentials for the call: tried role `arn:aws:iam::444455556666:role/reeve` (it cannot be assumed): `sts:AssumeRole` in account 444455556666, Region eu-west-1 did not reach `http://127.0.0.1:PORT` in SOME attempts: cannot connect: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
      calls: dynamodb:ListTables
      types: AWS::DynamoDB::Table
    ! no plan: there is nothing to do where it could be looked at
    [exit 3]
    ");
}

#[test]
fn nobody_waits_long_for_an_endpoint_that_cannot_be_reached() {
    let world = World::new();
    let every_type =
        world.estate("").replace("    resource-types: [AWS::DynamoDB::Table]\n", "    every: 1h\n");
    world.write("estate.yaml", &every_type);
    let stopwatch = Stopwatch::start();
    let outcome = world.json(&format!("plan --endpoint-url http://127.0.0.1:{}", closed_port()));
    assert!(stopwatch.elapsed() < Duration::from_secs(20), "it took {:?}", stopwatch.elapsed());
    let scopes = reeve_inventory::definitions().iter().count() * 2 * 2;
    assert_eq!(outcome["run"]["unknown_scopes"], scopes);
    assert_eq!(outcome["run"]["resources"], 0);
}

#[test]
fn one_endpoint_that_is_down_leaves_the_others_to_be_looked_at() {
    let world = World::new();
    let port = closed_port();
    let two = world
        .estate("")
        .replace("[AWS::DynamoDB::Table]", "[AWS::DynamoDB::Table, AWS::EKS::Cluster]");
    world.write("estate.yaml", &two);
    let mut command = world.command("plan");
    command.env("AWS_ENDPOINT_URL_EKS", format!("http://127.0.0.1:{port}"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let stdout = String::from_utf8(output.stdout).unwrap().replace(&port.to_string(), "PORT");
    assert_snapshot!(world.filtered(&stdout), @r"
    looked at 5 resources in SOME s: 3 not as they should be, 4 parts unknown

    unknown, and not counted as right:
    111122223333 eu-west-1, us-east-1: 2 scopes
      the call did not reach `http://127.0.0.1:PORT` in SOME attempts: cannot connect: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
      calls: eks:ListClusters
      types: AWS::EKS::Cluster

    444455556666 eu-west-1, us-east-1: 2 scopes
      the call did not reach `http://127.0.0.1:PORT` in SOME attempts: cannot connect: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
      calls: eks:ListClusters
      types: AWS::EKS::Cluster

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, proposed
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    ");
}

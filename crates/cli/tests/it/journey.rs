//! The way of one plan, from an empty folder to its undoing, by commands.

use insta::assert_snapshot;
use reeve_twin::{Effect, FaultRule};

use crate::harness::World;

#[test]
fn an_estate_folder_is_begun_with_init() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["init begun", "-C begun validate"]), @r"
    $ reeve init begun
    wrote begun: estate.yaml, profiles/tags.json, README.md, .gitignore
    ! next: edit estate.yaml, then `reeve -C begun validate` and `reeve -C begun plan`

    $ reeve -C begun validate
    my-estate is right: 0 accounts, 0 Regions
    ! warning: estate.yaml:36:11: accounts: no accounts: nothing will be looked after
    ");
}

#[test]
fn before_the_first_look_nothing_is_claimed() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["validate", "accounts", "resources", "plan list", "ledger"]), @r"
    $ reeve validate
    harbour is right: 2 accounts, 2 Regions

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger propose  0          0        0               never
    444455556666  production  eu-west-1 us-east-1  resource-tagger propose  0          0        0               never

    $ reeve resources
    no resources yet: `reeve plan` observes the estate

    $ reeve plan list
    no plans: `reeve plan` makes one if there is something to do

    $ reeve ledger
    the ledger is empty
    ");
}

#[test]
fn what_would_be_done_is_shown_before_anything_is_done() {
    let world = World::new();
    let before = world.twin.resources();
    assert_snapshot!(world.transcript(&["plan", "plan list"]), @r"
    $ reeve plan
    looked at 5 resources in SOME s: 3 not as they should be

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

    $ reeve plan list
    PLAN                             PHASE     CONTROLLER       ACTIONS  ENDED  ACCOUNTS  CREATED
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa  proposed  resource-tagger  3               1         2026-01-01 00:00:00Z
    ");
    assert_eq!(world.twin.resources(), before);
}

#[test]
fn resources_are_found_by_what_is_known_of_them() {
    let world = World::new();
    world.run("plan");
    assert_snapshot!(world.transcript(&[
        "resources --verdict fail",
        "resources --region us-east-1",
        "resources --text feature",
        "resources --account production --type AWS::DynamoDB::Table --limit 1",
    ]), @r"
    $ reeve resources --verdict fail
    VERDICT  ACCOUNT       REGION     TYPE                  ID                  NAME  WHY
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  ContainerPositions        ams:rt:ams-monitoring-policy should go
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  Sessions                  ams:rt:backup should be `none`
    fail     444455556666  us-east-1  AWS::DynamoDB::Table  SessionsReplica           ams:rt:backup should be `none`

    $ reeve resources --region us-east-1
    VERDICT  ACCOUNT       REGION     TYPE                  ID               NAME  WHY
    pass     111122223333  us-east-1  AWS::DynamoDB::Table  DeploymentLocks
    fail     444455556666  us-east-1  AWS::DynamoDB::Table  SessionsReplica        ams:rt:backup should be `none`

    $ reeve resources --text feature
    VERDICT  ACCOUNT       REGION     TYPE                  ID            NAME  WHY
    pass     444455556666  eu-west-1  AWS::DynamoDB::Table  FeatureFlags

    $ reeve resources --account production --type AWS::DynamoDB::Table --limit 1
    VERDICT  ACCOUNT       REGION     TYPE                  ID                  NAME  WHY
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  ContainerPositions        ams:rt:ams-monitoring-policy should go
    ! there are more: --cursor '444455556666,eu-west-1,AWS::DynamoDB::Table,ContainerPositions'
    ");
}

#[test]
fn what_was_approved_is_applied_and_seen_at_once() {
    let world = World::new();
    world.run("plan");
    assert_snapshot!(world.transcript(&[
        "approve latest --yes -m 'looks right'",
        "plan list --phase approved",
        "apply latest",
        "resources --verdict fail",
        "accounts",
        "plan",
    ]), @r"
    $ reeve approve latest --yes -m 'looks right'
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is approved
    ! next: `reeve apply plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`

    $ reeve plan list --phase approved
    PLAN                             PHASE     CONTROLLER       ACTIONS  ENDED  ACCOUNTS  CREATED
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa  approved  resource-tagger  3               1         2026-01-01 00:00:00Z

    $ reeve apply latest
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is applied: 3 verified

    $ reeve resources --verdict fail
    there are no such resources

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger propose  1          0        0               2026-01-01 00:00:00Z
    444455556666  production  eu-west-1 us-east-1  resource-tagger propose  4          0        0               2026-01-01 00:00:00Z

    $ reeve plan
    looked at 5 resources in SOME s: 0 not as they should be
    ! no plan: there is nothing to do
    ");
}

#[test]
fn an_applied_plan_is_taken_back() {
    let world = World::new();
    let before = world.twin.resources();
    world.run("plan");
    world.run("approve latest --yes --apply -m 'looks right'");
    assert_ne!(world.twin.resources(), before);
    assert_snapshot!(world.transcript(&[
        "undo latest -m 'only trying'",
        "plan show",
        "resources --verdict fail",
    ]), @r"
    $ reeve undo latest -m 'only trying'
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is undone: 3 taken back

    $ reeve plan show

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, undone
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions  [verified]  [undo verified]
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions  [verified]  [undo verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica  [verified]  [undo verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    2026-01-01 00:00:00Z  person:ana  it was approved with digest DIGEST: looks right
    2026-01-01 00:00:00Z  person:ana  the apply of it was requested
    2026-01-01 00:00:00Z  reeve  the apply of it came to an end
    2026-01-01 00:00:00Z  person:ana  the undo of it was requested: only trying
    2026-01-01 00:00:00Z  reeve  the undo of it came to an end

    $ reeve resources --verdict fail
    VERDICT  ACCOUNT       REGION     TYPE                  ID                  NAME  WHY
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  ContainerPositions        ams:rt:ams-monitoring-policy should go
    fail     444455556666  eu-west-1  AWS::DynamoDB::Table  Sessions                  ams:rt:backup should be `none`
    fail     444455556666  us-east-1  AWS::DynamoDB::Table  SessionsReplica           ams:rt:backup should be `none`
    ");
    assert_eq!(world.twin.resources(), before);
}

#[test]
fn the_ledger_says_what_happened() {
    let world = World::new();
    world.run("plan");
    world.run("approve latest --yes --apply -m 'looks right'");
    assert_snapshot!(world.transcript(&[
        "ledger --limit 1",
        "ledger --plan latest --kind plan.approved",
        "ledger --kind nonsense",
        "ledger verify",
    ]), @r"
    $ reeve ledger --limit 1
    ENTRY  AT                    WHO    KIND                 WHAT
    16     2026-01-01 00:00:00Z  reeve  plan.apply_finished  the apply of plan_aaaaaaaaaaaaaaaaaaaaaaaaaa came to an end
    ! there are more: --cursor 16

    $ reeve ledger --plan latest --kind plan.approved
    ENTRY  AT                    WHO         KIND           WHAT
    5      2026-01-01 00:00:00Z  person:ana  plan.approved  plan_aaaaaaaaaaaaaaaaaaaaaaaaaa was approved with digest DIGEST: looks right

    $ reeve ledger --kind nonsense
    the ledger has no such entries

    $ reeve ledger verify
    intact: 16 entries, head DIGEST
    ");
}

#[test]
fn a_refused_plan_is_not_applied() {
    let world = World::new();
    world.run("plan");
    assert_snapshot!(world.transcript(&[
        "refuse latest -m 'not this week'",
        "apply latest",
        "undo latest",
        "plan list",
    ]), @r"
    $ reeve refuse latest -m 'not this week'
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is refused

    $ reeve apply latest
    ! error RV1002: applying it is not possible: the plan was refused
    !   hint: `reeve plan show` says where the plan stands and what happened to it
    [exit 1]

    $ reeve undo latest
    ! error RV1002: undoing it is not possible: the plan was refused
    !   hint: `reeve plan show` says where the plan stands and what happened to it
    [exit 1]

    $ reeve plan list
    PLAN                             PHASE    CONTROLLER       ACTIONS  ENDED  ACCOUNTS  CREATED
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa  refused  resource-tagger  3               1         2026-01-01 00:00:00Z
    ");
}

#[test]
fn a_resource_that_changed_meanwhile_is_refused_and_the_rest_done() {
    let world = World::new();
    world.run("plan");
    let (arn, mut tags) =
        world.twin.resources().into_iter().find(|(arn, _)| arn.ends_with("/Sessions")).unwrap();
    tags.insert("ams:rt:backup".to_owned(), "hourly".to_owned());
    assert!(world.twin.set_tags(&arn.parse().unwrap(), tags));
    assert_snapshot!(world.transcript(&["approve latest --yes --apply", "plan show"]), @r"
    $ reeve approve latest --yes --apply
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is applied: 2 verified, 1 refused
    ! why: `reeve plan show plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    [exit 1]

    $ reeve plan show

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, applied
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions  [verified]
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions  [refused]
        refused: tag `ams:rt:backup` was absent, now is `hourly`
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica  [verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    2026-01-01 00:00:00Z  person:ana  it was approved with digest DIGEST
    2026-01-01 00:00:00Z  person:ana  the apply of it was requested
    2026-01-01 00:00:00Z  reeve  the apply of it came to an end
    ! the way back: `reeve undo plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    ");
}

#[test]
fn while_suspended_nothing_is_changed() {
    let world = World::new();
    world.run("plan");
    assert_snapshot!(world.transcript(&[
        "approve latest --yes",
        "suspend 'the payroll run'",
        "apply latest",
        "plan",
        "resume",
        "apply latest",
    ]), @r"
    $ reeve approve latest --yes
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is approved
    ! next: `reeve apply plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`

    $ reeve suspend 'the payroll run'
    every change is suspended; `reeve resume` lets them go on

    $ reeve apply latest
    ! error RV1004: suspended by person:ana: the payroll run
    !   hint: nothing is changed anywhere until `reeve resume`
    [exit 1]

    $ reeve plan
    looked at 5 resources in SOME s: 3 not as they should be
    ! no plan: suspended by person:ana: the payroll run

    $ reeve resume
    changes go on

    $ reeve apply latest
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is applied: 3 verified
    ");
}

#[test]
fn what_may_only_be_observed_is_not_planned_for() {
    let world = World::new();
    world.write("estate.yaml", &world.estate("").replace("all: propose", "all: observe"));
    assert_snapshot!(world.transcript(&["plan", "accounts"]), @r"
    $ reeve plan
    looked at 5 resources in SOME s: 3 not as they should be
    ! no plan: only observing is allowed where something is wrong; see `reeve accounts`

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger observe  1          0        0               2026-01-01 00:00:00Z
    444455556666  production  eu-west-1 us-east-1  resource-tagger observe  4          3        0               2026-01-01 00:00:00Z
    ");
}

#[test]
fn what_may_be_done_at_once_is_done_by_planning_it() {
    let world = World::new();
    world.write("estate.yaml", &world.estate("").replace("all: propose", "all: act"));
    assert_snapshot!(world.transcript(&["plan"]), @r"
    $ reeve plan
    looked at 5 resources in SOME s: 3 not as they should be

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, applied
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions  [verified]
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions  [verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica  [verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    2026-01-01 00:00:00Z  reeve  it was approved with digest DIGEST: the estate sets every controller to act
    2026-01-01 00:00:00Z  reeve  the apply of it was requested
    2026-01-01 00:00:00Z  reeve  the apply of it came to an end
    ! the way back: `reeve undo plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    ");
}

#[test]
fn an_action_that_fails_says_why_and_can_be_tried_again() {
    let world = World::new();
    world.run("plan");
    let denied = FaultRule::every_call(Effect::Deny).of("dynamodb", "UntagResource");
    world.twin.faults().add(denied);
    assert_snapshot!(world.transcript(&["approve latest --yes --apply", "plan show"]), @r"
    $ reeve approve latest --yes --apply
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is applied: 2 verified, 1 failed
    ! why: `reeve plan show plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    [exit 1]

    $ reeve plan show

    plan plan_aaaaaaaaaaaaaaaaaaaaaaaaaa by resource-tagger: 3 actions in 1 account, applied
    digest DIGEST

    444455556666 eu-west-1
      AWS::DynamoDB::Table ContainerPositions  [failed]
        failed: `dynamodb:UntagResource` in account 444455556666, Region eu-west-1 was denied (AccessDeniedException): User: arn:aws:sts::444455556666:assumed-role/reeve/reeve-plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is not authorized to perform: dynamodb:UntagResource on resource: arn:aws:dynamodb:eu-west-1:444455556666:table/ContainerPositions because no identity-based policy allows the dynamodb:UntagResource action; allow `dynamodb:UntagResource` to `arn:aws:sts::444455556666:assumed-role/reeve/reeve-plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
        - ams:rt:ams-monitoring-policy = ams-monitored
            no configuration yields it
      AWS::DynamoDB::Table Sessions  [verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    444455556666 us-east-1
      AWS::DynamoDB::Table SessionsReplica  [verified]
        + ams:rt:backup = none
            `Sessions` of the customization profile yields it

    2026-01-01 00:00:00Z  person:ana  it was proposed with digest DIGEST
    2026-01-01 00:00:00Z  person:ana  it was approved with digest DIGEST
    2026-01-01 00:00:00Z  person:ana  the apply of it was requested
    2026-01-01 00:00:00Z  reeve  the apply of it came to an end
    ! again: `reeve apply plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`; the way back: `reeve undo plan_aaaaaaaaaaaaaaaaaaaaaaaaaa`
    ");
    world.twin.faults().clear();
    assert_snapshot!(world.transcript(&["apply latest"]), @r"
    $ reeve apply latest
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa is applied: 3 verified
    ");
}

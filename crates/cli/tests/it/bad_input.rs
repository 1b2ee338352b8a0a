//! What is wrong with the input is named at once and in place, and nothing is done.

use insta::assert_snapshot;

use crate::harness::World;

/// Fails if a wrong input left a trace in the records or on AWS.
#[track_caller]
fn assert_untouched(world: &World) {
    assert!(!world.path("data").exists(), "something was recorded");
    assert!(world.twin.calls().is_empty(), "something was called: {:?}", world.twin.calls());
}

fn wrong_folder() -> World {
    let world = World::new();
    world.write(
        "estate.yaml",
        r#"version: 1
name: harbour
region: [eu-west-1]
regions: [eu-wst-1]
authority:
  all: propse
controllers:
  resource-taggr: {}
  resource-tagger:
    every: 1 hour
    resource-types: [AWS::EC2::Instances]
accounts:
  - id: "44445555"
    name: production
"#,
    );
    world.write(
        "profiles/tags.json",
        r#"{
  "Options": { "ReadOnly": "no" },
  "AWS::EC2::Instanc": {},
  "AWS::EC2::Instance": {
    "Windows": {
      "Filter": { "Platfrm": "Windows" },
      "Tags": [{ "Key": "patch-group" }]
    }
  }
}
"#,
    );
    world
}

#[test]
fn every_mistake_in_both_files_is_named_at_once() {
    let world = wrong_folder();
    assert_snapshot!(world.transcript(&["plan"]), @r"
    $ reeve plan
    ! estate.yaml:3:1: region: unknown key
    !   hint: did you mean `regions`?
    ! estate.yaml:6:8: authority.all: expected one of `observe`, `propose`, `act`, found `propse`
    !   hint: did you mean `propose`?
    ! estate.yaml:8:3: controllers.resource-taggr: unknown key
    !   hint: did you mean `resource-tagger`?
    ! estate.yaml:10:12: controllers.resource-tagger.every: `1 hour` is not a time span
    !   hint: write it as in `30s`, `15m`, `1h30m` or `1d`
    ! estate.yaml:11:22: controllers.resource-tagger.resource-types[0]: the Resource Tagger does not know the type `AWS::EC2::Instances`
    !   hint: did you mean `AWS::EC2::Instance`?
    ! estate.yaml:13:9: accounts[0].id: `44445555` is not an AWS account id: expected twelve digits
    !   hint: account ids may begin with zeros: write all twelve digits
    ! profiles/tags.json:2:28: Options.ReadOnly: expected `true` or `false`, found the string `no`
    ! profiles/tags.json:3:3: AWS::EC2::Instanc: unknown resource type
    !   hint: did you mean `AWS::EC2::Instance`?
    ! profiles/tags.json:6:19: AWS::EC2::Instance.Windows.Filter.Platfrm: unknown filter field of `AWS::EC2::Instance`
    !   hint: did you mean `Platform`?
    ! profiles/tags.json:7:16: AWS::EC2::Instance.Windows.Tags[0]: the key `Value` is missing
    ! nothing was done
    [exit 2]
    ");
    assert_untouched(&world);
}

#[test]
fn validate_gives_scripts_the_same_mistakes() {
    let world = wrong_folder();
    let shown = world.run("validate --json");
    assert_eq!((shown.status, shown.stderr.as_str()), (Some(2), ""));
    let errors: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let errors = errors["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 10);
    let first = &errors[0];
    assert_eq!((&first["file"], &first["line"]), (&"estate.yaml".into(), &3.into()));
    assert_eq!(first["hint"], "did you mean `regions`?");
    let right = World::new().json("validate");
    assert_eq!((&right["errors"], &right["accounts"]), (&serde_json::json!([]), &2.into()));
}

#[test]
fn documents_that_cannot_be_parsed_are_named_with_line_and_column() {
    let world = World::new();
    world.write("estate.yaml", "version: 1\naccounts: [\n");
    world.write("profiles/tags.json", "{\n \"Options\": { \"ReadOnly\": true,\n }\n]\n");
    assert_snapshot!(world.transcript(&["apply latest"]), @r"
    $ reeve apply latest
    ! estate.yaml:3:1: while parsing a node, did not find expected node content
    ! profiles/tags.json:2:31: trailing commas are not allowed
    ! nothing was done
    [exit 2]
    ");
    assert_untouched(&world);
}

#[test]
fn a_folder_without_an_estate_is_no_estate() {
    let world = World::new();
    std::fs::remove_file(world.path("estate.yaml")).unwrap();
    assert_snapshot!(world.transcript(&["plan", "ledger verify"]), @r"
    $ reeve plan
    ! error: there is no estate.yaml in estate
    !   hint: `reeve init` writes a commented estate folder; `-C DIR` names another one
    [exit 2]

    $ reeve ledger verify
    ! error: there are no records in estate
    !   hint: `reeve plan` makes the first; `-C DIR` names another estate folder
    [exit 2]
    ");
    assert_untouched(&world);
}

#[test]
fn names_that_nothing_has_are_answered_with_the_nearest() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "plan --account productoin",
        "resources --account productoin",
        "resources --type AWS::EC2::Instanz",
        "resources --region Mars",
        "resources --cursor somewhere",
        "plan show latest",
        "plan show 01m83",
        "plan list --phase approvd",
        "ledger --plan nonsense",
    ]), @r"
    $ reeve plan --account productoin
    ! error RV1009: `productoin` is not an account of the estate
    !   hint: did you mean `production`?
    [exit 2]

    $ reeve resources --account productoin
    ! error RV1009: `productoin` is not an account of the estate
    !   hint: did you mean `production`?
    [exit 2]

    $ reeve resources --type AWS::EC2::Instanz
    ! error RV1009: `AWS::EC2::Instanz` is not a resource type that Reeve knows
    !   hint: did you mean `AWS::EC2::Instance`?
    [exit 2]

    $ reeve resources --region Mars
    ! error RV1010: `Mars` is not the name of an AWS Region: expected lower-case words joined by `-`, as in `eu-central-1`
    [exit 2]

    $ reeve resources --cursor somewhere
    ! error RV1010: the cursor `somewhere`: `somewhere` is not the place of a resource: expected `account,region,type,id`
    [exit 2]

    $ reeve plan show latest
    ! error RV1001: there is no plan `latest`
    !   hint: `reeve plan` proposes one if there is something to do
    [exit 2]

    $ reeve plan show 01m83
    ! error RV1001: there is no plan `01m83`
    !   hint: `reeve plan list` shows the plans; `latest` names the newest
    [exit 2]

    $ reeve plan list --phase approvd
    ! error: invalid value 'approvd' for '--phase <PHASE>'
    !   [possible values: proposed, approved, applying, applied, undoing, undone, refused, superseded]
    !
    !   tip: a similar value exists: 'approved'
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve ledger --plan nonsense
    ! error RV1001: there is no plan `nonsense`
    !   hint: `reeve plan list` shows the plans; `latest` names the newest
    [exit 2]
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn an_id_that_may_mean_two_plans_is_not_guessed() {
    let world = World::new();
    world.run("plan");
    world.run("refuse latest");
    world.run("plan");
    assert_snapshot!(world.transcript(&["approve plan_0 --yes"]), @r"
    $ reeve approve plan_0 --yes
    ! error RV1006: `plan_0` may mean any of plan_aaaaaaaaaaaaaaaaaaaaaaaaaa, plan_bbbbbbbbbbbbbbbbbbbbbbbbbb
    !   hint: give more of its id
    [exit 2]
    ");
    let ids = world.json("plan list");
    let id = |index: usize| ids["items"][index]["id"].as_str().unwrap().to_owned();
    let end = id(1).chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    assert_eq!(world.json(&format!("plan show {end}"))["id"], id(1).as_str());
}

#[test]
fn only_what_was_shown_can_be_approved_and_only_by_someone_who_was_asked() {
    let world = World::new();
    world.run("plan");
    assert_snapshot!(world.transcript(&[
        "approve latest",
        "approve latest --yes --digest abc",
        "apply latest",
        "plan list",
    ]), @r"
    $ reeve approve latest
    ! error: there is no terminal to ask on
    !   hint: `--yes` answers the question
    [exit 2]

    $ reeve approve latest --yes --digest abc
    ! error RV1003: the plan's digest is `DIGEST`, but `abc` was approved
    !   hint: look at the plan again: only what was shown can be approved
    [exit 1]

    $ reeve apply latest
    ! error RV1002: applying it is not possible: the plan waits for approval
    !   hint: `reeve plan show` says where the plan stands and what happened to it
    [exit 1]

    $ reeve plan list
    PLAN                             PHASE     CONTROLLER       ACTIONS  ENDED  ACCOUNTS  CREATED
    plan_aaaaaaaaaaaaaaaaaaaaaaaaaa  proposed  resource-tagger  3               1         2026-01-01 00:00:00Z
    ");
}

#[test]
fn wrong_words_are_answered_with_how_to_say_it() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "plann",
        "approve",
        "resources --limit 0",
        "resources --verdict maybe",
        "suspend ''",
    ]), @r"
    $ reeve plann
    ! error: unrecognized subcommand 'plann'
    !
    !   tip: a similar subcommand exists: 'plan'
    !
    ! Usage: reeve [OPTIONS] <COMMAND>
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve approve
    ! error: the following required arguments were not provided:
    !   <PLAN>
    !
    ! Usage: reeve approve <PLAN>
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve resources --limit 0
    ! error: invalid value '0' for '--limit <LIMIT>': 0 is not in 1..=1000
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve resources --verdict maybe
    ! error: invalid value 'maybe' for '--verdict <VERDICT>'
    !   [possible values: pass, fail, unknown]
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve suspend ''
    ! error RV1010: the reason is missing: everyone who is stopped is shown it
    [exit 2]
    ");
    assert!(world.twin.calls().is_empty());
}

#[test]
fn the_environment_can_be_wrong_as_well() {
    let world = World::new();
    let mut command = world.command("plan");
    let output = command.env("AWS_USE_FIPS_ENDPOINT", "perhaps").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"error: `AWS_USE_FIPS_ENDPOINT`: `perhaps` is not `true` or `false`");
    assert_snapshot!(world.transcript(&["plan --endpoint-url localhost"]), @r"
    $ reeve plan --endpoint-url localhost
    ! error: `localhost` is not an endpoint: expected `http://` or `https://` and a host
    [exit 2]
    ");
    assert_untouched(&world);
}

#[test]
fn init_leaves_what_is_there() {
    let world = World::new();
    assert_snapshot!(world.transcript(&["init"]), @r"
    $ reeve init
    ! error: already there, and left as it is: estate/estate.yaml, estate/profiles/tags.json
    !   hint: name an empty folder
    [exit 2]
    ");
    assert!(!world.path("README.md").exists());
}

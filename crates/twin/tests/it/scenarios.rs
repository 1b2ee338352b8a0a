//! Scenarios: what they make, what happens in them, and what is said of those that are wrong.

use reeve_time::Clock;
use reeve_twin::{Generate, Scenario, Twin};
use serde_json::json;

use crate::world::{Session, World};

const HARBOUR: &str = r#"
version: 1
name: harbour
description: A table that people argue about.
starts: 2026-03-01T09:00:00Z
history: P1D
regions: [eu-west-1]
accounts:
  - {id: "111122223333", name: management}
  - {id: "444455556666", name: production, unit: Workloads}
resources:
  - type: AWS::DynamoDB::Table
    in: production/*
    name: table-{n}
    count: 3
    tags: {Team: "${item}"}
  - type: AWS::RDS::DBInstance
    in: "*/eu-west-1"
    names: [booking, ledger]
    facts: {MultiAZ: true}
steps:
  - call: dynamodb:TagResource
    in: production/eu-west-1
    for: [table-1, table-2]
    input:
      ResourceArn: "arn:aws:dynamodb:${region}:${account}:table/${item}"
      Tags: [{Key: Began, Value: "${now}"}]
  - call: dynamodb:DescribeTable
    in: production/eu-west-1
    input: {TableName: table-3}
    save: {arn: Table.TableArn}
timeline:
  - at: -PT2H
    tags: {arn: "${444455556666/eu-west-1/arn}", add: {Seen: before}}
  - at: PT10M
    fault: {service: dynamodb, operation: ListTables, effect: throttle, count: 1}
  - at: PT1H
    every: PT1H
    times: 3
    call: dynamodb:TagResource
    in: production/eu-west-1
    input: {ResourceArn: "${arn}", Tags: [{Key: Last, Value: "${now}"}]}
  - at: PT5H
    refused: true
    call: dynamodb:DescribeTable
    in: production/eu-west-1
    input: {TableName: nobody}
  - at: PT6H
    call: dynamodb:DescribeTable
    in: production/eu-west-1
    input: {TableName: nobody}
"#;

fn begun(text: &str) -> (Twin, Clock) {
    let clock = Clock::manual("2026-03-01T09:00:00Z".parse().unwrap());
    let twin = Twin::new(clock.clone(), 1).without_signature_checks();
    let scenario = Scenario::parse("harbour.yaml", text).unwrap_or_else(|wrong| panic!("{wrong}"));
    scenario.begin(&twin).unwrap();
    (twin, clock)
}

fn tags(twin: &Twin, arn: &str) -> reeve_types::Tags {
    twin.tags(&arn.parse().unwrap()).unwrap()
}

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:444455556666:table/table-";

#[test]
fn a_world_begins_with_its_resources_and_the_calls_that_were_made_in_it() {
    let (twin, _) = begun(HARBOUR);
    let tables: Vec<String> = twin.resources().into_iter().map(|(arn, _)| arn).collect();
    assert_eq!(tables.iter().filter(|arn| arn.contains(":table/")).count(), 3);
    assert_eq!(tables.iter().filter(|arn| arn.contains(":db:")).count(), 4);
    // The calls were made when the world began, a day before it starts.
    let first = tags(&twin, &format!("{TABLE}1"));
    assert_eq!(first.get("Team").map(String::as_str), Some("table-1"));
    assert_eq!(first.get("Began").map(String::as_str), Some("2026-02-28T09:00:00Z"));
    assert_eq!(twin.now(), "2026-03-01T09:00:00Z".parse().unwrap());
    // What lies before the start has happened.
    assert_eq!(tags(&twin, &format!("{TABLE}3")).get("Seen").map(String::as_str), Some("before"));
}

#[test]
fn what_is_on_the_timeline_happens_when_its_time_comes() {
    let (twin, clock) = begun(HARBOUR);
    assert!(twin.faults().list().is_empty());
    let after = |minutes: i64| {
        clock.set(
            "2026-03-01T09:00:00Z".parse::<jiff::Timestamp>().unwrap()
                + jiff::SignedDuration::from_mins(minutes),
        );
        twin.advance();
        tags(&twin, &format!("{TABLE}3")).get("Last").cloned()
    };
    assert_eq!(after(11), None);
    assert_eq!(twin.faults().list().len(), 1);
    assert_eq!(after(61).as_deref(), Some("2026-03-01T10:00:00Z"));
    // However late the world is looked at, everything happened at its time.
    assert_eq!(after(60 * 24).as_deref(), Some("2026-03-01T12:00:00Z"));
    let request = http::Request::get("/_twin/scenario").body(bytes::Bytes::new()).unwrap();
    let diary: serde_json::Value = serde_json::from_slice(twin.handle(request).body()).unwrap();
    let last = diary["diary"].as_array().unwrap().last().unwrap();
    assert_eq!(last["what"], "dynamodb:DescribeTable");
    assert!(last["error"].as_str().unwrap().starts_with("ResourceNotFoundException"), "{last}");
}

#[test]
fn a_step_that_cannot_be_done_is_named_with_its_line() {
    let text = HARBOUR.replace("save: {arn: Table.TableArn}", "save: {arn: Table.Arn}");
    let twin = Twin::new(Clock::system(), 1);
    let error = Scenario::parse("harbour.yaml", &text).unwrap().begin(&twin).unwrap_err();
    assert_eq!(error.to_string(), "line 28: dynamodb:DescribeTable: the answer has no `Table.Arn`");
}

#[test]
fn what_is_wrong_with_a_scenario_is_said_with_line_column_and_the_nearest_name() {
    for (right, wrong, said) in [
        (
            "regions:",
            "region:",
            "harbour.yaml:7:1: region: unknown key\n  hint: did you mean `regions`?",
        ),
        ("name: table-{n}", "nam: table", "unknown key\n  hint: did you mean `name`?"),
        ("AWS::RDS::DBInstance", "AWS::RDS::DbInstance", "did you mean `AWS::RDS::DBInstance`?"),
        ("production/*", "producton/*", "did you mean `production`?"),
        (
            "dynamodb:TagResource",
            "dynamodb:TagResources",
            "has no operation `TagResources`; did you mean `TagResource`",
        ),
        ("TableName: table-3", "TableNam: table-3", "has no such member; did you mean `TableName`"),
        ("version: 1", "version: 2", "this Reeve reads version 1 of scenarios"),
        ("at: PT10M", "at: ten", "expected a duration such as `PT5M`"),
        ("fault:", "falt:", "`remove`, `cost`, `finding`, `health`, `machine`, `metric`"),
        ("{TableName: table-3}", "{}", "`TableName`: required"),
        ("effect: throttle", "effect: throtle", "did you mean `throttle`?"),
        ("operation: ListTables", "operation: ListTable", "did you mean `ListTables`"),
        ("every: PT1H", "by: ana", "`times` needs `every`"),
        ("id: \"444455556666\"", "id: \"4444\"", "`4444` is not an AWS account id"),
        ("name: production", "name: management", "another account has this name or id"),
    ] {
        assert!(HARBOUR.contains(right), "{right}");
        let error = Scenario::parse("harbour.yaml", &HARBOUR.replace(right, wrong)).unwrap_err();
        assert!(error.to_string().contains(said), "{wrong}: {error}");
    }
    assert!(Scenario::parse("x", ": [").is_err());
}

#[test]
fn every_shipped_scenario_begins() {
    for name in Scenario::shipped() {
        let mut scenario = Scenario::named(name).unwrap();
        if scenario.generate.is_some() {
            scenario.generate = Some(Generate { accounts: 3, resources: 500 });
        }
        let twin = Twin::new(Clock::manual("2026-03-02T08:00:00Z".parse().unwrap()), 1);
        let estate = scenario.begin(&twin).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(estate.accounts.len() >= 3, "{name}");
        let request = http::Request::get("/_twin/scenario").body(bytes::Bytes::new()).unwrap();
        let diary: serde_json::Value = serde_json::from_slice(twin.handle(request).body()).unwrap();
        let wrong: Vec<_> = diary["diary"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["error"] != json!(null))
            .collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn what_a_scenario_makes_is_known_to_its_service_and_does_what_it_is_there_for() {
    const KEPT: &str = r#"
version: 1
name: kept
description: What is kept and watched.
regions: [eu-west-1]
accounts:
  - {id: "111122223333", name: management}
resources:
  - {type: AWS::Backup::BackupVault, in: management/eu-west-1, name: nightly}
  - {type: AWS::Backup::BackupPlan, in: management/eu-west-1, name: daily}
  - {type: AWS::CloudWatch::Alarm, in: management/eu-west-1, name: calls}
  - {type: AWS::EC2::Volume, in: management/eu-west-1, name: spare}
  - {type: AWS::SSM::Document, in: management/eu-west-1, name: Look}
  - {type: AWS::SSM::MaintenanceWindow, in: management/eu-west-1, name: sunday}
  - {type: AWS::SSM::Parameter, in: management/eu-west-1, name: /shop/url}
"#;
    let (twin, clock) = begun(KEPT);
    let (access_key_id, _) = twin.first_user_key().unwrap();
    let session = Session { access_key_id, token: None, region: "eu-west-1".to_owned() };
    let world = World { twin, clock };
    let call = |service: &str, operation: &str, input| {
        world.call_as(&session, service, operation, input).unwrap()
    };
    let vaults = call("backup", "ListBackupVaults", json!({}));
    assert_eq!(vaults["BackupVaultList"][0]["BackupVaultName"], "nightly");
    let plan = call("backup", "GetBackupPlan", json!({"BackupPlanId": "daily"}));
    assert_eq!(plan["BackupPlan"]["Rules"][0]["RuleName"], "daily");
    let volumes = call("ec2", "DescribeVolumes", json!({}));
    assert_eq!(volumes["Volumes"][0]["State"], "available");
    let document = call("ssm", "GetDocument", json!({"Name": "Look"}));
    assert!(document["Content"].as_str().unwrap().contains("uptime"), "{document}");
    let parameter = call("ssm", "GetParameter", json!({"Name": "/shop/url"}));
    assert_eq!(parameter["Parameter"]["Version"], 1);
    world.clock.set("2026-03-08T08:00:00Z".parse().unwrap());
    world.twin.advance();
    let alarms = call("cloudwatch", "DescribeAlarms", json!({}));
    assert_eq!(alarms["MetricAlarms"][0]["StateValue"], "OK");
    let windows = call("ssm", "DescribeMaintenanceWindows", json!({}));
    let window = &windows["WindowIdentities"][0];
    assert_eq!(window["NextExecutionTime"], "2026-03-15T03:00Z", "{window}");
}

//! What can be wanted, and what is refused and why.

use serde_json::json;

use super::*;
use crate::runbook::Format;

const RUNBOOK: &str = "schemaVersion: '0.3'
parameters:
  InstanceId: {type: String}
  Buckets: {type: 'List<AWS::S3::Bucket::Name>', default: []}
  Size: {type: Integer, default: 1}
mainSteps: [{name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}]
";

fn child(wanted: &Value) -> Child {
    let list = |name: &str| wanted.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    Child {
        document: "Doc".to_owned(),
        version: None,
        parameters: Map::new(),
        target_parameter: text_of(wanted, "TargetParameterName"),
        targets: list("Targets"),
        target_maps: list("TargetMaps"),
        target_locations: list("TargetLocations"),
        max_concurrency: text_of(wanted, "MaxConcurrency"),
        max_errors: text_of(wanted, "MaxErrors"),
    }
}

fn read(wanted: &Value) -> Result<Several, TargetError> {
    let runbook = Runbook::parse("test.yaml", RUNBOOK, Format::Yaml).unwrap().runbook;
    Several::read(&child(wanted), &runbook)
}

fn selection(key: &str, values: &[&str], parameter: &str) -> String {
    let wanted =
        json!({"TargetParameterName": parameter, "Targets": [{"Key": key, "Values": values}]});
    match read(&wanted) {
        Ok(several) => match several.targets.unwrap() {
            Targets::Found { selection, kind, .. } => {
                format!("{selection:?} {}", kind.resource_type.unwrap_or("any"))
            }
            other => format!("{other:?}"),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_key_of_targets_is_read_as_the_service_reads_it() {
    let table: [(&str, &[&str], &str); 10] = [
        ("tag:Env", &["prod", "test"], "InstanceId"),
        ("tag:Env", &[], "Buckets"),
        ("tag-key", &["Env"], "InstanceId"),
        ("ResourceGroup", &["web"], "InstanceId"),
        ("ResourceGroup", &["web", "bank"], "InstanceId"),
        ("InstanceIds", &["*"], "InstanceId"),
        ("ParameterValues", &["i-1"], "InstanceId"),
        ("tag:Env", &["x"], "Size"),
        ("tag:Env", &["x"], "Sizes"),
        ("tags", &["x"], "InstanceId"),
    ];
    let lines: Vec<String> = table
        .iter()
        .map(|(key, values, parameter)| {
            format!("{key} {values:?} {parameter}: {}", selection(key, values, parameter))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    tag:Env ["prod", "test"] InstanceId: Tag { key: "Env", values: ["prod", "test"] } AWS::EC2::Instance
    tag:Env [] Buckets: Tag { key: "Env", values: [] } AWS::S3::Bucket
    tag-key ["Env"] InstanceId: Tag { key: "Env", values: [] } AWS::EC2::Instance
    ResourceGroup ["web"] InstanceId: Group("web") AWS::EC2::Instance
    ResourceGroup ["web", "bank"] InstanceId: only one resource group can be given at a time
    InstanceIds ["*"] InstanceId: All AWS::EC2::Instance
    ParameterValues ["i-1"] InstanceId: Values { parameter: "InstanceId", values: ["i-1"] }
    tag:Env ["x"] Size: parameter `Size` does not say which resources it takes: give it a type such as `AWS::EC2::Instance::Id`, or name the targets with `ParameterValues`
    tag:Env ["x"] Sizes: the runbook has no parameter `Sizes` that could take a target
    tags ["x"] InstanceId: `tags` is no key of `Targets`: it is `ParameterValues`, `tag:<key>`, `tag-key`, `ResourceGroup`, or `AWS::EC2::Instance` or `InstanceIds` with the value `*`
    "#);
}

#[test]
fn what_cannot_be_wanted_is_refused_by_name() {
    let place = json!({"Accounts": ["111122223333"], "Regions": ["eu-west-1"]});
    let with = |name: &str, value: Value| {
        let mut place = place.clone();
        place[name] = value;
        json!({"TargetLocations": [place]})
    };
    let one = json!({"Key": "ParameterValues", "Values": ["i-1"]});
    let table = [
        json!({"Targets": [one]}),
        json!({"TargetParameterName": "InstanceId", "Targets": [one, one]}),
        json!({"TargetParameterName": "InstanceId", "Targets": [one], "TargetMaps": [{}]}),
        json!({"TargetMaps": [{"Volume": ["v"]}]}),
        json!({"TargetMaps": [{"InstanceId": ["a", "b"]}]}),
        json!({"TargetMaps": [{"InstanceId": ["a"]}], "MaxConcurrency": "0"}),
        json!({"TargetMaps": [{"InstanceId": ["a"]}], "MaxErrors": "a few"}),
        json!({"TargetLocations": [{"Accounts": ["111122223333"]}]}),
        with("Accounts", json!(["ou-ab12-cdefghij"])),
        with("ExecutionRoleName", json!("Other")),
        with("TargetLocationAlarmConfiguration", json!({})),
        with("ExcludeAccounts", json!(["111122223333"])),
        with("TargetsMaxErrors", json!("many")),
    ];
    let refused: Vec<String> =
        table.iter().map(|wanted| read(wanted).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(refused.join("\n"), @"
    `Targets` needs `TargetParameterName`: the parameter that takes a target
    only one resource group, tag or list of values can be given in `Targets`
    `Targets` and `TargetMaps` cannot be given together
    the runbook has no parameter `Volume` of `TargetMaps`
    parameter `InstanceId` takes one value: `TargetMaps` has 2
    `MaxConcurrency` is at least 1 or 1%
    `MaxErrors`: `a few` is neither a number nor a share from 0% to 100%
    each of `TargetLocations` needs `Accounts` and `Regions`
    `ou-ab12-cdefghij` in `Accounts`: the estate knows no organizational units; name the accounts
    `ExecutionRoleName` is `Other`: runbooks run as the role that the estate names for each account; leave it out
    `TargetLocationAlarmConfiguration` in `TargetLocations` is not possible
    each of `TargetLocations` needs `Accounts` and `Regions`
    `MaxErrors`: `many` is neither a number nor a share from 0% to 100%
    ");
}

#[test]
fn a_location_has_limits_and_targets_of_its_own() {
    let wanted = json!({
        "TargetParameterName": "InstanceId",
        "Targets": [{"Key": "tag:Env", "Values": ["prod"]}],
        "MaxConcurrency": "5",
        "TargetLocations": [
            {"Accounts": ["111122223333", "444455556666"], "Regions": ["eu-west-1"],
             "ExecutionRoleName": "AWS-SystemsManager-AutomationExecutionRole",
             "ExcludeAccounts": ["444455556666"], "TargetLocationMaxConcurrency": "50%",
             "Targets": [{"Key": "tag:Env", "Values": ["test"]}], "TargetsMaxErrors": "2"},
            {"Accounts": ["444455556666"], "Regions": ["eu-west-1", "us-east-1"]},
        ],
    });
    let several = read(&wanted).unwrap();
    let [first, second] = several.locations.as_slice() else { panic!("{several:?}") };
    assert_eq!(first.accounts, ["111122223333".parse().unwrap()]);
    assert_eq!((first.concurrency, first.errors), (Share::Percent(50), Share::Number(0)));
    assert_eq!(first.within.targets[0]["Values"][0], "test");
    assert_eq!(first.within.max_concurrency.as_deref(), Some("5"));
    assert_eq!(first.within.max_errors.as_deref(), Some("2"));
    assert_eq!(second.concurrency, Share::Number(1));
    assert_eq!(second.within.targets[0]["Values"][0], "prod");
}

#[test]
fn a_target_is_named_as_its_parameter_takes_it() {
    let kind = |name: &str, text: &str| {
        let runbook = format!(
            "schemaVersion: '0.3'\nparameters: {{{name}: {{type: '{text}'}}}}\n\
             mainSteps: [{{name: nap, action: 'aws:sleep', inputs: {{Duration: PT1S}}}}]\n"
        );
        let runbook = Runbook::parse("test.yaml", &runbook, Format::Yaml).unwrap().runbook;
        TargetKind::of(&runbook.parameters[0])
    };
    let named = |name: &str, text: &str, arn: &str| kind(name, text).unwrap().name_in(arn).unwrap();
    let instance = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0";
    assert_eq!(named("InstanceIds", "StringList", instance), "i-0123456789abcdef0");
    assert_eq!(named("Machine", "AWS::EC2::Instance::Id", instance), "i-0123456789abcdef0");
    assert_eq!(named("BucketName", "String", "arn:aws:s3:::orders"), "orders");
    let database = "arn:aws:rds:eu-west-1:111122223333:db:orders";
    assert_eq!(named("DBInstanceIdentifier", "String", database), "orders");
    let role = "arn:aws:iam::111122223333:role/team/runner";
    assert_eq!(named("Role", "AWS::IAM::Role::Arn", role), role);
    assert_eq!(named("RoleName", "String", role), "runner");
    assert!(kind("Key", "AWS::EC2::KeyPair::KeyName").is_none());
    assert!(kind("Anything", "String").is_none());
}

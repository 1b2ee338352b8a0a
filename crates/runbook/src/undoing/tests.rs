//! What comes of taking changes back, as data.

use serde_json::{Map, Value, json};

use super::*;
use crate::{Format, Runbook};

#[expect(clippy::needless_pass_by_value, reason = "a table of values reads better")]
fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn made(call: &str, input: Value, before: Value, outcome: Outcome) -> Made {
    let (service, operation) = call.split_once(':').unwrap();
    Made {
        call: Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: object(input),
        },
        before: object(before),
        after: None,
        outcome,
    }
}

fn answered(call: &str, input: Value, before: Value, answer: Value) -> Change {
    of(Deed::Called(made(call, input, before, Outcome::Answered(answer))))
}

fn of(deed: Deed) -> Change {
    Change { execution: "exec_1".to_owned(), step: "step".to_owned(), deed }
}

/// `name: call input`, one a line, then `stays: change: why`.
fn told(undoing: &Undoing) -> String {
    let mut lines = Vec::new();
    for step in &undoing.steps {
        lines.push(match &step.act {
            UndoAct::Call { wait, call, .. } => {
                let wait = wait.as_ref();
                let wait = wait.map(|wait| format!(" once {}={}", wait.selector, wait.wanted));
                let input = Value::Object(call.input.clone());
                format!("{}: {}{}", step.name, input, wait.unwrap_or_default())
            }
            UndoAct::Run { document, parameters } => {
                format!("{}: {document} {}", step.name, Value::Object(parameters.clone()))
            }
        });
    }
    lines.extend(undoing.left.iter().map(|left| format!("stays: {}: {}", left.change, left.why)));
    lines.join("\n")
}

fn instances(state: &str) -> Value {
    json!({"instances": {"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": state}}]}]}})
}

fn tags(value: Option<&str>) -> Value {
    let tag = value.map(|value| json!({"ResourceId": "i-1", "Key": "Env", "Value": value}));
    json!({"tags": {"Tags": tag.into_iter().collect::<Vec<_>>()}})
}

fn stop() -> Change {
    answered("ec2:StopInstances", json!({"InstanceIds": ["i-1"]}), instances("running"), json!({}))
}

fn start() -> Change {
    answered("ec2:StartInstances", json!({"InstanceIds": ["i-1"]}), instances("stopped"), json!({}))
}

fn volume() -> Change {
    answered("ec2:CreateVolume", json!({}), json!({}), json!({"VolumeId": "vol-1"}))
}

fn snapshot() -> Change {
    answered(
        "ec2:CreateSnapshot",
        json!({}),
        json!({"snapshots": {}}),
        json!({"SnapshotId": "snap-1"}),
    )
}

fn deletion(outcome: Outcome) -> Change {
    of(Deed::Called(made("ec2:DeleteVolume", json!({"VolumeId": "vol-1"}), json!({}), outcome)))
}

#[test]
fn the_last_change_is_taken_back_first_once_its_time_has_come() {
    insta::assert_snapshot!(told(&take_back(&[stop(), volume(), start()])), @r#"
    undo3_1_StopInstances: {"InstanceIds":["i-1"]} once $.Reservations[*].Instances[*].State.Name=running
    undo2_1_DeleteVolume: {"VolumeId":"vol-1"} once $.Volumes[*].State=available
    undo1_1_StartInstances: {"InstanceIds":["i-1"]} once $.Reservations[*].Instances[*].State.Name=stopped
    "#);
}

#[test]
fn what_failed_is_not_taken_back_and_what_is_not_known_is_named() {
    let unread =
        answered("ec2:StopInstances", json!({"InstanceIds": ["i-1"]}), json!({}), json!({}));
    let unknown = Outcome::Unknown("the answer was lost".to_owned());
    let changes = [
        of(Deed::Called(made("ec2:CreateVolume", json!({}), json!({}), Outcome::Failed))),
        of(Deed::Called(made("ec2:CreateVolume", json!({}), json!({}), unknown))),
        unread,
        answered("ec2:TerminateInstances", json!({"InstanceIds": ["i-1"]}), json!({}), json!({})),
        answered("nowhere:DoSomething", json!({}), json!({}), json!({})),
        of(Deed::Other {
            what: "a script".to_owned(),
            why: "what a script changes is not kept".to_owned(),
            may_lose: false,
        }),
    ];
    insta::assert_snapshot!(told(&take_back(&changes)), @r"
    stays: a script: what a script changes is not kept
    stays: nowhere:DoSomething: what `nowhere:DoSomething` changes is not known
    stays: ec2:TerminateInstances: a terminated instance cannot be brought back
    stays: ec2:StopInstances: what was there before could not be read with `ec2:DescribeInstances`
    stays: ec2:CreateVolume: whether it was done is not known: the answer was lost
    ");
}

#[test]
fn a_copy_stays_if_what_it_is_of_is_gone() {
    let gone = deletion(Outcome::Answered(json!({})));
    insta::assert_snapshot!(told(&take_back(&[snapshot(), stop(), gone.clone()])), @r#"
    undo2_1_StartInstances: {"InstanceIds":["i-1"]} once $.Reservations[*].Instances[*].State.Name=stopped
    stays: ec2:DeleteVolume: the volume's data is gone; a snapshot that was made before brings it back as another volume
    stays: ec2:CreateSnapshot: something was deleted after it was made, for good, and this may be all that is left of it
    "#);
    insta::assert_snapshot!(told(&take_back(&[gone, snapshot()])), @r#"
    undo2_1_DeleteSnapshot: {"SnapshotId":"snap-1"}
    stays: ec2:DeleteVolume: the volume's data is gone; a snapshot that was made before brings it back as another volume
    "#);
    insta::assert_snapshot!(told(&take_back(&[snapshot(), deletion(Outcome::Failed)])), @r#"undo1_1_DeleteSnapshot: {"SnapshotId":"snap-1"}"#);
}

#[test]
fn a_document_that_declares_its_undo_is_taken_back_by_it() {
    let declared =
        |parameters| of(Deed::Declared { document: "Child.undo".to_owned(), parameters });
    let changes = [
        stop(),
        declared(Ok(object(json!({"Id": "i-1"})))),
        declared(Err("nothing fills it".to_owned())),
    ];
    insta::assert_snapshot!(told(&take_back(&changes)), @r#"
    undo2_1_Run: Child.undo {"Id":"i-1"}
    undo1_1_StartInstances: {"InstanceIds":["i-1"]} once $.Reservations[*].Instances[*].State.Name=stopped
    stays: the runbook Child: nothing fills it
    "#);
}

#[test]
fn of_an_undo_that_failed_only_what_is_left_is_done_again() {
    let all = take_back(&[stop(), volume(), start()]);
    let names: Vec<String> = all.steps.iter().map(|step| step.name.clone()).collect();
    let changed = [(names[1].clone(), "somebody changed it".to_owned())];
    insta::assert_snapshot!(told(&all.without(&names[..1], &changed)), @r#"
    undo1_1_StartInstances: {"InstanceIds":["i-1"]} once $.Reservations[*].Instances[*].State.Name=stopped
    stays: ec2:CreateVolume: somebody changed it
    "#);
}

#[test]
fn the_document_is_one_that_the_service_would_take() {
    let tagged = answered(
        "ec2:CreateTags",
        json!({"Resources": ["i-1"], "Tags": [{"Key": "Env", "Value": "new"}]}),
        tags(Some("{{ old }}")),
        json!({}),
    );
    let document = take_back(&[tagged, stop()]).document("exec_1").unwrap();
    let text = serde_json::to_string_pretty(&document).unwrap();
    let steps: Vec<String> =
        document["mainSteps"].as_array().unwrap().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(steps.join("\n"), @r#"
    {"name":"undo2_1_StartInstances_wait","action":"aws:waitForAwsResourceProperty","timeoutSeconds":600,"onFailure":"Continue","isCritical":false,"inputs":{"Service":"ec2","Api":"DescribeInstances","PropertySelector":"$.Reservations[*].Instances[*].State.Name","DesiredValues":["stopped"],"InstanceIds":["i-1"]}}
    {"name":"undo2_1_StartInstances","description":"Takes back ec2:StopInstances of step step of exec_1.","action":"aws:executeAwsApi","inputs":{"Service":"ec2","Api":"StartInstances","InstanceIds":["i-1"]}}
    {"name":"undo1_1_DeleteTags","description":"Takes back ec2:CreateTags of step step of exec_1.","action":"aws:executeAwsApi","inputs":{"Service":"ec2","Api":"DeleteTags","Resources":["i-1"],"Tags":[{"Key":"Env","Value":"new"}]}}
    {"name":"undo1_2_CreateTags","description":"Takes back ec2:CreateTags of step step of exec_1.","action":"aws:executeAwsApi","inputs":{"Service":"ec2","Api":"CreateTags","Resources":["i-1"],"Tags":[{"Key":"Env","Value":"{{ Text1 }}"}]}}
    "#);
    assert_eq!(document["parameters"]["Text1"]["default"], "{{ old }}");
    let read = Runbook::parse("undo", &text, Format::Json).unwrap();
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

#[test]
fn nothing_to_do_is_no_document() {
    assert_eq!(take_back(&[]).document("exec_1"), None);
}

#[test]
fn what_somebody_changed_since_is_told_from_what_was_left() {
    let tag = |before: Value, after: Value| Made {
        after: Some(object(after)),
        ..made(
            "ec2:CreateTags",
            json!({"Resources": ["i-1"], "Tags": [{"Key": "Env", "Value": "new"}]}),
            before,
            Outcome::Answered(json!({})),
        )
    };
    let stop = |after: &str| Made {
        after: Some(object(instances(after))),
        ..made(
            "ec2:StopInstances",
            json!({"InstanceIds": ["i-1"]}),
            instances("running"),
            Outcome::Answered(json!({})),
        )
    };
    let cases = [
        ("as it was left", tag(tags(None), tags(Some("new"))), tags(Some("new")), Since::AsLeft),
        ("removed", tag(tags(None), tags(Some("new"))), tags(None), Since::Restored),
        ("changed", tag(tags(None), tags(Some("new"))), tags(Some("other")), Since::Changed),
        ("restored", tag(tags(Some("old")), tags(Some("new"))), tags(Some("old")), Since::Restored),
        (
            "changed to a third",
            tag(tags(Some("old")), tags(Some("new"))),
            tags(Some("x")),
            Since::Changed,
        ),
        ("not looked at", tag(tags(None), tags(Some("new"))), json!({}), Since::Untold),
        (
            "a look after that came too early",
            tag(tags(None), tags(None)),
            tags(Some("new")),
            Since::Untold,
        ),
        ("still stopped", stop("stopping"), instances("stopped"), Since::AsLeft),
        ("started by somebody", stop("stopping"), instances("running"), Since::Restored),
    ];
    for (case, made, now, expected) in cases {
        let calls = inverse(&made.call, &made.before, &json!({})).unwrap();
        let since = Guard::new(&made, &calls).since(&object(now));
        assert_eq!(since, expected, "{case}");
    }
}

const LOOK: &str = "schemaVersion: '0.3'
parameters: {Name: {type: String}}
mainSteps:
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: sts, Api: GetCallerIdentity}, outputs: [{Name: Arn, Selector: $.Arn, Type: String}]}
";

const UNDO: &str = "schemaVersion: '0.3'
parameters:
  Name: {type: String}
  lookArn: {type: String}
  Days: {type: Integer, default: 3}
mainSteps: [{name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}]
";

fn runbook(text: &str) -> Runbook {
    Runbook::parse("test", text, Format::Yaml).unwrap().runbook
}

#[test]
fn a_declared_undo_has_the_parameters_and_the_outputs_of_the_execution() {
    let (of, undo) = (runbook(LOOK), runbook(UNDO));
    assert!(check_undo_document(&undo, &of).is_empty());
    let given = [("look".to_owned(), object(json!({"Arn": "arn:x"})))].into();
    let filled = fill_undo_document(&undo, &of, &object(json!({"Name": "a"})), &given).unwrap();
    assert_eq!(Value::Object(filled), json!({"Name": "a", "lookArn": "arn:x"}));
    let lacking = fill_undo_document(
        &undo,
        &of,
        &object(json!({"Name": "a"})),
        &std::collections::BTreeMap::default(),
    );
    assert_eq!(
        lacking.unwrap_err(),
        "its parameter `lookArn` has no value: step `look` did not give `Arn`"
    );
}

#[test]
fn a_parameter_that_nothing_fills_is_wrong_at_its_place() {
    let undo = runbook(&UNDO.replace("lookArn", "lookArm"));
    let wrong = check_undo_document(&undo, &runbook(LOOK));
    let told: Vec<String> = wrong
        .into_iter()
        .map(|wrong| reeve_document::Diagnostics::of("Look.undo", wrong).to_string())
        .collect();
    insta::assert_snapshot!(told.concat(), @r"
    Look.undo:4:3: parameters.lookArm: nothing fills `lookArm`: the runbook has no parameter of this name, and no step with an output that it names
      hint: did you mean `lookArn`?
    ");
}

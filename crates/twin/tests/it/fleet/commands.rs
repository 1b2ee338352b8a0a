//! Commands: what they do to machines, how they go on when machines do not, and how they are told of.

use serde_json::json;

use super::{instance, instances, invocation, send};
use crate::aws::Aws;

#[test]
fn an_instance_with_a_role_reports_and_one_without_does_not() {
    let aws = Aws::small();
    let managed = instances(&aws, 1, &[]);
    instance(&aws, "i-0b000000000000000", &[], json!({"IamInstanceProfile": null}));
    let answer = aws.call("ssm", "DescribeInstanceInformation", json!({}));
    let list = answer["InstanceInformationList"].as_array().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list[0]["InstanceId"], managed[0].as_str());
    assert_eq!(list[0]["PingStatus"], "Online");
    assert_eq!(list[0]["PlatformName"], "Amazon Linux");
}

#[test]
fn a_script_runs_over_time_and_its_output_is_kept() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let script = json!({"commands": ["df -h /", "sleep 20", "echo \"I am $(whoami)\""]});
    let command = send(&aws, "AWS-RunShellScript", &ids, script);
    assert_eq!(invocation(&aws, &command, &ids[0])["Status"], "Pending");
    aws.advance("PT10S");
    assert_eq!(invocation(&aws, &command, &ids[0])["Status"], "InProgress");
    aws.advance("PT30S");
    let done = invocation(&aws, &command, &ids[0]);
    assert_eq!(done["Status"], "Success");
    let output = done["StandardOutputContent"].as_str().unwrap();
    assert!(output.contains("Mounted on") && output.ends_with("I am root\n"), "{output}");
    let list = aws.call("ssm", "ListCommands", json!({"CommandId": command}));
    assert_eq!(list["Commands"][0]["Status"], "Success");
    assert_eq!(list["Commands"][0]["CompletedCount"], 1);
}

#[test]
fn what_a_machine_does_not_have_is_not_found() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let command = send(&aws, "AWS-RunShellScript", &ids, json!({"commands": ["frobnicate --now"]}));
    aws.advance("PT30S");
    let done = invocation(&aws, &command, &ids[0]);
    assert_eq!((&done["Status"], &done["ResponseCode"]), (&json!("Failed"), &json!(127)));
    assert!(done["StandardErrorContent"].as_str().unwrap().contains("command not found"));
}

#[test]
fn a_command_for_a_stopped_instance_waits_and_times_out_undelivered() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    aws.call("ec2", "StopInstances", json!({"InstanceIds": ids}));
    aws.advance("PT20M");
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "InstanceIds": ids, "TimeoutSeconds": 600,
        "Parameters": {"commands": ["true"]},
    });
    let answer = aws.call("ssm", "SendCommand", input);
    let command = answer["Command"]["CommandId"].as_str().unwrap();
    aws.advance("PT5M");
    assert_eq!(invocation(&aws, command, &ids[0])["Status"], "Delayed");
    aws.advance("PT6M");
    assert_eq!(invocation(&aws, command, &ids[0])["StatusDetails"], "DeliveryTimedOut");
}

#[test]
fn what_no_machine_can_run_is_refused() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let refused = |document: &str, ids: &[String], parameters: serde_json::Value| {
        let input = json!({"DocumentName": document, "InstanceIds": ids, "Parameters": parameters});
        aws.refused("ssm", "SendCommand", input)
    };
    let script = json!({"commands": ["true"]});
    let gone = ["i-00000000000000000".to_owned()];
    assert_eq!(refused("AWS-RunShellScript", &gone, script.clone()), "InvalidInstanceId");
    assert_eq!(refused("AWS-Nothing", &ids, script), "InvalidDocument");
    assert_eq!(
        refused("AWS-RunPatchBaseline", &ids, json!({"Operation": ["Guess"]})),
        "InvalidParameters"
    );
    assert_eq!(refused("AWS-RunPatchBaseline", &ids, json!({})), "InvalidParameters");
    assert_eq!(
        refused("AWS-ApplyPatchBaseline", &ids, json!({"Operation": ["Scan"]})),
        "UnsupportedPlatformType"
    );
}

#[test]
fn too_many_errors_keep_the_rest_from_starting() {
    let aws = Aws::small();
    let ids = instances(&aws, 6, &[("Role", "web")]);
    let input = json!({
        "DocumentName": "AWS-RunShellScript", "Targets": [{"Key": "tag:Role", "Values": ["web"]}],
        "MaxConcurrency": "1", "MaxErrors": "1", "Parameters": {"commands": ["exit 3"]},
    });
    let answer = aws.call("ssm", "SendCommand", input);
    aws.advance("PT5M");
    let command = &answer["Command"]["CommandId"];
    let list = aws.call("ssm", "ListCommands", json!({"CommandId": command}));
    let found = &list["Commands"][0];
    assert_eq!((&found["Status"], &found["ErrorCount"]), (&json!("Failed"), &json!(2)));
    let all =
        aws.call("ssm", "ListCommandInvocations", json!({"CommandId": command, "Details": true}));
    let terminated = all["CommandInvocations"].as_array().unwrap().iter();
    assert_eq!(
        terminated.filter(|one| one["StatusDetails"] == "Terminated").count(),
        ids.len() - 2
    );
}

#[test]
fn a_cancelled_command_has_changed_nothing() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let script = json!({"commands": ["echo there > /tmp/note", "sleep 600"]});
    let command = send(&aws, "AWS-RunShellScript", &ids, script);
    aws.advance("PT1M");
    aws.call("ssm", "CancelCommand", json!({"CommandId": command}));
    aws.advance("PT20M");
    assert_eq!(invocation(&aws, &command, &ids[0])["Status"], "Cancelled");
    let look = send(&aws, "AWS-RunShellScript", &ids, json!({"commands": ["cat /tmp/note"]}));
    aws.advance("PT1M");
    assert_eq!(invocation(&aws, &look, &ids[0])["Status"], "Failed");
}

#[test]
fn a_service_that_was_stopped_is_down_until_it_is_started() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[("Name", "web-1")]);
    let script = "for s in nginx httpd; do if systemctl is-active $s | grep -q '^active'; then systemctl stop $s; echo stopped $s; fi; done; curl -s -o /dev/null -w '%{http_code}' http://localhost/";
    let command = send(&aws, "AWS-RunShellScript", &ids, json!({"commands": [script]}));
    aws.advance("PT1M");
    let done = invocation(&aws, &command, &ids[0]);
    assert!(done["StandardOutputContent"].as_str().unwrap().starts_with("stopped "), "{done}");
    assert_eq!(done["Status"], "Failed");
}

#[test]
fn a_script_sends_its_streams_where_it_says() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    for (script, stdout, stderr) in [
        ("echo ours; echo theirs >&2", "ours\n", "theirs\n"),
        ("echo ours; echo theirs 1>&2", "ours\n", "theirs\n"),
        ("frobnicate > /tmp/log 2>&1 || cat /tmp/log", "bash: frobnicate: command not found\n", ""),
        ("frobnicate > /dev/null 2>&1; echo done", "done\n", ""),
        ("frobnicate 2>/dev/null; echo done", "done\n", ""),
    ] {
        let command = send(&aws, "AWS-RunShellScript", &ids, json!({"commands": [script]}));
        aws.advance("PT1M");
        let done = invocation(&aws, &command, &ids[0]);
        let found = (&done["StandardOutputContent"], &done["StandardErrorContent"]);
        assert_eq!(found, (&json!(stdout), &json!(stderr)), "{script}");
    }
}

#[test]
fn a_script_that_takes_too_long_is_killed_after_what_it_did() {
    let aws = Aws::small();
    let ids = instances(&aws, 1, &[]);
    let parameters = json!({
        "commands": ["echo begun > /tmp/mark", "echo begun", "sleep 300", "echo ended >> /tmp/mark"],
        "executionTimeout": ["60"],
    });
    let command = send(&aws, "AWS-RunShellScript", &ids, parameters);
    aws.advance("PT1M");
    assert_eq!(invocation(&aws, &command, &ids[0])["Status"], "InProgress");
    aws.advance("PT2M");
    let done = invocation(&aws, &command, &ids[0]);
    assert_eq!((&done["Status"], &done["ResponseCode"]), (&json!("TimedOut"), &json!(137)));
    assert_eq!(done["StandardOutputContent"], "begun\n");
    assert_eq!(done["ExecutionElapsedTime"], "PT60S");
    let look = send(&aws, "AWS-RunShellScript", &ids, json!({"commands": ["cat /tmp/mark"]}));
    aws.advance("PT1M");
    assert_eq!(invocation(&aws, &look, &ids[0])["StandardOutputContent"], "begun\n");
}

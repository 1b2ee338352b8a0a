//! What actions do when what they work on is not ready yet, or what they were given cannot be.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::player::{Reply, nothing, ok, play, with_steps};

fn failed(code: &'static str) -> Reply {
    Reply::Error(code)
}

#[test]
fn a_command_waits_for_the_agent_of_an_instance_that_was_just_started() {
    let text = with_steps(
        "- {name: run, action: 'aws:runCommand', inputs: {DocumentName: d, InstanceIds: [i-1], MaxConcurrency: 50%, CloudWatchOutputConfig: {CloudWatchOutputEnabled: true}}}\n",
    );
    let sent = ok(json!({"Command": {"CommandId": "c-1"}}));
    let over = ok(json!({"Commands": [{"Status": "Success"}]}));
    let details = ok(json!({"CommandInvocations": []}));
    let replies = [failed("InvalidInstanceId"), sent, over, details];
    assert_snapshot!(play(&text, &json!({}), &replies), @r#"
    run
    > ssm:SendCommand {"DocumentName":"d","InstanceIds":["i-1"],"CloudWatchOutputConfig":{"CloudWatchOutputEnabled":true},"MaxConcurrency":"50%"}
      10 s pass
    > ssm:SendCommand {"DocumentName":"d","InstanceIds":["i-1"],"CloudWatchOutputConfig":{"CloudWatchOutputEnabled":true},"MaxConcurrency":"50%"}
    > ssm:ListCommands {"CommandId":"c-1"}
    > ssm:ListCommandInvocations {"CommandId":"c-1","Details":true}
    run Success CommandId=c-1 Status=Success ResponseCode=0
    ended Success
    = Success
    "#);
    let never: Vec<Reply> = (0..100).map(|_| failed("InvalidInstanceId")).collect();
    let transcript = play(&text, &json!({}), &never);
    assert_eq!(transcript.matches("SendCommand").count(), 61);
    assert!(transcript.contains("run Failed: no agent of Systems Manager answers on i-1"));
}

#[test]
fn a_snapshot_that_is_in_use_for_a_moment_is_deleted_after_it() {
    let text =
        with_steps("- {name: delete, action: 'aws:deleteImage', inputs: {ImageId: ami-1}}\n");
    let mapping = |id: &str| json!({"Ebs": {"SnapshotId": id}});
    let image =
        json!({"Images": [{"BlockDeviceMappings": [mapping("snap-1"), mapping("snap-2")]}]});
    let in_use = || failed("InvalidSnapshot.InUse");
    let replies = [ok(image.clone()), nothing(), in_use(), nothing(), nothing()];
    assert_snapshot!(play(&text, &json!({}), &replies), @r#"
    delete
    > ec2:DescribeImages {"ImageIds":["ami-1"]}
    > ec2:DeregisterImage {"ImageId":"ami-1"}
    > ec2:DeleteSnapshot {"SnapshotId":"snap-1"}
      10 s pass
    > ec2:DeleteSnapshot {"SnapshotId":"snap-1"}
    > ec2:DeleteSnapshot {"SnapshotId":"snap-2"}
    delete Success
    ended Success
    = Success
    "#);
    let mut never = vec![ok(image), nothing()];
    never.extend((0..20).map(|_| in_use()));
    let transcript = play(&text, &json!({}), &never);
    assert_eq!(transcript.matches("DeleteSnapshot").count(), 6);
    assert!(transcript.contains("delete Failed"), "{transcript}");
}

#[test]
fn an_approval_that_could_never_be_given_fails_at_once_and_those_who_are_asked_are_told() {
    let ask = |inputs: &str| {
        let text =
            with_steps(&format!("- {{name: ask, action: 'aws:approve', inputs: {inputs}}}\n"));
        play(&text, &json!({}), &[nothing()])
    };
    assert_snapshot!(ask("{Approvers: [ana], MinRequiredApprovals: 2}"), @r"
    ask
    ask Failed: `MinRequiredApprovals` is 2, and 1 are asked: it could never go on
    ended Failed
    = Failed
    ");
    assert_snapshot!(ask("{Approvers: [ana, ben], NotificationArn: t, Message: Really?}"), @r#"
    ask
    > sns:Publish {"TopicArn":"t","Message":"Really?\n\nAsked: ana, ben\nApprovals needed: 1\nTo answer: reeve run approve, or reeve run reject\n","Subject":"Approval needed"}
      604800 s pass
    ask TimedOut: step `ask` took longer than it may
    ended TimedOut
    = TimedOut
    "#);
}

#[test]
fn a_secret_of_the_parameter_store_is_refused() {
    let text = "schemaVersion: '0.3'
parameters: {Image: {type: String, default: '{{ ssm:secret }}'}}
mainSteps: [{name: nap, action: 'aws:sleep', inputs: {Duration: PT1S}}]
";
    let secret: Value = json!({"Parameter": {"Type": "SecureString", "Value": "AQICAH…"}});
    let transcript = play(text, &json!({}), &[ok(secret)]);
    assert!(transcript.contains("= Failed"), "{transcript}");
    assert!(!transcript.contains("AQICAH"), "{transcript}");
}

#[test]
fn what_may_have_happened_is_not_tried_again_whatever_the_step_says() {
    for (code, tries) in [("OutcomeUnknown", 1), ("Throttling", 3)] {
        let text = with_steps(
            "- {name: tell, action: 'aws:invokeWebhook', maxAttempts: 3, inputs: {IntegrationName: x}}\n",
        );
        let replies: Vec<Reply> = (0..5).map(|_| failed(code)).collect();
        let transcript = play(&text, &json!({}), &replies);
        assert_eq!(transcript.matches("> ").count(), tries, "{transcript}");
    }
}

#[test]
fn a_version_that_runbooks_do_not_have_is_refused() {
    let child = |version: &str| {
        let inputs = format!("{{DocumentName: Other, DocumentVersion: '{version}'}}");
        let text = with_steps(&format!(
            "- {{name: child, action: 'aws:executeAutomation', inputs: {inputs}}}\n"
        ));
        play(&text, &json!({}), &[ok(json!({"Status": "Success", "ExecutionId": "x"}))])
    };
    assert!(child("$DEFAULT").contains("= Success"));
    assert!(child("3").contains("child Failed: there is no version `3`"));
}

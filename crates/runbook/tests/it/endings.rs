//! How steps end that run other runbooks, that are cancelled while a call is under way, or that may be tried again.

use insta::assert_snapshot;
use serde_json::json;

use crate::player::{Reply, nothing, ok, play, with_steps};

#[test]
fn a_call_that_is_under_way_ends_before_the_execution_is_cancelled_and_nothing_follows_it() {
    let text = with_steps(
        "- {name: first, action: 'aws:executeAwsApi', onCancel: 'step:clean', inputs: {Service: sqs, Api: CreateQueue}}
- {name: second, action: 'aws:executeAwsApi', isEnd: true, inputs: {Service: sqs, Api: DeleteQueue}}
- {name: clean, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: ListQueues}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[Reply::Cancel, nothing(), nothing()]), @r"
    first
    > sqs:CreateQueue {}
    ! cancelled
    > sqs:CreateQueue {}
    first Success
    clean
    > sqs:ListQueues {}
    clean Success
    ended Cancelled
    = Cancelled
    ");
}

#[test]
fn a_step_that_wants_to_go_on_after_its_call_is_cancelled_instead() {
    let text = with_steps(
        "- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: stopped}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[Reply::Cancel, nothing()]), @r#"
    stop
    > ec2:StopInstances {"InstanceIds":["i-1"]}
    ! cancelled
    > ec2:StopInstances {"InstanceIds":["i-1"]}
    stop Cancelled
    ended Cancelled
    = Cancelled
    "#);
}

#[test]
fn a_step_ends_as_the_runbook_that_it_runs() {
    let text = with_steps(
        "- {name: run, action: 'aws:executeAutomation', inputs: {DocumentName: Other}}\n",
    );
    let ended = |status: &str| {
        let answer = json!({"ExecutionId": "exec_1", "Status": status, "Output": []});
        play(&text, &json!({}), &[ok(answer)]).lines().last().unwrap().to_owned()
    };
    let all = ["Success", "Failed", "TimedOut", "Cancelled"].map(ended);
    assert_eq!(all, ["= Success", "= Failed", "= TimedOut", "= Cancelled"]);
}

#[test]
fn a_number_of_tries_that_is_none_fails_the_step_before_it_does_anything() {
    let text = "schemaVersion: '0.3'
parameters: {Tries: {type: String, default: many}}
mainSteps:
- {name: make, action: 'aws:executeAwsApi', maxAttempts: '{{ Tries }}', inputs: {Service: sqs, Api: CreateQueue}}
";
    assert_snapshot!(play(text, &json!({}), &[]), @r"
    make
    make Failed: `maxAttempts`: expected an Integer, found the text `many`
    ended Failed
    = Failed
    ");
}

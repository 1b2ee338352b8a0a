//! Executions go where they should.

use insta::assert_snapshot;
use reeve_runbook::SignalKind;
use serde_json::json;

use crate::player::{Reply, nothing, ok, play, with_steps};

#[test]
fn outputs_of_one_step_are_inputs_of_the_next() {
    let text = "schemaVersion: '0.3'
parameters:
  Name: {type: String}
  Count: {type: Integer, default: 2}
mainSteps:
- name: find
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: DescribeInstances, Filters: [{Name: 'tag:Name', Values: ['{{ Name }}']}]}
  outputs:
  - {Name: Ids, Selector: '$.Reservations..InstanceId', Type: StringList}
  - {Name: None, Selector: $.NotThere}
- name: stop
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: stop_instances, InstanceIds: ['{{ find.Ids }}'], Force: true}
- name: tell
  action: aws:executeAwsApi
  inputs:
    Service: sns
    Api: Publish
    Message: 'stopped {{find.Ids[0]}} of {{ Count }} in {{ global:REGION }}, {{ global:ACCOUNT_ID }} on {{ global:DATE }}{{ find.None }}'
outputs: [find.Ids]
";
    let answer =
        json!({"Reservations": [{"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}]});
    assert_snapshot!(play(text, &json!({"Name": "web"}), &[ok(answer), nothing(), nothing()]), @r#"
    find
    > ec2:DescribeInstances {"Filters":[{"Name":"tag:Name","Values":["web"]}]}
    find Success Ids=["i-1","i-2"] None=
    stop
    > ec2:stop_instances {"InstanceIds":["i-1","i-2"],"Force":true}
    stop Success
    tell
    > sns:Publish {"Message":"stopped i-1 of 2 in eu-west-1, 111122223333 on 2026-03-01"}
    tell Success
    ended Success find.Ids=["i-1","i-2"]
    = Success
    "#);
}

#[test]
fn a_branch_takes_the_first_way_that_holds_and_else_its_default() {
    let text = "schemaVersion: '0.3'
parameters: {Kind: {type: String}, Size: {type: Integer}}
mainSteps:
- name: choose
  action: aws:branch
  isEnd: true
  inputs:
    Choices:
    - {NextStep: big, And: [{Variable: '{{ Kind }}', StringEquals: db}, {Variable: '{{ Size }}', NumericGreater: 5}]}
    - {NextStep: small, Not: {Variable: '{{ Kind }}', StartsWith: web}}
- {name: big, action: 'aws:sleep', inputs: {Duration: PT1S}, isEnd: true}
- {name: small, action: 'aws:sleep', inputs: {Duration: PT2S}, isEnd: true}
";
    let last = |kind: &str, size: i64| {
        let shown = play(text, &json!({"Kind": kind, "Size": size}), &[]);
        shown.lines().nth(2).unwrap().to_owned()
    };
    assert_eq!(last("db", 6), "big");
    assert_eq!(last("db", 5), "small");
    assert_eq!(last("web-1", 9), "ended Success");
}

#[test]
fn a_step_is_tried_as_often_as_it_may_be() {
    let text = with_steps(
        "- {name: call, action: 'aws:executeAwsApi', maxAttempts: 2, inputs: {Service: sqs, Api: ListQueues}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[Reply::Error("Busy"), nothing()]), @r"
    call
    > sqs:ListQueues {}
    call Failed: Busy happened
    call again (2)
    > sqs:ListQueues {}
    call Success
    ended Success
    = Success
    ");
    assert_snapshot!(play(&text, &json!({}), &[Reply::Error("Busy"), Reply::Error("Busy")]), @r"
    call
    > sqs:ListQueues {}
    call Failed: Busy happened
    call again (2)
    > sqs:ListQueues {}
    call Failed: Busy happened
    ended Failed
    = Failed
    ");
}

#[test]
fn what_comes_after_a_failure_and_how_it_ends_is_said_by_the_step() {
    let cases = [
        ("", "ended Failed"),
        ("onFailure: Continue, ", "next, ended Success"),
        ("onFailure: Continue, isCritical: true, ", "next, ended Failed"),
        ("onFailure: 'step:repair', ", "repair, ended Failed"),
        ("onFailure: 'step:repair', isCritical: false, ", "repair, ended Success"),
        ("onFailure: Continue, isEnd: true, ", "ended Success"),
    ];
    for (extra, expected) in cases {
        let text = with_steps(&format!(
            "- {{name: call, action: 'aws:executeAwsApi', {extra}inputs: {{Service: sqs, Api: ListQueues}}}}
- {{name: next, action: 'aws:sleep', inputs: {{Duration: PT1S}}, isEnd: true}}
- {{name: repair, action: 'aws:sleep', inputs: {{Duration: PT1S}}}}\n"
        ));
        let shown = play(&text, &json!({}), &[Reply::Error("Denied")]);
        let found: Vec<&str> = shown
            .lines()
            .filter(|line| ["next", "repair"].contains(line) || line.starts_with("ended"))
            .collect();
        assert_eq!(found.join(", "), expected, "{extra}");
    }
}

#[test]
fn a_property_is_waited_for_until_it_is_as_wanted_or_time_is_up() {
    let text = with_steps(
        "- name: wait
  action: aws:waitForAwsResourceProperty
  timeoutSeconds: 9
  inputs: {Service: rds, Api: DescribeDBInstances, PropertySelector: '$.DBInstances[0].Status', DesiredValues: [available]}\n",
    );
    let state = |state: &str| ok(json!({"DBInstances": [{"Status": state}]}));
    assert_snapshot!(play(&text, &json!({}), &[state("creating"), state("creating"), state("available")]), @r"
    wait
    > rds:DescribeDBInstances {}
      2 s pass
    > rds:DescribeDBInstances {}
      3 s pass
    > rds:DescribeDBInstances {}
    wait Success
    ended Success
    = Success
    ");
    let never = [state("creating"), state("creating"), state("creating")];
    assert_snapshot!(play(&text, &json!({}), &never), @r"
    wait
    > rds:DescribeDBInstances {}
      2 s pass
    > rds:DescribeDBInstances {}
      3 s pass
    > rds:DescribeDBInstances {}
      4 s pass
    wait TimedOut: step `wait` took longer than it may
    ended TimedOut
    = TimedOut
    ");
}

#[test]
fn loops_go_through_elements_and_around_each_other() {
    let text = "schemaVersion: '0.3'
parameters: {Ids: {type: StringList}}
variables: {count: {type: Integer, default: 0}}
mainSteps:
- name: each
  action: aws:loop
  inputs:
    Iterators: '{{ Ids }}'
    IteratorDataType: String
    Steps:
    - name: twice
      action: aws:loop
      inputs:
        LoopCondition: {Variable: '{{ twice.CurrentIteration }}', NumericLesser: 2}
        MaxIterations: 5
        Steps:
        - name: call
          action: aws:executeAwsApi
          inputs: {Service: ec2, Api: RebootInstances, InstanceIds: ['{{ each.CurrentIteratorValue }}'], N: '{{ variable:count }}'}
    - {name: count, action: 'aws:updateVariable', inputs: {Name: 'variable:count', Value: '{{ each.CurrentIteration }}'}}
- {name: after, action: 'aws:executeAwsApi', inputs: {Service: sns, Api: Publish, Message: '{{ variable:count }}'}}
";
    let replies = [nothing(), nothing(), nothing(), nothing(), nothing()];
    assert_snapshot!(play(text, &json!({"Ids": ["a", "b"]}), &replies), @r#"
    each
    twice round 1
    call round 1 round 1
    > ec2:RebootInstances {"InstanceIds":["a"],"N":0}
    call Success
    call round 1 round 2
    > ec2:RebootInstances {"InstanceIds":["a"],"N":0}
    call Success
    twice Success
    count round 1
    count Success
    twice round 2
    call round 2 round 1
    > ec2:RebootInstances {"InstanceIds":["b"],"N":1}
    call Success
    call round 2 round 2
    > ec2:RebootInstances {"InstanceIds":["b"],"N":1}
    call Success
    twice Success
    count round 2
    count Success
    each Success
    after
    > sns:Publish {"Message":2}
    after Success
    ended Success
    = Success
    "#);
    assert_snapshot!(play(text, &json!({"Ids": []}), &[nothing()]), @r#"
    each
    each Success
    after
    > sns:Publish {"Message":0}
    after Success
    ended Success
    = Success
    "#);
}

#[test]
fn a_loop_has_no_more_rounds_than_the_service_lets_it() {
    let text = "schemaVersion: '0.3'
parameters: {Most: {type: Integer}}
mainSteps:
- name: again
  action: aws:loop
  inputs:
    LoopCondition: {Variable: '{{ again.CurrentIteration }}', NumericLesser: 1000}
    MaxIterations: '{{ Most }}'
    Steps:
    - {name: call, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: ListQueues}}
";
    let rounds = vec![nothing(); 200];
    let calls = |most: i64| play(text, &json!({ "Most": most }), &rounds).matches("> sqs").count();
    assert_eq!((calls(3), calls(100), calls(101)), (3, 100, 0));
}

#[test]
fn a_step_may_lead_out_of_a_loop() {
    let text = with_steps(
        "- name: each
  action: aws:loop
  inputs:
    Iterators: [a, b]
    Steps:
    - {name: call, action: 'aws:executeAwsApi', onFailure: 'step:out', isCritical: false, inputs: {Service: sqs, Api: ListQueues}}
- {name: between, action: 'aws:sleep', inputs: {Duration: PT1S}}
- {name: out, action: 'aws:sleep', inputs: {Duration: PT1S}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[Reply::Error("No")]), @r"
    each
    call round 1
    > sqs:ListQueues {}
    call Failed: No happened
    each Exited
    out
      1 s pass
    out Success
    ended Success
    = Success
    ");
}

#[test]
fn approvals_are_counted_by_person_and_one_no_is_enough() {
    let text = with_steps(
        "- {name: ask, action: 'aws:approve', inputs: {Approvers: [ana, ben, cem], MinRequiredApprovals: 2}}\n",
    );
    let said = |kind, by| Reply::Signal(kind, by);
    let (yes, no) = (SignalKind::Approve, SignalKind::Reject);
    assert_snapshot!(play(&text, &json!({}), &[said(yes, "ana"), said(yes, "ana"), said(yes, "ben")]), @r#"
    ask
    ! ana: Approve
    ! ana: Approve
    ! ben: Approve
    ask Success ApprovalStatus=Approved ApproverDecisions=[{"Approver":"ana","ApprovalStatus":"Approve","ApprovalDecisionTime":"2026-03-01T09:00:00Z"},{"Approver":"ben","ApprovalStatus":"Approve","ApprovalDecisionTime":"2026-03-01T09:00:00Z"}]
    ended Success
    = Success
    "#);
    assert_snapshot!(play(&text, &json!({}), &[said(yes, "ana"), said(no, "ben")]), @r"
    ask
    ! ana: Approve
    ! ben: Reject
    ask Failed: ben rejected it
    ended Failed
    = Failed
    ");
    assert_snapshot!(play(&text, &json!({}), &[said(yes, "dan"), said(no, "ben")]), @r"
    ask
    ! dan: Approve
    refused: `dan` is not among those who are asked
    ! ben: Reject
    ask Failed: ben rejected it
    ended Failed
    = Failed
    ");
    assert_snapshot!(play(&text, &json!({}), &[said(SignalKind::Resume, "ana"), said(no, "ben")]), @r"
    ask
    ! ana: Resume
    refused: the execution does not wait for this
    ! ben: Reject
    ask Failed: ben rejected it
    ended Failed
    = Failed
    ");
}

#[test]
fn a_cancelled_execution_does_what_its_step_asks_for_first() {
    let text = with_steps(
        "- {name: wait, action: 'aws:pause', onCancel: 'step:clean', inputs: {}}
- {name: next, action: 'aws:sleep', inputs: {Duration: PT1S}, isEnd: true}
- {name: clean, action: 'aws:executeAwsApi', inputs: {Service: sqs, Api: ListQueues}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[Reply::Cancel, nothing()]), @r"
    wait
    ! cancelled
    wait Cancelled
    clean
    > sqs:ListQueues {}
    clean Success
    ended Cancelled
    = Cancelled
    ");
}

#[test]
fn the_parameter_store_is_read_before_the_first_step() {
    let text = "schemaVersion: '0.3'
parameters:
  Image: {type: String, default: '{{ ssm:/golden/ami }}'}
mainSteps:
- {name: run, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: RunInstances, ImageId: '{{ Image }}', Zones: '{{ ssm:/zones }}'}}
";
    let replies = [
        ok(json!({"Parameter": {"Type": "StringList", "Value": "a,b"}})),
        ok(json!({"Parameter": {"Type": "String", "Value": "ami-1"}})),
        nothing(),
    ];
    assert_snapshot!(play(text, &json!({}), &replies), @r#"
    > ssm:GetParameter {"Name":"/zones","WithDecryption":false}
    > ssm:GetParameter {"Name":"/golden/ami","WithDecryption":false}
    run
    > ec2:RunInstances {"ImageId":"ami-1","Zones":["a","b"]}
    run Success
    ended Success
    = Success
    "#);
}

#[test]
fn instances_are_changed_and_seen_to_be_so() {
    let text = with_steps(
        "- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: stopped}}\n",
    );
    let state = |name: &str| {
        ok(json!({"InstanceStatuses": [{"InstanceId": "i-1", "InstanceState": {"Name": name}}]}))
    };
    assert_snapshot!(play(&text, &json!({}), &[nothing(), state("stopping"), state("stopped")]), @r#"
    stop
    > ec2:StopInstances {"InstanceIds":["i-1"]}
    > ec2:DescribeInstanceStatus {"InstanceIds":["i-1"],"IncludeAllInstances":true}
      5 s pass
    > ec2:DescribeInstanceStatus {"InstanceIds":["i-1"],"IncludeAllInstances":true}
    stop Success InstanceStates=["stopped"]
    ended Success
    = Success
    "#);
}

#[test]
fn a_script_gets_its_payload_and_gives_its_result() {
    let text = with_steps(
        "- name: run
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: handler
    InputPayload: {Ids: [a], Text: '{{ global:REGION }}'}
    Script: |
      def handler(events, context):
        return {'n': len(events['Ids'])}
  outputs: [{Name: N, Selector: $.Payload.n, Type: Integer}]
- {name: tell, action: 'aws:executeAwsApi', inputs: {Service: sns, Api: Publish, Message: 'n={{ run.N }}'}}\n",
    );
    assert_snapshot!(play(&text, &json!({}), &[ok(json!({"n": 1})), nothing()]), @r#"
    run
    > python3.11 handler {"Ids":["a"],"Text":"eu-west-1"}
    run Success Payload={"n":1} N=1
    tell
    > sns:Publish {"Message":"n=1"}
    tell Success
    ended Success
    = Success
    "#);
}

//! A dry run tells every call in order, makes reads only, and guesses nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot be played has failed")]

use insta::assert_snapshot;
use reeve_runbook::{DryRun, EffectError, Place, Start, Wanted};
use serde_json::{Value, json};

use crate::player::{START, runbook, with_steps};

/// The plan of a document whose reads are answered in order, and by nothing once the answers are used up.
fn plan(text: &str, parameters: &Value, answers: &[Result<Value, &'static str>]) -> String {
    let runbook = runbook(text);
    let place =
        Place { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    let at = START.parse().unwrap();
    let start = Start { id: "run-1".to_owned(), place, parameters, target: None, at };
    let mut run = DryRun::begin(&runbook, start).unwrap();
    let mut answers = answers.iter().cloned();
    loop {
        match run.next_wanted().unwrap() {
            Wanted::End => return run.into_plan().to_string(),
            Wanted::Read(_) => {
                let answer = answers.next().unwrap_or_else(|| Ok(json!({})));
                run.answered(
                    answer.map_err(|code| EffectError::new(code, format!("{code} happened"))),
                )
                .unwrap();
            }
            _ => {}
        }
    }
}

#[test]
fn what_is_not_done_stands_in_later_inputs_under_its_name() {
    let text = "schemaVersion: '0.3'
parameters: {Instance: {type: String}}
variables: {size: {type: Integer, default: 1}}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: DescribeInstances, InstanceIds: ['{{ Instance }}']}
  outputs: [{Name: Volume, Selector: '$.Reservations[0].Instances[0].Volume'}]
- {name: ask, action: 'aws:approve', inputs: {Approvers: [ana, ben], NotificationArn: 'arn:aws:sns:eu-west-1:111122223333:t'}}
- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: ['{{ Instance }}'], DesiredState: stopped}}
- name: snapshot
  action: aws:executeAwsApi
  inputs: {Service: ec2, Api: CreateSnapshot, VolumeId: '{{ look.Volume }}'}
  outputs: [{Name: Id, Selector: $.SnapshotId}, {Name: Size, Selector: $.VolumeSize, Type: Integer}, {Name: All, Selector: $, Type: StringMap}]
- {name: nap, action: 'aws:sleep', inputs: {Duration: PT1M}}
- name: wait
  action: aws:waitForAwsResourceProperty
  inputs: {Service: ec2, Api: DescribeSnapshots, SnapshotIds: ['{{ snapshot.Id }}'], PropertySelector: '$.Snapshots[0].State', DesiredValues: [completed]}
- {name: remember, action: 'aws:updateVariable', inputs: {Name: 'variable:size', Value: '{{ snapshot.Size }}'}}
- {name: new, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateVolume, SnapshotId: '{{ snapshot.Id }}', Size: '{{ variable:size }}', AvailabilityZone: eu-west-1a, Tag: 'from {{ snapshot.All.Zone[0] }}'}}
- {name: again, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeVolumes}}
- {name: command, action: 'aws:runCommand', inputs: {DocumentName: AWS-RunShellScript, InstanceIds: ['{{ Instance }}']}}
- {name: child, action: 'aws:executeAutomation', inputs: {DocumentName: Other, RuntimeParameters: {Volume: '{{ new.Output }}'}}}
outputs: [snapshot.Id, look.Volume]
";
    let answer = json!({"Reservations": [{"Instances": [{"Volume": "vol-1"}]}]});
    assert_snapshot!(plan(text, &json!({"Instance": "i-1"}), &[Ok(answer)]), @r#"
    look: reads ec2:DescribeInstances {"InstanceIds":["i-1"]}
    ask: would call sns:Publish {"TopicArn":"arn:aws:sns:eu-west-1:111122223333:t","Message":"An execution of a runbook waits for your approval.\n\nAsked: ana, ben\nApprovals needed: 1\nTo answer: reeve run approve, or reeve run reject\n","Subject":"Approval needed"} without a way back
    ask: would wait for somebody: aws:approve by ["ana","ben"]
    stop: would call ec2:StopInstances {"InstanceIds":["i-1"]}
    snapshot: would call ec2:CreateSnapshot {"VolumeId":"vol-1"}
    nap: would wait 60 s
    wait: would read ec2:DescribeSnapshots {"SnapshotIds":["«snapshot.Id»"]}
    new: would call ec2:CreateVolume {"SnapshotId":"«snapshot.Id»","Size":"«snapshot.Size»","AvailabilityZone":"eu-west-1a","Tag":"from «snapshot.All.Zone[0]»"}
    again: reads ec2:DescribeVolumes {}, and may read otherwise then
    command: would call ssm:SendCommand {"DocumentName":"AWS-RunShellScript","InstanceIds":["i-1"]} without a way back
    child: would run `Other` with {"Volume":"«new.Output»"}
    ends with Success snapshot.Id=«snapshot.Id» look.Volume=vol-1
    "#);
}

#[test]
fn a_branch_that_hangs_on_what_is_unknown_leads_all_its_ways() {
    let text = "schemaVersion: '0.3'
parameters: {Kind: {type: String, default: web}}
mainSteps:
- {name: make, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateVolume, AvailabilityZone: a}, outputs: [{Name: Size, Selector: $.Size, Type: Integer}]}
- name: way
  action: aws:branch
  inputs:
    Choices:
    - {NextStep: never, Variable: '{{ Kind }}', StringEquals: db}
    - {NextStep: big, And: [{Variable: '{{ Kind }}', StringEquals: web}, {Variable: '{{ make.Size }}', NumericGreater: 5}]}
    - {NextStep: small, Not: {Variable: '{{ make.Size }}', NumericEquals: 0}}
    Default: last
- {name: never, action: 'aws:sleep', inputs: {Duration: PT1S}, isEnd: true}
- {name: big, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DeleteVolume, VolumeId: a}, isEnd: true}
- {name: small, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: ModifyVolume, VolumeId: b}}
- {name: last, action: 'aws:sleep', inputs: {Duration: PT1S}}
";
    assert_snapshot!(plan(text, &json!({}), &[]), @r#"
    make: would call ec2:CreateVolume {"AvailabilityZone":"a"}
    way: may lead 3 ways
    way: if (web StringEquals web and «make.Size» NumericGreater 5) -> big
      big: would call ec2:DeleteVolume {"VolumeId":"a"} without a way back
      ends with Success
    way: if not «make.Size» NumericEquals 0 -> small
      small: would call ec2:ModifyVolume {"VolumeId":"b"}
      last: would wait 1 s
      ends with Success
    way: if nothing of these -> last
      last: would wait 1 s
      ends with Success
    "#);
}

#[test]
fn loops_over_what_is_unknown_are_gone_through_once() {
    let text = with_steps(
        "- {name: make, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateSnapshots}, outputs: [{Name: Ids, Selector: '$.Snapshots..SnapshotId', Type: StringList}]}
- name: each
  action: aws:loop
  inputs:
    Iterators: '{{ make.Ids }}'
    IteratorDataType: String
    Steps:
    - {name: tag, action: 'aws:createTags', inputs: {ResourceIds: ['{{ each.CurrentIteratorValue }}'], Tags: [{Key: a, Value: b}]}}
- name: until
  action: aws:loop
  inputs:
    LoopCondition: {Variable: '{{ reboot.Output }}', StringEquals: x}
    MaxIterations: 5
    Steps:
    - {name: reboot, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: RebootInstances, InstanceIds: [i-1]}}
- name: known
  action: aws:loop
  inputs:
    Iterators: [a, '{{ make.Output }}']
    Steps:
    - {name: stop, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: StopInstances, InstanceIds: ['{{ known.CurrentIteratorValue }}']}}
",
    );
    assert_snapshot!(plan(&text, &json!({}), &[]), @r#"
    make: would call ec2:CreateSnapshots {}
    how often `each` goes round is not known
    tag (round 1): would call ec2:CreateTags {"Tags":[{"Key":"a","Value":"b"}],"Resources":["«each of make.Ids»"]}
    reboot (round 1): would call ec2:RebootInstances {"InstanceIds":["i-1"]}
    whether `until` goes round again is not known
    stop (round 1): would call ec2:StopInstances {"InstanceIds":["a"]}
    stop (round 2): would call ec2:StopInstances {"InstanceIds":["«make.Output»"]}
    ends with Success
    "#);
}

#[test]
fn reads_fail_as_they_do_and_what_waits_for_a_change_is_not_waited_for() {
    let text = with_steps(
        "- {name: look, action: 'aws:executeAwsApi', onFailure: 'step:clean', inputs: {Service: s3, Api: GetBucketPolicy, Bucket: b}}
- {name: end, action: 'aws:pause', isEnd: true, inputs: {}}
- {name: clean, action: 'aws:deleteImage', inputs: {ImageId: ami-1}}
- {name: assert, action: 'aws:assertAwsResourceProperty', inputs: {Service: ec2, Api: DescribeImages, PropertySelector: '$.Images[0].State', DesiredValues: [gone]}}
- {name: run, action: 'aws:runInstances', inputs: {ImageId: ami-2}}
- {name: seen, action: 'aws:waitForAwsResourceProperty', inputs: {Service: ec2, Api: DescribeImages, PropertySelector: '$.Images[0].State', DesiredValues: [gone]}}
",
    );
    let image = json!({"Images": [{"State": "available", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}, {"Ebs": {"SnapshotId": "snap-2"}}]}]});
    let answers = [Err("NoSuchBucketPolicy"), Ok(image.clone()), Ok(image.clone()), Ok(image)];
    assert_snapshot!(plan(&text, &json!({}), &answers), @r#"
    look: reads s3:GetBucketPolicy {"Bucket":"b"}
    clean: reads ec2:DescribeImages {"ImageIds":["ami-1"]}
    clean: would call ec2:DeregisterImage {"ImageId":"ami-1"} without a way back
    clean: would call ec2:DeleteSnapshot {"SnapshotId":"snap-1"} without a way back
    clean: would call ec2:DeleteSnapshot {"SnapshotId":"snap-2"} without a way back
    assert: reads ec2:DescribeImages {}, and may read otherwise then
    assert: `assert` does not hold now, and is taken to hold after the changes
    run: would call ec2:RunInstances {"ImageId":"ami-2","MaxCount":1,"MinCount":1}
    seen: reads ec2:DescribeImages {}, and may read otherwise then
    seen: would look until it is so
    ends with Failed: step `look`: NoSuchBucketPolicy happened
    "#);
}

#[test]
fn more_ways_than_can_be_read_are_not_followed() {
    let mut steps =
        "- {name: make, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateVolume}}\n"
            .to_owned();
    for number in 0..8 {
        steps.push_str(&format!(
            "- name: way{number}
  action: aws:branch
  inputs: {{Choices: [{{NextStep: call{number}, Variable: '{{{{ make.Output }}}}', StringEquals: a}}], Default: end{number}}}
- {{name: call{number}, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: CreateVolume}}}}
- {{name: end{number}, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: CreateVolume}}}}\n"
        ));
    }
    let plan = plan(&with_steps(&steps), &json!({}), &[]);
    let ended = plan.lines().filter(|line| line.ends_with("ends with Success")).count();
    let stopped = plan.lines().filter(|line| line.ends_with("there are more than 32 ways")).count();
    assert_eq!(ended + stopped, 32);
    assert!(stopped > 0);
}

#[test]
fn every_action_calls_only_what_it_declares() {
    let text = with_steps(
        "- {name: a, action: 'aws:approve', inputs: {Approvers: [ana], NotificationArn: t}}
- {name: b, action: 'aws:assertAwsResourceProperty', inputs: {Service: ec2, Api: DescribeImages, PropertySelector: $.a, DesiredValues: ['1']}}
- {name: c, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: running}}
- {name: d, action: 'aws:copyImage', inputs: {SourceImageId: a, SourceRegion: b, ImageName: c}}
- {name: e, action: 'aws:createImage', inputs: {InstanceId: a, ImageName: c}}
- {name: f, action: 'aws:createStack', inputs: {StackName: a}}
- {name: g, action: 'aws:createTags', inputs: {ResourceIds: [a, b], Tags: [{Key: a, Value: b}], ResourceType: Parameter}}
- {name: h, action: 'aws:createTags', inputs: {ResourceIds: [a], Tags: [{Key: a, Value: b}]}}
- {name: i, action: 'aws:deleteImage', inputs: {ImageId: a}}
- {name: j, action: 'aws:deleteStack', inputs: {StackName: a}}
- {name: k, action: 'aws:executeStateMachine', inputs: {stateMachineArn: a}}
- {name: l, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: a}}
- {name: m, action: 'aws:runCommand', inputs: {DocumentName: a}}
- {name: n, action: 'aws:runInstances', inputs: {ImageId: a}}
- {name: o, action: 'aws:waitForAwsResourceProperty', inputs: {Service: ec2, Api: DescribeImages, PropertySelector: $.a, DesiredValues: ['1']}}
",
    );
    let runbook = runbook(&text);
    for step in &runbook.steps {
        let declared: Vec<String> = (step.action.calls)(step)
            .iter()
            .map(|call| format!("{}:{}", call.service, call.operation))
            .collect();
        let made = calls_of(&step.name, &text);
        assert!(!made.is_empty(), "{}", step.name);
        for call in made {
            assert!(declared.contains(&call), "{}: {call} of {declared:?}", step.name);
        }
    }
}

/// The calls that a dry run tells of a step.
fn calls_of(step: &str, text: &str) -> Vec<String> {
    let image = json!({"a": 1, "Images": [{"BlockDeviceMappings": [{"Ebs": {"SnapshotId": "s"}}]}], "Stacks": [{"StackId": "s"}]});
    let answers = vec![Ok(image); 30];
    let plan = plan(text, &json!({}), &answers);
    let prefix = format!("{step}: ");
    let of_step = plan.lines().filter_map(|line| line.strip_prefix(&prefix));
    let call = |line: &str| {
        let call = line.split_whitespace().find(|word| word.contains(':'))?;
        Some(call.to_owned())
    };
    of_step.filter(|line| !line.contains("wait for somebody")).filter_map(call).collect()
}

//! What is told of a runbook before it runs: what cannot be taken back, and which permissions it needs.

use insta::assert_snapshot;
use reeve_types::Partition;

use crate::player::{runbook, with_steps};

fn without_undo(text: &str) -> String {
    let without = runbook(text).without_undo();
    let lines = without.iter().map(|without| format!("{}: {}", without.step, without.why));
    lines.collect::<Vec<_>>().join("\n")
}

fn permissions(text: &str) -> String {
    let permissions = runbook(text).permissions(Partition::Standard);
    let needed = permissions.needed.iter().map(|needed| {
        let resources: Vec<&str> = needed.resources.iter().map(String::as_str).collect();
        let steps: Vec<&str> = needed.steps.iter().map(String::as_str).collect();
        let when = needed.when.as_ref().map(|when| format!(" ({when})")).unwrap_or_default();
        let script = if needed.from_script { " [script]" } else { "" };
        format!("{}{when}{script} {} <- {}", needed.action, resources.join(" "), steps.join(" "))
    });
    let unclear = permissions.unclear.iter();
    let unclear = unclear.map(|unclear| format!("? {}: {}", unclear.step, unclear.why));
    needed.chain(unclear).collect::<Vec<_>>().join("\n")
}

const STEPS: &str = r#"
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeInstances}, outputs: [{Name: Ids, Selector: '$.x', Type: StringList}]}
- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1, i-2], DesiredState: stopped}}
- {name: end, action: 'aws:changeInstanceState', inputs: {InstanceIds: ['{{ look.Ids }}'], DesiredState: terminated}}
- {name: rename, action: 'aws:executeAwsApi', inputs: {Service: iam, Api: update_access_key, UserName: ana, AccessKeyId: AKIA1, Status: Inactive}}
- {name: any, action: 'aws:executeAwsApi', inputs: {Service: '{{ look.Ids }}', Api: DeleteThing}}
- {name: net, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateVpc, CidrBlock: 10.0.0.0/16}}
- {name: run, action: 'aws:runInstances', inputs: {ImageId: ami-1, IamInstanceProfileName: web}}
- {name: command, action: 'aws:runCommand', inputs: {DocumentName: AWS-RunShellScript, InstanceIds: [i-1]}}
- name: script
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: f
    Script: |
      import boto3
      def f(events, context):
        s3 = boto3.client('s3')
        s3.get_bucket_policy(Bucket='b')
        return s3.delete_bucket_policy(Bucket='b')
- name: count
  action: aws:executeScript
  inputs: {Runtime: python3.11, Handler: f, Script: "def f(events, context): return {'n': 1}"}
- {name: child, action: 'aws:executeAutomation', inputs: {DocumentName: Other, TargetLocations: [{Accounts: ['111122223333'], Regions: [eu-west-1]}]}}
- {name: hook, action: 'aws:invokeWebhook', inputs: {IntegrationName: chat}}
- {name: flow, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: CreateFlowLogs, ResourceIds: [vpc-1], ResourceType: VPC, DeliverLogsPermissionArn: 'arn:aws:iam::111122223333:role/flow'}}
- {name: parameter, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: PutParameter, Name: '/app/{{ ssm:/app/name }}', Value: x, Type: String}}
"#;

#[test]
fn steps_that_cannot_be_taken_back_are_named_with_the_reason() {
    assert_snapshot!(without_undo(&with_steps(STEPS.trim_start())), @r"
    end: `ec2:TerminateInstances`: a terminated instance cannot be brought back
    any: which operation it calls is known only when it runs
    net: what `ec2:CreateVpc` changes is not known
    command: `ssm:SendCommand`: what a command does on an instance is not known
    script: its script calls `s3:DeleteBucketPolicy`, and what was before is not kept
    child: what it changes is up to the document `Other`
    hook: what a request to another server changes is not known
    ");
}

#[test]
fn permissions_are_those_of_every_call_for_the_resources_that_are_named() {
    assert_snapshot!(permissions(&with_steps(STEPS.trim_start())), @r"
    ec2:CreateFlowLogs arn:aws:ec2:*:*:network-interface/* arn:aws:ec2:*:*:subnet/* arn:aws:ec2:*:*:vpc-flow-log/* arn:aws:ec2:*:*:vpc/* <- flow
    ec2:CreateVpc * <- net
    ec2:DescribeInstanceStatus * <- end stop
    ec2:DescribeInstances * <- child look run stop
    ec2:RunInstances * <- run
    ec2:StopInstances arn:aws:ec2:*:*:instance/i-1 arn:aws:ec2:*:*:instance/i-2 <- stop
    ec2:TerminateInstances arn:aws:ec2:*:*:instance/* <- end
    iam:ListAccessKeys arn:aws:iam::*:user/*/ana arn:aws:iam::*:user/ana <- rename
    iam:PassRole arn:aws:iam::*:role/* arn:aws:iam::111122223333:role/flow <- flow run
    iam:UpdateAccessKey arn:aws:iam::*:user/*/ana arn:aws:iam::*:user/ana <- rename
    kms:Decrypt (for secure strings) * <- parameter
    kms:Decrypt (if the estate does not declare the integration) * <- hook
    kms:Encrypt (for secure strings) * <- parameter
    kms:GenerateDataKey (for secure strings) * <- parameter
    resource-groups:ListGroupResources * <- child
    s3:DeleteBucketPolicy [script] arn:aws:s3:::* <- script
    s3:GetBucketPolicy [script] arn:aws:s3:::* <- script
    ssm:GetDocument arn:aws:ssm:*:*:document/Other <- child
    ssm:GetParameter arn:aws:ssm:*:*:parameter/app/* arn:aws:ssm:*:*:parameter/app/name <- parameter
    ssm:GetParameter (if the estate does not declare the integration) arn:aws:ssm:*:*:parameter/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/chat <- hook
    ssm:GetParameters (with an AMI from Parameter Store) * <- run
    ssm:ListCommandInvocations * <- command
    ssm:ListCommands * <- command
    ssm:PutParameter arn:aws:ssm:*:*:parameter/app/* <- parameter
    ssm:SendCommand arn:aws:ec2:*:*:instance/i-1 arn:aws:ssm:*:*:document/AWS-RunShellScript arn:aws:ssm:*:*:managed-instance/i-1 <- command
    sts:AssumeRole arn:aws:iam::*:role/AWS-SystemsManager-AutomationExecutionRole <- child
    tag:GetResources * <- child
    ? any: which operation it calls is known only when it runs
    ? script: script: permissions found by reading, may be incomplete
    ? child: what the document `Other` needs besides
    ");
}

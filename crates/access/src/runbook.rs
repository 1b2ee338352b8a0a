//! The policy of a runbook: what its steps need, and no more.

use std::collections::{BTreeMap, BTreeSet};

use reeve_runbook::{NeededPermission, RunbookPermissions};

use crate::{Document, Statement, split::into_documents};

/// Why a permission is in the policy: statements of different reasons are kept apart, so that people can leave one out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// A step needs it.
    Needed,
    /// A script has it in its text.
    Script,
    /// Some calls need it, and the document does not tell whether its are of them.
    Sometimes(String),
}

/// The documents that allow a runbook what it needs. What is unclear in the permissions is not in them.
pub fn runbook_policy(permissions: &RunbookPermissions) -> Vec<Document> {
    let mut groups: BTreeMap<(Reason, &BTreeSet<String>), Vec<&NeededPermission>> = BTreeMap::new();
    for needed in &permissions.needed {
        let reason = match (&needed.when, needed.from_script) {
            (Some(when), _) => Reason::Sometimes(when.clone()),
            (None, true) => Reason::Script,
            (None, false) => Reason::Needed,
        };
        groups.entry((reason, &needed.resources)).or_default().push(needed);
    }
    let statements = (1..).zip(groups).map(|(number, ((reason, resources), needed))| Statement {
        sid: sid(&reason, number),
        purpose: purpose(&reason, &needed),
        actions: needed.iter().map(|needed| needed.action.clone()).collect(),
        resources: resources.clone(),
        ..Statement::default()
    });
    into_documents(statements.collect())
}

fn sid(reason: &Reason, number: usize) -> String {
    let kind = match reason {
        Reason::Needed => "Steps",
        Reason::Script => "Scripts",
        Reason::Sometimes(_) => "Sometimes",
    };
    format!("{kind}{number}")
}

fn purpose(reason: &Reason, needed: &[&NeededPermission]) -> String {
    let steps: BTreeSet<&str> =
        needed.iter().flat_map(|needed| &needed.steps).map(String::as_str).collect();
    let steps: Vec<&str> = steps.into_iter().collect();
    let steps = if steps.is_empty() {
        "before the first step".to_owned()
    } else {
        format!("steps {}", steps.join(", "))
    };
    match reason {
        Reason::Needed => steps,
        Reason::Script => format!("{steps}, as their scripts read"),
        Reason::Sometimes(when) => format!("{steps}, {when}"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use reeve_runbook::{Format, Runbook};
    use reeve_types::Partition;

    use super::*;

    #[test]
    fn a_runbook_is_allowed_what_its_steps_call() {
        let text = "schemaVersion: '0.3'
parameters: {Bucket: {type: String}}
mainSteps:
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeInstances}}
- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: stopped}}
- {name: encrypt, action: 'aws:executeAwsApi', inputs: {Service: s3, Api: PutBucketEncryption, Bucket: '{{ Bucket }}', ServerSideEncryptionConfiguration: {Rules: []}}}
- name: script
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: f
    Script: |
      import boto3
      def f(events, context): return boto3.client('iam').list_users()
- {name: store, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: PutParameter, Name: /a, Value: b, Type: SecureString}}
";
        let runbook = Runbook::parse("x.yaml", text, Format::Yaml).unwrap().runbook;
        let documents = runbook_policy(&runbook.permissions(Partition::Standard));
        let lines = documents.iter().flat_map(|document| &document.statements).map(|it| {
            let list = |values: &BTreeSet<String>| {
                values.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
            };
            format!("{} ({}): {} on {}", it.sid, it.purpose, list(&it.actions), list(&it.resources))
        });
        assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    Steps1 (steps look, stop): ec2:DescribeInstanceStatus ec2:DescribeInstances on *
    Steps2 (steps stop): ec2:StopInstances on arn:aws:ec2:*:*:instance/i-1
    Steps3 (steps encrypt): s3:GetEncryptionConfiguration s3:PutEncryptionConfiguration on arn:aws:s3:::*
    Steps4 (steps store): ssm:GetParameter ssm:PutParameter on arn:aws:ssm:*:*:parameter/a
    Scripts5 (steps script, as their scripts read): iam:ListUsers on *
    Sometimes6 (steps store, for secure strings): kms:Decrypt kms:Encrypt kms:GenerateDataKey on *
    ");
    }
}

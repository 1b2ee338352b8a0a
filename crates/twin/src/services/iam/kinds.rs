//! The kinds of resource of IAM. They belong to no Region.

use serde_json::json;

use crate::kind::{Definition, Identity, Missing, Scope, TagForm};

const fn missing(message: &'static str) -> Missing {
    Missing::new("NoSuchEntity", message).with_status(404)
}

pub(crate) static USER: Definition = Definition {
    resource_type: "AWS::IAM::User",
    arn: "arn:{partition}:iam::{account}:user/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("The user with name {id} cannot be found."),
    sample: Some(|sample| {
        json!({
            "Path": "/",
            "UserName": sample.id,
            "UserId": format!("AIDA{}", sample.own("user", 17).to_uppercase()),
            "CreateDate": sample.created(),
        })
    }),
    ..Definition::OF
};

pub(crate) static GROUP: Definition = Definition {
    resource_type: "AWS::IAM::Group",
    arn: "arn:{partition}:iam::{account}:group/{id}",
    identity: &[("Arn", Identity::Arn)],
    scope: Scope::Global,
    missing: missing("The group with name {id} cannot be found."),
    ..Definition::OF
};

pub(crate) static ROLE: Definition = Definition {
    resource_type: "AWS::IAM::Role",
    arn: "arn:{partition}:iam::{account}:role/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("The role with name {id} cannot be found."),
    sample: Some(|sample| {
        let service = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\
                       \"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
        json!({
            "Path": "/",
            "RoleName": sample.id,
            "RoleId": format!("AROA{}", sample.own("role", 17).to_uppercase()),
            "CreateDate": sample.created(),
            "AssumeRolePolicyDocument": service,
            "MaxSessionDuration": 3600,
        })
    }),
    ..Definition::OF
};

pub(crate) static POLICY: Definition = Definition {
    resource_type: "AWS::IAM::ManagedPolicy",
    arn: "arn:{partition}:iam::{account}:policy/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("Policy {id} was not found."),
    ..Definition::OF
};

pub(crate) static INSTANCE_PROFILE: Definition = Definition {
    resource_type: "AWS::IAM::InstanceProfile",
    arn: "arn:{partition}:iam::{account}:instance-profile/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("Instance Profile {id} cannot be found."),
    ..Definition::OF
};

pub(crate) static ACCESS_KEY: Definition = Definition {
    resource_type: "AWS::IAM::AccessKey",
    arn: "arn:{partition}:iam::{account}:access-key/{id}",
    identity: &[("AccessKeyId", Identity::Id)],
    scope: Scope::Global,
    missing: missing("The Access Key with id {id} cannot be found."),
    ..Definition::OF
};

pub(crate) static VIRTUAL_DEVICE: Definition = Definition {
    resource_type: "AWS::IAM::VirtualMFADevice",
    arn: "arn:{partition}:iam::{account}:mfa/{id}",
    identity: &[("SerialNumber", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("VirtualMFADevice with serial number {id} doesn't exist."),
    ..Definition::OF
};

pub(crate) static OIDC_PROVIDER: Definition = Definition {
    resource_type: "AWS::IAM::OIDCProvider",
    arn: "arn:{partition}:iam::{account}:oidc-provider/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("OpenIDConnect Provider not found for arn {id}"),
    ..Definition::OF
};

pub(crate) static SAML_PROVIDER: Definition = Definition {
    resource_type: "AWS::IAM::SAMLProvider",
    arn: "arn:{partition}:iam::{account}:saml-provider/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("Manifest not found for arn {id}"),
    ..Definition::OF
};

pub(crate) static SERVER_CERTIFICATE: Definition = Definition {
    resource_type: "AWS::IAM::ServerCertificate",
    arn: "arn:{partition}:iam::{account}:server-certificate/{id}",
    identity: &[("Arn", Identity::Arn)],
    tags: TagForm::List("Tags"),
    scope: Scope::Global,
    missing: missing("The Server Certificate with name {id} cannot be found."),
    ..Definition::OF
};

/// What there is once in an account: its alias, its password policy, its credential report.
pub(crate) static ACCOUNT: Definition = Definition {
    resource_type: "AWS::IAM::AccountSettings",
    arn: "arn:{partition}:iam::{account}:account-settings/{id}",
    scope: Scope::Global,
    missing: missing("The account has no settings."),
    ..Definition::OF
};

/// The removal of a service-linked role.
pub(crate) static ROLE_DELETION: Definition = Definition {
    resource_type: "AWS::IAM::ServiceLinkedRoleDeletion",
    arn: "arn:{partition}:iam::{account}:service-linked-role-deletion/{id}",
    scope: Scope::Global,
    missing: missing("Deletion Task not found"),
    ..Definition::OF
};

/// A report on which services somebody used.
pub(crate) static ACCESS_REPORT: Definition = Definition {
    resource_type: "AWS::IAM::ServiceLastAccessedReport",
    arn: "arn:{partition}:iam::{account}:service-last-accessed-report/{id}",
    scope: Scope::Global,
    missing: missing("Job not found for id {id}"),
    ..Definition::OF
};

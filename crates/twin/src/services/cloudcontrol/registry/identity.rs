//! Roles, policies, keys and secrets.

use reeve_model::Value;

use super::{From, ResourceType, TagWay, change, each, request, set};
use crate::value::value;

/// The types.
pub(super) static TYPES: [ResourceType; 8] = [
    ResourceType {
        name: "AWS::IAM::Role",
        service: "iam",
        create: "CreateRole",
        name_property: "RoleName",
        read: request("GetRole", &[("RoleName", From::Id)]),
        at: "Role",
        delete: request("DeleteRole", &[("RoleName", From::Id)]),
        setters: &[
            each(
                "ManagedPolicyArns",
                request("AttachRolePolicy", &[("RoleName", From::Id)]),
                "PolicyArn",
            ),
            each("Policies", request("PutRolePolicy", &[("RoleName", From::Id)]), ""),
            change(
                "AssumeRolePolicyDocument",
                request("UpdateAssumeRolePolicy", &[("RoleName", From::Id)]),
                "PolicyDocument",
            ),
            change("Description", request("UpdateRole", &[("RoleName", From::Id)]), "Description"),
            change(
                "MaxSessionDuration",
                request("UpdateRole", &[("RoleName", From::Id)]),
                "MaxSessionDuration",
            ),
            change("Tags", request("TagRole", &[("RoleName", From::Id)]), "Tags"),
        ],
        fixed: &["Path", "RoleName"],
        attributes: &[("Arn", "Arn"), ("RoleId", "RoleId")],
        tags: TagWay::List("Tags"),
        shown: &[("ManagedPolicyArns", ""), ("Policies", ""), ("AssumeRolePolicyDocument", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::IAM::ManagedPolicy",
        service: "iam",
        create: "CreatePolicy",
        rename: &[("ManagedPolicyName", "PolicyName")],
        name_property: "ManagedPolicyName",
        id: "Policy.Arn",
        read: request("GetPolicy", &[("PolicyArn", From::Id)]),
        at: "Policy",
        delete: request("DeletePolicy", &[("PolicyArn", From::Id)]),
        setters: &[
            each("Roles", request("AttachRolePolicy", &[("PolicyArn", From::Id)]), "RoleName"),
            each("Users", request("AttachUserPolicy", &[("PolicyArn", From::Id)]), "UserName"),
            each("Groups", request("AttachGroupPolicy", &[("PolicyArn", From::Id)]), "GroupName"),
            change(
                "PolicyDocument",
                request(
                    "CreatePolicyVersion",
                    &[("PolicyArn", From::Id), ("SetAsDefault", From::Flag(true))],
                ),
                "PolicyDocument",
            ),
        ],
        fixed: &["ManagedPolicyName", "Description", "Path"],
        shown: &[
            ("ManagedPolicyName", "PolicyName"),
            ("PolicyDocument", ""),
            ("Roles", ""),
            ("Users", ""),
            ("Groups", ""),
        ],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::IAM::InstanceProfile",
        service: "iam",
        create: "CreateInstanceProfile",
        name_property: "InstanceProfileName",
        read: request("GetInstanceProfile", &[("InstanceProfileName", From::Id)]),
        at: "InstanceProfile",
        delete: request("DeleteInstanceProfile", &[("InstanceProfileName", From::Id)]),
        setters: &[each(
            "Roles",
            request("AddRoleToInstanceProfile", &[("InstanceProfileName", From::Id)]),
            "RoleName",
        )],
        fixed: &["InstanceProfileName", "Path"],
        attributes: &[("Arn", "Arn")],
        shown: &[("Roles", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::IAM::User",
        service: "iam",
        create: "CreateUser",
        name_property: "UserName",
        read: request("GetUser", &[("UserName", From::Id)]),
        at: "User",
        delete: request("DeleteUser", &[("UserName", From::Id)]),
        setters: &[
            each(
                "ManagedPolicyArns",
                request("AttachUserPolicy", &[("UserName", From::Id)]),
                "PolicyArn",
            ),
            each("Policies", request("PutUserPolicy", &[("UserName", From::Id)]), ""),
            each("Groups", request("AddUserToGroup", &[("UserName", From::Id)]), "GroupName"),
        ],
        fixed: &["UserName"],
        attributes: &[("Arn", "Arn")],
        tags: TagWay::List("Tags"),
        shown: &[("ManagedPolicyArns", ""), ("Policies", ""), ("Groups", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::IAM::Group",
        service: "iam",
        create: "CreateGroup",
        name_property: "GroupName",
        read: request("GetGroup", &[("GroupName", From::Id)]),
        at: "Group",
        delete: request("DeleteGroup", &[("GroupName", From::Id)]),
        setters: &[
            each(
                "ManagedPolicyArns",
                request("AttachGroupPolicy", &[("GroupName", From::Id)]),
                "PolicyArn",
            ),
            each("Policies", request("PutGroupPolicy", &[("GroupName", From::Id)]), ""),
        ],
        fixed: &["GroupName"],
        attributes: &[("Arn", "Arn")],
        shown: &[("ManagedPolicyArns", ""), ("Policies", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::KMS::Key",
        service: "kms",
        create: "CreateKey",
        rename: &[("KeyPolicy", "Policy")],
        id: "KeyMetadata.KeyId",
        read: request("DescribeKey", &[("KeyId", From::Id)]),
        at: "KeyMetadata",
        delete: request("ScheduleKeyDeletion", &[("KeyId", From::Id)]),
        setters: &[
            set("EnableKeyRotation", request("EnableKeyRotation", &[("KeyId", From::Id)]), "")
                .shaped(nothing),
            change(
                "Description",
                request("UpdateKeyDescription", &[("KeyId", From::Id)]),
                "Description",
            ),
            change(
                "KeyPolicy",
                request(
                    "PutKeyPolicy",
                    &[("KeyId", From::Id), ("PolicyName", From::Text("default"))],
                ),
                "Policy",
            ),
        ],
        fixed: &["KeySpec", "KeyUsage", "MultiRegion", "Origin"],
        attributes: &[("Arn", "Arn")],
        tags: TagWay::List("Tags"),
        shown: &[("KeyPolicy", ""), ("EnableKeyRotation", "")],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::KMS::Alias",
        service: "kms",
        create: "CreateAlias",
        id: "*AliasName",
        delete: request("DeleteAlias", &[("AliasName", From::Id)]),
        setters: &[change(
            "TargetKeyId",
            request("UpdateAlias", &[("AliasName", From::Id)]),
            "TargetKeyId",
        )],
        fixed: &["AliasName"],
        ..ResourceType::OF
    },
    ResourceType {
        name: "AWS::SecretsManager::Secret",
        service: "secretsmanager",
        create: "CreateSecret",
        name_property: "Name",
        id: "ARN",
        read: request("DescribeSecret", &[("SecretId", From::Id)]),
        delete: request(
            "DeleteSecret",
            &[("SecretId", From::Id), ("ForceDeleteWithoutRecovery", From::Flag(true))],
        ),
        setters: &[
            change(
                "SecretString",
                request("UpdateSecret", &[("SecretId", From::Id)]),
                "SecretString",
            ),
            change(
                "Description",
                request("UpdateSecret", &[("SecretId", From::Id)]),
                "Description",
            ),
        ],
        fixed: &["Name"],
        attributes: &[("Id", "ARN")],
        tags: TagWay::List("Tags"),
        shown: &[("SecretString", "")],
        ..ResourceType::OF
    },
];

fn nothing(_: &Value) -> Value {
    value!({})
}

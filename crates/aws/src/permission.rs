//! Names the IAM permission that a denied call was missing.
//!
//! AWS's message usually names it, and is then believed: the permission denied may be another service's (`iam:PassRole`).
//! Where it does not, the permission follows from the service and the operation, with the exceptions below.

use reeve_model::Service;

/// IAM prefixes that differ from the service's signing name.
const PREFIXES: &[(&str, &str)] = &[
    ("bedrock-runtime", "bedrock"),
    ("cloudhsmv2", "cloudhsm"),
    ("cloudsearchdomain", "cloudsearch"),
    ("cloudwatch", "cloudwatch"),
    ("iot-data", "iot"),
    ("iot-jobs-data", "iotjobsdata"),
    ("iotthingsgraph", "iotthingsgraph"),
    ("mturk", "mechanicalturk"),
    ("personalize-events", "personalize"),
    ("personalize-runtime", "personalize"),
    ("resourcegroupstaggingapi", "tag"),
    ("sagemaker-runtime", "sagemaker"),
    ("sso-oidc", "sso-oauth"),
];

/// Operations whose permission has another name.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("budgets", "CreateBudget", "ModifyBudget"),
    ("budgets", "DeleteBudget", "ModifyBudget"),
    ("budgets", "DescribeBudget", "ViewBudget"),
    ("budgets", "DescribeBudgets", "ViewBudget"),
    ("budgets", "UpdateBudget", "ModifyBudget"),
    ("lambda", "Invoke", "InvokeFunction"),
    ("s3", "CompleteMultipartUpload", "PutObject"),
    ("s3", "CopyObject", "PutObject"),
    ("s3", "CreateMultipartUpload", "PutObject"),
    ("s3", "DeleteBucketCors", "PutBucketCORS"),
    ("s3", "DeleteBucketEncryption", "PutEncryptionConfiguration"),
    ("s3", "DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("s3", "DeleteBucketReplication", "PutReplicationConfiguration"),
    ("s3", "DeleteBucketTagging", "PutBucketTagging"),
    ("s3", "DeleteObjects", "DeleteObject"),
    ("s3", "DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("s3", "GetBucketAccelerateConfiguration", "GetAccelerateConfiguration"),
    ("s3", "GetBucketCors", "GetBucketCORS"),
    ("s3", "GetBucketEncryption", "GetEncryptionConfiguration"),
    ("s3", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("s3", "GetBucketNotificationConfiguration", "GetBucketNotification"),
    ("s3", "GetBucketReplication", "GetReplicationConfiguration"),
    ("s3", "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"),
    ("s3", "GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("s3", "HeadBucket", "ListBucket"),
    ("s3", "HeadObject", "GetObject"),
    ("s3", "ListBuckets", "ListAllMyBuckets"),
    ("s3", "ListMultipartUploads", "ListBucketMultipartUploads"),
    ("s3", "ListObjectVersions", "ListBucketVersions"),
    ("s3", "ListObjects", "ListBucket"),
    ("s3", "ListObjectsV2", "ListBucket"),
    ("s3", "ListParts", "ListMultipartUploadParts"),
    ("s3", "PutBucketAccelerateConfiguration", "PutAccelerateConfiguration"),
    ("s3", "PutBucketCors", "PutBucketCORS"),
    ("s3", "PutBucketEncryption", "PutEncryptionConfiguration"),
    ("s3", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("s3", "PutBucketNotificationConfiguration", "PutBucketNotification"),
    ("s3", "PutBucketReplication", "PutReplicationConfiguration"),
    ("s3", "PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"),
    ("s3", "PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("s3", "SelectObjectContent", "GetObject"),
    ("s3", "UploadPart", "PutObject"),
    ("s3", "UploadPartCopy", "PutObject"),
];

const DENIED_CODES: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

/// Says that a caller was known and not allowed. A 403 to a `HEAD` request has neither code nor message.
pub(crate) fn is_denial(status: u16, code: &str) -> bool {
    DENIED_CODES.contains(&code)
        || (status == 403 && matches!(code, "" | "403" | "Forbidden" | "ForbiddenException"))
}

/// The permission that AWS's message names, as in `is not authorized to perform: ec2:DescribeInstances on resource`.
pub(crate) fn permission_in(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("authorized to perform: ")?;
    let permission = after.split_whitespace().next()?.trim_end_matches(['.', ',', ';']);
    let (prefix, action) = permission.split_once(':')?;
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (plain(prefix) && plain(action)).then_some(permission)
}

/// The caller that AWS's message names, as in `User: arn:… is not authorized`.
pub(crate) fn principal_in(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("User: ")?;
    let (principal, _) = after.split_once(" is not authorized")?;
    (!principal.is_empty() && !principal.contains(' ')).then_some(principal)
}

/// The permission that an operation needs, going by its name.
pub(crate) fn permission_for(service: &Service, operation: &str, method: &str) -> String {
    let name = service.name().as_str();
    if matches!(name, "apigateway" | "apigatewayv2") {
        // These permissions are about the HTTP method and the path.
        return format!("apigateway:{method}");
    }
    let prefix = prefix_of(name).unwrap_or(&service.metadata().signing_name);
    format!("{prefix}:{}", action_of(name, operation).unwrap_or(operation))
}

fn prefix_of(service: &str) -> Option<&'static str> {
    PREFIXES.iter().find(|(name, _)| *name == service).map(|(_, prefix)| *prefix)
}

fn action_of(service: &str, operation: &str) -> Option<&'static str> {
    ACTIONS
        .iter()
        .find(|(of, name, _)| *of == service && *name == operation)
        .map(|(_, _, action)| *action)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC2: &str = "You are not authorized to perform this operation. User: \
        arn:aws:sts::111122223333:assumed-role/reeve/reeve is not authorized to perform: ec2:CreateTags on resource: \
        arn:aws:ec2:eu-west-1:111122223333:instance/i-1 because no identity-based policy allows the ec2:CreateTags action";

    #[test]
    fn the_message_names_permission_and_caller() {
        for (message, permission, principal) in [
            (
                EC2,
                Some("ec2:CreateTags"),
                Some("arn:aws:sts::111122223333:assumed-role/reeve/reeve"),
            ),
            (
                "User: arn:aws:iam::1:user/ana is not authorized to perform: s3:ListAllMyBuckets.",
                Some("s3:ListAllMyBuckets"),
                Some("arn:aws:iam::1:user/ana"),
            ),
            ("You are not authorized to perform this operation.", None, None),
            ("Access Denied", None, None),
            ("not authorized to perform: anything at all", None, None),
            ("", None, None),
        ] {
            assert_eq!(permission_in(message), permission, "{message}");
            assert_eq!(principal_in(message), principal, "{message}");
        }
    }

    #[test]
    fn without_a_message_the_permission_follows_from_the_operation() {
        for (service, operation, expected) in [
            ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
            ("elbv2", "DescribeTags", "elasticloadbalancing:DescribeTags"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
            ("s3", "DeleteBucketTagging", "s3:PutBucketTagging"),
            ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
            ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
            ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
            ("opensearch", "AddTags", "es:AddTags"),
            ("apigateway", "GetRestApis", "apigateway:GET"),
        ] {
            let service = reeve_model::catalog().service(service).unwrap();
            assert_eq!(permission_for(&service, operation, "GET"), expected);
        }
    }

    #[test]
    fn a_403_without_a_code_is_a_denial_and_a_bad_key_is_not() {
        assert!(is_denial(403, "AccessDenied"));
        assert!(is_denial(400, "AccessDeniedException"));
        assert!(is_denial(403, ""));
        assert!(!is_denial(403, "InvalidClientTokenId"));
        assert!(!is_denial(403, "SignatureDoesNotMatch"));
    }
}

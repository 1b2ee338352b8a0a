//! Tells a denied call, and the permission that it was missing.
//!
//! AWS's message usually names the permission, and is then believed: it may be another service's (`iam:PassRole`). Where
//! it does not, the model knows which permissions the operation needs.

use reeve_model::{Operation, Service, permissions_for};

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

/// The permissions that an operation needs, as far as its name tells.
pub(crate) fn permission_for(service: &Service, operation: &Operation) -> String {
    let permissions = permissions_for(service, operation);
    if permissions.required.is_empty() {
        let alternatives: Vec<&str> = permissions.all().collect();
        // Nothing is needed that IAM knows of, and yet it was denied: its name says at least what was asked for.
        return if alternatives.is_empty() {
            format!("{}:{}", service.metadata().signing_name, operation.name)
        } else {
            alternatives.join(" or ")
        };
    }
    permissions.required.join(" and ")
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
            ("elbv2", "DescribeTags", "elasticloadbalancing:DescribeTags"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "CopyObject", "s3:GetObject and s3:PutObject"),
            ("apigateway", "GetRestApis", "apigateway:GET"),
            (
                "dynamodb",
                "ExecuteStatement",
                "dynamodb:PartiQLSelect or dynamodb:PartiQLInsert or dynamodb:PartiQLUpdate or dynamodb:PartiQLDelete",
            ),
            ("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
        ] {
            let service = reeve_model::catalog().service(service).unwrap();
            let operation = service.operation(operation).unwrap();
            assert_eq!(permission_for(&service, operation), expected);
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

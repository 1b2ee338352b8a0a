//! Which IAM permissions an operation needs.
//!
//! No model says it. The rule is that an operation needs the permission of its own name under its service's prefix, and
//! nine operations of ten follow it; `data/permissions.json` holds those that do not. What is in it is from AWS's service
//! authorization reference, and from the documentation of the operations where that is silent:
//!
//! - `prefixes`: services whose prefix is not the name that they are signed for.
//! - `operations`: operations that need other permissions than their own, or several. Names without a prefix have the
//!   service's. None at all means that it depends on the input, and `conditional` says how.
//! - `conditional`: what is needed besides, and when.
//! - `members`: the same, for every operation that has one of these input members.
//! - `unchecked`: operations that every caller with credentials may call.
//! - `elsewhere`: services whose requests are not signed with AWS credentials.
//! - `by_method`: services whose permissions are HTTP methods on paths.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use serde::Deserialize;

use crate::{Operation, Service};

static EMBEDDED: &str = include_str!("../data/permissions.json");

/// What a caller needs to call an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// Who decides whether a caller may.
    pub authorization: Authorization,
    /// The permissions that every call needs, such as `s3:GetObject`. None if it depends on the input.
    pub required: Vec<String>,
    /// The permissions that some calls need.
    pub conditional: Vec<ConditionalPermission>,
    /// The path that the permissions are about, such as `/restapis/*`, where they are HTTP methods.
    pub path: Option<String>,
}

/// Who decides whether a caller may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// IAM's policies.
    Policies,
    /// Nobody: whoever has credentials may.
    Nobody,
    /// The service, by something else than AWS credentials: a token, or nothing at all.
    Service,
}

/// A permission that some calls of an operation need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionalPermission {
    /// The permission, such as `iam:PassRole`.
    pub action: String,
    /// Which calls need it, such as `with an instance profile`.
    pub when: &'static str,
}

/// The permissions that an operation needs.
pub fn permissions_for(service: &Service, operation: &Operation) -> Permissions {
    let knowledge = knowledge();
    let authorization = knowledge.authorization(service, operation);
    if authorization != Authorization::Policies {
        return Permissions {
            authorization,
            required: Vec::new(),
            conditional: Vec::new(),
            path: None,
        };
    }
    let mut conditional: Vec<ConditionalPermission> = Vec::new();
    for exception in knowledge.conditional(service, operation) {
        let actions = exception.actions.split_whitespace();
        conditional.extend(actions.map(|action| ConditionalPermission {
            action: knowledge.full(service, action),
            when: &exception.when,
        }));
    }
    let (required, path) = knowledge.required(service, operation);
    conditional.retain(|conditional| !required.contains(&conditional.action));
    Permissions { authorization, required, conditional, path }
}

impl Permissions {
    /// All permissions that calls may need, each once, the required first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let mut seen = BTreeSet::new();
        let conditional = self.conditional.iter().map(|conditional| &conditional.action);
        self.required
            .iter()
            .chain(conditional)
            .map(String::as_str)
            .filter(move |it| seen.insert(*it))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Knowledge {
    prefixes: BTreeMap<String, String>,
    operations: BTreeMap<String, BTreeMap<String, String>>,
    conditional: Vec<Exception>,
    members: Vec<Exception>,
    unchecked: BTreeMap<String, String>,
    elsewhere: BTreeSet<String>,
    by_method: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    service: String,
    #[serde(alias = "members")]
    operations: String,
    actions: String,
    when: String,
}

impl Exception {
    fn names(&self, name: &str) -> bool {
        self.operations.split_whitespace().any(|named| named == name)
    }
}

fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: OnceLock<Knowledge> = OnceLock::new();
    // A test reads the file; if it could not be read there would be no exceptions, and the rule would hold for all.
    KNOWLEDGE.get_or_init(|| serde_json::from_str(EMBEDDED).unwrap_or_default())
}

impl Knowledge {
    fn authorization(&self, service: &Service, operation: &Operation) -> Authorization {
        let is_unsigned =
            operation.auth.iter().any(|scheme| scheme.as_str() == "smithy.api#noAuth")
                || operation.auth_type.as_deref() == Some("none");
        let unchecked = self.unchecked.get(service.name().as_str()).map_or("", String::as_str);
        if is_unsigned || self.elsewhere.contains(service.name().as_str()) {
            Authorization::Service
        } else if unchecked.split_whitespace().any(|name| name == operation.name.as_str()) {
            Authorization::Nobody
        } else {
            Authorization::Policies
        }
    }

    fn required(&self, service: &Service, operation: &Operation) -> (Vec<String>, Option<String>) {
        let (name, of) = (operation.name.as_str(), service.name().as_str());
        let known = self.operations.get(of).and_then(|operations| operations.get(name));
        if let Some(actions) = known {
            let actions = actions.split_whitespace().map(|action| self.full(service, action));
            return (actions.collect(), None);
        }
        if self.by_method.contains(of) {
            let action = self.full(service, &operation.http.method);
            return (vec![action], Some(path(&operation.http.request_uri)));
        }
        (vec![self.full(service, name)], None)
    }

    fn conditional<'knowledge>(
        &'knowledge self,
        service: &Service,
        operation: &Operation,
    ) -> impl Iterator<Item = &'knowledge Exception> {
        let input = operation.input.as_ref().and_then(|input| service.structure(input.shape));
        let has = move |exception: &Exception| {
            input.is_some_and(|input| {
                input.members().iter().any(|member| exception.names(&member.name))
            })
        };
        let of = service.name().as_str();
        let named = self.conditional.iter().filter(|it| it.names(&operation.name));
        // Members that tag make what others tag: reading needs no permission to tag.
        let by_member = self.members.iter().filter(move |it| has(it) && makes(&operation.name));
        named.chain(by_member).filter(move |exception| exception.service == of)
    }

    fn full(&self, service: &Service, action: &str) -> String {
        if action.contains(':') {
            return action.to_owned();
        }
        let prefix = self.prefixes.get(service.name().as_str());
        let prefix = prefix.map_or(service.metadata().signing_name.as_str(), String::as_str);
        format!("{prefix}:{action}")
    }
}

/// Whether an operation makes something that can have tags from the beginning.
fn makes(operation: &str) -> bool {
    const VERBS: [&str; 15] = [
        "Allocate",
        "Authorize",
        "Copy",
        "Create",
        "Export",
        "Import",
        "Open",
        "Purchase",
        "Put",
        "Register",
        "Request",
        "Restore",
        "Run",
        "Start",
        "Accept",
    ];
    VERBS.iter().any(|verb| operation.starts_with(verb))
}

/// The path of a URI with a star for each of its labels, without the API's version.
fn path(uri: &str) -> String {
    let path = uri.split('?').next().unwrap_or(uri);
    let segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != "v2");
    let segments = segments.map(|segment| if segment.starts_with('{') { "*" } else { segment });
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    fn permissions(service: &str, operation: &str) -> Permissions {
        let service = catalog().service(service).unwrap();
        permissions_for(&service, service.operation(operation).unwrap())
    }

    #[test]
    fn an_operation_needs_the_permission_of_its_name_but_for_the_exceptions() {
        for (service, operation, expected) in [
            ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
            ("elbv2", "DescribeTags", "elasticloadbalancing:DescribeTags"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
            ("s3", "DeleteBucketTagging", "s3:PutBucketTagging"),
            ("s3", "CopyObject", "s3:GetObject s3:PutObject"),
            ("s3", "GetBucketCors", "s3:GetBucketCORS"),
            ("s3control", "GetBucketTagging", "s3-outposts:GetBucketTagging"),
            ("s3control", "PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
            ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
            ("logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
            ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
            ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
            ("opensearch", "AddTags", "es:AddTags"),
            ("sesv2", "SendEmail", "ses:SendEmail"),
            ("sso-admin", "ListInstances", "sso:ListInstances"),
            ("cloudcontrol", "GetResource", "cloudformation:GetResource"),
            ("lambda", "Invoke", "lambda:InvokeFunction"),
            ("budgets", "DescribeBudgets", "budgets:ViewBudget"),
            ("kms", "ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo"),
            ("sqs", "SendMessageBatch", "sqs:SendMessage"),
            ("iot-data", "Publish", "iot:Publish"),
            ("bedrock-runtime", "Converse", "bedrock:InvokeModel"),
            (
                "application-autoscaling",
                "DescribeScalingPolicies",
                "application-autoscaling:DescribeScalingPolicies",
            ),
            ("pricing", "GetProducts", "pricing:GetProducts"),
        ] {
            let found = permissions(service, operation);
            assert_eq!(found.required.join(" "), expected, "{service} {operation}");
            assert_eq!(found.authorization, Authorization::Policies);
        }
    }

    #[test]
    fn permissions_of_api_gateway_are_methods_on_paths() {
        let found = permissions("apigateway", "GetResource");
        assert_eq!(found.required, ["apigateway:GET"]);
        assert_eq!(found.path.as_deref(), Some("/restapis/*/resources/*"));
        let found = permissions("apigatewayv2", "UpdateApi");
        assert_eq!(found.required, ["apigateway:PATCH"]);
        assert_eq!(found.path.as_deref(), Some("/apis/*"));
        let found = permissions("apigatewayv2", "PutRoutingRule");
        assert_eq!(
            (found.required.join(" ").as_str(), found.path),
            ("apigateway:UpdateRoutingRule", None)
        );
    }

    #[test]
    fn some_operations_need_no_permission() {
        let found = permissions("sts", "GetCallerIdentity");
        assert_eq!((found.authorization, found.all().count()), (Authorization::Nobody, 0));
        let found = permissions("sts", "AssumeRoleWithWebIdentity");
        assert_eq!((found.authorization, found.all().count()), (Authorization::Service, 0));
        let found = permissions("cognito-idp", "SignUp");
        assert_eq!(found.authorization, Authorization::Service);
        assert_eq!(permissions("sts", "AssumeRole").required, ["sts:AssumeRole"]);
    }

    #[test]
    fn what_only_some_calls_need_says_which() {
        let found = permissions("ec2", "RunInstances");
        let when = |action: &str| {
            found.conditional.iter().find(|it| it.action == action).map(|it| it.when)
        };
        assert_eq!(when("iam:PassRole"), Some("with an instance profile"));
        assert_eq!(when("ec2:CreateTags"), Some("with tags"));
        assert_eq!(found.required, ["ec2:RunInstances"]);

        let found = permissions("dynamodb", "ExecuteStatement");
        assert_eq!(found.required, Vec::<String>::new());
        assert_eq!(found.all().next(), Some("dynamodb:PartiQLSelect"));
        assert_eq!(permissions("rds", "ListTagsForResource").conditional, []);
    }

    #[test]
    fn every_exception_is_of_a_service_and_operations_that_exist() {
        let knowledge: Knowledge = serde_json::from_str(EMBEDDED).unwrap();
        let service = |name: &str| {
            let service = catalog().service(name).unwrap();
            assert_eq!(service.name().as_str(), name);
            service
        };
        for name in
            knowledge.prefixes.keys().chain(&knowledge.elsewhere).chain(&knowledge.by_method)
        {
            service(name);
        }
        for (name, operations) in &knowledge.operations {
            let service = service(name);
            assert!(
                operations.keys().all(|operation| service.operation(operation).is_ok()),
                "{name}"
            );
        }
        let conditional = knowledge.conditional.iter().map(|it| (&it.service, &it.operations));
        for (name, operations) in knowledge.unchecked.iter().chain(conditional) {
            let service = service(name);
            for operation in operations.split_whitespace() {
                assert!(service.operation(operation).is_ok(), "{name} {operation}");
            }
        }
        for exception in &knowledge.members {
            let service = service(&exception.service);
            let tags = service.operations().iter().filter(|operation| {
                permissions_for(&service, operation)
                    .conditional
                    .iter()
                    .any(|it| it.when == "with tags")
            });
            assert!(tags.count() > 0, "{}", exception.service);
        }
    }
}

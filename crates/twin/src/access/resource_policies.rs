//! The policies of resources: buckets, queues, topics, keys, secrets, functions.

use std::sync::Arc;

use reeve_model::Value;
use reeve_policy::{
    Caller, ContextMap, Form, Named, Policies, Policy, Request, ResourcePolicy, decide,
};
use reeve_types::AccountId;

use super::{cache::compiled, resources::Subject};
use crate::{call::Call, services::lambda, store::Resource, world::World};

/// The services whose resources have policies.
const HAVE_POLICIES: [&str; 9] =
    ["s3", "kms", "sqs", "sns", "secretsmanager", "lambda", "events", "backup", "dynamodb"];

/// Where services keep the policy of a resource.
const PLACES: [&str; 6] =
    ["Policy", "ResourcePolicy", "BucketPolicy", "AccessPolicy", "Attributes.Policy", "policy"];

/// Whether the policy of a resource may have a say in a call.
pub(crate) fn may_decide(call: &Call) -> bool {
    HAVE_POLICIES.contains(&call.service.model)
}

/// The policy of what a call is about, and whether nothing is allowed without it.
pub(crate) fn of(world: &World, call: &Call, subject: &Subject) -> Option<(Arc<Policy>, bool)> {
    // A bucket that is still to be created has no policy, though another of its name may have one.
    if !may_decide(call) || call.service.model == "s3" && call.operation == "CreateBucket" {
        return None;
    }
    if call.service.model == "lambda" {
        let text = lambda::policy_of(world, &subject.arn)?;
        return compiled(Form::Resource, &text).map(|policy| (policy, false));
    }
    let arn = keeper(call, subject);
    let (place, id) = world.store.locate(&arn)?;
    let text = text(world.get(&place, &id)?)?;
    let opens_alone = call.service.model == "kms";
    compiled(Form::Resource, &text).map(|policy| (policy, opens_alone))
}

/// The ARN of what has the policy: objects have that of their bucket, recovery points that of their vault.
fn keeper(call: &Call, subject: &Subject) -> String {
    let object = subject.arn.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split_once('/'));
    if let Some((bucket, _)) = object {
        return format!("arn:aws:s3:::{bucket}");
    }
    let vault = ["BackupVaultName", "SourceBackupVaultName"].iter().find_map(|it| call.text(it));
    match vault {
        Some(vault) if !vault.starts_with("arn:") => {
            let (region, account) = (&call.region, call.account());
            format!("arn:{}:backup:{region}:{account}:backup-vault:{vault}", region.partition())
        }
        _ => subject.arn.clone(),
    }
}

/// A role of another account that a service asks for.
pub(crate) struct Asker<'a> {
    pub(crate) account: &'a AccountId,
    /// Its ARN.
    pub(crate) role: &'a str,
}

/// Whether a resource's policy opens it to a role of another account that may do everything on its own side.
pub(crate) fn opens_to(
    world: &World,
    policy: &str,
    asker: &Asker<'_>,
    (action, arn): (&str, &str),
) -> bool {
    const EVERYTHING: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let (Some(policy), Some(everything)) =
        (compiled(Form::Resource, policy), compiled(Form::Identity, EVERYTHING))
    else {
        return false;
    };
    let mut context = ContextMap::default();
    context.set("aws:PrincipalArn", asker.role);
    context.set("aws:PrincipalAccount", asker.account.as_str());
    if let Some(organization) = &world.directory.organization
        && organization.members.contains_key(asker.account)
    {
        context.set("aws:PrincipalOrgID", organization.id.as_str());
    }
    let request = Request {
        caller: Caller::User { account: asker.account.as_str(), arn: asker.role },
        action,
        resource: arn,
        resource_account: arn.split(':').nth(4),
        context: &context,
    };
    let policies = Policies {
        identity: &[Named { name: "everything", policy: &everything }],
        resource: Some(ResourcePolicy {
            policy: Named { name: arn, policy: &policy },
            opens_alone: false,
        }),
        ..Policies::default()
    };
    decide(&request, &policies).is_allowed()
}

fn text(resource: &Resource) -> Option<String> {
    let inside = PLACES.iter().find_map(|path| {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = resource.inside.get(first)?;
        if rest.is_empty() { Some(value) } else { value.path(rest) }
    });
    let found = inside.or_else(|| PLACES.iter().find_map(|path| resource.value(path)))?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => Some(found.to_json().to_string()),
        _ => None,
    }
}

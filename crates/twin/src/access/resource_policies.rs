//! The policies of resources: buckets, queues, topics, keys, secrets, functions.

use std::sync::Arc;

use reeve_model::Value;
use reeve_policy::{Form, Policy};

use super::{cache::compiled, resources::Subject};
use crate::{call::Call, services::lambda, store::Resource, world::World};

/// The services whose resources have policies.
const HAVE_POLICIES: [&str; 8] =
    ["s3", "kms", "sqs", "sns", "secretsmanager", "lambda", "events", "backup"];

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
    // Objects have the policy of their bucket.
    let arn = match subject.arn.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split_once('/'))
    {
        Some((bucket, _)) => format!("arn:aws:s3:::{bucket}"),
        None => subject.arn.clone(),
    };
    let (place, id) = world.store.locate(&arn)?;
    let text = text(world.get(&place, &id)?)?;
    let opens_alone = call.service.model == "kms";
    compiled(Form::Resource, &text).map(|policy| (policy, opens_alone))
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

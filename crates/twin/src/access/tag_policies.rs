//! Tag policies: tags that the organization refuses.
//!
//! Only resource types that a policy is enforced for are held to it; elsewhere tags that do not comply are merely reported.

use reeve_model::Value;

use super::{context::request_tags, resources};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    pattern,
    services::organizations::{TagRule, tag_rules},
    world::World,
};

/// Refuses tags that the organization's tag policies do not allow.
pub(super) fn check(world: &World, call: &Call) -> Result<(), Failure> {
    let Some(organization) = &world.directory.organization else { return Ok(()) };
    if !organization.enabled.contains("TAG_POLICY") {
        return Ok(());
    }
    let tags = request_tags(call);
    if tags.is_empty() {
        return Ok(());
    }
    let rules = tag_rules(organization, call.account());
    if rules.is_empty() {
        return Ok(());
    }
    let types = resource_types(world, call);
    for (key, value) in &tags {
        let rule = rules.iter().find(|rule| rule.key.eq_ignore_ascii_case(key));
        let Some(rule) = rule.filter(|rule| is_enforced(rule, &types)) else { continue };
        let value_fits = rule.values.is_empty()
            || rule.values.iter().any(|wanted| pattern::matches(wanted, value));
        if rule.key != *key || !value_fits {
            return Err(refusal(call, &rule.key));
        }
    }
    Ok(())
}

fn refusal(call: &Call, key: &str) -> Failure {
    let message = format!(
        "The tag policy does not allow the specified value for the following tag key: '{key}'."
    );
    match call.service.dialect {
        Dialect::Ec2 => Failure::new("TagPolicyViolation", message),
        Dialect::RestJson | Dialect::Json | Dialect::Query | Dialect::S3 => {
            Failure::new("TagPolicyException", message)
        }
    }
}

fn is_enforced(rule: &TagRule, types: &[String]) -> bool {
    types.iter().any(|one| {
        let service = one.split(':').next().unwrap_or_default();
        rule.enforced_for.iter().any(|wanted| {
            wanted == one
                || *wanted == format!("{service}:*")
                || *wanted == format!("{service}:ALL_SUPPORTED")
        })
    })
}

/// The types of what the tags are for, such as `ec2:instance`.
fn resource_types(world: &World, call: &Call) -> Vec<String> {
    let specified = call.list("TagSpecifications").iter();
    let specified: Vec<String> = specified
        .filter_map(|it| it.get("ResourceType").and_then(Value::as_str))
        .map(|kind| format!("{}:{kind}", call.service.iam_prefix))
        .collect();
    if !specified.is_empty() {
        return specified;
    }
    let of_arn = |arn: &str| {
        let mut parts = arn.splitn(6, ':').skip(2);
        let service = parts.next()?.to_owned();
        let resource = parts.nth(2)?;
        let kind = match resource.split_once([':', '/']) {
            _ if service == "s3" => "bucket",
            Some((kind, _)) => kind,
            None => resource,
        };
        Some(format!("{service}:{kind}"))
    };
    resources::of(world, call).iter().filter_map(|subject| of_arn(&subject.arn)).collect()
}

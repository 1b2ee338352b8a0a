//! Amazon OpenSearch Service: domains of either engine. Tags are listed apart. The older `es` service shares all this.

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, describe, tag_list},
    seed::Sample,
    store::Resource,
    tagging::{self, TagErrors},
    world::World,
};

pub(super) mod life;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "opensearch",
    signing_name: "es",
    api_version: Some("2021-01-01"),
    dialect: Dialect::RestJson,
    iam_prefix: "es",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 429),
    tag_errors: TAG_ERRORS,
    parts: &[&PART, &life::PART],
};

static PART: Part = Part {
    kinds: &[&DOMAIN],
    operations: &[
        ("ListDomainNames", Action::Own(list_domain_names)),
        ("DescribeDomains", Action::Own(describe_domains)),
        ("DescribeDomain", Action::Own(describe_domain)),
        ("ListTags", Action::Own(list_tags)),
        ("AddTags", Action::Own(tag)),
        ("RemoveTags", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::OpenSearch::Domain`.
pub(crate) static DOMAIN: Definition = Definition {
    resource_type: "AWS::OpenSearch::Domain",
    tagging_type: "es:domain",
    arn: "arn:{partition}:es:{region}:{account}:domain/{id}",
    identity: &[
        ("DomainName", Identity::Id),
        ("DomainId", Identity::AccountAndId),
        ("ARN", Identity::Arn),
    ],
    sample: Some(|_| Sample::domain()),
    ..Definition::OF
};

/// The error codes about tags.
pub(super) const TAG_ERRORS: TagErrors = TagErrors {
    reserved: "ValidationException",
    too_many: "LimitExceededException",
    duplicate: "ValidationException",
};

const MOST_DESCRIBED: usize = 5;

/// `ListDomainNames`, which has no pages.
#[expect(clippy::unnecessary_wraps, reason = "all handlers have one shape")]
pub(super) fn list_domain_names(call: &Call, world: &mut World) -> Answer {
    let wanted = call.text("EngineType");
    let shelf = world.store.shelf(&call.place(&DOMAIN));
    let names = shelf
        .iter()
        .map(|(name, domain)| (name, engine(domain)))
        .filter(|(_, engine)| wanted.is_none_or(|wanted| wanted == *engine))
        .map(|(name, engine)| {
            Value::from_iter([("DomainName", name.as_str()), ("EngineType", engine)])
        });
    Ok(Value::from_iter([("DomainNames", names.collect::<Value>())]))
}

fn describe_domains(call: &Call, world: &mut World) -> Answer {
    let found: Vec<Value> = described(call, world)?.into_iter().map(Value::from).collect();
    Ok(Value::from_iter([("DomainStatusList", Value::List(found))]))
}

fn describe_domain(call: &Call, world: &mut World) -> Answer {
    let name = call.required("DomainName")?;
    let domain = call.resource(world, &DOMAIN, name).ok_or_else(|| missing(name))?;
    let description = call.describe(&DOMAIN, name, domain);
    Ok(Value::from_iter([("DomainStatus", description)]))
}

/// The domains named; names that do not exist are left out.
pub(super) fn described(call: &Call, world: &World) -> Result<Vec<Object>, Failure> {
    let names = call.texts("DomainNames");
    if names.is_empty() || names.len() > MOST_DESCRIBED {
        return Err(call.invalid(format!(
            "Please provide a maximum of {MOST_DESCRIBED} domain names to describe."
        )));
    }
    let owner = (call.account(), &call.region);
    let found = names.into_iter().filter_map(|name| {
        let domain = call.resource(world, &DOMAIN, name)?;
        Some(describe(&DOMAIN, owner, name, domain))
    });
    Ok(found.collect())
}

/// `ListTags`.
pub(super) fn list_tags(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let domain = call.resource(world, &DOMAIN, &name).ok_or_else(|| missing(&name))?;
    Ok(Value::from_iter([("TagList", tag_list(&domain.tags))]))
}

/// `AddTags`.
pub(super) fn tag(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&DOMAIN);
    let domain = world.store.get_mut(&place, &name).ok_or_else(|| missing(&name))?;
    let mut tags = tagging::with(call, domain, &tagging::listed(call, "TagList"));
    if let Err(failure) = &mut tags
        && failure.code == "LimitExceededException"
    {
        failure.status = 409;
    }
    domain.set_tags(tags?);
    Ok(Value::object())
}

/// `RemoveTags`.
pub(super) fn untag(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&DOMAIN);
    let domain = world.store.get_mut(&place, &name).ok_or_else(|| missing(&name))?;
    let tags = tagging::without(call, domain, &call.texts("TagKeys"))?;
    domain.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<String, Failure> {
    let arn = call.required("ARN")?;
    let invalid = || call.invalid(format!("Invalid ARN. Domain not found: {arn}"));
    call.own_id(world, &DOMAIN, arn).ok_or_else(invalid)
}

fn engine(domain: &Resource) -> &'static str {
    let version = domain.fact("EngineVersion").unwrap_or_default();
    if version.starts_with("Elasticsearch") { "Elasticsearch" } else { "OpenSearch" }
}

fn missing(name: &str) -> Failure {
    // The status is really 409.
    Failure::new("ResourceNotFoundException", format!("Domain not found: {name}")).with_status(409)
}

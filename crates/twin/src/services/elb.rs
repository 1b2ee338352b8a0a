//! Elastic Load Balancing, the classic generation: load balancers by name. Tags are listed apart.

use reeve_model::Value;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, Scope, TagForm, describe, tag_list},
    page::{Paging, all, plain},
    tagging::{self, TagErrors},
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "elb",
    signing_name: "elasticloadbalancing",
    api_version: Some("2012-06-01"),
    dialect: Dialect::Query,
    iam_prefix: "elasticloadbalancing",
    invalid: "ValidationError",
    throttled: ("Throttling", 400),
    tag_errors: TagErrors {
        reserved: "ValidationError",
        too_many: "TooManyTags",
        duplicate: "DuplicateTagKeys",
    },
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&LOAD_BALANCER],
    operations: &[
        ("DescribeLoadBalancers", Action::Own(describe_load_balancers)),
        ("DescribeTags", Action::Own(describe_tags)),
        ("AddTags", Action::Own(tag)),
        ("RemoveTags", Action::Own(untag)),
    ],
    tasks: &[],
};

/// AWS::ElasticLoadBalancing::LoadBalancer.
pub(crate) static LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancing::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{segment}",
    prefix: "",
    identity: &[("LoadBalancerName", Identity::Id)],
    tags: TagForm::Absent,
    scope: Scope::Regional,
    missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
    sample: Some(|sample| sample.classic_load_balancer()),
};

const PAGES: Paging = Paging {
    size: "PageSize",
    bounds: PageSize { least: 1, most: 400, default: 400 },
    token: "Marker",
    next: "NextMarker",
    bad_token: "ValidationError",
};

const MOST_DESCRIBED: usize = 20;

fn describe_load_balancers(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LoadBalancerNames");
    if names.is_empty() {
        let (kind, member) = (&LOAD_BALANCER, "LoadBalancerDescriptions");
        return PAGES.list((call, world), (kind, member), all, plain);
    }
    let mut found = Vec::new();
    for name in names {
        let balancer = call.resource(world, &LOAD_BALANCER, name);
        let balancer = balancer.ok_or_else(|| missing(name))?;
        let owner = (call.account(), &call.region);
        found.push(describe(&LOAD_BALANCER, owner, name, balancer).into());
    }
    Ok(Value::from_iter([("LoadBalancerDescriptions", Value::List(found))]))
}

fn describe_tags(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("LoadBalancerNames");
    if names.is_empty() || names.len() > MOST_DESCRIBED {
        return Err(call.invalid(format!(
            "1 validation error detected: Value at 'loadBalancerNames' failed to satisfy constraint: \
             Member must have length between 1 and {MOST_DESCRIBED}"
        )));
    }
    let mut found = Vec::new();
    for name in names {
        let balancer = call.resource(world, &LOAD_BALANCER, name);
        let balancer = balancer.ok_or_else(|| missing(name))?;
        let tags = tag_list(&balancer.tags);
        found.push(Value::from_iter([("LoadBalancerName", Value::from(name)), ("Tags", tags)]));
    }
    Ok(Value::from_iter([("TagDescriptions", Value::List(found))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let name = only(call)?;
    let place = call.place(&LOAD_BALANCER);
    let balancer = world.store.get_mut(&place, name).ok_or_else(|| missing(name))?;
    let tags = tagging::with(call, balancer, &tagging::listed(call, "Tags"))?;
    balancer.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let name = only(call)?;
    let place = call.place(&LOAD_BALANCER);
    let balancer = world.store.get_mut(&place, name).ok_or_else(|| missing(name))?;
    let keys = tagging::listed(call, "Tags");
    let keys: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let tags = tagging::without(call, balancer, &keys)?;
    balancer.set_tags(tags);
    Ok(Value::object())
}

/// The one load balancer named: these calls take a list but accept no more.
fn only(call: &Call) -> Result<&str, Failure> {
    match call.texts("LoadBalancerNames").as_slice() {
        [name] => Ok(name),
        _ => Err(call.invalid("You can specify one load balancer only")),
    }
}

fn missing(name: &str) -> Failure {
    let message = format!("There is no ACTIVE Load Balancer named '{name}'");
    Failure::new("LoadBalancerNotFound", message)
}

//! Elastic Load Balancing, the newer generation: load balancers by ARN. Tags are listed apart.

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
    model: "elbv2",
    signing_name: "elasticloadbalancing",
    api_version: Some("2015-12-01"),
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

/// AWS::ElasticLoadBalancingV2::LoadBalancer.
pub(crate) static LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{id}",
    prefix: "",
    identity: &[("LoadBalancerArn", Identity::Arn), ("LoadBalancerName", Identity::Segment(1))],
    tags: TagForm::Absent,
    scope: Scope::Regional,
    missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
    sample: Some(|sample| sample.load_balancer()),
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
    let (arns, names) = (call.texts("LoadBalancerArns"), call.texts("Names"));
    if arns.is_empty() && names.is_empty() {
        return PAGES.list((call, world), (&LOAD_BALANCER, "LoadBalancers"), all, plain);
    }
    let mut ids = Vec::new();
    for arn in arns {
        ids.push(known(call, world, arn)?);
    }
    for name in names {
        let shelf = world.store.shelf(&call.place(&LOAD_BALANCER));
        let id = shelf.keys().find(|id| id.split('/').nth(1) == Some(name));
        ids.push(id.cloned().ok_or_else(|| missing(name))?);
    }
    let owner = (call.account(), &call.region);
    let found = ids.iter().filter_map(|id| {
        let balancer = call.resource(world, &LOAD_BALANCER, id)?;
        Some(Value::from(describe(&LOAD_BALANCER, owner, id, balancer)))
    });
    Ok(Value::from_iter([("LoadBalancers", found.collect::<Value>())]))
}

fn describe_tags(call: &Call, world: &mut World) -> Answer {
    let arns = call.texts("ResourceArns");
    if arns.is_empty() {
        return Err(call.invalid("At least one resource ARN must be specified"));
    }
    if arns.len() > MOST_DESCRIBED {
        return Err(
            call.invalid(format!("Cannot have more than {MOST_DESCRIBED} resources described"))
        );
    }
    let mut found = Vec::new();
    for arn in arns {
        let id = known(call, world, arn)?;
        let tags = call.resource(world, &LOAD_BALANCER, &id).map(|found| tag_list(&found.tags));
        let tags = tags.unwrap_or_default();
        found.push(Value::from_iter([("ResourceArn", Value::from(arn)), ("Tags", tags)]));
    }
    Ok(Value::from_iter([("TagDescriptions", Value::List(found))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let added = tagging::listed(call, "Tags");
    change(call, world, |balancer| tagging::with(call, balancer, &added))
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let keys = call.texts("TagKeys");
    change(call, world, |balancer| tagging::without(call, balancer, &keys))
}

/// Changes the tags of all resources named, or of none.
fn change(
    call: &Call,
    world: &mut World,
    decide: impl Fn(&crate::store::Resource) -> Result<reeve_types::Tags, Failure>,
) -> Answer {
    let place = call.place(&LOAD_BALANCER);
    let mut changed = Vec::new();
    for arn in call.texts("ResourceArns") {
        let id = known(call, world, arn)?;
        let balancer = world.store.get(&place, &id).ok_or_else(|| missing(arn))?;
        changed.push((decide(balancer)?, id));
    }
    for (tags, id) in changed {
        if let Some(balancer) = world.store.get_mut(&place, &id) {
            balancer.set_tags(tags);
        }
    }
    Ok(Value::object())
}

fn known(call: &Call, world: &World, arn: &str) -> Result<String, Failure> {
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("'{arn}' is not a valid load balancer ARN")));
    }
    let id = call.own_id(world, &LOAD_BALANCER, arn).ok_or_else(|| missing(arn))?;
    call.resource(world, &LOAD_BALANCER, &id).map(|_| id.clone()).ok_or_else(|| missing(arn))
}

fn missing(wanted: &str) -> Failure {
    let message = format!("One or more load balancers not found: '{wanted}'");
    Failure::new("LoadBalancerNotFound", message)
}

//! Elastic Load Balancing, the classic generation: load balancers by name, with their listeners and instances inside.

mod balancer;
mod configuration;
mod health;
mod instances;
mod policy;
mod tags;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::Call,
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    tagging::TagErrors,
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
        ("CreateLoadBalancer", Action::Own(balancer::create)),
        ("DeleteLoadBalancer", Action::Own(balancer::delete)),
        ("DescribeLoadBalancers", Action::Own(balancer::describe)),
        ("CreateLoadBalancerListeners", Action::Own(balancer::create_listeners)),
        ("DeleteLoadBalancerListeners", Action::Own(balancer::delete_listeners)),
        ("SetLoadBalancerListenerSSLCertificate", Action::Own(balancer::set_certificate)),
        ("ConfigureHealthCheck", Action::Own(configuration::health_check)),
        ("DescribeLoadBalancerAttributes", Action::Own(configuration::describe_attributes)),
        ("ModifyLoadBalancerAttributes", Action::Own(configuration::modify_attributes)),
        ("ApplySecurityGroupsToLoadBalancer", Action::Own(configuration::apply_groups)),
        ("AttachLoadBalancerToSubnets", Action::Own(configuration::attach_subnets)),
        ("DetachLoadBalancerFromSubnets", Action::Own(configuration::detach_subnets)),
        ("RegisterInstancesWithLoadBalancer", Action::Own(instances::register)),
        ("DeregisterInstancesFromLoadBalancer", Action::Own(instances::deregister)),
        ("DescribeInstanceHealth", Action::Own(instances::describe_health)),
        ("CreateAppCookieStickinessPolicy", Action::Own(policy::create_app_cookie)),
        ("CreateLBCookieStickinessPolicy", Action::Own(policy::create_lb_cookie)),
        ("DeleteLoadBalancerPolicy", Action::Own(policy::delete)),
        ("SetLoadBalancerPoliciesOfListener", Action::Own(policy::set_of_listener)),
        ("DescribeTags", Action::Own(tags::describe)),
        ("AddTags", Action::Own(tags::tag)),
        ("RemoveTags", Action::Own(tags::untag)),
    ],
    tasks: &[
        (health::CHECK, health::check),
        (configuration::WRITER.task, |world, task| configuration::WRITER.turn(world, task)),
    ],
};

/// `AWS::ElasticLoadBalancing::LoadBalancer`.
pub(crate) static LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancing::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{segment}",
    identity: &[("LoadBalancerName", Identity::Id)],
    missing: Missing::new("LoadBalancerNotFound", "There is no ACTIVE Load Balancer named '{id}'"),
    sample: Some(|sample| sample.classic_load_balancer()),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("PageSize", "Marker", (400, 400), "ValidationError").with_next("NextMarker");

/// The load balancer that a call names: refused if there is none.
fn named<'c>(call: &'c Call, world: &World) -> Result<&'c str, Failure> {
    let name = call.required("LoadBalancerName")?;
    call.find(world, &LOAD_BALANCER, name).map(|_| name)
}

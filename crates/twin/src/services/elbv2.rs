//! Elastic Load Balancing, the newer generation: load balancers, listeners, rules, target groups and their health.

mod attribute;
mod balancer;
mod health;
mod listener;
mod rule;
mod support;
mod tags;
mod target;
mod target_group;

use super::{Action, Part, ServiceDefinition};
use crate::{
    dialect::Dialect,
    kind::{Definition, Identity, Missing},
    page::Paging,
    tagging::TagErrors,
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
    kinds: &[&LOAD_BALANCER, &TARGET_GROUP, &LISTENER, &RULE],
    operations: &[
        ("CreateLoadBalancer", Action::Own(balancer::create)),
        ("DeleteLoadBalancer", Action::Own(balancer::delete)),
        ("DescribeLoadBalancers", Action::Own(balancer::describe)),
        ("SetSecurityGroups", Action::Own(balancer::set_groups)),
        ("SetSubnets", Action::Own(balancer::set_subnets)),
        ("SetIpAddressType", Action::Own(balancer::set_address_type)),
        ("DescribeLoadBalancerAttributes", Action::Own(attribute::describe)),
        ("ModifyLoadBalancerAttributes", Action::Own(attribute::modify)),
        ("DescribeTargetGroupAttributes", Action::Own(attribute::describe)),
        ("ModifyTargetGroupAttributes", Action::Own(attribute::modify)),
        ("DescribeListenerAttributes", Action::Own(attribute::describe)),
        ("ModifyListenerAttributes", Action::Own(attribute::modify)),
        ("CreateListener", Action::Own(listener::create)),
        ("ModifyListener", Action::Own(listener::modify)),
        ("DeleteListener", Action::Own(listener::delete)),
        ("DescribeListeners", Action::Own(listener::describe)),
        ("AddListenerCertificates", Action::Own(listener::add_certificates)),
        ("RemoveListenerCertificates", Action::Own(listener::remove_certificates)),
        ("DescribeListenerCertificates", Action::Own(listener::describe_certificates)),
        ("CreateRule", Action::Own(rule::create)),
        ("ModifyRule", Action::Own(rule::modify)),
        ("DeleteRule", Action::Own(rule::delete)),
        ("DescribeRules", Action::Own(rule::describe)),
        ("SetRulePriorities", Action::Own(rule::set_priorities)),
        ("CreateTargetGroup", Action::Own(target_group::create)),
        ("ModifyTargetGroup", Action::Own(target_group::modify)),
        ("DeleteTargetGroup", Action::Own(target_group::delete)),
        ("DescribeTargetGroups", Action::Own(target_group::describe)),
        ("RegisterTargets", Action::Own(target::register)),
        ("DeregisterTargets", Action::Own(target::deregister)),
        ("DescribeTargetHealth", Action::Own(target::describe_health)),
        ("DescribeTags", Action::Own(tags::describe)),
        ("AddTags", Action::Own(tags::tag)),
        ("RemoveTags", Action::Own(tags::untag)),
    ],
    tasks: &[
        (attribute::WRITER.task, |world, task| attribute::WRITER.turn(world, task)),
        (balancer::ACTIVE, balancer::active),
        (health::CHECK, health::check),
        (health::DRAINED, health::drained),
    ],
};

/// `AWS::ElasticLoadBalancingV2::LoadBalancer`.
pub(crate) static LOAD_BALANCER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    tagging_type: "elasticloadbalancing:loadbalancer",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{id}",
    identity: &[("LoadBalancerArn", Identity::Arn), ("LoadBalancerName", Identity::Segment(1))],
    missing: Missing::new("LoadBalancerNotFound", "One or more load balancers not found: '{id}'"),
    sample: Some(|sample| sample.load_balancer()),
    ..Definition::OF
};

/// `AWS::ElasticLoadBalancingV2::TargetGroup`.
pub(crate) static TARGET_GROUP: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    tagging_type: "elasticloadbalancing:targetgroup",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{id}",
    identity: &[("TargetGroupArn", Identity::Arn), ("TargetGroupName", Identity::Segment(0))],
    missing: Missing::new("TargetGroupNotFound", "One or more target groups not found"),
    sample: Some(|sample| {
        serde_json::json!({
            "HealthCheckEnabled": true,
            "HealthCheckIntervalSeconds": 30,
            "HealthCheckPath": "/",
            "HealthCheckPort": "traffic-port",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 5,
            "IpAddressType": "ipv4",
            "Matcher": {"HttpCode": "200"},
            "Port": 80,
            "Protocol": "HTTP",
            "ProtocolVersion": "HTTP1",
            "TargetType": "instance",
            "UnhealthyThresholdCount": 2,
            "VpcId": sample.vpc(),
        })
    }),
    ..Definition::OF
};

/// `AWS::ElasticLoadBalancingV2::Listener`. Its id is its load balancer's, and its own digits.
pub(crate) static LISTENER: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::Listener",
    tagging_type: "elasticloadbalancing:listener",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/{id}",
    identity: &[("ListenerArn", Identity::Arn)],
    missing: Missing::new("ListenerNotFound", "One or more listeners not found"),
    ..Definition::OF
};

/// `AWS::ElasticLoadBalancingV2::ListenerRule`. Its id is its listener's, and its own digits.
pub(crate) static RULE: Definition = Definition {
    resource_type: "AWS::ElasticLoadBalancingV2::ListenerRule",
    tagging_type: "elasticloadbalancing:listener-rule",
    arn: "arn:{partition}:elasticloadbalancing:{region}:{account}:listener-rule/{id}",
    identity: &[("RuleArn", Identity::Arn)],
    missing: Missing::new("RuleNotFound", "One or more rules not found"),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("PageSize", "Marker", (400, 400), "ValidationError").with_next("NextMarker");

//! How much of the network an account may have, and the attributes of accounts.

use reeve_model::Value;

use super::vpc;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    store::Place,
    value::value,
    world::{Origin, World},
};

/// How much there may be of something, unless Service Quotas was asked for more.
pub(super) struct Limit {
    service: &'static str,
    code: &'static str,
    usual: usize,
    error: &'static str,
    message: &'static str,
}

const fn limit(
    code: &'static str,
    usual: usize,
    error: &'static str,
    message: &'static str,
) -> Limit {
    Limit { service: "vpc", code, usual, error, message }
}

pub(super) static VPCS: Limit =
    limit("L-F678F1CE", 5, "VpcLimitExceeded", "The maximum number of VPCs has been reached.");
pub(super) static SUBNETS: Limit = limit(
    "L-407747CB",
    200,
    "SubnetLimitExceeded",
    "The maximum number of subnets has been reached for this VPC.",
);
pub(super) static GATEWAYS: Limit = limit(
    "L-A4707A72",
    5,
    "InternetGatewayLimitExceeded",
    "The maximum number of internet gateways has been reached.",
);
pub(super) static GROUPS: Limit = limit(
    "L-E79EC296",
    2500,
    "SecurityGroupLimitExceeded",
    "The maximum number of security groups has been reached.",
);
pub(super) static RULES: Limit = limit(
    "L-0EA8095F",
    60,
    "RulesPerSecurityGroupLimitExceeded",
    "The maximum number of rules per security group has been reached.",
);
pub(super) static TABLES: Limit = limit(
    "L-589F43AA",
    200,
    "RouteTableLimitExceeded",
    "The maximum number of route tables has been reached for this VPC.",
);
pub(super) static ROUTES: Limit = limit(
    "L-93826ACB",
    50,
    "RouteLimitExceeded",
    "The maximum number of routes has been reached for this route table.",
);
pub(super) static ADDRESSES: Limit = Limit {
    service: "ec2",
    code: "L-0263D0A3",
    usual: 5,
    error: "AddressLimitExceeded",
    message: "The maximum number of addresses has been reached.",
};

/// Refuses to have so much of something.
pub(super) fn check(
    world: &mut World,
    place: &Place,
    limit: &Limit,
    wanted: usize,
) -> Result<(), Failure> {
    // No quota is ever less than usual, and most of the time there is less than that.
    if wanted <= limit.usual || wanted <= raised(world, place, limit) {
        return Ok(());
    }
    Err(Failure::new(limit.error, limit.message))
}

/// The value of a quota as Service Quotas has it.
fn raised(world: &mut World, place: &Place, limit: &Limit) -> usize {
    let origin = Origin::at(place, "ec2.amazonaws.com");
    let input = value!({"ServiceCode": (limit.service), "QuotaCode": (limit.code)});
    let answer = world.call(&origin, "service-quotas", "GetServiceQuota", input);
    let value = answer.ok().and_then(|answer| answer.path("Quota.Value")?.as_f64());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "quotas are small whole numbers"
    )]
    value.map_or(limit.usual, |value| value.clamp(0.0, 1e9) as usize)
}

/// How many of a kind a VPC has.
pub(super) fn in_vpc(world: &World, place: &Place, kind: Kind, vpc: &str) -> usize {
    let shelf = world.shelf(&Place { kind, ..place.clone() });
    shelf.values().filter(|one| one.fact("VpcId") == Some(vpc)).count()
}

pub(super) fn account_attributes(call: &Call, world: &mut World) -> Answer {
    let default_vpc =
        vpc::default_of(world, &call.place(&vpc::VPC)).unwrap_or_else(|| "none".to_owned());
    let all = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default_vpc),
        ("max-instances", "20".to_owned()),
        ("vpc-max-security-groups-per-interface", "5".to_owned()),
        ("max-elastic-ips", "5".to_owned()),
        ("vpc-max-elastic-ips", "5".to_owned()),
    ];
    let wanted = call.texts("AttributeNames");
    let shown: Value = all
        .into_iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(name))
        .map(|(name, text)| value!({"AttributeName": (name), "AttributeValues": [{"AttributeValue": (text)}]}))
        .collect();
    Ok(Value::from_iter([("AccountAttributes", shown)]))
}

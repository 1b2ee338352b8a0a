//! How much of the network an account may have, and the attributes of accounts.

use reeve_model::Value;

use super::vpc;
use crate::{
    call::{Answer, Call},
    store::Place,
    value::value,
    world::{Origin, World},
};

/// The value of a quota as Service Quotas has it; `usual` if it does not say.
pub(super) fn quota(world: &mut World, place: &Place, code: &str, usual: usize) -> usize {
    let origin = Origin::at(place, "ec2.amazonaws.com");
    let input = value!({"ServiceCode": "ec2", "QuotaCode": (code)});
    let answer = world.call(&origin, "service-quotas", "GetServiceQuota", input);
    let value = answer.ok().and_then(|answer| answer.path("Quota.Value")?.as_f64());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "quotas are small whole numbers"
    )]
    value.map_or(usual, |value| value.clamp(0.0, 1e9) as usize)
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

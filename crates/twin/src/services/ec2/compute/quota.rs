//! How many processors an account may run, as Service Quotas has it.

use reeve_model::Value;

use super::{
    instance::{INSTANCE, state_of},
    instance_types::{self, InstanceType},
    lifecycle::InstanceState,
    support::text,
};
use crate::{
    call::Call,
    failure::Failure,
    store::Resource,
    value::object,
    world::{Origin, World},
};

/// How many instances of a request the quota leaves room for: refused if not even the least.
pub(super) fn fitting(
    call: &Call,
    world: &mut World,
    kind: &InstanceType,
    (least, most): (i64, i64),
) -> Result<i64, Failure> {
    let Some(limit) = limit(call, world, kind.quota()) else { return Ok(most) };
    let place = call.place(&INSTANCE);
    let used: i64 = world
        .shelf(&place)
        .values()
        .filter_map(|instance| processors(instance, kind.quota()))
        .sum();
    let room = ((limit - used) / kind.vcpus.max(1)).max(0);
    if room < least {
        let message = format!(
            "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
        );
        return Err(Failure::new("VcpuLimitExceeded", message));
    }
    Ok(most.min(room))
}

/// The processors of an instance that counts against a quota.
fn processors(instance: &Resource, quota: &str) -> Option<i64> {
    let counts =
        matches!(state_of(&instance.facts), InstanceState::Pending | InstanceState::Running);
    let kind = instance_types::named(text(&instance.facts, "InstanceType"))?;
    (counts && kind.quota() == quota).then_some(kind.vcpus)
}

/// The quota's value; nothing if Service Quotas does not say.
fn limit(call: &Call, world: &mut World, quota: &str) -> Option<i64> {
    let place = call.place(&INSTANCE);
    let origin = Origin::at(&place, "ec2.amazonaws.com");
    let input = object! { "ServiceCode": "ec2", "QuotaCode": quota };
    let answer = world.call(&origin, "service-quotas", "GetServiceQuota", input).ok()?;
    let value = answer.path("Quota.Value").and_then(Value::as_f64)?;
    #[expect(clippy::cast_possible_truncation, reason = "quotas are small whole numbers")]
    let whole = value.clamp(0.0, 1e9) as i64;
    Some(whole)
}

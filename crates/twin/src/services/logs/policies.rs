//! Policies that let services of AWS write log events.

use reeve_model::Value;

use super::{PAGES, RESOURCE_POLICY, empty};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

/// How many an account may have in a Region.
const MOST: usize = 10;

/// The texts of the resource policies of an account and Region.
pub(crate) fn policies_of(world: &World, place: &Place) -> Vec<String> {
    let shelf = place.beside(&RESOURCE_POLICY);
    let documents = world.shelf(&shelf).values();
    documents.filter_map(|policy| policy.fact("policyDocument").map(str::to_owned)).collect()
}

pub(super) fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("policyName")?;
    if call.text("resourceArn").is_some() {
        let message = "the twin does not support policies of single log groups";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let document = call.required("policyDocument")?;
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(document);
    if !parsed.is_ok_and(|policy| policy.get("Statement").is_some()) {
        return Err(call.invalid("Policy document is not valid JSON."));
    }
    let place = call.place(&RESOURCE_POLICY);
    if world.get(&place, name).is_none() && world.shelf(&place).len() >= MOST {
        return Err(Failure::new("LimitExceededException", "Resource limit exceeded."));
    }
    let said = object!(
        "policyDocument": (document),
        "lastUpdatedTime": (call.now.as_millisecond()),
        "policyScope": "ACCOUNT",
    );
    let mut shown = said.clone();
    world.put(place, name, Resource { facts: facts(said), ..Resource::default() });
    shown.insert("policyName", name);
    Ok(Value::from_iter([("resourcePolicy", shown)]))
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("policyName")?;
    call.find(world, &RESOURCE_POLICY, name)?;
    world.remove(&call.place(&RESOURCE_POLICY), name);
    Ok(empty())
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let output = PAGES.list(
        (call, world),
        (&RESOURCE_POLICY, "resourcePolicies"),
        crate::page::all,
        crate::page::plain,
    )?;
    Ok(call.fit(output))
}

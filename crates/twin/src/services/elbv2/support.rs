//! What the operations of load balancing have in common.

use std::sync::Arc;

use reeve_model::{Object, Value};

use super::PAGES;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Kind,
    store::{Place, Resource, facts},
    tagging,
    world::World,
};

/// Makes a resource of the caller's with the tags in `Tags`.
pub(super) fn make(
    call: &Call,
    world: &mut World,
    (kind, id): (Kind, &str),
    described: Object,
) -> Result<(), Failure> {
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    tagging::check_count(call, &tags)?;
    world.put(call.place(kind), id, Resource::new(facts(described), Arc::new(tags)));
    Ok(())
}

/// The id of a resource of the caller's that an ARN names; refused if there is none.
pub(super) fn find(
    call: &Call,
    world: &World,
    (kind, arn): (Kind, &str),
) -> Result<String, Failure> {
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("'{arn}' is not a valid ARN")));
    }
    let id = call.own_id(world, kind, arn).ok_or_else(|| kind.missing.failure(arn))?;
    world.get(&call.place(kind), &id).map(|_| id).ok_or_else(|| kind.missing.failure(arn))
}

/// The id of the resource that a member of the input names by ARN.
pub(super) fn named(
    call: &Call,
    world: &World,
    (kind, member): (Kind, &str),
) -> Result<String, Failure> {
    find(call, world, (kind, call.required(member)?))
}

/// The ARN of a resource of the caller's.
pub(super) fn arn(call: &Call, kind: Kind, id: &str) -> String {
    call.arn_of(kind, id)
}

/// The description of a resource of the caller's.
pub(super) fn shown(call: &Call, world: &World, kind: Kind, id: &str) -> Object {
    let place = call.place(kind);
    let found = world.get(&place, id);
    found.map(|found| place.describe(kind, id, found)).unwrap_or_default()
}

/// The ids of the resources of a kind that begin so.
pub(super) fn under(world: &World, place: &Place, kind: Kind, start: &str) -> Vec<String> {
    let place = Place { kind, ..place.clone() };
    let rest = world.shelf(&place).range(start.to_owned()..);
    rest.map(|(id, _)| id.clone()).take_while(|id| id.starts_with(start)).collect()
}

/// One page of descriptions, in order of id.
pub(super) fn page(call: &Call, member: &str, all: Vec<(String, Value)>) -> Answer {
    PAGES.sort(call, member, all)
}

/// The target groups that actions forward to.
pub(super) fn forwarded(actions: &Value) -> Vec<String> {
    let mut arns = Vec::new();
    for action in actions.as_list() {
        let single = action.get("TargetGroupArn").into_iter();
        let groups = action.path("ForwardConfig.TargetGroups").map_or(&[][..], Value::as_list);
        let several = groups.iter().filter_map(|group| group.get("TargetGroupArn"));
        for arn in single.chain(several).filter_map(Value::as_str) {
            if !arns.iter().any(|known| known == arn) {
                arns.push(arn.to_owned());
            }
        }
    }
    arns
}

/// Actions with what is added to them: a forward to one group says so in both ways; an order.
pub(super) fn completed(call: &Call, world: &World, actions: &[Value]) -> Result<Value, Failure> {
    let mut completed = Vec::new();
    for (number, action) in (1_i64..).zip(actions) {
        let mut action = action.as_object().cloned().unwrap_or_default();
        let kind = action.text("Type").to_owned();
        let needed = match kind.as_str() {
            "redirect" => "RedirectConfig",
            "fixed-response" => "FixedResponseConfig",
            _ => "Type",
        };
        if !action.contains(needed) {
            let message = format!("A '{kind}' action must have {needed}");
            return Err(Failure::new("InvalidLoadBalancerAction", message));
        }
        if kind == "forward" {
            let arns = forwarded(&Value::List(vec![action.clone().into()]));
            if arns.is_empty() {
                return Err(call.invalid("A target group ARN must be specified"));
            }
            for arn in &arns {
                find(call, world, (&super::TARGET_GROUP, arn))?;
            }
            if let [arn] = arns.as_slice() {
                action.insert("TargetGroupArn", arn.as_str());
                if !action.contains("ForwardConfig") {
                    action.insert(
                        "ForwardConfig",
                        crate::value::value!({
                            "TargetGroups": [{"TargetGroupArn": (arn.as_str()), "Weight": 1}],
                            "TargetGroupStickinessConfig": {"Enabled": false},
                        }),
                    );
                }
            }
        }
        if actions.len() > 1 {
            action.insert("Order", number);
        }
        completed.push(action.into());
    }
    Ok(Value::List(completed))
}

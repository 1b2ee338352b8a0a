//! Tags of load balancers, target groups, listeners and rules, many at a time.

use reeve_model::Value;

use super::{LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP, support::find};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{self, Kind, tag_list},
    store::Resource,
    tagging,
    world::World,
};

const MOST_DESCRIBED: usize = 20;
const TAGGED: [Kind; 4] = [&LOAD_BALANCER, &TARGET_GROUP, &LISTENER, &RULE];

/// The kind and id of what an ARN names.
fn known(call: &Call, world: &World, arn: &str) -> Result<(Kind, String), Failure> {
    let kind = kind::parse_arn(arn).map(|(kind, _)| kind).filter(|kind| TAGGED.contains(kind));
    let kind = kind.unwrap_or(&LOAD_BALANCER);
    Ok((kind, find(call, world, (kind, arn))?))
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
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
        let (kind, id) = known(call, world, arn)?;
        let tags = call.resource(world, kind, &id).map(|found| tag_list(&found.tags));
        let tags = tags.unwrap_or_default();
        found.push(Value::from_iter([("ResourceArn", Value::from(arn)), ("Tags", tags)]));
    }
    Ok(Value::from_iter([("TagDescriptions", Value::List(found))]))
}

pub(super) fn tag(call: &Call, world: &mut World) -> Answer {
    let added = tagging::listed(call, "Tags");
    change(call, world, |resource| tagging::with(call, resource, &added))
}

pub(super) fn untag(call: &Call, world: &mut World) -> Answer {
    let keys = call.texts("TagKeys");
    change(call, world, |resource| tagging::without(call, resource, &keys))
}

/// Changes the tags of all resources named, or of none.
fn change(
    call: &Call,
    world: &mut World,
    decide: impl Fn(&Resource) -> Result<reeve_types::Tags, Failure>,
) -> Answer {
    let mut changed = Vec::new();
    for arn in call.texts("ResourceArns") {
        let (kind, id) = known(call, world, arn)?;
        let resource = call.find(world, kind, &id)?;
        changed.push((decide(resource)?, kind, id));
    }
    for (tags, kind, id) in changed {
        if let Some(resource) = world.store.get_mut(&call.place(kind), &id) {
            resource.set_tags(tags);
        }
    }
    Ok(Value::object())
}

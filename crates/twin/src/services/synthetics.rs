//! Amazon CloudWatch Synthetics: canaries. Descriptions carry the tags.

use reeve_model::Value;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Missing, Scope, TagForm, tag_map},
    page::{Paging, plain},
    tagging::{self, TagErrors},
    world::World,
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "synthetics",
    signing_name: "synthetics",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "synthetics",
    invalid: "ValidationException",
    throttled: ("TooManyRequestsException", 429),
    tag_errors: TagErrors::all("BadRequestException"),
    parts: &[&PART],
};

static PART: Part = Part {
    kinds: &[&CANARY],
    operations: &[
        ("DescribeCanaries", Action::Own(describe_canaries)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// AWS::Synthetics::Canary.
pub(crate) static CANARY: Definition = Definition {
    resource_type: "AWS::Synthetics::Canary",
    tagging_type: "synthetics:canary",
    arn: "arn:{partition}:synthetics:{region}:{account}:canary:{id}",
    prefix: "",
    identity: &[("Name", Identity::Id), ("Id", Identity::Uuid)],
    tags: TagForm::Map("Tags"),
    scope: Scope::Regional,
    missing: Missing::new("ResourceNotFoundException", "{id} was not found"),
    sample: Some(|sample| sample.canary()),
};

const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 1, most: 20, default: 20 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "ValidationException",
};

const MOST_NAMES: usize = 5;

fn describe_canaries(call: &Call, world: &mut World) -> Answer {
    let names = call.texts("Names");
    if names.len() > MOST_NAMES {
        return Err(call.invalid(format!("At most {MOST_NAMES} names can be given")));
    }
    // Names that do not exist are left out, not refused.
    let keep = |name: &str, _: &_| names.is_empty() || names.contains(&name);
    PAGES.list((call, world), (&CANARY, "Canaries"), keep, plain)
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let canary = call.resource(world, &CANARY, &name).ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("Tags", tag_map(&canary.tags))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&CANARY);
    let canary = world.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, canary, &tagging::mapped(call, "Tags"))?;
    canary.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let name = named(call, world)?;
    let place = call.place(&CANARY);
    let canary = world.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, canary, &call.texts("TagKeys"))?;
    canary.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<String, Failure> {
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(Failure::new("BadRequestException", format!("'{arn}' is not a valid ARN")));
    }
    call.own_id(world, &CANARY, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceArn").unwrap_or_default();
    Failure::new("NotFoundException", format!("The resource {arn} was not found")).with_status(404)
}

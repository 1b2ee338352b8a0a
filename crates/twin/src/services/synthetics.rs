//! Amazon CloudWatch Synthetics: canaries. Descriptions carry the tags.

use reeve_model::Value;

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, tag_map},
    page::{Paging, plain},
    state::State,
    tagging::{self, TagErrors},
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
    operations: &[
        ("DescribeCanaries", describe_canaries),
        ("ListTagsForResource", list_tags),
        ("TagResource", tag),
        ("UntagResource", untag),
    ],
};

const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 1, most: 20, default: 20 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "ValidationException",
};

const MOST_NAMES: usize = 5;

fn describe_canaries(call: &Call, state: &mut State) -> Answer {
    let names = call.texts("Names");
    if names.len() > MOST_NAMES {
        return Err(call.invalid(format!("At most {MOST_NAMES} names can be given")));
    }
    // Names that do not exist are left out, not refused.
    let keep = |name: &str, _: &_| names.is_empty() || names.contains(&name);
    PAGES.list((call, state), (Kind::Canary, "Canaries"), keep, plain)
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let canary = call.resource(state, Kind::Canary, &name).ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("Tags", tag_map(&canary.tags))]))
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let place = call.place(Kind::Canary);
    let canary = state.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, canary, &tagging::mapped(call, "Tags"))?;
    canary.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let name = named(call, state)?;
    let place = call.place(Kind::Canary);
    let canary = state.store.get_mut(&place, &name).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, canary, &call.texts("TagKeys"))?;
    canary.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, state: &State) -> Result<String, Failure> {
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(Failure::new("BadRequestException", format!("'{arn}' is not a valid ARN")));
    }
    call.own_id(state, Kind::Canary, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceArn").unwrap_or_default();
    Failure::new("NotFoundException", format!("The resource {arn} was not found")).with_status(404)
}

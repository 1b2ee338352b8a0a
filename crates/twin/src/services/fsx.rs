//! Amazon `FSx`: file systems. Descriptions carry the tags.

use reeve_model::Value;

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, describe, tag_list},
    page::{Paging, all, plain},
    state::State,
    tagging::{self, TagErrors},
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "fsx",
    signing_name: "fsx",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "fsx",
    invalid: "BadRequest",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("BadRequest"),
    operations: &[
        ("DescribeFileSystems", describe_file_systems),
        ("ListTagsForResource", list_tags),
        ("TagResource", tag),
        ("UntagResource", untag),
    ],
};

const PAGES: Paging = Paging {
    size: "MaxResults",
    bounds: PageSize { least: 1, most: 2_147_483_647, default: 50 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "BadRequest",
};

fn describe_file_systems(call: &Call, state: &mut State) -> Answer {
    let ids = call.texts("FileSystemIds");
    if ids.is_empty() {
        return PAGES.list((call, state), (Kind::FileSystem, "FileSystems"), all, plain);
    }
    let mut found = Vec::new();
    for id in ids {
        let system = call.resource(state, Kind::FileSystem, id).ok_or_else(|| {
            Failure::new("FileSystemNotFound", format!("File system '{id}' does not exist."))
        })?;
        found.push(describe(Kind::FileSystem, (call.account(), &call.region), id, system).into());
    }
    Ok(Value::from_iter([("FileSystems", Value::List(found))]))
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let id = named(call, state)?;
    let system = call.resource(state, Kind::FileSystem, &id).ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("Tags", tag_list(&system.tags))]))
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let id = named(call, state)?;
    let place = call.place(Kind::FileSystem);
    let system = state.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, system, &tagging::listed(call, "Tags"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let id = named(call, state)?;
    let place = call.place(Kind::FileSystem);
    let system = state.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, system, &call.texts("TagKeys"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, state: &State) -> Result<String, Failure> {
    let arn = call.required("ResourceARN")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("The resource ARN '{arn}' is not valid.")));
    }
    call.own_id(state, Kind::FileSystem, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceARN").unwrap_or_default();
    Failure::new("ResourceNotFound", format!("Resource '{arn}' does not exist."))
        .with_detail("ResourceARN", arn)
}

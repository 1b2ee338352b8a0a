//! Amazon EFS: file systems. Descriptions carry the tags, and the `Name` tag as a member of its own.

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, describe, tag_list, uuid_of},
    page::Paging,
    state::State,
    store::{Place, Resource},
    tagging::{self, TagErrors},
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "efs",
    signing_name: "elasticfilesystem",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "elasticfilesystem",
    invalid: "BadRequest",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequest"),
    operations: &[
        ("DescribeFileSystems", describe_file_systems),
        ("ListTagsForResource", list_tags),
        ("TagResource", tag),
        ("UntagResource", untag),
    ],
};

const PAGES: Paging = Paging {
    size: "MaxItems",
    bounds: PageSize { least: 1, most: 100, default: 100 },
    token: "Marker",
    next: "NextMarker",
    bad_token: "BadRequest",
};

fn describe_file_systems(call: &Call, state: &mut State) -> Answer {
    if let Some(wanted) = call.text("FileSystemId") {
        let id = id(call, state, wanted);
        let system = call.resource(state, Kind::ElasticFileSystem, &id);
        let system = system.ok_or_else(|| missing(wanted))?;
        let owner = (call.account(), &call.region);
        let description = describe(Kind::ElasticFileSystem, owner, &id, system);
        let found = vec![show(&id, system, description)];
        return Ok(Value::from_iter([("FileSystems", Value::List(found))]));
    }
    let wanted_token = call.text("CreationToken");
    let keep = |id: &str, _: &Resource| {
        let arn = || Kind::ElasticFileSystem.arn(call.account(), &call.region, id);
        wanted_token.is_none_or(|token| token == uuid_of(&arn()))
    };
    PAGES.list((call, state), (Kind::ElasticFileSystem, "FileSystems"), keep, show)
}

fn show(_: &str, system: &Resource, mut description: Object) -> Value {
    if let Some(name) = system.tags.get("Name") {
        description.insert("Name", name);
    }
    description.into()
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let wanted = call.required("ResourceId")?;
    let id = id(call, state, wanted);
    let system = call.resource(state, Kind::ElasticFileSystem, &id);
    let system = system.ok_or_else(|| missing(wanted))?;
    Ok(Value::from_iter([("Tags", tag_list(&system.tags))]))
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let (place, id) = named(call, state)?;
    let system = state.store.get_mut(&place, &id).ok_or_else(|| missing(&id))?;
    let tags = tagging::with(call, system, &tagging::listed(call, "Tags"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let (place, id) = named(call, state)?;
    let system = state.store.get_mut(&place, &id).ok_or_else(|| missing(&id))?;
    let tags = tagging::without(call, system, &call.texts("TagKeys"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, state: &State) -> Result<(Place, String), Failure> {
    let id = id(call, state, call.required("ResourceId")?);
    Ok((call.place(Kind::ElasticFileSystem), id))
}

/// An id as it is, or out of an ARN.
fn id(call: &Call, state: &State, wanted: &str) -> String {
    call.own_id(state, Kind::ElasticFileSystem, wanted).unwrap_or_else(|| wanted.to_owned())
}

fn missing(id: &str) -> Failure {
    let message = format!("File system '{id}' does not exist.");
    Failure::new("FileSystemNotFound", message.clone())
        .with_status(404)
        .with_detail("ErrorCode", "FileSystemNotFound")
        .with_detail("Message", message)
}

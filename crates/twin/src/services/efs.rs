//! Amazon EFS: file systems, their mount targets and access points. Descriptions carry the tags, and the `Name` tag as a
//! member of its own.

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, TagForm, describe, tag_list, uuid_of},
    page::Paging,
    store::{Place, Resource},
    tagging::{self, TagErrors},
    world::World,
};

mod access_point;
mod file_system;
mod mount_target;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "efs",
    signing_name: "elasticfilesystem",
    api_version: None,
    dialect: Dialect::RestJson,
    iam_prefix: "elasticfilesystem",
    invalid: "BadRequest",
    throttled: ("ThrottlingException", 429),
    tag_errors: TagErrors::all("BadRequest"),
    parts: &[&PART, &file_system::PART, &mount_target::PART, &access_point::PART],
};

static PART: Part = Part {
    kinds: &[&FILE_SYSTEM],
    operations: &[
        ("DescribeFileSystems", Action::Own(describe_file_systems)),
        ("ListTagsForResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::EFS::FileSystem`.
pub(crate) static FILE_SYSTEM: Definition = Definition {
    resource_type: "AWS::EFS::FileSystem",
    tagging_type: "elasticfilesystem:file-system",
    arn: "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}",
    identity: &[
        ("FileSystemId", Identity::Id),
        ("FileSystemArn", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    sample: Some(|sample| sample.elastic_file_system()),
    ..Definition::OF
};

const PAGES: Paging =
    Paging::of("MaxItems", "Marker", (100, 100), "BadRequest").with_next("NextMarker");

fn describe_file_systems(call: &Call, world: &mut World) -> Answer {
    if let Some(wanted) = call.text("FileSystemId") {
        let id = id(call, world, wanted);
        let system = call.resource(world, &FILE_SYSTEM, &id);
        let system = system.ok_or_else(|| missing(wanted))?;
        let owner = (call.account(), &call.region);
        let description = describe(&FILE_SYSTEM, owner, &id, system);
        let found = vec![shown(call, &id, (system, description))];
        return Ok(Value::from_iter([("FileSystems", Value::List(found))]));
    }
    let wanted_token = call.text("CreationToken");
    let keep = |id: &str, system: &Resource| {
        wanted_token.is_none_or(|wanted| wanted == token(call, id, system))
    };
    let show = |id: &str, system: &Resource, description| shown(call, id, (system, description));
    PAGES.list((call, world), (&FILE_SYSTEM, "FileSystems"), keep, show)
}

/// The token that a file system was made with; one that always belongs to it if none is known.
fn token(call: &Call, id: &str, system: &Resource) -> String {
    let arn = || call.arn_of(&FILE_SYSTEM, id);
    system.fact("CreationToken").map_or_else(|| uuid_of(&arn()), str::to_owned)
}

fn shown(call: &Call, id: &str, (system, mut description): (&Resource, Object)) -> Value {
    description.insert("CreationToken", token(call, id, system));
    if let Some(name) = system.tags.get("Name") {
        description.insert("Name", name);
    }
    description.into()
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let found =
        world.get(&place, &id).ok_or_else(|| missing(call.text("ResourceId").unwrap_or(&id)))?;
    Ok(Value::from_iter([("Tags", tag_list(&found.tags))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let system = world.store.get_mut(&place, &id).ok_or_else(|| missing(&id))?;
    let tags = tagging::with(call, system, &tagging::listed(call, "Tags"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let system = world.store.get_mut(&place, &id).ok_or_else(|| missing(&id))?;
    let tags = tagging::without(call, system, &call.texts("TagKeys"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let wanted = call.required("ResourceId")?;
    let point = call.id_of(&access_point::ACCESS_POINT, wanted);
    if point.starts_with("fsap-") {
        return Ok((call.place(&access_point::ACCESS_POINT), point));
    }
    Ok((call.place(&FILE_SYSTEM), id(call, world, wanted)))
}

/// An id as it is, or out of an ARN.
fn id(call: &Call, world: &World, wanted: &str) -> String {
    call.own_id(world, &FILE_SYSTEM, wanted).unwrap_or_else(|| wanted.to_owned())
}

fn missing(id: &str) -> Failure {
    let message = format!("File system '{id}' does not exist.");
    Failure::new("FileSystemNotFound", message.clone())
        .with_status(404)
        .with_detail("ErrorCode", "FileSystemNotFound")
        .with_detail("Message", message)
}

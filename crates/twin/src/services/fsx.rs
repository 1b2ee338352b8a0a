//! Amazon `FSx`: file systems. Descriptions carry the tags.

use reeve_model::Value;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, Kind, TagForm, tag_list},
    page::{Paging, all, plain},
    store::Place,
    tagging::{self, TagErrors},
    world::World,
};

mod backup;
mod file_system;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "fsx",
    signing_name: "fsx",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "fsx",
    invalid: "BadRequest",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("BadRequest"),
    parts: &[&PART, &file_system::PART, &backup::PART],
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

/// `AWS::FSx::FileSystem`.
pub(crate) static FILE_SYSTEM: Definition = Definition {
    resource_type: "AWS::FSx::FileSystem",
    tagging_type: "fsx:file-system",
    arn: "arn:{partition}:fsx:{region}:{account}:file-system/{id}",
    identity: &[
        ("FileSystemId", Identity::Id),
        ("ResourceARN", Identity::Arn),
        ("OwnerId", Identity::Account),
    ],
    tags: TagForm::List("Tags"),
    sample: Some(|sample| sample.file_system()),
    ..Definition::OF
};

const PAGES: Paging = Paging::of("MaxResults", "NextToken", (50, 2_147_483_647), "BadRequest");

fn describe_file_systems(call: &Call, world: &mut World) -> Answer {
    let ids = call.texts("FileSystemIds");
    if ids.is_empty() {
        return PAGES.list((call, world), (&FILE_SYSTEM, "FileSystems"), all, plain);
    }
    let mut found = Vec::new();
    for id in ids {
        let system = call.resource(world, &FILE_SYSTEM, id).ok_or_else(|| {
            Failure::new("FileSystemNotFound", format!("File system '{id}' does not exist."))
        })?;
        found.push(call.describe(&FILE_SYSTEM, id, system).into());
    }
    Ok(Value::from_iter([("FileSystems", Value::List(found))]))
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let system = world.get(&place, &id).ok_or_else(|| missing(call))?;
    Ok(Value::from_iter([("Tags", tag_list(&system.tags))]))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let system = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, system, &tagging::listed(call, "Tags"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let (place, id) = named(call, world)?;
    let system = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, system, &call.texts("TagKeys"))?;
    system.set_tags(tags);
    Ok(Value::object())
}

fn named(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let arn = call.required("ResourceARN")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("The resource ARN '{arn}' is not valid.")));
    }
    let kinds: [Kind; 2] = [&FILE_SYSTEM, &backup::BACKUP];
    let own =
        kinds.into_iter().find_map(|kind| Some((call.place(kind), call.own_id(world, kind, arn)?)));
    own.ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceARN").unwrap_or_default();
    Failure::new("ResourceNotFound", format!("Resource '{arn}' does not exist."))
        .with_detail("ResourceARN", arn)
}

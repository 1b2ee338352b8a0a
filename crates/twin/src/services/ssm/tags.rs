//! The tags of Systems Manager's resources, which are named by type and id.

use std::sync::Arc;

use reeve_model::Value;

use super::{
    associations::ASSOCIATION, documents::DOCUMENT, ops_items::ITEM, parameters::PARAMETER,
    patch::BASELINE, windows::WINDOW,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Kind, tag_list},
    recipe::Action,
    services::Part,
    store::Place,
    tagging,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListTagsForResource", Action::Own(list)),
        ("AddTagsToResource", Action::Own(add)),
        ("RemoveTagsFromResource", Action::Own(remove)),
    ],
    tasks: &[],
};

fn found(call: &Call, world: &World) -> Result<(Place, String), Failure> {
    let (kind, id) = (call.required("ResourceType")?, call.required("ResourceId")?);
    let (kind, id): (Kind, &str) = match kind {
        "Document" => (&DOCUMENT, id),
        "MaintenanceWindow" => (&WINDOW, id),
        "Parameter" => (&PARAMETER, id.strip_prefix('/').unwrap_or(id)),
        "PatchBaseline" => (&BASELINE, id),
        "OpsItem" => (&ITEM, id),
        "Association" => (&ASSOCIATION, id),
        other => {
            let message = format!("{other} is not a valid resource type.");
            return Err(Failure::new("InvalidResourceType", message));
        }
    };
    let (place, id) = (call.place(kind), call.id_of(kind, id));
    if world.get(&place, &id).is_none() {
        let message = format!(
            "The resource ID {id} is not valid. Verify that you entered the correct ID and try again."
        );
        return Err(Failure::new("InvalidResourceId", message));
    }
    Ok((place, id))
}

fn list(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let tags = world.get(&place, &id).map(|one| Arc::clone(&one.tags)).unwrap_or_default();
    Ok(value!({"TagList": (tag_list(&tags))}))
}

fn add(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    let added = tagging::listed(call, "Tags");
    if let Some(resource) = world.store.get_mut(&place, &id) {
        let tags = tagging::with(call, resource, &added)?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

fn remove(call: &Call, world: &mut World) -> Answer {
    let (place, id) = found(call, world)?;
    if let Some(resource) = world.store.get_mut(&place, &id) {
        let tags = tagging::without(call, resource, &call.texts("TagKeys"))?;
        resource.set_tags(tags);
    }
    Ok(Value::object())
}

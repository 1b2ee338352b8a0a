//! The tags of a resource, by its ARN or id.

use reeve_model::{Object, Value};

use super::TagInput;
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Kind, Missing, lower_tag_list, tag_list, tag_map},
    store::Place,
    tagging,
    world::World,
};

/// How a service's tag operations name things.
#[derive(Debug)]
pub(crate) struct TagAccess {
    /// The input member with the resource's ARN or id.
    pub(crate) arn: &'static str,
    /// The kinds that the operations take.
    pub(crate) kinds: &'static [Kind],
    /// Where and how the caller says tags to add; listings show tags in the same form.
    pub(crate) tags: TagInput,
    /// The input member with the keys of tags to take away.
    pub(crate) keys: &'static str,
    /// The output member of the listing.
    pub(crate) output: &'static str,
    /// How these operations say that there is no such resource, if not as the service's others do.
    pub(crate) missing: Option<Missing>,
}

impl TagAccess {
    /// What most services have in common.
    pub(crate) const OF: Self = Self {
        arn: "ResourceArn",
        kinds: &[],
        tags: TagInput::List("Tags"),
        keys: "TagKeys",
        output: "Tags",
        missing: None,
    };

    pub(super) fn list(&self, call: &Call, world: &mut World) -> Answer {
        let (place, id) = self.find(call, world)?;
        let tags = world.get(&place, &id).map(|found| &*found.tags).cloned().unwrap_or_default();
        let shown = match self.tags {
            TagInput::Map(_) => tag_map(&tags),
            TagInput::LowerList(_) => lower_tag_list(&tags),
            _ => tag_list(&tags),
        };
        Ok(call.fit(Object::from_iter([(self.output, shown)]).into()))
    }

    pub(super) fn tag(&self, call: &Call, world: &mut World) -> Answer {
        let (place, id) = self.find(call, world)?;
        let added = self.tags.read(call);
        let resource =
            world.store.get_mut(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
        let tags = tagging::with(call, resource, &added)?;
        resource.set_tags(tags);
        Ok(Value::object())
    }

    pub(super) fn untag(&self, call: &Call, world: &mut World) -> Answer {
        let (place, id) = self.find(call, world)?;
        let resource =
            world.store.get_mut(&place, &id).ok_or_else(|| place.kind.missing.failure(&id))?;
        let tags = tagging::without(call, resource, &call.texts(self.keys))?;
        resource.set_tags(tags);
        Ok(Value::object())
    }

    fn find(&self, call: &Call, world: &World) -> Result<(Place, String), Failure> {
        let named = call.required(self.arn)?;
        for kind in self.kinds {
            let place = call.place(kind);
            let id = call.id_of(kind, named);
            if world.get(&place, &id).is_some() {
                return Ok((place, id));
            }
        }
        let first = self.kinds.first();
        Err(first.map_or_else(
            || call.invalid(format!("invalid resource: {named}")),
            |kind| self.missing.as_ref().unwrap_or(&kind.missing).failure(named),
        ))
    }
}

//! The settings of the controllers.

use reeve_care::tagger;
use reeve_document::Cursor;
use reeve_types::ResourceType;

use super::values::duration;
use crate::{CONTROLLERS, RESOURCE_TAGGER, ResourceTaggerSettings};

/// Reads the `controllers` part.
pub(super) fn settings(cursor: &Cursor<'_>) -> Option<ResourceTaggerSettings> {
    let fields = cursor.fields(&CONTROLLERS)?;
    fields.optional(RESOURCE_TAGGER).and_then(resource_tagger)
}

fn resource_tagger(cursor: &Cursor<'_>) -> Option<ResourceTaggerSettings> {
    let fields = cursor.fields(&["tag-prefix", "every", "resource-types"])?;
    let default = ResourceTaggerSettings::default();
    let prefix = fields.optional("tag-prefix").and_then(Cursor::parsed);
    Some(ResourceTaggerSettings {
        tagger: tagger::Settings { prefix: prefix.unwrap_or_default() },
        every: fields.optional("every").and_then(duration).unwrap_or(default.every),
        resource_types: fields.optional("resource-types").and_then(resource_types),
    })
}

fn resource_types(cursor: &Cursor<'_>) -> Option<Vec<ResourceType>> {
    let elements = cursor.list()?;
    if elements.is_empty() {
        cursor.error("at least one resource type is needed; leave the key out to mean all");
        return None;
    }
    let known = || tagger::tagged_types().iter().map(|tagged| tagged.name);
    let mut types: Vec<ResourceType> = Vec::new();
    for element in elements {
        let Some(name) = element.string() else { continue };
        let resource_type = ResourceType::new(name);
        if !known().any(|known| known == name) {
            let message = format!("the Resource Tagger does not know the type `{name}`");
            element.error_near(message, name, known());
        } else if types.contains(&resource_type) {
            element.error(format!("`{name}` is already in the list"));
        } else {
            types.push(resource_type);
        }
    }
    Some(types)
}

//! Delivers the world's events to the rules that want them.

use crate::{event::Event, world::World};

/// Delivers one event to the targets of the rules that match it.
pub(crate) fn deliver(_world: &mut World, event: &Event) {
    tracing::trace!(source = event.source, detail_type = event.detail_type, "no rules yet");
}

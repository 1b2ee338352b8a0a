//! What happens in a world that no call of AWS brings about: a disk fills, a threat is found, a data centre has trouble.
//!
//! A service that knows of such things names them here, with the fields that a scenario writes.

use serde_json::Value as Json;

use crate::{store::Place, world::World};

/// Lets something happen in an account and Region; the error says what is wrong with its fields.
pub(super) type Happening = fn(&mut World, &Place, &Json) -> Result<(), String>;

/// What can happen, by the word that a scenario writes.
pub(super) const HAPPENINGS: [(&str, Happening); 0] = [];

/// What happens by this word.
pub(super) fn named(word: &str) -> Option<Happening> {
    HAPPENINGS.iter().find(|(known, _)| *known == word).map(|(_, happening)| *happening)
}

//! What happens in a world that no call of AWS brings about: a disk fills, a threat is found, a data centre has trouble.
//!
//! Each is a word that a scenario writes, the fields that belong to it, and what comes of them.

mod cost;
mod finding;
mod health;
mod machine;
mod metric;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::{store::Place, world::World};

/// One thing that can happen.
#[derive(Debug)]
pub(super) struct Happening {
    /// The word that a scenario writes.
    pub(super) word: &'static str,
    /// Says what is wrong with its fields.
    pub(super) check: fn(&Json) -> Result<(), String>,
    /// Lets it happen in an account and Region.
    pub(super) act: fn(&mut World, &Place, &Json) -> Result<(), String>,
}

/// What can happen.
static HAPPENINGS: [&Happening; 5] =
    [&cost::COST, &finding::FINDING, &health::HEALTH, &machine::MACHINE, &metric::METRIC];

/// What happens by this word.
pub(super) fn named(word: &str) -> Option<&'static Happening> {
    HAPPENINGS.iter().copied().find(|known| known.word == word)
}

/// The words of everything that can happen.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    HAPPENINGS.iter().map(|happening| happening.word)
}

fn check<T: DeserializeOwned>(detail: &Json) -> Result<(), String> {
    read::<T>(detail).map(|_| ())
}

fn read<T: DeserializeOwned>(detail: &Json) -> Result<T, String> {
    T::deserialize(detail).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().ok();
    let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    duration.ok_or_else(|| format!("`{text}` is not a duration such as `PT5M`"))
}

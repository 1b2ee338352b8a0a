//! Profiles as they were read, one document each.

use reeve_document::Position;

use super::filter::{FactInProfile, Filter};

/// The default profile that is shipped with Reeve.
pub const DEFAULT_PROFILE: &str = include_str!("default-profile.json");

/// Which of the two profiles a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileKind {
    /// The shipped one (`AMSManagedTags` at AMS).
    Default,
    /// The user's own (`CustomerManagedTags` at AMS).
    Customization,
}

/// A profile document, free of errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The file it was read from.
    pub(crate) file: String,
    /// Whether it says `ReadOnly`.
    pub(crate) read_only: bool,
    /// Its blocks, in the order of the document.
    pub(crate) blocks: Vec<Block>,
}

/// A block of configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) resource_type: &'static str,
    pub(crate) id: String,
    /// Where its id is.
    pub(crate) position: Position,
    pub(crate) effect: Effect,
    /// Keys without the prefix, and values.
    pub(crate) tags: Vec<(String, String)>,
}

/// Whether a block takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// On the resources that this matches.
    On(Filter<FactInProfile>),
    /// Nowhere. `bare` says that nothing else is written in it: it is there to disable another block.
    Disabled { bare: bool },
}

impl ProfileKind {
    /// The kind as a word: `default` or `customization`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Customization => "customization",
        }
    }
}

impl Profile {
    /// A profile that says nothing, for a document that does not exist.
    pub fn empty(file: impl Into<String>) -> Self {
        Self { file: file.into(), read_only: false, blocks: Vec::new() }
    }

    /// The file it was read from, as it was named by whoever read it.
    pub fn file(&self) -> &str {
        &self.file
    }
}

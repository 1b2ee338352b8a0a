//! The documents that rows hold: versioned JSON.
//!
//! Domain types are not serialisable, because a serialisable type is a promise. The promise is made here, by shapes of
//! their own: each document says its version, and every version ever written stays readable (`test-data/`). A new
//! version is a new variant beside the old one; an old one is never edited.

mod action;
mod event;
mod resource;

pub(crate) use action::{read_action, read_changes, write_action};
pub(crate) use event::{read_event, write_event};
pub(crate) use resource::{ResourceDetail, read_resource, write_resource};

/// Why a stored document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not JSON of a known version and shape.
    #[error("it is not a document of a version that this program knows")]
    Shape(#[source] serde_json::Error),
    /// A text in it is not what it should be.
    #[error("a text in it is malformed: {0}")]
    Text(String),
}

impl DocumentError {
    fn text(error: impl std::fmt::Display) -> Self {
        Self::Text(error.to_string())
    }
}

/// Writes a document. The shapes have only text keys and no number that JSON lacks, so this cannot fail in practice.
fn to_json(document: &impl serde::Serialize) -> Result<String, DocumentError> {
    serde_json::to_string(document).map_err(DocumentError::Shape)
}

fn from_json<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, DocumentError> {
    serde_json::from_str(json).map_err(DocumentError::Shape)
}

//! What a value must be where its bytes say by themselves what they are, as those of JSON and CBOR do.

use crate::schema::{Member, Service, ShapeKind, Structure};

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    /// The members of a structure.
    Structure(&'a Structure),
    /// A list with elements of this member's shape.
    List(&'a Member),
    /// A map; if it is sparse, null is a value like any other.
    Map {
        /// The shape of its values.
        value: &'a Member,
        /// Whether its values may be null.
        sparse: bool,
    },
    /// Neither has others in it.
    Scalar(&'a ShapeKind),
    /// Whatever it is.
    Document,
}

impl<'a> Kind<'a> {
    /// What a member's value must be.
    pub(super) fn of(service: &'a Service, member: &Member) -> Self {
        match &service.shape(member.shape).kind {
            ShapeKind::Structure(structure) if structure.document => Self::Document,
            ShapeKind::Structure(structure) => Self::Structure(structure),
            ShapeKind::List(list) => Self::List(&list.member),
            ShapeKind::Map(map) => Self::Map { value: &map.value, sparse: map.sparse },
            scalar => Self::Scalar(scalar),
        }
    }

    /// What was expected, in words.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Structure(_) | Self::Map { .. } => "an object",
            Self::List(_) => "a list",
            Self::Scalar(kind) => kind.expected(),
            Self::Document => "any value",
        }
    }
}

//! A service's model, read once and indexed.
//!
//! The published models describe a service by named shapes that refer to each other, often in circles. Here every shape
//! has a number, a reference is that number, and what a reference overrides (its name on the wire, its timestamp format)
//! is settled when the model is read, so that coding and decoding look nothing up by name except the wire's own names.
//!
//! ```text
//! Service ── Operation ── Member (reference + traits) ──► Shape ── Member ──► …
//! ```

mod member;
mod metadata;
mod operation;
mod raw;
mod read;
mod service;
mod shape;
mod uri;

pub use member::{Location, Member, MemberFlags, TimestampFormat, XmlNamespace};
pub use metadata::{Metadata, Protocol};
pub use operation::{Checksum, Http, Operation};
pub use read::SchemaError;
pub use service::{Companions, Service, UnknownOperation};
pub use shape::{Bounds, ExceptionTraits, List, Map, Shape, ShapeId, ShapeKind, Structure};
pub use uri::{UriPart, UriTemplate};

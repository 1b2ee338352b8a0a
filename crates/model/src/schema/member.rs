//! References to shapes, with what they say about the wire.

use crate::{Name, schema::ShapeId};

/// A reference to a shape: a structure's member, a list's element, a map's key or value, an operation's input or output.
///
/// What the reference overrides and what it takes over from the shape it refers to is already settled here.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name in the model; the key in a [`Value`](crate::Value).
    pub name: Name,
    /// The shape referred to.
    pub shape: ShapeId,
    /// The explicit name on the wire, if the model gives one.
    pub location_name: Option<Name>,
    /// The name on the wire: the explicit one, or the model's.
    pub wire_name: Name,
    /// The name of the XML element, and in forms: that of the wire, except that the elements of lists which are always
    /// flattened may bring their own.
    pub xml_name: Name,
    /// The name of the XML element, where the value is the whole body.
    pub root_name: Name,
    /// The name in EC2 queries, where it differs from the rule.
    pub query_name: Option<Name>,
    /// Where in the HTTP message the value goes, if not in the body.
    pub location: Option<Location>,
    /// How a timestamp is written, where it differs from the protocol's rule.
    pub timestamp_format: Option<TimestampFormat>,
    /// The XML namespace that the element declares.
    pub xml_namespace: Option<XmlNamespace>,
    /// What a client adds to an endpoint's parameters from this member.
    pub context_param: Option<Name>,
    /// The yes-or-no traits.
    pub flags: MemberFlags,
}

/// The traits of a reference that are there or not.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub struct MemberFlags {
    /// The structure is invalid without it.
    pub required: bool,
    /// List elements or map entries stand in the parent without an element around them.
    pub flattened: bool,
    /// An attribute of the parent's element instead of an element.
    pub xml_attribute: bool,
    /// The body is the value, of any length.
    pub streaming: bool,
    /// The body's length must be known before it is sent.
    pub requires_length: bool,
    /// The body is a stream of events.
    pub event_stream: bool,
    /// A member of an event that travels in the event's headers.
    pub event_header: bool,
    /// The member of an event that is the event's payload.
    pub event_payload: bool,
    /// A string that holds JSON.
    pub json_value: bool,
    /// Part of the host name.
    pub host_label: bool,
    /// Filled with a fresh token if absent, so that repeating the request does nothing twice.
    pub idempotency_token: bool,
    /// Absent is different from zero.
    pub boxed: bool,
    /// Not to be shown.
    pub sensitive: bool,
    /// Not to be used any more.
    pub deprecated: bool,
}

impl Member {
    /// Whether a request of a REST protocol carries the value in its body.
    pub fn in_request_body(&self) -> bool {
        self.location.is_none()
    }

    /// Whether a response of a REST protocol carries the value in its body. Labels and parameters mean nothing there.
    pub fn in_response_body(&self) -> bool {
        !matches!(self.location, Some(Location::Header | Location::Headers | Location::StatusCode))
    }
}

/// Where in an HTTP message a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A label of the URI.
    Uri,
    /// A parameter of the query string, or many of a map.
    QueryString,
    /// One header.
    Header,
    /// All headers that begin with the wire name.
    Headers,
    /// The HTTP status.
    StatusCode,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-03-01T08:00:00Z`.
    DateTime,
    /// `Sun, 01 Mar 2026 08:00:00 GMT`.
    HttpDate,
    /// Seconds since 1970.
    EpochSeconds,
}

/// An XML namespace declared by an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlNamespace {
    /// The prefix that is bound, or the default namespace.
    pub prefix: Option<Name>,
    /// The namespace.
    pub uri: Name,
}

//! Shapes: what a value may look like.

use std::{collections::HashMap, sync::OnceLock};

use foldhash::fast::FixedState;

use crate::{
    Name,
    schema::{Member, XmlNamespace},
};

/// The number of a shape within its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeId(pub(crate) u32);

/// A named shape.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The name in the model.
    pub name: Name,
    /// What it is.
    pub kind: ShapeKind,
    /// What the model says about its size.
    pub bounds: Bounds,
    /// Not to be shown.
    pub sensitive: bool,
}

/// The smallest and largest number, length or count, and the pattern of a text.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    /// The smallest.
    pub minimum: Option<f64>,
    /// The largest.
    pub maximum: Option<f64>,
    /// The pattern, as published (Java's syntax).
    pub pattern: Option<Name>,
}

/// What a shape is.
#[derive(Debug, Clone)]
pub enum ShapeKind {
    /// Named members.
    Structure(Box<Structure>),
    /// Elements of one shape.
    List(Box<List>),
    /// Keys and values.
    Map(Box<Map>),
    /// Text, with the values that were known when the model was published, if it is an enumeration.
    String(Vec<Name>),
    /// Bytes.
    Blob,
    /// Yes or no.
    Boolean,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    Long,
    /// A number of single precision.
    Float,
    /// A number of double precision.
    Double,
    /// An instant.
    Timestamp,
}

impl ShapeKind {
    /// What is expected, for messages.
    pub fn expected(&self) -> &'static str {
        match self {
            Self::Structure(_) => "a structure",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::String(_) => "a string",
            Self::Blob => "a blob",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Long => "a long",
            Self::Float => "a float",
            Self::Double => "a double",
            Self::Timestamp => "a timestamp",
        }
    }
}

/// A list shape.
#[derive(Debug, Clone)]
pub struct List {
    /// The elements.
    pub member: Member,
    /// Elements may be null.
    pub sparse: bool,
}

/// A map shape.
#[derive(Debug, Clone)]
pub struct Map {
    /// The keys.
    pub key: Member,
    /// The values.
    pub value: Member,
    /// Values may be null.
    pub sparse: bool,
}

/// A structure shape.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub struct Structure {
    /// The name of the shape.
    pub name: Name,
    members: Vec<Member>,
    by_name: Positions,
    by_wire_name: Positions,
    by_xml_name: Positions,
    payload: Option<usize>,
    has_xml_attributes: bool,
    /// The name of the root element, where the structure is the body.
    pub location_name: Option<Name>,
    /// The XML namespace of its element.
    pub xml_namespace: Option<XmlNamespace>,
    /// What it says as an error.
    pub exception: Option<ExceptionTraits>,
    /// Exactly one member is set.
    pub union: bool,
    /// Any JSON; the members mean nothing.
    pub document: bool,
    /// Its members are the kinds of events of a stream.
    pub event_stream: bool,
    /// It is an event of a stream.
    pub event: bool,
}

/// What a structure says as an error.
#[derive(Debug, Clone)]
pub struct ExceptionTraits {
    /// The code on the wire.
    pub code: Name,
    /// The HTTP status.
    pub status: Option<u16>,
    /// Whose fault it is, where the model says so.
    pub sender_fault: Option<bool>,
    /// The service's fault.
    pub fault: bool,
    /// Worth repeating, and whether because of throttling.
    pub retryable: Option<bool>,
}

impl Structure {
    pub(crate) fn new(name: Name, members: Vec<Member>, payload: Option<&str>) -> Self {
        Self {
            name,
            by_name: Positions::default(),
            by_wire_name: Positions::default(),
            by_xml_name: Positions::default(),
            has_xml_attributes: members.iter().any(|member| member.flags.xml_attribute),
            payload: payload
                .and_then(|payload| members.iter().position(|member| member.name == payload)),
            members,
            location_name: None,
            xml_namespace: None,
            exception: None,
            union: false,
            document: false,
            event_stream: false,
            event: false,
        }
    }

    pub(super) fn set_payload(&mut self, payload: &str) {
        self.payload = self.members.iter().position(|member| member.name == payload);
    }

    /// The members in the model's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The members that are attributes of the structure's XML element, with their positions.
    pub(crate) fn xml_attributes(&self) -> impl Iterator<Item = (usize, &Member)> {
        let members: &[Member] = if self.has_xml_attributes { &self.members } else { &[] };
        members.iter().enumerate().filter(|(_, member)| member.flags.xml_attribute)
    }

    /// The member that is the whole body.
    pub fn payload(&self) -> Option<&Member> {
        self.members.get(self.payload?)
    }

    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.find(&self.by_name, name, |member| &member.name).map(|(_, member)| member)
    }

    /// The member of this name on the wire, with its position. `hint` is the position where it is expected: senders keep
    /// to the model's order more often than not.
    pub(crate) fn member_on_wire(&self, name: &str, hint: usize) -> Option<(usize, &Member)> {
        match self.members.get(hint) {
            Some(member) if &*member.wire_name == name => Some((hint, member)),
            _ => self.find(&self.by_wire_name, name, |member| &member.wire_name),
        }
    }

    /// Like `member_on_wire`, for the elements of an XML response.
    pub(crate) fn member_in_xml(&self, name: &str, hint: usize) -> Option<(usize, &Member)> {
        match self.members.get(hint) {
            Some(member) if &*member.xml_name == name => Some((hint, member)),
            _ => self.find(&self.by_xml_name, name, |member| &member.xml_name),
        }
    }

    fn find(
        &self,
        positions: &Positions,
        name: &str,
        name_of: fn(&Member) -> &Name,
    ) -> Option<(usize, &Member)> {
        let position = positions.of(&self.members, name_of).get(name).copied()?;
        Some((position, self.members.get(position)?))
    }
}

/// Where a structure's members are, by one of their names. Of several of one name, a body's comes first.
///
/// Made when it is first asked for, since most structures of a model are never met. The names are the model's, so that
/// nobody can choose them to have one hash.
#[derive(Debug, Clone, Default)]
struct Positions(OnceLock<HashMap<Name, usize, FixedState>>);

impl Positions {
    fn of(
        &self,
        members: &[Member],
        name_of: fn(&Member) -> &Name,
    ) -> &HashMap<Name, usize, FixedState> {
        self.0.get_or_init(|| {
            let entries = || members.iter().enumerate().rev();
            let elsewhere = entries().filter(|(_, member)| !member.in_request_body());
            let in_body = entries().filter(|(_, member)| member.in_request_body());
            // What comes later takes the place of what came before.
            let entries = elsewhere.chain(in_body);
            entries.map(|(position, member)| (name_of(member).clone(), position)).collect()
        })
    }
}

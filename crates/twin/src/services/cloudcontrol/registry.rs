//! The types of resources that templates may declare, as data.

mod compute;
mod identity;
mod messages;
mod network;
mod storage;

use reeve_model::{Object, Value};

/// Where an argument of a call comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// The resource's own id.
    Id,
    /// A list of that alone.
    Ids,
    /// A property of the resource.
    Property(&'static str),
    /// This text.
    Text(&'static str),
    /// This truth.
    Flag(bool),
}

/// A call's operation with its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// The operation; empty if there is none.
    pub(crate) operation: &'static str,
    /// Its members and where their values come from.
    pub(crate) members: &'static [(&'static str, From)],
}

/// How a property is set by a call of its own, after creation or when it changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setter {
    /// The property.
    pub(crate) property: &'static str,
    /// The call; the property's value comes into it by `member`.
    pub(crate) request: Request,
    /// The member for the value; empty if the value's own members are the arguments.
    pub(crate) member: &'static str,
    /// Whether there is one call for each element of the value.
    pub(crate) each: bool,
    /// Whether it is called at creation too, rather than for changes only.
    pub(crate) at_creation: bool,
    /// Turns the property's value into the argument.
    pub(crate) shape: fn(&Value) -> Value,
}

/// How tags are given at creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagWay {
    /// They cannot be.
    None,
    /// As a list of `Key` and `Value`.
    List(&'static str),
    /// As a list of `key` and `value`.
    Lower(&'static str),
    /// As a map.
    Map(&'static str),
    /// As `TagSpecifications` of this resource type.
    Specifications(&'static str),
}

/// A type of resource.
#[derive(Debug)]
pub(crate) struct ResourceType {
    /// Such as `AWS::EC2::Volume`.
    pub(crate) name: &'static str,
    /// The service that owns it.
    pub(crate) service: &'static str,
    /// The operation that makes one.
    pub(crate) create: &'static str,
    /// The input members of properties that are called otherwise there; others are found by name, whatever their capitals.
    pub(crate) rename: &'static [(&'static str, &'static str)],
    /// What the operation takes besides.
    pub(crate) fixed_input: &'static [(&'static str, From)],
    /// Changes the properties before they become input.
    pub(crate) prepare: fn(&mut Object),
    /// The property that names one, for which a name is made up if it is absent; empty if ids are given by the service.
    pub(crate) name_property: &'static str,
    /// Where the output of `create` has the id; empty if the name is the id.
    pub(crate) id: &'static str,
    /// Reads one.
    pub(crate) read: Request,
    /// Where the answer has the description.
    pub(crate) at: &'static str,
    /// Where the description has a state that must be one of these before the resource counts as made.
    pub(crate) ready: (&'static str, &'static [&'static str]),
    /// Deletes one.
    pub(crate) delete: Request,
    /// The properties that calls of their own set.
    pub(crate) setters: &'static [Setter],
    /// The properties that cannot be changed.
    pub(crate) fixed: &'static [&'static str],
    /// What `Ref` returns if it is not the id: a path in the description.
    pub(crate) reference: &'static str,
    /// The attributes whose paths in the description are not their names.
    pub(crate) attributes: &'static [(&'static str, &'static str)],
    /// How tags are given at creation.
    pub(crate) tags: TagWay,
    /// The property with the tags.
    pub(crate) tags_property: &'static str,
    /// The properties whose place in the description is elsewhere than by their name; an empty path: not shown.
    pub(crate) shown: &'static [(&'static str, &'static str)],
}

const NOTHING: Request = Request { operation: "", members: &[] };

impl ResourceType {
    /// What most types have in common.
    pub(crate) const OF: Self = Self {
        name: "",
        service: "",
        create: "",
        rename: &[],
        fixed_input: &[],
        prepare: as_it_is,
        name_property: "",
        id: "",
        read: NOTHING,
        at: "",
        ready: ("", &[]),
        delete: NOTHING,
        setters: &[],
        fixed: &[],
        reference: "",
        attributes: &[],
        tags: TagWay::None,
        tags_property: "Tags",
        shown: &[],
    };
}

fn as_it_is(_: &mut Object) {}

/// A request about the resource's own id.
const fn request(operation: &'static str, members: &'static [(&'static str, From)]) -> Request {
    Request { operation, members }
}

/// A setter that is called at creation and for changes.
const fn set(property: &'static str, request: Request, member: &'static str) -> Setter {
    Setter { property, request, member, each: false, at_creation: true, shape: same }
}

/// A setter for changes only: at creation the property is part of the input.
const fn change(property: &'static str, request: Request, member: &'static str) -> Setter {
    Setter { property, request, member, each: false, at_creation: false, shape: same }
}

/// A setter that is called once for each element.
const fn each(property: &'static str, request: Request, member: &'static str) -> Setter {
    Setter { property, request, member, each: true, at_creation: true, shape: same }
}

impl Setter {
    const fn shaped(mut self, shape: fn(&Value) -> Value) -> Self {
        self.shape = shape;
        self
    }
}

fn same(value: &Value) -> Value {
    value.clone()
}

/// Every type known here.
pub(crate) fn all() -> impl Iterator<Item = &'static ResourceType> {
    compute::TYPES
        .iter()
        .chain(&network::TYPES)
        .chain(&storage::TYPES)
        .chain(&identity::TYPES)
        .chain(&messages::TYPES)
}

/// A type by name.
pub(crate) fn named(name: &str) -> Option<&'static ResourceType> {
    all().find(|known| known.name == name)
}

//! Forms: the bodies of requests in the query and EC2 protocols.
//!
//! Values are flattened into pairs such as `Filter.1.Value.2=running`. The two dialects differ in names and in how lists
//! count.

mod decode;
mod encode;
mod tree;

use std::borrow::Cow;

use crate::schema::Member;

pub(crate) use decode::decode_form;
pub(crate) use encode::encode_form;
pub(crate) use tree::{Node, parse_pairs};

/// One of the two ways to write forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `Tags.member.1.Key`.
    Query,
    /// `Tag.1.Key`.
    Ec2,
}

impl Dialect {
    /// The name of a structure's member.
    fn member_name(self, member: &Member) -> Cow<'_, str> {
        match (self, &member.query_name, &member.location_name) {
            (Self::Query, ..) => Cow::Borrowed(&member.xml_name),
            (Self::Ec2, Some(name), _) => Cow::Borrowed(name),
            (Self::Ec2, None, Some(name)) => capitalised(name),
            (Self::Ec2, None, None) => Cow::Borrowed(&member.name),
        }
    }

    /// What stands between a list's name and its numbers, if anything.
    fn list_step<'a>(self, list: &Member, element: &'a Member) -> Option<&'a str> {
        match self {
            Self::Ec2 => None,
            Self::Query if list.flags.flattened => None,
            Self::Query => Some(element.location_name.as_deref().unwrap_or("member")),
        }
    }
}

/// What stands between a map's name and its numbers, if anything.
fn map_step(map: &Member) -> Option<&'static str> {
    (!map.flags.flattened).then_some("entry")
}

fn capitalised(name: &str) -> Cow<'_, str> {
    match name.chars().next() {
        Some(first) if first.is_ascii_lowercase() => Cow::Owned(
            name.chars()
                .take(1)
                .map(|first| first.to_ascii_uppercase())
                .chain(name.chars().skip(1))
                .collect(),
        ),
        _ => Cow::Borrowed(name),
    }
}

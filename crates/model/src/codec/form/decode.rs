//! Forms to values.

use std::borrow::Cow;

use crate::{
    Name, Object, Value,
    codec::{
        error::DecodeError,
        form::{Dialect, Node, map_step},
        path::AtPath,
        scalar,
    },
    schema::{Map, Member, Service, ShapeKind, Structure},
};

/// Reads a structure from a form.
pub(crate) fn decode_form(
    service: &Service,
    structure: &Structure,
    dialect: Dialect,
    form: &Node,
) -> Result<Object, DecodeError> {
    Decoder { service, dialect }.structure(structure, form)
}

struct Decoder<'a> {
    service: &'a Service,
    dialect: Dialect,
}

impl Decoder<'_> {
    fn structure(&self, structure: &Structure, node: &Node) -> Result<Object, DecodeError> {
        let mut object = Object::new();
        for member in structure.members() {
            let Some(child) = node.child(&self.dialect.member_name(member)) else { continue };
            let value = self.value(member, child).map_err(|error| error.in_member(&member.name))?;
            if let Some(value) = value {
                object.push(member.name.clone(), value);
            }
        }
        Ok(object)
    }

    fn value(&self, member: &Member, node: &Node) -> Result<Option<Value>, DecodeError> {
        let value = match &self.service.shape(member.shape).kind {
            ShapeKind::Structure(structure) => Value::Object(self.structure(structure, node)?),
            ShapeKind::List(list) => self.list((member, &list.member), node)?,
            ShapeKind::Map(map) => self.map((member, map), node)?,
            scalar => match &node.text {
                Some(text) => return scalar::from_text(scalar, Cow::Borrowed(text)),
                None => return Ok(None),
            },
        };
        Ok(Some(value))
    }

    fn list(&self, (list, element): (&Member, &Member), node: &Node) -> Result<Value, DecodeError> {
        let node = match self.dialect.list_step(list, element) {
            // Clients have always been free to call the elements `member`.
            Some(step) => node.child(step).or_else(|| node.child("member")),
            None => Some(node),
        };
        let mut elements = Vec::new();
        for child in node.map(Node::numbered).unwrap_or_default() {
            let value =
                self.value(element, child).map_err(|error| error.in_element(elements.len()))?;
            elements.extend(value);
        }
        Ok(Value::List(elements))
    }

    fn map(&self, (member, map): (&Member, &Map), node: &Node) -> Result<Value, DecodeError> {
        let node = match map_step(member) {
            Some(step) => node.child(step),
            None => Some(node),
        };
        let mut entries = Object::new();
        for child in node.map(Node::numbered).unwrap_or_default() {
            let key = child.child(&map.key.wire_name).and_then(|key| key.text.as_deref());
            let key = key.ok_or_else(|| {
                DecodeError::mismatch("an entry with a key", "an entry without one")
            })?;
            let value = match child.child(&map.value.wire_name) {
                Some(value) => {
                    self.value(&map.value, value).map_err(|error| error.in_member(key))?
                }
                None => None,
            };
            entries.insert(Name::from(key), value.unwrap_or_default());
        }
        Ok(Value::Object(entries))
    }
}

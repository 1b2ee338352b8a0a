//! XML text to values, in one pass over the reader's events.

use crate::{
    Name, Object, Value,
    codec::{
        error::DecodeError,
        path::AtPath,
        scalar, union,
        xml::reader::{Element, XmlReader},
    },
    schema::{Map, Member, Service, ShapeKind, Structure},
};

/// Reads a body whose root element is a member's value.
pub(crate) fn decode_root(
    service: &Service,
    member: &Member,
    body: &[u8],
) -> Result<Value, DecodeError> {
    let mut decoder = Decoder { service, reader: XmlReader::new(body)? };
    let root = decoder.reader.root()?;
    let value = decoder.value(member, &root)?;
    decoder.reader.finish()?;
    Ok(value.unwrap_or_default())
}

/// Reads a body in which a structure's members stand in the element that `way` leads to, from the root's children down.
pub(crate) fn decode_within(
    service: &Service,
    structure: &Structure,
    way: &[&str],
    body: &[u8],
) -> Result<Option<Object>, DecodeError> {
    let mut decoder = Decoder { service, reader: XmlReader::new(body)? };
    let mut element = decoder.reader.root()?;
    for step in way {
        loop {
            match decoder.reader.child()? {
                Some(child) if child.name() == *step => {
                    element = child;
                    break;
                }
                Some(_) => decoder.reader.skip()?,
                None => return Ok(None),
            }
        }
    }
    let object = decoder.structure(structure, &element)?;
    // What follows is not needed, but a body that ends too early is not to be trusted.
    for _ in way {
        decoder.reader.skip()?;
    }
    decoder.reader.finish()?;
    Ok(Some(object))
}

/// Checks that a body whose content does not matter is XML to its end, and no page of a proxy's.
pub(crate) fn check_response(body: &[u8]) -> Result<(), DecodeError> {
    let mut reader = XmlReader::new(body)?;
    if reader.root()?.name().eq_ignore_ascii_case("html") {
        return Err(DecodeError::malformed("XML", "it is an HTML page"));
    }
    reader.skip()?;
    reader.finish()
}

struct Decoder<'a> {
    service: &'a Service,
    reader: XmlReader<'a>,
}

impl<'a> Decoder<'a> {
    /// The value of the current element, or none if it is empty and its shape cannot be.
    fn value(
        &mut self,
        member: &Member,
        element: &Element<'a>,
    ) -> Result<Option<Value>, DecodeError> {
        match &self.service.shape(member.shape).kind {
            ShapeKind::Structure(structure) => {
                self.structure(structure, element).map(|object| Some(Value::Object(object)))
            }
            ShapeKind::List(list) => self.list(&list.member).map(Some),
            ShapeKind::Map(map) => self.map(map).map(Some),
            scalar => scalar::from_text(scalar, self.reader.text()?),
        }
    }

    fn structure(
        &mut self,
        structure: &Structure,
        element: &Element<'a>,
    ) -> Result<Object, DecodeError> {
        let mut object = Object::with_capacity(structure.members().len().min(8));
        attributes(structure, element, &mut object)?;
        let mut next = 0;
        let mut unknown = None;
        while let Some(child) = self.reader.child()? {
            let found = structure.member_in_xml(child.name(), next);
            let Some((position, member)) = found.filter(|(_, member)| member.in_response_body())
            else {
                if structure.union && found.is_none() && unknown.is_none() {
                    unknown = Some(Name::from(child.name()));
                }
                self.reader.skip()?;
                continue;
            };
            if member.flags.flattened && self.flattened(member, &child, &mut object)? {
                continue;
            }
            let value =
                self.value(member, &child).map_err(|error| error.in_member(&member.name))?;
            let Some(value) = value else { continue };
            // Members in the model's order cannot have come before.
            if position >= next {
                object.push(member.name.clone(), value);
                next = position + 1;
            } else {
                object.insert(&member.name, value);
            }
        }
        union::note_unknown(&mut object, unknown);
        Ok(object)
    }

    /// Reads one element or entry of a flattened list or map; false if the shape is neither.
    fn flattened(
        &mut self,
        member: &Member,
        child: &Element<'a>,
        object: &mut Object,
    ) -> Result<bool, DecodeError> {
        match &self.service.shape(member.shape).kind {
            ShapeKind::List(list) => {
                if !object.contains(&member.name) {
                    object.push(member.name.clone(), Value::List(Vec::new()));
                }
                if let Some(Value::List(elements)) = object.get_mut(&member.name) {
                    let element = self.value(&list.member, child);
                    let element = element.map_err(|error| {
                        error.in_element(elements.len()).in_member(&member.name)
                    })?;
                    elements.extend(element);
                }
                Ok(true)
            }
            ShapeKind::Map(map) => {
                if !object.contains(&member.name) {
                    object.push(member.name.clone(), Value::object());
                }
                if let Some(entries) = object.get_mut(&member.name).and_then(Value::as_object_mut) {
                    self.entry(map, entries).map_err(|error| error.in_member(&member.name))?;
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn list(&mut self, member: &Member) -> Result<Value, DecodeError> {
        let mut elements = Vec::new();
        while let Some(child) = self.reader.child()? {
            let element =
                self.value(member, &child).map_err(|error| error.in_element(elements.len()))?;
            elements.extend(element);
        }
        Ok(Value::List(elements))
    }

    fn map(&mut self, map: &Map) -> Result<Value, DecodeError> {
        let mut entries = Object::new();
        while self.reader.child()?.is_some() {
            self.entry(map, &mut entries)?;
        }
        Ok(Value::Object(entries))
    }

    fn entry(&mut self, map: &Map, entries: &mut Object) -> Result<(), DecodeError> {
        let mut key: Option<Name> = None;
        let mut value = None;
        while let Some(child) = self.reader.child()? {
            if child.name() == &*map.key.wire_name {
                key = Some(Name::from(&*self.reader.text()?));
            } else if child.name() == &*map.value.wire_name {
                let place = key.as_deref().unwrap_or("value").to_owned();
                value = self.value(&map.value, &child).map_err(|error| error.in_member(&place))?;
            } else {
                self.reader.skip()?;
            }
        }
        let key = key
            .ok_or_else(|| DecodeError::mismatch("an entry with a key", "an entry without one"))?;
        entries.insert(key, value.unwrap_or_default());
        Ok(())
    }
}

fn attributes(
    structure: &Structure,
    element: &Element<'_>,
    object: &mut Object,
) -> Result<(), DecodeError> {
    for member in structure.xml_attributes() {
        if let Some(value) = element.attribute(&member.wire_name)? {
            object.push(member.name.clone(), Value::String(value));
        }
    }
    Ok(())
}

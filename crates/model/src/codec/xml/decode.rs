//! XML text to values, in one pass over the reader's events.

use crate::{
    Name, Object, Value,
    codec::{
        error::DecodeError,
        gather::{Gathered, Part},
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
    let mut decoder = Decoder::new(service, body)?;
    let root = root(&mut decoder.reader)?;
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
    let mut decoder = Decoder::new(service, body)?;
    let mut element = root(&mut decoder.reader)?;
    for step in way {
        loop {
            match decoder.reader.child()? {
                Some(child) if child.name() == *step => break element = child,
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
    root(&mut reader)?;
    reader.skip()?;
    reader.finish()
}

/// The root element. Services differ in what they call it, but a page of a proxy's is not an answer that has nothing in it.
fn root<'a>(reader: &mut XmlReader<'a>) -> Result<Element<'a>, DecodeError> {
    let root = reader.root()?;
    if root.name().eq_ignore_ascii_case("html") {
        return Err(DecodeError::malformed("XML", "it is an HTML page"));
    }
    Ok(root)
}

struct Decoder<'a> {
    service: &'a Service,
    reader: XmlReader<'a>,
    gathered: Gathered,
    // The elements of the lists that are being read, inner ones behind outer ones.
    elements: Vec<Value>,
}

impl<'a> Decoder<'a> {
    fn new(service: &'a Service, body: &'a [u8]) -> Result<Self, DecodeError> {
        let reader = XmlReader::new(body)?;
        Ok(Self { service, reader, gathered: Gathered::default(), elements: Vec::new() })
    }

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
        let mut part = self.gathered.begin();
        for (position, member) in structure.xml_attributes() {
            if let Some(value) = element.attribute(&member.wire_name)? {
                self.gathered.set(&mut part, (position, member), Value::String(value));
            }
        }
        let mut unknown = None;
        while let Some(child) = self.reader.child()? {
            let found = structure.member_in_xml(child.name(), part.next);
            let Some((position, member)) = found.filter(|(_, member)| member.in_response_body())
            else {
                if structure.union && found.is_none() && unknown.is_none() {
                    unknown = Some(Name::from(child.name()));
                }
                self.reader.skip()?;
                continue;
            };
            part.next = position + 1;
            if member.flags.flattened && self.flattened((position, member), &child, &mut part)? {
                continue;
            }
            let value =
                self.value(member, &child).map_err(|error| error.in_member(&member.name))?;
            let Some(value) = value else { continue };
            self.gathered.set(&mut part, (position, member), value);
        }
        let mut object = self.gathered.end(&part);
        union::note_unknown(&mut object, unknown);
        Ok(object)
    }

    /// Reads one element or entry of a flattened list or map; false if the shape is neither.
    fn flattened(
        &mut self,
        (position, member): (usize, &Member),
        child: &Element<'a>,
        part: &mut Part,
    ) -> Result<bool, DecodeError> {
        let in_member = |error: DecodeError| error.in_member(&member.name);
        match &self.service.shape(member.shape).kind {
            ShapeKind::List(list) => {
                let mut elements = match self.gathered.earlier(part, member).map(std::mem::take) {
                    Some(Value::List(elements)) => elements,
                    _ => Vec::new(),
                };
                let element = self.value(&list.member, child);
                elements
                    .extend(element.map_err(|error| in_member(error.in_element(elements.len())))?);
                self.gathered.set(part, (position, member), Value::List(elements));
                Ok(true)
            }
            ShapeKind::Map(map) => {
                let mut entries = match self.gathered.earlier(part, member).map(std::mem::take) {
                    Some(Value::Object(entries)) => entries,
                    _ => Object::new(),
                };
                self.entry(map, &mut entries).map_err(in_member)?;
                self.gathered.set(part, (position, member), Value::Object(entries));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn list(&mut self, member: &Member) -> Result<Value, DecodeError> {
        let begin = self.elements.len();
        while let Some(child) = self.reader.child()? {
            let position = self.elements.len() - begin;
            let element = self.value(member, &child).map_err(|error| error.in_element(position))?;
            self.elements.extend(element);
        }
        Ok(Value::List(self.elements.split_off(begin)))
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

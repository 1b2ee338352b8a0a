//! Values to XML text.

use std::borrow::Cow;

use quick_xml::escape::escape;

use crate::{
    Object, Value,
    codec::{
        DEPTH_LIMIT,
        error::EncodeError,
        path::{AtPath, ValuePath},
        scalar,
    },
    schema::{Map, Member, Service, ShapeKind, Structure, TimestampFormat, XmlNamespace},
};

/// Writes one XML document.
pub(crate) struct Writer<'a> {
    service: &'a Service,
    out: String,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(service: &'a Service) -> Self {
        Self { service, out: String::new(), depth: 0 }
    }

    /// The document.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    /// Adds what another writer wrote.
    pub(crate) fn append(&mut self, other: &Writer<'_>) {
        self.out.push_str(&other.out);
    }

    /// Opens an element, with a default namespace if one is given.
    pub(crate) fn open(&mut self, name: &str, namespace: Option<&str>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(uri) = namespace {
            self.attribute("xmlns", uri);
        }
        self.out.push('>');
    }

    /// Closes an element.
    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with a text.
    pub(crate) fn text_element(&mut self, name: &str, text: &str) {
        self.open(name, None);
        self.text(text);
        self.close(name);
    }

    /// A structure as an element, with the members that `select` picks.
    pub(crate) fn structure(
        &mut self,
        (name, namespace): (&str, Option<&XmlNamespace>),
        structure: &Structure,
        object: &Object,
        select: fn(&Member) -> bool,
    ) -> Result<(), EncodeError> {
        self.start(name, namespace);
        for (_, member) in structure.xml_attributes() {
            if let Some(value) = object.get(&member.name) {
                let text =
                    self.scalar(member, value).map_err(|error| error.in_member(&member.name))?;
                let text = text.into_owned();
                self.attribute(&member.wire_name, &text);
            }
        }
        self.out.push('>');
        self.members(structure, object, select)?;
        self.close(name);
        Ok(())
    }

    /// The members of a structure that `select` picks, without an element around them.
    pub(crate) fn members(
        &mut self,
        structure: &Structure,
        object: &Object,
        select: fn(&Member) -> bool,
    ) -> Result<(), EncodeError> {
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let member = structure.member(name).ok_or_else(|| EncodeError::UnknownMember {
                path: ValuePath::member(name),
                shape: structure.name.clone(),
            })?;
            if select(member) && !member.flags.xml_attribute {
                self.element(member, &member.xml_name, value)
                    .map_err(|error| error.in_member(name))?;
            }
        }
        Ok(())
    }

    /// A value as an element of this name, or as many of a flattened list or map.
    pub(crate) fn element(
        &mut self,
        member: &Member,
        name: &str,
        value: &Value,
    ) -> Result<(), EncodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(EncodeError::TooDeep { path: ValuePath::default() });
        }
        self.depth += 1;
        let namespace = member.xml_namespace.as_ref();
        match (&self.service.shape(member.shape).kind, value) {
            (ShapeKind::Structure(structure), Value::Object(object)) => {
                self.structure((name, namespace), structure, object, |_| true)?;
            }
            (ShapeKind::List(list), Value::List(elements)) if member.flags.flattened => {
                self.elements(&list.member, name, elements)?;
            }
            (ShapeKind::List(list), Value::List(elements)) => {
                self.start(name, namespace);
                self.out.push('>');
                self.elements(
                    &list.member,
                    list.member.location_name.as_deref().unwrap_or("member"),
                    elements,
                )?;
                self.close(name);
            }
            (ShapeKind::Map(map), Value::Object(entries)) if member.flags.flattened => {
                self.entries(map, (name, namespace), entries)?;
            }
            (ShapeKind::Map(map), Value::Object(entries)) => {
                self.start(name, namespace);
                self.out.push('>');
                self.entries(map, ("entry", None), entries)?;
                self.close(name);
            }
            _ => {
                let text = self.scalar(member, value)?;
                self.start(name, namespace);
                self.out.push('>');
                self.text(&text);
                self.close(name);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn elements(
        &mut self,
        member: &Member,
        name: &str,
        elements: &[Value],
    ) -> Result<(), EncodeError> {
        for (position, element) in elements.iter().enumerate() {
            if element.is_null() {
                self.text_element(name, "");
            } else {
                self.element(member, name, element).map_err(|error| error.in_element(position))?;
            }
        }
        Ok(())
    }

    fn entries(
        &mut self,
        map: &Map,
        (name, namespace): (&str, Option<&XmlNamespace>),
        entries: &Object,
    ) -> Result<(), EncodeError> {
        for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
            self.start(name, namespace);
            self.out.push('>');
            self.element(&map.key, &map.key.wire_name, &Value::from(key))?;
            self.element(&map.value, &map.value.wire_name, value)
                .map_err(|error| error.in_member(key))?;
            self.close(name);
        }
        Ok(())
    }

    fn scalar<'v>(&self, member: &Member, value: &'v Value) -> Result<Cow<'v, str>, EncodeError> {
        let format = member.timestamp_format.unwrap_or(TimestampFormat::DateTime);
        scalar::to_text(&self.service.shape(member.shape).kind, value, format)
    }

    /// Begins a start tag: the caller adds attributes and closes it.
    fn start(&mut self, name: &str, namespace: Option<&XmlNamespace>) {
        self.out.push('<');
        self.out.push_str(name);
        match namespace {
            Some(XmlNamespace { prefix: Some(prefix), uri }) => {
                self.attribute(&format!("xmlns:{prefix}"), uri);
            }
            Some(XmlNamespace { prefix: None, uri }) => self.attribute("xmlns", uri),
            None => {}
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        // A reader would turn bare line feeds and tabs within an attribute into spaces.
        for part in value.split_inclusive(['\n', '\t']) {
            self.text(part.trim_end_matches(['\n', '\t']));
            match part.chars().last() {
                Some('\n') => self.out.push_str("&#10;"),
                Some('\t') => self.out.push_str("&#9;"),
                _ => {}
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        // A reader would turn a bare carriage return into a line feed.
        for (position, part) in escape(text).split('\r').enumerate() {
            if position > 0 {
                self.out.push_str("&#13;");
            }
            self.out.push_str(part);
        }
    }
}

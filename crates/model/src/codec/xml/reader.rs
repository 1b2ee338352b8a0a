//! XML as elements and texts: the few moves that a decoder needs.
//!
//! Namespaces are dropped, comments and declarations skipped. An element that does not end is an error wherever reading
//! stands, so that a truncated body is never taken for a short one.

use std::borrow::Cow;

use quick_xml::{
    XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use crate::codec::{DEPTH_LIMIT, error::DecodeError};

const FORMAT: &str = "XML";

/// Reads a document element by element.
pub(crate) struct XmlReader<'a> {
    reader: quick_xml::Reader<&'a [u8]>,
    depth: usize,
}

/// The start of an element.
pub(crate) struct Element<'a> {
    start: BytesStart<'a>,
}

impl Element<'_> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// The value of an attribute, by its name with or without its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, DecodeError> {
        let local = name.rsplit(':').next().unwrap_or(name);
        for attribute in self.start.attributes() {
            let attribute =
                attribute.map_err(|error| DecodeError::malformed(FORMAT, error.to_string()))?;
            let declares = attribute.key.as_namespace_binding().is_some();
            if attribute.key.into_inner() == name
                || (!declares && attribute.key.local_name().into_inner() == local)
            {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                let value =
                    value.map_err(|error| DecodeError::malformed(FORMAT, error.to_string()))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }
}

impl<'a> XmlReader<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(body)
            .map_err(|error| DecodeError::malformed(FORMAT, error.to_string()))?;
        let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Ok(Self { reader, depth: 0 })
    }

    /// The document's only element.
    pub(crate) fn root(&mut self) -> Result<Element<'a>, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.enter(start),
                Event::Eof => return Err(DecodeError::malformed(FORMAT, "it has no element")),
                Event::Text(text) if !text.trim().is_empty() => {
                    return Err(DecodeError::malformed(FORMAT, "it begins with text"));
                }
                _ => {}
            }
        }
    }

    /// Nothing but white space may follow the root.
    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Start(_) => {
                    return Err(DecodeError::malformed(FORMAT, "a second root element follows"));
                }
                _ => {}
            }
        }
    }

    /// The next element within the current one, or none at its end.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, DecodeError> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.enter(start).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof => return Err(truncated()),
                _ => {}
            }
        }
    }

    /// The text of the current element, up to its end. Elements within it are skipped.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::Text(part) => append(&mut text, part.xml10_content()),
                Event::CData(part) => append(&mut text, part.xml10_content()),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref();
                    let character = character
                        .map_err(|error| DecodeError::malformed(FORMAT, error.to_string()))?;
                    match (character, resolve_predefined_entity(&reference)) {
                        (Some(character), _) => text.to_mut().push(character),
                        (None, Some(entity)) => text.to_mut().push_str(entity),
                        (None, None) => {
                            return Err(DecodeError::malformed(
                                FORMAT,
                                format!("unknown entity `{}`", &*reference),
                            ));
                        }
                    }
                }
                Event::Start(start) => {
                    self.enter(start)?;
                    self.skip()?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(text);
                }
                Event::Eof => return Err(truncated()),
                _ => {}
            }
        }
    }

    /// Goes to the end of the current element.
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        let mut open = 1_usize;
        while open > 0 {
            match self.event()? {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                Event::Eof => return Err(truncated()),
                _ => {}
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self, start: BytesStart<'a>) -> Result<Element<'a>, DecodeError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(DecodeError::malformed(FORMAT, "its elements are nested too deeply"));
        }
        Ok(Element { start })
    }

    fn event(&mut self) -> Result<Event<'a>, DecodeError> {
        self.reader.read_event().map_err(|error| DecodeError::malformed(FORMAT, error.to_string()))
    }
}

fn truncated() -> DecodeError {
    DecodeError::malformed(FORMAT, "it ends within an element")
}

fn append<'a>(text: &mut Cow<'a, str>, part: Cow<'a, str>) {
    if text.is_empty() {
        *text = part;
    } else {
        text.to_mut().push_str(&part);
    }
}

//! XML as elements and texts: the few moves that a decoder needs.
//!
//! Namespaces are dropped, comments, declarations and instructions skipped. An element that does not end is an error
//! wherever reading stands, so that a truncated body is never taken for a short one, and an end must be that of the element
//! that is open. A document type that declares something of its own is refused: no service sends one, and nothing good ever
//! came of them.
//!
//! Tags are found here rather than by `quick-xml`, which takes longer than everything else in decoding together: it checks
//! each piece for UTF-8 again and keeps each name in a buffer of its own. What is rare and intricate (attributes, entities)
//! is still `quick-xml`'s, and a test reads the same documents with both.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use quick_xml::{XmlVersion, escape::unescape, events::attributes::Attributes};

use crate::codec::{
    DEPTH_LIMIT,
    error::{DecodeError, excerpt},
};

const FORMAT: &str = "XML";

/// Reads a document element by element.
pub(crate) struct XmlReader<'a> {
    rest: &'a str,
    // The names of the elements that are open, with their prefixes.
    open: Vec<&'a str>,
    // The element just begun has no content: `<a/>`.
    ends_at_once: bool,
}

/// The start of an element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    name: &'a str,
    attributes: &'a str,
}

/// A piece of a document.
enum Token<'a> {
    Start(Element<'a>),
    End,
    /// Text in which entities are still to be resolved; never empty.
    Text(&'a str),
    /// Text as it stands.
    Literal(&'a str),
    /// The end of the document.
    Nothing,
}

impl<'a> Element<'a> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// The value of an attribute, by its name with or without its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, DecodeError> {
        let local = name.rsplit(':').next().unwrap_or(name);
        for attribute in Attributes::new(self.attributes, 0) {
            let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
            let declares = attribute.key.as_namespace_binding().is_some();
            if attribute.key.into_inner() == name
                || (!declares && attribute.key.local_name().into_inner() == local)
            {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                return Ok(Some(value.map_err(|error| malformed(error.to_string()))?.into_owned()));
            }
        }
        Ok(None)
    }
}

impl<'a> XmlReader<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Result<Self, DecodeError> {
        let text = std::str::from_utf8(body).map_err(|error| malformed(error.to_string()))?;
        let rest = text.trim_start_matches('\u{feff}');
        Ok(Self { rest, open: Vec::new(), ends_at_once: false })
    }

    /// The document's only element.
    pub(crate) fn root(&mut self) -> Result<Element<'a>, DecodeError> {
        loop {
            match self.token()? {
                Token::Start(element) => return Ok(element),
                Token::Nothing => return Err(malformed("it has no element")),
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Text(_) | Token::Literal(_) => return Err(malformed("it begins with text")),
                // Nothing is open that could end.
                Token::End => return Err(malformed("it begins with an end")),
            }
        }
    }

    /// Nothing but white space may follow the root.
    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.token()? {
                Token::Nothing => return Ok(()),
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Start(_) => return Err(malformed("a second root element follows")),
                Token::Text(_) | Token::Literal(_) | Token::End => {
                    return Err(malformed("text follows its end"));
                }
            }
        }
    }

    /// The next element within the current one, or none at its end.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, DecodeError> {
        loop {
            match self.token()? {
                Token::Start(element) => return self.within_limits(element).map(Some),
                Token::End => return Ok(None),
                Token::Text(_) | Token::Literal(_) => {}
                Token::Nothing => return Err(truncated()),
            }
        }
    }

    /// The text of the current element, up to its end. Elements within it are skipped.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        loop {
            match self.token()? {
                Token::Text(part) => append(&mut text, resolve(part)?),
                Token::Literal(part) => append(&mut text, with_line_feeds(part)),
                Token::Start(_) => self.skip()?,
                Token::End => return Ok(text),
                Token::Nothing => return Err(truncated()),
            }
        }
    }

    /// Goes to the end of the current element.
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            if let Token::Nothing = self.token()? {
                return Err(truncated());
            }
        }
        Ok(())
    }

    fn within_limits(&self, element: Element<'a>) -> Result<Element<'a>, DecodeError> {
        if self.open.len() > DEPTH_LIMIT {
            return Err(malformed("its elements are nested too deeply"));
        }
        Ok(element)
    }

    fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        if self.ends_at_once {
            self.ends_at_once = false;
            self.open.pop();
            return Ok(Token::End);
        }
        loop {
            match self.rest.as_bytes() {
                [] => return Ok(Token::Nothing),
                [b'<'] => return Err(truncated()),
                [b'<', b'/', ..] => return self.end(),
                [b'<', b'?', ..] => self.skip_past("?>")?,
                [b'<', b'!', ..] => {
                    if let Some(text) = self.declaration()? {
                        return Ok(Token::Literal(text));
                    }
                }
                [b'<', ..] => return self.start(),
                text => {
                    let length = memchr(b'<', text).unwrap_or(text.len());
                    return Ok(Token::Text(self.take(length)));
                }
            }
        }
    }

    /// Reads `<name attributes>` or `<name attributes/>`.
    fn start(&mut self) -> Result<Token<'a>, DecodeError> {
        let tag = self.rest.get(1..).unwrap_or_default();
        let (mut name_ends, mut prefix_ends) = (None, None);
        for (at, byte) in tag.bytes().enumerate() {
            match byte {
                b'>' | b'/' | b' ' | b'\n' | b'\r' | b'\t' | b'<' | b'"' | b'\'' => {
                    name_ends = Some(at);
                    break;
                }
                b':' => prefix_ends = Some(at + 1),
                _ => {}
            }
        }
        let (name, after) =
            tag.split_at_checked(name_ends.ok_or_else(truncated)?).unwrap_or_default();
        let local = prefix_ends.map_or(name, |at| name.get(at..).unwrap_or_default());
        if local.is_empty() {
            return Err(malformed("an element has no name"));
        }
        self.open.push(name);
        if let Some(rest) = after.strip_prefix('>') {
            self.rest = rest;
            return Ok(Token::Start(Element { name: local, attributes: "" }));
        }
        let (inside, rest) = split_at_tag_end(after).ok_or_else(truncated)?;
        let attributes = inside.strip_suffix('/').inspect(|_| self.ends_at_once = true);
        let attributes = attributes.unwrap_or(inside);
        if !attributes.is_empty() && !attributes.starts_with([' ', '\n', '\r', '\t']) {
            return Err(malformed(
                "the name of an element is followed by something else than an attribute",
            ));
        }
        self.rest = rest;
        Ok(Token::Start(Element { name: local, attributes }))
    }

    /// Reads `</name>`.
    fn end(&mut self) -> Result<Token<'a>, DecodeError> {
        let name = self.open.pop().ok_or_else(|| malformed("an element ends that never began"))?;
        let tag = self.rest.get(2..).unwrap_or_default();
        let after = tag.strip_prefix(name);
        let rest = after.and_then(|after| {
            after.strip_prefix('>').or_else(|| after.trim_ascii_start().strip_prefix('>'))
        });
        self.rest = rest.ok_or_else(|| match memchr(b'>', tag.as_bytes()) {
            Some(_) => malformed(format!("`{}` ends as something else", excerpt(name, 40))),
            None => truncated(),
        })?;
        Ok(Token::End)
    }

    /// Reads `<![CDATA[text]]>`, or skips a comment or a document type.
    fn declaration(&mut self) -> Result<Option<&'a str>, DecodeError> {
        if self.rest.starts_with("<!--") {
            self.take("<!--".len());
            self.skip_past("-->")?;
            return Ok(None);
        }
        if let Some(literal) = self.rest.strip_prefix("<![CDATA[") {
            let (text, rest) = literal.split_once("]]>").ok_or_else(truncated)?;
            self.rest = rest;
            return Ok(Some(text));
        }
        let (inside, rest) = self.rest.split_once('>').ok_or_else(truncated)?;
        let keyword = inside.get(.."<!DOCTYPE".len()).unwrap_or_default();
        if !keyword.eq_ignore_ascii_case("<!DOCTYPE") {
            return Err(malformed("it has an unknown declaration"));
        }
        if inside.contains('[') {
            return Err(malformed("it has a document type of its own"));
        }
        self.rest = rest;
        Ok(None)
    }

    fn skip_past(&mut self, end: &str) -> Result<(), DecodeError> {
        let (_, rest) = self.rest.split_once(end).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(())
    }

    fn take(&mut self, length: usize) -> &'a str {
        // Both ends are beside an ASCII character or at the end of all, so that no character is cut.
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

/// What is inside of a tag, and what follows it; a `>` in quotes is part of an attribute.
fn split_at_tag_end(tag: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let end = tag.bytes().position(|byte| {
        match quote {
            Some(open) if byte == open => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })?;
    Some((tag.get(..end)?, tag.get(end + 1..)?))
}

/// Text with its entities resolved.
fn resolve(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if memchr2(b'&', b'\r', text.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    match with_line_feeds(text) {
        Cow::Borrowed(text) => unescape(text),
        Cow::Owned(text) => unescape(&text).map(|text| Cow::Owned(text.into_owned())),
    }
    .map_err(|error| malformed(error.to_string()))
}

/// Text whose lines end as XML says that they do, whatever ends them.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn malformed(reason: impl Into<String>) -> DecodeError {
    DecodeError::malformed(FORMAT, reason)
}

fn truncated() -> DecodeError {
    malformed("it ends within an element")
}

fn append<'a>(text: &mut Cow<'a, str>, part: Cow<'a, str>) {
    if text.is_empty() {
        *text = part;
    } else {
        text.to_mut().push_str(&part);
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::{
        Reader,
        escape::resolve_predefined_entity,
        events::{BytesRef, Event},
    };

    use super::*;

    /// What a document says, to its end: names in parentheses, attributes `a` in brackets, and texts.
    fn read(document: &str) -> Result<String, String> {
        let mut reader = XmlReader::new(document.as_bytes()).unwrap();
        let mut outline = String::new();
        reader
            .root()
            .and_then(|root| show(&root, &mut outline))
            .map_err(|error| error.to_string())?;
        while !reader.open.is_empty() {
            match reader.token().map_err(|error| error.to_string())? {
                Token::Start(element) => {
                    show(&element, &mut outline).map_err(|error| error.to_string())?;
                }
                Token::End => outline.push(')'),
                Token::Text(text) => {
                    outline += &resolve(text).map_err(|error| error.to_string())?;
                }
                Token::Literal(text) => outline += &with_line_feeds(text),
                Token::Nothing => return Err(truncated().to_string()),
            }
        }
        reader.finish().map_err(|error| error.to_string())?;
        Ok(outline)
    }

    fn show(element: &Element<'_>, outline: &mut String) -> Result<(), DecodeError> {
        let attribute = element.attribute("a")?;
        *outline += &format!("({}", element.name());
        if let Some(value) = attribute {
            *outline += &format!("[{value}]");
        }
        Ok(())
    }

    /// The same by `quick-xml` alone.
    fn read_by_another(document: &str) -> Option<String> {
        let mut reader = Reader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        let (mut outline, mut depth) = (String::new(), 0);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    depth += 1;
                    let mut attributes = start.attributes();
                    let attribute = attributes.find(|one| {
                        one.as_ref().is_ok_and(|one| one.key.local_name().into_inner() == "a")
                    });
                    outline += &format!("({}", start.local_name().into_inner());
                    if let Some(attribute) = attribute {
                        let attribute = attribute.ok()?;
                        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
                        outline += &format!("[{value}]");
                    }
                }
                Event::End(_) => {
                    depth -= 1;
                    outline.push(')');
                }
                Event::Text(text) if depth > 0 => outline += &text.xml10_content(),
                Event::CData(text) if depth > 0 => outline += &text.xml10_content(),
                Event::GeneralRef(reference) if depth > 0 => outline += &entity(&reference)?,
                Event::Eof => return (depth == 0 && !outline.is_empty()).then_some(outline),
                _ => {}
            }
        }
    }

    fn entity(reference: &BytesRef<'_>) -> Option<String> {
        match reference.resolve_char_ref().ok()? {
            Some(character) => Some(character.to_string()),
            None => resolve_predefined_entity(reference).map(ToOwned::to_owned),
        }
    }

    const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<!-- <a> -->\r\n<n:R xmlns:n=\"urn:x>y\" a='1&amp;2'>\
        <a/><b n:a=\"é\"  c='\"'  /> x&lt;&#65;&#x42;\r\n<![CDATA[<&]]>ü<!-- - --><c.d-e >t</c.d-e\n><e></e></n:R>\n";

    #[test]
    fn a_document_is_read_to_its_end() {
        let outline = read(DOCUMENT);
        assert_eq!(outline.as_deref(), Ok("(R[1&2](a)(b[é]) x<AB\n<&ü(c.d-et)(e))"));
        assert_eq!(read_by_another(DOCUMENT), outline.ok());
    }

    #[test]
    fn a_document_with_any_other_character_is_read_as_another_reader_does_or_refused() {
        let (mut read_alike, mut refused) = (0, 0);
        for (at, character) in DOCUMENT.char_indices() {
            let (before, after) = DOCUMENT.split_at(at);
            let after = after.strip_prefix(character).unwrap();
            for other in
                ["", "<", ">", "/", "&", ";", "\"", "'", "!", "?", "-", "]", " ", "=", "n", ":"]
            {
                let changed = format!("{before}{other}{after}");
                match (read(&changed), read_by_another(&changed)) {
                    (Ok(ours), theirs) => {
                        assert_eq!(Some(ours), theirs, "{changed}");
                        read_alike += 1;
                    }
                    (Err(_), _) => refused += 1,
                }
            }
        }
        assert!(read_alike > 1000 && refused > 500, "{read_alike} {refused}");
    }

    #[test]
    fn a_document_cut_off_anywhere_is_refused() {
        let whole = DOCUMENT.trim_end();
        for (end, _) in whole.char_indices() {
            assert!(read(whole.split_at(end).0).is_err(), "{end}");
        }
    }

    #[test]
    fn what_is_no_document_is_refused_with_the_reason() {
        for (document, reason) in [
            ("", "it has no element"),
            ("log in", "it begins with text"),
            ("</a>", "an element ends that never began"),
            ("<a></b>", "`a` ends as something else"),
            ("<a><b></a></b>", "`b` ends as something else"),
            ("<a></a><a/>", "a second root element follows"),
            ("<a/>more", "text follows its end"),
            ("<a><></a>", "an element has no name"),
            ("<a>&who;</a>", "unrecognized entity `who`"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "it has a document type of its own"),
        ] {
            let error = read(document).unwrap_err();
            assert!(error.contains(reason), "{document}: {error}");
        }
    }
}

//! JSON, strictly as RFC 8259 has it: no comments, no trailing commas.

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectPropName, Value},
    common::Ranged,
    errors::ParseErrorKind,
};

use crate::{Diagnostic, Entry, MAXIMUM_DEPTH, Node, NodeValue, Position};

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a JSON text. A byte order mark at its start is skipped.
pub fn parse_json(text: &str) -> Result<Node, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut places = Places::new(text);
    let parsed =
        jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
            let position = places.at(error.range().start);
            let hint = hint(error.kind()).map(ToOwned::to_owned);
            let message = lower_first(&error.kind().to_string());
            Diagnostic { hint, ..Diagnostic::new(position, "", message) }
        })?;
    match parsed.value {
        Some(value) => convert(value, &mut places, 0),
        None => Err(Diagnostic::new(places.at(text.len()), "", "expected a value, found the end")),
    }
}

fn convert(value: Value<'_>, places: &mut Places<'_>, depth: usize) -> Result<Node, Diagnostic> {
    let range = value.range();
    let position = places.at(range.start);
    if depth >= MAXIMUM_DEPTH && matches!(value, Value::Array(_) | Value::Object(_)) {
        return Err(too_deep(position));
    }
    let value = match value {
        Value::NullKeyword(_) => NodeValue::Null,
        Value::BooleanLit(literal) => NodeValue::Bool(literal.value),
        Value::NumberLit(literal) => NodeValue::Number(literal.value.to_owned()),
        Value::StringLit(literal) => {
            places.refuse_control_characters(range.start, range.end)?;
            NodeValue::String(literal.value.into_owned())
        }
        Value::Array(array) => {
            let elements = array.elements.into_iter();
            NodeValue::List(
                elements
                    .map(|element| convert(element, places, depth + 1))
                    .collect::<Result<_, _>>()?,
            )
        }
        Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let key_range = match &property.name {
                    ObjectPropName::String(literal) => literal.range,
                    ObjectPropName::Word(literal) => literal.range,
                };
                let key_position = places.at(key_range.start);
                places.refuse_control_characters(key_range.start, key_range.end)?;
                let value = convert(property.value, places, depth + 1)?;
                entries.push(Entry { key: property.name.into_string(), key_position, value });
            }
            NodeValue::Map(entries)
        }
    };
    Ok(Node { value, position })
}

/// Refuses a document in which lists and maps lie too deeply within each other.
pub(crate) fn too_deep(position: Position) -> Diagnostic {
    Diagnostic::new(
        position,
        "",
        format!("lists and maps lie more than {MAXIMUM_DEPTH} deep within each other"),
    )
}

fn hint(kind: &ParseErrorKind) -> Option<&'static str> {
    match kind {
        ParseErrorKind::SingleQuotedStringsNotAllowed => Some("JSON strings are in double quotes"),
        ParseErrorKind::CommentsNotAllowed => Some("JSON has no comments"),
        ParseErrorKind::UnexpectedWord => Some("text is in double quotes"),
        _ => None,
    }
}

/// Makes a library's message one of ours, which begin in lower case.
pub(crate) fn lower_first(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Turns byte offsets into positions.
///
/// Offsets come almost only in rising order, so each look continues from the one before: a document of one long line
/// would otherwise be counted anew for every value in it.
struct Places<'a> {
    text: &'a str,
    offset: usize,
    position: Position,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, offset: 0, position: Position::START }
    }

    fn at(&mut self, offset: usize) -> Position {
        if offset < self.offset {
            self.offset = 0;
            self.position = Position::START;
        }
        for letter in self.text.get(self.offset..offset).unwrap_or_default().chars() {
            if letter == '\n' {
                self.position = Position { line: self.position.line + 1, column: 1 };
            } else {
                self.position.column += 1;
            }
        }
        self.offset = offset;
        self.position
    }

    /// The library lets control characters stand in strings; JSON wants them escaped.
    fn refuse_control_characters(&mut self, start: usize, end: usize) -> Result<(), Diagnostic> {
        let written = self.text.get(start..end).unwrap_or_default();
        match written.find(|letter: char| letter < ' ') {
            None => Ok(()),
            Some(found) => Err(Diagnostic::new(
                self.at(start + found),
                "",
                "a control character in a string must be escaped",
            )
            .with_hint("a line break is written `\\n`, a tab `\\t`; is a closing quote missing?")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::samples::{check_places, outline};

    fn refused(text: &str) -> String {
        parse_json(text).unwrap_err().to_string()
    }

    #[test]
    fn every_value_and_key_knows_where_it_begins() {
        let text = "{\n  \"größe\": [1.50, true],\r\n  \"a\": {\"b\": null}, \"a\": \"x\\ty\"\n}";
        let root = parse_json(text).unwrap();
        check_places(text, &root);
        insta::assert_snapshot!(outline(&root), @r#"
        1:1 map
        2:3 größe 2:12 list
        2:13 number 1.50
        2:19 true
        3:3 a 3:8 map
        3:9 b 3:14 null
        3:21 a 3:26 "x\ty"
        "#);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_moves_no_column() {
        let root = parse_json("\u{feff}[]").unwrap();
        assert_eq!(root, Node { value: NodeValue::List(vec![]), position: Position::START });
    }

    #[test]
    fn what_json_does_not_have_is_refused_where_it_stands() {
        let refusals: Vec<String> = [
            "",
            " \n ",
            "{",
            "[1, 2",
            "[1,]",
            "{\"a\": 1,}",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a: 1}",
            "['a']",
            "[1] // done",
            "[01]",
            "[+1, .5, 0x10]",
            "[NaN]",
            "[1] [2]",
            "[yes]",
            "\"a\nb\"",
            "\"abc",
            "[\"\\x41\"]",
            "[\"\\ud800\"]",
        ]
        .iter()
        .map(|text| format!("{text:?} -> {}", refused(text)))
        .collect();
        insta::assert_snapshot!(refusals.join("\n"), @r#"
        "" -> 1:1: expected a value, found the end
        " \n " -> 2:2: expected a value, found the end
        "{" -> 1:1: unterminated object
        "[1, 2" -> 1:1: unterminated array
        "[1,]" -> 1:3: trailing commas are not allowed
        "{\"a\": 1,}" -> 1:8: trailing commas are not allowed
        "[1 2]" -> 1:3: expected comma
        "{\"a\" 1}" -> 1:6: expected colon after the string or word in object property
        "{\"a\":}" -> 1:6: unexpected close brace
        "{a: 1}" -> 1:2: expected string for object property
        "['a']" -> 1:2: single-quoted strings are not allowed
          hint: JSON strings are in double quotes
        "[1] // done" -> 1:5: comments are not allowed
          hint: JSON has no comments
        "[01]" -> 1:3: expected comma
        "[+1, .5, 0x10]" -> 1:2: unary plus on numbers is not allowed
        "[NaN]" -> 1:2: unexpected token
        "[1] [2]" -> 1:5: text cannot contain more than one JSON value
        "[yes]" -> 1:2: unexpected token
        "\"a\nb\"" -> 1:3: a control character in a string must be escaped
          hint: a line break is written `\n`, a tab `\t`; is a closing quote missing?
        "\"abc" -> 1:1: unterminated string literal
        "[\"\\x41\"]" -> 1:3: invalid escape
        "[\"\\ud800\"]" -> 1:3: invalid unicode escape sequence. 'd800 (unpaired high surrogate)' is not a valid UTF8 character
        "#);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_json(&nested(MAXIMUM_DEPTH)).is_ok());
        for depth in [MAXIMUM_DEPTH + 1, 500, 100_000] {
            assert!(parse_json(&nested(depth)).is_err(), "{depth}");
        }
        assert!(parse_json(&"{\"a\":".repeat(100_000)).is_err());
    }
}

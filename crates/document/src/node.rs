//! Values with their positions: what JSON and YAML have in common.

use std::fmt;

/// How deeply lists and maps may lie within each other; a deeper document is refused.
pub const MAXIMUM_DEPTH: usize = 128;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl Position {
    /// Where every text begins.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where it begins.
    pub position: Position,
}

/// A value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeValue {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number, as it was written: `007` and `1e3` are not rounded, padded or cut.
    Number(String),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and their values, in the order written. A key that was written twice is here twice.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub key_position: Position,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value of a key of a map: the first, if the key was written twice.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            NodeValue::Map(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
            }
            _ => None,
        }
    }

    /// Whether another node has the same value, wherever it stands.
    pub fn is_same(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (NodeValue::List(own), NodeValue::List(others)) => {
                own.len() == others.len()
                    && own.iter().zip(others).all(|(own, other)| own.is_same(other))
            }
            (NodeValue::Map(own), NodeValue::Map(others)) => {
                own.len() == others.len()
                    && own
                        .iter()
                        .zip(others)
                        .all(|(own, other)| own.key == other.key && own.value.is_same(&other.value))
            }
            (own, other) => own == other,
        }
    }

    /// The value in words, for messages: "the number `7`", "a list".
    pub fn describe(&self) -> String {
        match &self.value {
            NodeValue::Null => "nothing".to_owned(),
            NodeValue::Bool(value) => format!("`{value}`"),
            NodeValue::Number(written) => format!("the number `{written}`"),
            NodeValue::String(text) if text.chars().count() <= 40 => format!("the string `{text}`"),
            NodeValue::String(_) => "a string".to_owned(),
            NodeValue::List(_) => "a list".to_owned(),
            NodeValue::Map(_) => "a map".to_owned(),
        }
    }
}

/// What the tests of both formats share.
#[cfg(test)]
pub(crate) mod samples {
    use proptest::prelude::*;

    use super::*;

    /// Lists every value in order with its position.
    pub(crate) fn outline(node: &Node) -> String {
        let mut lines = Vec::new();
        write_outline(node, "", &mut lines);
        lines.join("\n")
    }

    fn write_outline(node: &Node, key: &str, lines: &mut Vec<String>) {
        let what = match &node.value {
            NodeValue::Null => "null".to_owned(),
            NodeValue::Bool(value) => value.to_string(),
            NodeValue::Number(written) => format!("number {written}"),
            NodeValue::String(text) => format!("{text:?}"),
            NodeValue::List(_) => "list".to_owned(),
            NodeValue::Map(_) => "map".to_owned(),
        };
        lines.push(format!("{key}{} {what}", node.position));
        match &node.value {
            NodeValue::List(nodes) => nodes.iter().for_each(|node| write_outline(node, "", lines)),
            NodeValue::Map(entries) => entries.iter().for_each(|entry| {
                let key = format!("{} {} ", entry.key_position, entry.key);
                write_outline(&entry.value, &key, lines);
            }),
            _ => {}
        }
    }

    /// Checks that at each value's position stands what begins such a value in JSON.
    pub(crate) fn check_places(text: &str, node: &Node) {
        let rest = |position: Position| -> String {
            let line = text.split('\n').nth(position.line - 1).unwrap();
            line.chars().skip(position.column - 1).collect()
        };
        let begins = match &node.value {
            NodeValue::Null => "null",
            NodeValue::Bool(true) => "true",
            NodeValue::Bool(false) => "false",
            NodeValue::Number(written) => written,
            NodeValue::String(_) => "\"",
            NodeValue::List(_) => "[",
            NodeValue::Map(_) => "{",
        };
        assert!(rest(node.position).starts_with(begins), "{node:?} in {text}");
        match &node.value {
            NodeValue::List(nodes) => nodes.iter().for_each(|node| check_places(text, node)),
            NodeValue::Map(entries) => entries.iter().for_each(|entry| {
                assert!(rest(entry.key_position).starts_with('"'), "{entry:?} in {text}");
                check_places(text, &entry.value);
            }),
            _ => {}
        }
    }

    fn quoted(text: &str) -> String {
        let escaped: String = text
            .chars()
            .map(|letter| match letter {
                '"' | '\\' => format!("\\{letter}"),
                '\n' => "\\n".to_owned(),
                other => other.to_string(),
            })
            .collect();
        format!("\"{escaped}\"")
    }

    /// JSON texts, loosely laid out.
    pub(crate) fn json() -> impl Strategy<Value = String> {
        let text = "[a-zA-Zäß日 :#,\\-\"\\\\\n]{0,8}";
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|value| value.to_string()),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?([eE][-+]?[0-9]{1,2})?",
            text.prop_map(|text| quoted(&text)),
        ];
        let gap = || prop_oneof![Just(" "), Just("\n  "), Just("\r\n ")];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                (gap(), prop::collection::vec(inner.clone(), 0..4)).prop_map(
                    |(gap, items)| format!("[{gap}{}{gap}]", items.join(&format!(",{gap}")))
                ),
                (gap(), prop::collection::vec((text, inner), 0..4)).prop_map(|(gap, items)| {
                    let items: Vec<String> = items
                        .iter()
                        .map(|(key, value)| format!("{}:{gap}{value}", quoted(key)))
                        .collect();
                    format!("{{{gap}{}{gap}}}", items.join(&format!(",{gap}")))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_position_points_at_its_value(text in json()) {
            check_places(&text, &crate::parse_json(&text).unwrap());
        }

        #[test]
        fn json_read_as_yaml_is_the_same_document(text in json()) {
            prop_assert_eq!(crate::parse_yaml(&text), crate::parse_json(&text));
        }

        #[test]
        fn no_text_makes_reading_panic(
            text in prop_oneof![
                any::<String>(),
                "[\\[\\]{}:,\"\\\\\\-?&*!|>%@`#' a0\n\t.~<=]{0,60}",
                "([-?:&*!|>\"'\\[{] ?|a: ?|- ?|\n {0,4}|---\n|&a |\\*a|!!str |\\]|\\}|,){0,40}",
            ]
        ) {
            let _ = crate::parse_json(&text);
            let _ = crate::parse_yaml(&text);
        }
    }
}

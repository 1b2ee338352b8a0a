//! Typed reading of a document that finds everything wrong with it at once.
//!
//! A [`Cursor`] stands on a value and knows its path. Each reading method returns what it read, or notes in [`Problems`]
//! why it could not and returns `None`; the reader goes on with the next value either way. Only at the end is it asked
//! whether anything was wrong:
//!
//! ```
//! use reeve_document::{Cursor, Problems, parse_yaml};
//!
//! let node = parse_yaml("name: acme\nregoins: [eu-west-1]\n").unwrap();
//! let problems = Problems::new();
//! let root = Cursor::new(&node, &problems);
//! let estate = root.fields(&["name", "regions"]).and_then(|fields| {
//!     let name = fields.required("name").and_then(|name| name.string());
//!     let regions = fields.optional("regions").and_then(|regions| regions.strings());
//!     Some((name?, regions.unwrap_or_default()))
//! });
//! let wrong = problems.finish("estate.yaml", estate).unwrap_err();
//! assert_eq!(
//!     wrong.to_string(),
//!     "estate.yaml:2:1: regoins: unknown key\n  hint: did you mean `regions`?",
//! );
//! ```

use std::{cell::RefCell, collections::HashMap, fmt, str::FromStr};

use crate::{Diagnostic, Diagnostics, Entry, Node, NodeValue, Position, nearest};

/// How many candidates are listed where none is near.
const MOST_LISTED: usize = 24;

/// What was found wrong so far, and what was found odd.
#[derive(Debug, Default)]
pub struct Problems {
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    accepts_repetitions: bool,
}

impl Problems {
    /// Starts with none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with none, for a kind of document whose other readers take a key that is written again: with the same value it is
    /// only odd.
    pub fn accepting_repetitions() -> Self {
        Self { accepts_repetitions: true, ..Self::default() }
    }

    /// Notes something that is wrong.
    pub fn error(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Notes something that is allowed and probably not meant.
    pub fn warn(&self, diagnostic: Diagnostic) {
        self.warnings.borrow_mut().push(diagnostic);
    }

    /// Whether anything was wrong so far.
    pub fn has_errors(&self) -> bool {
        !self.errors.borrow().is_empty()
    }

    /// Returns what was read with its warnings if nothing was wrong, and otherwise all that was.
    pub fn finish<T>(
        &self,
        file: &str,
        value: Option<T>,
    ) -> Result<(T, Vec<Diagnostic>), Diagnostics> {
        let mut diagnostics = Diagnostics::new(file);
        diagnostics.extend(self.errors.take());
        match value {
            Some(value) if diagnostics.is_empty() => {
                let mut warnings = self.warnings.take();
                warnings.sort_by_key(|warning| warning.position);
                Ok((value, warnings))
            }
            Some(_) => Err(diagnostics),
            None => {
                if diagnostics.is_empty() {
                    diagnostics.push(Diagnostic::of_document("the document could not be read"));
                }
                Err(diagnostics)
            }
        }
    }
}

/// A place in a document: a value, its path, and where to note what is wrong with it.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    node: &'a Node,
    path: String,
    problems: &'a Problems,
}

impl<'a> Cursor<'a> {
    /// Stands on the root of a document.
    pub fn new(node: &'a Node, problems: &'a Problems) -> Self {
        Self { node, path: String::new(), problems }
    }

    /// The value.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// The path from the root, such as `accounts[0].id`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the value begins.
    pub fn position(&self) -> Position {
        self.node.position
    }

    /// Whether nothing was written here.
    pub fn is_null(&self) -> bool {
        self.node.value == NodeValue::Null
    }

    /// Notes that this value is wrong.
    pub fn error(&self, message: impl Into<String>) {
        self.problems.error(self.diagnostic(message));
    }

    /// Notes that this value is wrong, and what may help.
    pub fn error_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.error(self.diagnostic(message).with_hint(hint));
    }

    /// Notes that this value is allowed and probably not meant.
    pub fn warn(&self, message: impl Into<String>) {
        self.problems.warn(self.diagnostic(message));
    }

    /// Says something about this value, for the caller to note.
    pub fn diagnostic(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.position(), self.path.clone(), message)
    }

    /// Reads a string.
    pub fn string(&self) -> Option<&'a str> {
        match &self.node.value {
            NodeValue::String(text) => Some(text),
            NodeValue::Number(_) | NodeValue::Bool(_) => {
                self.expected_with_hint("a string", "put it in quotes");
                None
            }
            _ => self.expected("a string"),
        }
    }

    /// Reads a string, or a number as it was written: for ids that people leave unquoted.
    pub fn string_or_number(&self) -> Option<&'a str> {
        match &self.node.value {
            NodeValue::String(text) | NodeValue::Number(text) => Some(text),
            _ => self.expected("a string"),
        }
    }

    /// Reads true or false.
    pub fn bool(&self) -> Option<bool> {
        match &self.node.value {
            NodeValue::Bool(value) => Some(*value),
            NodeValue::String(text) if nearest(text, ["true", "false"]).is_some() => {
                self.expected_with_hint("`true` or `false`", "remove the quotes");
                None
            }
            _ => self.expected("`true` or `false`"),
        }
    }

    /// Reads a whole number.
    pub fn integer(&self) -> Option<i64> {
        let NodeValue::Number(written) = &self.node.value else {
            return self.expected("a whole number");
        };
        let number = if let Some(digits) = written.strip_prefix("0x") {
            i64::from_str_radix(digits, 16).ok()
        } else if let Some(digits) = written.strip_prefix("0o") {
            i64::from_str_radix(digits, 8).ok()
        } else {
            written.parse().ok()
        };
        number.or_else(|| self.expected("a whole number"))
    }

    /// Reads a string of a type with rules of its own, whose error becomes the message.
    pub fn parsed<T>(&self) -> Option<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.string()?.parse().map_err(|error: T::Err| self.error(error.to_string())).ok()
    }

    /// Reads one of a few words.
    pub fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let NodeValue::String(text) = &self.node.value else {
            return self.expected(&one_of(words));
        };
        let found = words.iter().find(|(word, _)| word == text);
        if found.is_none() {
            let message = format!("expected {}, found `{text}`", one_of(words));
            match nearest(text, words.iter().map(|(word, _)| *word)) {
                Some(near) => self.error_with_hint(message, did_you_mean(near)),
                None => self.error(message),
            }
        }
        found.map(|(_, value)| *value)
    }

    /// Reads a list.
    pub fn list(&self) -> Option<Vec<Cursor<'a>>> {
        let NodeValue::List(nodes) = &self.node.value else {
            return self.expected("a list");
        };
        let element = |(index, node)| Cursor {
            node,
            path: format!("{}[{index}]", self.path),
            problems: self.problems,
        };
        Some(nodes.iter().enumerate().map(element).collect())
    }

    /// Reads a list of strings; those that are not are noted and left out.
    pub fn strings(&self) -> Option<Vec<&'a str>> {
        Some(self.list()?.iter().filter_map(Cursor::string).collect())
    }

    /// Reads a map whose keys are the user's own. A key that was written before is noted
    /// and left out.
    pub fn entries(&self) -> Option<Vec<(&'a Entry, Cursor<'a>)>> {
        let mut seen: HashMap<&str, &Entry> = HashMap::new();
        let mut kept = Vec::new();
        for (entry, value) in self.entries_with_repetitions()? {
            match seen.get(entry.key.as_str()) {
                None => {
                    seen.insert(&entry.key, entry);
                    kept.push((entry, value));
                }
                Some(first) => {
                    let line = first.key_position.line;
                    let message = format!("the key was already written in line {line}");
                    let diagnostic = Diagnostic::new(entry.key_position, value.path, message);
                    if self.problems.accepts_repetitions && first.value.is_same(&entry.value) {
                        self.problems.warn(diagnostic);
                    } else {
                        self.problems.error(diagnostic);
                    }
                }
            }
        }
        Some(kept)
    }

    /// Reads a map as it was written, for formats in which a key may be written again.
    pub fn entries_with_repetitions(&self) -> Option<Vec<(&'a Entry, Cursor<'a>)>> {
        let NodeValue::Map(entries) = &self.node.value else {
            return self.expected("a map");
        };
        let entry = |entry: &'a Entry| {
            let path = self.path_of(&entry.key);
            (entry, Cursor { node: &entry.value, path, problems: self.problems })
        };
        Some(entries.iter().map(entry).collect())
    }

    /// Reads a map that may have only these keys. Any other is noted, with the one that was probably meant.
    pub fn fields(&self, allowed: &[&str]) -> Option<Fields<'a>> {
        let mut fields = Vec::new();
        for (entry, value) in self.entries()? {
            if allowed.contains(&entry.key.as_str()) {
                fields.push((entry, value));
                continue;
            }
            let diagnostic = Diagnostic::new(entry.key_position, value.path, "unknown key");
            self.problems.error(Diagnostic { hint: hint_near(&entry.key, allowed), ..diagnostic });
        }
        Some(Fields { map: self.clone(), fields })
    }

    /// Stands on the value at a path below this one, such as `Filters[0].Values`; where it ends early, on the last value there
    /// is.
    #[must_use]
    pub fn descend(&self, path: &str) -> Self {
        let mut at = self.clone();
        for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
            let place = part.strip_suffix(']').and_then(|place| place.parse::<usize>().ok());
            let inner = match (&at.node.value, place) {
                (NodeValue::List(elements), Some(place)) => elements.get(place),
                _ => at.node.get(part),
            };
            let Some(node) = inner else { break };
            let path = match place {
                Some(place) => format!("{}[{place}]", at.path),
                None => at.path_of(part),
            };
            at = Self { node, path, problems: self.problems };
        }
        at
    }

    /// Notes that this value is wrong, with the candidate that was probably meant by `word`, or all if they are few.
    pub fn error_near<'w>(
        &self,
        message: impl Into<String>,
        word: &str,
        candidates: impl IntoIterator<Item = &'w str>,
    ) {
        let diagnostic = self.diagnostic(message);
        let candidates: Vec<&str> = candidates.into_iter().collect();
        self.problems.error(Diagnostic { hint: hint_near(word, &candidates), ..diagnostic });
    }

    /// Notes that something else was expected here.
    pub fn expected<T>(&self, what: &str) -> Option<T> {
        self.error(format!("expected {what}, found {}", self.node.describe()));
        None
    }

    fn expected_with_hint(&self, what: &str, hint: &str) {
        self.error_with_hint(format!("expected {what}, found {}", self.node.describe()), hint);
    }

    fn path_of(&self, key: &str) -> String {
        let is_plain = !key.is_empty()
            && key.chars().all(|letter| letter.is_alphanumeric() || "-_:/@$".contains(letter));
        match (self.path.is_empty(), is_plain) {
            (true, true) => key.to_owned(),
            (false, true) => format!("{}.{key}", self.path),
            (_, false) => format!("{}[\"{}\"]", self.path, key.escape_debug()),
        }
    }
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    format!("one of {}", names.join(", "))
}

fn hint_near(word: &str, candidates: &[&str]) -> Option<String> {
    match nearest(word, candidates.iter().copied()) {
        Some(near) => Some(did_you_mean(near)),
        None if candidates.len() <= MOST_LISTED => {
            Some(format!("known here: {}", candidates.join(", ")))
        }
        None => None,
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}

/// The fields of a map that may have only certain keys.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    map: Cursor<'a>,
    fields: Vec<(&'a Entry, Cursor<'a>)>,
}

impl<'a> Fields<'a> {
    /// The map itself, to note what is wrong with it as a whole.
    pub fn map(&self) -> &Cursor<'a> {
        &self.map
    }

    /// The value of a key if the key was written, even with nothing after it.
    pub fn written(&self, key: &str) -> Option<&Cursor<'a>> {
        self.fields.iter().find(|(entry, _)| entry.key == key).map(|(_, value)| value)
    }

    /// The value of a key, or `None` if it is absent or has nothing after it, as when all that follows `key:` is comments.
    pub fn optional(&self, key: &str) -> Option<&Cursor<'a>> {
        self.written(key).filter(|value| !value.is_null())
    }

    /// The value of a key. Its absence is noted.
    pub fn required(&self, key: &str) -> Option<&Cursor<'a>> {
        let found = self.optional(key);
        if found.is_none() {
            match self.written(key) {
                Some(empty) => empty.error("a value is missing"),
                None => self.map.error(format!("the key `{key}` is missing")),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_yaml;

    /// Reads a small made-up document with every method, and shows what was wrong.
    fn check(text: &str) -> String {
        let node = parse_yaml(text).unwrap();
        let problems = Problems::new();
        let root = Cursor::new(&node, &problems);
        let read = read(&root);
        match problems.finish("x.yaml", read) {
            Ok(((), warnings)) => format!("fine, {} warnings", warnings.len()),
            Err(diagnostics) => diagnostics.to_string(),
        }
    }

    fn read(root: &Cursor<'_>) -> Option<()> {
        let fields =
            root.fields(&["name", "id", "on", "count", "level", "words", "tags", "seed"])?;
        let name = fields.required("name").and_then(Cursor::string);
        let id = fields.required("id").and_then(Cursor::string_or_number);
        fields.optional("on").and_then(Cursor::bool);
        fields.optional("count").and_then(Cursor::integer);
        fields.optional("level").and_then(|level| level.one_of(&[("low", 1), ("high", 2)]));
        fields.optional("words").and_then(Cursor::strings);
        fields.optional("seed").and_then(Cursor::parsed::<u8>);
        for (_, value) in fields.optional("tags").and_then(Cursor::entries).unwrap_or_default() {
            value.string();
        }
        name.zip(id).map(|_| ())
    }

    #[test]
    fn a_right_document_is_read() {
        let text = "name: a\nid: 0012\non: true\ncount: 0x10\nlevel: low\nwords: [a]\ntags: {a: b}\nseed: '7'\n";
        assert_eq!(check(text), "fine, 0 warnings");
        assert_eq!(check("name: a\nid: b\ntags:\nwords: # none\n"), "fine, 0 warnings");
    }

    #[test]
    fn everything_wrong_is_found_at_once_in_the_order_of_the_file() {
        insta::assert_snapshot!(
            check(
                "Name: a\nid: [1]\non: 'true'\ncount: 1.5\nlevel: hihg\nwords: [a, 1, {b: c}]\n\
                 tags: {a: 1, 'b.c': [], a: x}\nseed: '300'\nquite: other\n"
            ),
            @r#"
            x.yaml:1:1: Name: unknown key
              hint: did you mean `name`?
            x.yaml:1:1: the key `name` is missing
            x.yaml:2:5: id: expected a string, found a list
            x.yaml:3:5: on: expected `true` or `false`, found the string `true`
              hint: remove the quotes
            x.yaml:4:8: count: expected a whole number, found the number `1.5`
            x.yaml:5:8: level: expected one of `low`, `high`, found `hihg`
              hint: did you mean `high`?
            x.yaml:6:12: words[1]: expected a string, found the number `1`
              hint: put it in quotes
            x.yaml:6:15: words[2]: expected a string, found a map
            x.yaml:7:11: tags.a: expected a string, found the number `1`
              hint: put it in quotes
            x.yaml:7:21: tags["b.c"]: expected a string, found a list
            x.yaml:7:25: tags.a: the key was already written in line 7
            x.yaml:8:7: seed: number too large to fit in target type
            x.yaml:9:1: quite: unknown key
              hint: known here: name, id, on, count, level, words, tags, seed
            "#
        );
    }

    #[test]
    fn a_missing_value_is_told_from_a_missing_key() {
        insta::assert_snapshot!(check("name:\n"), @r"
        x.yaml:1:1: the key `id` is missing
        x.yaml:1:5: name: a value is missing
        ");
    }

    #[test]
    fn a_document_of_another_shape_is_refused() {
        insta::assert_snapshot!(check("[a, b]"), @r"x.yaml:1:1: expected a map, found a list");
        insta::assert_snapshot!(check(""), @r"x.yaml:1:1: expected a map, found nothing");
    }
}

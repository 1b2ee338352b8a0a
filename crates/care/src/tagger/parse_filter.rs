//! Reads the filters of profile documents.

use reeve_document::{Cursor, Diagnostic, Entry, Problems, nearest};

use super::{
    Settings,
    filter::{FactInProfile, Filter, Test},
    pattern::Pattern,
    resource_types::{FieldValues, TaggedType},
};

/// How deeply functions may lie within each other.
const MAXIMUM_NESTING: usize = 32;

const AND: &str = "Fn::AND";
const OR: &str = "Fn::OR";
const NOT: &str = "Fn::NOT";
const TAG: &str = "Tag";

/// Reads the filters of blocks about one resource type.
pub(crate) struct FilterReader<'a> {
    pub(crate) tagged: &'static TaggedType,
    pub(crate) settings: &'a Settings,
    pub(crate) problems: &'a Problems,
}

impl FilterReader<'_> {
    /// Reads the filter of a block.
    pub(crate) fn read(&self, cursor: &Cursor<'_>) -> Option<Filter<FactInProfile>> {
        self.filter(cursor, 0)
    }

    fn filter(&self, cursor: &Cursor<'_>, nesting: usize) -> Option<Filter<FactInProfile>> {
        if nesting > MAXIMUM_NESTING {
            cursor.error(format!("filters lie more than {MAXIMUM_NESTING} deep within each other"));
            return None;
        }
        let entries = cursor.entries()?;
        if entries.is_empty() {
            cursor.error_with_hint("expected exactly one field, found none", self.known());
            return None;
        }
        if entries.len() > 1 {
            let names: Vec<String> =
                entries.iter().map(|(entry, _)| format!("`{}`", entry.key)).collect();
            cursor.error_with_hint(
                format!("expected exactly one field, found {}", names.join(", ")),
                format!("combine filters of one field each with `{AND}` or `{OR}`"),
            );
        }
        let mut read: Vec<_> =
            entries.iter().map(|(entry, value)| self.field(entry, value, nesting)).collect();
        if read.len() == 1 { read.pop().flatten() } else { None }
    }

    fn field(
        &self,
        entry: &Entry,
        value: &Cursor<'_>,
        nesting: usize,
    ) -> Option<Filter<FactInProfile>> {
        match entry.key.as_str() {
            AND => self.list(value, nesting).map(Filter::All),
            OR => self.list(value, nesting).map(Filter::Any),
            NOT => self.filter(value, nesting + 1).map(|filter| Filter::Not(Box::new(filter))),
            TAG => self.tag(value),
            name => {
                let Some(field) = self.tagged.field(name) else {
                    self.unknown_field(entry, value);
                    return None;
                };
                let test = read_test(value, field.values)?;
                Some(Filter::Fact { fact: FactInProfile::Attribute(field.name), test })
            }
        }
    }

    fn list(&self, value: &Cursor<'_>, nesting: usize) -> Option<Vec<Filter<FactInProfile>>> {
        let elements = value.list()?;
        if elements.is_empty() {
            value.error("expected at least one filter, found an empty list");
            return None;
        }
        let read: Vec<_> =
            elements.iter().map(|element| self.filter(element, nesting + 1)).collect();
        read.into_iter().collect()
    }

    fn tag(&self, value: &Cursor<'_>) -> Option<Filter<FactInProfile>> {
        let fields = value.fields(&["Key", "Value"])?;
        let key = fields.required("Key").and_then(|key| {
            let text = key.string()?;
            if text.is_empty() {
                return key.expected("a tag key");
            }
            if text.contains('*') {
                key.warn("a key is compared as it is: `*` does not stand for anything here");
            }
            Some(FactInProfile::tag(text, self.settings))
        });
        let pattern = if let Some(value) = fields.written("Value") {
            value.string().map(Pattern::new)
        } else {
            fields.map().error_with_hint(
                "the key `Value` is missing",
                "to match any value, write `\"Value\": \"*\"`",
            );
            None
        };
        Some(Filter::Fact { fact: key?, test: Test::Text(pattern?) })
    }

    fn unknown_field(&self, entry: &Entry, value: &Cursor<'_>) {
        let message = format!("unknown filter field of `{}`", self.tagged.name);
        // The diagnostic is about the key, not about the value that the cursor stands on.
        let diagnostic = Diagnostic::new(entry.key_position, value.path(), message);
        let names = self.tagged.fields.iter().map(|field| field.name);
        let near = nearest(&entry.key, names.chain([TAG, AND, OR, NOT]));
        self.problems.error(match near {
            Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
            None => diagnostic.with_hint(self.known()),
        });
    }

    fn known(&self) -> String {
        let names: Vec<&str> =
            self.tagged.fields.iter().map(|field| field.name).chain([TAG, AND, OR, NOT]).collect();
        format!("known here: {}", names.join(", "))
    }
}

fn read_test(cursor: &Cursor<'_>, values: FieldValues) -> Option<Test> {
    if values == FieldValues::Flag {
        return cursor.bool().map(Test::Flag);
    }
    let text = cursor.string()?;
    match values {
        FieldValues::Flag => None,
        FieldValues::Wildcard => {
            if text.is_empty() {
                cursor.warn("an empty text matches nothing");
            }
            Some(match Pattern::new(text) {
                Pattern::Anything => Test::Nothing,
                pattern => Test::Text(pattern),
            })
        }
        FieldValues::Exact => exact(cursor, text, "no `*` is allowed here"),
        FieldValues::ExactOrAny if text == "*" => Some(Test::Nothing),
        FieldValues::ExactOrAny => exact(cursor, text, "`*` is only allowed alone here"),
        FieldValues::OneOf(_) | FieldValues::OneOfInAnyCase(_) if text == "*" => {
            Some(Test::Nothing)
        }
        FieldValues::OneOf(words) => match words.iter().find(|word| **word == text) {
            Some(word) => Some(Test::Text(Pattern::new(word))),
            None => not_one_of(cursor, text, words),
        },
        FieldValues::OneOfInAnyCase(words) => {
            match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Some(Test::InAnyCase(word)),
                None => not_one_of(cursor, text, words),
            }
        }
    }
}

fn exact(cursor: &Cursor<'_>, text: &str, refusal: &str) -> Option<Test> {
    if text.contains('*') {
        cursor.error(format!("{refusal}: expected the whole text, found `{text}`"));
        return None;
    }
    if text.is_empty() {
        cursor.warn("an empty text matches nothing");
    }
    Some(Test::Text(Pattern::new(text)))
}

fn not_one_of(cursor: &Cursor<'_>, text: &str, words: &[&str]) -> Option<Test> {
    let names: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let message = format!("expected one of {}, `*`, found `{text}`", names.join(", "));
    match nearest(text, words.iter().copied()) {
        Some(near) => cursor.error_with_hint(message, format!("did you mean `{near}`?")),
        None => cursor.error(message),
    }
    None
}

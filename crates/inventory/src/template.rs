//! Inputs with placeholders, filled in for a place, a resource, or the tags to write.

use reeve_model::{Object, Value};

/// An input as a definition writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Template {
    /// A text, with placeholders in braces.
    Text(String),
    /// A number.
    Integer(i64),
    /// A yes or no.
    Bool(bool),
    /// A list.
    List(Vec<Template>),
    /// A map.
    Map(Vec<(String, Template)>),
    /// A list with one entry for each tag to write, with `{key}`, `{value}` and `{flag}`.
    EachTag(Box<Template>),
}

/// What placeholders stand for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fillings<'a> {
    /// Placeholders that stand for a text, which may be part of a longer one.
    pub(crate) texts: Vec<(&'static str, &'a str)>,
    /// Placeholders that stand for a whole value.
    pub(crate) values: Vec<(&'static str, Value)>,
    /// The tags to write.
    pub(crate) tags: Vec<TagFilling<'a>>,
}

/// One tag to write; without a value where it is removed.
#[derive(Debug, Clone)]
pub(crate) struct TagFilling<'a> {
    pub(crate) key: &'a str,
    pub(crate) value: Option<&'a str>,
    pub(crate) flag: bool,
}

impl Template {
    /// An empty map.
    pub(crate) fn empty() -> Self {
        Self::Map(Vec::new())
    }

    /// The input with every placeholder filled in.
    pub(crate) fn fill(&self, fillings: &Fillings<'_>) -> Value {
        match self {
            Self::Text(text) => fillings.text(text),
            Self::Integer(number) => Value::from(*number),
            Self::Bool(flag) => Value::from(*flag),
            Self::List(list) => list.iter().map(|entry| entry.fill(fillings)).collect(),
            Self::Map(map) => {
                let entries = map.iter().map(|(name, entry)| (name.as_str(), entry.fill(fillings)));
                Value::from(entries.collect::<Object>())
            }
            Self::EachTag(template) => {
                let fill = |tag: &TagFilling<'_>| {
                    let mut own = fillings.clone();
                    own.texts.push(("key", tag.key));
                    own.texts.extend(tag.value.map(|value| ("value", value)));
                    own.values.push(("flag", Value::from(tag.flag)));
                    template.fill(&own)
                };
                fillings.tags.iter().map(fill).collect()
            }
        }
    }
}

impl Fillings<'_> {
    fn text(&self, text: &str) -> Value {
        let whole = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        if let Some((_, value)) = self.values.iter().find(|(name, _)| Some(*name) == whole) {
            return value.clone();
        }
        Value::from(self.fill_text(text))
    }

    /// `text` with every placeholder that stands for a text filled in, in one pass: what was filled in is not looked at
    /// again, so a tag's value may hold braces.
    pub(crate) fn fill_text(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let placeholder = after.split_once('}').and_then(|(name, after)| {
                let found = self.texts.iter().find(|(known, _)| *known == name);
                found.map(|(_, text)| (*text, after))
            });
            match placeholder {
                Some((text, after)) => {
                    filled.push_str(text);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let fillings =
            Fillings { texts: vec![("id", "{arn}"), ("arn", "x")], ..Fillings::default() };
        assert_eq!(fillings.fill_text("a {id} b {arn} {unknown} {"), "a {arn} b x {unknown} {");
    }

    #[test]
    fn each_tag_is_repeated_for_each_tag() {
        let entry = Template::Map(vec![
            ("K".to_owned(), Template::Text("{key}".to_owned())),
            ("V".to_owned(), Template::Text("{value}".to_owned())),
        ]);
        let tag = |key, value| TagFilling { key, value: Some(value), flag: false };
        let fillings =
            Fillings { tags: vec![tag("a", "1"), tag("b", "{key}")], ..Fillings::default() };
        let filled = Template::EachTag(Box::new(entry)).fill(&fillings);
        assert_eq!(filled.to_json().to_string(), r#"[{"K":"a","V":"1"},{"K":"b","V":"{key}"}]"#);
    }
}

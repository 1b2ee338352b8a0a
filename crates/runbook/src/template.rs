//! Texts with `{{ }}` in them, and what becomes of them once the values are known.
//!
//! A text that is nothing but one reference becomes the value itself, with its type; a reference within other text is
//! written into it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    data_type::render,
    reference::{Reference, ReferenceError},
};

/// A text with references in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Text(String),
    Reference(Reference),
}

/// Tells the values of references.
pub trait Scope {
    /// The value, or why there is none.
    fn value(&self, reference: &Reference) -> Result<Value, Unresolved>;
}

/// A reference whose value is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{{{{ {reference} }}}}` {reason}")]
pub struct Unresolved {
    /// The reference.
    pub reference: String,
    /// Why it has no value: "has no value, since step `x` did not run".
    pub reason: String,
}

impl Template {
    /// Reads a text. Braces that are never closed are text.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((inside, remaining)) = after.split_once("}}") else { break };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Reference(Reference::parse(inside)?));
            rest = remaining;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Reads the text of a script, whose language has braces of its own: what is no reference is text.
    pub fn parse_code(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut before = String::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once("{{") {
            before.push_str(plain);
            let inside = after.split_once("}}");
            match inside.and_then(|(inside, after)| Some((Reference::parse(inside).ok()?, after))) {
                Some((reference, after)) => {
                    if !before.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut before)));
                    }
                    parts.push(Part::Reference(reference));
                    rest = after;
                }
                None => {
                    before.push_str("{{");
                    rest = after;
                }
            }
        }
        before.push_str(rest);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        Self { parts }
    }

    /// The references, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference),
            Part::Text(_) => None,
        })
    }

    /// The text, if there is no reference in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference, if the text is nothing else.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self.parts.as_slice() {
            [Part::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// The text with a star for every reference, as IAM's policies write what may be anything.
    pub fn with_stars(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Reference(_) => "*".to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The value: that of the reference if the text is nothing else, otherwise a text.
    pub fn resolve(&self, scope: &dyn Scope) -> Result<Value, Unresolved> {
        if let Some(reference) = self.as_reference() {
            return scope.value(reference);
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Reference(reference) => text.push_str(&render(&scope.value(reference)?)),
            }
        }
        Ok(Value::String(text))
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => formatter.write_str(text)?,
                Part::Reference(reference) => write!(formatter, "{{{{ {reference} }}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    struct Known;

    impl Scope for Known {
        fn value(&self, reference: &Reference) -> Result<Value, Unresolved> {
            match reference.to_string().as_str() {
                "Name" => Ok(json!("web")),
                "Count" => Ok(json!(3)),
                "Ids" => Ok(json!(["a", "b"])),
                "Tags" => Ok(json!({"k": "v"})),
                "Braces" => Ok(json!("{{ Name }}")),
                other => Err(Unresolved {
                    reference: other.to_owned(),
                    reason: "is not there".to_owned(),
                }),
            }
        }
    }

    fn resolved(text: &str) -> Result<Value, Unresolved> {
        Template::parse(text).unwrap().resolve(&Known)
    }

    #[test]
    fn a_reference_alone_keeps_its_type_and_one_in_a_text_is_written_into_it() {
        let cases = [
            ("", json!("")),
            ("{{Name}}", json!("web")),
            ("{{ Count }}", json!(3)),
            ("{{ Ids }}", json!(["a", "b"])),
            ("n-{{ Name }}-{{Count}}", json!("n-web-3")),
            ("ids: {{ Ids }}", json!(r#"ids: ["a","b"]"#)),
            ("tags={{ Tags }}", json!(r#"tags={"k":"v"}"#)),
            ("open {{ Name", json!("open {{ Name")),
            ("close }} {{ Name }}", json!("close }} web")),
        ];
        for (text, expected) in cases {
            assert_eq!(resolved(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_a_value_holds_is_not_read_as_a_template_again() {
        assert_eq!(resolved("{{ Braces }}!"), Ok(json!("{{ Name }}!")));
    }

    #[test]
    fn the_braces_of_a_script_are_its_own_unless_they_hold_a_reference() {
        let cases = [
            ("d = {{'a': 1}}", json!("d = {{'a': 1}}")),
            ("f'{{{x}}}' {{ Name }}", json!("f'{{{x}}}' web")),
            ("{{ {{ Name }} }}", json!("{{ web }}")),
        ];
        for (text, expected) in cases {
            assert_eq!(Template::parse_code(text).resolve(&Known), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_reference_without_a_value_is_named() {
        assert_eq!(resolved("a {{ x.y }}").unwrap_err().to_string(), "`{{ x.y }}` is not there");
    }

    proptest! {
        #[test]
        fn a_text_without_braces_is_itself(text in "[^{}]{0,40}") {
            prop_assert_eq!(resolved(&text), Ok(json!(text)));
        }

        #[test]
        fn reading_never_fails_badly_and_is_stable(text in "[a-z{}: .\\[\\]0-9]{0,40}") {
            if let Ok(template) = Template::parse(&text) {
                let again = Template::parse(&template.to_string()).unwrap();
                prop_assert_eq!(again, template);
            }
        }
    }
}

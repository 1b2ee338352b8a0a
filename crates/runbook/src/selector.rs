//! Selectors: the JSONPath by which an output is taken out of an answer.
//!
//! The paths are read by the library of the standard (RFC 9535). The service reads a dialect that is a little older; what
//! documents write of it is lowered to the standard here: keys with hyphens after a dot, and a missing `$`.

use std::{fmt, str::FromStr};

use serde_json::Value;
use serde_json_path::JsonPath;

/// A path into an answer.
#[derive(Debug, Clone)]
pub struct Selector {
    text: String,
    path: JsonPath,
    is_definite: bool,
}

/// A text that is no selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no JSONPath: {reason}")]
pub struct SelectorError {
    /// The text.
    pub text: String,
    /// What the reader says.
    pub reason: String,
}

impl Selector {
    /// The text, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the path finds: the value of a definite path, all that an indefinite one finds as a list, nothing if there is
    /// nothing.
    pub fn select(&self, value: &Value) -> Option<Value> {
        let found = self.path.query(value);
        if self.is_definite {
            return found.first().cloned();
        }
        let found: Vec<Value> = found.all().into_iter().cloned().collect();
        (!found.is_empty()).then_some(Value::Array(found))
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let lowered = lower(text.trim());
        let path = JsonPath::parse(&lowered)
            .map_err(|error| SelectorError { text: text.to_owned(), reason: error.to_string() })?;
        let is_definite = is_definite(&lowered);
        Ok(Self { text: text.to_owned(), path, is_definite })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Selector {}

/// Whether a path can find one value at most.
fn is_definite(path: &str) -> bool {
    let mut quote = None;
    let mut letters = path.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '*' | '?' | ',' | ':') => return false,
            (None, '.') if letters.peek() == Some(&'.') => return false,
            _ => {}
        }
    }
    true
}

/// The path in the words of the standard.
fn lower(text: &str) -> String {
    let text = match text.strip_prefix('$') {
        Some(_) => text.to_owned(),
        None => format!("$.{text}"),
    };
    let mut lowered = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        let after = rest.strip_prefix(letter).unwrap_or_default();
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                if let Some((key, remaining)) = after.split_at_checked(end)
                    && key.contains(['-', ':', '/', ' '])
                {
                    lowered.push_str(&format!("['{}']", key.replace('\'', "\\'")));
                    rest = remaining;
                    continue;
                }
            }
            _ => {}
        }
        lowered.push(letter);
        rest = after;
    }
    lowered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn select(path: &str, value: &Value) -> Option<Value> {
        path.parse::<Selector>().unwrap().select(value)
    }

    #[test]
    fn definite_paths_find_a_value_and_others_a_list() {
        let answer = json!({
            "Reservations": [
                {"Instances": [{"Id": "a", "State": {"Name": "running"}}, {"Id": "b", "State": {"Name": "stopped"}}]},
                {"Instances": [{"Id": "c", "State": {"Name": "running"}}]},
            ],
            "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "aws:x", "Value": "y"}],
            "a-b": {"c.d": 1},
        });
        let cases = [
            ("$", Some(answer.clone())),
            ("$.Reservations[0].Instances[1].Id", Some(json!("b"))),
            ("$.Reservations[-1].Instances[0].Id", Some(json!("c"))),
            ("$.Reservations[*].Instances[*].Id", Some(json!(["a", "b", "c"]))),
            ("$.Reservations..Id", Some(json!(["a", "b", "c"]))),
            ("$.Reservations[0:1].Instances[0].Id", Some(json!(["a"]))),
            ("$.Tags[?(@.Key == 'Name')].Value", Some(json!(["web"]))),
            ("$.a-b['c.d']", Some(json!(1))),
            ("Tags[0].Value", Some(json!("web"))),
            ("$.Nothing", None),
            ("$.Nothing[*].Id", None),
        ];
        for (path, expected) in cases {
            assert_eq!(select(path, &answer), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["$.", "$[", "$.a[", "$.a b c[?", "$$"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[$.\\[\\]a-zA-Z0-9*?@='\"(): -]{0,30}") {
            if let Ok(selector) = text.parse::<Selector>() {
                selector.select(&json!({"a": [1, {"b": "c"}]}));
            }
        }

        #[test]
        fn a_key_by_its_name_is_found(key in "[A-Za-z_][A-Za-z0-9_-]{0,10}", value in any::<i64>()) {
            let object = json!({ key.clone(): value });
            prop_assert_eq!(select(&format!("$.{key}"), &object), Some(json!(value)));
        }
    }
}

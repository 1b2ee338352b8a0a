//! Parameters: what a runbook asks for before it runs, and what it accepts.

use reeve_document::Position;
use serde_json::Value;

use crate::{
    data_type::{DataType, describe, render},
    pattern::Pattern,
};

/// A parameter that a runbook declares.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub position: Position,
    /// The type of its values.
    pub kind: ParameterType,
    /// What it is for.
    pub description: Option<String>,
    /// Its value where none is given; without one it must be given.
    pub default: Option<Value>,
    /// The only values that it may have, if it may not have any.
    pub allowed_values: Vec<Value>,
    /// What each of its texts must match.
    pub allowed_pattern: Option<Pattern>,
    /// How many elements a list may have: at least, at most.
    pub items: (Option<u64>, Option<u64>),
    /// How many characters a text may have: at least, at most.
    pub characters: (Option<u64>, Option<u64>),
}

/// The type of a parameter: a plain one, or the name or id of a kind of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterType {
    /// What its values are.
    pub data_type: DataType,
    /// What they name, such as `AWS::EC2::Instance::Id`, if that is said.
    pub resource: Option<String>,
}

/// A value that a parameter does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameter `{parameter}`: {reason}")]
pub struct ParameterError {
    /// The parameter.
    pub parameter: String,
    /// Why.
    pub reason: String,
}

impl ParameterType {
    /// The type of a name such as `StringList`, `AWS::EC2::Instance::Id` or `List<AWS::EC2::Instance::Id>`.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(data_type) = DataType::named(name) {
            return Some(Self { data_type, resource: None });
        }
        let element = name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
        let resource = element.unwrap_or(name);
        let parts: Vec<&str> = resource.split("::").collect();
        let is_word = |word: &&str| {
            !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric())
        };
        let is_resource =
            parts.len() == 4 && parts.first() == Some(&"AWS") && parts.iter().all(is_word);
        is_resource.then(|| Self {
            data_type: if element.is_some() { DataType::StringList } else { DataType::String },
            resource: Some(resource.to_owned()),
        })
    }
}

impl std::fmt::Display for ParameterType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.resource, self.data_type) {
            (None, data_type) => formatter.write_str(data_type.name()),
            (Some(resource), DataType::StringList) => write!(formatter, "List<{resource}>"),
            (Some(resource), _) => formatter.write_str(resource),
        }
    }
}

impl Parameter {
    /// `given` as a value of this parameter, or why it is none.
    pub fn accept(&self, given: &Value) -> Result<Value, ParameterError> {
        let wrong = |reason: String| ParameterError { parameter: self.name.clone(), reason };
        let value = self.kind.data_type.convert(given).map_err(|error| wrong(error.to_string()))?;
        match self.objection(&value) {
            Some(reason) => Err(wrong(reason)),
            None => Ok(value),
        }
    }

    /// What speaks against a value of the right type.
    fn objection(&self, value: &Value) -> Option<String> {
        let elements = match value {
            Value::Array(elements) => elements.as_slice(),
            single => std::slice::from_ref(single),
        };
        if value.is_array() {
            let count = elements.len() as u64;
            if let Some(objection) = out_of(self.items, count, "element") {
                return Some(objection);
            }
        }
        elements.iter().find_map(|element| self.objection_to_element(element))
    }

    fn objection_to_element(&self, element: &Value) -> Option<String> {
        if !self.allowed_values.is_empty()
            && !self.allowed_values.iter().any(|allowed| render(allowed) == render(element))
        {
            let allowed: Vec<String> = self
                .allowed_values
                .iter()
                .map(|allowed| format!("`{}`", render(allowed)))
                .collect();
            return Some(format!("{} is none of {}", describe(element), allowed.join(", ")));
        }
        let text = element.as_str()?;
        if let Some(objection) = out_of(self.characters, text.chars().count() as u64, "character") {
            return Some(objection);
        }
        let pattern = self.allowed_pattern.as_ref()?;
        (!pattern.matches(text))
            .then(|| format!("{} does not match `{pattern}`", describe(element)))
    }
}

/// Why a count is not within bounds.
fn out_of((least, most): (Option<u64>, Option<u64>), count: u64, what: &str) -> Option<String> {
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    if let Some(least) = least.filter(|least| count < *least) {
        return Some(format!("at least {least} {what}{} needed, found {count}", plural(least)));
    }
    let most = most.filter(|most| count > *most)?;
    Some(format!("at most {most} {what}{} allowed, found {count}", plural(most)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(kind: &str) -> Parameter {
        Parameter {
            name: "P".to_owned(),
            position: Position::START,
            kind: ParameterType::named(kind).unwrap(),
            description: None,
            default: None,
            allowed_values: Vec::new(),
            allowed_pattern: None,
            items: (None, None),
            characters: (None, None),
        }
    }

    #[test]
    fn types_are_known_by_name() {
        for name in ["String", "MapList", "AWS::EC2::Instance::Id", "List<AWS::EC2::Subnet::Id>"] {
            assert_eq!(ParameterType::named(name).unwrap().to_string(), name);
        }
        for name in ["string", "List<String>", "AWS::EC2::Instance", "Map", ""] {
            assert_eq!(ParameterType::named(name), None, "{name}");
        }
    }

    #[test]
    fn values_are_held_to_what_is_declared() {
        let allowed =
            Parameter { allowed_values: vec![json!("a"), json!(1)], ..parameter("String") };
        let pattern = Parameter {
            allowed_pattern: Some("^(?!x)[a-z]+$".parse().unwrap()),
            ..parameter("StringList")
        };
        let long = Parameter { characters: (Some(2), Some(3)), ..parameter("String") };
        let many = Parameter { items: (Some(1), Some(2)), ..parameter("StringList") };
        let cases = [
            (&allowed, json!("a"), Ok(json!("a"))),
            (&allowed, json!("1"), Ok(json!("1"))),
            (&allowed, json!("b"), Err("the text `b` is none of `a`, `1`")),
            (&pattern, json!(["ab", "c"]), Ok(json!(["ab", "c"]))),
            (&pattern, json!(["ab", "xc"]), Err("the text `xc` does not match `^(?!x)[a-z]+$`")),
            (&long, json!("a"), Err("at least 2 characters needed, found 1")),
            (&long, json!("äöüß"), Err("at most 3 characters allowed, found 4")),
            (&many, json!([]), Err("at least 1 element needed, found 0")),
            (&many, json!(["a", "b", "c"]), Err("at most 2 elements allowed, found 3")),
            (&many, json!({"a": 1}), Ok(json!([r#"{"a":1}"#]))),
        ];
        for (parameter, given, expected) in cases {
            let found = parameter.accept(&given).map_err(|error| error.reason);
            assert_eq!(found, expected.map_err(str::to_owned), "{given}");
        }
    }
}

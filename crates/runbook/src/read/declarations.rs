//! Parameters and variables: what a runbook asks for, and what it remembers.

use std::fmt::Display;

use reeve_document::{Cursor, Fields, nearest};
use serde_json::Value;

use super::{inputs, optional_text};
use crate::{
    data_type::{DataType, render},
    parameter::{Parameter, ParameterType},
    pattern::Pattern,
    runbook::Variable,
};

const KEYS: [&str; 10] = [
    "type",
    "description",
    "default",
    "allowedValues",
    "allowedPattern",
    "displayType",
    "minItems",
    "maxItems",
    "minChars",
    "maxChars",
];

/// Reads the parameters.
pub(super) fn parameters(cursor: &Cursor<'_>) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (entry, value) in cursor.entries().unwrap_or_default() {
        name(&value, &entry.key);
        if let Some(mut parameter) = value.fields(&KEYS).and_then(|fields| parameter(&fields)) {
            parameter.name.clone_from(&entry.key);
            parameter.position = entry.key_position;
            check_default(&parameter, &value);
            parameters.push(parameter);
        }
    }
    parameters
}

fn name(cursor: &Cursor<'_>, name: &str) {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.is_empty() || !name.chars().all(is_plain) {
        cursor.error(format!("`{name}` is no name: letters, digits, `_` and `-`"));
    }
}

fn parameter(fields: &Fields<'_>) -> Option<Parameter> {
    let kind = fields.required("type").and_then(kind)?;
    if let Some(display) = fields.optional("displayType") {
        display.one_of(&[("textfield", ()), ("textarea", ())]);
    }
    let count = |key: &str| fields.optional(key).and_then(count);
    let pattern = fields.optional("allowedPattern");
    Some(Parameter {
        name: String::new(),
        position: fields.map().position(),
        kind,
        description: optional_text(fields, "description"),
        default: fields.written("default").and_then(inputs::literal),
        allowed_values: allowed_values(fields),
        allowed_pattern: pattern.and_then(Cursor::parsed::<Pattern>),
        items: (count("minItems"), count("maxItems")),
        characters: (count("minChars"), count("maxChars")),
    })
}

/// A type by name, or what was probably meant.
fn kind(cursor: &Cursor<'_>) -> Option<ParameterType> {
    let name = cursor.string()?;
    let kind = ParameterType::named(name);
    if kind.is_none() {
        let names = DataType::ALL.map(|(name, _)| name);
        match nearest(name, names) {
            Some(near) => cursor
                .error_with_hint(format!("`{name}` is no type"), format!("did you mean `{near}`?")),
            None => cursor.error_with_hint(
                format!("`{name}` is no type"),
                format!(
                    "one of {}, or of a resource such as `AWS::EC2::Instance::Id`",
                    names.join(", ")
                ),
            ),
        }
    }
    kind
}

fn count(cursor: &Cursor<'_>) -> Option<u64> {
    let number = cursor.integer()?;
    u64::try_from(number).ok().or_else(|| cursor.expected("a count"))
}

fn allowed_values(fields: &Fields<'_>) -> Vec<Value> {
    let cursors = fields.optional("allowedValues").and_then(Cursor::list).unwrap_or_default();
    cursors.iter().filter_map(inputs::literal).collect()
}

/// A default has the declared type. Whether it is allowed is only looked at when it is used, as the service does: an empty
/// default often stands for "none".
fn check_default(parameter: &Parameter, cursor: &Cursor<'_>) {
    let Some(default) = &parameter.default else { return };
    let at = cursor.descend("default");
    if default.is_null() {
        at.error("a default cannot be nothing: leave it out, or write an empty value");
        return;
    }
    if is_reference(default) {
        return;
    }
    note(&at, check_value(parameter.kind.data_type, default));
    if let Some(allowed) = is_not_among(&parameter.allowed_values, default) {
        at.error(allowed);
    }
}

/// `{{ ssm:… }}` and the like, which are known only later.
fn is_reference(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{"))
}

fn is_not_among(allowed: &[Value], value: &Value) -> Option<String> {
    let elements = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let is_allowed = |element: &Value| {
        allowed.iter().any(|allowed| render(allowed) == render(element) || allowed == value)
    };
    let wrong = elements.iter().find(|element| !is_allowed(element))?;
    (!allowed.is_empty()).then(|| format!("`{}` is none of the allowed values", render(wrong)))
}

fn check_value(data_type: DataType, value: &Value) -> Result<(), crate::data_type::Mismatch> {
    data_type.convert(value).map(|_| ())
}

fn note<E: Display>(cursor: &Cursor<'_>, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        cursor.error(error.to_string());
    }
}

/// Reads the variables.
pub(super) fn variables(cursor: &Cursor<'_>) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (entry, value) in cursor.entries().unwrap_or_default() {
        name(&value, &entry.key);
        let Some(fields) = value.fields(&KEYS) else { continue };
        let Some(kind) = fields.required("type").and_then(kind) else { continue };
        let default = fields.written("default").and_then(inputs::literal);
        if let Some(default) = default.as_ref().filter(|default| !is_reference(default)) {
            note(&value.descend("default"), check_value(kind.data_type, default));
        }
        variables.push(Variable {
            name: entry.key.clone(),
            position: entry.key_position,
            data_type: kind.data_type,
            default,
            description: optional_text(&fields, "description"),
            allowed_values: allowed_values(&fields),
        });
    }
    variables
}

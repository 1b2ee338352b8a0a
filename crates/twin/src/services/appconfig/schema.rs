//! As much of JSON Schema as validators of configurations commonly use. Schemas with more than that are refused.

use serde_json::Value as Json;

/// Keywords that say nothing about what is valid.
const NOTES: [&str; 8] =
    ["$schema", "$id", "title", "description", "default", "examples", "$comment", "definitions"];
/// Keywords that are heeded.
const KEYWORDS: [&str; 15] = [
    "type",
    "enum",
    "const",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "minProperties",
];

/// Refuses a schema with something that is not heeded.
pub(super) fn check(schema: &Json) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return match schema {
            Json::Bool(_) => Ok(()),
            _ => Err("A JSON schema must be an object".to_owned()),
        };
    };
    for (keyword, value) in schema {
        match keyword.as_str() {
            "properties" => {
                value.as_object().into_iter().flatten().try_for_each(|(_, one)| check(one))?;
            }
            "additionalProperties" | "items" => check(value)?,
            "pattern" => {
                regex_lite::Regex::new(value.as_str().unwrap_or_default())
                    .map_err(|error| error.to_string())?;
            }
            other if KEYWORDS.contains(&other) || NOTES.contains(&other) => {}
            other => return Err(format!("The JSON schema keyword {other} is not supported here")),
        }
    }
    Ok(())
}

/// Whether a document is what a schema says; `path` is where it is.
pub(super) fn validate(schema: &Json, found: &Json, path: &str) -> Result<(), String> {
    if schema == &Json::Bool(false) {
        return Err(format!("{path} is not allowed"));
    }
    let types = match schema.get("type") {
        Some(Json::Array(types)) => types.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|one| is_of(found, one)) {
        return Err(format!("{path} is not of type {}", types.join(", ")));
    }
    let is_listed =
        schema.get("enum").and_then(Json::as_array).is_none_or(|all| all.contains(found));
    if !is_listed || schema.get("const").is_some_and(|only| only != found) {
        return Err(format!("{path} is not one of the values that are allowed"));
    }
    sizes(schema, found, path)?;
    members(schema, found, path)?;
    if let (Some(schema), Some(all)) = (schema.get("items"), found.as_array()) {
        for (number, one) in all.iter().enumerate() {
            validate(schema, one, &format!("{path}[{number}]"))?;
        }
    }
    Ok(())
}

fn is_of(found: &Json, name: &str) -> bool {
    match name {
        "object" => found.is_object(),
        "array" => found.is_array(),
        "string" => found.is_string(),
        "boolean" => found.is_boolean(),
        "null" => found.is_null(),
        "integer" => found.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => found.is_number(),
        _ => false,
    }
}

fn sizes(schema: &Json, found: &Json, path: &str) -> Result<(), String> {
    let limit = |keyword: &str| schema.get(keyword).and_then(Json::as_f64);
    let count = |size: usize| u32::try_from(size).map_or(f64::INFINITY, f64::from);
    let (size, least, most) = match found {
        Json::Number(number) => (number.as_f64(), "minimum", "maximum"),
        Json::String(text) => (Some(count(text.chars().count())), "minLength", "maxLength"),
        Json::Array(all) => (Some(count(all.len())), "minItems", "maxItems"),
        Json::Object(all) => (Some(count(all.len())), "minProperties", ""),
        _ => return Ok(()),
    };
    let Some(size) = size else { return Ok(()) };
    if limit(least).is_some_and(|least| size < least) {
        return Err(format!("{path} is less than {least}"));
    }
    if limit(most).is_some_and(|most| size > most) {
        return Err(format!("{path} is more than {most}"));
    }
    let pattern = schema.get("pattern").and_then(Json::as_str);
    let pattern = pattern.and_then(|pattern| regex_lite::Regex::new(pattern).ok());
    match (pattern, found.as_str()) {
        (Some(pattern), Some(text)) if !pattern.is_match(text) => {
            Err(format!("{path} does not match the pattern {pattern}"))
        }
        _ => Ok(()),
    }
}

fn members(schema: &Json, found: &Json, path: &str) -> Result<(), String> {
    let Some(members) = found.as_object() else { return Ok(()) };
    let required = schema.get("required").and_then(Json::as_array);
    for name in required.into_iter().flatten().filter_map(Json::as_str) {
        if !members.contains_key(name) {
            return Err(format!("{path}.{name} is required"));
        }
    }
    for (name, value) in members {
        let declared = schema.get("properties").and_then(|all| all.get(name));
        if let Some(schema) = declared.or_else(|| schema.get("additionalProperties")) {
            validate(schema, value, &format!("{path}.{name}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_held_to_its_schema() {
        let schema = json!({
            "type": "object", "required": ["limit"], "additionalProperties": false,
            "properties": {
                "limit": { "type": "integer", "minimum": 1, "maximum": 9 },
                "names": { "type": "array", "items": { "type": "string", "pattern": "^[a-z]+$" } }
            }
        });
        check(&schema).unwrap();
        for (document, is_valid) in [
            (json!({ "limit": 3, "names": ["a"] }), true),
            (json!({ "limit": 10 }), false),
            (json!({ "limit": 1.5 }), false),
            (json!({ "names": [] }), false),
            (json!({ "limit": 1, "names": ["A"] }), false),
            (json!({ "limit": 1, "other": 1 }), false),
        ] {
            assert_eq!(validate(&schema, &document, "$").is_ok(), is_valid, "{document}");
        }
        assert!(check(&json!({ "oneOf": [] })).is_err());
    }
}

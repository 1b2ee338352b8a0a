//! Documents as texts: what they hold, their parameters, and what they become with values.

use std::collections::BTreeMap;

use reeve_document::{NodeValue, parse_json, parse_yaml};
use reeve_model::{Object, Value};

use super::shared::texts;
use crate::failure::Failure;

/// The values of parameters by name.
pub(super) type Parameters = BTreeMap<String, Vec<String>>;

/// Reads a document's content.
pub(super) fn parse(content: &str, format: &str) -> Result<Value, Failure> {
    let node = if format == "YAML" { parse_yaml(content) } else { parse_json(content) };
    match node.map(|node| value(&node)) {
        Ok(parsed @ Value::Object(_)) => Ok(parsed),
        Ok(_) => Err(invalid_content("the document must be an object")),
        Err(problem) => Err(invalid_content(&format!("{problem:?}"))),
    }
}

fn invalid_content(reason: &str) -> Failure {
    Failure::new("InvalidDocumentContent", format!("The document content is not valid: {reason}"))
}

fn value(node: &reeve_document::Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Bool(truth) => (*truth).into(),
        NodeValue::Number(text) => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => text.parse::<f64>().map_or(Value::Null, Value::Float),
        },
        NodeValue::String(text) => text.as_str().into(),
        NodeValue::List(elements) => elements.iter().map(value).collect(),
        NodeValue::Map(entries) => {
            entries.iter().map(|entry| (entry.key.as_str(), value(&entry.value))).collect()
        }
    }
}

/// Refuses a Command document that could not run.
pub(super) fn check_command(content: &Value) -> Result<(), Failure> {
    let version = content.text("schemaVersion");
    if !matches!(version, "1.0" | "1.2" | "2.0" | "2.2") {
        let message = format!("The schema version {version:?} is not supported");
        return Err(Failure::new("InvalidDocumentSchemaVersion", message));
    }
    if steps(content).is_empty() {
        return Err(invalid_content("the document has no steps"));
    }
    Ok(())
}

/// The parameters that a document declares, as descriptions show them.
pub(super) fn declared(content: &Value) -> Vec<Value> {
    let parameters = content.get("parameters").and_then(Value::as_object);
    parameters
        .into_iter()
        .flat_map(Object::iter)
        .map(|(name, spec)| described(name, spec))
        .collect()
}

fn described(name: &str, spec: &Value) -> Value {
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or("String");
    let mut shown = Object::from_iter([("Name", name)]);
    shown.insert("Type", if kind == "StringList" { "StringList" } else { "String" });
    if let Some(description) = spec.get("description").and_then(Value::as_str) {
        shown.insert("Description", description);
    }
    if let Some(default) = spec.get("default") {
        let text = default.as_str().map_or_else(|| default.to_json().to_string(), str::to_owned);
        shown.insert("DefaultValue", text);
    }
    shown.into()
}

/// The values with which a document runs: those given and the defaults; refused if one is unknown, missing or not allowed.
pub(super) fn resolve(content: &Value, given: Option<&Object>) -> Result<Parameters, Failure> {
    let refuse = |message: String| Err(Failure::new("InvalidParameters", message));
    let empty = Object::new();
    let specs = content.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
    let mut resolved = Parameters::new();
    for (name, values) in given.into_iter().flat_map(Object::iter) {
        let Some(spec) = specs.get(name) else {
            return refuse(format!("The parameter {name} is not defined in the document"));
        };
        let values: Vec<String> =
            values.as_list().iter().filter_map(Value::as_str).map(str::to_owned).collect();
        check_values(name, spec, &values)?;
        resolved.insert(name.to_string(), values);
    }
    for (name, spec) in specs.iter() {
        if resolved.contains_key(name.as_str()) {
            continue;
        }
        let default = match spec.get("default") {
            Some(Value::List(values)) => {
                values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(text)) => vec![text.clone()],
            Some(other) => vec![other.to_json().to_string()],
            None => return refuse(format!("The parameter {name} requires a value")),
        };
        resolved.insert(name.to_string(), default);
    }
    Ok(resolved)
}

fn check_values(name: &str, spec: &Value, values: &[String]) -> Result<(), Failure> {
    let refuse = |message: String| Err(Failure::new("InvalidParameters", message));
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or("String");
    if kind == "String" && values.len() > 1 {
        return refuse(format!("The parameter {name} takes one value"));
    }
    let allowed = texts(spec, "allowedValues");
    let pattern = spec.get("allowedPattern").and_then(Value::as_str);
    let pattern = pattern.and_then(|pattern| regex_lite::Regex::new(pattern).ok());
    for value in values {
        if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
            return refuse(format!(
                "The value {value} of parameter {name} is not one of the allowed values [{}]",
                allowed.join(", ")
            ));
        }
        if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(value)) {
            return refuse(format!(
                "The value {value} of parameter {name} does not match its pattern"
            ));
        }
    }
    Ok(())
}

/// One step of a Command document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Its name.
    pub(super) name: String,
    /// Its plugin, such as `aws:runShellScript`.
    pub(super) action: String,
    /// The platform that it is for, if it says so.
    pub(super) platform: Option<String>,
    /// Its inputs.
    pub(super) inputs: Value,
}

/// The steps of a Command document, of any schema.
pub(super) fn steps(content: &Value) -> Vec<Step> {
    if let Some(steps) = content.get("mainSteps") {
        return steps.as_list().iter().filter_map(Value::as_object).map(step).collect();
    }
    let Some(configuration) = content.get("runtimeConfig").and_then(Value::as_object) else {
        return Vec::new();
    };
    let plugins = configuration.iter().flat_map(|(action, settings)| {
        let properties = settings.get("properties");
        let all = match properties {
            Some(Value::List(list)) => list.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        all.into_iter().map(move |inputs| Step {
            name: action.to_string(),
            action: action.to_string(),
            platform: None,
            inputs,
        })
    });
    plugins.collect()
}

fn step(step: &Object) -> Step {
    let platform = step.get("precondition").and_then(|condition| {
        let sides = condition.get("StringEquals")?.as_list();
        let texts: Vec<&str> = sides.iter().filter_map(Value::as_str).collect();
        texts.into_iter().find(|side| *side != "platformType").map(str::to_owned)
    });
    Step {
        name: step.text("name").to_owned(),
        action: step.text("action").to_owned(),
        platform,
        inputs: step.get("inputs").cloned().unwrap_or_default(),
    }
}

impl Step {
    /// The lines of its script, with values.
    pub(super) fn script(&self, parameters: &Parameters) -> String {
        let lines = match self.inputs.get("runCommand").or_else(|| self.inputs.get("commands")) {
            Some(Value::List(lines)) => {
                lines.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(text)) => vec![text.clone()],
            _ => Vec::new(),
        };
        lines.iter().map(|line| filled(line, parameters)).collect::<Vec<_>>().join("\n")
    }

    /// An input, with values.
    pub(super) fn input(&self, name: &str, parameters: &Parameters) -> Option<String> {
        let value = self.inputs.get(name)?;
        let text = value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned);
        Some(filled(&text, parameters))
    }
}

/// A text with its `{{ parameters }}` replaced; lists become lines.
pub(super) fn filled(text: &str, parameters: &Parameters) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        result.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            result.push_str("{{");
            rest = after;
            break;
        };
        match parameters.get(name.trim()) {
            Some(values) => result.push_str(&values.join("\n")),
            None => result.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = after;
    }
    result.push_str(rest);
    result
}

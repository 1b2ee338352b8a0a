//! What a target receives: the event, a part of it, a text of the rule's, or what a transformer makes.

use jiff::Timestamp;
use reeve_events::{JsonPath, Subject, Transformer};
use reeve_model::Value;

/// Refuses a target whose input could not be made.
pub(crate) fn check(target: &Value) -> Result<(), String> {
    let id = target.text("Id");
    let forms = ["Input", "InputPath", "InputTransformer"];
    let given = forms.iter().filter(|form| target.get(form).is_some()).count();
    if given > 1 {
        return Err(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        ));
    }
    if let Some(text) = target.get("Input").and_then(Value::as_str)
        && serde_json::from_str::<serde_json::Value>(text).is_err()
    {
        return Err(format!("JSON syntax error in input for target {id}"));
    }
    if let Some(path) = target.get("InputPath").and_then(Value::as_str) {
        JsonPath::parse(path).map_err(|_| format!("Invalid InputPath for target {id}."))?;
    }
    if let Some(transformer) = target.get("InputTransformer") {
        compile(transformer)
            .map_err(|error| format!("Invalid InputTemplate for target {id} : [{error}]"))?;
    }
    Ok(())
}

fn compile(transformer: &Value) -> Result<Transformer, String> {
    let template = transformer.text("InputTemplate");
    let paths = transformer.get("InputPathsMap").and_then(Value::as_object);
    let paths: Vec<(&str, &str)> = paths
        .into_iter()
        .flat_map(reeve_model::Object::iter)
        .filter_map(|(name, path)| Some((name.as_str(), path.as_str()?)))
        .collect();
    Transformer::parse(paths, template).map_err(|error| error.to_string())
}

/// The text for a target.
pub(super) fn body(
    target: &Value,
    event: &serde_json::Value,
    rule_arn: &str,
    received: Timestamp,
) -> String {
    if let Some(text) = target.get("Input").and_then(Value::as_str) {
        return text.to_owned();
    }
    if let Some(path) = target.get("InputPath").and_then(Value::as_str) {
        let found = JsonPath::parse(path).ok().and_then(|path| path.find(event));
        return found.unwrap_or_else(|| serde_json::json!({})).to_string();
    }
    let Some(transformer) = target.get("InputTransformer").and_then(|it| compile(it).ok()) else {
        return event.to_string();
    };
    transformer.apply(&Subject {
        event,
        rule_arn,
        rule_name: rule_arn.rsplit('/').next().unwrap_or_default(),
        received: &received.to_string(),
    })
}

//! Feature flags: configurations of one form, which readers get in another.

use serde_json::{Map, Value as Json, json};

/// The type of profiles whose configurations are feature flags.
pub(super) const TYPE: &str = "AWS.AppConfig.FeatureFlags";

/// Refuses what is not a document of feature flags.
pub(super) fn check(document: &Json) -> Result<(), String> {
    if document.get("version").and_then(Json::as_str) != Some("1") {
        return Err("The version of the feature flags must be \"1\"".to_owned());
    }
    let Some(flags) = document.get("flags").and_then(Json::as_object) else {
        return Err("The feature flags must contain flags".to_owned());
    };
    let values = document.get("values").and_then(Json::as_object);
    for (name, value) in values.into_iter().flatten() {
        let Some(flag) = flags.get(name) else {
            return Err(format!("The value {name} has no flag"));
        };
        if value.get("_variants").is_some() {
            return Err(format!("The flag {name} has variants, which are not supported here"));
        }
        let declared = flag.get("attributes").and_then(Json::as_object);
        let names = value.as_object().into_iter().flatten().map(|(attribute, _)| attribute);
        for attribute in names.filter(|attribute| *attribute != "enabled") {
            if !declared.is_some_and(|all| all.contains_key(attribute)) {
                return Err(format!("The flag {name} has no attribute {attribute}"));
            }
        }
    }
    Ok(())
}

/// What readers get: each flag, and its attributes if it is enabled.
pub(super) fn served(document: &Json) -> Json {
    let mut shown = Map::new();
    let values = document.get("values").and_then(Json::as_object);
    let flags = document.get("flags").and_then(Json::as_object);
    for name in flags.into_iter().flatten().map(|(name, _)| name) {
        let value = values.and_then(|all| all.get(name));
        let enabled = value.and_then(|value| value.get("enabled"));
        let is_enabled = enabled == Some(&json!(true)) || enabled == Some(&json!("true"));
        let mut flag = match value {
            Some(Json::Object(value)) if is_enabled => value.clone(),
            _ => Map::new(),
        };
        flag.insert("enabled".to_owned(), Json::Bool(is_enabled));
        shown.insert(name.clone(), flag.into());
    }
    shown.into()
}

//! The parameters of a template: their types, defaults and bounds, and the values given for them.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{functions::text, template::Template};

/// What was given for a parameter.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// This.
    Text(String),
    /// What it was before.
    Previous,
}

/// A parameter with its value.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    /// What was given, or the default.
    pub(crate) written: String,
    /// What the template sees: a list for the list types, the stored value for those of Systems Manager.
    pub(crate) value: Value,
    /// Whether it is not to be shown.
    pub(crate) hidden: bool,
    /// Whether `value` was read from Systems Manager.
    pub(crate) looked_up: bool,
}

/// The parameters of a stack by name.
pub(crate) type Parameters = BTreeMap<String, Settled>;

/// Settles every parameter, or says what is wrong with one. `lookup` reads a Systems Manager parameter.
pub(crate) fn settle(
    template: &Template,
    given: &BTreeMap<String, Given>,
    previous: &BTreeMap<String, String>,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Parameters, String> {
    let unknown: Vec<&str> = given
        .keys()
        .filter(|name| template.declared("Parameters", name).is_none())
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        return Err(format!("Parameters: [{}] do not exist in the template", unknown.join(", ")));
    }
    let mut settled = Parameters::new();
    let mut absent = Vec::new();
    for (name, declared) in template.section("Parameters") {
        let default = declared.get("Default").map(text);
        let written = match given.get(name) {
            Some(Given::Text(text)) => Some(text.clone()),
            Some(Given::Previous) => Some(previous.get(name).cloned().ok_or_else(|| {
                format!("Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
            })?),
            None => default,
        };
        let Some(written) = written else {
            absent.push(name);
            continue;
        };
        settled.insert(name.to_owned(), one(name, declared, written, lookup)?);
    }
    if !absent.is_empty() {
        return Err(format!("Parameters: [{}] must have values", absent.join(", ")));
    }
    Ok(settled)
}

fn one(
    name: &str,
    declared: &Value,
    written: String,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Settled, String> {
    let empty = Object::new();
    let declared = declared.as_object().unwrap_or(&empty);
    let kind = declared.get("Type").and_then(Value::as_str).unwrap_or("String");
    let hidden = declared.get("NoEcho").is_some_and(|hidden| text(hidden) == "true");
    let stored =
        kind.strip_prefix("AWS::SSM::Parameter::Value<").and_then(|of| of.strip_suffix('>'));
    check(name, declared, kind, &written)?;
    let actual = match stored {
        None => written.clone(),
        Some(_) => lookup(&written).ok_or_else(|| {
            format!("Unable to fetch parameters [{written}] from parameter store for this account.")
        })?,
    };
    let is_list = |kind: &str| kind == "CommaDelimitedList" || kind.starts_with("List<");
    let value = if is_list(stored.unwrap_or(kind)) {
        if actual.is_empty() {
            Value::List(Vec::new())
        } else {
            actual.split(',').map(|part| Value::from(part.trim())).collect()
        }
    } else {
        Value::from(actual)
    };
    Ok(Settled { written, value, hidden, looked_up: stored.is_some() })
}

fn check(name: &str, declared: &Object, kind: &str, written: &str) -> Result<(), String> {
    let refuse = |what: String| {
        let own = declared.get("ConstraintDescription").and_then(Value::as_str);
        Err(format!("Parameter '{name}' must be {}", own.unwrap_or(&what)))
    };
    let number = |member: &str| text(declared.get(member)?).parse::<f64>().ok();
    let allowed = declared.list("AllowedValues");
    if !allowed.is_empty() && !allowed.iter().any(|value| text(value) == written) {
        let allowed: Vec<String> = allowed.iter().map(text).collect();
        return refuse(format!("one of AllowedValues: [{}]", allowed.join(", ")));
    }
    if kind == "Number" || kind == "List<Number>" {
        for part in written.split(',') {
            let Ok(value) = part.trim().parse::<f64>() else {
                return Err(format!("Parameter '{name}' must be a number."));
            };
            if number("MinValue").is_some_and(|least| value < least) {
                return refuse(format!(
                    "a number not less than {}",
                    number("MinValue").unwrap_or(0.0)
                ));
            }
            if number("MaxValue").is_some_and(|most| value > most) {
                return refuse(format!(
                    "a number not greater than {}",
                    number("MaxValue").unwrap_or(0.0)
                ));
            }
        }
        return Ok(());
    }
    let length = u32::try_from(written.chars().count()).map_or(f64::MAX, f64::from);
    if number("MinLength").is_some_and(|least| length < least) {
        return refuse(format!("at least {} characters", number("MinLength").unwrap_or(0.0)));
    }
    if number("MaxLength").is_some_and(|most| length > most) {
        return refuse(format!("at most {} characters", number("MaxLength").unwrap_or(0.0)));
    }
    Ok(())
}

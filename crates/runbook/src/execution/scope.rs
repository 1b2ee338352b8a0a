//! What references mean while an execution runs.

use serde_json::{Map, Value, json};

use super::Execution;
use crate::{
    effect::{Call, Effect},
    reference::{Access, Automation, Global, Reference, Source, follow},
    runbook::Runbook,
    step::{Control, LoopRule},
    template::{Scope, Template, Unresolved},
    unknown,
};

impl Scope for Execution {
    fn value(&self, reference: &Reference) -> Result<Value, Unresolved> {
        let unresolved = |reason: String| Unresolved { reference: reference.to_string(), reason };
        match &reference.source {
            Source::Global(global) => Ok(self.global(*global)),
            Source::Automation(Automation::ExecutionId) => Ok(json!(self.id)),
            Source::ParameterStore(name) => self
                .store
                .get(name)
                .cloned()
                .ok_or_else(|| unresolved("was not read from the Parameter Store".to_owned())),
            Source::Variable(name) => {
                let value = self.variables.get(name);
                let value = value.ok_or_else(|| unresolved("is no variable".to_owned()))?;
                if self.is_unknown(value)
                    && let Some(further) = unknown::follow(value, &reference.path)
                {
                    return Ok(further);
                }
                Ok(follow(value, &reference.path).cloned().unwrap_or_default())
            }
            Source::Named(name) => self.named(name, &reference.path).map_err(unresolved),
        }
    }
}

impl Execution {
    fn global(&self, global: Global) -> Value {
        // Times are those of the world, which is UTC.
        let now = self.now.to_zoned(jiff::tz::TimeZone::UTC);
        match global {
            Global::AccountId => json!(self.place.account.as_str()),
            Global::Region => json!(self.place.region.as_str()),
            Global::Partition => json!(self.place.region.partition().as_str()),
            Global::Date => json!(now.strftime("%Y-%m-%d").to_string()),
            Global::DateTime => json!(now.strftime("%Y-%m-%d_%H.%M.%S").to_string()),
        }
    }

    fn named(&self, name: &str, path: &[Access]) -> Result<Value, String> {
        if let Some(frame) = self.frames.iter().rev().find(|frame| frame.step == name) {
            return match path.split_first() {
                Some((Access::Key(key), rest)) if key == "CurrentIteratorValue" => {
                    let item = frame.item().ok_or("has no elements to go through")?;
                    if self.is_unknown(item)
                        && let Some(further) = unknown::follow(item, rest)
                    {
                        return Ok(further);
                    }
                    Ok(follow(item, rest).cloned().unwrap_or_default())
                }
                Some((Access::Key(key), [])) if key == "CurrentIteration" => Ok(json!(frame.round)),
                _ => Err("is nothing that a loop tells".to_owned()),
            };
        }
        if let (Some(outputs), Some((Access::Key(output), rest))) =
            (self.outputs.get(name), path.split_first())
        {
            if let Some(value) = outputs.get(output).filter(|value| self.is_unknown(value))
                && let Some(further) = unknown::follow(value, rest)
            {
                return Ok(further);
            }
            // What an answer did not have is nothing, as a branch may ask.
            let value = outputs.get(output).and_then(|value| follow(value, rest));
            return Ok(value.cloned().unwrap_or_default());
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(follow(value, path).cloned().unwrap_or_default());
        }
        match (&self.target, name) {
            (Some(target), "RESOURCE_ID") => Ok(json!(target)),
            _ => Err(format!("has no value, since step `{name}` has not ended")),
        }
    }
}

/// Every name of the Parameter Store that is referred to.
pub(crate) fn parameter_store_names(
    runbook: &Runbook,
    parameters: &Map<String, Value>,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut note = |reference: &Reference| {
        if let Source::ParameterStore(name) = &reference.source
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    };
    for step in runbook.all_steps() {
        for (_, input) in &step.inputs {
            input.visit_references(&mut |reference, _| note(reference));
        }
        match &step.control {
            Control::Branch(branch) => branch.choices.iter().for_each(|choice| {
                choice.condition.visit(&mut |input| {
                    input.visit_references(&mut |reference, _| note(reference));
                });
            }),
            Control::Loop(repeated) => {
                if let LoopRule::ForEach { items, .. } = &repeated.rule {
                    items.visit_references(&mut |reference, _| note(reference));
                }
            }
            Control::None => {}
        }
    }
    visit_texts(&Value::Object(parameters.clone()), &mut |text| {
        if let Ok(template) = Template::parse(text) {
            template.references().for_each(&mut note);
        }
    });
    names
}

fn visit_texts(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(elements) => elements.iter().for_each(|element| visit_texts(element, visit)),
        Value::Object(entries) => entries.values().for_each(|value| visit_texts(value, visit)),
        _ => {}
    }
}

/// The call that reads a value of the Parameter Store.
pub(super) fn read_parameter(name: &str) -> Effect {
    let input = Map::from_iter([
        ("Name".to_owned(), json!(name)),
        ("WithDecryption".to_owned(), json!(false)),
    ]);
    Effect::Call(Call { service: "ssm".to_owned(), operation: "GetParameter".to_owned(), input })
}

/// Whether the answer of that call has a secret, still encrypted.
pub(super) fn is_secret(answer: &Value) -> bool {
    answer.pointer("/Parameter/Type").and_then(Value::as_str) == Some("SecureString")
}

/// The value in the answer of that call: a list of texts for a list.
pub(super) fn parameter_value(answer: &Value) -> Value {
    let text = answer.pointer("/Parameter/Value").and_then(Value::as_str).unwrap_or_default();
    match answer.pointer("/Parameter/Type").and_then(Value::as_str) {
        Some("StringList") => text.split(',').map(Value::from).collect(),
        _ => json!(text),
    }
}

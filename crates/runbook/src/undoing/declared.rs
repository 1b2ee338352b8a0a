//! Documents that say how another document is taken back.
//!
//! `Name.undo.yaml` beside `Name.yaml` is one. It is run with what the execution had: a parameter of the same name has its value,
//! and one that is named as a step and one of its outputs, without the dot (`lookArn` for `look.Arn`), has that output.

use std::collections::BTreeMap;

use reeve_document::Diagnostic;
use serde_json::{Map, Value};

use crate::{parameter::Parameter, runbook::Runbook};

/// What the name of such a document has more than that of the other.
pub const UNDO_SUFFIX: &str = ".undo";

/// The outputs that every step has.
const WHOLE: [&str; 2] = ["Output", "OutputPayload"];

/// What is wrong with a document that says how another is taken back: parameters that nothing can fill.
pub fn check_undo_document(undo: &Runbook, of: &Runbook) -> Vec<Diagnostic> {
    let outputs = outputs(of);
    let is_filled = |parameter: &&Parameter| {
        parameter.default.is_some()
            || of.parameter(&parameter.name).is_some()
            || outputs.contains_key(&parameter.name)
    };
    let unfilled = undo.parameters.iter().filter(|parameter| !is_filled(parameter));
    let problem = |parameter: &Parameter| {
        let path = format!("parameters.{}", parameter.name);
        let message = format!(
            "nothing fills `{}`: the runbook has no parameter of this name, and no step with an output that it names",
            parameter.name
        );
        let names = of.parameters.iter().map(|parameter| parameter.name.as_str());
        let near = reeve_document::nearest(
            &parameter.name,
            names.chain(outputs.keys().map(String::as_str)),
        );
        let hint = near.map_or_else(
            || {
                "an output is named as `stepOutput` for `step.Output`; or give it a default"
                    .to_owned()
            },
            |near| format!("did you mean `{near}`?"),
        );
        Diagnostic::new(parameter.position, path, message).with_hint(hint)
    };
    unfilled.map(problem).collect()
}

/// What such a document is started with: by the values that the parameters of the execution had, and what its steps gave.
pub fn fill_undo_document(
    undo: &Runbook,
    of: &Runbook,
    parameters: &Map<String, Value>,
    given: &BTreeMap<String, Map<String, Value>>,
) -> Result<Map<String, Value>, String> {
    let outputs = outputs(of);
    let mut filled = Map::new();
    for parameter in &undo.parameters {
        let name = &parameter.name;
        let output = || {
            let (step, output) = outputs.get(name)?;
            given.get(step)?.get(output).filter(|value| !value.is_null())
        };
        let value = if of.parameter(name).is_some() { parameters.get(name) } else { output() };
        match value {
            Some(value) => {
                filled.insert(name.clone(), value.clone());
            }
            None if parameter.default.is_some() => {}
            None => {
                return Err(match outputs.get(name) {
                    Some((step, output)) => format!(
                        "its parameter `{name}` has no value: step `{step}` did not give `{output}`"
                    ),
                    None => format!("nothing fills its parameter `{name}`"),
                });
            }
        }
    }
    Ok(filled)
}

/// The outputs of the steps, by the name of the parameter that takes them.
fn outputs(runbook: &Runbook) -> BTreeMap<String, (String, String)> {
    let mut outputs = BTreeMap::new();
    for step in runbook.all_steps() {
        let declared = step.outputs.iter().map(|output| output.name.as_str());
        let always = step.action.outputs.iter().map(|(name, _)| *name);
        for output in declared.chain(always).chain(WHOLE) {
            let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
            let name: String = step.name.chars().chain(output.chars()).filter(is_plain).collect();
            outputs.entry(name).or_insert_with(|| (step.name.clone(), output.to_owned()));
        }
    }
    outputs
}

//! The runbook that takes an execution back.
//!
//! It is an ordinary document, in JSON: one step for each call, and one before it that waits where the call could come too early.
//! Whatever a failure leaves undone stays undone: what comes later may rest on it. A wait that comes to nothing is none: the call
//! after it tells whether it can be made, and one that finds nothing left to take back has done what it should. Values in which somebody wrote `{{` are
//! parameters with a default, since there is no other way to write them.

use serde_json::{Map, Value, json};

use super::{UndoAct, UndoStep, Undoing};
use crate::effect::Call;

/// The inputs of the steps that make calls and look, which are none of the operations'.
const OWN: [&str; 4] = ["Service", "Api", "PropertySelector", "DesiredValues"];

/// The member of a call that a step cannot give to it, if there is one.
pub(super) fn unwritable(call: &Call) -> Option<&str> {
    OWN.into_iter().find(|name| call.input.contains_key(*name))
}

impl Undoing {
    /// The runbook, as a document in JSON. Nothing if nothing is to be done.
    pub fn document(&self, execution: &str) -> Option<Value> {
        if self.steps.is_empty() {
            return None;
        }
        let mut literals = Literals::default();
        let steps: Vec<Value> =
            self.steps.iter().flat_map(|step| step.written(&mut literals)).collect();
        let mut document = json!({
            "schemaVersion": "0.3",
            "description": format!("Takes back what {execution} did."),
        });
        if let Some(document) = document.as_object_mut() {
            if !literals.parameters.is_empty() {
                document.insert("parameters".to_owned(), Value::Object(literals.parameters));
            }
            document.insert("mainSteps".to_owned(), Value::Array(steps));
        }
        Some(document)
    }
}

impl UndoStep {
    fn written(&self, literals: &mut Literals) -> Vec<Value> {
        let UndoStep { name, execution, step, change, part: _, act } = self;
        let about = format!("Takes back {change} of step {step} of {execution}.");
        match act {
            UndoAct::Call { wait, call, .. } => {
                let mut steps = Vec::new();
                if let Some(wait) = wait {
                    let mut inputs = Map::new();
                    inputs.insert("Service".to_owned(), json!(wait.call.service));
                    inputs.insert("Api".to_owned(), json!(wait.call.operation));
                    inputs.insert("PropertySelector".to_owned(), json!(wait.selector));
                    inputs.insert("DesiredValues".to_owned(), json!([wait.wanted]));
                    inputs.extend(literals.written_all(&wait.call.input));
                    steps.push(json!({
                        "name": format!("{name}_wait"),
                        "action": "aws:waitForAwsResourceProperty",
                        "timeoutSeconds": wait.timeout_seconds,
                        "onFailure": "Continue",
                        "isCritical": false,
                        "inputs": inputs,
                    }));
                }
                let mut inputs = Map::new();
                inputs.insert("Service".to_owned(), json!(call.service));
                inputs.insert("Api".to_owned(), json!(call.operation));
                inputs.extend(literals.written_all(&call.input));
                steps.push(json!({
                    "name": name,
                    "description": about,
                    "action": "aws:executeAwsApi",
                    "inputs": inputs,
                }));
                steps
            }
            UndoAct::Run { document, parameters } => {
                let parameters = literals.written_all(parameters);
                vec![json!({
                    "name": name,
                    "description": about,
                    "action": "aws:executeAutomation",
                    "inputs": { "DocumentName": document, "RuntimeParameters": parameters },
                })]
            }
        }
    }
}

/// Texts that would be read as references where they stand.
#[derive(Debug, Default)]
struct Literals {
    parameters: Map<String, Value>,
}

impl Literals {
    fn written_all(&mut self, values: &Map<String, Value>) -> Map<String, Value> {
        values.iter().map(|(name, value)| (name.clone(), self.written(value))).collect()
    }

    /// A value as it is written where lists in lists are taken for one.
    fn written(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(elements) => match elements.as_slice() {
                [inner @ Value::Array(_)] => json!([[self.without_references(inner)]]),
                elements => elements.iter().map(|element| self.written(element)).collect(),
            },
            Value::Object(entries) => Value::Object(self.written_all(entries)),
            other => self.without_references(other),
        }
    }

    /// A value with nothing in it that would be read as a reference.
    fn without_references(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.contains("{{") => {
                let name = format!("Text{}", self.parameters.len() + 1);
                let reference = json!(format!("{{{{ {name} }}}}"));
                self.parameters.insert(name, json!({ "type": "String", "default": text }));
                reference
            }
            Value::Array(elements) => {
                elements.iter().map(|element| self.without_references(element)).collect()
            }
            Value::Object(entries) => {
                let entries = entries.iter();
                entries
                    .map(|(name, value)| (name.clone(), self.without_references(value)))
                    .collect()
            }
            other => other.clone(),
        }
    }
}

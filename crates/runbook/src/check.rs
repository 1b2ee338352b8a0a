//! What can be wrong with a runbook whose every part could be read: what does not fit together.
//!
//! Errors are what the service refuses, when the document is made or when it runs; warnings are what it accepts, and what is
//! probably not meant.

mod calls;
mod flow;
mod inputs;
mod names;
mod references;
mod unused;

use std::collections::BTreeSet;

use reeve_document::{Node, NodeValue, Problems};

use crate::runbook::Runbook;

/// The names that a document declares, also those of what could not be read: what refers to them is not wrong as well.
#[derive(Debug, Default)]
pub(crate) struct Written(BTreeSet<String>);

impl Written {
    /// The names of parameters, variables and steps.
    pub(crate) fn of(document: &Node) -> Self {
        let mut names = BTreeSet::new();
        for key in ["parameters", "variables"] {
            if let Some(NodeValue::Map(entries)) = document.get(key).map(|node| &node.value) {
                names.extend(entries.iter().map(|entry| entry.key.clone()));
            }
        }
        if let Some(steps) = document.get("mainSteps") {
            names_of_steps(steps, &mut names);
        }
        Self(names)
    }

    /// Whether a name is declared.
    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

fn names_of_steps(steps: &Node, names: &mut BTreeSet<String>) {
    let NodeValue::List(steps) = &steps.value else { return };
    for step in steps {
        if let Some(NodeValue::String(name)) = step.get("name").map(|node| &node.value) {
            names.insert(name.clone());
        }
        if let Some(inner) = step.get("inputs").and_then(|inputs| inputs.get("Steps")) {
            names_of_steps(inner, names);
        }
    }
}

/// Notes everything.
pub(crate) fn check(runbook: &Runbook, written: &Written, problems: &Problems) {
    names::check(runbook, problems);
    flow::check(runbook, written, problems);
    references::check(runbook, written, problems);
    inputs::check(runbook, problems);
    calls::check(runbook, problems);
    unused::check(runbook, problems);
}

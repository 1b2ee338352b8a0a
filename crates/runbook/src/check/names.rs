//! Every step has a name of its own.

use std::collections::HashMap;

use reeve_document::{Diagnostic, Problems};

use crate::{runbook::Runbook, step::Step};

pub(super) fn check(runbook: &Runbook, problems: &Problems) {
    let mut seen: HashMap<&str, &Step> = HashMap::new();
    for step in runbook.all_steps() {
        if let Some(first) = seen.get(step.name.as_str()) {
            let message = format!(
                "the name `{}` belongs to another step, in line {}",
                step.name, first.position.line
            );
            problems.error(Diagnostic::new(step.position, &step.path, message));
        } else {
            seen.insert(&step.name, step);
        }
        let mut outputs: Vec<&str> = Vec::new();
        for output in &step.outputs {
            if outputs.contains(&output.name.as_str()) {
                let message = format!("the output `{}` is taken twice", output.name);
                problems.error(Diagnostic::new(output.position, &step.path, message));
            }
            outputs.push(&output.name);
        }
    }
}

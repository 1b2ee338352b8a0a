//! What is asked for and never used.

use std::collections::HashSet;

use reeve_document::{Diagnostic, Problems};

use super::references::every_reference;
use crate::{reference::Source, runbook::Runbook};

pub(super) fn check(runbook: &Runbook, problems: &Problems) {
    let mut used: HashSet<&Source> = HashSet::new();
    every_reference(runbook, &mut |found| {
        used.insert(&found.reference.source);
    });
    for parameter in &runbook.parameters {
        if !used.contains(&Source::Named(parameter.name.clone())) {
            let message = format!("parameter `{}` is never used", parameter.name);
            let path = format!("parameters.{}", parameter.name);
            problems.warn(Diagnostic::new(parameter.position, path, message));
        }
    }
    for variable in &runbook.variables {
        if !used.contains(&Source::Variable(variable.name.clone())) {
            let message = format!("variable `{}` is never used", variable.name);
            let path = format!("variables.{}", variable.name);
            problems.warn(Diagnostic::new(variable.position, path, message));
        }
    }
}

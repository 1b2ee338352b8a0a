//! Every reference is to something that there is.

use std::collections::HashMap;

use reeve_document::{Diagnostic, Position, Problems, nearest};

use super::Written;
use crate::{
    data_type::DataType,
    input::Input,
    reference::{Access, Reference, Source},
    runbook::Runbook,
    step::{Control, LoopRule, Step},
};

/// What a loop tells its own steps.
const OF_A_LOOP: [&str; 2] = ["CurrentIteratorValue", "CurrentIteration"];

/// The target of one of several executions, which no runbook declares.
const RESOURCE_ID: &str = "RESOURCE_ID";

/// A reference, and where it stands.
pub(super) struct Found<'a> {
    pub(super) reference: &'a Reference,
    pub(super) position: Position,
    pub(super) path: String,
    /// The step in whose inputs it stands.
    pub(super) step: Option<&'a Step>,
}

/// Calls `visit` with every reference of a runbook.
pub(super) fn every_reference<'a>(runbook: &'a Runbook, visit: &mut dyn FnMut(Found<'a>)) {
    let mut of_input = |step: Option<&'a Step>, input: &'a Input| {
        input.visit_references(&mut |reference, at| {
            visit(Found { reference, position: at.position, path: at.path.clone(), step });
        });
    };
    if let Some(role) = &runbook.assume_role {
        of_input(None, role);
    }
    for step in runbook.all_steps() {
        for (_, input) in &step.inputs {
            of_input(Some(step), input);
        }
        for input in [&step.max_attempts, &step.timeout_seconds].into_iter().flatten() {
            of_input(Some(step), input);
        }
        match &step.control {
            Control::None => {}
            Control::Branch(branch) => {
                for choice in &branch.choices {
                    choice.condition.visit(&mut |input| of_input(Some(step), input));
                }
            }
            Control::Loop(repeated) => match &repeated.rule {
                LoopRule::ForEach { items, data_type: _ } => of_input(Some(step), items),
                LoopRule::While { condition, max_iterations } => {
                    condition.visit(&mut |input| of_input(Some(step), input));
                    if let Some(input) = max_iterations {
                        of_input(Some(step), input);
                    }
                }
            },
        }
    }
    for output in &runbook.outputs {
        let (position, path) = (output.position, output.path.clone());
        visit(Found { reference: &output.reference, position, path, step: None });
    }
}

pub(super) fn check(runbook: &Runbook, written: &Written, problems: &Problems) {
    let steps: HashMap<&str, &Step> =
        runbook.all_steps().into_iter().map(|step| (step.name.as_str(), step)).collect();
    every_reference(runbook, &mut |found| {
        let is_unreadable = match &found.reference.source {
            Source::Named(name) => {
                runbook.parameter(name).is_none()
                    && !steps.contains_key(name.as_str())
                    && written.has(name)
            }
            Source::Variable(name) => runbook.variable(name).is_none() && written.has(name),
            _ => false,
        };
        let objection = objection(runbook, &steps, &found);
        if let Some((message, hint)) = objection.filter(|_| !is_unreadable) {
            let message = format!("`{{{{ {} }}}}`: {message}", found.reference);
            let diagnostic = Diagnostic::new(found.position, found.path, message);
            problems.error(match hint {
                Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
        }
    });
}

type Objection = (String, Option<String>);

/// What is wrong with a reference.
fn objection(
    runbook: &Runbook,
    steps: &HashMap<&str, &Step>,
    found: &Found<'_>,
) -> Option<Objection> {
    let near =
        |name: &str, known: &mut dyn Iterator<Item = &str>| nearest(name, known).map(str::to_owned);
    match &found.reference.source {
        Source::Named(name) => match (runbook.parameter(name), steps.get(name.as_str())) {
            (Some(parameter), None) => {
                into_parameter(parameter.kind.data_type, &found.reference.path)
            }
            (_, Some(step)) => into_step(step, &found.reference.path),
            (None, None) if name == RESOURCE_ID => None,
            (None, None) => {
                let parameters = runbook.parameters.iter().map(|parameter| parameter.name.as_str());
                let mut known = parameters.chain(steps.keys().copied());
                Some((
                    format!("there is no parameter and no step `{name}`"),
                    near(name, &mut known),
                ))
            }
        },
        Source::Variable(name) if runbook.variable(name).is_none() => {
            let mut known = runbook.variables.iter().map(|variable| variable.name.as_str());
            Some((format!("there is no variable `{name}`"), near(name, &mut known)))
        }
        Source::ParameterStore(_) if found.step.is_none() => {
            Some(("the Parameter Store cannot be referred to here".to_owned(), None))
        }
        _ => None,
    }
}

/// What is wrong with a way into a parameter.
fn into_parameter(data_type: DataType, path: &[Access]) -> Option<Objection> {
    let fits = matches!(
        (data_type, path.first()),
        (_, None)
            | (DataType::StringList | DataType::MapList, Some(Access::Index(_)))
            | (DataType::StringMap, Some(Access::Key(_)))
    );
    (!fits).then(|| (format!("nothing is inside {data_type}"), None))
}

/// What is wrong with a way into a step.
fn into_step(step: &Step, path: &[Access]) -> Option<Objection> {
    let Some(Access::Key(output)) = path.first() else {
        return Some((format!("one of the outputs of step `{}` must be named", step.name), None));
    };
    let output = output.as_str();
    if step.action.name == "aws:loop" {
        let near = nearest(output, OF_A_LOOP).map(str::to_owned);
        return (!OF_A_LOOP.contains(&output))
            .then(|| (format!("the loop `{}` has no `{output}`", step.name), near));
    }
    let custom = step.outputs.iter().map(|output| output.name.as_str());
    let own = step.action.outputs.iter().map(|(name, _)| *name);
    // The whole answer of an action goes by these names.
    let mut known = custom.chain(own).chain(["Output", "OutputPayload"]);
    if known.clone().any(|known| known == output) {
        return None;
    }
    let near = nearest(output, &mut known).map(str::to_owned);
    Some((format!("step `{}` has no output `{output}`", step.name), near))
}

//! `reeve runbook show`.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::executions::{Library, NamedRunbook, WithoutUndoView};
use reeve_runbook::{Runbook, Step, render};
use serde::Serialize;
use serde_json::Value;

use super::{Globals, find, library, run::named_without_undo};
use crate::exit::{Status, WrongDocuments};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A runbook's name, or a file.
    runbook: String,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    description: Option<String>,
    /// Whom it runs as, if that is not the account's own role.
    role: Option<String>,
    /// The files that lie beside it.
    files: Vec<String>,
    parameters: Vec<ShownParameter>,
    steps: Vec<ShownStep>,
    outputs: Vec<String>,
    /// The runbook that it declares to be taken back by.
    undo: Option<String>,
    without_undo: Vec<WithoutUndoView>,
}

#[derive(Serialize)]
struct ShownParameter {
    name: String,
    r#type: String,
    description: Option<String>,
    default: Option<Value>,
    allowed_values: Vec<Value>,
}

#[derive(Serialize)]
struct ShownStep {
    name: String,
    action: &'static str,
    /// What it calls, for the actions that call what they are told to.
    calls: Option<String>,
    description: Option<String>,
    steps: Vec<ShownStep>,
}

pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let library = library(globals)?;
    let named = find(&library, &arguments.runbook)?;
    let checked = Runbook::parse(&named.name, &named.text, named.format)
        .map_err(|errors| WrongDocuments(vec![errors]))?;
    globals.output().show(&shown(&library, &named, &checked.runbook), text)?;
    Ok(Status::Done)
}

fn shown(library: &Library, named: &NamedRunbook, runbook: &Runbook) -> Shown {
    let parameters = runbook.parameters.iter().map(|parameter| ShownParameter {
        name: parameter.name.clone(),
        r#type: parameter.kind.to_string(),
        description: parameter.description.clone(),
        default: parameter.default.clone(),
        allowed_values: parameter.allowed_values.clone(),
    });
    Shown {
        name: named.name.clone(),
        description: runbook.description.clone(),
        role: runbook.assume_role_text(),
        files: runbook.attached_files().iter().map(|file| file.name.to_owned()).collect(),
        parameters: parameters.collect(),
        steps: runbook.steps.iter().map(step).collect(),
        outputs: runbook.outputs.iter().map(|output| output.reference.to_string()).collect(),
        undo: library.undo_of(&named.name).map(|undo| undo.name.clone()),
        without_undo: library.without_undo(named),
    }
}

fn step(step: &Step) -> ShownStep {
    let text = |name: &str| step.input(name).and_then(|input| input.as_text());
    let calls = text("Service").zip(text("Api"));
    ShownStep {
        name: step.name.clone(),
        action: step.action.name,
        calls: calls.map(|(service, operation)| format!("{service}:{operation}")),
        description: step.description.clone(),
        steps: step.inner().iter().map(self::step).collect(),
    }
}

fn text(shown: &Shown) -> String {
    let mut text = format!("{}\n", shown.name.bold());
    if let Some(description) = &shown.description {
        text += &format!("{}\n", description.trim());
    }
    if let Some(role) = &shown.role {
        text += &format!("runs as {role}\n");
    }
    if !shown.files.is_empty() {
        text += &format!("comes with {}\n", shown.files.join(", "));
    }
    text += &format!("\n{}\n", "parameters".bold());
    for parameter in &shown.parameters {
        let default = match &parameter.default {
            Some(default) => format!("default `{}`", render(default)),
            None => "required".to_owned(),
        };
        let ShownParameter { name, r#type, .. } = parameter;
        text += &format!("  {name}: {type}, {default}\n");
        if let Some(description) = &parameter.description {
            text += &format!("      {}\n", description.trim());
        }
    }
    text += &format!("\n{}\n", "steps".bold());
    write_steps(&shown.steps, 1, &mut text);
    if !shown.outputs.is_empty() {
        text += &format!("\n{}\n  {}\n", "tells in the end".bold(), shown.outputs.join(", "));
    }
    if let Some(undo) = &shown.undo {
        text += &format!("\n{}\n  {undo}\n", "is taken back by".bold());
    }
    if !shown.without_undo.is_empty() {
        text += &format!("\n{}\n", named_without_undo(&shown.without_undo));
    }
    text
}

fn write_steps(steps: &[ShownStep], depth: usize, text: &mut String) {
    for step in steps {
        let calls = step.calls.as_ref().map(|calls| format!(" {calls}")).unwrap_or_default();
        *text += &format!("{}{}  {}{calls}\n", "  ".repeat(depth), step.name, step.action.cyan());
        write_steps(&step.steps, depth + 1, text);
    }
}

//! `reeve runbook show`.

use anyhow::Result;
use owo_colors::OwoColorize as _;
use reeve_app::executions::{RunbookView, ShapeView};
use reeve_runbook::{Runbook, render};

use super::{Globals, find, library, run::named_without_undo};
use crate::exit::{Status, WrongDocuments};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A runbook's name, or a file.
    runbook: String,
}

pub(crate) fn run(globals: &Globals, arguments: &Arguments) -> Result<Status> {
    let library = library(globals)?;
    let named = find(&library, &arguments.runbook)?;
    Runbook::parse(&named.name, &named.text, named.format)
        .map_err(|errors| WrongDocuments(vec![errors]))?;
    let known = library.iter().find(|(runbook, _)| **runbook == named);
    let view = RunbookView::new(&library, &named, known.map(|(_, origin)| origin));
    globals.output().show(&view, text)?;
    Ok(Status::Done)
}

fn text(shown: &RunbookView) -> String {
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
        text += &format!("  {}: {}, {default}\n", parameter.name, parameter.kind);
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

fn write_steps(steps: &[ShapeView], depth: usize, text: &mut String) {
    for step in steps {
        // Other actions call what their names say.
        let named = step.inputs.contains_key("Api").then(|| step.calls.first()).flatten();
        let calls = named.map(|named| format!(" {}", named.call)).unwrap_or_default();
        *text += &format!("{}{}  {}{calls}\n", "  ".repeat(depth), step.name, step.action.cyan());
        write_steps(&step.steps, depth + 1, text);
    }
}

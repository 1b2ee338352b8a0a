//! `reeve runbook list`.

use anyhow::Result;
use reeve_app::executions::{NamedRunbook, Origin};
use reeve_runbook::Runbook;
use serde::Serialize;

use super::{Globals, library};
use crate::{exit::Status, table::table};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

#[derive(Serialize)]
struct Row {
    name: String,
    origin: &'static str,
    steps: usize,
    /// The first sentence of its description, or that it is wrong.
    about: String,
    is_right: bool,
}

pub(crate) fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let library = library(globals)?;
    let rows: Vec<Row> = library.iter().map(|(runbook, origin)| row(runbook, origin)).collect();
    globals.output().show(&serde_json::json!({ "items": rows }), |_| {
        table(
            ["name", "from", "steps", "about"],
            rows.iter().map(|row| {
                [row.name.clone(), row.origin.to_owned(), row.steps.to_string(), row.about.clone()]
            }),
            "there are no runbooks",
        )
    })?;
    Ok(Status::Done)
}

fn row(named: &NamedRunbook, origin: Origin) -> Row {
    let origin = match origin {
        Origin::Shipped => "reeve",
        Origin::Estate => "estate",
    };
    let name = named.name.clone();
    match Runbook::parse(&named.name, &named.text, named.format) {
        Ok(checked) => Row {
            name,
            origin,
            steps: checked.runbook.all_steps().len(),
            about: first_sentence(checked.runbook.description.as_deref().unwrap_or_default()),
            is_right: true,
        },
        Err(errors) => Row {
            name,
            origin,
            steps: 0,
            about: format!("wrong in {} places: `reeve runbook lint` names them", errors.len()),
            is_right: false,
        },
    }
}

fn first_sentence(description: &str) -> String {
    let text = description.trim().replace('\n', " ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    text.get(..end).unwrap_or_default().to_owned()
}

//! `reeve validate`: every mistake in the estate folder, at once.

use anyhow::Result;
use reeve_document::Diagnostics;
use serde_json::{Value, json};

use super::Globals;
use crate::{
    exit::{Status, WrongDocuments},
    load::Folder,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let folder = Folder::read(&globals.folder);
    if globals.output().json
        && let Some(WrongDocuments(wrong)) =
            folder.as_ref().err().and_then(|error| error.downcast_ref())
    {
        let errors: Vec<_> = wrong.iter().flat_map(problems).collect();
        globals.output().show(&json!({ "errors": errors }), |_| String::new())?;
        return Ok(Status::Invalid);
    }
    let Folder { estate, .. } = folder?;
    let regions: std::collections::BTreeSet<_> =
        estate.accounts.iter().flat_map(|account| &account.regions).collect();
    let summary = json!({
        "name": estate.name,
        "accounts": estate.accounts.len(),
        "regions": regions.len(),
        "errors": [],
        "warnings": estate.warnings.iter().flat_map(problems).collect::<Vec<_>>(),
    });
    globals.output().show(&summary, |_| {
        format!(
            "{} is right: {} accounts, {} Regions\n",
            estate.name,
            estate.accounts.len(),
            regions.len()
        )
    })?;
    Ok(Status::Done)
}

/// What is wrong with one file, place by place.
fn problems(file: &Diagnostics) -> impl Iterator<Item = Value> {
    file.iter().map(|problem| {
        json!({
            "file": file.file(),
            "line": problem.position.map(|position| position.line),
            "column": problem.position.map(|position| position.column),
            "path": problem.path,
            "message": problem.message,
            "hint": problem.hint,
        })
    })
}

//! `reeve runbook list`.

use anyhow::Result;
use reeve_app::executions::RunbookSummaryView;

use super::{Globals, library};
use crate::{exit::Status, table::table};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let library = library(globals)?;
    let rows = library.iter().map(|(runbook, origin)| RunbookSummaryView::new(runbook, origin));
    let rows: Vec<RunbookSummaryView> = rows.collect();
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

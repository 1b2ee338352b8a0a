//! `reeve runbook list`.

use anyhow::Result;
use reeve_app::{executions::RunbookSummaryView, views::Page};

use super::{Globals, library};
use crate::{exit::Status, table::table};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(globals: &Globals, _: &Arguments) -> Result<Status> {
    let library = library(globals)?;
    let rows = library.iter().map(|(runbook, origin)| RunbookSummaryView::new(runbook, origin));
    let page = Page { items: rows.collect(), next: None };
    globals.output().show(&page, |page| {
        table(
            ["name", "from", "steps", "about"],
            page.items.iter().map(|row| {
                [row.name.clone(), row.origin.to_owned(), row.steps.to_string(), row.about.clone()]
            }),
            "there are no runbooks",
        )
    })?;
    Ok(Status::Done)
}
